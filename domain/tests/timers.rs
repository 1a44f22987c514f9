//! What happens to a project by itself, and when.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::account::By;
use domain::catalogue::{Kind, certifies};
use domain::date::Instant;
use domain::id::Id;
use domain::project::matter::{Event as M, Progress};
use domain::project::{Event, Project, Stamp};
use domain::rule::Rule;
use proptest::prelude::*;
use std::sync::LazyLock;
use test_support::rules::*;

const PERMIT: &str = "construction-planning-permit";

static BASE: LazyLock<Project> = LazyLock::new(|| Story::begin().project());

/// The project with a matter on file since a moment.
fn filed(matter: &str, preview: bool, at: Instant) -> Project {
    let mut project = BASE.clone();
    let event = Event::Matter { matter: matter.into(), event: M::Filed { preview } };
    project.apply(&event, Stamp { at, by: &"wang".into(), assumed: false });
    project
}

#[test]
fn a_licence_applied_for_waits_for_its_answer_and_nothing_else_does() {
    assert!(BASE.timers(&CATALOGUE).is_empty());
    let mut held = 0;
    for (id, tracked) in &BASE.matters {
        let kind = CATALOGUE.matter(id.as_str()).unwrap().kind;
        let timers = filed(id.as_str(), false, BASE.at).timers(&CATALOGUE);
        assert_eq!(timers.len(), usize::from(kind == Kind::Licence && certifies(&tracked.department)), "{id}");
        assert!(timers.iter().all(|timer| timer.rule == Rule::DeemedAcceptance && timer.subject == id.as_str()));
        assert!(filed(id.as_str(), true, BASE.at).timers(&CATALOGUE).is_empty(), "a pre-review is no application: {id}");
        held += timers.len();
    }
    assert!(held > 3, "{held}");
}

#[test]
fn nothing_happens_by_itself_to_history() {
    let mut project = filed(PERMIT, false, BASE.at);
    assert_eq!(project.timers(&CATALOGUE).len(), 1);
    project.assumed = true;
    assert!(project.timers(&CATALOGUE).is_empty());
}

proptest! {
    /// At whatever minute it comes in: five whole working days after the day it counts as received, and then once.
    #[test]
    fn five_working_days_after_receipt_and_not_a_minute_earlier(minutes in 0i64..120 * 24 * 60) {
        let calendar = CATALOGUE.calendar();
        let at = BASE.at.plus_seconds(minutes * 60);
        let mut project = filed(PERMIT, false, at);
        let timers = project.timers(&CATALOGUE);
        prop_assert_eq!(timers.len(), 1);
        let (due, command) = (timers[0].due, timers[0].command());
        let (received, last) = (calendar.received(at), due.plus_seconds(-1).date());
        prop_assert!(calendar.is_workday(last) && due.minute_of_day() == 0);
        prop_assert_eq!(calendar.between(received, last), 5);
        let actor = Rule::DeemedAcceptance.actor();
        let early = project.decide(&CATALOGUE, command.clone(), By { actor: &actor, at: due.plus_seconds(-1) });
        prop_assert!(early.is_err());
        let events = project.decide(&CATALOGUE, command.clone(), By { actor: &actor, at: due }).unwrap();
        events.iter().for_each(|event| project.apply(event, Stamp { at: due, by: &actor.account, assumed: false }));
        let matter = CATALOGUE.matter(PERMIT).unwrap();
        let promised = domain::guide::entry(matter, &project.profile(&CATALOGUE), project.as_of).promised_workdays.max(1);
        let progress = &project.matters[&Id::from(PERMIT)].progress;
        prop_assert_eq!(progress, &Progress::Accepted { due: calendar.add(at.date(), promised) });
        prop_assert!(project.timers(&CATALOGUE).is_empty());
        prop_assert!(project.decide(&CATALOGUE, command, By { actor: &actor, at: due }).is_err(), "once");
    }
}
