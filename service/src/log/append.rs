//! The one appender: it groups what waits, orders commits and numbers them without holes (decision 0002).

use super::read::before;
use super::{Appended, COMMITS_CHANNEL, Head, NewEvent};
use crate::db::Db;
use crate::error::Fault;
use crate::once::Once;
use crate::projection::Write;
use domain::log::{Digest, Meta, link};
use sqlx::{Any, AnyConnection, Row, Transaction};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot, watch};

/// Most appends that share a transaction.
const GROUP: usize = 256;

/// An append that waits for its turn.
pub(super) struct Append {
    pub stream: String,
    pub expected: Head,
    pub events: Vec<NewEvent>,
    pub beside: Vec<Write>,
    pub once: Option<Once>,
    pub reply: oneshot::Sender<Result<Appended, String>>,
}

/// What the appender remembers between transactions, valid while nobody else has written.
#[derive(Default)]
struct Memory {
    last: u64,
    heads: HashMap<String, Head>,
}

/// Takes whatever waits and writes it, for as long as there is a log.
pub(super) async fn append_forever(db: Db, mut waiting: mpsc::Receiver<Append>, latest_seq: watch::Sender<u64>) {
    let mut memory = Memory::default();
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let written = write_group(&db, &mut memory, &group).await;
        match written {
            Ok(answers) => {
                latest_seq.send_if_modified(|known| {
                    let more = memory.last > *known;
                    *known = memory.last.max(*known);
                    more
                });
                for (append, answer) in group.drain(..).zip(answers) {
                    let _ = append.reply.send(Ok(answer));
                }
            }
            // One bad append must not fail its neighbours: each alone.
            Err(_) if group.len() > 1 => {
                for append in group.drain(..) {
                    memory = Memory::default();
                    let one = std::slice::from_ref(&append);
                    let answer = write_group(&db, &mut memory, one).await.map(|mut a| a.remove(0)).map_err(|e| e.to_string());
                    let _ = append.reply.send(answer);
                }
                latest_seq.send_modify(|known| *known = memory.last.max(*known));
            }
            Err(error) => {
                memory = Memory::default();
                for append in group.drain(..) {
                    let _ = append.reply.send(Err(error.to_string()));
                }
            }
        }
    }
}

/// Writes a group in one transaction: all of it or nothing.
async fn write_group(db: &Db, memory: &mut Memory, group: &[Append]) -> Result<Vec<Appended>, Fault> {
    let mut tx = db.begin_append().await?;
    let row = sqlx::query("select coalesce(max(seq), 0) as last from event").fetch_one(&mut *tx).await?;
    let mut seq = row.try_get::<i64, _>("last")?.unsigned_abs();
    if seq != memory.last || memory.heads.len() > 10_000 {
        memory.heads.clear();
    }
    let mut heads: HashMap<&str, Head> = HashMap::new();
    let mut answers = Vec::with_capacity(group.len());
    for append in group {
        let known = heads.get(append.stream.as_str()).or_else(|| memory.heads.get(&append.stream)).copied();
        let head = match known {
            Some(head) => head,
            None => stream_head(&mut tx, &append.stream).await?,
        };
        heads.insert(&append.stream, head);
        let answer = write_one(&mut tx, append, head, &mut seq).await?;
        if let Appended::Done { head, .. } = answer {
            heads.insert(&append.stream, head);
        }
        answers.push(answer);
    }
    db.notify_in(&mut tx, COMMITS_CHANNEL, "").await?;
    tx.commit().await?;
    memory.last = seq;
    memory.heads.extend(heads.into_iter().map(|(stream, head)| (stream.to_string(), head)));
    Ok(answers)
}

async fn stream_head(tx: &mut Transaction<'static, Any>, stream: &str) -> Result<Head, Fault> {
    let row = sqlx::query("select version, hash from event where stream = $1 order by version desc limit 1")
        .bind(stream.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(Head::default()) };
    let hash: String = row.try_get("hash")?;
    Ok(Head {
        version: u64::try_from(row.try_get::<i64, _>("version")?)?,
        hash: Digest::parse(&hash).ok_or_else(|| format!("the last hash of {stream} is not one: run `quanlian verify`"))?,
    })
}

async fn write_one(tx: &mut AnyConnection, append: &Append, mut head: Head, seq: &mut u64) -> Result<Appended, Fault> {
    if let Some(once) = append.once {
        let row =
            sqlx::query("select version, asked from command where key = $1").bind(once.key.to_string()).fetch_optional(&mut *tx).await?;
        if let Some(row) = row {
            return Ok(Appended::Already(before(&row, once)?));
        }
    }
    if head != append.expected {
        return Ok(Appended::Conflict);
    }
    for event in &append.events {
        *seq += 1;
        let meta = Meta {
            stream: append.stream.clone(),
            version: head.version + 1,
            at: event.at,
            actor: event.actor.clone(),
            kind: event.kind.into(),
        };
        head = Head { version: meta.version, hash: link(head.hash, meta.digest(&event.body)) };
        sqlx::query("insert into event (seq, stream, version, at, actor, kind, body, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(i64::try_from(*seq)?)
            .bind(meta.stream)
            .bind(i64::try_from(meta.version)?)
            .bind(meta.at.to_string())
            .bind(meta.actor.to_string())
            .bind(meta.kind)
            .bind(event.body.clone())
            .bind(head.hash.to_string())
            .execute(&mut *tx)
            .await?;
    }
    for write in &append.beside {
        write.run(tx).await?;
    }
    if let (Some(once), Some(last)) = (append.once, append.events.last()) {
        sqlx::query("insert into command (key, stream, version, at, asked) values ($1, $2, $3, $4, $5)")
            .bind(once.key.to_string())
            .bind(append.stream.clone())
            .bind(i64::try_from(head.version)?)
            .bind(last.at.to_string())
            .bind(once.asked.to_string())
            .execute(&mut *tx)
            .await?;
    }
    Ok(Appended::Done { head, seq: *seq })
}
