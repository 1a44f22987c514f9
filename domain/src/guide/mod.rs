//! The guide map (指向图): answers go in, the matters that apply come out, per stage and line, in order.

mod explain;

pub use explain::{Paper, Together, Wanted, WhatIf, applying, what_if};

use crate::catalogue::{
    Attribute, AttributeType, Catalogue, Confidence, Kind, LegalLimit, Line, Matter, Question, Requirement, Rule, Stage,
};
use crate::condition::Value;
use crate::date::Date;
use crate::text;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was answered: attribute to value. Only what was said, no defaults.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Answers(pub BTreeMap<String, Value>);

/// Something in the answers that cannot be understood.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Misanswer {
    pub attribute: String,
    pub sentence: Text,
}

/// Numbers larger than this are a slip of the hand, whatever the unit.
const LARGEST: f64 = 1e12;

impl Answers {
    /// Reads `attribute=value` pairs, as in a URL. A set repeats its attribute or joins values by
    /// commas; an empty number or a dash means "not answered". Unknown names are told, never dropped silently.
    pub fn from_pairs<'a>(catalogue: &Catalogue, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Answers, Vec<Misanswer>> {
        let mut answers = BTreeMap::new();
        let mut wrong = Vec::new();
        for (name, text) in pairs {
            let Some(attribute) = catalogue.attribute(name).filter(|a| !a.is_derived()) else {
                wrong.push(Misanswer {
                    attribute: shorten(name),
                    sentence: text!("没有“{}”这个问题。", "There is no question `{}`.", shorten(name)),
                });
                continue;
            };
            match read_answer(attribute, text) {
                Ok(None) => {}
                Ok(Some(Value::Set(more))) => match answers.entry(name.to_string()).or_insert_with(|| Value::Set(BTreeSet::new())) {
                    Value::Set(set) => set.extend(more),
                    other => *other = Value::Set(more),
                },
                Ok(Some(value)) => {
                    if let Some(before) = answers.insert(name.to_string(), value.clone())
                        && before != value
                    {
                        wrong.push(misanswer(
                            attribute,
                            text!("“{}”有两个不同的回答。", "`{}` is answered twice, differently.", attribute.name.zh),
                        ));
                    }
                }
                Err(sentence) => wrong.push(misanswer(attribute, sentence)),
            }
        }
        if wrong.is_empty() { Ok(Answers(answers)) } else { Err(wrong) }
    }

    /// Checks values that came typed (a file, the log) against the catalogue.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), Vec<Misanswer>> {
        let wrong: Vec<Misanswer> = self
            .0
            .iter()
            .filter_map(|(name, value)| match catalogue.attribute(name) {
                None => Some(Misanswer {
                    attribute: shorten(name),
                    sentence: text!("没有“{}”这个问题。", "There is no question `{}`.", shorten(name)),
                }),
                Some(attribute) if attribute.is_derived() => Some(misanswer(
                    attribute,
                    text!("“{}”由其他回答推出，不能填写。", "`{}` follows from other answers and cannot be given.", name),
                )),
                Some(attribute) => check_value(attribute, value).err().map(|sentence| misanswer(attribute, sentence)),
            })
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// As `attribute=value` pairs for a URL: only what differs from the default, in the questions' order.
    pub fn to_pairs(&self, catalogue: &Catalogue) -> Vec<(String, String)> {
        let asked = catalogue.questions.iter().flat_map(|q| &q.sets);
        asked
            .filter_map(|name| {
                let value = self.0.get(name)?;
                let default = catalogue.attribute(name)?.default.as_ref();
                (Some(value) != default).then(|| (name.clone(), value.to_string()))
            })
            .collect()
    }

    /// The part of a URL after `?`; values are slugs and numbers, so nothing needs escaping but commas are kept.
    pub fn to_query(&self, catalogue: &Catalogue) -> String {
        self.to_pairs(catalogue).into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

fn shorten(name: &str) -> String {
    name.chars().take(40).collect()
}

fn misanswer(attribute: &Attribute, sentence: Text) -> Misanswer {
    Misanswer { attribute: attribute.id.clone(), sentence }
}

fn unknown_option(attribute: &Attribute, word: &str) -> Text {
    let word = shorten(word);
    let zh = attribute.options.iter().map(|o| o.name.zh.as_str()).collect::<Vec<_>>().join("、");
    let en = attribute.options.iter().map(|o| o.name.en.as_str()).collect::<Vec<_>>().join(", ");
    Text::new(
        format!("“{}”没有“{word}”这一选项，可选：{zh}。", attribute.name.zh),
        format!("`{}` has no option `{word}`; choose one of: {en}.", attribute.name.en),
    )
}

fn read_answer(attribute: &Attribute, text: &str) -> Result<Option<Value>, Text> {
    let text = text.trim();
    let value = match attribute.kind {
        AttributeType::Boolean => match text {
            "true" | "yes" | "on" | "1" => Value::Flag(true),
            "false" | "no" | "off" | "0" => Value::Flag(false),
            "" => return Ok(None),
            _ => {
                return Err(Text::new(
                    format!("“{}”应回答是或否。", attribute.name.zh),
                    format!("`{}` is answered by yes or no.", attribute.name.en),
                ));
            }
        },
        AttributeType::Number if text.is_empty() => return Ok(None),
        AttributeType::Number => Value::Number(text.replace([',', '，', ' '], "").parse().map_err(|_| not_a_number(attribute))?),
        AttributeType::Enum if text.is_empty() => return Ok(None),
        AttributeType::Enum => Value::Word(text.to_string()),
        AttributeType::Set => {
            let mut set = BTreeSet::new();
            set.extend(text.split(',').map(str::trim).filter(|w| !w.is_empty()).map(str::to_string));
            Value::Set(set)
        }
    };
    check_value(attribute, &value)?;
    Ok(Some(value))
}

fn not_a_number(attribute: &Attribute) -> Text {
    Text::new(format!("“{}”应填数字，不小于 0。", attribute.name.zh), format!("`{}` is a number, not below 0.", attribute.name.en))
}

fn check_value(attribute: &Attribute, value: &Value) -> Result<(), Text> {
    match (attribute.kind, value) {
        (AttributeType::Boolean, Value::Flag(_)) => Ok(()),
        (AttributeType::Number, Value::Number(n)) if n.is_finite() && (0.0..=LARGEST).contains(n) => Ok(()),
        (AttributeType::Number, _) => Err(not_a_number(attribute)),
        (AttributeType::Enum, Value::Word(word)) if attribute.choice(word).is_some() => Ok(()),
        (AttributeType::Set, Value::Set(set)) => match set.iter().find(|w| attribute.choice(w).is_none()) {
            None => Ok(()),
            Some(word) => Err(unknown_option(attribute, word)),
        },
        (_, other) => Err(unknown_option(attribute, &other.to_string())),
    }
}

/// Every attribute's value for a project: given, defaulted or derived.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    values: BTreeMap<String, Value>,
    /// Given, but its question is hidden by other answers: the default applies instead.
    pub ignored: Vec<String>,
}

