//! `quanlian key`, `quanlian certificate` and `quanlian head`.

use super::{Arguments, Failed, complain, print, say};
use clap::Subcommand;
use domain::text;
use service::certificate::{Trusted, check};
use service::seal_stored::{self, Done};
use service::{Fault, daily_head};
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Key {
    /// The keys whose signatures are believed, as the file trusted.json beside the keys names them
    List,
    /// Name the key in use in that file, after it was taken out of it or came from elsewhere; nothing is signed before
    Trust,
    /// Sign with a new key from now on, also in a portal that is running; what the old ones signed until now stays valid
    Rotate,
    /// Seal documents, password hashes and sheets that were stored before they were sealed. Can be stopped and run again,
    /// also beside a portal that is open
    SealStored,
}

impl Key {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let service = arguments.service().await?;
        match self {
            Key::Trust => print(service.keys.trust(&service)?),
            Key::SealStored => return seal_stored(&service).await,
            Key::Rotate => print(service.keys.rotate(&service).await?),
            Key::List => {
                let (own, in_use) = (service.keys.id()?, text!("使用中", "in use"));
                for key in service.keys.trusted()?.keys() {
                    let at = |at: Option<domain::date::Instant>| at.map_or_else(|| "-".to_string(), |at| at.to_string());
                    let (created, retired) = (at(key.created()), at(key.retired()));
                    let mark = if key.key.kid == own { say(&in_use) } else { "" };
                    let line = format!("{}  {}  {created}  {retired}  {mark}", key.key.kid, key.key.alg);
                    print(line.trim_end());
                }
            }
        }
        Ok(())
    }
}

async fn seal_stored(service: &service::Service) -> Result<(), Failed> {
    let mut progress = |done: &Done| {
        let (rows, contents, of, mb) = (done.rows, done.contents, done.of, done.bytes >> 20);
        complain(say(&text!(
            "已封存数据表 {rows} 行，内容 {contents} / {of} 份（{mb} MB）",
            "{rows} rows of sheets, {contents} of {of} contents ({mb} MB) sealed"
        )));
    };
    let done = seal_stored::seal_stored(service, &mut progress).await?;
    let (contents, mb, passwords, rows) = (done.contents, done.bytes >> 20, done.passwords, done.rows);
    print(say(&text!(
        "已封存：内容 {contents} 份（{mb} MB），密码散列 {passwords} 个，数据表 {rows} 行",
        "sealed: {contents} contents ({mb} MB), {passwords} password hashes, {rows} rows of sheets"
    )));
    for digest in &done.changed {
        complain(say(&text!(
            "内容 {digest} 与其散列不符，未封存；请运行 quanlian verify",
            "the contents {digest} are not what their digest says and were not sealed: run `quanlian verify`"
        )));
    }
    if done.changed.is_empty() { Ok(()) } else { Err(Failed) }
}

/// Signs the head of this day, and says it.
pub async fn head(arguments: &Arguments) -> Result<(), Failed> {
    let head = daily_head::make(&arguments.service().await?).await?;
    print(format_args!("{} {} {}", head.day, head.seq, head.root));
    Ok(())
}

#[derive(Subcommand)]
pub enum Certificate {
    /// Whether a signed file is genuine; with the keys of a file it needs no portal
    Check {
        file: PathBuf,
        /// The portal's keys, as `/.well-known/jwks.json` gives them
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
    },
}

impl Certificate {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let Certificate::Check { file, keys } = self;
        let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|e| Fault::from(format!("cannot read {}: {e}", path.display())));
        let keys = match keys {
            Some(path) => {
                Trusted::parse(&read(path)?).ok_or_else(|| Fault::from(format!("{} is no JSON Web Key Set of ours", path.display())))?
            }
            None => arguments.service().await?.keys.trusted()?,
        };
        match check(&read(file)?, &keys) {
            Ok(certificate) => {
                let (zh, en) = (&certificate.title.zh, &certificate.title.en);
                let (number, holder, day) = (&certificate.number, &certificate.holder, certificate.issued_on);
                print(say(&text!(
                    "真实：{zh} {number}，{holder}，{day} 颁发。是否仍有效，请查 /verify/{number}",
                    "genuine: {en} {number}, {holder}, issued {day}. Whether it still holds: /verify/{number}"
                )));
                Ok(())
            }
            Err(why) => {
                complain(say(&why.sentence()));
                Err(Failed)
            }
        }
    }
}
