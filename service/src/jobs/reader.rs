//! The reader that keeps the timers of projects: what each has to be done about at which time.

use super::due;
use crate::Service;
use crate::error::{Error, Fault};
use crate::project;
use domain::Id;
use domain::date::Instant;
use domain::log::{Digest, Stream};
use domain::project::Project;
use domain::project::timer::Timer;
use domain::rule::Rule;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Streams that are taken in together.
const AT_ONCE: i64 = 200;

/// The reader's cursor.
const CURSOR: &str = "timers";

/// Raise it when `Project::timers` says other things than before: every project is then looked at anew.
const TIMERS_EDITION: u32 = 1;

/// What the timers are made with. Another edition of the catalogue or of the calendar may give other days.
fn edition(service: &Service) -> String {
    format!("{TIMERS_EDITION} {} {}", service.catalogue.edition, service.catalogue.calendar().edition())
}

/// Takes in what has happened since the cursor. A portal from before there were timers is taken in from its first event.
///
/// # Errors
/// The database failed.
pub(super) async fn follow(service: &Service) -> Result<(), Fault> {
    let edition = edition(service);
    let pool = service.db.pool();
    sqlx::query("insert into job_cursor (name, edition, seq) values ($1, $2, 0) on conflict (name) do nothing")
        .bind(CURSOR)
        .bind(edition.clone())
        .execute(pool)
        .await?;
    sqlx::query("update job_cursor set seq = 0, edition = $2 where name = $1 and edition <> $2")
        .bind(CURSOR)
        .bind(edition.clone())
        .execute(pool)
        .await?;
    loop {
        let row = sqlx::query("select seq from job_cursor where name = $1").bind(CURSOR).fetch_one(pool).await?;
        let cursor: i64 = row.try_get("seq")?;
        if cursor >= i64::try_from(service.log.last_seen())? {
            return Ok(());
        }
        // In the order of their last event: each is taken in once, however long its stream is.
        let rows = sqlx::query("select stream, max(seq) as seq from event where seq > $1 group by stream order by seq limit $2")
            .bind(cursor)
            .bind(AT_ONCE)
            .fetch_all(pool)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        let seq: i64 = last.try_get("seq")?;
        let mut wanted = BTreeMap::new();
        for row in &rows {
            let stream: String = row.try_get("stream")?;
            if let Some(id) = stream.strip_prefix(Project::KIND).and_then(|rest| rest.strip_prefix(':')) {
                wanted.insert(stream.clone(), wanted_by(service, &id.into()).await);
            }
        }
        // The timers and the cursor's move are one: whoever was first has done it.
        let mut tx = service.db.begin_write().await?;
        let moved = sqlx::query("update job_cursor set seq = $1 where name = $2 and seq = $3 and edition = $4")
            .bind(seq)
            .bind(CURSOR)
            .bind(cursor)
            .bind(edition.clone())
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() == 0 {
            continue;
        }
        for (stream, wanted) in wanted {
            match wanted {
                Ok(timers) => replace(&mut tx, &stream, &timers).await?,
                // One project that cannot be read keeps the others waiting no longer: it is tried again by itself.
                Err(error) => {
                    tracing::error!(job = due::TIMERS, stream, %error, "the timers of a project cannot be made; trying again later");
                    let at = service.clock.now().plus_seconds(due::FIRST_PAUSE);
                    due::set(&mut tx, due::TIMERS, &stream, "", at).await?;
                }
            }
        }
        tx.commit().await?;
    }
}

/// Makes the timers of one project again, as its state is now, and gives their keys.
///
/// # Errors
/// The database failed, or the project cannot be read.
pub(super) async fn again(service: &Service, stream: &str) -> Result<BTreeSet<String>, Fault> {
    let id = stream.split_once(':').map_or(stream, |(_, id)| id);
    let mut tx = service.db.begin_write().await?;
    // The reader waits meanwhile: what it has made of later events is not replaced by what is made of these.
    sqlx::query("update job_cursor set seq = seq where name = $1").bind(CURSOR).execute(&mut *tx).await?;
    let timers = wanted_by(service, &id.into()).await?;
    replace(&mut tx, stream, &timers).await?;
    tx.commit().await?;
    Ok(timers.iter().map(|timer| key(timer.rule.code(), stream, &timer.subject, timer.due)).collect())
}

/// What a project is to be done about by itself, and when.
pub(super) async fn wanted_by(service: &Service, id: &Id<Project>) -> Result<Vec<Timer>, Fault> {
    let project = match project::current(&service.context(None), id).await {
        Ok(project) => project,
        Err(Error::Fault(fault)) => return Err(fault),
        Err(Error::Public(public)) => return Err(public.sentence().en.into()),
    };
    // Of what was filed before, the portal could not know what the applicant was told.
    let begun = begun(service).await?;
    let counts = |timer: &Timer| timer.rule != Rule::DeemedAcceptance || timer.since >= begun;
    Ok(project.timers(&service.catalogue).into_iter().filter(counts).collect())
}

/// When the portal began to do things by itself.
async fn begun(service: &Service) -> Result<Instant, Fault> {
    let row = sqlx::query("select min(at) as at from job_begun").fetch_one(service.db.pool()).await?;
    let at: Option<String> = row.try_get("at")?;
    let at = at.ok_or("the portal has not begun to do things by itself")?;
    at.parse().map_err(|_| format!("`{at}` in job_begun is not an instant").into())
}

/// What a timer is known by: the same for as long as the same is due at the same time.
pub(super) fn key(job: &str, stream: &str, subject: &str, due: Instant) -> String {
    Digest::of(format!("{job}\n{stream}\n{subject}\n{due}").as_bytes()).to_string()
}

/// The timers of a project become these: those that stay keep their claims.
async fn replace(connection: &mut AnyConnection, stream: &str, timers: &[Timer]) -> Result<(), Fault> {
    let rows = sqlx::query("select key from timer where stream = $1 and job <> $2")
        .bind(stream.to_string())
        .bind(due::TIMERS)
        .fetch_all(&mut *connection)
        .await?;
    let keys: Vec<String> = timers.iter().map(|timer| key(timer.rule.code(), stream, &timer.subject, timer.due)).collect();
    for row in &rows {
        let known: String = row.try_get("key")?;
        if !keys.contains(&known) {
            sqlx::query("delete from timer where key = $1").bind(known).execute(&mut *connection).await?;
        }
    }
    for timer in timers {
        due::set(connection, timer.rule.code(), stream, &timer.subject, timer.due).await?;
    }
    Ok(())
}
