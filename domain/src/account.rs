//! Who takes part: roles, people as the rules see them, organisations.

use crate::catalogue::{Matter, Organisation};
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An account's identity; the name, the password and the like are kept outside the log.
#[derive(Debug)]
pub enum Account {}

/// A company or office that people belong to.
#[derive(Debug)]
pub enum Firm {}

/// The roles of the three service teams, the offices, the enterprise and the leaders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Enterprise,
    Agent,
    BackboneOfficer,
    LeadOfficer,
    Department,
    DepartmentHead,
    DistrictLeader,
    Supervisor,
    Intermediary,
}

impl Role {
    pub const ALL: [Role; 9] = [
        Role::Enterprise,
        Role::Agent,
        Role::BackboneOfficer,
        Role::LeadOfficer,
        Role::Department,
        Role::DepartmentHead,
        Role::DistrictLeader,
        Role::Supervisor,
        Role::Intermediary,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Role::Enterprise => "enterprise",
            Role::Agent => "agent",
            Role::BackboneOfficer => "backbone-officer",
            Role::LeadOfficer => "lead-officer",
            Role::Department => "department",
            Role::DepartmentHead => "department-head",
            Role::DistrictLeader => "district-leader",
            Role::Supervisor => "supervisor",
            Role::Intermediary => "intermediary",
        }
    }

    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    pub fn name(self) -> Text {
        match self {
            Role::Enterprise => Text::new("建设单位", "Project owner"),
            Role::Agent => Text::new("帮代办专员", "Agent officer"),
            Role::BackboneOfficer => Text::new("审批骨干专员", "Backbone officer"),
            Role::LeadOfficer => Text::new("首席服务专员", "Lead officer"),
            Role::Department => Text::new("部门承办人", "Case handler"),
            Role::DepartmentHead => Text::new("部门分管负责人", "Department head"),
            Role::DistrictLeader => Text::new("区分管领导", "District leader"),
            Role::Supervisor => Text::new("督办员", "Supervision officer"),
            Role::Intermediary => Text::new("中介机构", "Intermediary"),
        }
    }

    /// Whether the role works for government; the others are the enterprise's side.
    pub fn is_government(self) -> bool {
        !matches!(self, Role::Enterprise | Role::Intermediary)
    }
}

/// A person who is asking, as the rules see them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Actor {
    pub account: Id<Account>,
    pub role: Role,
    /// The firm or office they belong to.
    pub firm: Id<Firm>,
    /// For people of an office: which of the catalogue's organisations it is.
    pub office: Option<Id<Organisation>>,
    /// For backbone officers: the matters they answer for.
    #[serde(default)]
    pub matters: BTreeSet<Id<Matter>>,
    /// Colleagues of the same post they stand in for today.
    #[serde(default)]
    pub stands_for: BTreeSet<Id<Account>>,
}

impl Actor {
    /// Whether this is the person, or stands in for them.
    pub fn is(&self, account: Option<&Id<Account>>) -> bool {
        account.is_some_and(|account| *account == self.account || self.stands_for.contains(account))
    }

    /// Whether they may do a colleague's work: of the same post and house, in the service of government.
    pub fn may_stand_in_for(&self, other: &Actor) -> bool {
        other.role.is_government() && self.role == other.role && self.firm == other.firm && self.account != other.account
    }
}

/// What others may know of a person: enough to see who is speaking.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Person {
    pub account: Id<Account>,
    pub name: String,
    pub role: Role,
    pub firm: String,
}
