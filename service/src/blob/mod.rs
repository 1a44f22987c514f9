//! Where contents are kept: a folder, or any store that speaks S3. Contents are named by their SHA-256, so the same
//! file is there once. They are checked against that name when they are written and when they are read.

mod checked;
mod incoming;

pub(crate) use incoming::{Incoming, Reader, Whole};

use crate::error::Fault;
use bytes::Bytes;
use checked::{Checked, Seen, verified};
use domain::date::Instant;
use domain::log::Digest;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
pub use object_store::Error as StoreError;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, parse_url_opts};
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use std::path::{Path as Folder, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Contents that are checked as a whole at the same time, each before a range of it is read.
const CHECKS_AT_ONCE: usize = 2;
/// What is being written, and has no name yet.
const INCOMING: &str = "incoming";
/// Parts of files that are arriving.
const UPLOADS: &str = "uploads";

/// Contents as they come.
pub type Contents = BoxStream<'static, Result<Bytes, StoreError>>;

#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    name: String,
    /// The store is this folder.
    folder: Option<PathBuf>,
    checked: Checked,
    checks: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

/// How contents stand against their digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    Holds { size: u64 },
    Missing,
    Changed,
}

impl Blobs {
    /// `s3://bucket/prefix` with the settings of the environment (`AWS_ENDPOINT`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ALLOW_HTTP`), or a folder, made on first use.
    ///
    /// # Errors
    /// A sentence: the place is none, or cannot be reached.
    pub fn open(place: &str) -> Result<Blobs, Fault> {
        Blobs::open_with(place, std::env::vars().filter(|(name, _)| name.starts_with("AWS_")))
    }

