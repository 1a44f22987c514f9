//! The people of a project: one lead officer per area (一区域一首席), one agent per project (一项目一代办).

use crate::account::{Account, Role};
use crate::id::Id;
use crate::refusal::Refusal;
use crate::text::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Team {
    pub lead: Option<Id<Account>>,
    pub agent: Option<Id<Account>>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    AppointLead { account: Id<Account> },
    AppointAgent { account: Id<Account> },
}

impl Command {
    /// Who is appointed, and the role that person must have.
    pub fn appointed(&self) -> (&Id<Account>, Role) {
        match self {
            Command::AppointLead { account } => (account, Role::LeadOfficer),
            Command::AppointAgent { account } => (account, Role::Agent),
        }
    }
}

/// The refusal of somebody who has another role.
pub fn not_a(role: Role) -> Refusal {
    let name = role.name();
    let sentence = Text::new(format!("所选的人不是{}。", name.zh), format!("This person is no {}.", name.en.to_lowercase()));
    Refusal::Invalid { field: "account".into(), sentence }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    LeadAppointed { account: Id<Account> },
    AgentAppointed { account: Id<Account> },
}

impl Team {
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::LeadAppointed { account } => self.lead = Some(account.clone()),
            Event::AgentAppointed { account } => self.agent = Some(account.clone()),
        }
    }
}
