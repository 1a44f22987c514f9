//! Looks over the bytes of a Yjs update (format 1) before the library decodes them. The library decodes nested values by
//! calling itself, so that a small update of arrays in arrays ends the process; this scan never calls itself,
//! reserves nothing, and knows the whole grammar. See docs/yrs-nested-values.md.
//!
//! A sheet needs little of what Yjs can carry: text, strings, numbers and deletions, in the fields of a section. Of
//! what strangers send nothing else is let in ([`of_stranger`]). What is stored may have been let in by an earlier
//! release and is held to depth and length alone ([`of_stored`]).

use std::collections::BTreeMap;
use std::ops::Range;

/// How deep values of stored updates may be nested. The sheet nests none.
const DEEPEST: usize = 512;
/// Clients one update may speak of.
const MOST_CLIENTS: u64 = 10_000;
/// Clocks and lengths the library adds up without looking.
const LARGEST_CLOCK: u64 = 1 << 31;
/// Numbers of clients: what JavaScript counts exactly.
const LARGEST_CLIENT: u64 = 1 << 53;

/// Kinds of blocks, as the low five bits of a block's first byte name them.
const GC: u8 = 0;
const DELETED: u8 = 1;
const JSON: u8 = 2;
const BINARY: u8 = 3;
const STRING: u8 = 4;
const EMBED: u8 = 5;
const FORMAT: u8 = 6;
const TYPE: u8 = 7;
const ANY: u8 = 8;
const DOC: u8 = 9;
const SKIP: u8 = 10;
/// What else the first byte says.
const HAS_PARENT_SUB: u8 = 0b0010_0000;
const HAS_RIGHT_ORIGIN: u8 = 0b0100_0000;
const HAS_ORIGIN: u8 = 0b1000_0000;

/// Why bytes are not let in. The text is for the program that sent them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotLetIn {
    /// They are no update.
    Malformed(&'static str),
    /// They are one, of something that a sheet does not take.
    Unwanted(&'static str),
}

use NotLetIn::{Malformed, Unwanted};

/// A place in a document: a client and its clock.
pub type Place = (u64, u64);

/// What a block brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contents {
    /// Signs of a text that people write together.
    Text,
    /// Entries of a list.
    Values,
}

/// What an update says, as far as the rules need it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scanned {
    /// The clocks each client's blocks fill.
    pub blocks: BTreeMap<u64, Range<u64>>,
    /// What the blocks stand beside: it has to be there before them.
    pub origins: Vec<Place>,
    /// Clocks that are deleted, by client.
    pub deletes: Vec<(u64, Range<u64>)>,
    /// Blocks that name their root: client, clocks, root. (A block beside another one is in the same root and names none.)
    pub named: Vec<(u64, Range<u64>, String)>,
    /// What its blocks bring, each with its last clock.
    pub contents: Vec<(Place, Contents)>,
    /// It holds blocks without contents or place, which no client of a sheet writes.
    pub gaps: bool,
}

impl Scanned {
    /// Whether an update can be applied at once to a document whose clients have got so far; else something that
    /// comes before it is missing.
    pub fn follows(&self, state: impl Fn(u64) -> u64) -> bool {
        let end = |client: u64| state(client).max(self.blocks.get(&client).map_or(0, |range| range.end));
        self.blocks.iter().all(|(client, range)| range.start <= state(*client))
            && self.origins.iter().all(|(client, clock)| *clock < end(*client))
            && self.deletes.iter().all(|(client, range)| range.end <= end(*client))
    }

    /// The clients of which there is something new.
    pub fn writers(&self, state: impl Fn(u64) -> u64) -> impl Iterator<Item = u64> {
        self.blocks.iter().filter(move |(client, range)| range.end > state(**client)).map(|(client, _)| *client)
    }
}

/// Looks over what somebody sends.
///
/// # Errors
/// It is no update, or holds what a sheet does not need.
pub fn of_stranger(bytes: &[u8]) -> Result<Scanned, NotLetIn> {
    Scan { rest: bytes, strict: true, found: Scanned::default() }.update()
}

/// Looks over what is stored: that decoding it is safe.
///
/// # Errors
/// It is no update, or is nested so deep that decoding it could end the process.
pub fn of_stored(bytes: &[u8]) -> Result<Scanned, NotLetIn> {
    Scan { rest: bytes, strict: false, found: Scanned::default() }.update()
}

/// Looks over a state vector: how far a client says it has got.
///
/// # Errors
/// It is none.
pub fn vector(bytes: &[u8]) -> Result<(), NotLetIn> {
    let mut scan = Scan { rest: bytes, strict: true, found: Scanned::default() };
    let count = scan.number()?;
    if count > MOST_CLIENTS {
        return Err(Malformed("a state vector speaks of too many clients"));
    }
    for _ in 0..count {
        scan.client()?;
        scan.clock()?;
    }
    scan.end()
}

