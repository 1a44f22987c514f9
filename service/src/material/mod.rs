//! The documents of a project: files arrive in parts, are looked at, and become documents; each stays as it was.

mod archive;
mod claim;
mod find;
mod finish;
mod upload;

pub use find::{Found, Names, all, contents, find, names, take_out};
pub use upload::{Announced, LARGEST_PART, MOST_PARTS, Taken, Upload, announce, forget_old, give_up, may_announce, take, upload};

use crate::Context;
use crate::error::Fault;
use domain::id::Id;
use domain::project::Project;
use domain::project::library::{Arrived, Document};

/// Remembers the name of a version before there is one, for who asks at once; what is remembered of that version already
/// stays.
pub(crate) async fn expect_name(
    cx: &Context,
    project: &Id<Project>,
    document: &Id<Document>,
    version: usize,
    name: &str,
    file: &Arrived,
) -> Result<(), Fault> {
    write_name(cx, (project, document, version), name, file, "nothing").await
}

/// Remembers the name of a version that is there.
pub(crate) async fn remember_name(
    cx: &Context,
    project: &Id<Project>,
    document: &Id<Document>,
    version: usize,
    name: &str,
    file: &Arrived,
) -> Result<(), Fault> {
    let update = "update set name = excluded.name, digest = excluded.digest, media = excluded.media, size = excluded.size";
    write_name(cx, (project, document, version), name, file, update).await
}

/// Forgets the name of a version that was expected and did not come to be: it would take the project's room for ever.
pub(crate) async fn forget_name(
    cx: &Context,
    project: &Id<Project>,
    document: &Id<Document>,
    version: usize,
    file: &Arrived,
) -> Result<(), Fault> {
    sqlx::query("delete from document_version where project = $1 and document = $2 and version = $3 and digest = $4")
        .bind(project.to_string())
        .bind(document.to_string())
        .bind(i64::try_from(version)?)
        .bind(file.digest.to_string())
        .execute(cx.service.db.pool())
        .await?;
    Ok(())
}

async fn write_name(
    cx: &Context,
    (project, document, version): (&Id<Project>, &Id<Document>, usize),
    name: &str,
    file: &Arrived,
    otherwise: &str,
) -> Result<(), Fault> {
    let sql = format!(
        "insert into document_version (project, document, version, name, digest, media, size) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (project, document, version) do {otherwise}"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
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
