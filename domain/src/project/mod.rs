//! A project: the fold of its events. The browser and the server fold the same events into the same
//! project and ask the same `decide` what is allowed.

mod event;
mod rights;

pub use event::{Command, Event, Subject};
pub use rights::may_start;

use crate::account::{Account, Actor, Firm};
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::certificate;
use crate::consultation::{self, Consultation};
use crate::date::{Date, Instant};
use crate::difficulty::{self, Difficulty};
use crate::guide::{Answers, GuideMap, Profile};
use crate::id::Id;
use crate::log::{Audience, By, Recorded};
use crate::material::{self, Library};
use crate::matter::{self, Tracked};
use crate::plan::adopted;
use crate::policy::{Action, may};
use crate::refusal::{LONGEST_TEXT, Refusal, not_now, written};
use crate::sheet;
use crate::submission::{self, Submission};
use crate::team::{self, Team};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a new project begins with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Opening {
    pub name: String,
    /// The area decides the lead officer (一区域一首席).
    pub area: String,
    pub owner: Id<Firm>,
    pub answers: Answers,
    /// The day whose law applies.
    pub as_of: Date,
    pub lead: Option<Id<Account>>,
    pub agent: Option<Id<Account>>,
}

/// A remark in the log: a meeting held, a milestone reached, an inspection.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Note {
    pub matter: Option<Id<Matter>>,
    pub text: Text,
    /// Government only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// A milestone's name where the note marks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
}

