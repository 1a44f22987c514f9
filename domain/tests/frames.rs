//! Frames of strangers, made with the grammar in mind: every kind of block and value, clocks that jump, places that are
//! not there, deletions of what is not yet written. Whatever comes, nothing breaks, and what is let in is what it says.
//!
//! `make fuzz` goes on for longer: FUZZ_SECONDS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::catalogue::{Constraints, Field, FieldKind, Form};
use domain::sheet::document::Document;
use domain::sheet::protocol::Frame;
use domain::sheet::scan;
use domain::text::Text;
use std::time::Duration;
use yrs::block::ClientID;
use yrs::{StateVector, Transact};

fn form() -> Form {
    let field = |id: &str, kind| Field {
        id: id.into(),
        name: Text::same(id),
        kind,
        group: "land".into(),
        provider: "enterprise".into(),
        unit: None,
        produced_by: None,
        validation: None,
        constraints: Constraints::default(),
        options: Vec::new(),
        answer: None,
        readers: None,
    };
    Form { fields: vec![field("words", FieldKind::Text), field("sum", FieldKind::Money)], ..Form::default() }
}

/// A program of bytes: each choice takes one, and after its end all are 0. And whether a block was made with two neighbours.
struct Choices<'b>(&'b [u8], bool);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, n: u8) -> u8 {
        self.byte() % n
    }

    /// Mostly small, at times at the edge of what fits.
    fn clock(&mut self) -> u64 {
        match self.byte() {
            250 => (1 << 31) - 1,
            251 => 1 << 31,
            252 => u64::from(u32::MAX),
            253 => 1 << 53,
            254 => (1 << 31) - 20,
            255 => 1 << 40,
            n => u64::from(n % 24),
        }
    }
}

