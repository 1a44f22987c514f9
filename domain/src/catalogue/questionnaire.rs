//! The guide map's questions, and the attributes they set.

use crate::condition::{Condition, Value};
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What values an attribute can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// One of its options.
    Enum,
    /// Any number of its options, none included.
    Set,
    /// A number, not below 0.
    Number,
    /// Yes or no.
    Boolean,
}

/// A property of a project that decides what applies to it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Attribute {
    /// How conditions and addresses refer to it.
    pub id: String,
    /// What values it can have.
    pub kind: AttributeType,
    /// What people call it.
    pub name: Text,
    /// For [`AttributeType::Enum`] and [`AttributeType::Set`]: what can be chosen.
    pub options: Vec<Choice>,
    /// The unit its number is counted in, as the data writes it; see [`unit_name`].
    pub unit: Option<String>,
    /// The value while nobody answered, or while its question is hidden. Absent when derived.
    #[serde(with = "crate::condition::tagged_option")]
    pub default: Option<Value>,
    /// Computed, not asked: the first rule that holds gives the value.
    pub derive: Vec<Rule>,
    /// Advice beside the question; the person decides.
    pub suggest: Vec<Rule>,
}

impl Attribute {
    /// Whether it is computed from the others; no question sets it then.
    pub fn is_derived(&self) -> bool {
        !self.derive.is_empty()
    }

    /// The option of this value.
    pub fn choice(&self, value: &str) -> Option<&Choice> {
        self.options.iter().find(|c| c.value == value)
    }

    /// A value in words, for a reader.
    pub fn describe(&self, value: &Value) -> Text {
        match value {
            Value::Flag(true) => Text::new("是", "Yes"),
            Value::Flag(false) => Text::new("否", "No"),
            Value::Number(number) => {
                let unit = self.unit.as_deref().unwrap_or_default();
                Text::new(format!("{number} {}", unit_name(unit).zh).trim(), format!("{number} {}", unit_name(unit).en).trim())
            }
            Value::Word(word) => self.choice(word).map_or_else(|| Text::same(word), |c| c.name.clone()),
            Value::Set(set) if set.is_empty() => Text::new("无", "None"),
            Value::Set(set) => {
                let names: Vec<&Choice> = self.options.iter().filter(|c| set.contains(&c.value)).collect();
                Text::new(
                    names.iter().map(|c| c.name.zh.as_str()).collect::<Vec<_>>().join("、"),
                    names.iter().map(|c| c.name.en.as_str()).collect::<Vec<_>>().join(", "),
                )
            }
        }
    }
}

/// A unit of the data in words.
pub fn unit_name(unit: &str) -> Text {
    match unit {
        "m2" => Text::new("平方米", "m²"),
        "m3" => Text::new("立方米", "m³"),
        "m" => Text::new("米", "m"),
        "10k-cny" => Text::new("万元", "×10,000 yuan"),
        "tce" => Text::new("吨标准煤", "tce"),
        "10MWh" => Text::new("万千瓦时", "×10 MWh"),
        other => Text::same(other),
    }
}

/// An option of an attribute.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Choice {
    /// What conditions and addresses call it.
    pub value: String,
    /// What people read.
    pub name: Text,
}

/// A value that follows from other attributes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// When it follows.
    pub when: Condition,
    /// The value that follows.
    #[serde(with = "crate::condition::tagged")]
    pub value: Value,
    /// The legal text it rests on: a key of [`Parts::bases`](super::Parts::bases).
    pub basis: Option<String>,
    /// How sure the editors are of it.
    pub confidence: Option<super::Confidence>,
}

/// A question of the guide.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Question {
    /// How the page refers to it.
    pub id: String,
    /// The question as it is asked.
    pub text: Text,
    /// What helps to answer it, beneath the question.
    pub help: Text,
    /// The attributes it asks for; usually one.
    pub sets: Vec<String>,
    /// When it is asked; a hidden question leaves its attributes at their defaults.
    pub show_when: Condition,
}
