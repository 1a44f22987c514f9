//! The reader's language: fixed for a page; choosing the other one loads the page anew.

use crate::i18n::Locale;
use domain::{Lang, Text};
use leptos::prelude::use_context;

pub fn lang() -> Lang {
    use_context::<Lang>().unwrap_or_default()
}

pub fn locale() -> Locale {
    match lang() {
        Lang::Zh => Locale::zh_CN,
        Lang::En => Locale::en,
    }
}

/// A text of the data in the reader's language.
pub fn say(text: &Text) -> String {
    text.get(lang()).to_string()
}

/// A sentence of `locales/` in the reader's language: `tr!(guide.title)`, `tr!(guide.matters, n = 3)`.
macro_rules! tr {
    ($($key:tt)*) => { leptos_i18n::td_string!($crate::lang::locale(), $($key)*).to_string() };
}
pub(crate) use tr;

/// So many working days, in words.
pub fn workdays(days: i64) -> String {
    say(&domain::catalogue::Unit::Workday.count(days))
}

/// An aside in the reader's brackets.
pub fn aside(text: &str) -> String {
    if lang() == Lang::Zh { format!("（{text}）") } else { format!(" ({text})") }
}

/// What stands between a name and what is said of it.
pub fn colon() -> &'static str {
    if lang() == Lang::Zh { "：" } else { ": " }
}

/// How large a file is.
pub fn size(bytes: f64) -> String {
    const MB: f64 = 1_048_576.0;
    if bytes < 0.1 * MB { format!("{} KB", (bytes / 1024.0).ceil()) } else { format!("{:.1} MB", bytes / MB) }
}

/// Joins names as the language does.
pub fn list(names: impl IntoIterator<Item = String>) -> String {
    let separator = if lang() == Lang::Zh { "、" } else { ", " };
    names.into_iter().collect::<Vec<_>>().join(separator)
}
