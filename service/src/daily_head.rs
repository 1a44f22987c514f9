//! The daily head: once a day the ends of all chains of the log are digested to one root, signed, and kept in a file beside
//! the keys. Who can write the database can write every chain anew; the files, and their copies elsewhere, then tell.

use crate::Service;
use crate::certificate::Keys;
use crate::crypto::{PUBLIC, Trusted, Verifier, jws, write_anew};
use crate::error::{Error, Fault, Public};
use crate::verify::{Broken, Part};
use domain::date::{Date, Instant};
use domain::log::Digest;
use domain::{Text, text};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const KIND: &str = "quanlian-head+json";
const BATCH: i64 = 10_000;

/// The heads of all streams at one moment. It names no project and no person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DailyHead {
    /// The day it is the head of, in China.
    pub day: Date,
    /// The last event it covers.
    pub seq: u64,
    /// How many streams it covers.
    pub streams: u64,
    /// The digest that made the root.
    pub digest: String,
    /// In hexadecimal; of all streams in order of name: length of the name, name, version, hash.
    pub root: String,
    /// SHA-256 of the signed file of the day before that there is.
    pub previous: Option<Previous>,
    /// When it was made.
    pub made_at: Instant,
}

/// The head before, so that one that is taken away is missed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Previous {
    /// The day of that head.
    pub day: Date,
    /// The digest of its signed file.
    pub sha256: Digest,
}

type Heads = BTreeMap<String, (u64, String)>;

