//! The catalogue's condition language: comparison, `"x" in set_attribute`, `and` / `or` / `not`,
//! parentheses, bare booleans, `true` and `false`. A condition is text in the data and a tree here.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The value of an attribute, and the literal it is compared with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Flag(bool),
    Number(f64),
    Word(String),
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

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    Equal,
    NotEqual,
    AtLeast,
    AtMost,
    More,
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
    Always(bool),
    /// A boolean attribute standing alone.
    Is(String),
    Compare(String, Comparison, Value),
    /// `"option" in attribute`.
    Contains(String, String),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

/// Why a text is not a condition. `at` counts characters from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    pub at: usize,
    pub expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: expected {}", self.at + 1, self.expected)
    }
}

impl Condition {
    pub fn parse(text: &str) -> Result<Condition, ParseError> {
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, end: text.chars().count() };
        let condition = parser.or()?;
        match parser.tokens.get(parser.next) {
            None => Ok(condition),
            Some((at, _)) => Err(ParseError { at: *at, expected: "`and`, `or` or the end" }),
        }
    }

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

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Name(String),
    Text(String),
    Number(f64),
    Sign(Comparison),
    Open,
    Close,
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let at = i;
        let next = chars.get(i + 1);
        let token = match chars[i] {
            c if c.is_ascii_whitespace() => {
                i += 1;
                continue;
            }
            '(' => Token::Open,
            ')' => Token::Close,
            '=' if next == Some(&'=') => Token::Sign(Comparison::Equal),
            '!' if next == Some(&'=') => Token::Sign(Comparison::NotEqual),
            '>' if next == Some(&'=') => Token::Sign(Comparison::AtLeast),
            '<' if next == Some(&'=') => Token::Sign(Comparison::AtMost),
            '>' => Token::Sign(Comparison::More),
            '<' => Token::Sign(Comparison::Less),
            '"' => {
                let Some(length) = chars[i + 1..].iter().position(|c| *c == '"') else {
                    return Err(ParseError { at: chars.len(), expected: "a closing quotation mark" });
                };
                let word = chars[i + 1..i + 1 + length].iter().collect();
                i += length + 1;
                Token::Text(word)
            }
            c if c.is_ascii_digit() || c == '-' || c == '.' => {
                let length = chars[i + 1..].iter().take_while(|c| c.is_ascii_digit() || **c == '.').count() + 1;
                let number: String = chars[i..i + length].iter().collect();
                i += length - 1;
                match number.parse::<f64>() {
                    Ok(number) if number.is_finite() => Token::Number(number),
                    _ => return Err(ParseError { at, expected: "a number" }),
                }
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = chars[i..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').count();
                let name = chars[i..i + length].iter().collect();
                i += length - 1;
                Token::Name(name)
            }
            _ => return Err(ParseError { at, expected: "an attribute, a \"value\", a number, a comparison or a parenthesis" }),
        };
        i += match token {
            Token::Sign(Comparison::More | Comparison::Less) => 1,
            Token::Sign(_) => 2,
            _ => 1,
        };
        found.push((at, token));
    }
    Ok(found)
}

/// Deeper nesting than anyone writes; keeps hostile text from exhausting the stack.
const DEEPEST: usize = 64;

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, ParseError> {
        Err(ParseError { at: self.at(), expected })
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(name)) if name == word);
        self.next += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Condition, ParseError> {
        let mut parts = vec![self.and()?];
        while self.take_word("or") {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Or(parts) })
    }

    fn and(&mut self) -> Result<Condition, ParseError> {
        let mut parts = vec![self.not()?];
        while self.take_word("and") {
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::And(parts) })
    }

    fn not(&mut self) -> Result<Condition, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.expected("fewer levels of nesting");
        }
        let condition = if self.take_word("not") { Ok(Condition::Not(Box::new(self.not()?))) } else { self.single() };
        self.depth -= 1;
        condition
    }

    fn single(&mut self) -> Result<Condition, ParseError> {
        match self.peek().cloned() {
            Some(Token::Open) => {
                self.next += 1;
                let inner = self.or()?;
                if self.peek() != Some(&Token::Close) {
                    return self.expected("`)`");
                }
                self.next += 1;
                Ok(inner)
            }
            Some(Token::Text(option)) => {
                self.next += 1;
                if !self.take_word("in") {
                    return self.expected("`in` after a value");
                }
                match self.peek().cloned() {
                    Some(Token::Name(name)) if !RESERVED.contains(&name.as_str()) => {
                        self.next += 1;
                        Ok(Condition::Contains(option, name))
                    }
                    _ => self.expected("the name of a set attribute"),
                }
            }
            Some(Token::Name(name)) if name == "true" || name == "false" => {
                self.next += 1;
                Ok(Condition::Always(name == "true"))
            }
            Some(Token::Name(name)) if !RESERVED.contains(&name.as_str()) => {
                self.next += 1;
                let Some(Token::Sign(comparison)) = self.peek().cloned() else { return Ok(Condition::Is(name)) };
                self.next += 1;
                let literal = match self.peek().cloned() {
                    Some(Token::Text(word)) => Value::Word(word),
                    Some(Token::Number(number)) => Value::Number(number),
                    _ => return self.expected("a \"value\" or a number"),
                };
                self.next += 1;
                Ok(Condition::Compare(name, comparison, literal))
            }
            _ => self.expected("an attribute, a \"value\" or `(`"),
        }
    }
}

const RESERVED: [&str; 6] = ["and", "or", "not", "in", "true", "false"];

#[cfg(test)]
mod tests {
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
