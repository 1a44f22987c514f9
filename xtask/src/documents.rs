//! `cargo xtask documents`: what the documents name exists, their links lead somewhere, and a line of prose holds one sentence.
//! `cargo xtask documents reflow` puts each sentence on a line of its own.
//!
//! A name is found where a file of the sources has all of its words outside comments, in its text or in its own path:
//! `service::project::execute` in `service/src/project.rs`, which says `execute`.

use std::collections::{BTreeSet, HashSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The documents whose names are looked up.
const NAMING: [&str; 7] =
    ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "SECURITY.md", "catalogue/README.md", "docs/a-new-noun.md", "docs/glossary.md"];

/// What is at the top and no source: what git, builds and people make there.
const PASSED_OVER: [&str; 7] = [".git", "target", "data", "keys", "node_modules", "test-results", "playwright-report"];

/// Endings of files that a name may be in. Documents are none: they would prove themselves.
const READ: [&str; 12] = ["rs", "toml", "sql", "css", "yaml", "yml", "json", "ts", "mjs", "js", "sh", "svg"];

/// Endings by which a name is a path.
const PATHS: [&str; 15] = ["rs", "md", "toml", "sql", "css", "yaml", "yml", "json", "ts", "mjs", "js", "sh", "lock", "svg", "env"];

/// What stands outside the repository: the name, and what it is.
const OUTSIDE: [(&str, &str); 7] = [
    ("tokio::sync::watch", "a channel of tokio's"),
    ("--skip", "a flag of every Rust test"),
    (".helix/languages.toml", "the settings of somebody's editor"),
    ("rust_analyzer", "the same"),
    ("NOTIFY", "PostgreSQL's; it is sent by its function pg_notify"),
    ("s3://bucket/prefix", "an example of an address"),
    ("sealed/", "a folder that the portal makes among its documents"),
];

/// Folders that are made when it is built or runs: there a name is looked up in what makes it.
const MADE: [&str; 3] = ["target/", "data/", "keys/"];

