//! The people of a project: one lead officer per area (一区域一首席), one agent per project (一项目一代办).

use crate::account::Account;
use crate::id::Id;
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
