//! Deriving the Shishan guide map, and folding a long project. Figures: docs/performance.md.

use divan::{Bencher, black_box};
use domain::account::By;
use domain::catalogue::{CALENDAR_FILE, Catalogue, FILES};
use domain::date::Instant;
use domain::guide::{Answers, GuideMap};
use domain::project::{Event, Opening, Project, Stamp, consultation, start};
use domain::role::Role;
use std::path::PathBuf;

fn main() {
    divan::main();
}

fn catalogue() -> Catalogue {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../catalogue");
    let files: Vec<(&str, String)> =
        FILES.into_iter().chain([CALENDAR_FILE]).filter_map(|n| Some((n, std::fs::read_to_string(dir.join(n)).ok()?))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(n, s)| (*n, s.as_str())).collect();
    Catalogue::read(&files).unwrap_or_else(|mistakes| unreachable!("{mistakes:?}"))
}

fn shishan(catalogue: &Catalogue) -> Answers {
    let source = include_str!("../../catalogue/case-shishan.yaml");
    let case = domain::case::Case::read(catalogue, "case-shishan.yaml", source);
    case.map(|c| c.answers).unwrap_or_default()
}

#[divan::bench]
fn shishan_guide_map(bencher: Bencher) {
    let catalogue = catalogue();
    let (answers, day) = (shishan(&catalogue), Instant::from_unix_micros(0).date());
    bencher.bench_local(|| black_box(GuideMap::new(&catalogue, black_box(&answers), day)).entries.len());
}

#[divan::bench]
fn fold_2000_events(bencher: Bencher) {
    let catalogue = catalogue();
    let at = Instant::from_unix_micros(1_700_000_000_000_000);
    let actor = domain::account::Actor {
        account: "wang".into(),
        role: Role::Enterprise,
        firm: "acme".into(),
        office: None,
        matters: Default::default(),
        stands_for: Default::default(),
    };
    let opening = Opening {
        name: "p".into(),
        area: "a".into(),
        owner: "acme".into(),
        answers: shishan(&catalogue),
        as_of: at.date(),
        lead: None,
        agent: None,
    };
    let mut events = start(&catalogue, opening, By { actor: &actor, at }).unwrap_or_default();
    for i in 0..1999 {
        let event = match i % 2 {
            0 => consultation::Event::Asked {
                matter: None, to: None, text: "要交哪些图纸？".into(), due: at.date(), edition: "e".into()
            },
            _ => consultation::Event::Answered { text: "总平面图、坐标和面积表。".into() },
        };
        events.push(Event::Consultation { id: domain::Id::from(format!("q{}", i / 2)), event });
    }
    bencher.bench_local(|| {
        let mut project = Project::open(&events[0], at, false);
        if let Some(project) = &mut project {
            events[1..].iter().for_each(|event| project.apply(event, Stamp { at, by: &actor.account, assumed: false }));
        }
        black_box(project)
    });
}
