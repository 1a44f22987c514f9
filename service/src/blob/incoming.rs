//! Contents on their way into the store: hashed and sealed as they are written, under a name that nobody reads, and given
//! the name of their digest when they are whole. So what was hashed is what is kept.

use super::sealed::{Layout, Sealing};
use super::{Blobs, blob, incoming, sealed_at};
use crate::crypto::Sealer;
use crate::error::Fault;
use bytes::Bytes;
use domain::log::Digest;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use std::sync::Arc;

/// Contents are written in pieces of this size, and as a whole up to it; S3 takes no smaller piece but the last.
const PIECE: usize = 8 * 1024 * 1024;
/// So much of the beginning is kept at hand: it says what a file is.
const BEGINNING: usize = 4096;
/// A reader fetches so much at once.
const WINDOW: u64 = 256 * 1024;
/// Chunks that it opens at once.
const AT_ONCE: u64 = 16;

/// Contents being written.
pub(crate) struct Incoming {
    blobs: Blobs,
    hasher: Sha256,
    size: u64,
    beginning: Vec<u8>,
    sealing: Sealing,
    sealer: Arc<dyn Sealer>,
    /// What is sealed and not stored yet.
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
    sealer: Arc<dyn Sealer>,
    layout: Layout,
    place: Place,
}

enum Place {
    Memory(Bytes),
    Stored(Path),
}

impl Blobs {
    /// # Errors
    /// The keys cannot be read.
    pub(crate) fn incoming(&self) -> Result<Incoming, Fault> {
        let (sealer, mut piece) = (self.sealer()?, Vec::new());
        let sealing = Sealing::begin(sealer.clone(), &mut piece)?;
        let (blobs, hasher) = (self.clone(), Sha256::new());
        Ok(Incoming { blobs, hasher, size: 0, beginning: Vec::new(), sealing, sealer, piece, stored: None })
    }
}

impl Incoming {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        let wanted = BEGINNING.saturating_sub(self.beginning.len()).min(bytes.len());
        self.beginning.extend_from_slice(&bytes[..wanted]);
        for bytes in bytes.chunks(PIECE) {
            self.sealing.write(bytes, &mut self.piece)?;
            while self.piece.len() > PIECE {
                let rest = self.piece.split_off(PIECE);
                let piece = std::mem::replace(&mut self.piece, rest);
                self.store(piece).await?;
            }
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
        let digest = Digest(std::mem::take(&mut self.hasher).finalize().into());
        let layout = self.sealing.finish(&blob(digest), &mut self.piece)?;
        let place = match self.stored.take() {
            None => Place::Memory(Bytes::from(self.piece)),
            Some((place, mut upload)) => {
                // The last chunk may have made it longer than one piece: only the last one is shorter.
                let mut rest = Bytes::from(self.piece);
                while !rest.is_empty() {
                    let piece = rest.split_to(rest.len().min(PIECE));
                    upload.put_part(PutPayload::from(piece)).await?;
                }
                upload.complete().await?;
                Place::Stored(place)
            }
        };
        let Incoming { blobs, sealer, size, beginning, .. } = self;
        Ok(Whole { digest, size, beginning, blobs, sealer, layout, place })
    }

    /// What was written so far goes.
    pub async fn abort(mut self) {
        if let Some((_, upload)) = &mut self.stored {
            let _ = upload.abort().await;
        }
    }
}

impl Whole {
    /// Gives the contents the name of their digest. What stands there sealed already stays if it holds; what stands there
    /// from before contents were sealed goes.
    pub async fn settle(self) -> Result<(), Fault> {
        let holds = self.blobs.holds(self.digest).await?;
        match self.place {
            Place::Stored(place) if holds => self.blobs.store.delete(&place).await?,
            Place::Stored(place) => self.blobs.store.rename(&place, &sealed_at(self.digest)).await?,
            Place::Memory(_) if holds => {}
            Place::Memory(bytes) => {
                let place = incoming();
                self.blobs.store.put(&place, PutPayload::from(bytes)).await?;
                self.blobs.store.rename(&place, &sealed_at(self.digest)).await?;
            }
        }
        self.blobs.drop_plain(self.digest).await
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

    /// The contents of these chunks.
    async fn chunks(&self, chunks: Range<u64>) -> Result<Vec<u8>, Fault> {
        let range = self.layout.stored_of(&chunks);
        let stored = match &self.place {
            Place::Memory(bytes) => bytes.slice(usize::try_from(range.start)?..usize::try_from(range.end)?),
            Place::Stored(place) => self.blobs.store.get_range(place, range).await?,
        };
        self.layout.open_all(self.sealer.as_ref(), &stored, chunks, &blob(self.digest))
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
        let (from, held) = &self.window;
        if offset < *from || end > from + held.len() as u64 {
            self.fetch(offset, end.max(offset + WINDOW).min(self.whole.size)).await?;
        }
        let (from, held) = &self.window;
        let (start, end) = (usize::try_from(offset - from)?, usize::try_from(end - from)?);
        if end > held.len() {
            return Err("the store gave fewer bytes than it holds".into());
        }
        Ok(held.slice(start..end))
    }

    /// Puts a range in the window, a part at a time: what is sealed of it is not held as a whole beside it.
    async fn fetch(&mut self, offset: u64, to: u64) -> Result<(), Fault> {
        let layout = &self.whole.layout;
        let mut chunks = layout.chunks_of(&(offset..to));
        let from = layout.begins(chunks.start);
        let mut window = Vec::with_capacity(usize::try_from(to - from)?);
        while !chunks.is_empty() {
            let part = chunks.start..chunks.end.min(chunks.start + AT_ONCE);
            chunks.start = part.end;
            window.extend(self.whole.chunks(part).await?);
        }
        self.window = (from, window.into());
        Ok(())
    }
}
