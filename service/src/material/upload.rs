//! Files on their way: announced, then sent in parts, each where the last one ended.

use super::claim::{Claim, Interrupted, LEASE, Part};
use super::finish::finish;
use crate::error::{Error, Fault, Public};
use crate::project::current;
use crate::{Context, Service, limit, new_id};
use bytes::Bytes;
use domain::account::Account;
use domain::catalogue::Material;
use domain::date::Instant;
use domain::id::Id;
use domain::limit::Limit;
use domain::log::Digest;
use domain::media::{self, Beginning, Media};
use domain::project::library::{Arrived, Command, Document, LARGEST};
use domain::project::{self, Project};
use domain::{Refusal, text};
use sqlx::{AnyConnection, Row};

/// Longest part of a file that is taken at once, in bytes.
pub const LARGEST_PART: usize = 16 * 1024 * 1024;
/// Parts that a file may come in.
pub const MOST_PARTS: u64 = 4000;
/// How long a file may take to arrive, in seconds.
const PATIENCE: i64 = 24 * 3600;
/// Files one person may have on their way.
const MOST_UPLOADS: u64 = 200;
/// What an officer announces and has not sent takes no more than one of so many parts of a project's room.
const OFFICERS_SHARE: u64 = 4;

/// What somebody announces before a file comes.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// The file's name, as the person chose it.
    pub name: String,
    /// Its size in bytes.
    pub length: u64,
    /// What paper it is; none: it is sorted later.
    pub material: Option<Id<Material>>,
    /// The document that gets a new version; none: it is a new document.
    pub replaces: Option<Id<Document>>,
    /// Why there is a new version; empty for a new document.
    pub why: String,
}

/// A file on its way.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What its address ends in; whoever knows it still has to be who announced it.
    pub id: String,
    /// The project it is for.
    pub project: Id<Project>,
    account: Id<Account>,
    pub(super) announced: Announced,
    /// Bytes that are here.
    pub received: u64,
    /// How many parts those bytes came in.
    pub(super) parts: u64,
    /// It is a document now.
    pub finished: bool,
}

impl Upload {
    /// The file's size in bytes, as it was announced.
    pub fn length(&self) -> u64 {
        self.announced.length
    }
}

pub(super) fn command(announced: &Announced, file: Arrived) -> Command {
    match &announced.replaces {
        Some(_) => Command::Replace { file, why: announced.why.clone() },
        None => Command::Add { material: announced.material.clone(), file },
    }
}

/// The project and the command that the file will come to, for who has the right to it.
async fn for_adding(cx: &Context, project: &Id<Project>, announced: &Announced) -> Result<(Project, project::Command), Error> {
    let actor = cx.actor()?;
    let known = current(cx, project).await?;
    let file = Arrived { digest: Digest::default(), media: Media::Pdf, size: announced.length };
    let id = announced.replaces.clone().unwrap_or_else(new_id);
    let probe = project::Command::Document { id, command: command(announced, file) };
    known.right(actor, &probe.right(&known, &cx.service.catalogue))?;
    Ok((known, probe))
}

/// Whether the person may add such a file, whatever it will be.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project; `Forbidden`.
pub async fn may_announce(cx: &Context, project: &Id<Project>, announced: &Announced) -> Result<(), Error> {
    for_adding(cx, project, announced).await.map(|_| ())
}

