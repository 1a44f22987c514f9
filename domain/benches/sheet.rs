//! The data sheet: what is missing over all matters; a document after years of writing. Figures: docs/performance.md.

use divan::{Bencher, black_box};
use domain::account::By;
use domain::catalogue::{Catalogue, Form};
use domain::guide::Answers;
use domain::project::sheet::{State, beginning, missing, needs};
use domain::project::{Opening, Project, start};
use domain::sheet::document::Document;
use domain::sheet::{Entries, Entry};
use std::sync::LazyLock;
use test_support::catalogue::CATALOGUE;
use test_support::people::WANG;
use yrs::{ReadTxn, Transact};

fn main() {
    divan::main();
}

fn project(catalogue: &Catalogue) -> Option<(Project, domain::date::Instant)> {
    let at: domain::date::Instant = "2024-09-26T02:00:00.000000Z".parse().ok()?;
    let actor = WANG.actor();
    let opening = Opening {
        name: "测量".into(),
        area: "狮山".into(),
        owner: actor.firm.clone(),
        answers: Answers::default(),
        as_of: at.date(),
        lead: None,
        agent: None,
    };
    let events = start(catalogue, opening, By { actor: &actor, at }).ok()?;
    Some((Project::open(events.first()?, at, false)?, at))
}

/// What is still missing, over all matters of a project: computed at every keystroke of everybody.
#[divan::bench]
fn what_is_missing(bencher: Bencher) {
    let catalogue = &*CATALOGUE;
    let Some((project, at)) = project(catalogue) else { return };
    let form = &catalogue.form;
    let entry = |value: String| Entry { value, by: WANG.login.into(), at, seq: 1, own: true };
    let mut entries: Entries = beginning(&project, "公司", form).into_iter().map(|(id, value)| (id, entry(value))).collect();
    for field in &form.fields {
        entries.entry(field.id.clone()).or_insert_with(|| entry("2026-01-01".into()));
    }
    let state = State::default();
    bencher.bench(|| missing(&needs(black_box(&project), catalogue, form), form, &entries, &state).len());
}

/// 100,000 edits by 40 sessions over the fields of a section.
static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let catalogue = &*CATALOGUE;
    let form: &Form = &catalogue.form;
    let mut whole = Vec::new();
    for session in 0..40u64 {
        let document = Document::new(form, "project", 1 + session);
        if !whole.is_empty() && document.apply(&whole).is_err() {
            return Vec::new();
        }
        let fields = document.fields().to_vec();
        for i in 0..2_500usize {
            let field = &fields[i % fields.len()];
            let text = format!("第 {session} 次第 {i} 稿：新建厂房 {} 栋", i % 9);
            document.set(&mut document.doc.transact_mut(), field, &text);
        }
        whole = document.whole();
    }
    assert!(whole.len() < 1_000_000, "a section after 100,000 edits: {} bytes", whole.len());
    whole
});

#[divan::bench]
fn opening_after_100_000_edits(bencher: Bencher) {
    let catalogue = &*CATALOGUE;
    let whole = &*WRITTEN;
    bencher.bench(|| {
        let document = Document::new(&catalogue.form, "project", 999);
        let applied = document.apply(black_box(whole)).is_ok();
        (applied, document.doc.transact().state_vector().len())
    });
}
