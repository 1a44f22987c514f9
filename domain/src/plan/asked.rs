//! What an address of the guide asks for: a map on a day, and a plan of it.

use super::address::is_setting;
use super::{Mistake, Settings};
use crate::catalogue::Catalogue;
use crate::date::Date;
use crate::guide::{AnswerError, Answers};
use crate::text;

/// More parameters than there are questions, options and tasks are nobody's.
const MOST: usize = 1000;

/// A map and a plan, as an address asks for them.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// What was answered, from which the map follows.
    pub answers: Answers,
    /// The day whose law applies.
    pub day: Date,
    /// The plan's settings as the address has them.
    pub written: Settings,
}

/// Whether a parameter of an address is an answer: not the language, the day, a plan's setting.
pub fn is_answer(name: &str) -> bool {
    !matches!(name, "lang" | "as_of" | "runs" | "__path" | "__err") && !is_setting(name)
}

impl From<Mistake> for AnswerError {
    fn from(mistake: Mistake) -> AnswerError {
        AnswerError { attribute: mistake.field, sentence: mistake.sentence }
    }
}

impl Asked {
    /// # Errors
    /// Everything that makes no sense.
    pub fn from_pairs<'a>(
        catalogue: &Catalogue,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
        today: Date,
    ) -> Result<Asked, Vec<AnswerError>> {
        let pairs: Vec<(&str, &str)> = pairs.into_iter().take(MOST + 1).collect();
        if pairs.len() > MOST {
            let sentence = text!("地址里的内容太多，最多 {MOST} 项。", "The address holds too much; at most {MOST} parameters.");
            return Err(vec![AnswerError { attribute: "address".into(), sentence }]);
        }
        let mut wrong = Vec::new();
        let answers = Answers::from_pairs(catalogue, pairs.iter().copied().filter(|(name, _)| is_answer(name)));
        let answers = answers.map_err(|w| wrong.extend(w)).unwrap_or_default();
        let mut day = today;
        for (_, text) in pairs.iter().filter(|(name, value)| *name == "as_of" && !value.is_empty()) {
            match text.parse() {
                Ok(given) => day = given,
                Err(_) => {
                    let text: String = text.chars().take(20).collect();
                    let sentence = text!(
                        "“{text}”不是真实存在的日期，应写作 2022-09-13。",
                        "`{text}` is not a day that exists; write it as 2022-09-13."
                    );
                    wrong.push(AnswerError { attribute: "as_of".into(), sentence });
                }
            }
        }
        let written = Settings::from_pairs(pairs.iter().copied());
        let written = written.map_err(|w| wrong.extend(w.into_iter().map(AnswerError::from))).unwrap_or_default();
        if wrong.is_empty() { Ok(Asked { answers, day, written }) } else { Err(wrong) }
    }

    /// The settings to plan with: where neither start nor target is given, from the day.
    pub fn settings(&self) -> Settings {
        let open = self.written.start.is_none() && self.written.targets.is_empty();
        Settings { start: if open { Some(self.day) } else { self.written.start }, ..self.written.clone() }
    }

    /// As an address again: only what differs from the default.
    pub fn to_query(&self, catalogue: &Catalogue, today: Date) -> String {
        let mut pairs = self.answers.to_pairs(catalogue);
        if self.day != today {
            pairs.push(("as_of".into(), self.day.to_string()));
        }
        pairs.extend(self.written.to_pairs());
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}
