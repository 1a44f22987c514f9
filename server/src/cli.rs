//! The command line.

mod accounts;
mod audit;
mod certificates;
mod guide;
mod plan;
mod projects;
mod serve;

use clap::{Parser, Subcommand};
use domain::catalogue::Catalogue;
use domain::catalogue::yaml::Mistake;
use domain::date::Date;
use domain::{Lang, Text};
use service::blob::Blobs;
use service::certificate::Keys;
use service::clock::Clock;
use service::{Fault, Service};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// 全链：工程建设项目从签约到投产的全链管理平台。
///
/// Quanlian: the whole chain of a construction project, from signing to production.
#[derive(Parser)]
#[command(name = "quanlian", version)]
pub struct Arguments {
    /// Folder with a catalogue that replaces the built-in one
    #[arg(long, global = true, value_name = "DIR")]
    catalogue: Option<PathBuf>,
    /// sqlite:FILE or postgres://…
    #[arg(long, global = true, env = "DATABASE_URL", default_value = "sqlite:data/quanlian.db", hide_env_values = true)]
    database: String,
    /// Where documents are kept: a folder, or s3://bucket/prefix with AWS_ENDPOINT, AWS_ACCESS_KEY_ID and so on
    #[arg(long, global = true, env = "QUANLIAN_DOCUMENTS", value_name = "PLACE")]
    documents: Option<String>,
    /// The folder of the key that certificates are signed with; made on first use
    #[arg(long, global = true, env = "QUANLIAN_KEYS", value_name = "FOLDER")]
    keys: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal
    Serve(serve::Serve),
    /// Check a catalogue folder: the counts, or every mistake with file and line
    CheckCatalogue { dir: PathBuf },
    /// Derive the guide map from answers
    Guide(guide::Guide),
    /// Plan the matters: forward from a start, backward from a milestone, or both
    Plan(plan::Plan),
    /// Working days of the Chinese calendar
    #[command(subcommand)]
    Workdays(Workdays),
    /// People and their duties
    #[command(subcommand)]
    Account(accounts::Account),
    /// What is on record of access: sign-ins, tokens, rights, documents
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Projects
    #[command(subcommand)]
    Project(projects::Project),
    /// Replay a documented case into a project
    LoadCase {
        file: PathBuf,
        /// The area whose lead officer takes it
        #[arg(long, default_value = "狮山")]
        area: String,
        /// Only what happened up to this day
        #[arg(long, value_name = "DATE", value_parser = a_date)]
        until: Option<Date>,
        /// Only what happened after this day
        #[arg(long, value_name = "DATE", requires = "project", value_parser = a_date)]
        after: Option<Date>,
        /// Go on in this project
        #[arg(long, value_name = "ID")]
        project: Option<String>,
        /// The login of the owner's person
        #[arg(long, default_value = "case.owner")]
        owner: String,
        /// The login of the agent
        #[arg(long, default_value = "case.agent")]
        agent: String,
    },
    /// The key that certificates are signed with
    #[command(subcommand)]
    Key(certificates::Key),
    /// Certificates
    #[command(subcommand)]
    Certificate(certificates::Certificate),
    /// Verify the whole log and its signed heads; names the first event or head that does not hold
    Verify {
        /// Signed heads that were kept elsewhere, named by their days: 2026-11-25.jws
        #[arg(long, value_name = "DIR")]
        heads: Option<PathBuf>,
    },
    /// Sign the head of all chains of the log for this day; a portal that serves does so by itself
    Head,
    /// Make the read tables again from the log
    Rebuild,
}

/// A day, for an option.
fn a_date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| say(&domain::text!("“{text}”不是真实存在的日期", "`{text}` is not a day that exists")).to_string())
}

#[derive(Subcommand)]
enum Workdays {
    /// The day N working days after DATE (before it, when negative)
    Add {
        date: String,
        #[arg(allow_negative_numbers = true)]
        days: i64,
    },
    /// Working days after A up to and including B
    Between { a: String, b: String },
}

/// The language of the terminal: `LANG=zh_CN.UTF-8` reads Chinese.
fn lang() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if set.is_some_and(|v| v.starts_with("zh")) { Lang::Zh } else { Lang::En }
}

