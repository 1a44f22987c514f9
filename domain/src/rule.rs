//! Rules that act by themselves, at a time and without a person. What one does is signed with its name.

use crate::account::{Account, Actor};
use crate::id::Id;
use crate::role::Role;
use crate::text::Text;
use std::collections::BTreeSet;

/// A rule that acts by itself. It may do its own action and nothing else (`policy::may`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// What nobody answered in five working days counts as accepted (行政许可法 art. 32).
    DeemedAcceptance,
    /// Says that a paper which was promised (容缺) falls due.
    PromiseDue,
    /// Puts on record who stood in for whom before that was on the log.
    DeputyOnRecord,
}

/// How the accounts of rules begin. The id of a person's account is a UUID.
const PREFIX: &str = "rule:";

impl Rule {
    /// All of them.
    pub const ALL: [Rule; 3] = [Rule::DeemedAcceptance, Rule::PromiseDue, Rule::DeputyOnRecord];

    /// Its name in the log and in the table of timers.
    pub fn code(self) -> &'static str {
        match self {
            Rule::DeemedAcceptance => "deemed-acceptance",
            Rule::PromiseDue => "promise-due",
            Rule::DeputyOnRecord => "deputy-on-record",
        }
    }

    /// The rule of a code.
    pub fn from_code(code: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// The account that it signs with. No row of the accounts has it.
    pub fn account(self) -> Id<Account> {
        Id::from(format!("{PREFIX}{}", self.code()))
    }

    /// The rule that signs with an account; none: the account is a person's.
    pub fn of(account: &Id<Account>) -> Option<Rule> {
        account.as_str().strip_prefix(PREFIX).and_then(Rule::from_code)
    }

    /// What readers see in the place of a person's name.
    pub fn name(self) -> Text {
        match self {
            Rule::DeemedAcceptance => Text::new("规则：逾期未告知视为受理", "Rule: accepted where the applicant was not told in time"),
            Rule::PromiseDue => Text::new("规则：容缺材料到期提醒", "Rule: promised papers that fall due"),
            Rule::DeputyOnRecord => Text::new("规则：登记原有代理", "Rule: substitutions from before"),
        }
    }

    /// The rule as the policy sees it. Nobody signs in as it: `Role::from_code` knows no such role.
    pub fn actor(self) -> Actor {
        Actor {
            account: self.account(),
            role: Role::Rule,
            firm: Id::from(PREFIX),
            office: None,
            matters: BTreeSet::new(),
            stands_for: BTreeSet::new(),
        }
    }
}

impl Actor {
    /// Whether this is the rule itself. An account that only bears its name is not.
    pub fn is_rule(&self, rule: Rule) -> bool {
        self.role == Role::Rule && Rule::of(&self.account) == Some(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_account_can_be_a_rule() {
        assert_eq!(Role::from_code(Role::Rule.code()), None, "no row of the accounts gives the role");
        assert!(!Role::ALL.contains(&Role::Rule) && !Role::Rule.is_government());
        for rule in Rule::ALL {
            assert_eq!((Rule::of(&rule.account()), rule.actor().is_rule(rule)), (Some(rule), true));
            let person = Actor { role: Role::Agent, ..rule.actor() };
            assert!(!person.is_rule(rule), "the name alone makes nobody a rule");
            let other = Actor { account: "0192f0c0-0000-7000-8000-000000000000".into(), ..rule.actor() };
            assert!(!other.is_rule(rule));
        }
    }

    #[test]
    fn a_rule_stands_in_for_nobody() {
        let (one, other) = (Rule::DeemedAcceptance.actor(), Rule::PromiseDue.actor());
        assert!(!one.may_stand_in_for(&other) && !other.may_stand_in_for(&one));
    }
}