pub fn check(root: &Path) -> Result<()> {
    let sources = Sources::read(root)?;
    let mut faults = Vec::new();
    for name in NAMING {
        let text = fs::read_to_string(root.join(name)).map_err(|e| format!("{name}: {e}"))?;
        faults.extend(
            unknown(&sources, &reflow(&text)).into_iter().map(|(line, what)| format!("{name}:{line}: `{what}` is nowhere in the sources")),
        );
    }
    for file in documents(root)? {
        let text = fs::read_to_string(root.join(&file))?;
        let shown = file.display();
        faults
            .extend(dead_links(root, &file, &text).into_iter().map(|(line, to)| format!("{shown}:{line}: the link to {to} leads nowhere")));
        if let Some(line) = first_difference(&text, &reflow(&text)) {
            faults.push(format!("{shown}:{line}: not one sentence a line; `cargo xtask documents reflow` mends it"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("the documents are not true:\n  {}", faults.join("\n  ")).into()) }
}

/// Writes the documents with one sentence a line.
pub fn write(root: &Path) -> Result<()> {
    for file in documents(root)? {
        let text = fs::read_to_string(root.join(&file))?;
        let flowed = reflow(&text);
        if flowed != text {
            fs::write(root.join(&file), flowed)?;
        }
    }
    Ok(())
}

/// Written by a test of `domain`, which compares it word for word.
const COMPUTED: &str = "docs/rights.md";

/// All documents that people write here; advisories are other people's words.
fn documents(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for place in ["", "docs", "docs/decisions", "docs/guide", "docs/advisories", "catalogue", "end2end", "bench"] {
        let Ok(folder) = fs::read_dir(root.join(place)) else { continue };
        for entry in folder {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "md") && !path.ends_with(COMPUTED) {
                found.push(path.strip_prefix(root)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

// ---- names ------------------------------------------------------------------------------------------------------------------------

/// A source: the words of its text and of its path.
struct Source {
    path: String,
    words: HashSet<String>,
}

struct Sources {
    files: Vec<Source>,
    /// All texts, for names that are no words: ids with hyphens, addresses.
    text: String,
    /// Paths of files and folders, with `/` before and after folders.
    paths: BTreeSet<String>,
}

impl Sources {
    fn read(root: &Path) -> Result<Sources> {
        let mut sources = Sources { files: Vec::new(), text: String::new(), paths: BTreeSet::new() };
        for entry in fs::read_dir(root)? {
            sources.take(root, &entry?.path())?;
        }
        Ok(sources)
    }

    fn take(&mut self, root: &Path, path: &Path) -> Result<()> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // A folder `keys` or `data` further down may be a source.
        if PASSED_OVER.contains(&name.as_str()) && (path.parent() == Some(root) || !matches!(name.as_str(), "data" | "keys")) {
            return Ok(());
        }
        let shown = format!("/{}", path.strip_prefix(root)?.display());
        if path.is_dir() {
            self.paths.insert(format!("{shown}/"));
            for entry in fs::read_dir(path)? {
                self.take(root, &entry?.path())?;
            }
            return Ok(());
        }
        self.paths.insert(shown.clone());
        let ending = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        if !(READ.contains(&ending.as_str()) || ending.is_empty()) || name == "package-lock.json" || shown.starts_with("/docs/") {
            return Ok(());
        }
        // A file that is not text has no names.
        let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
        let comment = match ending.as_str() {
            "rs" | "ts" | "mjs" | "js" => "//",
            "toml" | "sh" | "yaml" | "yml" | "" => "# ",
            _ => "\u{0}",
        };
        // This file's own tests name what does not exist.
        if shown == "/xtask/src/documents.rs" {
            return Ok(());
        }
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with(comment)).flat_map(|line| [line, "\n"]).collect();
        let mut all: HashSet<String> = words(&code).map(str::to_string).collect();
        all.extend(words(&shown).map(str::to_string));
        self.files.push(Source { path: shown, words: all });
        self.text.push_str(&code);
        Ok(())
    }

    /// Whether a path ends one that exists; `*` stands for any name.
    fn has_path(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./").trim_start_matches('/');
        match path.split_once('*') {
            Some((before, after)) => {
                self.paths.iter().any(|p| p.find(&format!("/{before}")).is_some_and(|at| p[at + 1 + before.len()..].ends_with(after)))
            }
            None => {
                let (file, folder) = (format!("/{path}"), format!("/{}/", path.trim_end_matches('/')));
                self.paths.iter().any(|p| p.ends_with(&folder) || (!path.ends_with('/') && p.ends_with(&file)))
            }
        }
    }

    /// Whether one file has all words.
    fn have(&self, all: &[&str]) -> bool {
        self.files.iter().any(|file| all.iter().all(|word| file.words.contains(*word)))
    }

    fn has(&self, name: &str) -> bool {
        let name = name.trim();
        if OUTSIDE.iter().any(|(outside, _)| *outside == name) || words(name).next().is_none() {
            return true;
        }
        if let Some(made) = MADE.iter().find_map(|folder| name.strip_prefix(folder)) {
            return self.text.contains(made.rsplit('/').next().unwrap_or_default().split('<').next().unwrap_or_default());
        }
        // What stands in angle brackets is an example.
        if let Some((before, after)) = name.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?.1))) {
            return self.has(before) && self.has(after);
        }
        // A phrase, such as a command or a statement of SQL: each part of it by itself.
        if name.contains(char::is_whitespace) {
            return name.split(|c: char| c.is_whitespace() || c == '=' || c == '"').all(|part| {
                let part = part.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '/' && c != '-' && c != '.');
                is_placeholder(part) || self.has(part)
            });
        }
        if let Some((path, item)) = name.split_once(".rs::") {
            return self.has_path(&format!("{path}.rs")) && self.has(item);
        }
        let is_path = PATHS.iter().any(|e| name.strip_suffix(e).is_some_and(|n| n.ends_with('.'))) || name.ends_with('/');
        if (is_path || name.contains('/')) && self.has_path(name) {
            return true;
        }
        if is_path && !name.starts_with('/') {
            return false;
        }
        // An address or an id, as it stands up to what is an example.
        if name.contains('/') || name.contains('-') {
            let first = name.split(['{', '?', '*', '…']).next().unwrap_or_default();
            return self.text.contains(first);
        }
        // The one crate that is not named as its folder is.
        let name = &name.replace("test_support::", "support::");
        // A module, then what is in it: a file of that module has it.
        let modules = name.split("::").take_while(|part| part.starts_with(|c: char| c.is_ascii_lowercase())).count();
        if name.contains("::") && modules > 0 {
            let parts: Vec<&str> = name.split("::").collect();
            let (inside, of) = parts.split_at(modules.min(parts.len() - 1));
            let of: Vec<&str> = of.iter().flat_map(|part| words(part)).collect();
            return self.files.iter().any(|file| {
                let named = |module: &&&str| words(&file.path).any(|word| word == **module);
                inside.iter().any(|module| named(&module))
                    && inside.iter().all(|module| named(&module) || file.words.contains(*module))
                    && of.iter().all(|word| file.words.contains(*word))
            });
        }
        let all: Vec<&str> = words(name).filter(|word| !word.bytes().all(|b| b.is_ascii_digit())).collect();
        all.is_empty() || self.have(&all)
    }
}