/// A project as far as its viewer may know it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Project {
    /// Events folded, sealed ones included.
    pub version: u64,
    /// When the last event happened.
    pub at: Instant,
    pub name: String,
    pub area: String,
    pub owner: Id<Firm>,
    pub answers: Answers,
    pub as_of: Date,
    /// The catalogue's edition the matters were listed with.
    pub edition: String,
    pub started_at: Instant,
    pub matters: BTreeMap<Id<Matter>, Tracked>,
    pub offices: BTreeSet<Id<Organisation>>,
    pub team: Team,
    pub consultations: BTreeMap<Id<Consultation>, Consultation>,
    pub difficulties: BTreeMap<Id<Difficulty>, Difficulty>,
    pub milestones: Vec<(String, Instant)>,
    /// The plan in force, and how its dates moved.
    #[serde(default)]
    pub plan: Option<adopted::Adopted>,
    #[serde(default)]
    pub plan_trail: Vec<adopted::Change>,
    #[serde(default)]
    pub sheet: sheet::State,
    #[serde(default)]
    pub library: Library,
    #[serde(default)]
    pub submissions: BTreeMap<Id<Submission>, Submission>,
    /// By their numbers.
    #[serde(default)]
    pub certificates: BTreeMap<String, certificate::Held>,
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
            self.apply(event, meta.at, &meta.actor, *assumed);
        }
    }

    pub fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>, assumed: bool) {
        self.at = at;
        self.assumed |= assumed;
        match event {
            Event::Started { .. } => {}
            Event::Team { event } => self.team.apply(event),
            Event::Matter { matter, event } => {
                if let Some(tracked) = self.matters.get_mut(matter) {
                    tracked.apply(event, at, by, assumed);
                }
            }
            Event::Consultation { id, event } => match self.consultations.get_mut(id) {
                Some(consultation) => consultation.apply(event, at, by),
                None => {
                    if let Some(consultation) = Consultation::open(event, at, by) {
                        self.consultations.insert(id.clone(), consultation);
                    }
                }
            },
            Event::Difficulty { id, event } => match self.difficulties.get_mut(id) {
                Some(difficulty) => difficulty.apply(event, at, by),
                None => {
                    if let Some(difficulty) = Difficulty::open(event, at, by) {
                        self.difficulties.insert(id.clone(), difficulty);
                    }
                }
            },
            Event::Plan { event } => self.apply_plan(event, at, by),
            Event::Sheet { event } => self.sheet.apply(event, at, by),
            Event::Document { id, event } => material::apply(&mut self.library, id, event, at, by),
            Event::Submission { id, event } => match self.submissions.get_mut(id) {
                Some(submission) => submission.apply(event, at, by),
                None => {
                    if let Some(submission) = Submission::open(event, at, by) {
                        self.submissions.insert(id.clone(), submission);
                    }
                }
            },
            Event::Certificate { event } => self.apply_certificate(event, at, by),
            Event::Noted { note } => {
                if let Some(milestone) = &note.milestone {
                    self.milestones.push((milestone.clone(), at));
                }
            }
        }
    }

    pub fn profile(&self, catalogue: &Catalogue) -> Profile {
        Profile::new(catalogue, &self.answers)
    }

    /// How much an actor may know; `None`: not even that the project exists.
    pub fn clearance(&self, actor: &Actor) -> Option<Audience> {
        if may(actor, &Action::ViewInternal, Some(self)) {
            Some(Audience::Government)
        } else {
            may(actor, &Action::View, Some(self)).then_some(Audience::Parties)
        }
    }

    /// What a command makes happen.
    ///
    /// # Errors
    /// Why not, as a sentence for the person.
    pub fn decide(&self, catalogue: &Catalogue, command: Command, by: By) -> Result<Vec<Event>, Refusal> {
        self.right(catalogue, by.actor, &command)?;
        if by.at < self.at {
            return not_now("时间早于上一条记录。", "This is earlier than the last entry of the log.");
        }
        let known = |matter: &Option<Id<Matter>>| match matter {
            Some(id) if !self.matters.contains_key(id) => Err(Refusal::Unknown),
            _ => Ok(()),
        };
        match command {
            Command::Start { .. } => not_now("项目已经立起。", "The project has been started already."),
            Command::Team { command } => {
                let (event, same) = match command {
                    team::Command::AppointLead { account } => {
                        let same = self.team.lead.as_ref() == Some(&account);
                        (team::Event::LeadAppointed { account }, same)
                    }
                    team::Command::AppointAgent { account } => {
                        let same = self.team.agent.as_ref() == Some(&account);
                        (team::Event::AgentAppointed { account }, same)
                    }
                };
                if same {
                    return not_now("已经由此人担任。", "This person holds the post already.");
                }
                Ok(vec![Event::Team { event }])
            }
            Command::Matter { matter, command } => {
                let events = matter::decide(self, catalogue, &matter, command, by)?;
                Ok(events.into_iter().map(|event| Event::Matter { matter: matter.clone(), event }).collect())
            }
            Command::Consultation { id, command } => {
                let calendar = catalogue.calendar();
                let event = match (self.consultations.get(&id), command) {
                    (None, consultation::Command::Ask { matter, text, backbone }) => {
                        known(&matter)?;
                        consultation::ask(&self.team, calendar, matter, &text, backbone, by)?
                    }
                    (None, _) => return Err(Refusal::Unknown),
                    (Some(consultation), command) => consultation.decide(command, calendar, by)?,
                };
                Ok(vec![Event::Consultation { id, event }])
            }
            Command::Difficulty { id, command } => {
                let event = match (self.difficulties.get(&id), command) {
                    (None, difficulty::Command::Raise { matter, text }) => {
                        known(&matter)?;
                        difficulty::raise(matter, &text)?
                    }
                    (None, _) => return Err(Refusal::Unknown),
                    (Some(difficulty), command) => difficulty.decide(command, &self.offices, by)?,
                };
                Ok(vec![Event::Difficulty { id, event }])
            }
            Command::Plan { command } => {
                let events = adopted::decide(self, catalogue, command, by)?;
                Ok(events.into_iter().map(|event| Event::Plan { event }).collect())
            }
            Command::Sheet { command } => {
                let events = sheet::decide(self, catalogue, command, by)?;
                Ok(events.into_iter().map(|event| Event::Sheet { event }).collect())
            }
            Command::Document { id, command } => {
                let event = material::decide(self, catalogue, &id, command, by)?;
                let supplied = match &event {
                    material::Event::Added { material: Some(material), .. } | material::Event::Sorted { material: Some(material) } => {
                        submission::supplied(self, material)
                    }
                    _ => Vec::new(),
                };
                Ok([Event::Document { id, event }].into_iter().chain(supplied).collect())
            }
            Command::Submission { id, command } => submission::decide(self, catalogue, &id, command, by),
            Command::Certificate { command } => certificate::decide(self, catalogue, command, by),
            Command::Note { mut note } => {
                known(&note.matter)?;
                note.text = Text::new(written("text", &note.text.zh, LONGEST_TEXT)?, written("text", &note.text.en, LONGEST_TEXT)?);
                Ok(vec![Event::Noted { note }])
            }
        }
    }
}

/// Opens a project from a guide map.
///
/// # Errors
/// Why not, as a sentence for the person.
pub fn start(catalogue: &Catalogue, mut opening: Opening, by: By) -> Result<Vec<Event>, Refusal> {
    may_start(by.actor, &opening.owner)?;
    // Names stand in lists, titles and files: one line each.
    opening.name = written("name", &opening.name.replace(['\r', '\n'], " "), 60)?;
    opening.area = written("area", &opening.area.replace(['\r', '\n'], " "), 40)?;
    if let Err(wrong) = opening.answers.check(catalogue) {
        let fields: Vec<&str> = wrong.iter().map(|w| w.sentence.zh.as_str()).collect();
        let english: Vec<&str> = wrong.iter().map(|w| w.sentence.en.as_str()).collect();
        return Err(Refusal::Invalid { field: "answers".into(), sentence: Text::new(fields.join(""), english.join(" ")) });
    }
    let map = GuideMap::new(catalogue, &opening.answers, opening.as_of);
    let matters = map.entries.iter().map(|e| (e.matter.id.clone(), e.matter.department.clone())).collect();
    Ok(vec![Event::Started { opening, edition: catalogue.edition.clone(), matters }])
}