fn say(text: &Text) -> &str {
    text.get(lang())
}

/// Prints a line for a person or a program; a closed pipe is not an error.
fn print(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn complain(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// What ends a command early: the sentences have been said.
pub struct Failed;

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Failed {
        complain(format_args!("quanlian: {fault}"));
        Failed
    }
}
impl From<service::Error> for Failed {
    fn from(error: service::Error) -> Failed {
        match error {
            service::Error::Fault(fault) => Failed::from(fault),
            service::Error::Public(public) => {
                complain(format_args!("quanlian: {}", say(&public.sentence())));
                Failed
            }
        }
    }
}
impl From<Vec<Mistake>> for Failed {
    fn from(mistakes: Vec<Mistake>) -> Failed {
        for mistake in &mistakes {
            print(format_args!("{}:{}: {}", mistake.file, mistake.line, say(&mistake.what)));
        }
        Failed
    }
}

/// What still runs when a command is done, such as a download's reading, may end within this time.
const LAST: std::time::Duration = std::time::Duration::from_secs(5);

pub fn run(arguments: Arguments) -> ExitCode {
    // Database, documents and keys are for the account that the program runs as, and no other.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("quanlian: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(dispatch(arguments));
    runtime.shutdown_timeout(LAST);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed) => ExitCode::FAILURE,
    }
}

async fn dispatch(arguments: Arguments) -> Result<(), Failed> {
    match &arguments.command {
        Command::Serve(serve) => serve.run(&arguments).await,
        Command::CheckCatalogue { dir } => check_catalogue(dir),
        Command::Guide(guide) => guide.run(&arguments),
        Command::Plan(plan) => plan.run(&arguments),
        Command::Workdays(command) => workdays(&arguments, command),
        Command::Account(account) => account.run(&arguments).await,
        Command::Audit(audit) => audit.run(&arguments).await,
        Command::Project(project) => project.run(&arguments).await,
        Command::LoadCase { file, area, until, after, project, owner, agent } => {
            let span = service::case::Span { after: *after, until: *until };
            load_case(&arguments, file, (area, owner, agent), span, project.as_deref()).await
        }
        Command::Key(key) => key.run(&arguments).await,
        Command::Certificate(certificate) => certificate.run(&arguments).await,
        Command::Verify { heads } => verify(&arguments, heads.as_deref()).await,
        Command::Head => certificates::head(&arguments).await,
        Command::Rebuild => {
            let count = service::verify::rebuild(&arguments.service().await?).await?;
            print(format_args!("{count} projects rebuilt"));
            Ok(())
        }
    }
}

impl Arguments {
    fn catalogue(&self) -> Result<Catalogue, Failed> {
        let catalogue = match &self.catalogue {
            Some(folder) => service::catalogue::from_folder(folder),
            None => service::catalogue::embedded(),
        };
        Ok(catalogue?)
    }

    async fn service(&self) -> Result<Service, Failed> {
        let blobs = Blobs::open(&self.documents())?;
        let keys = Keys::open(&self.keys.clone().unwrap_or_else(|| self.beside("keys")))?;
        Ok(Service::open(&self.database, blobs, keys, Arc::new(self.catalogue()?), Clock::System).await?)
    }

    /// Beside the database's file, if nothing else is said.
    fn documents(&self) -> String {
        self.documents.clone().unwrap_or_else(|| self.beside("documents").display().to_string())
    }

    fn beside(&self, name: &str) -> PathBuf {
        let file = self.database.strip_prefix("sqlite:").map(|file| PathBuf::from(file.trim_start_matches("//")));
        let folder = file.and_then(|file| file.parent().map(std::path::Path::to_path_buf));
        folder.unwrap_or_else(|| PathBuf::from("data")).join(name)
    }
}

fn check_catalogue(dir: &std::path::Path) -> Result<(), Failed> {
    let c = service::catalogue::from_folder(dir)?;
    let counts = [
        ("matters", c.matters.len()),
        ("fields", c.form.fields.len()),
        ("attributes", c.attributes.len()),
        ("questions", c.questions.len()),
        ("stages", c.stages.len()),
        ("materials", c.materials.len()),
        ("organisations", c.organisations.len()),
        ("legal bases", c.bases.len()),
        ("dependencies", c.matters.iter().map(|m| m.depends_on.len()).sum()),
        ("key points", c.matters.iter().map(|m| m.key_points.len()).sum()),
    ];
    print(counts.map(|(name, n)| format!("{n} {name}")).join(", "));
    Ok(())
}