/// What stands for something in a command: `FILE`, `ADDRESS`, a number, a day.
fn is_placeholder(part: &str) -> bool {
    part.len() < 2 || part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-' || c == '_' || c == '=')
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Names between back-ticks that no source has, with their lines.
fn unknown(sources: &Sources, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        // A name that is planned is not there yet; one that is there is planned no longer.
        let (now, planned) = line.split_once("*planned:*").unwrap_or((line, ""));
        found.extend(ticked(now).into_iter().filter(|name| !sources.has(name)).map(|name| (number, name.to_string())));
        let built = ticked(planned)
            .into_iter()
            .filter(|name| sources.has_path(&format!("{name}.rs")) || sources.has_path(&format!("{name}/mod.rs")));
        found.extend(built.map(|name| (number, format!("planned: {name}"))));
    }
    found
}

/// Lines outside fences, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((number + 1, line))
    })
}

/// What stands between back-ticks in a line.
fn ticked(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Links to files of ours that are not there.
fn dead_links(root: &Path, file: &Path, text: &str) -> Vec<(usize, String)> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        for link in line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
            if !link.is_empty() && !link.contains(':') && !root.join(folder).join(link).exists() {
                found.push((number, link.to_string()));
            }
        }
    }
    found
}

// ---- sentences --------------------------------------------------------------------------------------------------------------------

/// The first line in which two texts differ.
fn first_difference(text: &str, other: &str) -> Option<usize> {
    (text != other).then(|| 1 + text.lines().zip(other.lines()).take_while(|(a, b)| a == b).count())
}

/// The text with each sentence of its prose on a line of its own. Tables, headings, code, quotations and comments stay as they are.
fn reflow(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut paragraph: Option<(String, String)> = None;
    let (mut fenced, mut comment) = (false, false);
    for line in text.lines() {
        let trimmed = line.trim_start();
        let fence = trimmed.starts_with("```");
        let kept =
            fenced || fence || comment || trimmed.is_empty() || ["#", "|", ">", "<", "![", "---"].iter().any(|m| trimmed.starts_with(m));
        if kept {
            flush(&mut paragraph, &mut out);
            out.push(line.to_string());
            fenced ^= fence;
            comment = !fenced && (comment || trimmed.starts_with("<!--")) && !trimmed.contains("-->");
            continue;
        }
        let marker = marker(trimmed);
        match &mut paragraph {
            Some((_, words)) if marker == 0 => join(words, trimmed.trim_end()),
            _ => {
                flush(&mut paragraph, &mut out);
                let begin = line.len() - trimmed.len() + marker;
                paragraph = Some((line[..begin].to_string(), line[begin..].trim().to_string()));
            }
        }
    }
    flush(&mut paragraph, &mut out);
    let mut flowed = out.join("\n");
    flowed.push('\n');
    flowed
}

/// How long the marker of a list's item is: `- `, `1. `.
fn marker(line: &str) -> usize {
    if line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ") {
        return 2;
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && line[digits..].starts_with(". ") { digits + 2 } else { 0 }
}

fn flush(paragraph: &mut Option<(String, String)>, out: &mut Vec<String>) {
    let Some((lead, text)) = paragraph.take() else { return };
    // What goes on under a list's item stands as far in as its text.
    let rest = " ".repeat(lead.chars().count());
    for (number, sentence) in sentences(&text).into_iter().enumerate() {
        out.push(format!("{}{sentence}", if number == 0 { &lead } else { &rest }));
    }
}

