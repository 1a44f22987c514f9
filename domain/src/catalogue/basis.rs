//! What the law's texts are, which article a matter rests on, and how sure the editors are.

use crate::date::Date;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// How sure the editors are of a fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The editors would be surprised if it were wrong.
    High,
    /// Probably right; worth a look before one relies on it.
    Medium,
    /// To be verified before anyone relies on it; readers are told so.
    #[default]
    Low,
}

impl Confidence {
    /// How it is told to a reader.
    pub fn name(self) -> Text {
        match self {
            Confidence::High => Text::new("把握较大", "high confidence"),
            Confidence::Medium => Text::new("把握一般", "medium confidence"),
            Confidence::Low => Text::new("把握较小，请核实", "low confidence, please verify"),
        }
    }
}

/// How a legal text was seen by the editors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// The article was read in the law's text.
    Text,
    /// Seen quoted in public pages.
    Secondary,
    /// From the editors' knowledge, not read again.
    #[default]
    Memory,
}

impl Checked {
    /// How it is told to a reader.
    pub fn name(self) -> Text {
        match self {
            Checked::Text => Text::new("已核对原文", "article read in the law"),
            Checked::Secondary => Text::new("据公开引用", "seen quoted in public pages"),
            Checked::Memory => Text::new("凭经验，未复核", "from memory, not read again"),
        }
    }
}

/// A legal text.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Basis {
    /// Its full name, with the year of the version.
    pub title: String,
    /// The number it was published under, with who issued it.
    pub number: String,
    /// How the editors saw it.
    pub checked: Checked,
    /// What the editors add about it.
    pub note: Option<String>,
    /// The first day it is in force; none: long since.
    pub valid_from: Option<Date>,
    /// The last day it is in force; none: no end is known.
    pub valid_until: Option<Date>,
    /// The text that takes its place when it ends: a key of [`Parts::bases`](super::Parts::bases).
    pub successor: Option<String>,
}

impl Basis {
    /// Whether it is in force on a day.
    pub fn in_force(&self, on: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= on) && self.valid_until.is_none_or(|until| on <= until)
    }
}

/// An article a matter rests on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Citation {
    /// The legal text: a key of [`Parts::bases`](super::Parts::bases).
    pub basis: String,
    /// Which article, where it helps with what it says: `第二十七条 未验收不得投产`.
    pub article: String,
    /// How sure the editors are that this article is the one.
    pub confidence: Confidence,
}
