//! Drawings (流程图, 倒排计划) as SVG text: the same on the server, in the browser and in an exported file.
//!
//! Presentation is written as attributes, not styles: a page's policy allows no inline style, and a file stands
//! alone. Text stays text, and everything a colour says is also said by a word or a line.

pub mod flow;
pub mod gantt;

use domain::{Lang, Text};
use std::fmt::Write;

/// The drawing's palette: the page's colours (`style/tokens.css`), each with the same meaning.
pub mod ink {
    pub const TEXT: &str = "#1b2529";
    pub const MUTED: &str = "#566268";
    pub const EDGE: &str = "#d5dad7";
    pub const EDGE_STRONG: &str = "#8b979b";
    pub const GROUND: &str = "#f4f5f2";
    pub const SURFACE: &str = "#ffffff";
    pub const BRAND: &str = "#12464f";
    pub const BRAND_WEAK: &str = "#e4eeee";
    pub const TURN: &str = "#8a4700";
    pub const TURN_WEAK: &str = "#fdeed6";
    pub const DONE: &str = "#1f5e3d";
    pub const DONE_WEAK: &str = "#e3f1e8";
    pub const GOING: &str = "#1d4f8a";
    pub const GOING_WEAK: &str = "#e5eef9";
    pub const ERROR: &str = "#9b1c22";
    pub const ERROR_WEAK: &str = "#fbeaea";
}

const FONT: &str = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif";

/// A drawing under way.
#[derive(Debug, Default)]
struct Canvas {
    body: String,
}

/// A finished drawing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Drawing {
    pub svg: String,
    pub width: f64,
    pub height: f64,
}

/// Text as text of HTML and XML, also in an attribute; without the signs that XML forbids even when escaped.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|c| is_xml(*c)) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Whether XML 1.0 has the sign at all (production `Char`).
pub fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Coordinates with one decimal: half as long, and nobody sees the rest.
fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

impl Canvas {
    fn put(&mut self, markup: std::fmt::Arguments) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(markup);
    }

    fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, more: &str) {
        self.put(format_args!("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {more}/>", n(x), n(y), n(width.max(0.0)), n(height)));
    }

    fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, more: &str) {
        self.put(format_args!("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {more}/>", n(x1), n(y1), n(x2), n(y2)));
    }

    fn text(&mut self, x: f64, y: f64, size: f64, fill: &str, more: &str, words: &str) {
        self.put(format_args!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{fill}\" {more}>{}</text>",
            n(x),
            n(y),
            n(size),
            escape(words)
        ));
    }

    /// A diamond around a point: something that takes no time.
    fn diamond(&mut self, x: f64, y: f64, radius: f64, more: &str) {
        self.put(format_args!(
            "<path d=\"M{} {}L{} {}L{} {}L{} {}Z\" {more}/>",
            n(x),
            n(y - radius),
            n(x + radius),
            n(y),
            n(x),
            n(y + radius),
            n(x - radius),
            n(y)
        ));
    }

    fn finish(self, width: f64, height: f64, lang: Lang, title: &str) -> Drawing {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"group\" lang=\"{}\" \
             aria-label=\"{title}\" font-family=\"{FONT}\">{}</svg>",
            lang.tag(),
            self.body,
            w = n(width),
            h = n(height),
            title = escape(title),
        );
        Drawing { svg, width, height }
    }
}

/// About how wide words are, in units of the font size.
fn width_of(words: &str) -> f64 {
    words.chars().map(width_of_char).sum()
}

/// The widths of a bold, rather wide sans-serif: what is drawn somewhere narrower has room to spare.
fn width_of_char(c: char) -> f64 {
    match c {
        'i' | 'l' | 'j' | '.' | ',' | '\'' | ' ' | '|' => 0.36,
        'm' | 'w' | 'M' | 'W' => 1.0,
        c if c.is_ascii_uppercase() => 0.77,
        c if c.is_ascii() => 0.66,
        _ => 1.0,
    }
}

/// Breaks words into lines of at most `width` (in font sizes): between words, or between Chinese characters but not
/// before punctuation. What does not fit in `most` lines ends with a dots sign.
fn wrap(words: &str, width: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut pieces: Vec<String> = Vec::new();
    for c in words.chars() {
        let closes = matches!(c, '，' | '。' | '、' | '）' | '」' | '”' | '：' | '；' | ')' | ',' | '/' | '-');
        let joins = c.is_ascii() && c != ' ' && pieces.last().is_some_and(|p| p.chars().last().is_some_and(|l| l.is_ascii() && l != ' '));
        let opened = pieces.last().is_some_and(|p| matches!(p.chars().last(), Some('（' | '「' | '“' | '(')));
        match pieces.last_mut() {
            Some(last) if closes || joins || opened || c == ' ' => last.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    for piece in pieces {
        if !line.is_empty() && width_of(line.trim_end()) + width_of(piece.trim_end()) > width {
            lines.push(std::mem::take(&mut line).trim_end().to_string());
        }
        line.push_str(&piece);
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_string());
    }
    // No line of a single character at the end.
    if let [.., before, last] = lines.as_mut_slice()
        && last.chars().count() == 1
        && before.chars().count() > 2
        && let Some(moved) = before.pop()
    {
        last.insert(0, moved);
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while width_of(last) + 1.0 > width && last.pop().is_some() {}
            last.push('…');
        }
    }
    lines
}

/// One line that fits, else with dots.
fn fit(words: &str, width: f64) -> String {
    if width_of(words) <= width {
        return words.to_string();
    }
    let mut kept = String::new();
    for c in words.chars() {
        if width_of(&kept) + width_of_char(c) + 1.0 > width {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

fn pick(lang: Lang, zh: &str, en: &str) -> String {
    Text::new(zh, en).get(lang).to_string()
}
