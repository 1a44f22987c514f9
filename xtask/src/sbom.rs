//! `cargo xtask sbom`: what the release is made of, as a CycloneDX 1.6 bill of materials beside the program. It lists what
//! is in the program and in the browser's part, with licence and checksum, and nothing that only builds or tests.

use rustsec::cargo_lock::Lockfile;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const BROWSER: [&str; 6] = ["-p", "app", "--features", "hydrate", "--target", "wasm32-unknown-unknown"];

/// A crate: name and version.
type Crate = (String, String);

#[derive(Default, Debug)]
struct Part {
    licence: String,
    /// Where it runs: the server, the browser.
    places: BTreeSet<&'static str>,
    uses: BTreeSet<Crate>,
}

/// Writes the bill beside the release's program.
pub fn write(root: &Path, target: &Path) -> Result<PathBuf> {
    let bill = bill(root)?;
    let file = target.join("release").join("quanlian.cdx.json");
    std::fs::create_dir_all(target.join("release"))?;
    std::fs::write(&file, serde_json::to_string_pretty(&bill)? + "\n")?;
    Ok(file)
}

fn bill(root: &Path) -> Result<Value> {
    let mut parts = BTreeMap::new();
    read(&tree(root, &["-p", "server"])?, "server", &mut parts)?;
    read(&tree(root, &BROWSER)?, "browser", &mut parts)?;
    let bill = made_of(&parts, &Lockfile::load(root.join("Cargo.lock"))?);
    check(&bill)?;
    Ok(bill)
}

/// Cargo's own tree of what is linked: no build scripts, no macros, no tests.
fn tree(root: &Path, of: &[&str]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["tree", "--locked", "-e", "normal,no-proc-macro", "--prefix", "depth", "-f", "|{p}|{l}"]).args(of);
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Lines such as `3|bytes v1.12.2|MIT (*)`. A crate's uses stand under it, one deeper, where it comes first.
fn read(tree: &str, place: &'static str, parts: &mut BTreeMap<Crate, Part>) -> Result<()> {
    let mut above: Vec<Crate> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let mut fields = line.split('|');
        let (Some(depth), Some(package), Some(licence)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(format!("cargo tree said `{line}`").into());
        };
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next().and_then(|v| v.strip_prefix('v'))) else {
            return Err(format!("cargo tree said `{line}`").into());
        };
        let own = (name.to_string(), version.to_string());
        above.truncate(depth.parse()?);
        if let Some(user) = above.last() {
            parts.entry(user.clone()).or_default().uses.insert(own.clone());
        }
        let part = parts.entry(own.clone()).or_default();
        part.licence = licence.trim_end_matches("(*)").trim().replace('/', " OR ");
        part.places.insert(place);
        above.push(own);
    }
    Ok(())
}

fn reference((name, version): &Crate) -> String {
    format!("pkg:cargo/{name}@{version}")
}

fn made_of(parts: &BTreeMap<Crate, Part>, lock: &Lockfile) -> Value {
    let checksum = |own: &Crate| {
        let package = lock.packages.iter().find(|p| p.name.as_str() == own.0 && p.version.to_string() == own.1)?;
        Some(package.checksum.as_ref()?.to_string())
    };
    let component = |(own, part): (&Crate, &Part)| {
        let mut component = json!({
            "type": "library",
            "bom-ref": reference(own),
            "name": own.0,
            "version": own.1,
            "purl": reference(own),
            "properties": part.places.iter().map(|place| json!({ "name": "quanlian:runs-in", "value": place })).collect::<Vec<_>>(),
        });
        if !part.licence.is_empty() {
            component["licenses"] = json!([{ "expression": part.licence }]);
        }
        if let Some(sum) = checksum(own) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        component
    };
    let root = "quanlian";
    let mut dependencies: Vec<Value> = parts
        .iter()
        .map(|(own, part)| json!({ "ref": reference(own), "dependsOn": part.uses.iter().map(reference).collect::<Vec<_>>() }))
        .collect();
    let tops: Vec<String> = parts.keys().filter(|own| ["server", "app"].contains(&own.0.as_str())).map(reference).collect();
    dependencies.insert(0, json!({ "ref": root, "dependsOn": tops }));
    // No time and no number of its own: the same lock file gives the same bytes.
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": { "type": "application", "bom-ref": root, "name": root, "version": env!("CARGO_PKG_VERSION") } },
        "components": parts.iter().map(component).collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}

