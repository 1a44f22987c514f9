//! Contents on their way into the store: hashed as they are written, under a name that nobody reads, and given the name
//! of their digest when they are whole. So what was hashed is what is kept.

use super::{Blobs, incoming, of};
use crate::error::Fault;
use bytes::Bytes;
use domain::log::Digest;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use sha2::{Digest as _, Sha256};

/// Contents are written in pieces of this size, and as a whole up to it; S3 takes no smaller piece but the last.
const PIECE: usize = 8 * 1024 * 1024;
/// So much of the beginning is kept at hand: it says what a file is.
const BEGINNING: usize = 4096;
/// A reader fetches so much at once.
const WINDOW: u64 = 256 * 1024;

/// Contents being written.
pub(crate) struct Incoming {
    blobs: Blobs,
    hasher: Sha256,
    size: u64,
    beginning: Vec<u8>,
    piece: Vec<u8>,
    /// Where the pieces before this one went.
    stored: Option<(Path, Box<dyn MultipartUpload>)>,
}

/// Contents that are there as a whole, with no name yet.
pub(crate) struct Whole {
    pub digest: Digest,
    pub size: u64,
    pub beginning: Vec<u8>,
    blobs: Blobs,
    place: Place,
}

enum Place {
    Memory(Bytes),
    Stored(Path),
}

impl Blobs {
    pub(crate) fn incoming(&self) -> Incoming {
        Incoming { blobs: self.clone(), hasher: Sha256::new(), size: 0, beginning: Vec::new(), piece: Vec::new(), stored: None }
    }
}

impl Incoming {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        let wanted = BEGINNING.saturating_sub(self.beginning.len()).min(bytes.len());
        self.beginning.extend_from_slice(&bytes[..wanted]);
        self.piece.extend_from_slice(bytes);
        while self.piece.len() > PIECE {
            let rest = self.piece.split_off(PIECE);
            let piece = std::mem::replace(&mut self.piece, rest);
            self.store(piece).await?;
        }
        Ok(())
    }

    async fn store(&mut self, piece: Vec<u8>) -> Result<(), Fault> {
        if self.stored.is_none() {
            let place = incoming();
            self.stored = Some((place.clone(), self.blobs.store.put_multipart(&place).await?));
        }
        if let Some((_, upload)) = &mut self.stored {
            upload.put_part(PutPayload::from(piece)).await?;
        }
        Ok(())
    }

    /// All is written.
    pub async fn finish(mut self) -> Result<Whole, Fault> {
        let piece = std::mem::take(&mut self.piece);
        let place = if self.stored.is_none() {
            Place::Memory(Bytes::from(piece))
        } else {
            self.store(piece).await?;
            match &mut self.stored {
                Some((place, upload)) => {
                    upload.complete().await?;
                    Place::Stored(place.clone())
                }
                None => return Err("contents have no place".into()),
            }
        };
        let digest = Digest(self.hasher.finalize().into());
        Ok(Whole { digest, size: self.size, beginning: self.beginning, blobs: self.blobs, place })
    }

    /// What was written so far goes.
    pub async fn abort(mut self) {
        if let Some((_, upload)) = &mut self.stored {
            let _ = upload.abort().await;
        }
    }
}

impl Whole {
    /// Gives the contents the name of their digest. What stands there already stays if it holds.
    pub async fn settle(self) -> Result<(), Fault> {
        match &self.place {
            Place::Memory(bytes) => self.blobs.keep_as(self.digest, bytes.clone()).await?,
            Place::Stored(place) if self.blobs.holds(self.digest).await? => self.blobs.store.delete(place).await?,
            Place::Stored(place) => self.blobs.store.rename(place, &of(self.digest)).await?,
        }
        Ok(())
    }

    /// The contents are not wanted.
    pub async fn discard(self) -> Result<(), Fault> {
        if let Place::Stored(place) = &self.place {
            self.blobs.store.delete(place).await?;
        }
        Ok(())
    }

    /// For what reads here and there.
    pub fn reader(&self) -> Reader<'_> {
        Reader { whole: self, window: (0, Bytes::new()) }
    }
}

/// Reads here and there in contents, one window of them in memory.
pub(crate) struct Reader<'a> {
    whole: &'a Whole,
    window: (u64, Bytes),
}

impl Reader<'_> {
    /// So many bytes from there; fewer at the end.
    pub async fn at(&mut self, offset: u64, length: u64) -> Result<Bytes, Fault> {
        let end = offset.saturating_add(length).min(self.whole.size);
        if offset >= end {
            return Ok(Bytes::new());
        }
        let place = match &self.whole.place {
            Place::Memory(bytes) => return Ok(bytes.slice(usize::try_from(offset)?..usize::try_from(end)?)),
            Place::Stored(place) => place,
        };
        let (from, held) = &self.window;
        if offset < *from || end > from + held.len() as u64 {
            let to = end.max(offset + WINDOW).min(self.whole.size);
            self.window = (offset, self.whole.blobs.store.get_range(place, offset..to).await?);
        }
        let (from, held) = &self.window;
        let (start, end) = (usize::try_from(offset - from)?, usize::try_from(end - from)?);
        if end > held.len() {
            return Err("the store gave fewer bytes than it holds".into());
        }
        Ok(held.slice(start..end))
    }
}