fn number(bytes: &mut Vec<u8>, mut n: u64) {
    while n > 0x7f {
        bytes.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

const TEXTS: [&str; 6] = ["", "a", "厂房", "😀x😀", "\u{0}", "long long long long long long long text"];

fn value(bytes: &mut Vec<u8>, c: &mut Choices<'_>, depth: u32) {
    match c.below(14) {
        0 => bytes.push(127),
        1 => bytes.push(120),
        2 => bytes.extend([122, 0, 0, 0, 0, 0, 0, 0, 9]),
        3 => bytes.extend([116, 2, 1, 2]),
        4 if depth < 700 => {
            bytes.push(117);
            let n = if c.byte() > 250 { 200 } else { u64::from(c.below(3)) };
            number(bytes, n);
            for _ in 0..n.min(3) {
                value(bytes, c, depth + 1);
            }
        }
        5 if depth < 700 => {
            bytes.extend([118, 1]);
            text(bytes, "key");
            value(bytes, c, depth + 1);
        }
        6 => bytes.extend([125, 0xc0 | c.below(63), 0x01]),
        7 => bytes.extend([123, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]),
        8 => bytes.extend([124, 0x3f, 0xc0, 0, 0]),
        9 => bytes.push(c.byte()),
        // Arrays in arrays, deep.
        10 if depth == 0 => {
            for _ in 0..u32::from(c.byte()) * 8 {
                bytes.extend([117, 1]);
            }
            bytes.extend([117, 0]);
        }
        _ => {
            bytes.push(119);
            text(bytes, TEXTS[usize::from(c.below(6))]);
        }
    }
}

fn block(bytes: &mut Vec<u8>, c: &mut Choices<'_>) {
    let kind = match c.byte() {
        n if n < 110 => 4,
        n if n < 150 => 8,
        n if n < 170 => 1,
        n => n % 32,
    };
    let flags = match c.below(6) {
        0 => 0x80,
        1 => 0x40,
        2 => 0xc0,
        3 if c.byte() > 200 => 0x20,
        _ => 0,
    };
    bytes.push(kind | flags);
    c.1 |= flags & 0xc0 == 0xc0;
    if kind == 0 || kind == 10 {
        number(bytes, c.clock());
        return;
    }
    for _ in 0..u32::from(flags & 0xc0).count_ones() {
        number(bytes, u64::from(c.below(4)) + 1);
        number(bytes, c.clock());
    }
    if flags & 0xc0 == 0 {
        if c.byte() > 240 {
            bytes.extend([0, 1, c.below(9)]);
        } else {
            bytes.push(1);
            text(bytes, ["words", "sum", "other", ""][usize::from(c.byte() / 100)]);
        }
        if flags & 0x20 != 0 {
            text(bytes, "key");
        }
    }
    match kind {
        1 => number(bytes, c.clock()),
        3..=5 => text(bytes, TEXTS[usize::from(c.below(6))]),
        6 => {
            text(bytes, "bold");
            text(bytes, "true");
        }
        7 => bytes.push(c.below(9)),
        9 => {
            text(bytes, "guid");
            value(bytes, c, 0);
        }
        _ => {
            let n = c.below(3) + u8::from(c.byte() > 20);
            number(bytes, u64::from(n));
            for _ in 0..n {
                value(bytes, c, 0);
            }
        }
    }
}

/// An update as somebody could send it who knows the grammar and keeps to none of its rules.
fn update(c: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let clients = c.below(4);
    number(&mut bytes, u64::from(clients));
    for _ in 0..clients {
        let blocks = c.below(4);
        number(&mut bytes, u64::from(blocks) + u64::from(c.byte() > 250));
        number(&mut bytes, u64::from(c.below(4)) + 1);
        number(&mut bytes, c.clock());
        for _ in 0..blocks {
            block(&mut bytes, c);
        }
    }
    let deleted = c.below(3);
    number(&mut bytes, u64::from(deleted));
    for _ in 0..deleted {
        number(&mut bytes, u64::from(c.below(4)) + 1);
        let ranges = c.below(3);
        number(&mut bytes, u64::from(ranges));
        for _ in 0..ranges {
            number(&mut bytes, c.clock());
            number(&mut bytes, c.clock());
        }
    }
    if c.byte() > 250 {
        bytes.push(0);
    }
    bytes
}

/// What clients 1 and 2 have written honestly.
fn begun(form: &Form) -> Document {
    let document = Document::new(form, "land", 9);
    for client in [1, 2] {
        let writer = Document::new(form, "land", client);
        writer.apply(&document.whole()).unwrap();
        for (field, to) in [("words", "新建😀厂房"), ("sum", "80000"), ("words", "新建厂房二栋"), ("sum", "90000")] {
            let field = writer.field(field).unwrap().clone();
            writer.set(&mut writer.doc.transact_mut(), &field, to);
        }
        document.apply(&writer.whole()).unwrap();
    }
    document
}

#[test]
fn fuzz_strangers_updates() {
    let form = form();
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(20);
    let start = begun(&form).whole();
    bolero::check!().with_test_time(Duration::from_secs(seconds)).with_max_len(400).for_each(|program: &[u8]| {
        let mut choices = Choices(program, false);
        let mut document = Document::new(&form, "land", 9);
        document.apply(&start).unwrap();
        let mut stored = vec![start.clone()];
        for _ in 0..3 {
            let bytes = update(&mut choices);
            let frame = Frame::Update(bytes.clone());
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            // An earlier release may have stored it: decoding it is safe, or it is passed over.
            if scan::of_stored(&bytes).is_ok() {
                let old = Document::new(&form, "land", 8);
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| old.apply(&bytes)));
            }
            let Ok(scanned) = document.look_over(&bytes) else { continue };
            let vector = document.state();
            let state = |client: u64| u64::from(vector.get(&ClientID::new(client)));
            if !scanned.follows(state) {
                continue;
            }
            let known = document.holds(&bytes);
            match document.try_apply(&bytes) {
                Ok(applied) if !applied.incomplete => {
                    assert!(!known || applied.nothing, "what is held brings nothing: {bytes:?}");
                    let after = document.state();
                    for (client, range) in &scanned.blocks {
                        let clock = u64::from(after.get(&ClientID::new(*client)));
                        assert_eq!(clock, state(*client).max(range.end), "a clock goes as far as the update says: {bytes:?}");
                    }
                    if !applied.nothing && scanned.writers(state).next().is_some() {
                        assert!(!applied.changed.is_empty(), "who moves a clock changes a field: {bytes:?}");
                    }
                    let changed: Option<Vec<_>> = applied.changed.iter().map(Option::as_ref).collect();
                    let fits = changed.is_some_and(|fields| document.fits(&fields, &scanned).is_ok());
                    if applied.nothing {
                        assert!(scanned.writers(state).next().is_none(), "nothing is new: {bytes:?}");
                    } else if fits {
                        stored.push(bytes);
                    } else {
                        document = Document::new(&form, "land", 9);
                        document.apply_all(stored.iter().map(Vec::as_slice)).unwrap();
                    }
                }
                // Refused: the document is made anew of what is stored.
                _ => {
                    document = Document::new(&form, "land", 9);
                    document.apply_all(stored.iter().map(Vec::as_slice)).unwrap();
                }
            }
            let mut vector = StateVector::default();
            vector.set_max(ClientID::new(u64::from(choices.below(3))), u32::from(choices.byte()));
            let _ = document.missing(&vector);
        }
        // What was let in can be read again, one by one and as a whole, and says the same.
        let (again, whole) = (Document::new(&form, "land", 7), Document::new(&form, "land", 6));
        again.apply_all(stored.iter().map(Vec::as_slice)).unwrap();
        whole.apply(&document.whole()).unwrap();
        // (Two neighbours that stand the wrong way round, or apart, no honest client names. The library then puts a block where
        // the order of arrival says: decision 0020.)
        if !choices.1 {
            let shown: Vec<_> = stored[1..].iter().map(|u| (u, scan::of_stored(u))).collect();
            assert_eq!(again.values(), document.values(), "{shown:?}");
            assert_eq!(whole.values(), document.values(), "{shown:?}");
        }
        assert!(!scan::of_stored(&document.whole()).unwrap().gaps, "nothing without contents was let in");
    });
}

#[test]
fn fuzz_state_vectors() {
    let document = std::panic::AssertUnwindSafe(begun(&form()));
    bolero::check!().for_each(|bytes: &[u8]| {
        let document = &document;
        let mut frame = vec![0, 0];
        number(&mut frame, bytes.len() as u64);
        frame.extend_from_slice(bytes);
        if let Ok(Frame::Have(vector)) = Frame::decode(&frame) {
            let _ = document.missing(&vector);
        }
    });
}

/// The case it began with: arrays in arrays, which end a process that decodes them.
#[test]
fn nested_arrays_are_refused_before_they_are_decoded() {
    let document = Document::new(&form(), "land", 9);
    for depth in [1usize, 100, 6_200, 250_000] {
        for reader_only in [true, false] {
            let mut bytes = vec![1, 1, 5, 0, 8, 1, 3];
            bytes.extend_from_slice(b"sum");
            bytes.push(1);
            bytes.extend([117, 1].repeat(depth));
            bytes.extend([117, 0, 0]);
            if reader_only {
                assert!(!document.holds(&bytes) || depth < 512);
            }
            assert!(document.look_over(&bytes).is_err(), "{depth}");
            assert!(document.try_apply(&bytes).is_err(), "{depth}");
        }
    }
}
