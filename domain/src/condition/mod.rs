//! The catalogue's condition language: comparison, `"x" in set_attribute`, `and` / `or` / `not`,
//! parentheses, bare booleans, `true` and `false`. A condition is text in the data and a tree here.

mod parse;
mod value;

pub use parse::ParseError;
pub use value::Value;
pub(crate) use value::{tagged, tagged_option};

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a value is compared with another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `<`
    Less,
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::AtLeast => ">=",
            Comparison::AtMost => "<=",
            Comparison::More => ">",
            Comparison::Less => "<",
        }
    }
}

/// A parsed condition.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Condition {
    /// `true` or `false`: it holds for all projects or for none.
    Always(bool),
    /// A boolean attribute standing alone.
    Is(String),
    /// `attribute <= value`: the attribute, how it is compared, and with what.
    Compare(String, Comparison, Value),
    /// `"option" in attribute`.
    Contains(String, String),
    /// `not …`: it holds when the inner one does not.
    Not(Box<Condition>),
    /// `… and …`: it holds when all of them hold.
    And(Vec<Condition>),
    /// `… or …`: it holds when one of them holds.
    Or(Vec<Condition>),
}

impl Condition {
    /// Whether it holds, given the attributes' values. An attribute without a value makes its
    /// comparison false; the catalogue check makes sure there is none.
    pub fn holds<'v>(&self, value: &impl Fn(&str) -> Option<&'v Value>) -> bool {
        match self {
            Condition::Always(flag) => *flag,
            Condition::Is(name) => matches!(value(name), Some(Value::Flag(true))),
            Condition::Contains(option, name) => matches!(value(name), Some(Value::Set(set)) if set.contains(option)),
            Condition::Not(inner) => !inner.holds(value),
            Condition::And(all) => all.iter().all(|c| c.holds(value)),
            Condition::Or(any) => any.iter().any(|c| c.holds(value)),
            Condition::Compare(name, comparison, literal) => match (value(name), literal) {
                (Some(Value::Number(a)), Value::Number(b)) => match comparison {
                    Comparison::Equal => a == b,
                    Comparison::NotEqual => a != b,
                    Comparison::AtLeast => a >= b,
                    Comparison::AtMost => a <= b,
                    Comparison::More => a > b,
                    Comparison::Less => a < b,
                },
                (Some(a), b) => match comparison {
                    Comparison::Equal => a == b,
                    Comparison::NotEqual => a != b,
                    _ => false,
                },
                (None, _) => false,
            },
        }
    }

    /// Every part that names an attribute, in the order of the text.
    pub fn leaves<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        match self {
            Condition::Always(_) => {}
            Condition::Not(inner) => inner.leaves(visit),
            Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|p| p.leaves(visit)),
            leaf => visit(leaf),
        }
    }

    /// The attributes it depends on, in the order of the text, each once.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        self.leaves(&mut |leaf| {
            if let Condition::Is(name) | Condition::Compare(name, ..) | Condition::Contains(_, name) = leaf
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        });
        names
    }

    /// How tightly it binds, for printing with no more parentheses than needed.
    fn rank(&self) -> u8 {
        match self {
            Condition::Or(_) => 0,
            Condition::And(_) => 1,
            Condition::Not(_) => 2,
            _ => 3,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |f: &mut fmt::Formatter<'_>, inner: &Condition, least: u8| {
            if inner.rank() < least { write!(f, "({inner})") } else { write!(f, "{inner}") }
        };
        let join = |f: &mut fmt::Formatter<'_>, parts: &[Condition], word: &str, least: u8| {
            for (i, inner) in parts.iter().enumerate() {
                if i > 0 {
                    write!(f, " {word} ")?;
                }
                part(f, inner, least)?;
            }
            Ok(())
        };
        match self {
            Condition::Always(flag) => write!(f, "{flag}"),
            Condition::Is(name) => f.write_str(name),
            Condition::Contains(option, name) => write!(f, "\"{option}\" in {name}"),
            Condition::Compare(name, comparison, Value::Word(word)) => write!(f, "{name} {} \"{word}\"", comparison.sign()),
            Condition::Compare(name, comparison, literal) => write!(f, "{name} {} {literal}", comparison.sign()),
            Condition::Not(inner) => {
                f.write_str("not ")?;
                part(f, inner, 2)
            }
            Condition::And(parts) => join(f, parts, "and", 2),
            Condition::Or(parts) => join(f, parts, "or", 1),
        }
    }
}

