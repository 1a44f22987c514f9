//! What a reader asks of a guide map: why, what if, whom to ask, in which steps, with which papers.

use super::{Answers, GuideMap, Profile};
use crate::catalogue::{Attribute, AttributeType, Catalogue, Counter, Line, Material, Matter, Question, Source, Stage, SupplyBy};
use crate::condition::{Comparison, Condition, Value};
use crate::id::Id;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// The places, in the catalogue, of the matters that apply.
pub fn applying(catalogue: &Catalogue, answers: &Answers) -> Vec<usize> {
    let applies = which(catalogue, answers);
    (0..applies.len()).filter(|i| applies[*i]).collect()
}

/// Whether each matter of the catalogue applies.
fn which(catalogue: &Catalogue, answers: &Answers) -> Vec<bool> {
    let profile = Profile::new(catalogue, answers);
    catalogue.matters.iter().map(|m| profile.holds(&m.applies_when)).collect()
}

/// Another answer, and what it would change in the list of matters.
#[derive(Clone, PartialEq, Debug)]
pub struct WhatIf {
    /// The attribute that would be answered differently.
    pub attribute: String,
    /// The other answer.
    pub value: Value,
    /// Places of matters in the catalogue.
    pub more: Vec<usize>,
    /// Places of matters that would no longer apply.
    pub fewer: Vec<usize>,
}

/// Every other answer to the questions shown that would change the list: the other options of a choice, one option
/// more or less of a set, and the thresholds of a number.
pub fn what_if(catalogue: &Catalogue, answers: &Answers) -> Vec<WhatIf> {
    let profile = Profile::new(catalogue, answers);
    let now = which(catalogue, answers);
    let mut found = Vec::new();
    for question in catalogue.questions.iter().filter(|q| profile.shows(q)) {
        for attribute in question.sets.iter().filter_map(|id| catalogue.attribute(id)) {
            let Some(current) = profile.value(&attribute.id) else { continue };
            for value in alternatives(catalogue, attribute, current) {
                let mut other = answers.clone();
                other.0.insert(attribute.id.clone(), value.clone());
                let then = which(catalogue, &other);
                if then != now {
                    let changed = |to: bool| (0..then.len()).filter(|i| then[*i] != now[*i] && then[*i] == to).collect();
                    found.push(WhatIf { attribute: attribute.id.clone(), value, more: changed(true), fewer: changed(false) });
                }
            }
        }
    }
    found
}

fn alternatives(catalogue: &Catalogue, attribute: &Attribute, current: &Value) -> Vec<Value> {
    let others = |value: &Value| value != current;
    match (attribute.kind, current) {
        (AttributeType::Boolean, _) => [Value::Flag(true), Value::Flag(false)].into_iter().filter(others).collect(),
        (AttributeType::Enum, _) => attribute.options.iter().map(|o| Value::Word(o.value.clone())).filter(others).collect(),
        (AttributeType::Set, Value::Set(set)) => {
            let toggled = attribute.options.iter().map(|o| {
                let mut other = set.clone();
                if !other.remove(&o.value) {
                    other.insert(o.value.clone());
                }
                Value::Set(other)
            });
            toggled.collect()
        }
        (AttributeType::Number, Value::Number(current)) => thresholds(catalogue, &attribute.id, *current),
        _ => Vec::new(),
    }
}

/// The nearest numbers below and above at which some condition turns.
fn thresholds(catalogue: &Catalogue, attribute: &str, current: f64) -> Vec<Value> {
    let mut turns: Vec<f64> = Vec::new();
    let derived = catalogue.attributes.iter().flat_map(|a| &a.derive).map(|r| &r.when);
    for condition in catalogue.matters.iter().map(|m| &m.applies_when).chain(derived) {
        condition.leaves(&mut |leaf| {
            if let Condition::Compare(name, comparison, Value::Number(turn)) = leaf
                && name == attribute
            {
                // The nearest value on the other side of the turn: conditions are about whole units.
                turns.push(match comparison {
                    Comparison::AtLeast | Comparison::Less => {
                        if current >= *turn {
                            turn - 1.0
                        } else {
                            *turn
                        }
                    }
                    Comparison::More | Comparison::AtMost => {
                        if current > *turn {
                            *turn
                        } else {
                            turn + 1.0
                        }
                    }
                    Comparison::Equal | Comparison::NotEqual => {
                        if current == *turn {
                            turn + 1.0
                        } else {
                            *turn
                        }
                    }
                });
            }
        });
    }
    turns.retain(|t| *t >= 0.0);
    let below = turns.iter().copied().filter(|t| *t < current).fold(f64::NEG_INFINITY, f64::max);
    let above = turns.iter().copied().filter(|t| *t > current).fold(f64::INFINITY, f64::min);
    [below, above].into_iter().filter(|t| t.is_finite()).map(Value::Number).collect()
}

impl Profile {
    /// Why a derived attribute has its value: the answers its rule looked at, and the rule's basis.
    pub fn because(&self, catalogue: &Catalogue, attribute: &Attribute) -> Option<(Text, Option<String>)> {
        let place = attribute.derive.iter().position(|r| self.holds(&r.when))?;
        let rule = &attribute.derive[place];
        // The rule that holds when no other does says: because of all that the others asked.
        let looked: Vec<&str> = match rule.when.attributes() {
            own if own.is_empty() => attribute.derive[..place].iter().flat_map(|r| r.when.attributes()).collect(),
            own => own,
        };
        let mut said = BTreeSet::new();
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        for name in looked {
            if let (true, Some(other), Some(value)) = (said.insert(name), catalogue.attribute(name), self.value(name)) {
                let value = other.describe(value);
                zh.push(format!("{}为{}", other.name.zh, value.zh));
                en.push(format!("{}: {}", other.name.en, value.en));
            }
        }
        Some((Text::new(zh.join("，"), en.join(", ")), rule.basis.clone()))
    }
}

