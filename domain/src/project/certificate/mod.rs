//! Certificates (证照): what an office hands out when it has decided, numbered by rule and signed; and several at once
//! (多证联发), all of them or none.

mod issue;
mod issued;

pub use issue::{joint_issue_obstacles, may_issue_jointly};
pub use issued::{Certificate, CertificateStatus, IssuedCertificate, Item, Joint};

use crate::account::{Account, By};
use crate::catalogue::{Catalogue, CertificateRules, Material, Matter};
use crate::id::Id;
use crate::log::{Audience, Digest};
use crate::project::library::{self, Arrived, Document};
use crate::project::policy::Right;
use crate::project::timeline::Names;
use crate::project::{self, Project, Stamp, matter};
use crate::refusal::{Refusal, checked_text};
use crate::sheet::{Entries, Entry};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A certificate made out and signed, ready to be handed out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PreparedCertificate {
    /// The matter it is of.
    pub matter: Id<Matter>,
    /// Its number.
    pub number: String,
    /// The digest of the signed file.
    pub signed: Digest,
    /// The printed form, a PDF.
    pub printed: Arrived,
    /// What it is in the library, under which ids.
    pub documents: Vec<(Id<Material>, Id<Document>)>,
}

/// What a person may ask. One certificate is issued by issuing its matter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Issue several at once (多证联发).
    IssueJointly {
        /// The matters whose certificates are issued, all or none.
        matters: BTreeSet<Id<Matter>>,
    },
    /// Issue another one in its place.
    Correct {
        /// The certificate that is wrong.
        number: String,
        /// What was wrong, for whoever looks it up.
        reason: String,
    },
    /// Take it back.
    Revoke {
        /// The certificate that is taken back.
        number: String,
        /// Why, for whoever looks it up.
        reason: String,
    },
}

impl Request {
    /// The right it takes.
    pub(super) fn right(&self, project: &Project, _: &Catalogue) -> Right {
        match self {
            Request::IssueJointly { .. } => Right::IssueJointly,
            Request::Correct { number, .. } | Request::Revoke { number, .. } => right_to_correct(project, number),
        }
    }
}

/// A request, with the certificates made out and signed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Finishes matters that are decided, each with its certificate.
    Issue {
        /// The certificates, one for each matter.
        made: Vec<PreparedCertificate>,
    },
    /// Several at once, each decided by its office; all or none.
    IssueJointly {
        /// The number of the receipt for all of them.
        receipt: String,
        /// The certificates, one for each matter.
        made: Vec<PreparedCertificate>,
    },
    /// Puts another one in its place.
    Correct {
        /// The certificate that is wrong.
        number: String,
        /// The one that takes its place.
        made: PreparedCertificate,
        /// What was wrong, for whoever looks it up.
        reason: String,
    },
    /// Takes it back.
    Revoke {
        /// The certificate that is taken back.
        number: String,
        /// Why, for whoever looks it up.
        reason: String,
    },
}

/// What happened to certificates.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One was handed out.
    Issued {
        /// The certificate, with its files.
        made: PreparedCertificate,
        /// The receipt it was issued under with others; none: it was issued alone.
        joint: Option<String>,
    },
    /// Several were handed out in one act; an [`Event::Issued`] tells of each.
    IssuedJointly {
        /// The number of the receipt for all of them.
        receipt: String,
        /// Their numbers.
        numbers: Vec<String>,
    },
    /// Another one took its place.
    Corrected {
        /// The certificate that was wrong.
        number: String,
        /// The number of the one that took its place.
        by: String,
        /// What was wrong.
        reason: String,
    },
    /// It was taken back.
    Revoked {
        /// The certificate that was taken back.
        number: String,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// The right it takes.
    pub(super) fn right(&self, project: &Project, _: &Catalogue) -> Right {
        match self {
            Command::Issue { made } => Right::HandleAll(made.iter().map(|m| m.matter.clone()).collect()),
            Command::IssueJointly { .. } => Right::IssueJointly,
            Command::Correct { number, .. } | Command::Revoke { number, .. } => right_to_correct(project, number),
        }
    }
}

/// The right to correct a certificate, and to revoke it.
pub fn right_to_correct(project: &Project, number: &str) -> Right {
    Right::HandleAll(project.certificates.get(number).map(|held| held.matter.clone()).into_iter().collect())
}

impl Event {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Event::Issued { .. } => "certificate.issued",
            Event::IssuedJointly { .. } => "certificate.issued_jointly",
            Event::Corrected { .. } => "certificate.corrected",
            Event::Revoked { .. } => "certificate.revoked",
        }
    }

    pub(super) fn audience(&self) -> Audience {
        Audience::Parties
    }

    pub(super) fn people(&self) -> Vec<&Id<Account>> {
        Vec::new()
    }

    pub(super) fn sentence(&self, names: &Names) -> Text {
        match self {
            Event::Issued { made, .. } => {
                let m = names.matter(&made.matter);
                Text::new(format!("{}：颁发 {}", m.zh, made.number), format!("{}: issued {}", m.en, made.number))
            }
            Event::IssuedJointly { receipt, numbers } => {
                let n = numbers.len();
                Text::new(format!("{n} 证联发，回执 {receipt}"), format!("{n} certificates issued together, receipt {receipt}"))
            }
            Event::Corrected { number, by, reason } => {
                Text::new(format!("{number} 更正为 {by}：{reason}"), format!("{number} corrected by {by}: {reason}"))
            }
            Event::Revoked { number, reason } => Text::new(format!("撤销 {number}：{reason}"), format!("revoked {number}: {reason}")),
        }
    }
}

