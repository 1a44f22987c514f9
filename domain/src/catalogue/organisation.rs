//! Offices and roles of a district.

use super::Matter;
use crate::id::Id;
use crate::role::Role;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// An office, body or company that takes part.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Organisation {
    /// How data and accounts refer to it.
    pub id: Id<Organisation>,
    /// Its name, as people know it.
    pub name: Text,
}

/// Whether the enterprise's side speaks for this organisation.
pub fn is_enterprises(organisation: &Id<Organisation>) -> bool {
    matches!(organisation.as_str(), "enterprise" | "intermediary")
}

/// Organisations that finish their matters and issue no certificates: they are no offices of government.
const NO_GOVERNMENT: [&str; 7] =
    ["enterprise", "intermediary", "drawing-review-body", "power-company", "water-company", "gas-company", "telecom-operators"];

/// Whether the organisation decides under public law, so that a certificate can rest on what it decides.
pub fn certifies(organisation: &Id<Organisation>) -> bool {
    !NO_GOVERNMENT.contains(&organisation.as_str())
}

/// What a role answers for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RoleDuty {
    /// The role it is about.
    pub role: Role,
    /// What the catalogue calls the role.
    pub name: Text,
    /// What it answers for, in one sentence.
    pub duty: Text,
}

/// A counter of the one-stop zone (专区).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Counter {
    /// How the data refers to it.
    pub id: String,
    /// What stands above the counter.
    pub name: Text,
    /// The organisation that staffs it.
    pub run_by: Id<Organisation>,
    /// The matters that are handed in there.
    pub matters: Vec<Id<Matter>>,
    /// That there is such a counter is the editors' assumption.
    pub assumed: bool,
}

/// When counters and the platform's clock close for the day: what is received later counts from the next working day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfficeHours {
    /// Minutes since midnight.
    pub closes: u16,
    /// The hour is the editors' assumption.
    pub assumed: bool,
}

impl Default for OfficeHours {
    fn default() -> OfficeHours {
        OfficeHours { closes: 17 * 60, assumed: true }
    }
}

impl std::fmt::Display for OfficeHours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.closes / 60, self.closes % 60)
    }
}
