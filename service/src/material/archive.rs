//! The list of contents of a zip, read with a bound: a zip of a stranger says itself how long its list is, and may lie.
//!
//! The end of the directory is read first; what is too long, or does not add up, is refused before the directory is read.

use crate::blob::Reader;
use crate::error::Fault;
use domain::media::{self, ENTRIES, Media, NotTaken};

/// Bytes that its directory may have.
const LARGEST_DIRECTORY: u64 = 16 * 1024 * 1024;
/// The end of the directory with the longest comment, and the records of the 64-bit form before it.
const LONGEST_END: u64 = 22 + 65_535 + 20 + 56;

/// Where the directory stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Directory {
    at: u64,
    size: u64,
    entries: u64,
}

/// A line of the directory.
struct Entry<'a> {
    name: &'a [u8],
    packed: u64,
    unpacked: u64,
    /// Where the entry itself begins.
    at: u64,
}

/// Tells an office document from any other zip.
///
/// # Errors
/// The store does not answer.
pub(super) async fn look_into(reader: &mut Reader<'_>, size: u64) -> Result<Result<Media, NotTaken>, Fault> {
    let tail = reader.at(size.saturating_sub(LONGEST_END), LONGEST_END).await?;
    let Some(directory) = end(&tail, size) else { return Ok(Err(NotTaken::Archive)) };
    let bytes = reader.at(directory.at, directory.size).await?;
    let Some(mut entries) = entries(&bytes, directory) else { return Ok(Err(NotTaken::Archive)) };
    let media = media::office(entries.iter().map(|e| (String::from_utf8_lossy(e.name), e.unpacked)), size);
    let Ok(media) = media else { return Ok(media) };
    // Each entry is where the directory says, under the name it says, and none lies in another.
    entries.sort_unstable_by_key(|entry| entry.at);
    let mut free = 0;
    for entry in &entries {
        let header = reader.at(entry.at, 30).await?;
        let (Some(name), Some(extra)) = (number(&header, 26, 2), number(&header, 28, 2)) else { return Ok(Err(NotTaken::Archive)) };
        let same = header.starts_with(b"PK\x03\x04") && reader.at(entry.at + 30, name).await? == entry.name;
        let over = entry.at.checked_add(30 + name + extra).and_then(|begins| begins.checked_add(entry.packed));
        match over {
            Some(over) if same && entry.at >= free && over <= directory.at => free = over,
            _ => return Ok(Err(NotTaken::Archive)),
        }
    }
    Ok(Ok(media))
}

/// A number of so many bytes, the smallest first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// Reads the end of a directory; `None` where it does not add up or is too long.
fn end(tail: &[u8], size: u64) -> Option<Directory> {
    let start = size.checked_sub(tail.len() as u64)?;
    // The last mark is the one, and its comment goes to the end of the file: so nobody else finds another directory.
    let at = (0..=tail.len().checked_sub(22)?).rev().find(|at| tail[*at..].starts_with(b"PK\x05\x06"))?;
    if number(tail, at + 20, 2)? != (tail.len() - at - 22) as u64 {
        return None;
    }
    // On this disk, in all, how long, from where: each with the largest that the short form can say.
    let most = [0xffff, 0xffff, 0xffff_ffff, 0xffff_ffff];
    let mut said = [number(tail, at + 8, 2)?, number(tail, at + 10, 2)?, number(tail, at + 12, 4)?, number(tail, at + 16, 4)?];
    let mut ends = start + at as u64;
    if let Some(locator) = at.checked_sub(20).filter(|at| tail[*at..].starts_with(b"PK\x06\x07")) {
        let place = number(tail, locator + 8, 8)?;
        let record = usize::try_from(place.checked_sub(start)?).ok()?;
        let length = number(tail, record.checked_add(4)?, 8)?;
        if !tail.get(record..)?.starts_with(b"PK\x06\x06") || place.checked_add(12)?.checked_add(length)? != start + locator as u64 {
            return None;
        }
        for ((said, most), from) in said.iter_mut().zip(most).zip([24, 32, 40, 48]) {
            let large = number(tail, record + from, 8)?;
            if *said != most && *said != large {
                return None;
            }
            *said = large;
        }
        ends = place;
    }
    let [here, entries, size, at] = said;
    let holds = here == entries && entries <= ENTRIES as u64 && size <= LARGEST_DIRECTORY && at.checked_add(size)? == ends;
    holds.then_some(Directory { at, size, entries })
}