    /// The same with the settings given.
    ///
    /// # Errors
    /// As [`Blobs::open`].
    pub fn open_with(place: &str, settings: impl IntoIterator<Item = (String, String)>) -> Result<Blobs, Fault> {
        let mut folder = None;
        let store: Arc<dyn ObjectStore> = if place.contains("://") {
            let url = place.parse().map_err(|e| format!("`{place}` is not an address of a store: {e}"))?;
            let settings = settings.into_iter().map(|(name, value)| (name.to_lowercase(), value));
            let (store, prefix) = parse_url_opts(&url, settings).map_err(|e| format!("the store {place} cannot be used: {e}"))?;
            Arc::new(PrefixStore::new(store, prefix))
        } else {
            std::fs::create_dir_all(Folder::new(place)).map_err(|e| format!("cannot make the folder {place}: {e}"))?;
            folder = Some(PathBuf::from(place));
            // What is acknowledged is on the disk, as the log is.
            Arc::new(LocalFileSystem::new_with_prefix(place)?.with_automatic_cleanup(true).with_fsync(true))
        };
        let room = usize::try_from(domain::limit::Limit::Arriving.bytes())?;
        Ok(Blobs {
            store,
            name: place.to_string(),
            folder,
            checked: Checked::default(),
            checks: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
            room: Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Room in memory for so many more bytes of files that are arriving; `None`: there is none at this moment.
    pub fn room_for(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        self.room.clone().try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }

    /// The contents of a digest, as they come; `range` in bytes, all if none. All of them are checked as they come: the
    /// last piece is given out only when they are what their digest says. A range is given out of what was checked as a whole.
    ///
    /// # Errors
    /// They are not there, are not what their digest says, or the store does not answer.
    pub async fn read(&self, digest: Digest, range: Option<Range<u64>>) -> Result<Contents, Fault> {
        let Some(range) = range else {
            let got = self.store.get(&of(digest)).await?;
            let seen = Seen::of(&got.meta);
            let mut stream = verified(digest, seen, self.checked.clone(), got.into_stream());
            // Small contents that do not hold fail here, before an answer has begun.
            let first = stream.try_next().await?;
            return Ok(futures::stream::iter(first.map(Ok)).chain(stream).boxed());
        };
        // What is replaced while it is checked is checked once more.
        for _ in 0..3 {
            let known = self.checked.get(digest);
            if known.is_some() {
                let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
                let got = self.store.get_opts(&of(digest), options).await?;
                if known == Some(Seen::of(&got.meta)) {
                    return Ok(got.into_stream());
                }
            }
            let _turn = self.checks.acquire().await?;
            // Somebody who waited before may have checked it.
            if self.checked.get(digest) == known {
                match self.check(digest).await? {
                    Condition::Holds { .. } => {}
                    Condition::Missing => return Err(format!("the contents {digest} are missing").into()),
                    Condition::Changed => return Err(changed(digest).into()),
                }
            }
        }
        Err(format!("the contents {digest} change while they are read").into())
    }

    /// Reads contents to their end and compares them with their digest.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn check(&self, digest: Digest) -> Result<Condition, Fault> {
        let got = match self.store.get(&of(digest)).await {
            Err(Error::NotFound { .. }) => return Ok(Condition::Missing),
            got => got?,
        };
        let seen = Seen::of(&got.meta);
        let size = got.meta.size;
        let mut hasher = Sha256::new();
        let mut stream = got.into_stream();
        while let Some(piece) = stream.try_next().await? {
            hasher.update(&piece);
        }
        if Digest(hasher.finalize().into()) == digest {
            self.checked.remember(digest, seen);
            return Ok(Condition::Holds { size });
        }
        self.checked.forget(digest);
        Ok(Condition::Changed)
    }

    /// # Errors
    /// The store does not answer.
    pub async fn has(&self, digest: Digest) -> Result<bool, Fault> {
        Ok(self.meta(digest).await?.is_some())
    }

    async fn meta(&self, digest: Digest) -> Result<Option<ObjectMeta>, Fault> {
        match self.store.head(&of(digest)).await {
            Ok(meta) => Ok(Some(meta)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether contents are there as their digest says. Broken ones may be left of an earlier failure.
    async fn holds(&self, digest: Digest) -> Result<bool, Fault> {
        let Some(meta) = self.meta(digest).await? else { return Ok(false) };
        if self.checked.get(digest) == Some(Seen::of(&meta)) {
            return Ok(true);
        }
        let condition = self.check(digest).await?;
        if condition == Condition::Changed {
            tracing::error!(%digest, "contents are not what their digest says; they are written anew");
        }
        Ok(matches!(condition, Condition::Holds { .. }))
    }

    /// Keeps contents as a whole; small ones, such as a certificate.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn keep(&self, bytes: Vec<u8>) -> Result<Digest, Fault> {
        let digest = Digest::of(&bytes);
        self.keep_as(digest, bytes.into()).await?;
        Ok(digest)
    }

    /// Keeps contents whose digest is known. They have their name only when they are written as a whole.
    async fn keep_as(&self, digest: Digest, bytes: Bytes) -> Result<(), Fault> {
        if !self.holds(digest).await? {
            let place = incoming();
            self.store.put(&place, PutPayload::from(bytes)).await?;
            self.store.rename(&place, &of(digest)).await?;
        }
        Ok(())
    }

    /// Keeps a part of a file that is arriving, under a name of its own.
    pub(crate) async fn put_part(&self, upload: &str, name: &str, bytes: Bytes) -> Result<(), Fault> {
        self.store.put(&part(upload, name), PutPayload::from(bytes)).await?;
        Ok(())
    }

    pub(crate) async fn read_part(&self, upload: &str, name: &str) -> Result<Contents, Fault> {
        Ok(self.store.get(&part(upload, name)).await?.into_stream())
    }

    pub(crate) async fn drop_part(&self, upload: &str, name: &str) -> Result<(), Fault> {
        Ok(self.store.delete(&part(upload, name)).await?)
    }

    /// Whatever there is of an upload goes.
    pub(crate) async fn drop_parts(&self, upload: &str) -> Result<(), Fault> {
        self.drop_older(Path::from(format!("{UPLOADS}/{upload}")), None).await
    }

    async fn drop_older(&self, folder: Path, before: Option<Instant>) -> Result<(), Fault> {
        let mut list = self.store.list(Some(&folder));
        while let Some(meta) = list.try_next().await? {
            if before.is_none_or(|before| meta.last_modified.timestamp_micros() < before.unix_micros()) {
                match self.store.delete(&meta.location).await {
                    Ok(()) | Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Lets go of what was left half-written or unused before a time. Contents under their digest are never touched.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn forget_old(&self, before: Instant) -> Result<(), Fault> {
        for folder in [INCOMING, UPLOADS] {
            self.drop_older(Path::from(folder), Some(before)).await?;
            if let Some(root) = &self.folder {
                let (folder, before) = (root.join(folder), before.unix_micros());
                tokio::task::spawn_blocking(move || sweep(&folder, before)).await??;
            }
        }
        Ok(())
    }
}

/// In a folder the store writes under `name#number` first; what a killed server left so, the store does not list.
fn sweep(folder: &Folder, before: i64) -> std::io::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sweep(&entry.path(), before)?;
        } else if entry.file_name().to_string_lossy().contains('#') {
            let age = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            if i64::try_from(age.as_micros()).is_ok_and(|modified| modified < before) {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

fn changed(digest: Digest) -> String {
    format!("the contents {digest} are not what their digest says")
}

fn of(digest: Digest) -> Path {
    let text = digest.to_string();
    Path::from(format!("{}/{}/{text}", &text[..2], &text[2..4]))
}

fn part(upload: &str, name: &str) -> Path {
    Path::from(format!("{UPLOADS}/{upload}/{name}"))
}

fn incoming() -> Path {
    Path::from(format!("{INCOMING}/{}", crate::random_hex(16)))
}
