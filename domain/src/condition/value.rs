//! What an attribute can be.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The value of an attribute, and the literal it is compared with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A number, in its attribute's unit.
    Number(f64),
    /// One option of an enumeration, by its value.
    Word(String),
    /// Any number of options, by their values.
    Set(BTreeSet<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Word(word) => f.write_str(word),
            Value::Set(set) => f.write_str(&set.iter().map(String::as_str).collect::<Vec<_>>().join(",")),
        }
    }
}

/// A value with its sort beside it, for a format that does not describe itself.
#[derive(Serialize, Deserialize)]
enum Tagged {
    Flag(bool),
    Number(f64),
    Word(String),
    Set(BTreeSet<String>),
}

impl From<Value> for Tagged {
    fn from(value: Value) -> Tagged {
        match value {
            Value::Flag(flag) => Tagged::Flag(flag),
            Value::Number(number) => Tagged::Number(number),
            Value::Word(word) => Tagged::Word(word),
            Value::Set(set) => Tagged::Set(set),
        }
    }
}
impl From<Tagged> for Value {
    fn from(tagged: Tagged) -> Value {
        match tagged {
            Tagged::Flag(flag) => Value::Flag(flag),
            Tagged::Number(number) => Value::Number(number),
            Tagged::Word(word) => Value::Word(word),
            Tagged::Set(set) => Value::Set(set),
        }
    }
}

pub(crate) mod tagged {
    use super::{Tagged, Value};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        Tagged::from(value.clone()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        Tagged::deserialize(deserializer).map(Value::from)
    }
}

pub(crate) mod tagged_option {
    use super::{Tagged, Value};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
        value.clone().map(Tagged::from).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        Ok(Option::<Tagged>::deserialize(deserializer)?.map(Value::from))
    }
}