/// The main rules of the format: what it is, references that are there once, no reference to nothing, whole checksums.
fn check(bill: &Value) -> Result<()> {
    if bill["bomFormat"] != "CycloneDX" || bill["specVersion"] != "1.6" || !bill["version"].is_u64() {
        return Err("the bill of materials is not CycloneDX 1.6".into());
    }
    let text = |value: &Value| value.as_str().map(str::to_string).ok_or("a name in the bill of materials is no text");
    let mut known = BTreeSet::from([text(&bill["metadata"]["component"]["bom-ref"])?]);
    let list = |value: &Value| value.as_array().cloned().ok_or("a list in the bill of materials is missing");
    for component in list(&bill["components"])? {
        let own = text(&component["bom-ref"])?;
        for field in ["type", "name", "version", "purl"] {
            text(&component[field]).map_err(|_| format!("{own} has no {field}"))?;
        }
        for hash in component["hashes"].as_array().into_iter().flatten() {
            if hash["alg"] != "SHA-256" || text(&hash["content"])?.len() != 64 {
                return Err(format!("the checksum of {own} is none").into());
            }
        }
        if !known.insert(own.clone()) {
            return Err(format!("{own} is there twice").into());
        }
    }
    let mut listed = BTreeSet::new();
    for dependency in list(&bill["dependencies"])? {
        let own = text(&dependency["ref"])?;
        for used in list(&dependency["dependsOn"])? {
            if !known.contains(&text(&used)?) {
                return Err(format!("{own} uses {used}, which is not listed").into());
            }
        }
        if !known.contains(&own) || !listed.insert(own.clone()) {
            return Err(format!("the uses of {own} are listed twice, or it is not").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
    }

    #[test]
    fn the_release_is_listed_whole_and_nothing_that_only_builds_it() {
        let bill = bill(&root()).unwrap();
        let components = bill["components"].as_array().unwrap();
        let of = |name: &str| components.iter().filter(|c| c["name"] == name).collect::<Vec<_>>();
        for inside in ["axum", "sqlx", "leptos", "ed25519-dalek", "aes-gcm", "krilla", "yrs", "domain"] {
            assert!(!of(inside).is_empty(), "{inside}");
        }
        for outside in ["lightningcss", "wasm-bindgen-cli-support", "proptest", "s3s", "rustsec", "xtask", "rkyv", "ttf-parser"] {
            assert!(of(outside).is_empty(), "{outside}");
        }
        let places = |name: &str| of(name)[0]["properties"].to_string();
        assert!(places("sqlx").contains("server") && !places("sqlx").contains("browser"));
        assert!(places("yrs").contains("server"));
        assert!(places("domain").contains("server") && places("domain").contains("browser"));
        for component in components.iter().filter(|c| !["server", "app", "service", "domain"].contains(&c["name"].as_str().unwrap())) {
            assert!(component["hashes"][0]["content"].as_str().unwrap().len() == 64, "{component}");
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        }
        assert_eq!(bill, self::bill(&root()).unwrap(), "the same bytes each time");
    }

    #[test]
    fn a_bill_that_breaks_the_rules_is_refused() {
        let mut parts = BTreeMap::new();
        let tree = "0|server v0.1.0 (/x)|MIT\n1|a v1.0.0|MIT/Apache-2.0\n2|b v2.0.0|MIT\n1|b v2.0.0|MIT (*)\n";
        read(tree, "server", &mut parts).unwrap();
        let good = made_of(&parts, &"version = 4\n".parse().unwrap());
        check(&good).unwrap();
        assert_eq!(good["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(good["dependencies"][1]["dependsOn"], json!(["pkg:cargo/b@2.0.0"]));
        let spoil = |change: fn(&mut Value)| {
            let mut bad = good.clone();
            change(&mut bad);
            check(&bad).unwrap_err().to_string()
        };
        assert!(spoil(|b| b["specVersion"] = "1.4".into()).contains("1.6"));
        assert!(spoil(|b| b["components"][1]["bom-ref"] = "pkg:cargo/a@1.0.0".into()).contains("twice"));
        assert!(spoil(|b| b["dependencies"][1]["dependsOn"][0] = "pkg:cargo/c@1.0.0".into()).contains("not listed"));
        assert!(spoil(|b| b["components"][0]["hashes"] = json!([{ "alg": "SHA-256", "content": "x" }])).contains("checksum"));
        assert!(spoil(|b| b["components"][0]["purl"] = Value::Null).contains("purl"));
    }
}