/// Announces a file: who may not add it, or what is too large, hears so before a byte is sent.
///
/// # Errors
/// The refusal, with a sentence.
pub async fn announce(cx: &Context, project: &Id<Project>, announced: Announced) -> Result<Upload, Error> {
    let actor = cx.actor()?.clone();
    let now = cx.service.clock.now();
    let (known, probe) = for_adding(cx, project, &announced).await?;
    if announced.length == 0 {
        return Err(Public::invalid("file", media::NotTaken::Empty.sentence()).into());
    }
    if announced.length > LARGEST {
        let mb = announced.length.div_ceil(1024 * 1024);
        return Err(Public::invalid("file", text!("文件有 {mb} MB，最大 200 MB。", "The file has {mb} MB; at most 200 MB.")).into());
    }
    // What the rules will say once the file is here, they say now.
    known.decide(&cx.service.catalogue, probe, domain::account::By { actor: &actor, at: now.max(known.at) })?;
    limit::take(cx, Limit::AnnounceUpload, actor.account.as_str()).await?;
    // Government adds to a project that is not its own: what one officer has on the way leaves room for everybody else.
    let share = actor.role.is_government().then(|| Limit::Storage.bytes() / OFFICERS_SHARE);
    let upload = Upload {
        id: new_id::<Upload>().to_string(),
        project: project.clone(),
        account: actor.account,
        announced,
        received: 0,
        parts: 0,
        finished: false,
    };
    match enter(cx, &upload, share, now).await? {
        Ok(()) => Ok(upload),
        Err((Limit::Storage, after)) => Err(limit::met(cx, Limit::Storage, project.as_str(), after).await),
        Err((limit, after)) => Err(limit::met(cx, limit, upload.account.as_str(), after).await),
    }
}

/// Enters an upload, where its sender may have another one on the way and the project has room for it; else the limit that
/// is met, and when to try again. Whoever announces at the same moment waits for this: the rows of the person and of the
/// project are taken first, on both databases.
async fn enter(cx: &Context, upload: &Upload, share: Option<u64>, now: Instant) -> Result<Result<(), (Limit, i64)>, Error> {
    let mut tx = cx.service.db.begin_write().await?;
    for (sql, id) in [
        ("update account set name = name where id = $1", upload.account.to_string()),
        ("update project_card set name = name where project = $1", upload.project.to_string()),
    ] {
        sqlx::query(sql).bind(id).execute(&mut *tx).await?;
    }
    let waiting = "select count(*) as n from upload where account = $1 and finished_at is null";
    if number(&mut tx, waiting, upload.account.as_str()).await? >= MOST_UPLOADS {
        tx.rollback().await?;
        return Ok(Err((Limit::Uploads, 60)));
    }
    let own = "select cast(coalesce(sum(length), 0) as bigint) as n from upload where account = $1 and finished_at is null";
    if let Some(share) = share
        && number(&mut tx, own, upload.account.as_str()).await?.saturating_add(upload.length()) > share
    {
        tx.rollback().await?;
        return Ok(Err((Limit::Uploads, 60)));
    }
    // What arrives first: a file that becomes a document meanwhile is counted twice rather than never.
    let arriving = "select cast(coalesce(sum(length), 0) as bigint) as n from upload where project = $1 and finished_at is null";
    let arriving = number(&mut tx, arriving, upload.project.as_str()).await?;
    // All versions of the project's documents; the same contents count once.
    let kept = "select cast(coalesce(sum(size), 0) as bigint) as n from \
                (select max(size) as size from document_version where project = $1 group by digest) as one_each";
    let kept = number(&mut tx, kept, upload.project.as_str()).await?;
    if kept.saturating_add(arriving).saturating_add(upload.length()) > Limit::Storage.bytes() {
        tx.rollback().await?;
        return Ok(Err((Limit::Storage, 3600)));
    }
    let a = &upload.announced;
    sqlx::query(
        "insert into upload (id, project, account, name, length, received, material, replaces, why, created_at) \
         values ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)",
    )
    .bind(upload.id.clone())
    .bind(upload.project.to_string())
    .bind(upload.account.to_string())
    .bind(a.name.chars().take(300).collect::<String>())
    .bind(i64::try_from(a.length).map_err(Fault::from)?)
    .bind(a.material.as_ref().map(Id::to_string))
    .bind(a.replaces.as_ref().map(Id::to_string))
    .bind(a.why.clone())
    .bind(now.to_string())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// The number `n` that a query gives for one id.
async fn number(connection: &mut AnyConnection, sql: &'static str, id: &str) -> Result<u64, Fault> {
    let row = sqlx::query(sql).bind(id.to_string()).fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>("n")?.unsigned_abs())
}

