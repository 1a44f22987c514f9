//! Counts what people ask for against the table of limits ([`domain::limit`]).

use crate::error::{Error, Fault};
use crate::{Context, Service, audit};
use domain::limit::{Limit, Measure};
use sqlx::Row;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Subjects this server counts by itself; when there are more, those whose window is over go.
const MOST_SUBJECTS: usize = 50_000;

/// How many met limits, each with its subject, are put on record in one minute; further ones are not.
const MOST_ON_RECORD: usize = 1000;

/// What this server counts for itself: windows by limit and subject, and what goes on at this moment. Not by the crate
/// `governor`: it spreads a rate evenly, while ours are windows that the sentences name and that the database counts alike.
#[derive(Clone, Default)]
pub struct Counts(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    windows: HashMap<(Limit, String), (i64, u64)>,
    now: HashMap<(Limit, String), usize>,
    /// The limits that were met within a minute, with whose they are.
    met: (i64, HashSet<(Limit, String)>),
}

/// Something that goes on; counted until it is dropped.
pub struct Going {
    counts: Counts,
    key: (Limit, String),
}

impl Drop for Going {
    fn drop(&mut self) {
        let mut inner = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = inner.now.get_mut(&self.key) {
            *n = n.saturating_sub(1);
            if *n == 0 {
                inner.now.remove(&self.key);
            }
        }
    }
}

impl Counts {
    /// Begins something that a limit allows so often at once; `None`: it is met.
    pub fn begin(&self, limit: Limit, subject: &str) -> Option<Going> {
        self.begin_at_most(limit, subject, limit.at_once())
    }

    /// The same with another number than the table's, where the machine allows less.
    pub fn begin_at_most(&self, limit: Limit, subject: &str, most: usize) -> Option<Going> {
        let key = (limit, subject.to_string());
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = inner.now.entry(key.clone()).or_default();
        if *n >= most {
            return None;
        }
        *n += 1;
        drop(inner);
        Some(Going { counts: self.clone(), key })
    }

    /// How many there are of it at this moment.
    pub fn going(&self, limit: Limit, subject: &str) -> usize {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.now.get(&(limit, subject.to_string())).copied().unwrap_or_default()
    }

    /// Whether it is the first time within this minute that somebody meets a limit.
    fn is_news(&self, limit: Limit, subject: &str, minute: i64) -> bool {
        let (at, met) = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).met;
        if std::mem::replace(at, minute) != minute {
            met.clear();
        }
        met.len() < MOST_ON_RECORD && met.insert((limit, subject.to_string()))
    }

    fn take(&self, limit: Limit, subject: &str, now: i64, most: u64, seconds: i64) -> Result<(), i64> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.windows.len() >= MOST_SUBJECTS {
            inner.windows.retain(|(limit, _), (opened, _)| match limit.row().measure {
                Measure::Rate { seconds, .. } => now < *opened + seconds,
                _ => false,
            });
        }
        let full = inner.windows.len() >= MOST_SUBJECTS;
        let key = (limit, subject.to_string());
        if full && !inner.windows.contains_key(&key) {
            return Err(seconds);
        }
        let (opened, count) = inner.windows.entry(key).or_insert((now, 0));
        if now >= *opened + seconds {
            (*opened, *count) = (now, 0);
        }
        if *count >= most {
            return Err(*opened + seconds - now);
        }
        *count += 1;
        Ok(())
    }
}

/// Counts one more, before it is done.
///
/// # Errors
/// The limit's sentence with the time to wait; or the database failed.
pub async fn take(cx: &Context, limit: Limit, subject: &str) -> Result<(), Error> {
    let (service, row) = (&cx.service, limit.row());
    let Measure::Rate { most, seconds } = row.measure else { return Ok(()) };
    let now = service.clock.now().unix_micros() / 1_000_000;
    let taken = if row.shared {
        take_shared(service, row.code, subject, now, most, seconds).await?
    } else {
        service.counts.take(limit, subject, now, most, seconds)
    };
    match taken {
        Ok(()) => Ok(()),
        Err(wait) => Err(met(cx, limit, subject, wait).await),
    }
}

/// Begins something that the table allows so often at once, counted until the answer is dropped; `after`: when to try
/// again where it is met.
///
/// # Errors
/// The limit's sentence.
pub async fn begin(cx: &Context, limit: Limit, subject: &str, after: i64) -> Result<Going, Error> {
    match cx.service.counts.begin(limit, subject) {
        Some(going) => Ok(going),
        None => Err(met(cx, limit, subject, after).await),
    }
}

/// What is told to whom a limit stops; `after`: seconds until trying again makes sense. That it was met is on record, once
/// for its subject and a minute: a flood fills no table.
pub async fn met(cx: &Context, limit: Limit, subject: &str, after: i64) -> Error {
    record_met(cx, limit, subject).await;
    limit.met(after).into()
}

/// Puts it on record that somebody met a limit. Nobody is let in because this could not be written.
pub async fn record_met(cx: &Context, limit: Limit, subject: &str) {
    let minute = cx.service.clock.now().unix_micros() / 60_000_000;
    if cx.service.counts.is_news(limit, subject, minute)
        && let Err(fault) = audit::limit_met(cx, limit, subject).await
    {
        tracing::warn!(%fault, limit = limit.code(), "that a limit was met is not on record");
    }
}

/// One statement, so that attempts at the same moment are all counted.
async fn take_shared(service: &Service, code: &str, subject: &str, now: i64, most: u64, seconds: i64) -> Result<Result<(), i64>, Fault> {
    let row = sqlx::query(
        "insert into attempt (code, subject, opened, count) values ($1, $2, $3, 1) on conflict (code, subject) do update set \
         count = case when attempt.opened + $4 <= excluded.opened then 1 else attempt.count + 1 end, \
         opened = case when attempt.opened + $4 <= excluded.opened then excluded.opened else attempt.opened end \
         returning opened, count",
    )
    .bind(code.to_string())
    .bind(subject.to_string())
    .bind(now)
    .bind(seconds)
    .fetch_one(service.db.pool())
    .await?;
    let (opened, count) = (row.try_get::<i64, _>("opened")?, row.try_get::<i64, _>("count")?);
    Ok(if count.unsigned_abs() > most { Err(opened + seconds - now) } else { Ok(()) })
}

/// Gives one back that came to a good end, such as a right password.
///
/// # Errors
/// The database failed.
pub async fn give_back(service: &Service, limit: Limit, subject: &str) -> Result<(), Fault> {
    let row = limit.row();
    if row.shared {
        sqlx::query("update attempt set count = count - 1 where code = $1 and subject = $2 and count > 0")
            .bind(row.code.to_string())
            .bind(subject.to_string())
            .execute(service.db.pool())
            .await?;
    } else if let Some((_, count)) =
        service.counts.0.lock().unwrap_or_else(PoisonError::into_inner).windows.get_mut(&(limit, subject.to_string()))
    {
        *count = count.saturating_sub(1);
    }
    Ok(())
}

/// Lets go of windows that are over.
///
/// # Errors
/// The database failed.
pub async fn forget_old(service: &Service) -> Result<(), Fault> {
    let longest = Limit::ALL.iter().filter_map(|l| match l.row().measure {
        Measure::Rate { seconds, .. } => Some(seconds),
        _ => None,
    });
    let before = service.clock.now().unix_micros() / 1_000_000 - longest.max().unwrap_or_default();
    sqlx::query("delete from attempt where opened < $1").bind(before).execute(service.db.pool()).await?;
    Ok(())
}
