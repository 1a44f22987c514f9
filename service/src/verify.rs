//! Proving the log: no holes, every hash follows, every body can be read, no stream is cut short, every signed head holds, and
//! the contents it names are there and are what it says.

mod contents;

use crate::Service;
use crate::error::Fault;
use crate::log::Stored;
use crate::projection::{Row as TableRow, card_from_row, derive, tables};
use contents::Contents;
use domain::deputy::Substitution;
use domain::log::{Digest, Recorded, Stream, link};
use domain::project::Project;
use domain::project::card::Card;
use domain::{Text, text};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A log that holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Events in the log.
    pub events: u64,
    /// Streams in the log.
    pub streams: u64,
    /// Streams that are projects.
    pub projects: u64,
    /// Documents, snapshots and certificates that the log names.
    pub contents: u64,
}

/// How far the contents are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Contents that were read.
    pub checked: u64,
    /// Contents that the log names.
    pub of: u64,
    /// Bytes of the contents that were read.
    pub bytes: u64,
}

/// What part of the record does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// An event, or a stream's end.
    Log,
    /// A signed head.
    Head,
    /// What an event names: a document, a snapshot, a certificate.
    Contents,
    /// A row of a read table that is not what the log gives: `quanlian rebuild` makes it again.
    Table,
}

/// Something that does not hold, with its event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// What part of the record it belongs to.
    pub part: Part,
    /// The event's place in the order of commit over all streams; 0: none can be told.
    pub seq: u64,
    /// The stream; of a signed head: its file.
    pub stream: String,
    /// The event's place in its stream; 0: none can be told.
    pub version: u64,
    /// What does not hold, for the operator.
    pub why: Text,
}

/// Events read at a time.
const BATCH: i64 = 1000;

/// Walks the whole log and reads the contents it names. One thing that does not hold keeps none of the rest from being
/// looked at.
///
/// # Errors
/// The database failed, or the keys that are believed cannot be read. What does not hold or cannot be read is an answer, not
/// an error: all of it, the log first.
pub async fn verify(service: &Service) -> Result<Result<Verified, Vec<Broken>>, Fault> {
    verify_and_say(service, None, &mut |_| {}).await
}

/// The same with the copies of heads that others kept in a folder, saying now and then how far it is.
///
/// # Errors
/// As [`verify`].
pub async fn verify_and_say(
    service: &Service,
    heads: Option<&Path>,
    say: &mut (dyn FnMut(Progress) + Send),
) -> Result<Result<Verified, Vec<Broken>>, Fault> {
    let mut walk = Walk::default();
    loop {
        let rows = sqlx::query("select seq, stream, version, at, actor, kind, body, hash from event where seq > $1 order by seq limit $2")
            .bind(i64::try_from(walk.last)?)
            .bind(BATCH)
            .fetch_all(service.db.pool())
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            walk.look_at(row)?;
        }
    }
    let Walk { last, heads: ends, contents, mut broken } = walk;
    let projects = ends.keys().filter(|stream| kind_of(stream) == Project::KIND).count() as u64;
    // A stream cut short at its end still chains: the read tables remember how long it was.
    let cards = sqlx::query("select project, version from project_card order by project").fetch_all(service.db.pool()).await?;
    for card in &cards {
        let stream = format!("{}:{}", Project::KIND, card.try_get::<String, _>("project")?);
        let told = card.try_get::<i64, _>("version")?.unsigned_abs();
        let found = ends.get(&stream).map_or(0, |(version, _)| *version);
        if told != found {
            let why = text!("该流应有 {told} 条，实有 {found} 条", "its stream should have {told} events and has {found}");
            broken.push(Broken { part: Part::Log, seq: last, stream, version: found, why });
        }
    }
    let told: BTreeSet<String> = broken.iter().map(|one| one.stream.clone()).collect();
    broken.extend(differing(service, &ends, last, &told).await?);
    // A log written anew from the start still chains: what was signed of it tells.
    broken.extend(crate::daily_head::verify(service, heads).await?.err().unwrap_or_default());
    let (contents, missing) = contents.check(service, say).await?;
    broken.extend(missing);
    match broken.is_empty() {
        true => Ok(Ok(Verified { events: last, streams: ends.len() as u64, projects, contents })),
        false => Ok(Err(broken)),
    }
}

/// A walk over the log.
#[derive(Default)]
struct Walk {
    /// The number of the last event.
    last: u64,
    /// How far each stream goes, and the hash it ends with.
    heads: BTreeMap<String, (u64, Digest)>,
    contents: Contents,
    broken: Vec<Broken>,
}

impl Walk {
    /// Looks at the next event. Where one does not hold, the walk goes on from what it says itself: what follows it is
    /// not blamed for it.
    fn look_at(&mut self, row: &AnyRow) -> Result<(), Fault> {
        let (seq, stream) = (row.try_get::<i64, _>("seq")?.unsigned_abs(), row.try_get::<String, _>("stream")?);
        let version = row.try_get::<i64, _>("version")?.unsigned_abs();
        let said = Digest::parse(&row.try_get::<String, _>("hash")?).unwrap_or_default();
        let (before, previous) = self.heads.get(&stream).copied().unwrap_or((0, Digest::default()));
        let follows = version == before + 1;
        let gap = if seq != self.last + 1 {
            Some(text!("前面缺少序号 {}", "sequence {} is missing before it", self.last + 1))
        } else if !follows {
            Some(text!("应为该流的第 {} 条", "expected version {} of its stream", before + 1))
        } else {
            None
        };
        // Where what came before it in its stream is gone, its hash follows from nothing that is here; what it names is
        // looked at all the same.
        let held = self.holds(row, (seq, &stream, version), follows.then_some(previous));
        for why in gap.into_iter().chain(held.err()) {
            self.broken.push(Broken { part: Part::Log, seq, stream: stream.clone(), version, why });
        }
        self.last = seq;
        self.heads.insert(stream, (version, said));
        Ok(())
    }

