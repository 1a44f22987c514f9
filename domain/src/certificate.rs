//! Certificates (证照): what an office hands out when it has decided, numbered by rule and signed; and several at once
//! (多证联发), all of them or none.

use crate::account::Account;
use crate::catalogue::{Catalogue, Field, Material, Matter};
use crate::date::{Date, Instant};
use crate::id::Id;
use crate::log::{By, Digest};
use crate::material::{self, Arrived, Document};
use crate::matter::{self, Progress};
use crate::policy::certifies;
use crate::project::{self, Project};
use crate::refusal::{Refusal, not_now, written};
use crate::sheet::{Entries, Entry};
use crate::submission;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// From when serial numbers begin again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    Year,
    Day,
}

/// How the certificate of a matter is made out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rule {
    pub matter: Option<Id<Matter>>,
    pub title: Option<Text>,
    /// `{region}`, `{year}`, `{date}`, `{code}` and `{serial:5}` are filled in.
    pub number: String,
    pub restart: Restart,
    pub statement: Text,
    /// What it says of the project, from the data sheet.
    pub fields: Vec<Id<Field>>,
    /// The field of the sheet that holds its number.
    pub number_field: Option<Id<Field>>,
}

/// The rules of all certificates; the one without a matter is for those that have none of their own.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Rules {
    /// The district's code of GB/T 2260.
    pub region: String,
    pub rules: Vec<Rule>,
}

impl Rules {
    pub fn of(&self, matter: &Id<Matter>) -> Option<&Rule> {
        let own = self.rules.iter().find(|rule| rule.matter.as_ref() == Some(matter));
        own.or_else(|| self.rules.iter().find(|rule| rule.matter.is_none()))
    }
}

impl Rule {
    /// What is counted: certificates with the same key have different serial numbers.
    pub fn series(&self, matter: &Matter, region: &str, on: Date) -> String {
        let per = match self.restart {
            Restart::Year => on.year().to_string(),
            Restart::Day => on.to_string(),
        };
        format!("{}/{region}/{per}", matter.code)
    }

    pub fn number(&self, matter: &Matter, region: &str, on: Date, serial: u64) -> String {
        let date = on.to_string().replace('-', "");
        let mut number = self
            .number
            .replace("{region}", region)
            .replace("{year}", &on.year().to_string())
            .replace("{date}", &date)
            .replace("{code}", &matter.code)
            .replace("{serial}", &serial.to_string());
        for width in 1..=9 {
            number = number.replace(&format!("{{serial:{width}}}"), &format!("{serial:0width$}"));
        }
        number
    }
}

/// What a certificate says; this is what is signed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Certificate {
    pub number: String,
    pub title: Text,
    pub matter: Id<Matter>,
    pub project: Id<Project>,
    pub project_name: String,
    pub holder: String,
    pub issuer: Text,
    pub issued_on: Date,
    pub statement: Text,
    pub items: Vec<Item>,
    pub conditions: Vec<String>,
    /// The certificate it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Item {
    pub name: Text,
    pub value: Text,
}

/// Whether a certificate still says what is so.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Valid,
    /// Another one took its place.
    Corrected {
        by: String,
        reason: String,
    },
    Revoked {
        reason: String,
    },
}

impl Standing {
    pub fn code(&self) -> &'static str {
        match self {
            Standing::Valid => "valid",
            Standing::Corrected { .. } => "corrected",
            Standing::Revoked { .. } => "revoked",
        }
    }

    pub fn from_code(code: &str, by: Option<String>, reason: String) -> Option<Standing> {
        match code {
            "valid" => Some(Standing::Valid),
            "corrected" => Some(Standing::Corrected { by: by.unwrap_or_default(), reason }),
            "revoked" => Some(Standing::Revoked { reason }),
            _ => None,
        }
    }

    pub fn name(&self) -> Text {
        match self {
            Standing::Valid => Text::new("有效", "Valid"),
            Standing::Corrected { .. } => Text::new("已更正", "Corrected"),
            Standing::Revoked { .. } => Text::new("已撤销", "Revoked"),
        }
    }
}

/// A certificate of a project.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Held {
    pub matter: Id<Matter>,
    pub at: Instant,
    pub by: Id<Account>,
    /// The signed file.
    pub signed: Digest,
    pub printed: Digest,
    /// The printed form, in the project's library.
    pub documents: Vec<Id<Document>>,
    /// The receipt it was issued under with others.
    pub joint: Option<String>,
    pub standing: Standing,
}

/// Several certificates issued in one act.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Joint {
    pub receipt: String,
    pub at: Instant,
    pub by: Id<Account>,
    pub numbers: Vec<String>,
}

/// A certificate made out and signed, ready to be handed out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Made {
    pub matter: Id<Matter>,
    pub number: String,
    pub signed: Digest,
    pub printed: Arrived,
    /// What it is in the library, under which ids.
    pub documents: Vec<(Id<Material>, Id<Document>)>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Issue {
        made: Vec<Made>,
    },
    /// Several at once, each decided by its office; all or none.
    IssueJointly {
        receipt: String,
        made: Vec<Made>,
    },
    Correct {
        number: String,
        made: Made,
        reason: String,
    },
    Revoke {
        number: String,
        reason: String,
    },
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Issued { made: Made, joint: Option<String> },
    IssuedJointly { receipt: String, numbers: Vec<String> },
    Corrected { number: String, by: String, reason: String },
    Revoked { number: String, reason: String },
}

