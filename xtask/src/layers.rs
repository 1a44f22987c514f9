//! `cargo xtask layers`: the layers of ARCHITECTURE.md as far as dependencies show them, and under which licences and from
//! where everything comes. Cargo itself is asked; nothing has to be installed.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What a layer must not be built with, however deep. A name that ends in `*` stands for all that begin so.
struct Layer {
    /// The arguments of `cargo tree` that say which build is meant.
    build: &'static [&'static str],
    never: &'static [&'static str],
    reason: &'static str,
}

const LAYERS: [Layer; 4] = [
    Layer {
        build: &["--package", "domain", "--all-features"],
        never: &[
            "leptos*",
            "axum*",
            "tokio*",
            "sqlx*",
            "hyper*",
            "http",
            "reqwest",
            "rand",
            "getrandom",
            "chrono",
            "service",
            "app",
            "server",
        ],
        reason: "domain is pure: no page, no HTTP, no SQL, no async, no randomness of the machine",
    },
    Layer {
        build: &["--package", "service"],
        never: &["leptos*", "axum*", "server_fn*", "app", "server"],
        reason: "service knows nothing of HTTP's doors or of pages",
    },
    Layer {
        build: &["--package", "app", "--features", "hydrate", "--target", "wasm32-unknown-unknown"],
        never: &["sqlx*", "axum*", "tokio", "hyper*", "service", "server", "saphyr*"],
        reason: "the browser gets pages and rules, and neither the server nor a reader of YAML",
    },
    Layer {
        build: &["--package", "app"],
        never: &["sqlx*", "axum*", "service", "server"],
        reason: "only the feature `ssr` brings the server's side to app",
    },
];

/// Which of our crates may name a crate as a dependency of their own; the others reach it through those or not at all. What tests share
/// (`test-support`) is linked with tests alone, and sees all layers.
const DIRECT: [(&str, &[&str]); 3] =
    [("sqlx", &["service", "test-support"]), ("axum", &["app", "server", "test-support"]), ("leptos", &["app", "server"])];

/// What `cargo metadata` says, as far as it is asked.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
    kind: Option<String>,
    path: Option<String>,
    optional: bool,
}

/// What deny.toml says of licences; `cargo deny` reads the same.
#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

pub fn check(root: &Path) -> Result<()> {
    let mut faults = Vec::new();
    for layer in &LAYERS {
        let crates = tree(root, layer.build)?;
        let found: Vec<&str> = forbidden(&crates, layer.never);
        if !found.is_empty() {
            faults.push(format!("{} is built with {} ({})", layer.build.join(" "), found.join(", "), layer.reason));
        }
    }
    let deny: Deny = toml::from_str(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    for platform in ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"] {
        let metadata = cargo(root, &["metadata", "--format-version", "1", "--all-features", "--filter-platform", platform])?;
        faults.extend(declared(&serde_json::from_str(&metadata)?, &deny.licenses));
    }
    faults.sort();
    faults.dedup();
    if faults.is_empty() { Ok(()) } else { Err(format!("what we are built of:\n  {}", faults.join("\n  ")).into()) }
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).current_dir(root).args(arguments).arg("--locked").output()?;
    if !output.status.success() {
        return Err(format!("cargo {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The names of all crates of one build: what is linked, and the macros it is written with.
fn tree(root: &Path, build: &[&str]) -> Result<BTreeSet<String>> {
    let text = cargo(root, &[&["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"], build].concat())?;
    Ok(text.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty()).map(str::to_string).collect())
}

fn forbidden<'a>(crates: &'a BTreeSet<String>, never: &[&str]) -> Vec<&'a str> {
    let is = |name: &str, pattern: &&str| pattern.strip_suffix('*').map_or(name == *pattern, |begin| name.starts_with(begin));
    crates.iter().map(String::as_str).filter(|name| never.iter().any(|pattern| is(name, pattern))).collect()
}

