//! Keeps on record who came in and what they read ([`domain::audit`]).

use crate::error::{Error, Fault, Public};
use crate::projection::{Cell, Write};
use crate::{Context, Service, new_id};
use domain::account::Account;
use domain::audit::{KEPT_DAYS, Kind};
use domain::date::{Date, Instant};
use domain::id::Id;
use domain::limit::Limit;
use domain::log::Digest;
use domain::project::Project;
use domain::text;
use serde::Serialize;
use sqlx::{AnyConnection, Row};

/// An entry to be written. It names things, never what they hold.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Who, if it is not who asks.
    pub account: Option<Id<Account>>,
    /// The project it is about; none: no project.
    pub project: Option<Id<Project>>,
    /// What it is about, in a few words for whoever reads the record: a login, a document, fields. At most 200 characters are
    /// kept.
    pub subject: String,
}

impl Entry {
    /// An entry about this, by who asks and of no project.
    pub fn of(subject: impl Into<String>) -> Entry {
        Entry { subject: subject.into(), ..Entry::default() }
    }
}

enum Record {}

/// Writes an entry, with who asks and from where. What is to be on record is recorded before it is done.
///
/// # Errors
/// The database failed.
pub async fn record(cx: &Context, kind: Kind, entry: Entry) -> Result<(), Fault> {
    let mut connection = cx.service.db.pool().acquire().await?;
    record_in(cx, &mut connection, kind, entry).await
}

/// The same in the transaction of the deed: both are there, or neither.
///
/// # Errors
/// The database failed.
pub(crate) async fn record_in(cx: &Context, connection: &mut AnyConnection, kind: Kind, entry: Entry) -> Result<(), Fault> {
    write(cx, connection, &new_id::<Record>().to_string(), kind, entry).await
}

/// Writes an entry under an id; one that is there already stays the only one. An id says nothing of when: entries are read in
/// the order of `at`, and of `id` within one moment.
async fn write(cx: &Context, connection: &mut AnyConnection, id: &str, kind: Kind, entry: Entry) -> Result<(), Fault> {
    Ok(entry_under(cx, id, kind, entry).run(connection).await?)
}

/// An entry that is written in the transaction of an append: both are there, or neither.
pub(crate) fn beside(cx: &Context, kind: Kind, entry: Entry) -> Write {
    entry_under(cx, new_id::<Record>().as_str(), kind, entry)
}

fn entry_under(cx: &Context, id: &str, kind: Kind, entry: Entry) -> Write {
    let account = entry.account.or_else(|| cx.actor.as_ref().map(|actor| actor.account.clone()));
    // Of what strangers bring no more than a line is kept.
    let subject: String = entry.subject.chars().filter(|c| !c.is_control()).take(200).collect();
    let cells = vec![
        id.into(),
        cx.service.clock.now().to_string().into(),
        kind.code().into(),
        Cell::optional(account.as_ref()),
        cx.address.as_str().into(),
        Cell::optional(entry.project.as_ref()),
        subject.into(),
    ];
    let sql = "insert into audit (id, at, kind, account, address, project, subject) values ($1, $2, $3, $4, $5, $6, $7) \
               on conflict (id) do nothing";
    Write::Run(sql, cells)
}

/// Puts on record that a limit was met: once for the limit, its subject and the minute, on all servers together.
///
/// # Errors
/// The database failed.
pub(crate) async fn limit_met(cx: &Context, limit: Limit, subject: &str) -> Result<(), Fault> {
    let code = limit.code();
    once_a_minute(cx, Kind::LimitMet, &format!("{code} {subject}"), Entry::of(format!("{code} {subject}"))).await
}

/// Puts on record that somebody was turned away for where they come from: once for person, address and minute.
///
/// # Errors
/// The database failed.
pub async fn turned_away(cx: &Context, entry: Entry) -> Result<(), Fault> {
    let account = entry.account.as_ref().or(cx.actor.as_ref().map(|actor| &actor.account));
    let whose = format!("turned away {} {}", account.map(Id::as_str).unwrap_or_default(), cx.address);
    once_a_minute(cx, Kind::TurnedAway, &whose, entry).await
}

