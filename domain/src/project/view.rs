//! What a page of a project begins with, and what the live feed brings after it.

use crate::account::{Account, Actor, Person};
use crate::catalogue::Matter;
use crate::id::Id;
use crate::log::Recorded;
use crate::project::{Event, Project};
use crate::rule::Rule;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version after the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Done {
    /// How many events the project has now.
    pub version: u64,
}

/// A project for one viewer: what the page begins with; the live feed continues after `seq`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct View {
    /// Which project.
    pub id: Id<Project>,
    /// As far as the viewer may know it.
    pub project: Project,
    /// The latest events the viewer may see, oldest first.
    pub recent: Vec<Recorded<Event>>,
    /// The cursor of the live feed.
    pub seq: u64,
    /// People who have to do with the project: whoever acted or is named, serves it, or could be asked.
    pub people: BTreeMap<Id<Account>, Person>,
    /// The backbone officer of each matter that has one.
    pub backbones: BTreeMap<Id<Matter>, Id<Account>>,
    /// Who looks at it.
    pub viewer: Actor,
    /// What the firm is called whose project it is.
    pub owner_name: String,
    /// Random; the keys of the page's forms are made from it.
    pub seed: String,
}

/// An event of the live feed, with the people behind it: names stand outside the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FeedEvent {
    /// The event, as the viewer may know it.
    pub recorded: Recorded<Event>,
    /// Who did it, and whom it names, as far as they are known.
    pub people: Vec<Person>,
}

impl View {
    /// Folds what the live feed brought. `false`: something in between is missing, and the page must be
    /// read again; what is already known is passed over.
    #[must_use]
    pub fn hear(&mut self, told: FeedEvent) -> bool {
        let version = told.recorded.version();
        if version <= self.project.version {
            return true;
        }
        if version != self.project.version + 1 {
            return false;
        }
        self.project.record(&told.recorded);
        self.seq = told.recorded.seq();
        for person in told.people {
            self.people.insert(person.account.clone(), person);
        }
        self.recent.push(told.recorded);
        true
    }

    /// Who did something, as a reader sees it: a person by name where it is known, a rule by its own in both languages. Rules
    /// are not among the people: what a rule is called is in the program on both sides.
    pub fn who(&self, account: &Id<Account>) -> Option<Text> {
        Rule::of(account).map(Rule::name).or_else(|| self.name(account).map(Text::same))
    }

    /// A person's name, where it is known.
    pub fn name(&self, account: &Id<Account>) -> Option<String> {
        self.people.get(account).map(|p| p.name.clone())
    }
}
