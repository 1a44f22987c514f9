//! The form that contents are stored in: a head, then chunks, each sealed on its own. A chunk belongs to its file and its
//! number, the last one also to what the file is and to being the last: chunks cannot be exchanged, moved or cut off, and a
//! range needs only those that it touches.

use super::Contents;
use crate::crypto::{Sealer, Unopened};
use crate::error::Fault;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::Error;
use std::ops::Range;
use std::sync::Arc;

/// How a sealed file begins; the digit is the form's.
const MARK: [u8; 4] = *b"QLS1";
/// The mark, the length of a chunk, by how much it is longer when it is sealed, and the file's own number.
pub(super) const HEAD: usize = 28;
/// Bytes of contents in a chunk. See docs/decisions/0021-sealed-at-rest.md.
const CHUNK: usize = 16 * 1024;
/// What a head may say, so that what reads it holds no more than that.
const LARGEST_CHUNK: u32 = 1024 * 1024;
const LARGEST_MORE: u32 = 4096;
/// Contents are given out in such pieces, as a folder gives them.
const PIECE: usize = 8 * 1024;

/// What stands before the chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    chunk: u32,
    longer_by: u32,
    /// Drawn for each file that is written: the chunks of another one do not fit, whatever it holds.
    id: [u8; 16],
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Head> {
        let (head, _) = bytes.split_at_checked(HEAD)?;
        let number = |at: usize| head[at..at + 4].try_into().ok().map(u32::from_be_bytes);
        let (chunk, longer_by) = (number(4)?, number(8)?);
        let holds = head.starts_with(&MARK) && (1..=LARGEST_CHUNK).contains(&chunk) && longer_by <= LARGEST_MORE;
        holds.then_some(Head { chunk, longer_by, id: head[12..].try_into().ok()? })
    }

    fn write(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..4].copy_from_slice(&MARK);
        bytes[4..8].copy_from_slice(&self.chunk.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.longer_by.to_be_bytes());
        bytes[12..].copy_from_slice(&self.id);
        bytes
    }

    /// The place of a chunk: under this head, so that a head that was changed opens nothing. `last`: of whom the file is.
    fn place(&self, index: u64, last: Option<&str>) -> String {
        let head: String = self.write().iter().map(|byte| format!("{byte:02x}")).collect();
        match last {
            Some(whose) => format!("contents/{head}/{index}/last/{whose}"),
            None => format!("contents/{head}/{index}"),
        }
    }
}

/// Where the chunks of a file stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    head: Head,
    /// Bytes of the file.
    stored: u64,
    chunks: u64,
    /// Bytes of the contents.
    pub size: u64,
}

impl Layout {
    /// `None`: a file with this head has never so many bytes.
    pub fn of(head: Head, stored: u64) -> Option<Layout> {
        let (chunk, more) = (u64::from(head.chunk), u64::from(head.longer_by));
        let body = stored.checked_sub(HEAD as u64)?;
        let chunks = body.div_ceil(chunk + more);
        let last = body.checked_sub(chunks.checked_sub(1)? * (chunk + more))?.checked_sub(more)?;
        // Only contents that are empty end with an empty chunk.
        (last > 0 || chunks == 1).then_some(Layout { head, stored, chunks, size: (chunks - 1) * chunk + last })
    }

    /// The chunks that hold a range.
    pub fn chunks_of(&self, range: &Range<u64>) -> Range<u64> {
        let chunk = u64::from(self.head.chunk);
        range.start / chunk..range.end.div_ceil(chunk).min(self.chunks)
    }

    /// Where these chunks stand in the file.
    pub fn stored_of(&self, chunks: &Range<u64>) -> Range<u64> {
        let sealed = u64::from(self.head.chunk + self.head.longer_by);
        let at = |index: u64| (HEAD as u64 + index * sealed).min(self.stored);
        at(chunks.start)..at(chunks.end)
    }

    /// The chunk that says what the file is.
    pub fn last(&self) -> Range<u64> {
        self.chunks - 1..self.chunks
    }

    /// Where a chunk begins in the contents.
    pub fn begins(&self, index: u64) -> u64 {
        index * u64::from(self.head.chunk)
    }

    fn open(&self, sealer: &dyn Sealer, sealed: &[u8], index: u64, whose: &str) -> Result<Vec<u8>, Fault> {
        let last = index + 1 == self.chunks;
        sealer.open(sealed, &self.head.place(index, last.then_some(whose)))
    }

    /// Opens chunks that are at hand.
    pub fn open_all(&self, sealer: &dyn Sealer, stored: &[u8], chunks: Range<u64>, whose: &str) -> Result<Vec<u8>, Fault> {
        let sealed = usize::try_from(self.head.chunk + self.head.longer_by)?;
        let mut plain = Vec::with_capacity(stored.len());
        for (index, sealed) in chunks.zip(stored.chunks(sealed)) {
            plain.extend(self.open(sealer, sealed, index, whose)?);
        }
        Ok(plain)
    }
}

/// Seals contents as they come. What is to be stored is appended to `out`.
pub(super) struct Sealing {
    sealer: Arc<dyn Sealer>,
    head: Head,
    index: u64,
    /// The chunk that is being filled. It is sealed when it is known whether it is the last.
    chunk: Vec<u8>,
    stored: u64,
}