impl Project {
    pub(crate) fn apply_certificate(&mut self, event: &Event, at: Instant, by: &Id<Account>) {
        let stands = |held: &mut BTreeMap<String, Held>, number: &String, standing: Standing| {
            if let Some(held) = held.get_mut(number) {
                held.standing = standing;
            }
        };
        match event {
            Event::Issued { made, joint } => {
                let held = Held {
                    matter: made.matter.clone(),
                    at,
                    by: by.clone(),
                    signed: made.signed,
                    printed: made.printed.digest,
                    documents: made.documents.iter().map(|(_, document)| document.clone()).collect(),
                    joint: joint.clone(),
                    standing: Standing::Valid,
                };
                self.certificates.insert(made.number.clone(), held);
            }
            Event::IssuedJointly { receipt, numbers } => {
                self.joint.push(Joint { receipt: receipt.clone(), at, by: by.clone(), numbers: numbers.clone() });
            }
            Event::Corrected { number, by, reason } => {
                stands(&mut self.certificates, number, Standing::Corrected { by: by.clone(), reason: reason.clone() });
            }
            Event::Revoked { number, reason } => stands(&mut self.certificates, number, Standing::Revoked { reason: reason.clone() }),
        }
    }

    /// The valid certificate of a matter.
    pub fn certificate(&self, matter: &Id<Matter>) -> Option<(&String, &Held)> {
        self.certificates
            .iter()
            .filter(|(_, held)| held.matter == *matter && held.standing == Standing::Valid)
            .max_by_key(|(_, held)| held.at)
    }
}

/// What still stands in the way of issuing these together, matter by matter; an empty list: nothing.
pub fn gate(project: &Project, catalogue: &Catalogue, matters: &BTreeSet<Id<Matter>>) -> Vec<(Id<Matter>, Vec<Text>)> {
    let in_order = catalogue.matters.iter().filter(|m| matters.contains(&m.id) && project.matters.contains_key(&m.id));
    let obstacles = |m: &Matter| {
        let mut list = Vec::new();
        if !certifies(&m.department) {
            list.push(Text::new("不由行政机关办理，不发证照", "no office of government handles it; it has no certificate"));
        }
        match project.matters.get(&m.id).map(|t| &t.progress) {
            Some(Progress::Decided) => {}
            // The act hands over what each office has decided (行政许可法 arts 22, 26, 38): nobody decides in its place.
            Some(Progress::Accepted { .. }) => {
                list.extend(submission::obstacles(project, catalogue, &m.id));
                list.push(Text::new("主办部门还没有作出决定", "its office has not decided"));
            }
            _ => {
                let state = matter::state(project, catalogue, &m.id).map(|s| s.name()).unwrap_or_else(|| Text::same(""));
                list.push(Text::new(format!("现在是“{}”", state.zh), format!("it is now “{}”", state.en)));
            }
        }
        let outside: Vec<_> = matter::before(project, m).issue.into_iter().filter(|before| !matters.contains(before)).collect();
        if !outside.is_empty() {
            let names = matter::names(catalogue, &outside);
            list.push(Text::new(format!("须先办结{}", names.zh), format!("first to be finished: {}", names.en)));
        }
        list
    };
    in_order.map(|m| (m.id.clone(), obstacles(m))).collect()
}

/// The matters of the project that are issued together (六证联发): those the catalogue marks, and that are not issued yet.
pub fn six(project: &Project, catalogue: &Catalogue) -> BTreeSet<Id<Matter>> {
    let open = |m: &&Matter| m.six_permits && project.matters.get(&m.id).is_some_and(|t| !t.is_done());
    catalogue.matters.iter().filter(open).map(|m| m.id.clone()).collect()
}

/// Whether the command is allowed now, and what then happens.
pub fn decide(project: &Project, catalogue: &Catalogue, command: Command, by: By) -> Result<Vec<project::Event>, Refusal> {
    match command {
        Command::Issue { made } => {
            let mut events = Vec::new();
            for made in made {
                let steps = matter::decide(project, catalogue, &made.matter, matter::Command::Issue, by)?;
                events.extend(handed_out(project, made, None, steps));
            }
            Ok(events)
        }
        Command::IssueJointly { receipt, made } => jointly(project, catalogue, &receipt, made, by),
        Command::Correct { number, made, reason } => {
            let reason = written("reason", &reason, 500)?;
            let held = valid(project, &number)?;
            let new = made.number.clone();
            let mut events: Vec<project::Event> = held
                .documents
                .iter()
                .map(|id| {
                    let event = material::Event::Replaced { file: made.printed.clone(), why: reason.clone() };
                    project::Event::Document { id: id.clone(), event }
                })
                .collect();
            let documents = made.documents.iter().map(|(m, _)| m.clone()).zip(held.documents.iter().cloned()).collect();
            events.insert(
                0,
                project::Event::Certificate { event: Event::Issued { made: Made { documents, ..made }, joint: held.joint.clone() } },
            );
            events.insert(0, project::Event::Certificate { event: Event::Corrected { number, by: new, reason } });
            Ok(events)
        }
        Command::Revoke { number, reason } => {
            let reason = written("reason", &reason, 500)?;
            let held = valid(project, &number)?;
            let mut events: Vec<project::Event> = held
                .documents
                .iter()
                .filter(|id| project.library.get(*id).is_some_and(|kept| kept.removed.is_none()))
                .map(|id| project::Event::Document { id: id.clone(), event: material::Event::Removed { why: reason.clone() } })
                .collect();
            events.insert(0, project::Event::Certificate { event: Event::Revoked { number, reason } });
            Ok(events)
        }
    }
}