fn root(heads: &Heads, algorithm: &str, verifier: &dyn Verifier) -> Option<String> {
    let mut bytes = Vec::new();
    for (stream, (version, hash)) in heads {
        bytes.extend((stream.len() as u64).to_be_bytes());
        bytes.extend(stream.as_bytes());
        bytes.extend(version.to_be_bytes());
        bytes.extend(hash.as_bytes());
    }
    Some(verifier.digest(algorithm, &bytes)?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads the last event of each stream, and the last number of all. One statement, so that all are of one moment; it goes
/// from stream to stream by the primary key and reads nothing in between.
async fn heads(service: &Service) -> Result<(u64, Heads), Fault> {
    let rows = sqlx::query(
        "with recursive s (stream) as (select min(stream) from event union all \
         select (select min(e.stream) from event e where e.stream > s.stream) from s where s.stream is not null) \
         select e.stream, e.version, e.seq, e.hash from s join event e on e.stream = s.stream \
         and e.version = (select max(l.version) from event l where l.stream = s.stream)",
    )
    .fetch_all(service.db.pool())
    .await?;
    let mut heads = Heads::new();
    let mut last = 0;
    for row in rows {
        last = last.max(row.try_get::<i64, _>("seq")?.unsigned_abs());
        heads.insert(row.try_get("stream")?, (row.try_get::<i64, _>("version")?.unsigned_abs(), row.try_get("hash")?));
    }
    Ok((last, heads))
}

/// Makes the head of this day, or gives the one that was made already: of several servers one makes it.
///
/// # Errors
/// The database failed, the key cannot be used, or the file cannot be written.
pub async fn make(service: &Service) -> Result<DailyHead, Fault> {
    let now = service.clock.now();
    let day = now.date();
    if kept(service, day).await?.is_none() {
        let (seq, heads) = heads(service).await?;
        let module = service.keys.module();
        let digest = module.digest_algorithm().to_string();
        let root = root(&heads, &digest, module).ok_or("the module does not know its own digest")?;
        let before = sqlx::query("select day, jws from daily_head where day < $1 order by day desc limit 1")
            .bind(day.to_string())
            .fetch_optional(service.db.pool())
            .await?;
        let previous = match before {
            Some(row) => Some(Previous { day: day_of(&row)?, sha256: Digest::of(row.try_get::<String, _>("jws")?.as_bytes()) }),
            None => None,
        };
        let head = DailyHead { day, seq, streams: heads.len() as u64, digest, root, previous, made_at: now };
        let jws = service.keys.sign_as(KIND, &head)?;
        sqlx::query("insert into daily_head (day, seq, root, jws, made_at) values ($1, $2, $3, $4, $5) on conflict (day) do nothing")
            .bind(day.to_string())
            .bind(i64::try_from(seq)?)
            .bind(head.root.clone())
            .bind(jws)
            .bind(now.to_string())
            .execute(service.db.pool())
            .await?;
    }
    let jws = kept(service, day).await?.ok_or("the head of this day is gone again")?;
    let (head, _) = jws::read::<DailyHead>(&jws, KIND, &service.keys.trusted()?)
        .map_err(|why| format!("the head of {day} in the database is not ours: {}", why.sentence().en))?;
    // The first file of a day stays, whatever the database says later.
    write_anew(&service.keys.heads().join(format!("{day}.jws")), &jws, PUBLIC)?;
    Ok(head)
}

fn day_of(row: &sqlx::any::AnyRow) -> Result<Date, Fault> {
    let day: String = row.try_get("day")?;
    day.parse().map_err(|_| format!("`{day}` in the table of daily heads is no day").into())
}

async fn kept(service: &Service, day: Date) -> Result<Option<String>, Fault> {
    let row = sqlx::query("select jws from daily_head where day = $1").bind(day.to_string()).fetch_optional(service.db.pool()).await?;
    Ok(row.map(|row| row.try_get("jws")).transpose()?)
}

/// Makes each day's head soon after midnight, for as long as the portal is open.
pub async fn make_daily(service: Service) {
    let mut made = None;
    while !service.db.pool().is_closed() {
        let today = service.clock.now().date();
        if made != Some(today) {
            match make(&service).await {
                Ok(head) => {
                    tracing::info!(day = %head.day, seq = head.seq, root = head.root, "the head of all chains is signed");
                    made = Some(today);
                }
                Err(error) => tracing::error!(%error, "the head of all chains cannot be signed; trying again in ten minutes"),
            }
        }
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
}

/// The signed files of a folder by their days.
fn files(folder: &Path) -> Result<BTreeMap<Date, PathBuf>, Fault> {
    let mut files = BTreeMap::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        entries => entries.map_err(|e| format!("cannot read {}: {e}", folder.display()))?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "jws")
            && let Some(Ok(day)) = path.file_stem().and_then(|stem| stem.to_str()).map(str::parse::<Date>)
        {
            files.insert(day, path);
        }
    }
    Ok(files)
}

/// What cannot be read as text is no signed file, and will be named as such.
fn text_of(path: &Path) -> Result<String, Fault> {
    let bytes = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The newest signed head, for everybody to keep.
///
/// # Errors
/// `NotFound`: none was made yet.
pub fn latest(keys: &Keys) -> Result<String, Error> {
    let (_, newest) = files(&keys.heads())?.pop_last().ok_or(Public::NotFound)?;
    Ok(text_of(&newest)?)
}

/// Computes every signed head anew from the log; gives how many hold, or all that do not. `elsewhere`: a folder with copies
/// that others kept.
///
/// # Errors
/// The database or a folder cannot be read. A head that does not hold is an answer, not an error.
pub async fn verify(service: &Service, elsewhere: Option<&Path>) -> Result<Result<u64, Vec<Broken>>, Fault> {
    let trusted = service.keys.trusted()?;
    let mut signed: BTreeMap<Date, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    let rows = sqlx::query("select day, jws from daily_head order by day").fetch_all(service.db.pool()).await?;
    let rows = rows.iter().map(|row| Ok((day_of(row)?, row.try_get("jws")?)));
    let rows: BTreeMap<Date, String> = rows.collect::<Result<_, Fault>>()?;
    let folders = [Some(service.keys.heads()), elsewhere.map(Path::to_path_buf)];
    let mut sources = Vec::new();
    for folder in folders.iter().flatten() {
        for (day, path) in files(folder)? {
            sources.push((day, text_of(&path)?));
        }
    }
    for (day, text) in sources.into_iter().chain(rows) {
        match signed.get(&day) {
            // Two that are both signed and say the same of the log may be written differently: only what they say counts.
            Some(other) if *other != text => {
                let (one, two) = (content(other, &trusted), content(&text, &trusted));
                if one.is_err() || one != two {
                    wrong.push(broken(day, 0, text!("同一天有两份不同的签名", "there are two different ones for this day")));
                }
            }
            Some(_) => {}
            None => {
                signed.insert(day, text);
            }
        }
    }
    let mut checked = Vec::new();
    for (day, text) in &signed {
        let head = match content(text, &trusted) {
            Ok(head) if head.day == *day => head,
            Ok(head) => {
                wrong.push(broken(*day, head.seq, text!("其中写的是另一天", "it is of another day")));
                continue;
            }
            Err(why) => {
                wrong.push(broken(*day, 0, why));
                continue;
            }
        };
        if let Some(previous) = &head.previous
            && signed.get(&previous.day).map(|text| Digest::of(text.as_bytes())) != Some(previous.sha256)
        {
            let why = text!("它前面 {} 的签名不见了或被换了", "the one before it, of {}, is gone or another", previous.day);
            wrong.push(broken(*day, head.seq, why));
        }
        checked.push(head);
    }
    let count = checked.len() as u64;
    wrong.extend(against_the_log(service, checked, &trusted).await?);
    Ok(if wrong.is_empty() { Ok(count) } else { Err(wrong) })
}

fn content(text: &str, trusted: &Trusted) -> Result<DailyHead, Text> {
    let (head, key) = jws::read::<DailyHead>(text, KIND, trusted).map_err(|why| why.sentence())?;
    if key.serves_on(head.day) { Ok(head) } else { Err(crate::crypto::Forged::Retired.sentence()) }
}

/// The heads that the log does not give. One pass, without its bodies: `verify` has read those.
async fn against_the_log(service: &Service, mut signed: Vec<DailyHead>, trusted: &Trusted) -> Result<Vec<Broken>, Fault> {
    signed.sort_by_key(|head| (head.seq, head.day));
    let mut waiting = signed.into_iter().peekable();
    let (mut heads, mut last, mut wrong) = (Heads::new(), 0, Vec::new());
    loop {
        while let Some(head) = waiting.next_if(|head| head.seq <= last) {
            let same = root(&heads, &head.digest, trusted.verifier()).as_ref() == Some(&head.root) && head.streams == heads.len() as u64;
            if head.seq != last || !same {
                let why = text!("与当日签名的记录不符：记录被改写过", "the log is not what was signed that day: it was written anew");
                wrong.push(broken(head.day, head.seq, why));
            }
        }
        let Some(next) = waiting.peek() else { return Ok(wrong) };
        let rows = sqlx::query("select seq, stream, version, hash from event where seq > $1 and seq <= $2 order by seq limit $3")
            .bind(i64::try_from(last)?)
            .bind(i64::try_from(next.seq)?)
            .bind(BATCH)
            .fetch_all(service.db.pool())
            .await?;
        if rows.is_empty() {
            let why = text!("记录比当日签名的短：后面的被删去了", "the log is shorter than what was signed that day: its end is gone");
            wrong.extend(waiting.map(|head| broken(head.day, head.seq, why.clone())));
            return Ok(wrong);
        }
        for row in rows {
            last = row.try_get::<i64, _>("seq")?.unsigned_abs();
            heads.insert(row.try_get("stream")?, (row.try_get::<i64, _>("version")?.unsigned_abs(), row.try_get("hash")?));
        }
    }
}

fn broken(day: Date, seq: u64, why: Text) -> Broken {
    Broken { part: Part::Head, seq, stream: format!("heads/{day}.jws"), version: 0, why }
}
