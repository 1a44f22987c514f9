//! What happens to a project by itself, and when (`Project::timers`).

use super::Command;
use crate::date::Instant;
use crate::rule::Rule;

/// Something that is to be done at a time, if the project is then still as it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct Timer {
    /// The rule that does it, and signs it.
    pub rule: Rule,
    /// What of the project: the same for as long as it is the same thing.
    pub subject: String,
    /// When that came about which it answers to: a filing, a promise.
    pub since: Instant,
    /// When it is to be done.
    pub due: Instant,
    command: Command,
}

impl Timer {
    /// A timer of a noun of the project.
    pub(super) fn new(rule: Rule, subject: String, since: Instant, due: Instant, command: Command) -> Timer {
        Timer { rule, subject, since, due, command }
    }

    /// What the rule then does.
    pub fn command(&self) -> Command {
        self.command.clone()
    }
}
