//! What the portal does by itself, at a time and without a request. Two things make it up.
//!
//! A **reader** (`reader.rs`) follows the log from a cursor that is stored, and keeps for each project the timers that its state
//! asks for (`Project::timers`). What is **due** (`due.rs`) is claimed in the database, so that of several servers one does it; a
//! claim ends by itself when its server is gone, and what a rule does it does under a key made of the timer, so that done twice it
//! is done once. What the house does again and again (`house.rs`) are timers too, each set anew when it was done.
//!
//! Time is the service's clock: a test moves it and calls [`look`].

mod due;
mod house;
mod reader;

pub use due::{Claimed, claim, fulfil};
pub use house::Task;

use crate::Service;
use crate::error::Fault;
use domain::date::Instant;
use std::time::Duration;

/// The longest sleep between two looks: the net under the log's watch.
const LONGEST: Duration = Duration::from_secs(30);
/// After something happened: what happens in one go is looked at once.
const REST: Duration = Duration::from_secs(1);

/// Remembers when this portal began to do things by itself. At its first start with this release what stood in tables alone is
/// put on record.
///
/// # Errors
/// The database failed.
pub(crate) async fn begin(service: &Service) -> Result<(), Fault> {
    let begun = sqlx::query("select at from job_begun").fetch_optional(service.db.pool()).await?;
    if begun.is_some() {
        return Ok(());
    }
    crate::deputy::put_on_record(service).await.map_err(|error| format!("cannot put the deputies on record: {error:?}"))?;
    sqlx::query("insert into job_begun (at) select $1 where not exists (select 1 from job_begun)")
        .bind(service.clock.now().to_string())
        .execute(service.db.pool())
        .await?;
    Ok(())
}

/// Looks for as long as the database is open. `current` gives the service with the catalogue that is in force.
pub async fn run(current: impl Fn() -> Service) {
    let mut latest_seq = current().log.watch();
    loop {
        let service = current();
        if service.db.pool().is_closed() {
            return;
        }
        let next = look(&service).await.unwrap_or_else(|fault| {
            tracing::error!(%fault, "the jobs cannot look for what is due");
            None
        });
        let until = next.map_or(LONGEST, |at| {
            let micros = at.unix_micros().saturating_sub(service.clock.now().unix_micros());
            Duration::from_micros(micros.max(0).unsigned_abs()).clamp(REST, LONGEST)
        });
        tokio::select! {
            () = tokio::time::sleep(until) => {}
            _ = latest_seq.changed() => tokio::time::sleep(REST).await,
        }
    }
}

/// One look: takes in what is new on the log, does all that is due, and says when something is due next.
///
/// # Errors
/// The database failed. A job that fails is no error here: it is logged with its name and tried again later.
pub async fn look(service: &Service) -> Result<Option<Instant>, Fault> {
    house::plan(service).await?;
    reader::follow(service).await?;
    loop {
        let claimed = claim(service).await?;
        if claimed.is_empty() {
            break;
        }
        // Beside each other: one that takes long keeps none of the others past the end of its claim.
        for done in futures::future::join_all(claimed.into_iter().map(|timer| fulfil(service, timer))).await {
            done?;
        }
        // What was done is on the log, and may ask for more.
        reader::follow(service).await?;
    }
    due::next(service).await
}