impl TryFrom<String> for Condition {
    type Error = ParseError;
    fn try_from(text: String) -> Result<Condition, ParseError> {
        Condition::parse(&text)
    }
}
impl From<Condition> for String {
    fn from(condition: Condition) -> String {
        condition.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::parse::RESERVED;
    use super::*;
    use proptest::prelude::*;

    fn holds(text: &str, values: &[(&str, Value)]) -> bool {
        Condition::parse(text).unwrap().holds(&|name: &str| values.iter().find(|(n, _)| *n == name).map(|(_, v)| v))
    }

    #[test]
    fn and_binds_tighter_than_or_and_not_tighter_than_and() {
        let values = [("a", Value::Flag(true)), ("b", Value::Flag(false)), ("c", Value::Flag(false))];
        assert!(holds("a or b and c", &values));
        assert!(!holds("(a or b) and c", &values));
        assert!(holds("not b and a", &values));
        assert!(!holds("not (b or a)", &values));
    }

    #[test]
    fn numbers_words_and_sets_compare() {
        let set = Value::Set(["drug".to_string()].into());
        let values = [("area", Value::Number(300.0)), ("mode", Value::Word("grant".into())), ("types", set)];
        assert!(holds("area >= 300 and not area > 300 and area <= 300 and area == 300", &values));
        assert!(holds("mode == \"grant\" and mode != \"lease\"", &values));
        assert!(holds("\"drug\" in types and not \"device-1\" in types", &values));
        assert!(!holds("missing > 3 or absent", &values));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |text: &str| Condition::parse(text).unwrap_err().to_string();
        assert_eq!(wrong("area >= "), "at character 9: expected a \"value\" or a number");
        assert_eq!(wrong("a b"), "at character 3: expected `and`, `or` or the end");
        assert_eq!(wrong("(a or b"), "at character 8: expected `)`");
        assert_eq!(wrong("\"x\" of s"), "at character 5: expected `in` after a value");
        assert_eq!(wrong("\"x"), "at character 3: expected a closing quotation mark");
        assert_eq!(wrong(""), "at character 1: expected an attribute, a \"value\" or `(`");
        assert!(Condition::parse(&"(".repeat(100_000)).is_err());
        assert!(Condition::parse(&"not ".repeat(100_000)).is_err());
    }

    fn any_condition() -> impl Strategy<Value = Condition> {
        let name = "[a-z_][a-z0-9_]{0,8}".prop_filter("not a keyword", |n| !RESERVED.contains(&n.as_str()));
        let sign = prop::sample::select(vec![
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::AtLeast,
            Comparison::AtMost,
            Comparison::More,
            Comparison::Less,
        ]);
        let literal = prop_oneof![(-1000i32..1000).prop_map(|n| Value::Number(f64::from(n))), "[a-z0-9-]{0,8}".prop_map(Value::Word)];
        let leaf = prop_oneof![
            any::<bool>().prop_map(Condition::Always),
            name.clone().prop_map(Condition::Is),
            (name.clone(), sign, literal).prop_map(|(n, s, v)| Condition::Compare(n, s, v)),
            ("[a-z-]{1,8}", name).prop_map(|(o, n)| Condition::Contains(o, n)),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|c| Condition::Not(Box::new(c))),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
                prop::collection::vec(inner, 2..4).prop_map(Condition::Or),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fall_over(text in "\\PC{0,40}") {
            let _ = Condition::parse(&text);
        }

        #[test]
        fn what_is_printed_means_the_same(condition in any_condition()) {
            let read = Condition::parse(&condition.to_string()).unwrap();
            prop_assert_eq!(read.to_string(), condition.to_string());
        }
    }
}
