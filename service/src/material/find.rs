//! The documents of a project, by name; and what is asked before one leaves the portal.

use crate::Context;
use crate::audit::{self, Entry};
use crate::blob::Contents;
use crate::error::{Error, Fault, Public};
use crate::limit::{self, Going};
use crate::project::current;
use domain::Text;
use domain::audit::Kind;
use domain::id::Id;
use domain::limit::Limit;
use domain::log::Digest;
use domain::media::Media;
use domain::project::Project;
use domain::project::library::{self, Document};
use domain::project::policy::{Right, may};
use futures::StreamExt;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The names of a project's documents, by document and version (from 1).
pub type Names = BTreeMap<Id<Document>, Vec<String>>;

/// The project, for who may see it.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
async fn seen(cx: &Context, id: &Id<Project>) -> Result<Project, Error> {
    let actor = cx.actor()?;
    let project = current(cx, id).await?;
    if !may(actor, &Right::View, Some(&project)) {
        return Err(Public::NotFound.into());
    }
    Ok(project)
}

/// A name that was written down for a version of a document.
struct FileName {
    version: usize,
    name: String,
    digest: String,
}

impl FileName {
    fn from_row(row: &AnyRow) -> Result<FileName, Fault> {
        Ok(FileName {
            version: usize::try_from(row.try_get::<i64, _>("version")?)?,
            name: row.try_get("name")?,
            digest: row.try_get("digest")?,
        })
    }
}

/// The name that a version came with. A row tells by its digest which version it is of: one that was written for a file
/// which then became another version, or none, is passed over.
fn name_of(written: &[FileName], document: &Id<Document>, at: usize, version: &library::Version) -> String {
    let digest = version.digest.to_string();
    let of = |exactly: bool| written.iter().find(|row| row.digest == digest && (!exactly || row.version == at));
    let found = of(true).or_else(|| of(false)).map(|row| row.name.clone());
    found.unwrap_or_else(|| format!("{document}.{}", version.media.ending()))
}

/// The names that all versions came with.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn names(cx: &Context, id: &Id<Project>) -> Result<Names, Error> {
    names_in(cx, id, &seen(cx, id).await?).await
}

async fn names_in(cx: &Context, id: &Id<Project>, project: &Project) -> Result<Names, Error> {
    let rows = sqlx::query("select document, version, name, digest from document_version where project = $1 order by document, version")
        .bind(id.to_string())
        .fetch_all(cx.service.db.pool())
        .await?;
    let mut known: BTreeMap<String, Vec<FileName>> = BTreeMap::new();
    for row in &rows {
        known.entry(row.try_get("document")?).or_default().push(FileName::from_row(row)?);
    }
    let of = |document: &Id<Document>, kept: &library::LibraryDocument| {
        let written = known.get(document.as_str()).map(Vec::as_slice).unwrap_or_default();
        kept.versions.iter().zip(1..).map(|(version, at)| name_of(written, document, at, version)).collect()
    };
    Ok(project.library.iter().map(|(id, kept)| (id.clone(), of(id, kept))).collect())
}

/// A version of a document with the name it had.
#[derive(Clone, Debug)]
pub struct Found {
    /// The document.
    pub document: Id<Document>,
    /// It is a person's identity document.
    pub personal: bool,
    /// Which version it is, from 1.
    pub version: usize,
    /// The name it came with, in this version.
    pub name: String,
    /// The digest of its contents, by which they are found.
    pub digest: Digest,
    /// What kind of file it is.
    pub media: Media,
    /// Its length in bytes.
    pub size: u64,
}

/// The version of a document, the latest if none is named.
///
/// # Errors
/// `NotFound`, also where the person may not see the project; `Forbidden` where it is an identity document that is not for them.
pub async fn find(cx: &Context, id: &Id<Project>, document: &Id<Document>, version: Option<usize>) -> Result<Found, Error> {
    let project = seen(cx, id).await?;
    let kept = project.library.get(document).ok_or(Public::NotFound)?;
    library::may_read(kept, &cx.service.catalogue, cx.actor()?, &project)?;
    let at = version.unwrap_or(kept.versions.len());
    let version = at.checked_sub(1).and_then(|index| kept.versions.get(index)).ok_or(Public::NotFound)?;
    // Of this document alone: each range of a download asks.
    let rows = sqlx::query("select version, name, digest from document_version where project = $1 and document = $2 order by version")
        .bind(id.to_string())
        .bind(document.to_string())
        .fetch_all(cx.service.db.pool())
        .await?;
    let written = rows.iter().map(FileName::from_row).collect::<Result<Vec<_>, Fault>>()?;
    Ok(found(cx, document, kept, (at, version), name_of(&written, document, at, version)))
}