/// A file on its way, to its sender alone.
///
/// # Errors
/// `NotFound`, also for everybody else.
pub async fn upload(cx: &Context, id: &str) -> Result<Upload, Error> {
    let actor = cx.actor()?;
    let row = sqlx::query(
        "select project, name, length, material, replaces, why, received, finished_at, \
         (select count(*) from upload_part where upload_part.upload = upload.id) as parts \
         from upload where id = $1 and account = $2",
    )
    .bind(id.to_string())
    .bind(actor.account.to_string())
    .fetch_optional(cx.service.db.pool())
    .await?;
    let row = row.ok_or(Public::NotFound)?;
    let optional = |name: &str| row.try_get::<Option<String>, _>(name);
    Ok(Upload {
        id: id.to_string(),
        project: row.try_get::<String, _>("project")?.into(),
        account: actor.account.clone(),
        announced: Announced {
            name: row.try_get("name")?,
            length: row.try_get::<i64, _>("length")?.unsigned_abs(),
            material: optional("material")?.map(Id::from),
            replaces: optional("replaces")?.map(Id::from),
            why: row.try_get("why")?,
        },
        received: row.try_get::<i64, _>("received")?.unsigned_abs(),
        parts: row.try_get::<i64, _>("parts")?.unsigned_abs(),
        finished: optional("finished_at")?.is_some(),
    })
}

/// What came of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// So many bytes are here; more are to come.
    Part {
        /// Bytes that are here.
        received: u64,
    },
    /// All is here, and it is this document now.
    Whole {
        /// The document it became.
        document: Id<Document>,
    },
    /// Nothing was taken: the part does not begin where the last one ended. So many bytes are here.
    WrongOffset {
        /// Bytes that are here.
        received: u64,
    },
    /// Another part of this file is being taken at this moment.
    Busy,
}

/// Takes a part that begins where the last one ended. The last part makes the file a document. Of parts that come at the
/// same moment one is taken: it claims the upload first, its bytes have a name of their own, and only then does the
/// upload move on.
///
/// # Errors
/// A sentence when the file is not taken, and then nothing of it stays.
pub async fn take(cx: &Context, id: &str, offset: u64, bytes: Bytes) -> Result<Taken, Error> {
    let upload = upload(cx, id).await?;
    let document = upload.announced.replaces.clone().unwrap_or_else(|| Id::from(upload.id.as_str()));
    if upload.finished {
        return Ok(Taken::Whole { document });
    }
    let end = offset.saturating_add(bytes.len() as u64);
    if offset != upload.received || end > upload.length() {
        return Ok(Taken::WrongOffset { received: upload.received });
    }
    let last = end == upload.length();
    if bytes.is_empty() && !last {
        return Ok(Taken::Part { received: offset });
    }
    if upload.parts >= MOST_PARTS && !bytes.is_empty() {
        let sentence = text!(
            "文件分得太碎（最多 {MOST_PARTS} 段），请用更大的分段重新上传。",
            "The file comes in too many parts (at most {MOST_PARTS}); please send it in larger ones."
        );
        return Err(Refusal::NotNow(sentence).into());
    }
    let Some(claim) = Claim::take(cx, &upload).await? else { return Ok(Taken::Busy) };
    let error = match take_claimed(cx, &upload, &claim, bytes, last, &document).await {
        Ok(()) if last => return Ok(Taken::Whole { document }),
        Ok(()) => return Ok(Taken::Part { received: end }),
        Err(Interrupted::ClaimLost) => return Ok(Taken::WrongOffset { received: self::upload(cx, id).await?.received }),
        Err(Interrupted::Failed(error)) => error,
    };
    match error {
        // Whoever comes at a bad moment has said nothing against the file.
        Error::Public(public @ (Public::Stale { .. } | Public::TooMany { .. } | Public::Busy { .. } | Public::Internal { .. })) => {
            claim.release().await?;
            Err(public.into())
        }
        Error::Public(public) => {
            drop_upload(&cx.service, id).await?;
            Err(public.into())
        }
        // Ours to mend: the parts stay, and an empty part at the end tries again.
        fault @ Error::Fault(_) => {
            claim.release().await?;
            Err(fault)
        }
    }
}

