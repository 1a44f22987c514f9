//! The documents of a project: files arrive in parts, are looked at, and become documents; each stays as it was.

use crate::blob::Parts;
use crate::error::{Error, Fault, Public};
use crate::project::{Sent, current, execute};
use crate::{Context, new_id};
use bytes::Bytes;
use domain::account::Account;
use domain::catalogue::Material;
use domain::date::Instant;
use domain::id::Id;
use domain::log::Digest;
use domain::material::{self, Arrived, Beginning, Command, Document, LARGEST, Media, NotTaken};
use domain::policy::{Action, may};
use domain::project::{self, Project};
use domain::{Text, text};
use sha2::{Digest as _, Sha256};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Longest part of a file that is taken at once, in bytes.
pub const LARGEST_PART: usize = 16 * 1024 * 1024;
/// How long a file may take to arrive, in seconds.
const PATIENCE: i64 = 24 * 3600;
/// Files one person may have on their way.
const MOST_UPLOADS: i64 = 200;

/// What somebody announces before a file comes.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    pub name: String,
    pub length: u64,
    pub material: Option<Id<Material>>,
    /// The document that gets a new version, and why.
    pub replaces: Option<Id<Document>>,
    pub why: String,
}

/// A file on its way.
#[derive(Clone, Debug)]
pub struct Upload {
    pub id: String,
    pub project: Id<Project>,
    account: Id<Account>,
    announced: Announced,
    pub received: u64,
    pub finished: bool,
}

impl Upload {
    pub fn length(&self) -> u64 {
        self.announced.length
    }
}

fn command(announced: &Announced, file: Arrived) -> Command {
    match &announced.replaces {
        Some(_) => Command::Replace { file, why: announced.why.clone() },
        None => Command::Add { material: announced.material.clone(), file },
    }
}

/// Announces a file: who may not add it, or what is too large, hears so before a byte is sent.
///
/// # Errors
/// The refusal, with a sentence.
pub async fn announce(cx: &Context, project: &Id<Project>, announced: Announced) -> Result<Upload, Error> {
    let actor = cx.actor()?.clone();
    let now = cx.service.clock.now();
    let known = current(cx, project).await?;
    if !may(&actor, &Action::View, Some(&known)) {
        return Err(Public::NotFound.into());
    }
    if announced.length == 0 {
        return Err(Public::invalid("file", NotTaken::Empty.sentence()).into());
    }
    if announced.length > LARGEST {
        let mb = announced.length.div_ceil(1024 * 1024);
        return Err(Public::invalid("file", text!("文件有 {mb} MB，最大 200 MB。", "The file has {mb} MB; at most 200 MB.")).into());
    }
    // What the rules will say once the file is here, they say now.
    let probe = Arrived { digest: Digest::default(), media: Media::Pdf, size: announced.length };
    let id = announced.replaces.clone().unwrap_or_else(new_id);
    let probe = project::Command::Document { id, command: command(&announced, probe) };
    known.decide(&cx.service.catalogue, probe, domain::log::By { actor: &actor, at: now.max(known.at) })?;
    forget_old(cx, now).await?;
    let row = sqlx::query("select count(*) as n from upload where account = $1 and finished_at is null")
        .bind(actor.account.to_string())
        .fetch_one(cx.service.db.pool())
        .await?;
    if row.try_get::<i64, _>("n")? >= MOST_UPLOADS {
        let sentence = text!("同时上传的文件太多，请等一部分传完。", "Too many files are on their way; please wait for some.");
        return Err(Public::TooMany { sentence, after: 60 }.into());
    }
    let upload = Upload {
        id: new_id::<Upload>().to_string(),
        project: project.clone(),
        account: actor.account,
        announced,
        received: 0,
        finished: false,
    };
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
    .execute(cx.service.db.pool())
    .await?;
    Ok(upload)
}

/// A file on its way, to its sender alone.
///
/// # Errors
/// `NotFound`, also for everybody else.
pub async fn upload(cx: &Context, id: &str) -> Result<Upload, Error> {
    let actor = cx.actor()?;
    let row = sqlx::query("select * from upload where id = $1 and account = $2")
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
        finished: optional("finished_at")?.is_some(),
    })
}

/// What came of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// So many bytes are here; more are to come.
    Part { received: u64 },
    /// All is here, and it is this document now.
    Whole { document: Id<Document> },
}

