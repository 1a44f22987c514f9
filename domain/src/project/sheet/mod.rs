//! The data sheet of a project: what its matters ask for, typed once, by whom, confirmed by whom.
//!
//! The values stand in the sheet's documents, outside the log; the log says who confirmed which state of which field.

mod beginning;
pub mod identity;
mod needs;

pub use beginning::{answered_on, beginning};
pub use needs::{FieldProblem, MissingField, Need, Source, form_of, missing, needs};

use crate::account::{Account, Actor, By};
use crate::catalogue::{Catalogue, Field, Form};
use crate::date::Instant;
use crate::error::Error;
use crate::id::Id;
use crate::log::Audience;
use crate::project::policy::{Right, may};
use crate::project::timeline::Names;
use crate::project::{self, Project, Stamp};
use crate::refusal::{Refusal, not_now};
use crate::role::Role;
use crate::sheet::{Entries, Entry, Values, check};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a page of the sheet begins with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SheetView {
    /// The fields this project needs, and the relations between them.
    pub form: Form,
    /// The values, each with who entered it.
    pub entries: Entries,
    /// Sections that this person sees masked, and without a live connection.
    pub masked: BTreeSet<String>,
}

/// Somebody says that a section is ready.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// Who says so.
    pub by: Id<Account>,
    /// When they said so.
    pub at: Instant,
    /// The section's last change they saw: a later one makes the mark old.
    pub seq: u64,
}

/// What the log says of the sheet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// The change of each field that the enterprise confirmed last.
    pub confirmed: BTreeMap<Id<Field>, Confirmation>,
    /// The sections that somebody said are ready, by id.
    pub ready: BTreeMap<String, Ready>,
}

/// The enterprise stands behind a value that somebody entered for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Confirmation {
    /// The change of the field that was confirmed; a later one is not.
    pub seq: u64,
    /// Who confirmed it.
    pub by: Id<Account>,
    /// When it was confirmed.
    pub at: Instant,
}

impl State {
    /// Whether the enterprise has to confirm what others entered for it.
    pub fn wants_confirming(&self, field: &Field, entry: &Entry) -> bool {
        field.is_enterprises() && !entry.own && self.confirmed.get(&field.id).is_none_or(|c| c.seq < entry.seq)
    }

    fn apply(&mut self, event: &Event, at: Instant, by: &Id<Account>) {
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

/// What may be said of the sheet; the values themselves are written into its documents.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The enterprise confirms these changes of these fields.
    Confirm {
        /// The fields, each with the change that is confirmed: [`Entry::seq`].
        fields: Vec<(Id<Field>, u64)>,
    },
    /// Says that a section is ready.
    MarkReady {
        /// The section, by its id.
        section: String,
        /// The section's last change that was seen.
        seq: u64,
    },
    /// Says that a section is not ready after all.
    MarkUnready {
        /// The section, by its id.
        section: String,
    },
}

/// What was said of the sheet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The enterprise confirmed what others entered for it.
    Confirmed {
        /// The fields, each with the change that was confirmed: [`Entry::seq`].
        fields: Vec<(Id<Field>, u64)>,
    },
    /// A section is ready.
    Ready {
        /// The section, by its id.
        section: String,
        /// The section's last change that was seen; a later one makes the mark old.
        seq: u64,
    },
    /// A section is not ready after all.
    Unready {
        /// The section, by its id.
        section: String,
    },
}

/// What a person may ask is all that a command says.
pub use self::Command as Request;

impl Command {
    /// The right it takes.
    pub(super) fn right(&self, _: &Project, _: &Catalogue) -> Right {
        match self {
            Command::Confirm { .. } => Right::ConfirmSheet,
            Command::MarkReady { .. } | Command::MarkUnready { .. } => Right::MarkReady,
        }
    }
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::Confirmed { .. } => "sheet.confirmed",
            Event::Ready { .. } => "sheet.ready",
            Event::Unready { .. } => "sheet.unready",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        Vec::new()
    }

    pub(super) fn sentence(&self, names: &Names) -> Text {
        let section = |id: &str| names.catalogue.section_name(id);
        match self {
            Event::Confirmed { fields } => {
                let n = fields.len();
                let plural = if n == 1 { "" } else { "s" };
                Text::new(format!("确认代填的 {n} 项内容"), format!("confirmed {n} field{plural} filled in for it"))
            }
            Event::Ready { section: id, .. } => {
                let name = section(id);
                Text::new(format!("数据表单“{}”一节已备好", name.zh), format!("the section “{}” of the data sheet is ready", name.en))
            }
            Event::Unready { section: id } => {
                let name = section(id);
                Text::new(format!("数据表单“{}”一节改为未备好", name.zh), format!("the section “{}” is not ready after all", name.en))
            }
        }
    }
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, event: &Event, stamp: Stamp) {
    project.sheet.apply(event, stamp.at, stamp.by);
}

/// Whether the command may be now, and what then happens. That the changes named are the latest is seen to by
/// the caller, who knows the documents.
pub(super) fn decide(project: &Project, catalogue: &Catalogue, command: Command, _: By) -> Result<Vec<project::Event>, Refusal> {
    let state = &project.sheet;
    let known_section = |section: &str| {
        if catalogue.form.group(section).is_some() { Ok(()) } else { Err(Refusal::Unknown) }
    };
    let event = match command {
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
    };
    Ok(vec![project::Event::Sheet { event }])
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

/// Whether somebody may fill in a field: it is for those on whose side it is known.
pub fn may_fill(field: &Field, actor: &Actor, project: &Project) -> bool {
    may(actor, &Right::Fill(field.provider.clone()), Some(project))
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