fn valid<'p>(project: &'p Project, number: &str) -> Result<&'p Held, Refusal> {
    let held = project.certificates.get(number).ok_or(Refusal::Unknown)?;
    if held.standing == Standing::Valid {
        return Ok(held);
    }
    let name = held.standing.name();
    Err(Refusal::NotNow(Text::new(
        format!("此证{}，不能再改。", name.zh),
        format!("This certificate is {} already.", name.en.to_lowercase()),
    )))
}

/// The events of one certificate: the matter's own steps, the certificate, and its printed form in the library.
fn handed_out(project: &Project, made: Made, joint: Option<&str>, steps: Vec<matter::Event>) -> Vec<project::Event> {
    let mut events: Vec<project::Event> =
        steps.into_iter().map(|event| project::Event::Matter { matter: made.matter.clone(), event }).collect();
    let documents = made.documents.clone();
    let printed = made.printed.clone();
    let office = project.matters.get(&made.matter).map(|tracked| tracked.department.clone());
    events.push(project::Event::Certificate { event: Event::Issued { made, joint: joint.map(str::to_string) } });
    for (material, id) in documents {
        let event = material::Event::Added { material: Some(material.clone()), file: printed.clone(), office: office.clone() };
        events.push(project::Event::Document { id, event });
        // Whoever promised to bring it need not any more.
        events.extend(submission::supplied(project, &material));
    }
    events
}

fn jointly(project: &Project, catalogue: &Catalogue, receipt: &str, made: Vec<Made>, by: By) -> Result<Vec<project::Event>, Refusal> {
    let matters: BTreeSet<Id<Matter>> = made.iter().map(|m| m.matter.clone()).collect();
    if matters.len() < 2 || matters.len() != made.len() {
        return not_now("联发须选两个以上的事项。", "A joint issue needs two matters or more.");
    }
    let in_the_way: Vec<_> = gate(project, catalogue, &matters).into_iter().filter(|(_, list)| !list.is_empty()).collect();
    if !in_the_way.is_empty() {
        let name = |id: &Id<Matter>| catalogue.matter(id.as_str()).map_or_else(|| Text::same(id.as_str()), |m| m.name.clone());
        let zh: Vec<String> = in_the_way
            .iter()
            .map(|(id, list)| format!("“{}”{}", name(id).zh, list.iter().map(|t| t.zh.as_str()).collect::<Vec<_>>().join("、")))
            .collect();
        let en: Vec<String> = in_the_way
            .iter()
            .map(|(id, list)| format!("{}: {}", name(id).en, list.iter().map(|t| t.en.as_str()).collect::<Vec<_>>().join(", ")))
            .collect();
        return Err(Refusal::NotNow(Text::new(format!("还不能联发：{}。", zh.join("；")), format!("Not yet: {}.", en.join("; ")))));
    }
    // Each after those it rests on, as the project stands after them.
    let mut so_far = project.clone();
    let mut left = made;
    let mut events = Vec::new();
    let mut numbers = Vec::new();
    while !left.is_empty() {
        let free = |m: &Made| {
            let before = catalogue.matter(m.matter.as_str()).map(|matter| matter::before(&so_far, matter).issue);
            before.is_some_and(|list| list.is_empty())
        };
        let Some(next) = left.iter().position(free) else {
            return not_now("所选事项互为前提，不能联发。", "These matters wait for each other.");
        };
        let made = left.remove(next);
        numbers.push(made.number.clone());
        let these = handed_out(&so_far, made, Some(receipt), vec![matter::Event::Issued]);
        these.iter().for_each(|event| so_far.apply(event, by.at, &by.actor.account, false));
        events.extend(these);
    }
    events.push(project::Event::Certificate { event: Event::IssuedJointly { receipt: receipt.to_string(), numbers } });
    Ok(events)
}

/// Fills in the fields that certificates of this project fix.
pub fn fill(project: &Project, rules: &Rules, entries: &mut Entries) {
    for rule in &rules.rules {
        let (Some(matter), Some(field)) = (&rule.matter, &rule.number_field) else { continue };
        if let Some((number, held)) = project.certificate(matter) {
            entries.insert(field.clone(), Entry { value: number.clone(), by: held.by.clone(), at: held.at, seq: 0, own: true });
        }
    }
}