async fn take_claimed(
    cx: &Context,
    upload: &Upload,
    claim: &Claim<'_>,
    bytes: Bytes,
    last: bool,
    document: &Id<Document>,
) -> Result<(), Interrupted> {
    // What is no paper says so in its first bytes; nobody has to send the rest.
    if upload.received == 0
        && (bytes.len() >= 512 || last)
        && let Beginning::No(why) = media::beginning(&bytes)
    {
        return Err(Public::invalid("file", why.sentence()).into());
    }
    if !bytes.is_empty() {
        let part =
            Part { begins: upload.received, length: bytes.len() as u64, name: claim.name(upload.received), digest: Digest::of(&bytes) };
        cx.service.blobs.put_part(&upload.id, &part.name, bytes).await?;
        if let Err(error) = claim.enter(&part, last).await {
            // After a fault nobody knows whether it was entered; it is let go with the upload then.
            if !matches!(error, Interrupted::Failed(Error::Fault(_))) {
                cx.service.blobs.drop_part(&upload.id, &part.name).await?;
            }
            return Err(error);
        }
    }
    if last { finish(cx, upload, claim, document).await } else { Ok(()) }
}

/// Gives up a file on its way; nothing of it stays.
///
/// # Errors
/// `NotFound`, also for everybody but its sender; a part of it is being taken at this moment.
pub async fn give_up(cx: &Context, id: &str) -> Result<(), Error> {
    let upload = upload(cx, id).await?;
    if !upload.finished && Claim::take(cx, &upload).await?.is_none() {
        return Err(Limit::Uploads.met(1).into());
    }
    Ok(drop_upload(&cx.service, id).await?)
}

/// The upload is gone first: nobody makes a document of parts that are being let go.
async fn drop_upload(service: &Service, id: &str) -> Result<(), Fault> {
    sqlx::query("delete from upload where id = $1").bind(id.to_string()).execute(service.db.pool()).await?;
    forget_parts(service, id).await
}

/// Lets go of the parts of a file that is a document now.
pub(super) async fn drop_parts(cx: &Context, id: &str) -> Result<(), Fault> {
    forget_parts(&cx.service, id).await
}

async fn forget_parts(service: &Service, id: &str) -> Result<(), Fault> {
    sqlx::query("delete from upload_part where upload = $1").bind(id.to_string()).execute(service.db.pool()).await?;
    service.blobs.drop_parts(id).await
}

/// Lets go of files that did not arrive within a day, and of whatever else was left half-written before that.
///
/// # Errors
/// The database or the store does not answer; the next time goes on.
pub async fn forget_old(service: &Service) -> Result<(), Fault> {
    const AT_ONCE: usize = 100;
    let now = service.clock.now();
    let before = now.plus_seconds(-PATIENCE);
    loop {
        let rows = sqlx::query("select id from upload where created_at < $1 and (claim is null or claimed_at < $2) order by id limit $3")
            .bind(before.to_string())
            .bind(now.plus_seconds(-LEASE).to_string())
            .bind(i64::try_from(AT_ONCE)?)
            .fetch_all(service.db.pool())
            .await?;
        for row in &rows {
            drop_upload(service, &row.try_get::<String, _>("id")?).await?;
        }
        if rows.len() < AT_ONCE {
            break;
        }
    }
    service.blobs.forget_old(before).await
}
