//! The business says no, and why, as a sentence for the person who asked.

use crate::error::Error;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// Why a command is not carried out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Refusal {
    /// The rules let somebody do it, but not this person.
    NotYours(Text),
    /// Not now, not in this state.
    NotNow(Text),
    /// What was typed is not right.
    Invalid {
        /// The field of the form, by its name.
        field: String,
        /// What is wrong with it, for the person who typed it.
        sentence: Text,
    },
    /// There is no such thing in this project.
    Unknown,
}

impl Refusal {
    /// What the person who asked is told.
    pub fn sentence(&self) -> Text {
        Error::from(self.clone()).sentence()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        match refusal {
            Refusal::NotYours(sentence) => Error::Forbidden { sentence },
            Refusal::NotNow(sentence) => Error::Refused { sentence },
            Refusal::Invalid { field, sentence } => Error::Invalid { fields: vec![(field, sentence)] },
            Refusal::Unknown => Error::NotFound,
        }
    }
}

/// Shorthand for the commonest: not in this state.
pub(crate) fn not_now<T>(zh: &str, en: &str) -> Result<T, Refusal> {
    Err(Refusal::NotNow(Text::new(zh, en)))
}

/// Longest free text a person may send in one go, in characters.
pub const LONGEST_TEXT: usize = 2000;

/// Text a person typed: not empty, not endless, without stray spaces and control characters.
pub(crate) fn checked_text(field: &str, text: &str, longest: usize) -> Result<String, Refusal> {
    let text: String = text.trim().chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let invalid = |zh: String, en: String| Err(Refusal::Invalid { field: field.to_string(), sentence: Text::new(zh, en) });
    match text.chars().count() {
        0 => invalid("请填写内容。".into(), "Please write something.".into()),
        n if n > longest => invalid(
            format!("内容有 {n} 字，最多 {longest} 字，请分次提交。"),
            format!("This is {n} characters; at most {longest} fit. Please split it."),
        ),
        _ => Ok(text),
    }
}
