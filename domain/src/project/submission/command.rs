//! What may be asked of a package, and what the rules then see.

use super::{Filing, Submission};
use crate::catalogue::{Catalogue, Material, Matter};
use crate::date::Date;
use crate::id::Id;
use crate::log::Digest;
use crate::project::Project;
use crate::project::policy::Right;
use crate::project::review::{Pin, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a person may ask.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// `promised`: papers that follow, with what is promised and by when. `declared`: the enterprise says that it is true.
    File {
        matters: BTreeSet<Id<Matter>>,
        promised: BTreeMap<Id<Material>, (String, Date)>,
        declared: bool,
    },
    Opine {
        matter: Id<Matter>,
        verdict: Verdict,
        snapshot: Digest,
    },
    /// Sends the one notice before every office has spoken.
    Notify,
    /// Answers the notice.
    Return {
        explanation: String,
    },
    Convert,
    Withdraw {
        reason: String,
    },
    Lapse {
        reason: String,
    },
}

impl Request {
    /// The right it takes.
    pub(in crate::project) fn right(&self, project: &Project, catalogue: &Catalogue, id: &Id<Submission>) -> Right {
        match self {
            Request::File { .. } | Request::Return { .. } => Right::FilePackage,
            Request::Withdraw { .. } => Right::Withdraw,
            Request::Opine { matter, .. } => Right::review(catalogue, matter),
            Request::Notify => right_to_notify(project, id),
            Request::Convert => Right::Convert,
            Request::Lapse { .. } => Right::Lapse,
        }
    }
}

/// A request, with the snapshots of what is filed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The contents were looked at and kept by whoever sends this.
    File {
        number: String,
        parcels: BTreeMap<Id<Matter>, Filing>,
    },
    Opine {
        matter: Id<Matter>,
        verdict: Verdict,
        snapshot: Digest,
    },
    /// Sends the one notice before every office has spoken.
    Notify,
    /// What the enterprise changed after the notice.
    Return {
        parcels: BTreeMap<Id<Matter>, Filing>,
        explanation: String,
    },
    /// On the land day, everything of the project that passed pre-review, whatever package it is in: they wait for each
    /// other. With what is not as it was reviewed.
    Convert {
        differences: BTreeMap<Id<Matter>, Vec<Pin>>,
    },
    /// A promised paper falls due: the rule that reminds says so. Nobody asks for it.
    Remind {
        material: Id<Material>,
        due: Date,
    },
    Withdraw {
        reason: String,
    },
    Lapse {
        reason: String,
    },
}

impl Command {
    /// The right it takes.
    pub(in crate::project) fn right(&self, project: &Project, catalogue: &Catalogue, id: &Id<Submission>) -> Right {
        match self {
            Command::File { .. } | Command::Return { .. } => Right::FilePackage,
            Command::Remind { .. } => Right::Remind,
            Command::Withdraw { .. } => Right::Withdraw,
            Command::Opine { matter, .. } => Right::review(catalogue, matter),
            Command::Notify => right_to_notify(project, id),
            Command::Convert { .. } => Right::Convert,
            Command::Lapse { .. } => Right::Lapse,
        }
    }
}

/// The right to send the correction notice of a package.
pub fn right_to_notify(project: &Project, id: &Id<Submission>) -> Right {
    let live = project.submissions.get(id).into_iter().flat_map(Submission::live).map(|(matter, _)| matter.clone());
    Right::Notify(live.collect())
}
