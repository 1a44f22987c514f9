//! Where contents are kept: a folder, or any store that speaks S3. Contents are named by their SHA-256, so the same
//! file is there once and nothing is ever overwritten.

use crate::error::Fault;
use bytes::Bytes;
use domain::log::Digest;
use futures::StreamExt;
use futures::stream::BoxStream;
pub use object_store::Error as StoreError;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload, parse_url_opts};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path as Folder;
use std::sync::Arc;

/// Parts of a large file are sent on in pieces of this size; S3 takes none smaller but the last.
const PIECE: usize = 8 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    name: String,
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
        let store: Arc<dyn ObjectStore> = if place.contains("://") {
            let url = place.parse().map_err(|e| format!("`{place}` is not an address of a store: {e}"))?;
            let settings = settings.into_iter().map(|(name, value)| (name.to_lowercase(), value));
            let (store, prefix) = parse_url_opts(&url, settings).map_err(|e| format!("the store {place} cannot be used: {e}"))?;
            Arc::new(PrefixStore::new(store, prefix))
        } else {
            std::fs::create_dir_all(Folder::new(place)).map_err(|e| format!("cannot make the folder {place}: {e}"))?;
            Arc::new(LocalFileSystem::new_with_prefix(place)?.with_automatic_cleanup(true))
        };
        Ok(Blobs { store, name: place.to_string() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The contents of a digest, as they come; `range` in bytes, all if none.
    ///
    /// # Errors
    /// They are not there, or the store does not answer.
    pub async fn read(&self, digest: Digest, range: Option<Range<u64>>) -> Result<BoxStream<'static, Result<Bytes, Error>>, Fault> {
        let place = of(digest);
        match range {
            Some(range) => {
                let bytes = self.store.get_range(&place, range).await?;
                Ok(futures::stream::once(async move { Ok(bytes) }).boxed())
            }
            None => Ok(self.store.get(&place).await?.into_stream()),
        }
    }

    /// # Errors
    /// The store does not answer.
    pub async fn has(&self, digest: Digest) -> Result<bool, Fault> {
        match self.store.head(&of(digest)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps contents as a whole; small ones, such as a certificate.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn keep(&self, bytes: Vec<u8>) -> Result<Digest, Fault> {
        let digest = Digest::of(&bytes);
        if !self.has(digest).await? {
            self.store.put(&of(digest), PutPayload::from(bytes)).await?;
        }
        Ok(digest)
    }

    /// Keeps a part of a file that is arriving.
    pub(crate) async fn put_part(&self, upload: &str, offset: u64, bytes: Bytes) -> Result<(), Fault> {
        self.store.put(&part(upload, offset), PutPayload::from(bytes)).await?;
        Ok(())
    }

    pub(crate) async fn parts(&self, upload: &str) -> Result<Vec<(u64, u64)>, Fault> {
        let folder = Path::from(format!("uploads/{upload}"));
        let mut parts = Vec::new();
        let mut list = self.store.list(Some(&folder));
        while let Some(meta) = list.next().await {
            let meta = meta?;
            if let Some(offset) = meta.location.filename().and_then(|name| name.parse().ok()) {
                parts.push((offset, meta.size));
            }
        }
        parts.sort_unstable();
        Ok(parts)
    }

    pub(crate) async fn read_part(&self, upload: &str, offset: u64) -> Result<Bytes, Fault> {
        Ok(self.store.get(&part(upload, offset)).await?.bytes().await?)
    }

    /// The parts as one file, for what reads here and there in it; on a thread that may wait.
    pub(crate) fn reader(&self, upload: &str, parts: &[(u64, u64)]) -> Parts {
        Parts {
            blobs: self.clone(),
            upload: upload.to_string(),
            parts: parts.to_vec(),
            at: 0,
            held: None,
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// Puts the parts together under the digest of the whole.
    pub(crate) async fn join(&self, upload: &str, parts: &[(u64, u64)], digest: Digest) -> Result<(), Fault> {
        if self.has(digest).await? {
            return Ok(());
        }
        let place = of(digest);
        if let [(offset, _)] = parts {
            self.store.put(&place, PutPayload::from(self.read_part(upload, *offset).await?)).await?;
            return Ok(());
        }
        let mut whole = self.store.put_multipart(&place).await?;
        let mut piece: Vec<u8> = Vec::new();
        let sent = async {
            for (offset, _) in parts {
                piece.extend_from_slice(&self.read_part(upload, *offset).await?);
                if piece.len() >= PIECE {
                    whole.put_part(PutPayload::from(std::mem::take(&mut piece))).await?;
                }
            }
            if !piece.is_empty() {
                whole.put_part(PutPayload::from(std::mem::take(&mut piece))).await?;
            }
            whole.complete().await?;
            Ok::<_, Fault>(())
        }
        .await;
        if sent.is_err() {
            // What is half there goes; the parts stay, and joining them can be tried again.
            let _ = whole.abort().await;
        }
        sent
    }

    pub(crate) async fn drop_parts(&self, upload: &str) -> Result<(), Fault> {
        for (offset, _) in self.parts(upload).await? {
            self.store.delete(&part(upload, offset)).await?;
        }
        Ok(())
    }
}

/// The parts of a file that is arriving, one of them in memory at a time.
pub(crate) struct Parts {
    blobs: Blobs,
    upload: String,
    parts: Vec<(u64, u64)>,
    at: u64,
    held: Option<(u64, Bytes)>,
    runtime: tokio::runtime::Handle,
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some((offset, _)) = self.parts.iter().find(|(offset, size)| (*offset..offset + size).contains(&self.at)).copied() else {
            return Ok(0);
        };
        if self.held.as_ref().is_none_or(|(held, _)| *held != offset) {
            let part = self.runtime.block_on(self.blobs.read_part(&self.upload, offset)).map_err(std::io::Error::other)?;
            self.held = Some((offset, part));
        }
        let part = self.held.as_ref().map(|(_, part)| part.as_ref()).unwrap_or_default();
        let rest = part.get(usize::try_from(self.at - offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Parts {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let length: u64 = self.parts.iter().map(|(_, size)| size).sum();
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| std::io::Error::other("before the beginning"))?;
        Ok(self.at)
    }
}

fn of(digest: Digest) -> Path {
    let text = digest.to_string();
    Path::from(format!("{}/{}/{text}", &text[..2], &text[2..4]))
}

fn part(upload: &str, offset: u64) -> Path {
    Path::from(format!("uploads/{upload}/{offset:020}"))
}
