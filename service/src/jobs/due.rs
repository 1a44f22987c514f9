//! What is due: claimed, done, and done with.

use super::{Task, house, reader};
use crate::Service;
use crate::error::{Error, Fault, Public};
use crate::new_id;
use crate::project::{self, Sent};
use domain::Id;
use domain::date::Instant;
use domain::project::Project;
use domain::rule::Rule;
use sqlx::{AnyConnection, Row};
use std::time::Duration;

/// How long a claim lasts, in seconds: a server that was killed holds nothing back for longer, and what takes longer is stopped.
const LEASE: i64 = 5 * 60;
/// What is claimed together, and done beside each other.
const AT_ONCE: i64 = 8;
/// The pause after a first failure, in seconds; it doubles with each more.
pub(super) const FIRST_PAUSE: i64 = 60;
/// The longest pause after failures, in seconds.
const LONGEST_PAUSE: i64 = 6 * 3600;
/// The job that makes the timers of a project again, where the reader could not.
pub(super) const TIMERS: &str = "timers";

enum Claim {}

/// A timer that this server is at.
#[derive(Clone, Debug)]
pub struct Claimed {
    key: String,
    job: String,
    stream: String,
    subject: String,
    tries: i64,
    /// Whose claim it is.
    claim: String,
}

/// Sets a timer; one that is set already stays as it is.
pub(super) async fn set(connection: &mut AnyConnection, job: &str, stream: &str, subject: &str, due: Instant) -> Result<(), Fault> {
    sqlx::query(
        "insert into timer (key, job, stream, subject, due, not_before, tries) values ($1, $2, $3, $4, $5, $5, 0) \
         on conflict (key) do nothing",
    )
    .bind(reader::key(job, stream, subject, due))
    .bind(job.to_string())
    .bind(stream.to_string())
    .bind(subject.to_string())
    .bind(due.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets the timer of what the house does again and again, due at once; one that is set already stays as it is.
pub(super) async fn set_task(service: &Service, task: Task) -> Result<(), Fault> {
    sqlx::query(
        "insert into timer (key, job, stream, subject, due, not_before, tries) values ($1, $1, '', '', $2, $2, 0) \
         on conflict (key) do nothing",
    )
    .bind(task.code())
    .bind(service.clock.now().to_string())
    .execute(service.db.pool())
    .await?;
    Ok(())
}

/// When something is due next.
pub(super) async fn next(service: &Service) -> Result<Option<Instant>, Fault> {
    let row = sqlx::query("select min(not_before) as at from timer").fetch_one(service.db.pool()).await?;
    let at: Option<String> = row.try_get("at")?;
    Ok(at.map(|at| at.parse().map_err(|_| format!("`{at}` is not a time"))).transpose()?)
}

/// Claims some of what is due. Of several servers that ask at once each gets its own; what this gives has to be fulfilled
/// before the claim ends, or another one does it.
///
/// # Errors
/// The database failed.
pub async fn claim(service: &Service) -> Result<Vec<Claimed>, Fault> {
    let now = service.clock.now();
    let rows = sqlx::query("select key, job, stream, subject, tries from timer where not_before <= $1 order by not_before, key limit $2")
        .bind(now.to_string())
        .bind(AT_ONCE)
        .fetch_all(service.db.pool())
        .await?;
    let mut claimed = Vec::new();
    for row in &rows {
        let (key, claim) = (row.try_get::<String, _>("key")?, new_id::<Claim>().to_string());
        let taken = sqlx::query("update timer set claim = $1, not_before = $2, tries = tries + 1 where key = $3 and not_before <= $4")
            .bind(claim.clone())
            .bind(now.plus_seconds(LEASE).to_string())
            .bind(key.clone())
            .bind(now.to_string())
            .execute(service.db.pool())
            .await?;
        if taken.rows_affected() == 1 {
            claimed.push(Claimed {
                key,
                job: row.try_get("job")?,
                stream: row.try_get("stream")?,
                subject: row.try_get("subject")?,
                tries: row.try_get::<i64, _>("tries")? + 1,
                claim,
            });
        }
    }
    Ok(claimed)
}

/// Does what was claimed. A failure is logged with the job's name and tried again after a pause, and stops nothing else.
///
/// # Errors
/// The database failed when what was done was to be written down.
pub async fn fulfil(service: &Service, timer: Claimed) -> Result<(), Fault> {
    let (doing, todo) = (service.clone(), timer.clone());
    // Apart: what panics or hangs ends alone.
    let done = tokio::spawn(async move { tokio::time::timeout(Duration::from_secs(LEASE.unsigned_abs()), act(&doing, &todo)).await });
    let done = match done.await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err("it took longer than its claim lasts".into()),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(next) => put_away(service, &timer, next).await,
        Err(fault) => {
            let Claimed { job, stream, subject, tries, .. } = &timer;
            tracing::error!(job, stream, subject, tries, %fault, "a job failed; trying again later");
            put_off(service, &timer).await
        }
    }
}

/// It was done: the timer goes, or is set anew.
async fn put_away(service: &Service, timer: &Claimed, next: Option<Instant>) -> Result<(), Fault> {
    let query = match next {
        None => sqlx::query("delete from timer where key = $1 and claim = $2"),
        Some(_) => sqlx::query("update timer set claim = null, tries = 0, due = $3, not_before = $3 where key = $1 and claim = $2"),
    };
    let query = query.bind(timer.key.clone()).bind(timer.claim.clone());
    let query = match next {
        None => query,
        Some(next) => query.bind(next.to_string()),
    };
    query.execute(service.db.pool()).await?;
    Ok(())
}

/// It failed: the next try waits, longer each time.
async fn put_off(service: &Service, timer: &Claimed) -> Result<(), Fault> {
    let doublings = u32::try_from(timer.tries - 1).unwrap_or_default().min(16);
    let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
    sqlx::query("update timer set claim = null, not_before = $3 where key = $1 and claim = $2")
        .bind(timer.key.clone())
        .bind(timer.claim.clone())
        .bind(service.clock.now().plus_seconds(pause).to_string())
        .execute(service.db.pool())
        .await?;
    Ok(())
}

/// What is due is done; when the same is due again, if it is.
async fn act(service: &Service, timer: &Claimed) -> Result<Option<Instant>, Fault> {
    if let Some(task) = Task::from_code(&timer.job) {
        house::act(service, task).await?;
        return Ok(Some(service.clock.now().plus_seconds(task.every())));
    }
    if timer.job == TIMERS {
        reader::again(service, &timer.stream).await?;
        return Ok(None);
    }
    let rule = Rule::from_code(&timer.job).ok_or("this release knows no such job")?;
    let id: Id<Project> = timer.stream.split_once(':').map_or(timer.stream.as_str(), |(_, id)| id).into();
    let wanted = reader::wanted_by(service, &id)
        .await?
        .into_iter()
        .find(|wanted| wanted.rule == rule && reader::key(&timer.job, &timer.stream, &wanted.subject, wanted.due) == timer.key);
    // Something has happened meanwhile, or the calendar is another one: what is due when is looked at anew.
    let Some(wanted) = wanted else {
        let wanted = reader::again(service, &timer.stream).await?;
        return if wanted.contains(&timer.key) { Err("it is due anew".into()) } else { Ok(None) };
    };
    let cx = service.context(Some(rule.actor()));
    let sent = Sent { key: Some(timer.key.clone()), ..Sent::default() };
    match project::execute(&cx, &id, wanted.command(), sent).await {
        Ok(_) => Ok(None),
        // Somebody was faster: then it is not wanted any more. Else the rules refuse what they want, and somebody has to look.
        Err(Error::Public(Public::Refused { sentence })) => {
            if reader::again(service, &timer.stream).await?.contains(&timer.key) {
                return Err(sentence.en.into());
            }
            tracing::info!(job = timer.job, stream = timer.stream, why = sentence.en, "nothing is left to be done");
            Ok(None)
        }
        Err(error) => Err(said(error)),
    }
}

pub(super) fn said(error: Error) -> Fault {
    match error {
        Error::Fault(fault) => fault,
        Error::Public(public) => public.sentence().en.into(),
    }
}
