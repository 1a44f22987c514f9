//! The data sheet (一张表单): its values, the documents they stand in, and how they travel. Nothing here knows of projects.

mod code;
#[cfg(feature = "collab")]
pub mod document;
pub mod geometry;
#[cfg(feature = "collab")]
pub mod protocol;
mod relation;
#[cfg(feature = "collab")]
pub mod scan;
mod value;
pub mod writing;

pub use relation::holds;
pub use value::{LONGEST_VALUE, check, in_mu, shown};

use crate::account::Account;
use crate::catalogue::{Field, Form, Relation, Weight};
use crate::date::Instant;
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the fields hold. No value and an empty one are the same.
pub type Values = BTreeMap<Id<Field>, String>;

/// A field's value and where it is from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The value as it was typed.
    pub value: String,
    /// Who changed it last.
    pub by: Id<Account>,
    /// When they changed it.
    pub at: Instant,
    /// The place of the change in its section's document: what a confirmation names.
    pub seq: u64,
    /// Entered by the enterprise itself, which needs no confirming.
    pub own: bool,
}

/// The entries of a sheet, by field.
pub type Entries = BTreeMap<Id<Field>, Entry>;

/// A change as it is told to those who look on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Changed {
    /// The field that changed.
    pub field: Id<Field>,
    /// What it holds now.
    pub entry: Entry,
}

/// What a server tells its own pages beside the documents: how many updates of this connection are on disk, and
/// who changed what.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Stored {
    /// Frames of this connection that are stored, counted from its beginning.
    pub frames: u64,
    /// What others, or the connection itself, changed since it was last told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Changed>,
}

/// What the rules between fields say at a field, with how much it weighs.
pub fn remarks(form: &Form, values: &Values, field: &Id<Field>) -> Vec<(Weight, Text)> {
    let about = |r: &&Relation| r.fields().contains(field) && holds(r, form, values) == Some(false);
    form.relations.iter().filter(about).map(|r| (r.weight, r.sentence.clone())).collect()
}
