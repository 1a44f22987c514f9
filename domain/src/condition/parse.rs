//! From text to tree.

use super::{Comparison, Condition, Value};
use std::fmt;

/// Why a text is not a condition. `at` counts characters from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The character at which it stops being a condition.
    pub at: usize,
    /// What would have been right there, in English; for the editor of the data.
    pub expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: expected {}", self.at + 1, self.expected)
    }
}

impl Condition {
    /// # Errors
    /// Where the text stops being a condition, and what was expected there.
    pub fn parse(text: &str) -> Result<Condition, ParseError> {
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, end: text.chars().count() };
        let condition = parser.or()?;
        match parser.tokens.get(parser.next) {
            None => Ok(condition),
            Some((at, _)) => Err(ParseError { at: *at, expected: "`and`, `or` or the end" }),
        }
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

pub(super) const RESERVED: [&str; 6] = ["and", "or", "not", "in", "true", "false"];
