//! The log as it was written is read for ever. Each kind of event has a frozen line in `frozen/`; a new kind does not compile
//! without a name here, and fails without a line there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use domain::deputy::{self, Substitution};
use domain::log::Stream;
use domain::project::certificate::Event as Z;
use domain::project::consultation::Event as C;
use domain::project::difficulty::Event as D;
use domain::project::library::Event as F;
use domain::project::matter::Event as M;
use domain::project::plan::Event as P;
use domain::project::sheet::Event as S;
use domain::project::submission::Event as U;
use domain::project::team::Event as T;
use domain::project::{Event, Project};
use std::collections::BTreeMap;

/// The kinds of a stream. The list and the match are one text: an event without a line here does not compile.
macro_rules! kinds {
    ($list:ident, $of:ident, $event:ty: $($pattern:pat => $kind:literal,)*) => {
        const $list: &[&str] = &[$($kind),*];
        fn $of(event: &$event) -> &'static str {
            match event { $($pattern => $kind,)* }
        }
    };
}

kinds! { PROJECT, of_project, Event:
    Event::Started { .. } => "project.started",
    Event::Noted { .. } => "project.noted",
    Event::Plan { event: P::Adopted { .. } } => "plan.adopted",
    Event::Team { event: T::LeadAppointed { .. } } => "team.lead_appointed",
    Event::Team { event: T::AgentAppointed { .. } } => "team.agent_appointed",
    Event::Matter { event: M::Prepared, .. } => "matter.prepared",
    Event::Matter { event: M::Filed { .. }, .. } => "matter.filed",
    Event::Matter { event: M::Accepted { .. }, .. } => "matter.accepted",
    Event::Matter { event: M::DeemedAccepted { .. }, .. } => "matter.deemed_accepted",
    Event::Matter { event: M::Paused { .. }, .. } => "matter.paused",
    Event::Matter { event: M::Resumed { .. }, .. } => "matter.resumed",
    Event::Matter { event: M::PreReviewed { .. }, .. } => "matter.pre_reviewed",
    Event::Matter { event: M::Decided, .. } => "matter.decided",
    Event::Matter { event: M::Issued, .. } => "matter.issued",
    Event::Matter { event: M::Refused { .. }, .. } => "matter.refused",
    Event::Matter { event: M::Exempted { .. }, .. } => "matter.exempted",
    Event::Matter { event: M::Returned { .. }, .. } => "matter.returned",
    Event::Matter { event: M::Withdrawn { .. }, .. } => "matter.withdrawn",
    Event::Matter { event: M::Lapsed { .. }, .. } => "matter.lapsed",
    Event::Matter { event: M::Extended { .. }, .. } => "matter.extended",
    Event::Matter { event: M::Elsewhere { .. }, .. } => "matter.elsewhere",
    Event::Matter { event: M::Claimed { .. }, .. } => "matter.claimed",
    Event::Matter { event: M::Released, .. } => "matter.released",
    Event::Consultation { event: C::Asked { .. }, .. } => "consultation.asked",
    Event::Consultation { event: C::Answered { .. }, .. } => "consultation.answered",
    Event::Consultation { event: C::AskedAgain { .. }, .. } => "consultation.asked_again",
    Event::Consultation { event: C::Closed, .. } => "consultation.closed",
    Event::Difficulty { event: D::Raised { .. }, .. } => "difficulty.raised",
    Event::Difficulty { event: D::Appointed { .. }, .. } => "difficulty.appointed",
    Event::Difficulty { event: D::Proposed { .. }, .. } => "difficulty.proposed",
    Event::Difficulty { event: D::Accepted { .. }, .. } => "difficulty.accepted",
    Event::Difficulty { event: D::Resolved { .. }, .. } => "difficulty.resolved",
    Event::Sheet { event: S::Confirmed { .. } } => "sheet.confirmed",
    Event::Sheet { event: S::Ready { .. } } => "sheet.ready",
    Event::Sheet { event: S::Unready { .. } } => "sheet.unready",
    Event::Document { event: F::Added { .. }, .. } => "document.added",
    Event::Document { event: F::Replaced { .. }, .. } => "document.replaced",
    Event::Document { event: F::Sorted { .. }, .. } => "document.sorted",
    Event::Document { event: F::Limited { .. }, .. } => "document.limited",
    Event::Document { event: F::Removed { .. }, .. } => "document.removed",
    Event::Submission { event: U::Filed { .. }, .. } => "submission.filed",
    Event::Submission { event: U::Opined { .. }, .. } => "submission.opined",
    Event::Submission { event: U::Notified { .. }, .. } => "submission.notified",
    Event::Submission { event: U::Returned { .. }, .. } => "submission.returned",
    Event::Submission { event: U::Converted { .. }, .. } => "submission.converted",
    Event::Submission { event: U::Supplied { .. }, .. } => "submission.supplied",
    Event::Submission { event: U::PromiseDue { .. }, .. } => "submission.promise_due",
    Event::Submission { event: U::Withdrawn { .. }, .. } => "submission.withdrawn",
    Event::Submission { event: U::Lapsed { .. }, .. } => "submission.lapsed",
    Event::Certificate { event: Z::Issued { .. } } => "certificate.issued",
    Event::Certificate { event: Z::IssuedJointly { .. } } => "certificate.issued_jointly",
    Event::Certificate { event: Z::Corrected { .. } } => "certificate.corrected",
    Event::Certificate { event: Z::Revoked { .. } } => "certificate.revoked",
}

kinds! { DEPUTY, of_deputy, deputy::Event:
    deputy::Event::Appointed { .. } => "deputy.appointed",
    deputy::Event::Ended => "deputy.ended",
}

/// Each line of a frozen file is read as the event it says, and written as it stands.
fn is_read_as_it_was_written<S: Stream>(file: &str, kinds: &[&str], named: fn(&S::Event) -> &'static str) {
    let lines: BTreeMap<&str, &str> = file.lines().map(|line| line.split_once('\t').unwrap()).collect();
    for kind in kinds {
        let line = lines.get(kind).unwrap_or_else(|| panic!("`{kind}` has no frozen line"));
        let event: S::Event = serde_json::from_str(line).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert_eq!((S::kind(&event), named(&event)), (*kind, *kind));
        assert_eq!(serde_json::to_string(&event).unwrap(), *line, "{kind}");
    }
    assert_eq!(lines.len(), kinds.len(), "a kind that is gone: its events are on the logs of portals");
}

#[test]
fn each_kind_of_event_is_read_as_it_was_first_written() {
    is_read_as_it_was_written::<Project>(include_str!("frozen/project.txt"), PROJECT, of_project);
    is_read_as_it_was_written::<Substitution>(include_str!("frozen/deputy.txt"), DEPUTY, of_deputy);
}
