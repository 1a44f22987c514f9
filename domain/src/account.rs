//! Who takes part: people as the rules see them, and who is behind a change.

use crate::catalogue::{Matter, Organisation};
use crate::date::Instant;
use crate::id::Id;
use crate::role::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An account's identity; the name, the password and the like are kept outside the log.
#[derive(Debug)]
pub enum Account {}

/// A company or office that people belong to.
#[derive(Debug)]
pub enum Firm {}

/// A person who is asking, as the rules see them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Actor {
    /// Their account.
    pub account: Id<Account>,
    /// The role in which they take part, which most rights hang on.
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

/// The person behind a change, as the rules see them, with the time it happens at.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who does it: a person, or a rule that acts by itself.
    pub actor: &'a Actor,
    /// When it happens.
    pub at: Instant,
}

/// What others may know of a person: enough to see who is speaking.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Person {
    /// Their account, by which events name them.
    pub account: Id<Account>,
    /// Their name, as colleagues and parties read it.
    pub name: String,
    /// The role in which they take part.
    pub role: Role,
    /// The name of the company or office they belong to.
    pub firm: String,
}