impl Catalogue {
    /// The counter that can help with a question: the one that runs most of the matters that hang on it.
    pub fn counter_for(&self, question: &Question) -> Option<&Counter> {
        let hangs = |m: &Matter| m.applies_when.attributes().iter().any(|a| question.sets.iter().any(|s| s == a));
        let count = |c: &Counter| c.matters.iter().filter_map(|id| self.matter(id.as_str())).filter(|m| hangs(m)).count();
        self.counters.iter().map(|c| (count(c), c)).filter(|(n, _)| *n > 0).max_by_key(|(n, _)| *n).map(|(_, c)| c)
    }

    /// Matters that would apply instead, had one attribute another value: `environmental impact report, form or
    /// registration`. With the value that decides.
    pub fn instead_of<'c>(&'c self, matter: &Matter) -> Vec<(&'c Matter, &'c Attribute, &'c Value)> {
        let Condition::Compare(name, Comparison::Equal, own) = &matter.applies_when else { return Vec::new() };
        let Some(attribute) = self.attribute(name) else { return Vec::new() };
        let other = |m: &'c Matter| match &m.applies_when {
            Condition::Compare(n, Comparison::Equal, value) if n == name && value != own => Some((m, attribute, value)),
            _ => None,
        };
        self.matters.iter().filter_map(other).collect()
    }
}

/// A paper of the whole project, once, however many matters ask for it.
#[derive(Clone, Debug)]
pub struct Paper<'c> {
    /// What the paper is.
    pub material: &'c Material,
    /// The matters that ask for it, in the order of the chain.
    pub wanted_by: Vec<Wanted<'c>>,
}

/// How one matter asks for a paper.
#[derive(Clone, Debug)]
pub struct Wanted<'c> {
    /// The matter that asks.
    pub matter: &'c Matter,
    /// The latest point at which a paper that follows later has to arrive.
    pub supply_by: SupplyBy,
    /// Working days after a written promise; `None`: not tolerated.
    pub promise_days: Option<i64>,
    /// The pre-review (容缺预审) can be done without it.
    pub tolerated_in_preview: bool,
    /// Whether the paper may follow is the editors' assumption.
    pub assumed: bool,
}

impl Paper<'_> {
    /// Made by a matter of the same project: nobody has to bring it.
    pub fn is_shared(&self) -> bool {
        self.material.source == Source::Shared
    }

    /// May follow at every matter that asks for it.
    pub fn may_follow(&self) -> bool {
        self.wanted_by.iter().all(|w| w.promise_days.is_some() && w.supply_by != SupplyBy::Acceptance)
    }
}

/// Matters of one stage and line that can be worked on at the same time.
pub type Together<'m, 'c> = Vec<&'m super::Entry<'c>>;

impl<'c> GuideMap<'c> {
    /// Every paper once: who asks for it, in the order in which it is first asked for.
    pub fn papers(&self, catalogue: &'c Catalogue) -> Vec<Paper<'c>> {
        let mut papers: Vec<Paper> = Vec::new();
        let mut place: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &self.entries {
            for r in &entry.requirements {
                let Some(material) = catalogue.material(r.material.as_str()) else { continue };
                let at = *place.entry(material.id.as_str()).or_insert_with(|| {
                    papers.push(Paper { material, wanted_by: Vec::new() });
                    papers.len() - 1
                });
                papers[at].wanted_by.push(Wanted {
                    matter: entry.matter,
                    supply_by: r.supply_by,
                    promise_days: r.promise_days,
                    tolerated_in_preview: r.tolerated_in_preview,
                    assumed: r.tolerance_assumed,
                });
            }
        }
        papers
    }

    /// The steps of a stage on a line: what stands together can be done at the same time, one after the other else.
    pub fn steps<'m>(&'m self, stage: &Stage, line: Line) -> Vec<Together<'m, 'c>> {
        let here: Vec<&super::Entry> = self.entries.iter().filter(|e| e.matter.stage == stage.id && e.matter.line == line).collect();
        let among = |id: &Id<Matter>| here.iter().position(|e| e.matter.id == *id);
        let mut depth = vec![0usize; here.len()];
        // The catalogue has no circles; each round settles at least one more matter.
        for _ in 0..here.len() {
            for (i, entry) in here.iter().enumerate() {
                let before = entry.matter.depends_on.iter().filter_map(|d| among(&d.on));
                depth[i] = before.map(|b| depth[b] + 1).max().unwrap_or(0).min(here.len());
            }
        }
        let last = depth.iter().max().map_or(0, |d| d + 1);
        let at = |d: usize| here.iter().zip(&depth).filter(|(_, own)| **own == d).map(|(e, _)| *e).collect::<Vec<_>>();
        (0..last).map(at).filter(|group| !group.is_empty()).collect()
    }

    /// What can be begun on the first day: nothing that applies comes before, not even for its pre-review.
    pub fn first_steps(&self) -> impl Iterator<Item = &super::Entry<'c>> {
        let applies = |id: &Id<Matter>| self.entries.iter().any(|e| e.matter.id == *id);
        self.entries.iter().filter(move |e| e.matter.after_activity.is_none() && !e.matter.depends_on.iter().any(|d| applies(&d.on)))
    }

    /// Matters that cost a fee.
    pub fn with_fee(&self) -> impl Iterator<Item = &super::Entry<'c>> {
        self.entries.iter().filter(|e| e.matter.fees.zh != "不收费")
    }
}
