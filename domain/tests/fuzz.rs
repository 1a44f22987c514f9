//! What parses text from outside never breaks, whatever it is given. `cargo test` runs the corpus and random inputs;
//! `cargo bolero test --package domain <name>` goes on for as long as one likes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::condition::Condition;
use domain::date::{Date, Instant};
use domain::guide::GuideMap;
use domain::plan::{Asked, Plan, Settings};
use test_support::rules::CATALOGUE;

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A condition is read or refused; what was read is written so that it reads the same.
#[test]
fn fuzz_condition() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Ok(condition) = Condition::parse(&text(bytes)) {
            let written = condition.to_string();
            assert_eq!(Condition::parse(&written), Ok(condition), "{written}");
        }
    });
}

/// An address gives answers and settings, or sentences; what it gives can be planned or is refused by name.
#[test]
fn fuzz_address() {
    let today: Date = "2026-11-24".parse().unwrap();
    bolero::check!().with_iterations(400).for_each(|bytes: &[u8]| {
        let query = text(bytes);
        let pairs = query.split('&').filter_map(|p| p.split_once('='));
        match Asked::from_pairs(&CATALOGUE, pairs, today) {
            Ok(asked) => {
                let map = GuideMap::new(&CATALOGUE, &asked.answers, asked.day);
                if let Err(wrong) = Plan::new(&CATALOGUE, &map, &asked.settings()) {
                    assert!(wrong.iter().all(|w| !w.field.is_empty() && !w.sentence.is_empty()));
                }
                let again = asked.to_query(&CATALOGUE, today);
                let pairs = again.split('&').filter_map(|p| p.split_once('='));
                assert_eq!(Asked::from_pairs(&CATALOGUE, pairs, today).unwrap().written, asked.written, "{again}");
            }
            Err(wrong) => assert!(!wrong.is_empty()),
        }
    });
}

/// Days and instants are read in one form only, and written in it.
#[test]
fn fuzz_date() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = text(bytes);
        if let Ok(day) = text.parse::<Date>() {
            assert_eq!(day.to_string(), text);
        }
        if let Ok(instant) = text.parse::<Instant>() {
            assert_eq!(instant.to_string(), text);
        }
    });
}

/// Settings and facts as files have them.
#[test]
fn fuzz_settings_file() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Ok(settings) = serde_json::from_slice::<Settings>(bytes) {
            let written = serde_json::to_string(&settings).unwrap();
            assert_eq!(serde_json::from_str::<Settings>(&written).unwrap(), settings);
        }
    });
}

/// A file is what its bytes say, or is not taken with a sentence; its name becomes one that no system stumbles over.
#[test]
fn fuzz_document() {
    use domain::media::{Beginning, Media, beginning, name, office};
    bolero::check!().for_each(|bytes: &[u8]| {
        match beginning(bytes) {
            Beginning::No(why) => assert!(!why.sentence().zh.is_empty()),
            Beginning::Is(media) => assert!(Media::ALL.iter().any(|row| row.0 == media)),
            Beginning::Zip => assert!(bytes.starts_with(b"PK")),
        }
        for media in [Media::Pdf, Media::Docx] {
            let name = name(&text(bytes), media);
            assert!(!name.contains(['/', '\\', '\0', '\n', '"']) && !name.starts_with('.'), "{name:?}");
            assert!(name.ends_with(media.ending()) && name.chars().count() <= 126, "{name:?}");
            assert_eq!(domain::media::name(&name, media), name, "a clean name stays");
        }
        let listed = text(bytes);
        let entries: Vec<(&str, u64)> = listed.split('\n').map(|line| (line, line.len() as u64 * 1_000)).collect();
        let _ = office(entries, 1000);
    });
}

/// What a correction is pinned to, as forms send it.
#[test]
fn fuzz_pin() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = text(bytes);
        if let Some(pin) = domain::project::review::Pin::from_code(&text) {
            assert_eq!(pin.code(), text);
        }
    });
}