    /// Whether an event is what its hash says, where it is known what that follows from, and can be read.
    fn holds(&mut self, row: &AnyRow, (seq, stream, version): (u64, &str, u64), previous: Option<Digest>) -> Result<(), Text> {
        let stored = Stored::from_row(row).map_err(|error| text!("{error}", "{error}"))?;
        if previous.is_some_and(|previous| stored.hash != link(previous, stored.meta.digest(&stored.body)).to_string()) {
            return Err(text!("内容与其散列不符：记录被改动过", "its contents do not give its hash: the record was changed"));
        }
        match kind_of(stream) {
            Project::KIND => {
                if let Some(event) = opened::<Project>(stored)? {
                    self.contents.note(seq, stream, version, &event);
                }
            }
            Substitution::KIND => {
                opened::<Substitution>(stored)?;
            }
            kind => {
                return Err(text!(
                    "本版本不认识“{kind}”类的流，无法核对其内容",
                    "this release knows no streams of the kind `{kind}` and cannot look at what they say"
                ));
            }
        }
        Ok(())
    }
}

/// The kind of a stream, by its name.
fn kind_of(stream: &str) -> &str {
    stream.split_once(':').map_or(stream, |(kind, _)| kind)
}

/// The event that a body holds, which has to be of the kind that the log says.
fn opened<S: Stream>(stored: Stored) -> Result<Option<S::Event>, Text> {
    let kind = stored.meta.kind.clone();
    match stored.open::<S>() {
        Ok(Recorded::Open { event, .. }) if S::kind(&event) == kind => Ok(Some(event)),
        Ok(Recorded::Open { .. }) => Err(text!("类别与内容不符", "its kind is not that of its body")),
        Ok(Recorded::Sealed { .. }) => Ok(None),
        Err(error) => Err(text!("{error}", "{error}")),
    }
}

/// Streams whose rows in the read tables are not what the log gives; those that do not hold anyway are not looked at.
async fn differing(
    service: &Service,
    ends: &BTreeMap<String, (u64, Digest)>,
    seq: u64,
    told: &BTreeSet<String>,
) -> Result<Vec<Broken>, Fault> {
    let mut streams: BTreeSet<String> = ends.keys().cloned().collect();
    let mut connection = service.db.pool().acquire().await?;
    for table in tables() {
        streams.extend(table.ids(&mut connection).await?.into_iter().map(|id| format!("{}:{id}", table.kind)));
    }
    let mut broken = Vec::new();
    for stream in streams.difference(told) {
        if differs(service, &mut connection, stream).await?.is_none() {
            continue;
        }
        // The portal may be at work: once more while nobody appends.
        let mut tx = service.db.begin_append().await?;
        if let Some(table) = differs(service, &mut tx, stream).await? {
            let why = text!(
                "读表 {table} 与记录不符，可用 quanlian rebuild 重建",
                "the read table {table} is not what the log gives; `quanlian rebuild` makes it again"
            );
            let version = ends.get(stream).map_or(0, |(version, _)| *version);
            broken.push(Broken { part: Part::Table, seq, stream: stream.clone(), version, why });
        }
    }
    Ok(broken)
}

/// The first read table whose rows of a stream are not what the log gives.
async fn differs(service: &Service, connection: &mut AnyConnection, stream: &str) -> Result<Option<&'static str>, Fault> {
    let (kind, id) = stream.split_once(':').unwrap_or((stream, ""));
    let expected = derive(service, stream).await?;
    for table in tables().filter(|table| table.kind == kind) {
        let gives: BTreeSet<&TableRow> = expected.iter().filter(|row| row.table.name == table.name).collect();
        if table.rows(connection, id).await?.iter().collect::<BTreeSet<_>>() != gives {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}

/// Makes the read tables again from the log, in one transaction; says of how many projects.
///
/// # Errors
/// The database failed, or an event cannot be read.
pub async fn rebuild(service: &Service) -> Result<u64, Fault> {
    // Nobody appends meanwhile: what is derived is what the log holds at the commit.
    let mut tx = service.db.begin_append().await?;
    for table in tables() {
        table.clear(&mut tx).await?;
    }
    let streams = sqlx::query("select stream from event where version = 1 order by seq").fetch_all(service.db.pool()).await?;
    let mut projects = 0;
    for row in &streams {
        let stream: String = row.try_get("stream")?;
        for row in derive(service, &stream).await? {
            crate::projection::Write::Put(row).run(&mut tx).await?;
        }
        projects += u64::from(kind_of(&stream) == Project::KIND);
    }
    tx.commit().await?;
    Ok(projects)
}

/// The cards as they stand, for comparing.
///
/// # Errors
/// The database failed.
pub async fn cards(service: &Service) -> Result<Vec<Card>, Fault> {
    let rows = sqlx::query("select * from project_card order by project").fetch_all(service.db.pool()).await?;
    rows.iter().map(card_from_row).collect()
}