/// Folds an event.
pub(super) fn apply(project: &mut Project, event: &Event, stamp: Stamp) {
    let stands = |held: &mut BTreeMap<String, IssuedCertificate>, number: &String, standing: CertificateStatus| {
        if let Some(held) = held.get_mut(number) {
            held.standing = standing;
        }
    };
    match event {
        Event::Issued { made, joint } => {
            let held = IssuedCertificate {
                matter: made.matter.clone(),
                at: stamp.at,
                by: stamp.by.clone(),
                signed: made.signed,
                printed: made.printed.digest,
                documents: made.documents.iter().map(|(_, document)| document.clone()).collect(),
                joint: joint.clone(),
                standing: CertificateStatus::Valid,
            };
            project.certificates.insert(made.number.clone(), held);
        }
        Event::IssuedJointly { receipt, numbers } => {
            project.joint.push(Joint { receipt: receipt.clone(), at: stamp.at, by: stamp.by.clone(), numbers: numbers.clone() });
        }
        Event::Corrected { number, by, reason } => {
            stands(&mut project.certificates, number, CertificateStatus::Corrected { by: by.clone(), reason: reason.clone() });
        }
        Event::Revoked { number, reason } => {
            stands(&mut project.certificates, number, CertificateStatus::Revoked { reason: reason.clone() })
        }
    }
}

impl Project {
    /// The valid certificate of a matter.
    pub fn certificate(&self, matter: &Id<Matter>) -> Option<(&String, &IssuedCertificate)> {
        self.certificates
            .iter()
            .filter(|(_, held)| held.matter == *matter && held.standing == CertificateStatus::Valid)
            .max_by_key(|(_, held)| held.at)
    }
}

/// The matters of the project that are issued together (六证联发): those the catalogue marks, and that are not issued yet.
pub fn six_permits(project: &Project, catalogue: &Catalogue) -> BTreeSet<Id<Matter>> {
    let open = |m: &&Matter| m.six_permits && project.matters.get(&m.id).is_some_and(|t| !t.is_done());
    catalogue.matters.iter().filter(open).map(|m| m.id.clone()).collect()
}

/// Whether the command may be now, and what then happens.
pub(super) fn decide(project: &Project, catalogue: &Catalogue, command: Command, by: By) -> Result<Vec<project::Event>, Refusal> {
    match command {
        Command::Issue { made } => {
            let mut events = Vec::new();
            for made in made {
                let step = matter::step(project, catalogue, &made.matter, matter::Command::Issue, by)?;
                events.extend(issue::issue_events(project, made, None, step));
            }
            Ok(events)
        }
        Command::IssueJointly { receipt, made } => issue::jointly(project, catalogue, &receipt, made, by),
        Command::Correct { number, made, reason } => {
            let held = may_correct(project, &number, &reason)?;
            let reason = checked_text("reason", &reason, 500)?;
            let new = made.number.clone();
            let mut events: Vec<project::Event> = held
                .documents
                .iter()
                .map(|id| {
                    let event = library::Event::Replaced { file: made.printed.clone(), why: reason.clone() };
                    project::Event::Document { id: id.clone(), event }
                })
                .collect();
            let documents = made.documents.iter().map(|(m, _)| m.clone()).zip(held.documents.iter().cloned()).collect();
            events.insert(
                0,
                project::Event::Certificate {
                    event: Event::Issued { made: PreparedCertificate { documents, ..made }, joint: held.joint.clone() },
                },
            );
            events.insert(0, project::Event::Certificate { event: Event::Corrected { number, by: new, reason } });
            Ok(events)
        }
        Command::Revoke { number, reason } => {
            let reason = checked_text("reason", &reason, 500)?;
            let held = valid(project, &number)?;
            let mut events: Vec<project::Event> = held
                .documents
                .iter()
                .filter(|id| project.library.get(*id).is_some_and(|kept| kept.removed.is_none()))
                .map(|id| project::Event::Document { id: id.clone(), event: library::Event::Removed { why: reason.clone() } })
                .collect();
            events.insert(0, project::Event::Certificate { event: Event::Revoked { number, reason } });
            Ok(events)
        }
    }
}

/// That a certificate may be corrected, for this reason: the certificate as it is.
///
/// # Errors
/// There is none of this number, or it holds no more; the reason is none, at its field.
pub fn may_correct<'p>(project: &'p Project, number: &str, reason: &str) -> Result<&'p IssuedCertificate, Refusal> {
    checked_text("reason", reason, 500)?;
    valid(project, number)
}

fn valid<'p>(project: &'p Project, number: &str) -> Result<&'p IssuedCertificate, Refusal> {
    let held = project.certificates.get(number).ok_or(Refusal::Unknown)?;
    if held.standing == CertificateStatus::Valid {
        return Ok(held);
    }
    let name = held.standing.name();
    Err(Refusal::NotNow(Text::new(
        format!("此证{}，不能再改。", name.zh),
        format!("This certificate is {} already.", name.en.to_lowercase()),
    )))
}

/// Fills in the fields that certificates of this project fix.
pub fn assign_numbers(project: &Project, rules: &CertificateRules, entries: &mut Entries) {
    for rule in &rules.rules {
        let (Some(matter), Some(field)) = (&rule.matter, &rule.number_field) else { continue };
        if let Some((number, held)) = project.certificate(matter) {
            entries.insert(field.clone(), Entry { value: number.clone(), by: held.by.clone(), at: held.at, seq: 0, own: true });
        }
    }
}
