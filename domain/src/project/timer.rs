//! What happens to a project by itself, and when: a pure function of its state.
//!
//! A project that replays a documented case, or rests on assumptions in any other way, is history or a guess about it: nothing
//! happens to it by itself.

use super::{Command, Project, matter, submission};
use crate::catalogue::Catalogue;
use crate::date::Instant;
use crate::rule::Rule;

/// Something that is to be done at a time, if the project is then still as it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct Timer {
    /// The rule that does it, and signs it.
    pub rule: Rule,
    /// What of the project: the same for as long as it is the same thing.
    pub subject: String,
    /// When it is to be done.
    pub due: Instant,
    command: Command,
}

impl Timer {
    /// A timer of a noun of the project.
    pub(super) fn new(rule: Rule, subject: String, due: Instant, command: Command) -> Timer {
        Timer { rule, subject, due, command }
    }

    /// What the rule then does.
    pub fn command(&self) -> Command {
        self.command.clone()
    }
}

impl Project {
    /// The timers that its state asks for. When one's command was carried out, the state asks for it no more.
    pub fn timers(&self, catalogue: &Catalogue) -> Vec<Timer> {
        if self.assumed {
            return Vec::new();
        }
        let mut timers = matter::deemed::timers(self, catalogue);
        timers.extend(submission::reminder::timers(self));
        timers
    }
}