/// A flood does not fill the table: what is of one kind is written once in a minute, on all servers together.
async fn once_a_minute(cx: &Context, kind: Kind, of: &str, entry: Entry) -> Result<(), Fault> {
    let minute: String = cx.service.clock.now().to_string().chars().take(16).collect();
    let id = format!("{minute} {}", Digest::of(of.as_bytes()));
    let mut connection = cx.service.db.pool().acquire().await?;
    write(cx, &mut connection, &id, kind, entry).await
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// From the beginning of this day, in China.
    pub since: Option<Date>,
    /// To the end of this day.
    pub until: Option<Date>,
    /// Of whoever has this login, and who tried to sign in by it.
    pub login: Option<String>,
}

/// An entry as it is exported.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Recorded {
    /// When it was, as the database has it: RFC 3339 in UTC, so that order of text is order of time.
    pub at: String,
    /// What happened: [`Kind::code`].
    pub kind: String,
    /// The account of who it was; none: nobody was signed in.
    pub account: Option<String>,
    /// The login of that account, as it is now.
    pub login: Option<String>,
    /// The network address the request came from.
    pub address: String,
    /// The project it is about; none: no project.
    pub project: Option<String>,
    /// What it is about.
    pub subject: String,
}

/// Entries that are read together.
const PAGE: i64 = 1000;

/// Gives what is on record to `each`, in order of time.
///
/// # Errors
/// The database failed.
pub async fn export(service: &Service, asked: &Asked, mut each: impl FnMut(&Recorded)) -> Result<(), Fault> {
    let day = |date: Date| Instant::in_china(date, 0, 0).to_string();
    let until = asked.until.map_or_else(|| "9999".to_string(), |date| day(date.plus(1)));
    let (mut at, mut id) = (asked.since.map_or_else(String::new, day), String::new());
    loop {
        let rows = sqlx::query(
            "select u.id as id, u.at as at, u.kind as kind, u.account as account, a.login as login, u.address as address, \
             u.project as project, u.subject as subject from audit u left join account a on a.id = u.account \
             where (u.at > $1 or (u.at = $1 and u.id > $2)) and u.at < $3 \
             and ($4 = '' or a.login = $4 or (u.kind = 'sign_in_failed' and u.subject = $4)) order by u.at, u.id limit $5",
        )
        .bind(at.clone())
        .bind(id.clone())
        .bind(until.clone())
        .bind(asked.login.clone().unwrap_or_default())
        .bind(PAGE)
        .fetch_all(service.db.pool())
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (at, id) = (last.try_get("at")?, last.try_get("id")?);
        for row in &rows {
            each(&Recorded {
                at: row.try_get("at")?,
                kind: row.try_get("kind")?,
                account: row.try_get("account")?,
                login: row.try_get("login")?,
                address: row.try_get("address")?,
                project: row.try_get("project")?,
                subject: row.try_get("subject")?,
            });
        }
    }
}

/// Lets go of what was recorded before a day; says how many entries.
///
/// # Errors
/// Some of it has to be kept still.
pub async fn forget(service: &Service, before: Date) -> Result<u64, Error> {
    let latest = service.clock.now().date().plus(-KEPT_DAYS);
    if before > latest {
        let sentence = text!(
            "访问记录至少保存 {KEPT_DAYS} 天，只能清理 {latest} 以前的",
            "what is on record of access is kept for at least {KEPT_DAYS} days: only what is before {latest} can go"
        );
        return Err(Public::invalid("before", sentence).into());
    }
    let gone = sqlx::query("delete from audit where at < $1").bind(Instant::in_china(before, 0, 0).to_string());
    Ok(gone.execute(service.db.pool()).await?.rows_affected())
}
