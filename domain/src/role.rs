//! The roles in which people take part.

use crate::text::Text;
use serde::{Deserialize, Serialize};

/// The roles of the three service teams, the offices, the enterprise and the leaders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 建设单位: whose project it is.
    Enterprise,
    /// 帮代办专员: files for the enterprise; one for each project.
    Agent,
    /// 审批骨干专员: answers for one matter in an office.
    BackboneOfficer,
    /// 首席服务专员: leads the service for the projects of an area.
    LeadOfficer,
    /// 部门承办人: handles cases in an office.
    Department,
    /// 部门分管负责人: answers for an office.
    DepartmentHead,
    /// 区分管领导: the leader of the district whom offices report to.
    DistrictLeader,
    /// 督办员: watches over limits and what is promised.
    Supervisor,
    /// 中介机构: makes papers for the enterprise.
    Intermediary,
    /// No person: a rule that acts by itself ([`crate::rule::Rule`]). No account has this role.
    Rule,
}

impl Role {
    /// The roles that an account can have.
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

    /// The word for it in the data, in accounts and in addresses.
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
            Role::Rule => "rule",
        }
    }

    /// The role of this code; none for [`Role::Rule`], which no account has.
    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    /// What people call it.
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
            Role::Rule => Text::new("规则", "Rule"),
        }
    }

    /// Whether the role works for government; the others are the enterprise's side, and no person.
    pub fn is_government(self) -> bool {
        !matches!(self, Role::Enterprise | Role::Intermediary | Role::Rule)
    }

    /// Whether people of this role speak for an office.
    pub fn has_office(self) -> bool {
        matches!(self, Role::Department | Role::DepartmentHead | Role::BackboneOfficer)
    }
}