/// Takes a part that begins where the last one ended. The last part makes the file a document.
///
/// # Errors
/// `Stale` when it begins elsewhere; a sentence when the file is not taken, and then nothing of it stays.
pub async fn take(cx: &Context, id: &str, offset: u64, bytes: Bytes) -> Result<Taken, Error> {
    let upload = upload(cx, id).await?;
    let document = || upload.announced.replaces.clone().unwrap_or_else(|| Id::from(upload.id.as_str()));
    if upload.finished {
        return Ok(Taken::Whole { document: document() });
    }
    let length = bytes.len() as u64;
    if offset != upload.received || offset + length > upload.length() {
        return Err(Public::Stale { version: upload.received, changes: Vec::new() }.into());
    }
    // What is no paper says so in its first bytes; nobody has to send the rest.
    if offset == 0
        && (bytes.len() >= 512 || length == upload.length())
        && let Beginning::No(why) = material::beginning(&bytes)
    {
        drop_upload(cx, id).await?;
        return Err(Public::invalid("file", why.sentence()).into());
    }
    if length > 0 {
        cx.service.blobs.put_part(id, offset, bytes).await?;
        // Two that send the same part at once: one of them counts.
        sqlx::query("update upload set received = $1 where id = $2 and received = $3")
            .bind(i64::try_from(offset + length).map_err(Fault::from)?)
            .bind(id.to_string())
            .bind(i64::try_from(offset).map_err(Fault::from)?)
            .execute(cx.service.db.pool())
            .await?;
    }
    if offset + length < upload.length() {
        return Ok(Taken::Part { received: offset + length });
    }
    match finish(cx, &upload, &document()).await {
        Ok(()) => Ok(Taken::Whole { document: document() }),
        Err(Error::Public(public)) => {
            drop_upload(cx, id).await?;
            Err(public.into())
        }
        // Ours to mend: the parts stay, and an empty part at the end tries again.
        Err(fault) => Err(fault),
    }
}

async fn finish(cx: &Context, upload: &Upload, document: &Id<Document>) -> Result<(), Error> {
    let blobs = &cx.service.blobs;
    let parts: Vec<(u64, u64)> = whole(&blobs.parts(&upload.id).await?, upload.length())?;
    let mut hasher = Sha256::new();
    let mut first = Vec::new();
    for (offset, _) in &parts {
        let bytes = blobs.read_part(&upload.id, *offset).await?;
        hasher.update(&bytes);
        if first.len() < 4096 {
            first.extend_from_slice(&bytes[..bytes.len().min(4096)]);
        }
    }
    let digest = Digest(hasher.finalize().into());
    let media = match material::beginning(&first) {
        Beginning::Is(media) => Ok(media),
        Beginning::No(why) => Err(why),
        Beginning::Zip => look_into(blobs.reader(&upload.id, &parts), upload.length()).await?,
    };
    let media = media.map_err(|why| Public::invalid("file", why.sentence()))?;
    blobs.join(&upload.id, &parts, digest).await?;
    let file = Arrived { digest, media, size: upload.length() };
    let name = material::name(&upload.announced.name, media);
    let command = project::Command::Document { id: document.clone(), command: command(&upload.announced, file.clone()) };
    // The upload is the form's key: the last part sent twice makes one document.
    let sent = Sent { key: Some(format!("upload/{}", upload.id)), ..Sent::default() };
    // Its name first: whoever hears of the document asks for its name at once.
    let next = current(cx, &upload.project).await?.library.get(document).map_or(1, |kept| kept.versions.len() + 1);
    remember_name(cx, &upload.project, document, next, &name, &file).await?;
    execute(cx, &upload.project, command, sent).await?;
    // Its own version, should another one have come in between.
    let project = current(cx, &upload.project).await?;
    let own = project.library.get(document).and_then(|kept| kept.versions.iter().rposition(|v| v.digest == file.digest));
    if let Some(own) = own {
        remember_name(cx, &upload.project, document, own + 1, &name, &file).await?;
    }
    sqlx::query("update upload set finished_at = $1 where id = $2")
        .bind(cx.service.clock.now().to_string())
        .bind(upload.id.clone())
        .execute(cx.service.db.pool())
        .await?;
    blobs.drop_parts(&upload.id).await?;
    Ok(())
}

/// Parts that follow each other from the beginning to the end; a part that was sent twice in other sizes is passed over.
fn whole(parts: &[(u64, u64)], length: u64) -> Result<Vec<(u64, u64)>, Fault> {
    let mut at = 0;
    let mut chain = Vec::new();
    for (offset, size) in parts {
        if *offset == at {
            chain.push((*offset, *size));
            at += size;
        }
    }
    if at == length { Ok(chain) } else { Err(format!("parts of an upload are missing: {at} of {length} bytes").into()) }
}

async fn look_into(zip: Parts, size: u64) -> Result<Result<Media, NotTaken>, Fault> {
    let look = move || {
        let Ok(mut archive) = zip::ZipArchive::new(zip) else { return Err(NotTaken::Archive) };
        let mut entries = Vec::new();
        for i in 0..archive.len() {
            let Ok(entry) = archive.by_index_raw(i) else { return Err(NotTaken::Archive) };
            let Ok(name) = entry.name() else { return Err(NotTaken::Archive) };
            entries.push((name.to_string(), entry.size()));
        }
        material::office(entries.iter().map(|(name, size)| (name.as_str(), *size)), size)
    };
    Ok(tokio::task::spawn_blocking(look).await?)
}

