//! The people of a project: one lead officer per area (一区域一首席), one agent per project (一项目一代办).

use crate::account::{Account, By};
use crate::catalogue::Catalogue;
use crate::id::Id;
use crate::log::Audience;
use crate::project::policy::Right;
use crate::project::timeline::Names;
use crate::project::{self, Project, Stamp};
use crate::refusal::{Refusal, not_now};
use crate::role::Role;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// Who serves a project.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Team {
    /// The lead officer (首席服务专员); none: nobody is named yet.
    pub lead: Option<Id<Account>>,
    /// The agent (帮代办专员); none: nobody is named yet.
    pub agent: Option<Id<Account>>,
}

/// What may be done about the team.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Names the lead officer, in the place of whoever was.
    AppointLead {
        /// Who it is from now on.
        account: Id<Account>,
    },
    /// Names the agent, in the place of whoever was.
    AppointAgent {
        /// Who it is from now on.
        account: Id<Account>,
    },
}

/// What a person may ask is all that a command says.
pub use self::Command as Request;

impl Command {
    /// Who is appointed, and the role that person must have.
    pub fn appointed(&self) -> (&Id<Account>, Role) {
        match self {
            Command::AppointLead { account } => (account, Role::LeadOfficer),
            Command::AppointAgent { account } => (account, Role::Agent),
        }
    }

    /// The right it takes.
    pub(super) fn right(&self, _: &Project, _: &Catalogue) -> Right {
        match self {
            Command::AppointLead { .. } => Right::AppointLead,
            Command::AppointAgent { .. } => Right::AppointAgent,
        }
    }
}

/// The refusal of somebody who has another role.
pub fn not_a(role: Role) -> Refusal {
    let name = role.name();
    let sentence = Text::new(format!("所选的人不是{}。", name.zh), format!("This person is no {}.", name.en.to_lowercase()));
    Refusal::Invalid { field: "account".into(), sentence }
}

/// What happened to the team.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// There is another lead officer.
    LeadAppointed {
        /// Who it is from now on.
        account: Id<Account>,
    },
    /// There is another agent.
    AgentAppointed {
        /// Who it is from now on.
        account: Id<Account>,
    },
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::LeadAppointed { .. } => "team.lead_appointed",
            Event::AgentAppointed { .. } => "team.agent_appointed",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        match self {
            Event::LeadAppointed { account } | Event::AgentAppointed { account } => vec![account],
        }
    }

    pub(super) fn sentence(&self, names: &Names) -> Text {
        match self {
            Event::LeadAppointed { account } => {
                let name = names.person(account);
                Text::new(format!("由{}任首席服务专员", name.zh), format!("{} is the lead officer now", name.en))
            }
            Event::AgentAppointed { account } => {
                let name = names.person(account);
                Text::new(format!("由{}任帮代办专员", name.zh), format!("{} is the agent now", name.en))
            }
        }
    }
}

/// Whether the command may be now, and what then happens.
pub(super) fn decide(project: &Project, _: &Catalogue, command: Command, _: By) -> Result<Vec<project::Event>, Refusal> {
    let (event, holder) = match command {
        Command::AppointLead { account } => (Event::LeadAppointed { account }, &project.team.lead),
        Command::AppointAgent { account } => (Event::AgentAppointed { account }, &project.team.agent),
    };
    if event.people().into_iter().next() == holder.as_ref() {
        return not_now("已经由此人担任。", "This person holds the post already.");
    }
    Ok(vec![project::Event::Team { event }])
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, event: &Event, _: Stamp) {
    match event {
        Event::LeadAppointed { account } => project.team.lead = Some(account.clone()),
        Event::AgentAppointed { account } => project.team.agent = Some(account.clone()),
    }
}
