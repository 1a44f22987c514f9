//! The guide map (指向图): answers go in, the matters that apply come out, per stage and line, in order.

mod answers;
mod explain;

pub use answers::{AnswerError, Answers};
pub use explain::{Paper, Together, Wanted, WhatIf, applying, what_if};

use crate::catalogue::{Attribute, Catalogue, Confidence, Kind, LegalLimit, Line, Matter, Question, Requirement, Rule, Stage};
use crate::condition::Value;
use crate::date::Date;
use crate::text::Text;
use std::collections::BTreeMap;

/// Every attribute's value for a project: given, defaulted or derived.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    values: BTreeMap<String, Value>,
    /// Given, but its question is hidden by other answers: the default applies instead.
    pub ignored: Vec<String>,
}

impl Profile {
    /// Works out every value: what was answered, the default where nothing was or the question is hidden, then what is derived.
    pub fn new(catalogue: &Catalogue, answers: &Answers) -> Profile {
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for attribute in &catalogue.attributes {
            if let Some(default) = &attribute.default {
                values.insert(attribute.id.clone(), default.clone());
            }
        }
        let mut ignored = Vec::new();
        derive(catalogue, &mut values);
        // In order: whether a question shows depends on earlier answers only.
        for question in &catalogue.questions {
            let shown = question.show_when.holds(&|name: &str| values.get(name));
            for name in &question.sets {
                match answers.0.get(name) {
                    Some(value) if shown => {
                        values.insert(name.clone(), value.clone());
                    }
                    Some(_) => ignored.push(name.clone()),
                    None => {}
                }
            }
            derive(catalogue, &mut values);
        }
        Profile { values, ignored }
    }

    /// An attribute's value; none: there is no such attribute.
    pub fn value(&self, attribute: &str) -> Option<&Value> {
        self.values.get(attribute)
    }

    /// All values, by attribute.
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// Whether a condition holds for this project.
    pub fn holds(&self, condition: &crate::condition::Condition) -> bool {
        condition.holds(&|name: &str| self.values.get(name))
    }

    /// Whether a question is asked, with these answers to the others.
    pub fn shows(&self, question: &Question) -> bool {
        self.holds(&question.show_when)
    }

    /// Advice for an attribute, when there is any and it differs from the answer.
    pub fn suggestion<'c>(&self, attribute: &'c Attribute) -> Option<&'c Rule> {
        let rule = attribute.suggest.iter().find(|r| self.holds(&r.when))?;
        (self.value(&attribute.id) != Some(&rule.value)).then_some(rule)
    }
}

fn derive(catalogue: &Catalogue, values: &mut BTreeMap<String, Value>) {
    for attribute in catalogue.attributes.iter().filter(|a| a.is_derived()) {
        let value = attribute.derive.iter().find(|r| r.when.holds(&|name: &str| values.get(name))).map(|r| r.value.clone());
        if let Some(value) = value {
            values.insert(attribute.id.clone(), value);
        }
    }
}

/// The statutory limit of a matter for one project on one day.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitInForce {
    /// The limit, in the law's own unit.
    pub limit: LegalLimit,
    /// The legal text of a limit that has changed over time.
    pub title: Option<String>,
}

/// A matter as it applies to one project.
#[derive(Clone, Debug)]
pub struct Entry<'c> {
    /// What the catalogue says of the matter.
    pub matter: &'c Matter,
    /// What sort of act it is for this project.
    pub kind: Kind,
    /// What the applicant gets at the end.
    pub result: &'c Text,
    /// The statutory limit for this project on the map's day.
    pub legal: LimitInForce,
    /// The limit that the offices promise for this project, in working days.
    pub promised_workdays: i64,
    /// `promised_workdays` is the editors' assumption, not a published promise.
    pub promised_assumed: bool,
    /// The papers it asks of this project.
    pub requirements: Vec<&'c Requirement>,
}

impl Entry<'_> {
    /// Whether something here is assumed or of low confidence, which every reader is told.
    pub fn is_assumed(&self) -> bool {
        self.promised_assumed || self.matter.confidence == Confidence::Low
    }
}

/// The guide map of one project.
#[derive(Clone, Debug)]
pub struct GuideMap<'c> {
    /// The day whose law applies.
    pub as_of: Date,
    /// Every attribute's value, from which the matters follow.
    pub profile: Profile,
    /// In the order of the chain.
    pub entries: Vec<Entry<'c>>,
}

