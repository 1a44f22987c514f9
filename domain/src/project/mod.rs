//! A project: the fold of its events. The browser and the server fold the same events into the same
//! project and ask the same `decide` what is allowed.

pub mod card;
pub mod certificate;
pub mod consultation;
pub mod difficulty;
mod event;
pub mod filing;
pub mod library;
pub mod matter;
mod note;
mod opening;
pub mod plan;
pub mod policy;
pub mod review;
pub mod sheet;
pub mod submission;
pub mod team;
pub mod timeline;
pub mod timer;
pub mod turn;
pub mod view;
pub mod work;

pub use event::{Command, Event, Request, Subject};
pub use note::Note;
pub use opening::{Opening, may_start, start};

use crate::account::{Account, Actor, By, Firm};
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::date::{Date, Instant};
use crate::guide::{Answers, Profile};
use crate::id::Id;
use crate::log::{Audience, Recorded, Stream};
use crate::refusal::{Refusal, not_now};
use crate::role::Role;
use consultation::Consultation;
use difficulty::Difficulty;
use library::Library;
use matter::Tracked;
use policy::{Right, may};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use submission::Submission;
use team::Team;

/// A project as far as its viewer may know it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Project {
    /// Events folded, sealed ones included.
    pub version: u64,
    /// When the last event happened.
    pub at: Instant,
    /// What its owner called it.
    pub name: String,
    /// The area it lies in, which decides the lead officer.
    pub area: String,
    /// The firm whose project it is.
    pub owner: Id<Firm>,
    /// What was answered, from which its matters follow.
    pub answers: Answers,
    /// The day whose law applies.
    pub as_of: Date,
    /// The catalogue's edition the matters were listed with.
    pub edition: String,
    /// When it was started.
    pub started_at: Instant,
    /// Its matters, each with what was done.
    pub matters: BTreeMap<Id<Matter>, Tracked>,
    /// The offices that have a matter in it.
    pub offices: BTreeSet<Id<Organisation>>,
    /// Who serves it.
    pub team: Team,
    /// The questions that were asked.
    pub consultations: BTreeMap<Id<Consultation>, Consultation>,
    /// The difficulties that were raised.
    pub difficulties: BTreeMap<Id<Difficulty>, Difficulty>,
    /// Milestones that remarks say were reached, oldest first, with when.
    pub milestones: Vec<(String, Instant)>,
    /// The plan in force, and how its dates moved.
    #[serde(default)]
    pub plan: Option<plan::Adopted>,
    /// How the plan's dates moved, oldest first.
    #[serde(default)]
    pub plan_trail: Vec<plan::Change>,
    /// Who confirmed which state of the data sheet.
    #[serde(default)]
    pub sheet: sheet::State,
    /// Its documents.
    #[serde(default)]
    pub library: Library,
    /// The packages that were filed.
    #[serde(default)]
    pub submissions: BTreeMap<Id<Submission>, Submission>,
    /// By their numbers.
    #[serde(default)]
    pub certificates: BTreeMap<String, certificate::IssuedCertificate>,
    /// Certificates that were issued several at once, oldest first.
    #[serde(default)]
    pub joint: Vec<certificate::Joint>,
    /// Whether anything here rests on assumptions (a replayed case).
    pub assumed: bool,
}

impl Project {
    /// From the first event of a stream; `None` when that is not a start.
    pub fn open(event: &Event, at: Instant, assumed: bool) -> Option<Project> {
        let Event::Started { opening, edition, matters } = event else { return None };
        Some(Project {
            version: 1,
            at,
            name: opening.name.clone(),
            area: opening.area.clone(),
            owner: opening.owner.clone(),
            answers: opening.answers.clone(),
            as_of: opening.as_of,
            edition: edition.clone(),
            started_at: at,
            offices: matters.iter().map(|(_, office)| office.clone()).collect(),
            matters: matters.iter().map(|(id, office)| (id.clone(), Tracked::new(office.clone()))).collect(),
            team: Team { lead: opening.lead.clone(), agent: opening.agent.clone() },
            consultations: BTreeMap::new(),
            difficulties: BTreeMap::new(),
            milestones: Vec::new(),
            plan: None,
            plan_trail: Vec::new(),
            sheet: sheet::State::default(),
            library: Library::new(),
            submissions: BTreeMap::new(),
            certificates: BTreeMap::new(),
            joint: Vec::new(),
            assumed,
        })
    }