/// What is wrong in what packages say of themselves.
fn declared(metadata: &Metadata, licenses: &Licenses) -> Vec<String> {
    let mut faults = Vec::new();
    let exceptions: BTreeMap<&str, &Exception> = licenses.exceptions.iter().map(|e| (e.name.as_str(), e)).collect();
    for package in &metadata.packages {
        let shown = format!("{} {}", package.name, package.version);
        let own = metadata.workspace_members.contains(&package.id);
        let more = exceptions.get(package.name.as_str()).map_or(&[] as &[String], |e| &e.allow);
        let allowed = |licence: &str| licenses.allow.iter().chain(more).any(|a| a == licence);
        match &package.license {
            None => faults.push(format!("{shown} says no licence")),
            Some(said) if !permits(said, &allowed) => faults.push(format!("{shown} is under {said}, which deny.toml does not allow")),
            Some(_) => {}
        }
        if !own {
            if package.source.as_deref() != Some("registry+https://github.com/rust-lang/crates.io-index") {
                faults.push(format!("{shown} does not come from crates.io: {:?}", package.source));
            }
            continue;
        }
        for dependency in &package.dependencies {
            if dependency.req == "*" && dependency.path.is_none() {
                faults.push(format!("{} takes any version of {}", package.name, dependency.name));
            }
            let linked = dependency.kind.is_none();
            for (name, owners) in DIRECT {
                if linked && dependency.name == name && !owners.contains(&package.name.as_str()) {
                    faults.push(format!("{} depends on {name}, which is for {}", package.name, owners.join(" and ")));
                }
            }
            if package.name == "app"
                && linked
                && ["axum", "service", "leptos_axum"].contains(&dependency.name.as_str())
                && !dependency.optional
            {
                faults.push(format!("app depends on {} also without `ssr`", dependency.name));
            }
        }
    }
    faults
}

/// Whether an SPDX expression can be met by what is allowed. `/` is how old crates write `OR`.
fn permits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, end) = either(&words, 0, allowed);
    met && end == words.len()
}

fn either(words: &[&str], at: usize, allowed: &dyn Fn(&str) -> bool) -> (bool, usize) {
    let (mut met, mut at) = all(words, at, allowed);
    while words.get(at) == Some(&"OR") {
        let (also, end) = all(words, at + 1, allowed);
        (met, at) = (met || also, end);
    }
    (met, at)
}

fn all(words: &[&str], at: usize, allowed: &dyn Fn(&str) -> bool) -> (bool, usize) {
    let (mut met, mut at) = one(words, at, allowed);
    while words.get(at) == Some(&"AND") {
        let (also, end) = one(words, at + 1, allowed);
        (met, at) = (met && also, end);
    }
    (met, at)
}

fn one(words: &[&str], at: usize, allowed: &dyn Fn(&str) -> bool) -> (bool, usize) {
    match words.get(at) {
        Some(&"(") => {
            let (met, end) = either(words, at + 1, allowed);
            (met && words.get(end) == Some(&")"), end + 1)
        }
        Some(licence) if words.get(at + 1) == Some(&"WITH") => {
            let with = format!("{licence} WITH {}", words.get(at + 2).unwrap_or(&""));
            (allowed(&with), at + 3)
        }
        Some(licence) => (allowed(licence), at + 1),
        None => (false, at + 1),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn an_expression_is_met_by_what_is_allowed() {
        let allowed = |licence: &str| ["MIT", "Apache-2.0 WITH LLVM-exception", "ISC"].contains(&licence);
        for met in
            ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "MIT AND ISC", "(GPL-3.0 OR ISC) AND MIT", "Apache-2.0 WITH LLVM-exception OR X"]
        {
            assert!(permits(met, &allowed), "{met}");
        }
        for not in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "Apache-2.0", "", "(MIT", "MIT ISC"] {
            assert!(!permits(not, &allowed), "{not}");
        }
    }

    #[test]
    fn a_layer_that_is_crossed_is_named() {
        let crates = BTreeSet::from(["serde", "sqlx-core", "tokio", "axum"].map(str::to_string));
        assert_eq!(forbidden(&crates, &["sqlx*", "axum", "tok"]), ["axum", "sqlx-core"]);
        let package = |name: &str, license: Option<&str>, dependencies: Vec<Dependency>| Package {
            id: name.to_string(),
            name: name.to_string(),
            version: "1.0.0".to_string(),
            license: license.map(str::to_string),
            source: (name == "far").then(|| "git+https://example.org/far".to_string()),
            dependencies,
        };
        let on =
            |name: &str, req: &str| Dependency { name: name.to_string(), req: req.to_string(), kind: None, path: None, optional: false };
        let metadata = Metadata {
            packages: vec![
                package("domain", Some("MIT"), vec![on("sqlx", "^0.9"), on("serde", "*")]),
                package("app", Some("MIT"), vec![on("axum", "^0.8")]),
                package("far", Some("GPL-3.0"), vec![]),
                package("server", None, vec![on("axum", "^0.8")]),
            ],
            workspace_members: BTreeSet::from(["domain", "app", "server"].map(str::to_string)),
        };
        let faults = declared(&metadata, &Licenses { allow: vec!["MIT".to_string()], exceptions: vec![] });
        let expected = [
            "domain depends on sqlx, which is for service and test-support",
            "domain takes any version of serde",
            "app depends on axum also without `ssr`",
            "far 1.0.0 is under GPL-3.0, which deny.toml does not allow",
            "far 1.0.0 does not come from crates.io: Some(\"git+https://example.org/far\")",
            "server 1.0.0 says no licence",
        ];
        assert_eq!(faults, expected);
    }
}
