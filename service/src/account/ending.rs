//! Tells open connections that their session or token has ended, within a second, also when another server or the
//! command line ended it. What it costs grows with what ends, not with what is open.

use super::{Access, By};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::Fault;
use domain::access::SESSION_IDLE_SECONDS;
use domain::date::Instant;
use sqlx::Row;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked what ended elsewhere.
const LOOK: Duration = Duration::from_secs(1);
/// What is written within this is looked at once more: servers' clocks differ, and a commit comes after its time.
const LOOK_BACK_SECONDS: i64 = 10;

/// Sessions that nobody used for too long. Asked each second: what it reads is what it finds, not all that is open.
const UNUSED: &str = "select id from session where ended_at is null and last_used_at <= $1";

/// The accesses that connections of this server are open by.
#[derive(Clone, Default)]
pub struct Endings(Arc<Mutex<HashMap<Key, Open>>>);

type Key = (By, String);

struct Open {
    account: String,
    until: Instant,
    /// The change of rights that was last told.
    rights_at: String,
    followers: usize,
    standing: watch::Sender<Standing>,
}

#[derive(Clone, Copy, Default)]
struct Standing {
    ended: bool,
    /// Counts what makes asking again worth while.
    asked: u64,
}

/// What happened to an access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// It has ended, and will not come back.
    Ended,
    /// It holds; what its person may do may have changed.
    AskAgain,
}

/// A connection that is open by an access. That it is open is no use of it: what a person asks for is.
pub struct Following {
    endings: Endings,
    key: Key,
    standing: watch::Receiver<Standing>,
}

impl Following {
    /// The next thing that happens to the access; waits for it. Nothing is lost when the waiting is given up.
    pub async fn next(&mut self) -> Heard {
        if self.standing.borrow().ended || self.standing.changed().await.is_err() || self.standing.borrow_and_update().ended {
            return Heard::Ended;
        }
        Heard::AskAgain
    }

    /// The end, for what waits for it beside everything else.
    pub fn end(&self) -> End {
        End(self.standing.clone())
    }
}

/// The end of an access that a connection is open by.
#[derive(Clone)]
pub struct End(watch::Receiver<Standing>);

impl End {
    /// Whether it has ended.
    pub fn has_come(&self) -> bool {
        self.0.borrow().ended
    }

    /// Waits for it; `false`: nobody follows the access any more.
    pub async fn wait(mut self) -> bool {
        self.0.wait_for(|standing| standing.ended).await.is_ok()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut open = self.endings.lock();
        if let Some(entry) = open.get_mut(&self.key) {
            entry.followers -= 1;
            if entry.followers == 0 {
                open.remove(&self.key);
            }
        }
    }
}

impl Endings {
    pub(crate) fn start(db: Db, clock: Clock) -> Endings {
        let endings = Endings::default();
        tokio::spawn(look_forever(endings.clone(), db, clock));
        endings
    }

    /// Follows an access until the answer is dropped.
    pub fn follow(&self, access: &Access) -> Following {
        let key = (access.by, access.id.clone());
        let mut open = self.lock();
        let entry = open.entry(key.clone()).or_insert_with(|| Open {
            account: access.account.to_string(),
            until: access.until,
            rights_at: String::new(),
            followers: 0,
            standing: watch::Sender::default(),
        });
        entry.followers += 1;
        let standing = entry.standing.subscribe();
        drop(open);
        Following { endings: self.clone(), key, standing }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that these have ended.
    pub(super) fn end(&self, by: By, ids: impl IntoIterator<Item = String>) {
        let open = self.lock();
        for id in ids {
            if let Some(entry) = open.get(&(by, id)) {
                entry.standing.send_if_modified(|standing| !std::mem::replace(&mut standing.ended, true));
            }
        }
    }

    /// Says that what these people may do has changed.
    pub(super) fn ask_again<'a>(&self, accounts: impl Iterator<Item = &'a str>) {
        let accounts: Vec<&str> = accounts.collect();
        for entry in self.lock().values().filter(|entry| accounts.contains(&entry.account.as_str())) {
            entry.standing.send_modify(|standing| standing.asked += 1);
        }
    }

    /// What ended elsewhere, or by time: sessions that nobody uses too, though a page of theirs is open.
    async fn look(&self, db: &Db, now: Instant, from: Instant) -> Result<(), Fault> {
        if self.lock().is_empty() {
            return Ok(());
        }
        for (by, sql) in
            [(By::Session, "select id from session where ended_at > $1"), (By::Token, "select id from access_token where ended_at > $1")]
        {
            let rows = sqlx::query(sql).bind(from.to_string()).fetch_all(db.pool()).await?;
            self.end(by, rows.iter().map(|row| row.try_get("id")).collect::<Result<Vec<String>, _>>()?);
        }
        let unused = sqlx::query(UNUSED).bind(now.plus_seconds(-SESSION_IDLE_SECONDS).to_string()).fetch_all(db.pool()).await?;
        self.end(By::Session, unused.iter().map(|row| row.try_get("id")).collect::<Result<Vec<String>, _>>()?);
        let rows =
            sqlx::query("select id, rights_at from account where rights_at > $1").bind(from.to_string()).fetch_all(db.pool()).await?;
        for row in rows {
            self.hear_rights(row.try_get("id")?, row.try_get("rights_at")?);
        }
        self.pass_time(now);
        Ok(())
    }

    fn hear_rights(&self, account: String, at: String) {
        for entry in self.lock().values_mut().filter(|entry| entry.account == account && entry.rights_at != at) {
            entry.rights_at.clone_from(&at);
            entry.standing.send_modify(|standing| standing.asked += 1);
        }
    }

    /// Ends what has come to its maximum.
    fn pass_time(&self, now: Instant) {
        for entry in self.lock().values().filter(|entry| entry.until <= now) {
            entry.standing.send_if_modified(|standing| !std::mem::replace(&mut standing.ended, true));
        }
    }
}

async fn look_forever(endings: Endings, db: Db, clock: Clock) {
    let mut pause = tokio::time::interval(LOOK);
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last = clock.now();
    while !db.pool().is_closed() {
        pause.tick().await;
        let now = clock.now();
        match endings.look(&db, now, last.min(now).plus_seconds(-LOOK_BACK_SECONDS)).await {
            Ok(()) => last = now,
            // The next look goes back as far.
            Err(fault) if !db.pool().is_closed() => tracing::error!(%fault, "cannot see which sessions ended"),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[tokio::test]
    async fn the_look_of_each_second_reads_by_an_index_what_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.path().join("test.db").display())).await.unwrap();
        for (sql, by) in [
            (UNUSED, "session_ended_used (ended_at=? AND last_used_at<?)"),
            ("select id from session where ended_at > $1", "session_ended_used (ended_at>?)"),
        ] {
            let explained = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {sql}"))).bind("2024".to_string());
            let plan: String = explained.fetch_one(db.pool()).await.unwrap().get("detail");
            assert!(plan.contains(by), "{plan}");
        }
    }
}