pub(crate) async fn remember_name(
    cx: &Context,
    project: &Id<Project>,
    document: &Id<Document>,
    version: usize,
    name: &str,
    file: &Arrived,
) -> Result<(), Fault> {
    sqlx::query(
        "insert into document_version (project, document, version, name, digest, media, size) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (project, document, version) do update set name = excluded.name, digest = excluded.digest, \
         media = excluded.media, size = excluded.size",
    )
    .bind(project.to_string())
    .bind(document.to_string())
    .bind(i64::try_from(version)?)
    .bind(name.to_string())
    .bind(file.digest.to_string())
    .bind(file.media.ending().to_string())
    .bind(i64::try_from(file.size)?)
    .execute(cx.service.db.pool())
    .await?;
    Ok(())
}

/// Gives up a file on its way; nothing of it stays.
///
/// # Errors
/// `NotFound`, also for everybody but its sender.
pub async fn give_up(cx: &Context, id: &str) -> Result<(), Error> {
    upload(cx, id).await?;
    Ok(drop_upload(cx, id).await?)
}

async fn drop_upload(cx: &Context, id: &str) -> Result<(), Fault> {
    cx.service.blobs.drop_parts(id).await?;
    sqlx::query("delete from upload where id = $1").bind(id.to_string()).execute(cx.service.db.pool()).await?;
    Ok(())
}

/// Files that never finished go after a day.
async fn forget_old(cx: &Context, now: Instant) -> Result<(), Fault> {
    let rows = sqlx::query("select id from upload where created_at < $1 limit 20")
        .bind(now.plus_seconds(-PATIENCE).to_string())
        .fetch_all(cx.service.db.pool())
        .await?;
    for row in rows {
        drop_upload(cx, &row.try_get::<String, _>("id")?).await?;
    }
    Ok(())
}

/// The names of a project's documents, by document and version (from 1).
pub type Names = BTreeMap<Id<Document>, Vec<String>>;

/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn names(cx: &Context, id: &Id<Project>) -> Result<Names, Error> {
    let actor = cx.actor()?;
    let project = current(cx, id).await?;
    if !may(actor, &Action::View, Some(&project)) {
        return Err(Public::NotFound.into());
    }
    let rows = sqlx::query("select document, name from document_version where project = $1 order by document, version")
        .bind(id.to_string())
        .fetch_all(cx.service.db.pool())
        .await?;
    let mut names = Names::new();
    for row in rows {
        names.entry(row.try_get::<String, _>("document")?.into()).or_default().push(row.try_get("name")?);
    }
    Ok(names)
}

/// A version of a document with the name it had.
#[derive(Clone, Debug)]
pub struct Found {
    pub name: String,
    pub digest: Digest,
    pub media: Media,
    pub size: u64,
}

/// The version of a document, the latest if none is named.
///
/// # Errors
/// `NotFound`, also where the person may not see the project.
pub async fn find(cx: &Context, id: &Id<Project>, document: &Id<Document>, version: Option<usize>) -> Result<Found, Error> {
    let names = names(cx, id).await?;
    let project = current(cx, id).await?;
    let kept = project.library.get(document).ok_or(Public::NotFound)?;
    let version = version.unwrap_or(kept.versions.len());
    found(document, kept, version, &names).ok_or_else(|| Public::NotFound.into())
}

fn found(document: &Id<Document>, kept: &material::Kept, version: usize, names: &Names) -> Option<Found> {
    let of = kept.versions.get(version.checked_sub(1)?)?;
    let name = names.get(document).and_then(|n| n.get(version - 1)).cloned();
    let name = name.unwrap_or_else(|| format!("{document}.{}", of.media.ending()));
    Some(Found { name, digest: of.digest, media: of.media, size: of.size })
}

/// The latest version of every document that is in use, with names that differ from each other.
///
/// # Errors
/// `NotFound`, also where the person may not see the project.
pub async fn all(cx: &Context, id: &Id<Project>) -> Result<(Text, Vec<Found>), Error> {
    let names = names(cx, id).await?;
    let project = current(cx, id).await?;
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut list = Vec::new();
    for (document, kept) in project.library.iter().filter(|(_, kept)| kept.removed.is_none()) {
        let Some(mut one) = found(document, kept, kept.versions.len(), &names) else { continue };
        let folder = kept.material.as_ref().and_then(|m| cx.service.catalogue.material(m.as_str())).map(|m| m.name.zh.clone());
        one.name = format!("{}/{}", folder.unwrap_or_else(|| "未归类".into()).replace('/', "、"), one.name);
        let (stem, ending) =
            one.name.rsplit_once('.').map(|(s, e)| (s.to_string(), e.to_string())).unwrap_or((one.name.clone(), String::new()));
        let mut n = 1;
        while !taken.insert(one.name.clone()) {
            n += 1;
            one.name = format!("{stem} ({n}).{ending}");
        }
        list.push(one);
    }
    Ok((Text::same(project.name.clone()), list))
}
