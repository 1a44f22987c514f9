//! Deriving the Shishan guide map, and folding a long project. Figures: docs/performance.md.

use divan::{Bencher, black_box};
use domain::account::By;
use domain::catalogue::Catalogue;
use domain::date::Instant;
use domain::guide::{Answers, GuideMap};
use domain::project::{Event, Opening, Project, consultation, start};
use test_support::catalogue::CATALOGUE;
use test_support::people::WANG;

fn main() {
    divan::main();
}

fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

fn shishan(catalogue: &Catalogue) -> Answers {
    let source = include_str!("../../catalogue/case-shishan.yaml");
    let case = domain::case::Case::read(catalogue, "case-shishan.yaml", source);
    case.map(|c| c.answers).unwrap_or_default()
}

#[divan::bench]
fn shishan_guide_map(bencher: Bencher) {
    let catalogue = catalogue();
    let (answers, day) = (shishan(catalogue), Instant::from_unix_micros(0).date());
    bencher.bench_local(|| black_box(GuideMap::new(catalogue, black_box(&answers), day)).entries.len());
}

#[divan::bench]
fn fold_2000_events(bencher: Bencher) {
    let catalogue = catalogue();
    let at = Instant::from_unix_micros(1_700_000_000_000_000);
    let actor = WANG.actor();
    let opening = Opening {
        name: "p".into(),
        area: "a".into(),
        owner: actor.firm.clone(),
        answers: shishan(catalogue),
        as_of: at.date(),
        lead: None,
        agent: None,
    };
    let mut events = start(catalogue, opening, By { actor: &actor, at }).unwrap_or_default();
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
            events[1..].iter().for_each(|event| project.apply(event, domain::project::Stamp { at, by: &actor.account, assumed: false }));
        }
        black_box(project)
    });
}