impl Sealing {
    /// Begins a file: its head is appended to `out`.
    ///
    /// # Errors
    /// What this module seals is too much longer.
    pub fn begin(sealer: Arc<dyn Sealer>, out: &mut Vec<u8>) -> Result<Sealing, Fault> {
        let longer_by = u32::try_from(sealer.longer_by())?;
        if longer_by > LARGEST_MORE {
            return Err("what this module seals is too much longer".into());
        }
        let head = Head { chunk: u32::try_from(CHUNK)?, longer_by, id: rand::random() };
        out.extend_from_slice(&head.write());
        Ok(Sealing { sealer, head, index: 0, chunk: Vec::with_capacity(CHUNK), stored: HEAD as u64 })
    }

    /// Takes contents in; chunks that are full are sealed.
    ///
    /// # Errors
    /// The module fails.
    pub fn write(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        while !bytes.is_empty() {
            if self.chunk.len() == CHUNK {
                self.seal(None, out)?;
            }
            let (now, later) = bytes.split_at((CHUNK - self.chunk.len()).min(bytes.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the last chunk as the last of what these contents are.
    pub fn finish(mut self, whose: &str, out: &mut Vec<u8>) -> Result<Layout, Fault> {
        self.seal(Some(whose), out)?;
        Ok(Layout::of(self.head, self.stored).ok_or("what was sealed has not the length it should have")?)
    }

    fn seal(&mut self, last: Option<&str>, out: &mut Vec<u8>) -> Result<(), Fault> {
        let sealed = self.sealer.seal(&self.chunk, &self.head.place(self.index, last))?;
        if sealed.len() != self.chunk.len() + self.sealer.longer_by() {
            return Err("what was sealed has not the length it should have".into());
        }
        out.extend_from_slice(&sealed);
        self.stored += sealed.len() as u64;
        self.index += 1;
        self.chunk.clear();
        Ok(())
    }
}

/// The head of a file whose bytes come, with what came after it.
pub(super) async fn head(stream: &mut Contents) -> Result<Option<(Head, Vec<u8>)>, Error> {
    let mut got = Vec::with_capacity(HEAD);
    while got.len() < HEAD {
        match stream.try_next().await? {
            Some(piece) => got.extend_from_slice(&piece),
            None => return Ok(None),
        }
    }
    Ok(Head::read(&got).map(|head| (head, got.split_off(HEAD))))
}

struct Opening {
    layout: Layout,
    sealer: Arc<dyn Sealer>,
    whose: String,
    stream: Contents,
    chunks: Range<u64>,
    /// What has come and is not opened yet.
    got: Vec<u8>,
    opened: Bytes,
    skip: usize,
    left: u64,
}

/// A range of contents, out of the bytes of its chunks as they come; one chunk is held. `got`: what has come of them before.
pub(super) fn opened(
    layout: Layout,
    sealer: Arc<dyn Sealer>,
    whose: String,
    range: Range<u64>,
    got: Vec<u8>,
    stream: Contents,
) -> Contents {
    // Contents that are empty have a chunk, too, which says so.
    let chunks = if layout.size == 0 { 0..1 } else { layout.chunks_of(&range) };
    let skip = usize::try_from(range.start - layout.begins(chunks.start)).unwrap_or(usize::MAX);
    let left = range.end - range.start;
    let opening = Opening { layout, sealer, whose, stream, chunks, got, opened: Bytes::new(), skip, left };
    futures::stream::try_unfold(opening, next).boxed()
}

async fn next(mut opening: Opening) -> Result<Option<(Bytes, Opening)>, Error> {
    while opening.opened.is_empty() {
        let Some(index) = opening.chunks.next() else { return Ok(None) };
        let stored = opening.layout.stored_of(&(index..index + 1));
        let length = usize::try_from(stored.end - stored.start).unwrap_or(usize::MAX);
        opening.got.reserve_exact((length + PIECE).saturating_sub(opening.got.len()));
        while opening.got.len() < length {
            match opening.stream.try_next().await? {
                Some(piece) => opening.got.extend_from_slice(&piece),
                None => return Err(broken(Unopened::Changed.into())),
            }
        }
        // What is opened is let go of: while nobody reads on, only what is opened and the rest are held.
        let rest = opening.got.split_off(length);
        let sealed = std::mem::replace(&mut opening.got, rest);
        let mut plain = Bytes::from(opening.layout.open(opening.sealer.as_ref(), &sealed, index, &opening.whose).map_err(broken)?);
        let _before = plain.split_to(std::mem::take(&mut opening.skip).min(plain.len()));
        plain.truncate(usize::try_from(opening.left).unwrap_or(usize::MAX));
        opening.left -= plain.len() as u64;
        opening.opened = plain;
    }
    let length = opening.opened.len().min(PIECE);
    let piece = opening.opened.split_to(length);
    Ok(Some((piece, opening)))
}

pub(super) fn broken(source: Fault) -> Error {
    Error::Generic { store: "sealed", source }
}

/// Why a stream of contents broke off, where they could not be opened; `None`: it is the store that failed.
pub(super) fn unopened(error: &Error) -> Option<Unopened> {
    match error {
        Error::Generic { source, .. } => source.downcast_ref().copied(),
        _ => None,
    }
}