impl Profile {
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

    pub fn value(&self, attribute: &str) -> Option<&Value> {
        self.values.get(attribute)
    }

    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    pub fn holds(&self, condition: &crate::condition::Condition) -> bool {
        condition.holds(&|name: &str| self.values.get(name))
    }

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
    pub limit: LegalLimit,
    /// The legal text of a limit that has changed over time.
    pub title: Option<String>,
}

/// A matter as it applies to one project.
#[derive(Clone, Debug)]
pub struct Entry<'c> {
    pub matter: &'c Matter,
    pub kind: Kind,
    pub result: &'c Text,
    pub legal: LimitInForce,
    pub promised_workdays: i64,
    pub promised_assumed: bool,
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
    pub as_of: Date,
    pub profile: Profile,
    /// In the order of the chain.
    pub entries: Vec<Entry<'c>>,
}

impl<'c> GuideMap<'c> {
    pub fn new(catalogue: &'c Catalogue, answers: &Answers, as_of: Date) -> GuideMap<'c> {
        let profile = Profile::new(catalogue, answers);
        let entries = catalogue.matters.iter().filter(|m| profile.holds(&m.applies_when)).map(|m| entry(m, &profile, as_of)).collect();
        GuideMap { as_of, profile, entries }
    }

    pub fn at<'m>(&'m self, stage: &'m Stage, line: Line) -> impl Iterator<Item = &'m Entry<'c>> + 'm {
        self.entries.iter().filter(move |e| e.matter.stage == stage.id && e.matter.line == line)
    }

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