struct Scan<'b> {
    rest: &'b [u8],
    strict: bool,
    found: Scanned,
}

type Looked<T = ()> = Result<T, NotLetIn>;

impl<'b> Scan<'b> {
    fn update(mut self) -> Looked<Scanned> {
        let clients = self.number()?;
        if clients > MOST_CLIENTS {
            return Err(Malformed("an update speaks of too many clients"));
        }
        for _ in 0..clients {
            let blocks = self.number()?;
            if blocks > self.rest.len() as u64 {
                return Err(Malformed("an update counts more than it holds"));
            }
            let client = self.client()?;
            let start = self.clock()?;
            let mut clock = start;
            for _ in 0..blocks {
                clock += self.block(client, clock)?;
                if clock > LARGEST_CLOCK {
                    return Err(Malformed("a clock is too large"));
                }
            }
            if self.found.blocks.insert(client, start..clock).is_some() {
                return Err(Malformed("an update names a client twice"));
            }
        }
        self.deletes()?;
        self.end()?;
        Ok(self.found)
    }

    /// One block of a client, from a clock on; gives its length in clocks.
    fn block(&mut self, client: u64, clock: u64) -> Looked<u64> {
        let info = self.byte()?;
        let kind = info & 0b0001_1111;
        if kind == GC || kind == SKIP {
            self.refuse("a block without contents")?;
            self.found.gaps = true;
            return self.length();
        }
        if info & HAS_PARENT_SUB != 0 {
            self.refuse("a block with a key")?;
        }
        for _ in 0..(info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)).count_ones() {
            let place = (self.client()?, self.clock()?);
            self.found.origins.push(place);
        }
        let mut root = None;
        if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
            match self.number()? {
                1 => root = Some(self.text()?.to_string()),
                0 => {
                    self.refuse("a block within another")?;
                    let place = (self.client()?, self.clock()?);
                    self.found.origins.push(place);
                }
                _ => return Err(Malformed("a block without a place")),
            }
            if info & HAS_PARENT_SUB != 0 {
                self.text()?;
            }
        }
        let length = self.contents(kind)?;
        self.found.named.extend(root.map(|root| (client, clock..clock + length, root)));
        let contents = match kind {
            STRING => Contents::Text,
            ANY => Contents::Values,
            _ => return Ok(length),
        };
        self.found.contents.push(((client, (clock + length).saturating_sub(1)), contents));
        Ok(length)
    }

    fn contents(&mut self, kind: u8) -> Looked<u64> {
        match kind {
            DELETED => self.length(),
            STRING => {
                let length = self.text()?.encode_utf16().count() as u64;
                if length == 0 && self.strict { Err(Malformed("an empty block")) } else { Ok(length) }
            }
            ANY => {
                let count = self.length()?;
                if count > self.rest.len() as u64 {
                    return Err(Malformed("a block counts more than it holds"));
                }
                for _ in 0..count {
                    self.value()?;
                }
                Ok(count)
            }
            JSON => {
                self.refuse("a value in JSON")?;
                let count = self.length()?;
                if count > self.rest.len() as u64 {
                    return Err(Malformed("a block counts more than it holds"));
                }
                for _ in 0..count {
                    self.text()?;
                }
                Ok(count)
            }
            BINARY => self.refuse("bytes").and_then(|()| self.bytes()).map(|_| 1),
            EMBED => self.refuse("an embedded value").and_then(|()| self.text()).map(|_| 1),
            FORMAT => {
                self.refuse("a mark of style")?;
                self.text()?;
                self.text()?;
                Ok(1)
            }
            TYPE => {
                self.refuse("a nested type")?;
                // An element of XML has a name.
                if self.number()? == 3 {
                    self.text()?;
                }
                Ok(1)
            }
            DOC => {
                self.refuse("a document within")?;
                self.text()?;
                self.value()?;
                Ok(1)
            }
            _ => Err(Malformed("a block of an unknown kind")),
        }
    }

    /// A value. Those within it are counted and not called for, so that depth costs a place in a list and not a
    /// place on the stack.
    fn value(&mut self) -> Looked {
        // Of each open array or object: how many values are still to come, and whether each has a name.
        let mut open: Vec<(u64, bool)> = Vec::new();
        loop {
            let kind = self.byte()?;
            match kind {
                119 => drop(self.text()?),
                125 => self.signed()?,
                124 => drop(self.take(4)?),
                123 => drop(self.take(8)?),
                // Undefined, null, false, true; a large integer; bytes.
                127 | 126 | 121 | 120 => self.refuse("a value that is no text and no number")?,
                122 => {
                    self.refuse("a value that is no text and no number")?;
                    self.take(8)?;
                }
                116 => {
                    self.refuse("a value that is no text and no number")?;
                    self.bytes()?;
                }
                118 | 117 => {
                    self.refuse("values within a value")?;
                    let count = self.number()?;
                    if count > self.rest.len() as u64 {
                        return Err(Malformed("a value counts more than it holds"));
                    }
                    if open.len() >= DEEPEST {
                        return Err(Unwanted("values are nested too deep"));
                    }
                    open.push((count, kind == 118));
                }
                _ => return Err(Malformed("a value of an unknown kind")),
            }
            // The next value that is still to come, of the innermost that is not at its end.
            loop {
                let Some((left, named)) = open.last_mut() else { return Ok(()) };
                if *left == 0 {
                    open.pop();
                    continue;
                }
                *left -= 1;
                if *named {
                    self.text()?;
                }
                break;
            }
        }
    }

    fn deletes(&mut self) -> Looked {
        let clients = self.number()?;
        if clients > MOST_CLIENTS {
            return Err(Malformed("an update speaks of too many clients"));
        }
        let mut last = None;
        for _ in 0..clients {
            let client = self.client()?;
            if self.strict && last == Some(client) {
                return Err(Malformed("an update names a client twice"));
            }
            last = Some(client);
            let ranges = self.number()?;
            if ranges > self.rest.len() as u64 {
                return Err(Malformed("an update counts more than it holds"));
            }
            for _ in 0..ranges {
                let start = self.clock()?;
                let end = start + self.length()?;
                if end > LARGEST_CLOCK {
                    return Err(Malformed("a clock is too large"));
                }
                self.found.deletes.push((client, start..end));
            }
        }
        Ok(())
    }

    /// Refuses what only stored updates may hold.
    fn refuse(&self, what: &'static str) -> Looked {
        if self.strict { Err(Unwanted(what)) } else { Ok(()) }
    }

    fn end(&self) -> Looked {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed("there are bytes after the end")) }
    }

    fn take(&mut self, n: usize) -> Looked<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Looked<u8> {
        self.take(1).map(|b| b[0])
    }

    /// A number of variable length, at most what JavaScript counts exactly.
    fn number(&mut self) -> Looked<u64> {
        let mut number = 0u64;
        for shift in (0..56).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed("a number is too long"))
    }

    /// An integer that may be negative: its first byte has room for six bits and the sign.
    fn signed(&mut self) -> Looked {
        for _ in 0..9 {
            if self.byte()? & 0x80 == 0 {
                return Ok(());
            }
        }
        Err(Malformed("a number is too long"))
    }

    fn client(&mut self) -> Looked<u64> {
        self.number().and_then(|n| if n < LARGEST_CLIENT { Ok(n) } else { Err(Malformed("a client's number is too large")) })
    }

    fn clock(&mut self) -> Looked<u64> {
        self.number().and_then(|n| if n <= LARGEST_CLOCK { Ok(n) } else { Err(Malformed("a clock is too large")) })
    }

    /// How many clocks something takes: at least one.
    fn length(&mut self) -> Looked<u64> {
        match self.clock()? {
            0 if self.strict => Err(Malformed("an empty block")),
            n => Ok(n),
        }
    }

    fn bytes(&mut self) -> Looked<&'b [u8]> {
        let length = usize::try_from(self.number()?).map_err(|_| Malformed("a length is too long"))?;
        self.take(length)
    }

    fn text(&mut self) -> Looked<&'b str> {
        let bytes = self.bytes()?;
        // No keyboard types a NUL, and PostgreSQL keeps none.
        if self.strict && bytes.contains(&0) {
            return Err(Unwanted("a text with a NUL"));
        }
        std::str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    /// An update of one block of one client, in the root `words`.
    fn update(block: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, 1, 5, 0];
        bytes.extend_from_slice(block);
        bytes.push(0);
        bytes
    }

    fn in_words(kind: u8, contents: &[u8]) -> Vec<u8> {
        let mut block = vec![kind, 1, 5];
        block.extend_from_slice(b"words");
        block.extend_from_slice(contents);
        update(&block)
    }

    #[test]
    fn text_strings_numbers_and_deletions_are_let_in() {
        let scanned = of_stranger(&in_words(STRING, &[3, b'a', b'b', b'c'])).unwrap();
        assert_eq!((scanned.blocks[&5].clone(), scanned.named), (0..3, vec![(5, 0..3, "words".to_string())]));
        assert!(of_stranger(&in_words(ANY, &[2, 119, 1, b'x', 125, 0x2a])).is_ok());
        assert!(of_stranger(&in_words(ANY, &[1, 123, 0, 0, 0, 0, 0, 0, 0, 0])).is_ok());
        assert!(of_stranger(&in_words(DELETED, &[7])).is_ok());
        assert_eq!(of_stranger(&[0, 0]).unwrap(), Scanned::default());
        let deletes = of_stranger(&[0, 1, 9, 2, 0, 3, 5, 1]).unwrap().deletes;
        assert_eq!(deletes, [(9, 0..3), (9, 5..6)]);
    }

    #[test]
    fn what_a_sheet_does_not_take_is_told_from_what_is_no_update() {
        assert!(matches!(of_stranger(&in_words(ANY, &[1, 117, 1, 117, 0])), Err(Unwanted(_))));
        assert!(matches!(of_stranger(&[255, 255, 3]), Err(Malformed(_))));
    }

    #[test]
    fn whatever_else_yjs_can_carry_is_not() {
        for (what, bytes) in [
            ("arrays in arrays", in_words(ANY, &[1, 117, 1, 117, 0])),
            ("an object", in_words(ANY, &[1, 118, 0])),
            ("true", in_words(ANY, &[1, 120])),
            ("bytes in a value", in_words(ANY, &[1, 116, 1, 0])),
            ("a subdocument", in_words(DOC, &[1, b'g', 118, 0])),
            ("a nested type", in_words(TYPE, &[0])),
            ("a mark", in_words(FORMAT, &[1, b'b', 4, b't', b'r', b'u', b'e'])),
            ("an embed", in_words(EMBED, &[2, b'{', b'}'])),
            ("JSON", in_words(JSON, &[1, 1, b'1'])),
            ("bytes", in_words(BINARY, &[1, 0])),
            ("a key", in_words(STRING | HAS_PARENT_SUB, &[1, b'k', 1, b'v'])),
            ("a block within another", update(&[STRING, 0, 5, 0, 1, b'x'])),
            ("a garbage block", update(&[GC, 3])),
            ("a gap", update(&[SKIP, 3])),
            ("an empty text", in_words(STRING, &[0])),
            ("a NUL", in_words(STRING, &[1, 0])),
            ("a NUL in a value", in_words(ANY, &[1, 119, 1, 0])),
            ("no place", update(&[STRING, 2, 1, b'x'])),
            ("a client twice", vec![2, 1, 5, 0, STRING, 1, 1, b'w', 1, b'a', 1, 5, 1, STRING, 1, 1, b'w', 1, b'b', 0]),
            ("bytes after the end", vec![0, 0, 0]),
            ("a count without contents", vec![255, 255, 3]),
            ("a clock beyond counting", vec![1, 1, 5, 255, 255, 255, 255, 15, STRING, 1, 1, b'w', 1, b'a', 0]),
        ] {
            assert!(of_stranger(&bytes).is_err(), "{what}");
        }
    }

    #[test]
    fn what_is_stored_is_held_to_depth_alone() {
        let nested = |depth: usize| in_words(ANY, &[&[1], [117, 1].repeat(depth).as_slice(), &[117, 0]].concat());
        assert!(of_stored(&nested(3)).is_ok());
        for depth in [DEEPEST + 1, 6_050, 100_000] {
            assert_eq!(of_stored(&nested(depth)), Err(Unwanted("values are nested too deep")));
        }
        let guid_and_options = [&[1, b'g'][..], [118, 1, 1, b'k'].repeat(5_000).as_slice(), &[126]].concat();
        assert!(of_stored(&in_words(DOC, &guid_and_options)).is_err());
        assert!(of_stored(&update(&[GC, 3])).unwrap().gaps);
        assert!(of_stored(&in_words(DOC, &[1, b'g', 118, 1, 1, b'k', 126])).is_ok());
    }

    #[test]
    fn an_update_follows_what_is_there() {
        let scanned =
            Scanned { blocks: BTreeMap::from([(5, 3..6)]), origins: vec![(7, 2), (5, 4)], deletes: vec![(7, 0..3)], ..Scanned::default() };
        let state = |five: u64, seven: u64| move |client: u64| if client == 5 { five } else { seven };
        assert!(scanned.follows(state(3, 3)));
        assert!(!scanned.follows(state(2, 3)), "its own blocks begin later");
        assert!(!scanned.follows(state(3, 2)), "what it stands beside, and what it deletes, is not there yet");
        assert_eq!(scanned.writers(state(3, 3)).collect::<Vec<_>>(), [5]);
        assert_eq!(scanned.writers(state(6, 3)).count(), 0, "nothing of it is new");
    }

    #[test]
    fn a_state_vector_is_looked_over() {
        assert!(vector(&[0]).is_ok());
        assert!(vector(&[1, 5, 3]).is_ok());
        for bytes in [&[1, 5][..], &[2, 5, 3], &[255, 255, 255, 127], &[0, 1]] {
            assert!(vector(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn fuzz_scan() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let strict = of_stranger(bytes);
            // Whatever strangers may send may be stored.
            assert!(strict.is_err() || of_stored(bytes) == strict);
            let _ = vector(bytes);
        });
    }
}