fn date(text: &str) -> Result<Date, Failed> {
    text.parse().map_err(|_| {
        complain(say(&domain::text!(
            "“{text}”不是真实存在的日期，应写作 YYYY-MM-DD",
            "`{text}` is not a day that exists; expected YYYY-MM-DD"
        )));
        Failed
    })
}

fn workdays(arguments: &Arguments, command: &Workdays) -> Result<(), Failed> {
    let catalogue = arguments.catalogue()?;
    let calendar = catalogue.calendar();
    let (result, last) = match command {
        Workdays::Add { date: from, days } => {
            let to = calendar.add(date(from)?, *days);
            (to.to_string(), to)
        }
        Workdays::Between { a, b } => {
            let (a, b) = (date(a)?, date(b)?);
            (calendar.between(a, b).to_string(), a.max(b))
        }
    };
    print(result);
    if !calendar.is_published(last) {
        complain(say(&domain::text!(
            "注意：{last} 的放假通知不在日历内，按周一至周五计",
            "note: the holiday notice for {last} is not in the calendar; Monday to Friday is assumed"
        )));
    }
    Ok(())
}

async fn load_case(
    arguments: &Arguments,
    file: &std::path::Path,
    (area, owner, agent): (&str, &str, &str),
    span: service::case::Span,
    project: Option<&str>,
) -> Result<(), Failed> {
    let service = arguments.service().await?;
    let source = std::fs::read_to_string(file).map_err(|e| Fault::from(format!("cannot read {}: {e}", file.display())))?;
    let case = domain::case::Case::read(&service.catalogue, &file.display().to_string(), &source)?;
    let place = service::case::Place {
        area: area.to_string(),
        owner_firm: format!("{}项目公司（情景）", case.name.zh),
        agent: agent.into(),
        owner: owner.into(),
    };
    let id = service::case::load_part(&service, &case, &place, span, project.map(Into::into)).await?;
    print(format_args!("/projects/{id}"));
    Ok(())
}

async fn verify(arguments: &Arguments, heads: Option<&std::path::Path>) -> Result<(), Failed> {
    let service = arguments.service().await?;
    let mut progress = |p: service::verify::Progress| {
        let (checked, of, mb) = (p.checked, p.of, p.bytes >> 20);
        complain(say(&domain::text!("已核对 {checked} / {of} 份内容（{mb} MB）", "{checked} of {of} contents checked ({mb} MB)")));
    };
    let broken = match service::verify::verify_and_say(&service, heads, &mut progress).await? {
        Ok(verified) => {
            print(say(&domain::text!(
                "记录完整：{} 条，{} 个项目，{} 份内容",
                "the log holds: {} events, {} projects, {} contents",
                verified.events,
                verified.projects,
                verified.contents
            )));
            return Ok(());
        }
        Err(broken) => broken,
    };
    for one in &broken {
        complain(say(&finding(one)));
    }
    complain(say(&domain::text!("共 {} 处不成立", "{} things do not hold", broken.len())));
    Err(Failed)
}

/// What does not hold, and where.
fn finding(broken: &service::verify::Broken) -> domain::Text {
    use service::verify::Part;
    let (seq, stream, version, why) = (broken.seq, &broken.stream, broken.version, say(&broken.why));
    match broken.part {
        Part::Head => domain::text!("每日签名 {stream} 不成立：{why}", "the signed head {stream} does not hold: {why}"),
        Part::Log => domain::text!(
            "记录在第 {seq} 条处断开（{stream} 第 {version} 条）：{why}",
            "the log breaks at event {seq} ({stream}, version {version}): {why}"
        ),
        Part::Table => domain::text!("{stream}：{why}", "{stream}: {why}"),
        Part::Contents => domain::text!(
            "第 {seq} 条（{stream} 第 {version} 条）所指内容不成立：{why}",
            "what event {seq} names ({stream}, version {version}) does not hold: {why}"
        ),
    }
}