/// Reads the directory; `None` where it is not what its end says.
fn entries(bytes: &[u8], directory: Directory) -> Option<Vec<Entry<'_>>> {
    let mut list = Vec::with_capacity(usize::try_from(directory.entries).ok()?);
    let mut rest = bytes;
    while !rest.is_empty() {
        if list.len() as u64 == directory.entries || !rest.starts_with(b"PK\x01\x02") {
            return None;
        }
        let length = |at| number(rest, at, 2).and_then(|n| usize::try_from(n).ok());
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let mut sizes = [number(rest, 24, 4)?, number(rest, 20, 4)?, number(rest, 42, 4)?];
        large(rest.get(46 + name..46 + name + extra)?, &mut sizes)?;
        let [unpacked, packed, at] = sizes;
        list.push(Entry { name: rest.get(46..46 + name)?, packed, unpacked, at });
        rest = rest.get(46 + name + extra + comment..)?;
    }
    (list.len() as u64 == directory.entries && bytes.len() as u64 == directory.size).then_some(list)
}

/// Numbers that do not fit the short form stand in an extra field, in this order.
fn large(mut extra: &[u8], numbers: &mut [u64; 3]) -> Option<()> {
    let mut wanted = numbers.iter_mut().filter(|n| **n == 0xffff_ffff).peekable();
    while wanted.peek().is_some() {
        let (kind, length) = (number(extra, 0, 2)?, usize::try_from(number(extra, 2, 2)?).ok()?);
        let body = extra.get(4..4 + length)?;
        if kind == 1 {
            for (i, n) in wanted.by_ref().enumerate() {
                *n = number(body, 8 * i, 8)?;
            }
        }
        extra = &extra[4 + length..];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;
    use std::io::Write;

    fn zipped(entries: usize) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for i in 0..entries {
            zip.start_file(format!("word/{i}.xml"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(b"text").unwrap();
        }
        zip.set_comment("a comment").unwrap();
        zip.finish().unwrap().into_inner()
    }

    fn read(bytes: &[u8]) -> Option<usize> {
        let from = bytes.len().saturating_sub(usize::try_from(LONGEST_END).unwrap());
        let directory = end(&bytes[from..], bytes.len() as u64)?;
        let at = usize::try_from(directory.at).unwrap();
        entries(&bytes[at..at + usize::try_from(directory.size).unwrap()], directory).map(|list| list.len())
    }

    #[test]
    fn what_other_programs_write_is_read() {
        assert_eq!(read(&zipped(0)), Some(0));
        assert_eq!(read(&zipped(3)), Some(3));
        assert_eq!(read(&zipped(20_000)), Some(20_000));
        assert_eq!(read(&zipped(20_001)), None);
    }

    /// The end of a directory of so many entries and bytes; where they do not fit the short form, in the long one too.
    fn said(entries: u64, length: u64) -> Vec<u8> {
        let (mut bytes, large) = (Vec::new(), entries >= 0xffff || length >= 0xffff_ffff);
        if large {
            bytes.extend_from_slice(b"PK\x06\x06");
            bytes.extend_from_slice(&44_u64.to_le_bytes());
            bytes.extend_from_slice(&[0; 12]);
            for n in [entries, entries, length, 0] {
                bytes.extend_from_slice(&n.to_le_bytes());
            }
            bytes.extend_from_slice(b"PK\x06\x07\0\0\0\0");
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&1_u32.to_le_bytes());
        }
        bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            bytes.extend_from_slice(&u16::try_from(entries).unwrap_or(u16::MAX).to_le_bytes());
        }
        bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&[0; 6]);
        bytes
    }

    #[test]
    fn a_directory_is_not_read_before_its_end_says_how_long_it_is() {
        let of = |entries, length| {
            let tail = said(entries, length);
            end(&tail, length + tail.len() as u64).map(|d| (d.entries, d.size))
        };
        assert_eq!(of(100, 5000), Some((100, 5000)));
        assert_eq!(of(1_600_000, 75_000_000), None);
        assert_eq!(of(20_000, 17 << 20), None);
        assert_eq!(of(u64::MAX, u64::from(u32::MAX)), None);
        // The long form is read where it is there.
        let mut tail = said(0xffff, 5000);
        for at in [24, 32] {
            tail[at..at + 8].copy_from_slice(&100_u64.to_le_bytes());
        }
        assert_eq!(end(&tail, 5000 + tail.len() as u64).map(|d| d.entries), Some(100));
    }

    #[test]
    fn a_directory_that_lies_is_refused() {
        let good = zipped(3);
        let mark = good.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
        // Every byte of the end but those of the comment's text says something that has to add up.
        for at in mark + 8..mark + 22 {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(read(&bad), None, "byte {}", at - mark);
        }
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(read(&longer), None, "nothing follows the comment");
        for cut in 0..good.len() {
            assert_eq!(read(&good[..cut]), None);
            assert_eq!(read(&good[cut + 1..]), None);
        }
    }
}
