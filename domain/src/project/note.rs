//! A remark in the log: a meeting held, a milestone reached, an inspection.

use crate::catalogue::Matter;
use crate::id::Id;
use crate::log::Audience;
use crate::project::policy::Right;
use crate::project::{Event, Project, Stamp};
use crate::refusal::{LONGEST_TEXT, Refusal, checked_text};
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A remark, its own command and event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// What it is about; none: the project.
    pub matter: Option<Id<Matter>>,
    /// What is to be remembered.
    pub text: Text,
    /// Government only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// A milestone's name where the note marks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
}

impl Note {
    /// The right to record it.
    pub fn right(&self) -> Right {
        if self.internal { Right::NoteInternal } else { Right::Note }
    }

    /// Who may know of it.
    pub fn audience(&self) -> Audience {
        if self.internal { Audience::Government } else { Audience::Parties }
    }
}

/// Whether it may be recorded, and what then happens.
pub(super) fn decide(project: &Project, mut note: Note) -> Result<Vec<Event>, Refusal> {
    project.known(note.matter.as_ref())?;
    note.text = Text::new(checked_text("text", &note.text.zh, LONGEST_TEXT)?, checked_text("text", &note.text.en, LONGEST_TEXT)?);
    Ok(vec![Event::Noted { note }])
}

/// A milestone that is reached is remembered with its time.
pub(super) fn apply(project: &mut Project, note: &Note, stamp: Stamp) {
    if let Some(milestone) = &note.milestone {
        project.milestones.push((milestone.clone(), stamp.at));
    }
}