impl<'c> GuideMap<'c> {
    /// Chooses the matters that apply to these answers, with the limits in force on a day.
    pub fn new(catalogue: &'c Catalogue, answers: &Answers, as_of: Date) -> GuideMap<'c> {
        let profile = Profile::new(catalogue, answers);
        let entries = catalogue.matters.iter().filter(|m| profile.holds(&m.applies_when)).map(|m| entry(m, &profile, as_of)).collect();
        GuideMap { as_of, profile, entries }
    }

    /// The matters of a stage that are on one of the lines, in the order of the chain.
    pub fn at<'m>(&'m self, stage: &'m Stage, line: Line) -> impl Iterator<Item = &'m Entry<'c>> + 'm {
        self.entries.iter().filter(move |e| e.matter.stage == stage.id && e.matter.line == line)
    }

    /// How many of the permits issued together before works start (六证) this project needs.
    pub fn six_permits(&self) -> usize {
        self.entries.iter().filter(|e| e.matter.six_permits).count()
    }

    /// The map as programs read it: the same from the command line and from the pages.
    pub fn to_json(&self) -> serde_json::Value {
        let matters: Vec<serde_json::Value> = self
            .entries
            .iter()
            .map(|e| {
                let m = e.matter;
                serde_json::json!({
                    "id": m.id,
                    "code": m.code,
                    "name": m.name,
                    "stage": m.stage,
                    "line": m.line.code(),
                    "kind": e.kind.code(),
                    "department": m.department,
                    "result": e.result,
                    "legal_limit": e.legal.limit.period,
                    "legal_limit_kind": e.legal.limit.kind,
                    "legal_limit_workdays": e.legal.limit.workdays,
                    "legal_limit_workdays_approx": e.legal.limit.approximate,
                    "promised_limit_workdays": e.promised_workdays,
                    "promised_assumed": e.promised_assumed,
                    "preparation_workdays": m.preparation_workdays,
                    "six_permits": m.six_permits,
                    "confidence": m.confidence,
                    "depends_on": m.depends_on.iter().map(|d| &d.on).collect::<Vec<_>>(),
                    "materials": e.requirements.iter().map(|r| &r.material).collect::<Vec<_>>(),
                })
            })
            .collect();
        serde_json::json!({
            "as_of": self.as_of,
            "answers": self.profile.values(),
            "ignored": self.profile.ignored,
            "matters": matters,
        })
    }
}

/// A matter for a project: the variant that holds, and the limit in force on the day.
pub fn entry<'c>(matter: &'c Matter, profile: &Profile, as_of: Date) -> Entry<'c> {
    let variant = matter.variants.iter().find(|v| profile.holds(&v.when));
    let mut legal = limit_on(matter, as_of);
    if let Some(variant) = variant {
        // A variant states its own limit in working days; where it states none, none was found.
        legal = LimitInForce {
            limit: LegalLimit {
                period: variant.legal_workdays.map(|days| crate::catalogue::Period { days, unit: crate::catalogue::Unit::Workday }),
                kind: if variant.legal_workdays.is_some() { matter.legal_limit.kind } else { crate::catalogue::LimitKind::None },
                workdays: variant.legal_workdays,
                ..LegalLimit::default()
            },
            title: None,
        };
    }
    Entry {
        matter,
        kind: variant.map_or(matter.kind, |v| v.kind),
        result: variant.map_or(&matter.result, |v| &v.result),
        legal,
        promised_workdays: variant.map_or(matter.promised_workdays, |v| v.promised_workdays),
        promised_assumed: variant.map_or(matter.promised_assumed, |v| v.promised_assumed),
        requirements: matter.requirements.iter().filter(|r| profile.holds(&r.required_when)).collect(),
    }
}

/// The matter's own limit on a day: a former one where the law has changed since.
fn limit_on(matter: &Matter, on: Date) -> LimitInForce {
    let former =
        matter.limit_history.iter().find(|f| f.valid_from.is_none_or(|from| from <= on) && f.valid_until.is_none_or(|until| on <= until));
    match former {
        Some(former) if Some(former.period) != matter.legal_limit.period => {
            let calendar = former.period.unit == crate::catalogue::Unit::CalendarDay;
            // For planning only: calendar days × 5/7, rounded (the catalogue's limit rule).
            let workdays = if calendar { (former.period.days * 5 + 3) / 7 } else { former.period.days };
            LimitInForce {
                limit: LegalLimit {
                    period: Some(former.period),
                    kind: matter.legal_limit.kind,
                    note: None,
                    workdays: Some(workdays),
                    approximate: calendar,
                },
                title: Some(former.title.clone()),
            }
        }
        former => LimitInForce { limit: matter.legal_limit.clone(), title: former.map(|f| f.title.clone()) },
    }
}