    /// Folds a stream; `None` when it does not begin with a start that the viewer may see.
    pub fn fold<'e>(events: impl IntoIterator<Item = &'e Recorded<Event>>) -> Option<Project> {
        let mut events = events.into_iter();
        let mut project = match events.next()? {
            Recorded::Open { event, meta, assumed, .. } => Project::open(event, meta.at, *assumed)?,
            Recorded::Sealed { .. } => return None,
        };
        events.for_each(|recorded| project.record(recorded));
        Some(project)
    }

    /// The next event of the stream. Callers see to the order: `version` must be the next one.
    pub fn record(&mut self, recorded: &Recorded<Event>) {
        self.version = recorded.version();
        if let Recorded::Open { event, meta, assumed, .. } = recorded {
            self.apply(event, Stamp { at: meta.at, by: &meta.actor, assumed: *assumed });
        }
    }

    /// Folds one event, which happened then and was done by them.
    pub fn apply(&mut self, event: &Event, stamp: Stamp) {
        self.at = stamp.at;
        self.assumed |= stamp.assumed;
        event::apply(self, event, stamp);
    }

    /// The value of every attribute, as the catalogue derives it from the answers.
    pub fn profile(&self, catalogue: &Catalogue) -> Profile {
        Profile::new(catalogue, &self.answers)
    }

    /// How much an actor may know; `None`: not even that the project exists.
    pub fn clearance(&self, actor: &Actor) -> Option<Audience> {
        if may(actor, &Right::ViewInternal, Some(self)) {
            Some(Audience::Government)
        } else {
            may(actor, &Right::View, Some(self)).then_some(Audience::Parties)
        }
    }

    /// What a command makes happen.
    ///
    /// # Errors
    /// Why not, as a sentence for the person.
    pub fn decide(&self, catalogue: &Catalogue, command: Command, by: By) -> Result<Vec<Event>, Refusal> {
        self.right(by.actor, &command.right(self, catalogue))?;
        if by.at < self.at {
            return not_now("时间早于上一条记录。", "This is earlier than the last entry of the log.");
        }
        event::decide(self, catalogue, command, by)
    }

    /// Whether somebody may do this at all; for showing or hiding a form.
    pub fn may(&self, actor: &Actor, right: &Right) -> bool {
        may(actor, right, Some(self))
    }

    /// That somebody has a right, asked before anything else: nothing else may tell what there is.
    ///
    /// # Errors
    /// `Unknown` to whom the project does not exist, else `NotYours`.
    pub fn right(&self, actor: &Actor, right: &Right) -> Result<(), Refusal> {
        match () {
            // A rule that acts by itself reads nothing for anybody.
            () if !self.may(actor, &Right::View) && actor.role != Role::Rule => Err(Refusal::Unknown),
            () if self.may(actor, right) => Ok(()),
            () => Err(right.refusal(actor)),
        }
    }

    /// What is to happen by itself, and when: what its state asks for. When a timer's command was carried out, the state asks
    /// for it no more. A project that replays a documented case, or rests on assumptions in any other way, is history or a guess
    /// about it: nothing happens to it by itself.
    pub fn timers(&self, catalogue: &Catalogue) -> Vec<timer::Timer> {
        if self.assumed {
            return Vec::new();
        }
        let mut timers = matter::deemed::timers(self, catalogue);
        timers.extend(submission::notice::timers(self));
        timers
    }

    /// That a matter, where one is named, is one of the project's.
    ///
    /// # Errors
    /// `Unknown`.
    fn known(&self, matter: Option<&Id<Matter>>) -> Result<(), Refusal> {
        match matter {
            Some(id) if !self.matters.contains_key(id) => Err(Refusal::Unknown),
            _ => Ok(()),
        }
    }
}

/// When an event happened, who did it, and whether the log knows that or assumes it (a replayed case).
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// When it happened.
    pub at: Instant,
    /// Who did it.
    pub by: &'a Id<Account>,
    /// The log assumes it (a replayed case).
    pub assumed: bool,
}

/// Folds an event into the thing it is about, which the first event about it opens.
fn open_or_apply<T>(things: &mut BTreeMap<Id<T>, T>, id: &Id<T>, open: impl FnOnce() -> Option<T>, apply: impl FnOnce(&mut T)) {
    match things.get_mut(id) {
        Some(thing) => apply(thing),
        None => {
            if let Some(thing) = open() {
                things.insert(id.clone(), thing);
            }
        }
    }
}

impl Stream for Project {
    const KIND: &'static str = "project";
    type Event = Event;

    fn kind(event: &Event) -> &'static str {
        event.kind()
    }

    fn audience(event: &Event) -> Audience {
        event.audience()
    }
}