/// Chinese needs no space where a line ended.
fn join(text: &mut String, more: &str) {
    let wide = |c: Option<char>| c.is_some_and(|c| ('\u{2e80}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c));
    if !(wide(text.chars().last()) && wide(more.chars().next())) {
        text.push(' ');
    }
    text.push_str(more);
}

/// Before a full stop these end no sentence.
const SHORT: [&str; 14] = ["e.g", "i.e", "art", "Art", "arts", "no", "No", "cf", "ca", "approx", "vs", "vol", "p", "pp"];

fn sentences(text: &str) -> Vec<String> {
    let signs: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    let (mut begin, mut code, mut at) = (0, false, 0);
    while at < signs.len() {
        let (place, sign) = signs[at];
        at += 1;
        if sign == '`' {
            code = !code;
        }
        let chinese = matches!(sign, '。' | '！' | '？');
        if code || !(chinese || matches!(sign, '.' | '!' | '?')) {
            continue;
        }
        let word = text[begin..place].rsplit([' ', '(', '“', '"']).next().unwrap_or_default();
        if sign == '.' && SHORT.contains(&word) {
            continue;
        }
        // What closes with the sentence belongs to it.
        let mut end = at;
        while end < signs.len() && matches!(signs[end].1, ')' | '”' | '’' | '"' | '*' | '_' | ']' | '）' | '】' | '》' | '」') {
            end += 1;
        }
        let rest = signs.get(end).map_or("", |(place, _)| &text[*place..]);
        let next = rest.trim_start();
        let spaced = next.len() < rest.len();
        let starts = next.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit() || !c.is_ascii() || "`*[(\"_".contains(c));
        // A line must not begin like an item, a heading or a table.
        let safe = marker(next) == 0 && !next.starts_with(['#', '>', '|', '<']);
        if next.is_empty() || !safe || !(spaced && starts || chinese && !spaced) {
            continue;
        }
        found.push(text[begin..signs[end].0].trim().to_string());
        begin = signs[end].0;
        at = end;
    }
    found.push(text[begin..].trim().to_string());
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    fn sources() -> Sources {
        Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()).unwrap()
    }

    #[test]
    fn names_are_found_in_the_sources_and_others_are_listed() {
        let sources = sources();
        for name in ["domain/", "app/build.rs", "layers::check", "make test", "`cargo xtask site`", "/health", "land-obtained", "locales/"]
        {
            assert!(sources.has(name.trim_matches('`')), "{name}");
        }
        for name in [
            "domain/src/nothing.rs",
            "Nothing::like_this",
            "standing::check",
            "nothing_like_this",
            "make nothing_like",
            "/nothing-like",
            "no-such-id",
        ] {
            assert!(!sources.has(name), "{name}");
        }
        let text = "Says `layers::check`.\n```\n`not_a_name_in_code`\n```\nAnd `nothing_like_this`.\n| *planned:* `plan` |\n";
        let found: Vec<(usize, String)> = unknown(&sources, text);
        assert_eq!(found, [(5, "nothing_like_this".to_string()), (6, "planned: plan".to_string())]);
    }

    #[test]
    fn a_line_of_prose_holds_one_sentence() {
        let text = "# A. B.\n\nOne. Two (e.g. this,\nart. 5). 三。四！\n\n- **Item.** More\n  of it. `a. B`?\n  1. First. Second.\n| a. B. |\n```\nA. B.\n```\n甲，\n乙 and\nc.\n";
        let flowed = "# A. B.\n\nOne.\nTwo (e.g. this, art. 5).\n三。\n四！\n\n- **Item.**\n  More of it.\n  `a. B`?\n  1. First.\n     Second.\n| a. B. |\n```\nA. B.\n```\n甲，乙 and c.\n";
        assert_eq!(reflow(text), flowed);
        assert_eq!(reflow(flowed), flowed);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference(flowed, flowed), None);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let text = "[a](security.md) [b](../README.md#two) [c](https://example.org) [d](nothing.md)\n";
        assert_eq!(dead_links(&root, Path::new("docs/performance.md"), text), [(1, "nothing.md".to_string())]);
    }
}
