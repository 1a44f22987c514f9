//! A sentence for a person, in both languages of the house.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The language a reader has chosen. Chinese is the default everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Lang {
    /// Chinese, as written in the mainland.
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// The BCP 47 tag, as in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Reads a tag; none: neither language.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        match tag {
            "zh-CN" | "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }
}

/// The same words in Chinese and in English.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Text {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Text {
    /// The same sentence, first in Chinese, then in English.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Text {
        Text { zh: zh.into(), en: en.into() }
    }

    /// The same in both languages: names, codes, what a person typed.
    pub fn same(words: impl Into<String>) -> Text {
        let words = words.into();
        Text { zh: words.clone(), en: words }
    }

    /// The words in the reader's language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// Whether there are no words in either language.
    pub fn is_empty(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }
}

/// Both languages, for logs and the command line.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.zh == self.en { f.write_str(&self.zh) } else { write!(f, "{} / {}", self.zh, self.en) }
    }
}

/// `text!("中文 {name}", "English {name}")`: both sentences with the same arguments.
#[macro_export]
macro_rules! text {
    ($zh:literal, $en:literal $(, $($rest:tt)*)?) => {
        $crate::Text { zh: format!($zh $(, $($rest)*)?), en: format!($en $(, $($rest)*)?) }
    };
}
