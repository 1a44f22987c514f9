//! What may be asked about a difficulty, and the right it takes.

use super::Difficulty;
use crate::catalogue::{Catalogue, Matter, Organisation};
use crate::date::Date;
use crate::id::Id;
use crate::project::Project;
use crate::project::policy::Right;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What may be done about a difficulty.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Tells of a difficulty.
    Raise {
        /// The matter it is about; none: the project.
        matter: Option<Id<Matter>>,
        /// What the difficulty is.
        text: String,
    },
    /// Names the offices that negotiate it.
    Appoint {
        /// The office that leads.
        lead: Id<Organisation>,
        /// The offices that cooperate.
        cooperating: BTreeSet<Id<Organisation>>,
    },
    /// `counters`: the number of the proposal it answers, from 1.
    Propose {
        /// What is proposed.
        text: String,
        /// The number of the proposal it answers; none: it stands by itself.
        counters: Option<usize>,
    },
    /// Stands behind a proposal of another side.
    Accept {
        /// The number of the proposal, from 1.
        proposal: usize,
    },
    /// Settles it, as the sides agreed.
    Resolve {
        /// What is done.
        action: String,
        /// The organisation that does it.
        owner: Id<Organisation>,
        /// The day it is done by.
        due: Date,
    },
}

/// What a person may ask is all that a command says.
pub use self::Command as Request;

impl Command {
    /// The right it takes.
    pub(in crate::project) fn right(&self, project: &Project, _: &Catalogue, id: &Id<Difficulty>) -> Right {
        match self {
            Command::Raise { .. } => Right::RaiseDifficulty,
            Command::Appoint { .. } | Command::Resolve { .. } => Right::LeadDifficulty,
            Command::Propose { .. } | Command::Accept { .. } => {
                Right::Negotiate(project.difficulties.get(id).map(Difficulty::offices).unwrap_or_default())
            }
        }
    }
}
