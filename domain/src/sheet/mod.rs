//! The data sheet of a project (一张表单): what its matters ask for, typed once, by whom, confirmed by whom.
//!
//! The values stand in the sheet's documents, outside the log; the log says who confirmed which state of which field.

mod beginning;
mod code;
#[cfg(feature = "collab")]
pub mod document;
pub mod ground;
pub mod identity;
#[cfg(feature = "collab")]
pub mod protocol;
mod relation;
#[cfg(feature = "collab")]
pub mod scan;
mod value;
pub mod writing;

pub use beginning::{answered_on, beginning};
pub use relation::{Relation, Weight};
pub use value::{LONGEST_VALUE, check, in_mu, shown};

use crate::account::{Account, Actor, Role};
use crate::catalogue::{Catalogue, Field, Form, Matter, Organisation};
use crate::date::Instant;
use crate::error::Error;
use crate::id::Id;
use crate::log::By;
use crate::matter::Progress;
use crate::policy::{Action, may};
use crate::project::Project;
use crate::refusal::{Refusal, not_now};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the fields hold. No value and an empty one are the same.
pub type Values = BTreeMap<Id<Field>, String>;

/// A field's value and where it is from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    pub value: String,
    pub by: Id<Account>,
    pub at: Instant,
    /// The place of the change in its section's document: what a confirmation names.
    pub seq: u64,
    /// Entered by the enterprise itself, which needs no confirming.
    pub own: bool,
}

pub type Entries = BTreeMap<Id<Field>, Entry>;

/// A change as it is told to those who look on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Changed {
    pub field: Id<Field>,
    pub entry: Entry,
}

/// What a server tells its own pages beside the documents: how many updates of this connection are on disk, and
/// who changed what.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Stored {
    /// Frames of this connection that are stored, counted from its beginning.
    pub frames: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Changed>,
}

/// What a page of the sheet begins with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SheetView {
    /// The fields this project needs, and the relations between them.
    pub form: Form,
    pub entries: Entries,
    /// Sections that this person sees masked, and without a live connection.
    pub masked: BTreeSet<String>,
}

/// Where a field's value comes from.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// The enterprise's side knows it.
    Enterprise,
    Office(Id<Organisation>),
    /// A certificate of this project brings it; until then nobody has to type it.
    Certificate(Id<Matter>),
}

/// A field the project needs, and for what.
#[derive(Clone, PartialEq, Debug)]
pub struct Need<'f> {
    pub field: &'f Field,
    pub matters: Vec<Id<Matter>>,
    pub source: Source,
}

/// Matters of the project that still count.
fn counts(project: &Project, matter: &Id<Matter>) -> bool {
    project.matters.get(matter).is_some_and(|t| !matches!(t.progress, Progress::NotApplicable { .. }))
}

/// Every field that the project's matters need, once each, in the order of the form.
pub fn needs<'f>(project: &Project, catalogue: &Catalogue, form: &'f Form) -> Vec<Need<'f>> {
    let mut used: BTreeMap<&str, Vec<Id<Matter>>> = BTreeMap::new();
    for matter in catalogue.matters.iter().filter(|m| counts(project, &m.id)) {
        for field in &matter.fields {
            used.entry(field.as_str()).or_default().push(matter.id.clone());
        }
    }
    let mut needs = Vec::new();
    for group in &form.groups {
        for field in form.fields.iter().filter(|f| f.group == group.id) {
            let Some(matters) = used.remove(field.id.as_str()) else { continue };
            let source = match &field.produced_by {
                _ if field.is_enterprises() => Source::Enterprise,
                Some(matter) if counts(project, matter) => Source::Certificate(matter.clone()),
                _ => Source::Office(field.provider.clone()),
            };
            needs.push(Need { field, matters, source });
        }
    }
    needs
}

/// The part of the form a project needs.
pub fn form_of(project: &Project, catalogue: &Catalogue) -> Form {
    let all = &catalogue.form;
    let fields: Vec<Field> = needs(project, catalogue, all).into_iter().map(|need| need.field.clone()).collect();
    let has = |id: &Id<Field>| fields.iter().any(|f| f.id == *id);
    Form {
        groups: all.groups.iter().filter(|g| fields.iter().any(|f| f.group == g.id)).cloned().collect(),
        units: all.units.clone(),
        relations: all.relations.iter().filter(|r| r.fields().iter().all(has)).cloned().collect(),
        fields,
    }
}

/// What stands in the way at a field.
#[derive(Clone, PartialEq, Debug)]
pub enum Lack {
    Empty,
    /// The value is none.
    Wrong(Text),
    /// It does not fit another field.
    Broken(Text),
    /// Entered for the enterprise, which has not confirmed it.
    Unconfirmed,
}

