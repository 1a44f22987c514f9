//! Who stands in for whom: on record in a stream for each account, `deputy:<account>`.

use crate::account::{rights_changed, tell_rights};
use crate::db::Db;
use crate::error::{Error, Fault, Public};
use crate::log::{Appended, Head, NewEvent};
use crate::projection::{self, Change};
use crate::{Context, Service};
use domain::account::{Account, By};
use domain::date::Date;
use domain::deputy::{Command, LONGEST_SUBSTITUTION, Substitution, right};
use domain::id::Id;
use domain::log::Recorded;
use domain::rule::Rule;
use domain::text;
use sqlx::Row;
use std::collections::BTreeSet;

/// Tries before giving up: the writers of one stream are one person's windows.
const TRIES: usize = 5;

/// Names who stands in for the reader until a day; nobody: ends it.
///
/// # Errors
/// `Forbidden` to enterprises; a person of another role or office; a day that is past or too far off.
pub async fn appoint(cx: &Context, deputy: Option<&Id<Account>>, until: Option<Date>) -> Result<(), Error> {
    let account = cx.actor()?.account.clone();
    let command = match deputy {
        Some(deputy) => Command::Appoint { deputy: deputy.clone(), until },
        None => Command::End,
    };
    execute(cx, &account, &command).await
}

/// The one write path of these streams: load, ask the right, decide, append with the read table and the record of access, tell.
async fn execute(cx: &Context, account: &Id<Account>, command: &Command) -> Result<(), Error> {
    let actor = cx.actor()?;
    right(account, command, actor)?;
    let other = match command {
        Command::Appoint { deputy, .. } => crate::account::actor(&cx.service.db, deputy).await?,
        Command::End | Command::PutOnRecord { .. } => None,
    };
    let id: Id<Substitution> = account.as_str().into();
    for _ in 0..TRIES {
        let events = cx.service.log.read(&id, 0, i64::MAX).await?;
        let before = Substitution::fold(&events);
        let head = events.last().map_or_else(Head::default, |last| Head { version: last.version(), hash: last.hash() });
        let latest = events.iter().rev().find_map(|event| match event {
            Recorded::Open { meta, .. } => Some(meta.at),
            Recorded::Sealed { .. } => None,
        });
        let now = cx.service.clock.now();
        let at = latest.map_or(now, |latest| now.max(latest));
        let events = before.decide(account, command, other.as_ref(), By { actor, at })?;
        let mut after = before.clone();
        events.iter().for_each(|event| after.apply(event));
        let mut beside = projection::changes(&Change::Deputy { account, after: &after });
        // What was on record already changes nobody's rights.
        let concerned: BTreeSet<Id<Account>> = match command {
            Command::PutOnRecord { .. } => BTreeSet::new(),
            _ => before.deputy.iter().chain(&after.deputy).map(|(deputy, _)| deputy.clone()).collect(),
        };
        if !matches!(command, Command::PutOnRecord { .. }) {
            let subject = after.deputy.as_ref().map_or_else(|| "none".into(), |(deputy, until)| format!("{deputy} until {until}"));
            beside.extend(rights_changed(cx, &format!("deputy: {subject}"), &concerned));
        }
        let events = events.iter().map(|event| NewEvent::of::<Substitution>(event, &actor.account, at, false));
        match cx.service.log.append(&id, head, events.collect::<Result<_, _>>()?, beside, None).await? {
            Appended::Done { .. } | Appended::Already(_) => {
                tell_rights(cx, &concerned);
                return Ok(());
            }
            Appended::Conflict => {}
        }
    }
    Err(Public::TooMany { sentence: text!("请稍后再试。", "Please try again."), after: 1 }.into())
}

/// Puts on record what stood in the read table before there were streams of deputies, signed by the rule that does it. At the
/// first start alone (`jobs::begin`): a row that somebody puts there later is a fault that `verify` finds.
///
/// # Errors
/// The database failed.
pub(crate) async fn put_on_record(service: &Service) -> Result<(), Error> {
    let rows = sqlx::query(
        "select account, deputy, until from deputy d where not exists \
         (select 1 from event e where e.stream = 'deputy:' || d.account) order by account",
    )
    .fetch_all(service.db.pool())
    .await?;
    let cx = service.context(Some(Rule::DeputyOnRecord.actor()));
    for row in &rows {
        let until: String = row.try_get("until")?;
        let until = until.parse().map_err(|_| Fault::from(format!("`{until}` is not a day")))?;
        let command = Command::PutOnRecord { deputy: row.try_get::<String, _>("deputy")?.into(), until };
        execute(&cx, &row.try_get::<String, _>("account")?.into(), &command).await?;
    }
    Ok(())
}

/// Who stands in for an account, until when.
pub(crate) async fn deputy_of(db: &Db, account: &Id<Account>) -> Result<Option<(Id<Account>, Date)>, Fault> {
    let row =
        sqlx::query("select deputy, until from deputy where account = $1").bind(account.to_string()).fetch_optional(db.pool()).await?;
    let Some(row) = row else { return Ok(None) };
    let until: String = row.try_get("until")?;
    Ok(Some((row.try_get::<String, _>("deputy")?.into(), until.parse().map_err(|_| format!("`{until}` is not a day"))?)))
}

/// Whom somebody stands in for on a day: those who are still of the same post and house. One that was to last longer than a
/// substitution may counts for nothing.
pub(crate) async fn stands_for(db: &Db, account: &Id<Account>, on: Date) -> Result<BTreeSet<Id<Account>>, Fault> {
    let rows = sqlx::query(
        "select d.account as account from deputy d join account a on a.id = d.account join account b on b.id = d.deputy \
         where d.deputy = $1 and d.until >= $2 and d.until <= $3 and a.role = b.role and a.firm = b.firm",
    )
    .bind(account.to_string())
    .bind(on.to_string())
    .bind(on.plus(LONGEST_SUBSTITUTION).to_string())
    .fetch_all(db.pool())
    .await?;
    rows.iter().map(|row| Ok(row.try_get::<String, _>("account")?.into())).collect()
}
