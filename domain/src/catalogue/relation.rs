//! Rules between fields, written as data: `planned_start_date <= planned_end_date`,
//! `plot_ratio ~ 25% gross_floor_area / site_area`.

use super::Field;
use crate::id::Id;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a broken relation means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Stops a filing.
    Error,
    /// Asks people to look again.
    Look,
}

/// How the two sides of a relation compare.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Sign {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// Within so much of the larger side.
    About(f64),
}

/// One side of a relation: a calculation with fields.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Side {
    /// A number written in the rule.
    Number(f64),
    /// The value of a field.
    Field(Id<Field>),
    /// The area of drawn ground.
    Area(Id<Field>),
    /// `left * right`
    Times(Box<Side>, Box<Side>),
    /// `left / right`
    Over(Box<Side>, Box<Side>),
    /// `left + right`
    Plus(Box<Side>, Box<Side>),
    /// `left - right`
    Minus(Box<Side>, Box<Side>),
}

/// A rule that the values of several fields keep together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Relation {
    /// The rule as the data writes it.
    pub source: String,
    /// What it means when it is broken.
    pub weight: Weight,
    /// What people are told when it is broken.
    pub sentence: Text,
    /// The calculation before the sign.
    pub left: Side,
    /// How the sides have to compare.
    pub sign: Sign,
    /// The calculation after the sign.
    pub right: Side,
}

impl Relation {
    /// # Errors
    /// What was expected, in English; for the editor of the data.
    pub fn parse(source: &str, weight: Weight, sentence: Text) -> Result<Relation, &'static str> {
        let mut reader = Reader { rest: source, depth: 0 };
        let left = reader.sum()?;
        let sign = reader.sign()?;
        let right = reader.sum()?;
        if !reader.rest.trim().is_empty() {
            return Err("expected the end after the second side");
        }
        Ok(Relation { source: source.to_string(), weight, sentence, left, sign, right })
    }

    /// The fields it is about, in the order they are written.
    pub fn fields(&self) -> Vec<Id<Field>> {
        fn walk(side: &Side, found: &mut Vec<Id<Field>>) {
            match side {
                Side::Number(_) => {}
                Side::Field(id) | Side::Area(id) => {
                    if !found.contains(id) {
                        found.push(id.clone());
                    }
                }
                Side::Times(a, b) | Side::Over(a, b) | Side::Plus(a, b) | Side::Minus(a, b) => {
                    walk(a, found);
                    walk(b, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.left, &mut found);
        walk(&self.right, &mut found);
        found
    }
}

/// Deeper nesting than anyone writes.
const DEEPEST: usize = 32;

struct Reader<'s> {
    rest: &'s str,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, sign: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn run(&mut self, part: impl Fn(char) -> bool) -> String {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        let (found, rest) = self.rest.split_at(end);
        self.rest = rest;
        found.to_string()
    }

    fn number(&mut self) -> Result<f64, &'static str> {
        self.run(|c| c.is_ascii_digit() || c == '.').parse().map_err(|_| "expected a number")
    }

    fn sign(&mut self) -> Result<Sign, &'static str> {
        if self.take("<=") {
            Ok(Sign::AtMost)
        } else if self.take(">=") {
            Ok(Sign::AtLeast)
        } else if self.take("==") {
            Ok(Sign::Equal)
        } else if self.take("<") {
            Ok(Sign::Less)
        } else if self.take(">") {
            Ok(Sign::More)
        } else if self.take("~") {
            let share = self.number()?;
            if self.take("%") { Ok(Sign::About(share / 100.0)) } else { Err("expected a share, such as 5%") }
        } else {
            Err("expected <=, >=, ==, <, > or ~ 5%")
        }
    }

    fn sum(&mut self) -> Result<Side, &'static str> {
        let mut side = self.product()?;
        loop {
            if self.take("+") {
                side = Side::Plus(Box::new(side), Box::new(self.product()?));
            } else if self.take("-") {
                side = Side::Minus(Box::new(side), Box::new(self.product()?));
            } else {
                return Ok(side);
            }
        }
    }

    fn product(&mut self) -> Result<Side, &'static str> {
        let mut side = self.one()?;
        loop {
            if self.take("*") {
                side = Side::Times(Box::new(side), Box::new(self.one()?));
            } else if self.take("/") {
                side = Side::Over(Box::new(side), Box::new(self.one()?));
            } else {
                return Ok(side);
            }
        }
    }

    fn one(&mut self) -> Result<Side, &'static str> {
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("too many parentheses");
            }
            let inner = self.sum()?;
            self.depth -= 1;
            return if self.take(")") { Ok(inner) } else { Err("expected a closing parenthesis") };
        }
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number().map(Side::Number);
        }
        let name = self.run(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        match name.as_str() {
            "" => Err("expected a field, a number or a parenthesis"),
            "area" if self.take("(") => {
                let inner = self.run(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
                if inner.is_empty() || !self.take(")") { Err("expected area(field)") } else { Ok(Side::Area(inner.into())) }
            }
            _ => Ok(Side::Field(name.into())),
        }
    }
}