impl Lack {
    pub fn sentence(&self) -> Text {
        match self {
            Lack::Empty => Text::new("还没有填", "not filled in yet"),
            Lack::Wrong(sentence) | Lack::Broken(sentence) => sentence.clone(),
            Lack::Unconfirmed => Text::new("待企业确认", "to be confirmed by the enterprise"),
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Lack::Empty => "empty",
            Lack::Wrong(_) => "wrong",
            Lack::Broken(_) => "broken",
            Lack::Unconfirmed => "unconfirmed",
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Missing {
    pub field: Id<Field>,
    pub group: String,
    pub lack: Lack,
}

/// What is still missing, in the order of the form; what certificates will bring is not.
pub fn missing(needs: &[Need<'_>], form: &Form, entries: &Entries, state: &State) -> Vec<Missing> {
    let mut list = Vec::new();
    let values = valid(needs, entries);
    for need in needs {
        let field = need.field;
        let mut lacks = |lack: Lack| list.push(Missing { field: field.id.clone(), group: field.group.clone(), lack });
        let entry = entries.get(&field.id).filter(|e| !e.value.trim().is_empty());
        match entry {
            None if matches!(need.source, Source::Certificate(_)) => {}
            None => lacks(Lack::Empty),
            Some(entry) => {
                if let Err(sentence) = check(field, &entry.value) {
                    lacks(Lack::Wrong(sentence));
                    continue;
                }
                // Told at the first of its fields, so that it counts once.
                let broken = form
                    .relations
                    .iter()
                    .find(|r| r.weight == Weight::Error && r.fields().first() == Some(&field.id) && r.holds(form, &values) == Some(false));
                if let Some(relation) = broken {
                    lacks(Lack::Broken(relation.sentence.clone()));
                }
                if state.wants_confirming(field, entry) {
                    lacks(Lack::Unconfirmed);
                }
            }
        }
    }
    list
}

fn valid(needs: &[Need<'_>], entries: &Entries) -> Values {
    let value = |need: &Need<'_>| {
        let value = check(need.field, &entries.get(&need.field.id)?.value).ok()?;
        Some((need.field.id.clone(), value))
    };
    needs.iter().filter_map(value).collect()
}

/// What the rules between fields say at a field, with how much it weighs.
pub fn remarks(form: &Form, values: &Values, field: &Id<Field>) -> Vec<(Weight, Text)> {
    let about = |r: &&Relation| r.fields().contains(field) && r.holds(form, values) == Some(false);
    form.relations.iter().filter(about).map(|r| (r.weight, r.sentence.clone())).collect()
}

/// Somebody says that a section is ready.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ready {
    pub by: Id<Account>,
    pub at: Instant,
    /// The section's last change they saw: a later one makes the mark old.
    pub seq: u64,
}

/// What the log says of the sheet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// The change of each field that the enterprise confirmed last.
    pub confirmed: BTreeMap<Id<Field>, Confirmation>,
    pub ready: BTreeMap<String, Ready>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Confirmation {
    pub seq: u64,
    pub by: Id<Account>,
    pub at: Instant,
}

impl State {
    /// Whether the enterprise has to confirm what others entered for it.
    pub fn wants_confirming(&self, field: &Field, entry: &Entry) -> bool {
        field.is_enterprises() && !entry.own && self.confirmed.get(&field.id).is_none_or(|c| c.seq < entry.seq)
    }

    pub fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>) {
        match event {
            Event::Confirmed { fields } => {
                for (field, seq) in fields {
                    self.confirmed.insert(field.clone(), Confirmation { seq: *seq, by: by.clone(), at });
                }
            }
            Event::Ready { section, seq } => {
                self.ready.insert(section.clone(), Ready { by: by.clone(), at, seq: *seq });
            }
            Event::Unready { section } => {
                self.ready.remove(section);
            }
        }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The enterprise confirms these changes of these fields.
    Confirm {
        fields: Vec<(Id<Field>, u64)>,
    },
    MarkReady {
        section: String,
        seq: u64,
    },
    MarkUnready {
        section: String,
    },
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Confirmed { fields: Vec<(Id<Field>, u64)> },
    Ready { section: String, seq: u64 },
    Unready { section: String },
}

/// Whether the command is allowed now, and what then happens. That the changes named are the latest is seen to by
/// the caller, who knows the documents.
pub fn decide(project: &Project, catalogue: &Catalogue, command: Command, _by: By) -> Result<Vec<Event>, Refusal> {
    let state = &project.sheet;
    let known_section = |section: &str| {
        if catalogue.form.group(section).is_some() { Ok(()) } else { Err(Refusal::Unknown) }
    };
    Ok(vec![match command {
        Command::Confirm { fields } => {
            if fields.iter().any(|(field, _)| catalogue.form.field(field.as_str()).is_none()) {
                return Err(Refusal::Unknown);
            }
            let fields: Vec<_> =
                fields.into_iter().filter(|(field, seq)| state.confirmed.get(field).is_none_or(|c| c.seq < *seq)).collect();
            if fields.is_empty() {
                return not_now("没有待确认的内容。", "There is nothing left to confirm.");
            }
            Event::Confirmed { fields }
        }
        Command::MarkReady { section, seq } => {
            known_section(&section)?;
            if state.ready.get(&section).is_some_and(|ready| ready.seq >= seq) {
                return not_now("这一节已标为备好。", "This section is marked ready already.");
            }
            Event::Ready { section, seq }
        }
        Command::MarkUnready { section } => {
            known_section(&section)?;
            if !state.ready.contains_key(&section) {
                return not_now("这一节没有标为备好。", "This section is not marked ready.");
            }
            Event::Unready { section }
        }
    }])
}

/// That what a command names is what the sheet holds now.
///
/// # Errors
/// The refusal: it has changed since.
pub fn is_latest(form: &Form, entries: &Entries, command: &Command) -> Result<(), Refusal> {
    let changed = match command {
        Command::Confirm { fields } => {
            fields.iter().find(|(field, seq)| entries.get(field).is_none_or(|entry| entry.seq != *seq)).map(|(field, _)| field)
        }
        Command::MarkReady { section, seq } => {
            let of_section = |id: &Id<Field>| form.field(id.as_str()).is_some_and(|f| f.group == *section);
            entries.iter().find(|(id, entry)| of_section(id) && entry.seq > *seq).map(|(id, _)| id)
        }
        Command::MarkUnready { .. } => None,
    };
    let Some(field) = changed else { return Ok(()) };
    let name = form.field(field.as_str()).map_or_else(|| Text::same(field.as_str()), |f| f.name.clone());
    Err(Refusal::NotNow(match command {
        Command::MarkReady { .. } => Text::new(
            format!("“{}”在您看过之后又有改动，本节没有标为备好；请再看一遍。", name.zh),
            format!("“{}” has changed since you looked; the section was not marked ready. Please look again.", name.en),
        ),
        Command::Confirm { .. } | Command::MarkUnready { .. } => Text::new(
            format!("“{}”在您看过之后又有改动，没有确认；请再看一遍。", name.zh),
            format!("“{}” has changed since you looked; nothing was confirmed. Please look again.", name.en),
        ),
    }))
}

/// Whether what somebody enters counts as the enterprise's own word.
pub fn is_own(actor: &Actor) -> bool {
    actor.role == Role::Enterprise
}

/// The fields of a section that somebody may fill in.
pub fn writable(form: &Form, section: &str, actor: &Actor, project: &Project) -> BTreeSet<Id<Field>> {
    let fields = form.fields.iter().filter(|f| f.group == section);
    fields.filter(|f| may_fill(f, actor, project)).map(|f| f.id.clone()).collect()
}

pub fn may_fill(field: &Field, actor: &Actor, project: &Project) -> bool {
    may(actor, &Action::Fill(field.provider.clone()), Some(project))
}

/// That somebody who sees the project fills in something of its sheet.
///
/// # Errors
/// The refusal.
pub fn may_fill_in(form: &Form, actor: &Actor, project: &Project) -> Result<(), Refusal> {
    if form.fields.iter().any(|field| may_fill(field, actor, project)) {
        return Ok(());
    }
    Err(Refusal::NotYours(Text::new(
        "数据表单由建设单位、其帮代办专员和各部门填写。",
        "The data sheet is filled in by the project owner, its agent and the offices.",
    )))
}

/// Values as a form brings them: what was not touched is nobody's change, and the rest is checked.
///
/// # Errors
/// A field that is not theirs to fill in, whatever else is wrong; or every value that is none, at its field.
pub fn changes(catalogue: &Catalogue, project: &Project, actor: &Actor, entries: &Entries, values: &Values) -> Result<Values, Error> {
    // Compared with what they were shown: an answer must not tell whether a number was guessed right.
    let touched = |field: &Field, value: &str| identity::shown_to(field, entries, actor, project).trim() != value.trim();
    let mut touched_fields = Vec::new();
    let mut unknown = false;
    for (id, value) in values {
        // Forms write the end of a line in two signs.
        let value = value.replace("\r\n", "\n");
        match catalogue.form.field(id.as_str()) {
            None => unknown = true,
            Some(field) if touched(field, &value) => touched_fields.push((field, value)),
            Some(_) => {}
        }
    }
    if let Some((field, _)) = touched_fields.iter().find(|(field, _)| !may_fill(field, actor, project)) {
        let who = catalogue.organisation(field.provider.as_str()).map_or_else(|| Text::same(""), |o| o.name.clone());
        return Err(Error::Forbidden {
            sentence: Text::new(
                format!("“{}”由{}填写。", field.name.zh, who.zh),
                format!("“{}” is for {} to fill in.", field.name.en, who.en),
            ),
        });
    }
    if unknown {
        return Err(Error::NotFound);
    }
    let mut changed = Values::new();
    let mut wrong = Vec::new();
    for (field, value) in touched_fields {
        let value = if value.trim().is_empty() { Ok(String::new()) } else { check(field, &value) };
        match value {
            Ok(value) => drop(changed.insert(field.id.clone(), value)),
            Err(sentence) => wrong.push((field.id.to_string(), sentence)),
        }
    }
    if wrong.is_empty() { Ok(changed) } else { Err(Error::Invalid { fields: wrong }) }
}
