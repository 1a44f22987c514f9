//! `cargo xtask advisories`: compares Cargo.lock with known vulnerabilities (RustSec), without a network. The database is
//! the excerpt in docs/advisories, or any folder in the same form, such as a copy of the whole.
//!
//! What may be is said in deny.toml alone: `ignore` with its reason, and that only what we chose ourselves has to be
//! maintained.

use rustsec::advisory::Informational;
use rustsec::report::Settings;
use rustsec::{Database, Lockfile, Report};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// After so many days the excerpt is called old.
const OLD: i64 = 90;

/// What was found: what fails the check, and what is only said.
#[derive(Debug, Default)]
struct Found {
    bad: Vec<String>,
    told: Vec<String>,
}

/// Checks Cargo.lock.
#[expect(clippy::print_stderr, reason = "a build tool talks to the terminal")]
pub fn check(root: &Path, database: Option<&Path>) -> Result<()> {
    let own = root.join("docs/advisories");
    let lock = Lockfile::load(root.join("Cargo.lock"))?;
    let database = Database::open(database.unwrap_or(&own))?;
    let found = compare(&database, &lock, &ignored(&fs::read_to_string(root.join("deny.toml"))?)?);
    let taken = fs::read_to_string(own.join("taken"))?;
    if let Some(age) = age(taken.trim(), today()).filter(|days| *days > OLD) {
        eprintln!(
            "advisories: warning: the excerpt in docs/advisories is {age} days old; `cargo xtask advisories take FOLDER` makes it anew"
        );
    }
    for line in &found.told {
        eprintln!("advisories: note: {line}");
    }
    eprintln!("advisories: {} packages, {} advisories up to {}", lock.packages.len(), database.iter().count(), taken.trim());
    match found.bad.is_empty() {
        true => Ok(()),
        false => Err(format!("advisories:\n  {}", found.bad.join("\n  ")).into()),
    }
}

fn compare(database: &Database, lock: &Lockfile, ignore: &[String]) -> Found {
    let settings = Settings {
        ignore: ignore.iter().filter_map(|id| id.parse().ok()).collect(),
        informational_warnings: vec![Informational::Unmaintained, Informational::Unsound, Informational::Notice],
        ..Settings::default()
    };
    let report = Report::generate(database, lock, &settings);
    let ours: BTreeSet<&str> =
        lock.packages.iter().filter(|p| p.source.is_none()).flat_map(|p| p.dependencies.iter().map(|d| d.name.as_str())).collect();
    let mut found = Found::default();
    for one in &report.vulnerabilities.list {
        let (package, about) = (&one.package, &one.advisory);
        found.bad.push(format!("{} {}: {} ({})", package.name, package.version, about.id, about.title));
    }
    for one in report.warnings.values().flatten() {
        let Some(about) = &one.advisory else { continue };
        let line = format!("{} {}: {} ({})", one.package.name, one.package.version, about.id, about.title);
        let harmless = about.informational != Some(Informational::Unsound) && !ours.contains(one.package.name.as_str());
        if harmless { found.told.push(line) } else { found.bad.push(line) }
    }
    found
}

/// The advisories that deny.toml lets be: each with its reason.
fn ignored(deny: &str) -> Result<Vec<String>> {
    let deny: toml::Table = deny.parse()?;
    let list = deny.get("advisories").and_then(|a| a.get("ignore")).and_then(|i| i.as_array()).cloned().unwrap_or_default();
    let one = |entry: &toml::Value| {
        let (id, reason) = (entry.get("id").and_then(|i| i.as_str()), entry.get("reason").and_then(|r| r.as_str()));
        match (id, reason) {
            (Some(id), Some(_)) => Ok(id.to_string()),
            _ => Err(format!("deny.toml: an ignored advisory has an id and a reason: {entry}").into()),
        }
    };
    list.iter().map(one).collect()
}

