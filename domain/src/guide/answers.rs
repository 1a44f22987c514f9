//! What was answered: read from an address, checked against the catalogue, and written into an address again.

use crate::catalogue::{Attribute, AttributeType, Catalogue};
use crate::condition::Value;
use crate::text;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was answered: attribute to value. Only what was said, no defaults.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Answers(pub BTreeMap<String, Value>);

/// Something in the answers that cannot be understood.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AnswerError {
    /// The attribute as it was named, shortened where it is no attribute.
    pub attribute: String,
    /// What is wrong, for the person who answered.
    pub sentence: Text,
}

/// Numbers larger than this are a slip of the hand, whatever the unit.
const LARGEST: f64 = 1e12;

impl Answers {
    /// Reads `attribute=value` pairs, as in a URL. A set repeats its attribute or joins values by commas; an empty number
    /// or a dash means "not answered".
    ///
    /// # Errors
    /// Every pair that cannot be understood, unknown names included: nothing is dropped silently.
    pub fn from_pairs<'a>(catalogue: &Catalogue, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Answers, Vec<AnswerError>> {
        let mut answers = BTreeMap::new();
        let mut wrong = Vec::new();
        for (name, text) in pairs {
            let Some(attribute) = catalogue.attribute(name).filter(|a| !a.is_derived()) else {
                wrong.push(AnswerError {
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
    ///
    /// # Errors
    /// Every attribute that is unknown or derived, and every value that it cannot have.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), Vec<AnswerError>> {
        let wrong: Vec<AnswerError> = self
            .0
            .iter()
            .filter_map(|(name, value)| match catalogue.attribute(name) {
                None => Some(AnswerError {
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

fn misanswer(attribute: &Attribute, sentence: Text) -> AnswerError {
    AnswerError { attribute: attribute.id.clone(), sentence }
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
