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
use domain::material::{Arrived, Document};
use domain::project::Project;

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