/// Makes the excerpt anew from a folder with the whole database: what concerns the packages of Cargo.lock.
pub fn take(root: &Path, from: &Path) -> Result<()> {
    let whole = Database::open(from)?;
    let newest = whole.iter().map(|advisory| advisory.metadata.date.to_string()).max().ok_or("there is no advisory in that folder")?;
    let lock = Lockfile::load(root.join("Cargo.lock"))?;
    let own = root.join("docs/advisories");
    if own.join("crates").exists() {
        fs::remove_dir_all(own.join("crates"))?;
    }
    let names: BTreeSet<&str> = lock.packages.iter().map(|p| p.name.as_str()).collect();
    for name in names {
        let Ok(files) = fs::read_dir(from.join("crates").join(name)) else { continue };
        let folder = own.join("crates").join(name);
        fs::create_dir_all(&folder)?;
        for file in files {
            let file = file?;
            fs::copy(file.path(), folder.join(file.file_name()))?;
        }
    }
    Ok(fs::write(own.join("taken"), format!("{newest}\n"))?)
}

/// Days from `2026-09-14` to a day, counted since 1970.
fn age(taken: &str, today: i64) -> Option<i64> {
    let mut parts = taken.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // The year begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(today - (year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468))
}

#[expect(clippy::disallowed_methods, reason = "the build asks how old its database is; no rule of the portal hangs on it")]
fn today() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map(|d| d.as_secs()).unwrap_or_default();
    i64::try_from(since / 86_400).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
    }

    fn planted(name: &str, version: &str, ignore: &[String]) -> Found {
        let text = fs::read_to_string(root().join("Cargo.lock")).unwrap();
        let mut lock: Lockfile = text.parse().unwrap();
        let package = lock.packages.iter_mut().find(|p| p.name.as_str() == name).unwrap();
        package.version = version.parse().unwrap();
        compare(&Database::open(&root().join("docs/advisories")).unwrap(), &lock, ignore)
    }

    #[test]
    fn what_is_locked_has_no_known_vulnerability_and_a_planted_one_is_found() {
        check(&root(), None).unwrap();
        for (name, version, id) in [
            ("h2", "0.4.15", "RUSTSEC-2026-0258"),
            ("quick-xml", "0.40.0", "RUSTSEC-2026-0194"),
            ("rustls", "0.23.44", "RUSTSEC-2026-0285"),
            ("tokio", "1.44.1", "RUSTSEC-2025-0023"),
            ("sqlx", "0.8.0", "RUSTSEC-2024-0363"),
        ] {
            let found = planted(name, version, &[]);
            assert!(found.bad.iter().any(|line| line.contains(id) && line.contains(version)), "{found:?}");
            assert!(planted(name, version, &[id.to_string()]).bad.iter().all(|line| !line.contains(id)), "reasoned away");
        }
    }

    #[test]
    fn what_we_chose_ourselves_has_to_be_maintained() {
        let package = |name: &str, more: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"0.25.1\"\n{more}\n");
        let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        let lock = |ours: &str| -> Lockfile {
            let parser = package("ttf-parser", registry);
            let between = package("between", &format!("{registry}\ndependencies = [\"ttf-parser\"]"));
            let service = package("service", &format!("dependencies = [\"{ours}\"]"));
            format!("version = 4\n{parser}{between}{service}").parse().unwrap()
        };
        let database = Database::open(&root().join("docs/advisories")).unwrap();
        let direct = compare(&database, &lock("ttf-parser"), &[]);
        assert!(direct.bad.iter().any(|line| line.contains("RUSTSEC-2026-0192")), "{direct:?}");
        let deep = compare(&database, &lock("between"), &[]);
        assert!(deep.bad.is_empty() && deep.told.len() == 1, "{deep:?}");
    }

    #[test]
    fn an_exception_needs_its_reason_and_age_is_counted_in_days() {
        assert_eq!(ignored("[advisories]\nignore = [{ id = \"RUSTSEC-2026-0001\", reason = \"r\" }]").unwrap(), ["RUSTSEC-2026-0001"]);
        assert!(ignored("[advisories]\nignore = [\"RUSTSEC-2026-0001\"]").is_err());
        assert_eq!(age("1970-01-01", 10), Some(10));
        assert_eq!(age("2024-02-29", 19_783), Some(1));
        assert_eq!(age("rubbish", 10), None);
    }
}
