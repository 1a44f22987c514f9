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
        /// The matters that are filed for, in one package.
        matters: BTreeSet<Id<Matter>>,
        /// For each paper that follows: what is promised, and the last day for it.
        promised: BTreeMap<Id<Material>, (String, Date)>,
        /// The box is ticked by which the enterprise says that everything is true.
        declared: bool,
    },
    /// Gives an office's opinion on a matter.
    GiveOpinion {
        /// The matter.
        matter: Id<Matter>,
        /// What the office says.
        verdict: Verdict,
        /// The digest of the snapshot it had before it: an opinion on an older one does not count.
        snapshot: Digest,
    },
    /// Sends the one notice before every office has spoken.
    Notify,
    /// Answers the notice.
    Return {
        /// What the enterprise says where it changed nothing.
        explanation: String,
    },
    /// Turns what passed pre-review into formal filings, on the land day (转为正式受理).
    Convert,
    /// Takes the package back.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// The land is lost: what was reviewed ahead of it counts no more.
    Lapse {
        /// Why.
        reason: String,
    },
}

impl Request {
    /// The right it takes.
    pub(in crate::project) fn right(&self, project: &Project, catalogue: &Catalogue, id: &Id<Submission>) -> Right {
        match self {
            Request::File { .. } | Request::Return { .. } => Right::FilePackage,
            Request::Withdraw { .. } => Right::Withdraw,
            Request::GiveOpinion { matter, .. } => Right::review(catalogue, matter),
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
        /// The number of the receipt (收件号).
        number: String,
        /// What is filed of each matter.
        parcels: BTreeMap<Id<Matter>, Filing>,
    },
    /// Gives an office's opinion on a matter.
    GiveOpinion {
        /// The matter.
        matter: Id<Matter>,
        /// What the office says.
        verdict: Verdict,
        /// The digest of the snapshot it had before it.
        snapshot: Digest,
    },
    /// Sends the one notice before every office has spoken.
    Notify,
    /// What the enterprise changed after the notice.
    Return {
        /// What is filed anew, of the matters where something changed.
        parcels: BTreeMap<Id<Matter>, Filing>,
        /// What the enterprise says where it changed nothing.
        explanation: String,
    },
    /// On the land day, everything of the project that passed pre-review, whatever package it is in: they wait for each
    /// other. With what is not as it was reviewed.
    Convert {
        /// What is not any more as it was reviewed, by matter.
        differences: BTreeMap<Id<Matter>, Vec<Pin>>,
    },
    /// A promised paper falls due: the rule that reminds says so. Nobody asks for it.
    Remind {
        /// The paper that was promised.
        material: Id<Material>,
        /// The last day for it.
        due: Date,
    },
    /// Takes the package back.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// The land is lost: what was reviewed ahead of it counts no more.
    Lapse {
        /// Why.
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
            Command::GiveOpinion { matter, .. } => Right::review(catalogue, matter),
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