fn found(
    cx: &Context,
    document: &Id<Document>,
    kept: &library::LibraryDocument,
    (at, of): (usize, &library::Version),
    name: String,
) -> Found {
    let personal = library::is_personal(kept, &cx.service.catalogue);
    Found { document: document.clone(), personal, version: at, name, digest: of.digest, media: of.media, size: of.size }
}

/// The latest version of every document that is in use and that the person may read, with names that differ from each other.
///
/// # Errors
/// `NotFound`, also where the person may not see the project.
pub async fn all(cx: &Context, id: &Id<Project>) -> Result<(Text, Vec<Found>), Error> {
    let project = seen(cx, id).await?;
    let names = names_in(cx, id, &project).await?;
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut list = Vec::new();
    let (actor, catalogue) = (cx.actor()?, &cx.service.catalogue);
    let given = |kept: &library::LibraryDocument| kept.removed.is_none() && library::may_read(kept, catalogue, actor, &project).is_ok();
    for (document, kept) in project.library.iter().filter(|(_, kept)| given(kept)) {
        let (Some(latest), Some(name)) = (kept.versions.last(), names.get(document).and_then(|names| names.last())) else { continue };
        let mut one = found(cx, document, kept, (kept.versions.len(), latest), name.clone());
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

/// Seconds within which a later range of a document belongs to a reading that is on record.
const READING: i64 = 3600;

/// The contents of a version, or a range of them; on record before a byte goes out.
///
/// # Errors
/// Too many go out to this person already; the contents are missing or are not what they should be.
pub async fn contents(cx: &Context, id: &Id<Project>, found: &Found, range: Option<Range<u64>>) -> Result<Contents, Error> {
    let going = begin(cx).await?;
    let subject = format!("{}/{}", found.document, found.version);
    let continues = range.as_ref().is_some_and(|range| range.start > 0);
    let stream = cx.service.blobs.read(found.digest, range).await?;
    if !(continues && on_record(cx, &subject).await?) {
        audit::record(cx, Kind::DocumentRead, Entry { project: Some(id.clone()), ..Entry::of(subject) }).await?;
    }
    Ok(stream
        .map(move |piece| {
            let _until_it_is_read = &going;
            piece
        })
        .boxed())
}

/// What is counted while these documents of a project go out together; on record before a byte does, each identity document
/// by itself too.
///
/// # Errors
/// Too many go out to this person already.
pub async fn take_out(cx: &Context, id: &Id<Project>, list: &[Found]) -> Result<Going, Error> {
    let going = begin(cx).await?;
    let personal = list.iter().filter(|found| found.personal).map(|found| format!("{}/{} (documents.zip)", found.document, found.version));
    for subject in std::iter::once("documents.zip".to_string()).chain(personal) {
        audit::record(cx, Kind::DocumentRead, Entry { project: Some(id.clone()), ..Entry::of(subject) }).await?;
    }
    Ok(going)
}

async fn begin(cx: &Context) -> Result<Going, Error> {
    limit::begin(cx, Limit::Downloads, cx.actor()?.account.as_str(), 5).await
}

async fn on_record(cx: &Context, subject: &str) -> Result<bool, Error> {
    let row = sqlx::query("select 1 as one from audit where account = $1 and at > $2 and kind = $3 and subject = $4 limit 1")
        .bind(cx.actor()?.account.to_string())
        .bind(cx.service.clock.now().plus_seconds(-READING).to_string())
        .bind(Kind::DocumentRead.code().to_string())
        .bind(subject.to_string())
        .fetch_optional(cx.service.db.pool())
        .await?;
    Ok(row.is_some())
}
