//! The people of the tests: the same as actors of the rules and as accounts of a portal.

use domain::account::Actor;
use domain::role::Role;

/// The password of everybody who has one.
pub const PASSWORD: &str = "correct horse";

/// Somebody who asks for something.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The name they sign in by; in the tests of the rules it is their account.
    pub login: &'a str,
    /// What they are in the portal.
    pub role: Role,
    /// Whom they work for.
    pub firm: &'a str,
    /// The office of the catalogue they belong to.
    pub office: Option<&'a str>,
    /// The areas a lead officer is responsible for.
    pub areas: &'a [&'a str],
    /// The matters a backbone officer is entered for.
    pub matters: &'a [&'a str],
}

/// An enterprise: the owner of the projects.
pub const WANG: Person = of("wang", Role::Enterprise, "新芯公司", None);
/// Another enterprise, which has nothing to do with them.
pub const ZHAO: Person = of("zhao", Role::Enterprise, "云启公司", None);
/// The agent.
pub const LI: Person = of("li", Role::Agent, "全链办", None);
/// The lead officer of the area.
pub const CHEN: Person = Person { areas: &["狮山"], ..of("chen", Role::LeadOfficer, "全链办", None) };
/// The backbone officer of the planning office.
pub const GU: Person =
    Person { matters: &["siting-compliance-check"], ..of("gu", Role::BackboneOfficer, "自规局", Some("natural-resources")) };
/// A handler of the planning office.
pub const ZHOU: Person = of("zhou", Role::Department, "自规局", Some("natural-resources"));
/// A handler of the water office.
pub const SHEN: Person = of("shen", Role::Department, "水务局", Some("water-affairs"));

const fn of(login: &'static str, role: Role, firm: &'static str, office: Option<&'static str>) -> Person<'static> {
    Person { login, role, firm, office, areas: &[], matters: &[] }
}

impl Person<'_> {
    /// As the rules know them, without a portal.
    pub fn actor(&self) -> Actor {
        Actor {
            account: self.login.into(),
            role: self.role,
            firm: self.firm.into(),
            office: self.office.map(Into::into),
            matters: self.matters.iter().map(|matter| (*matter).into()).collect(),
            stands_for: Default::default(),
        }
    }

    /// Their account, to be added to a portal; without a password, which takes time to hash, they cannot sign in.
    #[cfg(feature = "service")]
    pub fn account(&self, password: Option<&str>) -> service::account::NewAccount {
        service::account::NewAccount {
            login: self.login.into(),
            name: format!("{}某", self.login),
            role: self.role,
            firm: self.firm.into(),
            office: self.office.map(Into::into),
            password: password.map(Into::into),
            areas: self.areas.iter().map(ToString::to_string).collect(),
            matters: self.matters.iter().map(|matter| (*matter).into()).collect(),
        }
    }
}
