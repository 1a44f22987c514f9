//! Where contents are kept: a folder, or any store that speaks S3. Contents are named by their SHA-256, so the same
//! file is there once. They are sealed when they are written, and checked against their name then and when they are read.

mod checked;
mod incoming;
mod parts;
mod seal_plain;
mod sealed;

pub(crate) use incoming::{Incoming, Reader, Whole};
pub(crate) use parts::SEALED_PART;
pub(crate) use seal_plain::Plain;

use crate::certificate::Keys;
use crate::crypto::{Sealer, Unopened};
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
use object_store::{Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, parse_url_opts};
use sealed::{Layout, broken, opened, unopened};
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
/// Contents that are sealed, by their digest. Those beside the folder are from before contents were sealed.
const SEALED: &str = "sealed";

/// Contents as they come.
pub type Contents = BoxStream<'static, Result<Bytes, StoreError>>;

/// The store of contents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    name: String,
    /// The store is this folder.
    folder: Option<PathBuf>,
    /// With which contents are sealed; none before the portal is open.
    keys: Option<Keys>,
    checked: Checked,
    checks: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

/// How contents stand against their digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// They are what their digest says.
    Holds {
        /// Their length in bytes.
        size: u64,
    },
    /// There are none.
    Missing,
    /// They are not what their digest says.
    Changed,
    /// They cannot be opened: the key that they were sealed with is not here.
    Shut,
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
            keys: None,
            checked: Checked::default(),
            checks: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
            room: Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))),
        })
    }

    /// Where they are kept, for the operator: the folder, or the address of the store.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Room in memory for so many more bytes of files that are arriving; `None`: there is none at this moment.
    pub fn room_for(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        self.room.clone().try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }

    /// The same store, sealing with these keys. [`crate::Service::open`] gives it the portal's.
    #[must_use]
    pub fn sealed_with(self, keys: &Keys) -> Blobs {
        Blobs { keys: Some(keys.clone()), ..self }
    }

    fn sealer(&self) -> Result<Arc<dyn Sealer>, Fault> {
        self.keys.as_ref().ok_or("the store of contents has no keys")?.sealer()
    }

    /// The contents of a digest, as they come; `range` in bytes, all if none. All of them are checked as they come: the
    /// last piece is given out only when they are what their digest says. A range is given out of what was checked as a
    /// whole, and of that only the chunks it touches are opened.
    ///
    /// # Errors
    /// They are not there, are not what their digest says, cannot be opened, or the store does not answer.
    pub async fn read(&self, digest: Digest, range: Option<Range<u64>>) -> Result<Contents, Fault> {
        let missing = || Fault::from(format!("the contents {digest} are missing"));
        let Some(range) = range else {
            let (seen, stream) = self.whole(digest).await?.ok_or_else(missing)?;
            let mut stream = verified(digest, seen, self.checked.clone(), stream);
            // Small contents that do not hold fail here, before an answer has begun.
            let first = stream.try_next().await?;
            return Ok(futures::stream::iter(first.map(Ok)).chain(stream).boxed());
        };
        // What is replaced while it is checked is checked once more.
        for _ in 0..3 {
            let known = self.checked.get(digest);
            if let Some(seen) = &known
                && let Some(contents) = self.range(digest, seen, range.clone()).await?
            {
                return Ok(contents);
            }
            let _turn = self.checks.acquire().await?;
            // Somebody who waited before may have checked it.
            if self.checked.get(digest) == known {
                match self.check(digest).await? {
                    Condition::Holds { .. } => {}
                    Condition::Missing => return Err(missing()),
                    Condition::Changed => return Err(changed(digest).into()),
                    Condition::Shut => return Err(format!("the contents {digest}: {}", Unopened::NoKey).into()),
                }
            }
        }
        Err(format!("the contents {digest} change while they are read").into())
    }

    /// All of the contents, not compared with their digest yet.
    async fn whole(&self, digest: Digest) -> Result<Option<(Seen, Contents)>, Fault> {
        // What is sealed at this moment leaves its old place only when it has the new one.
        const LAST_ATTEMPT: usize = 2;
        let places = [(sealed_at(digest), true), (of(digest), false), (sealed_at(digest), true)];
        for (attempt, (place, is_sealed)) in places.into_iter().enumerate() {
            let got = match self.store.get(&place).await {
                Err(Error::NotFound { .. }) => continue,
                got => got?,
            };
            let meta = got.meta.clone();
            let mut stream = got.into_stream();
            if !is_sealed {
                return Ok(Some((Seen::of(&meta, None), stream)));
            }
            let head = sealed::head(&mut stream).await?;
            let Some((head, layout, got)) = head.and_then(|(head, got)| Some((head, Layout::of(head, meta.size)?, got))) else {
                let not_sealed = futures::stream::iter([Err(broken(Unopened::NotSealed.into()))]).boxed();
                return Ok(Some((Seen::of(&meta, None), not_sealed)));
            };
            // Before anything goes out: whether it is the file of these contents, and not another's under their name.
            if let Err(fault) = self.ends_as(&place, &layout, digest).await {
                if attempt < LAST_ATTEMPT {
                    // It may have been written anew since.
                    continue;
                }
                return Ok(Some((Seen::of(&meta, None), futures::stream::iter([Err(broken(fault))]).boxed())));
            }
            let stream = opened(layout, self.sealer()?, blob(digest), 0..layout.size, got, stream);
            return Ok(Some((Seen::of(&meta, Some(head)), stream)));
        }
        Ok(None)
    }

    /// That the last chunk of a sealed file is that of these contents.
    async fn ends_as(&self, place: &Path, layout: &Layout, digest: Digest) -> Result<(), Fault> {
        let options = GetOptions { range: Some(GetRange::Bounded(layout.stored_of(&layout.last()))), ..GetOptions::default() };
        let stored = self.store.get_opts(place, options).await?.bytes().await?;
        layout.open_all(self.sealer()?.as_ref(), &stored, layout.last(), &blob(digest)).map(|_| ())
    }

    /// A range of contents that were seen; `None`: they are not the same any more.
    async fn range(&self, digest: Digest, seen: &Seen, range: Range<u64>) -> Result<Option<Contents>, Fault> {
        let layout = seen.layout();
        let (place, stored) = match &layout {
            Some(layout) => (sealed_at(digest), layout.stored_of(&layout.chunks_of(&range))),
            None => (of(digest), range.clone()),
        };
        let options = GetOptions { range: Some(GetRange::Bounded(stored)), ..GetOptions::default() };
        let got = match self.store.get_opts(&place, options).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            got => got?,
        };
        if !seen.is_still(&got.meta) {
            return Ok(None);
        }
        let Some(layout) = layout else { return Ok(Some(got.into_stream())) };
        let range = range.start..range.end.min(layout.size);
        Ok(Some(opened(layout, self.sealer()?, blob(digest), range, Vec::new(), got.into_stream())))
    }

    /// Reads contents to their end and compares them with their digest.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn check(&self, digest: Digest) -> Result<Condition, Fault> {
        let Some((seen, mut stream)) = self.whole(digest).await? else { return Ok(Condition::Missing) };
        let (mut hasher, mut size) = (Sha256::new(), 0);
        loop {
            match stream.try_next().await {
                Ok(Some(piece)) => {
                    hasher.update(&piece);
                    size += piece.len() as u64;
                }
                Ok(None) => break,
                Err(error) => {
                    self.checked.forget(digest);
                    return match unopened(&error) {
                        Some(Unopened::NoKey) => Ok(Condition::Shut),
                        Some(Unopened::NotSealed | Unopened::Changed) => Ok(Condition::Changed),
                        None => Err(error.into()),
                    };
                }
            }
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
        for place in [sealed_at(digest), of(digest), sealed_at(digest)] {
            if self.meta(&place).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn meta(&self, place: &Path) -> Result<Option<ObjectMeta>, Fault> {
        match self.store.head(place).await {
            Ok(meta) => Ok(Some(meta)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether contents are there, sealed, as their digest says. Broken ones may be left of an earlier failure.
    async fn holds(&self, digest: Digest) -> Result<bool, Fault> {
        let Some(meta) = self.meta(&sealed_at(digest)).await? else { return Ok(false) };
        if self.checked.get(digest).is_some_and(|seen| seen.is_sealed() && seen.is_still(&meta)) {
            return Ok(true);
        }
        match self.check(digest).await? {
            Condition::Holds { .. } => Ok(true),
            Condition::Missing => Ok(false),
            Condition::Changed | Condition::Shut => {
                tracing::error!(%digest, "contents are not what their digest says, or cannot be opened; they are written anew");
                Ok(false)
            }
        }
    }

    /// Keeps contents as a whole; small ones, such as a certificate. They have their name only when all is written.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn keep(&self, bytes: Vec<u8>) -> Result<Digest, Fault> {
        let mut incoming = self.incoming()?;
        if let Err(fault) = incoming.write(&bytes).await {
            incoming.abort().await;
            return Err(fault);
        }
        let whole = incoming.finish().await?;
        let digest = whole.digest;
        whole.settle().await?;
        Ok(digest)
    }

    /// Lets go of the contents that were kept before they were sealed.
    async fn drop_plain(&self, digest: Digest) -> Result<(), Fault> {
        match self.store.delete(&of(digest)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
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

/// Where contents stood before they were sealed.
fn of(digest: Digest) -> Path {
    let text = digest.to_string();
    Path::from(format!("{}/{}/{text}", &text[..2], &text[2..4]))
}

/// Where contents stand.
fn sealed_at(digest: Digest) -> Path {
    Path::from(format!("{SEALED}/{}", of(digest)))
}

/// The name that the last chunk of sealed contents is bound to.
fn blob(digest: Digest) -> String {
    format!("blob/{digest}")
}

fn incoming() -> Path {
    Path::from(format!("{INCOMING}/{}", crate::random_hex(16)))
}
