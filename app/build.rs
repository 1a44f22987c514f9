//! Turns `locales/<language>/<noun>.json` into typed keys: a missing or misspelt translation does not compile. And names the work
//! pages' style by its contents.

use leptos_i18n_parser::parse_locales::options::{Config, ParseOptions};
use leptos_i18n_parser::parse_locales::parse_locales;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    // The address of the work pages' style changes with its contents.
    let mut style = DefaultHasher::new();
    for path in style_files("work.css")? {
        println!("cargo::rerun-if-changed={path}");
        std::fs::read_to_string(path)?.hash(&mut style);
    }
    println!("cargo::rustc-env=WORK_STYLE={:016x}", style.finish());
    let options = ParseOptions::default().interpolate_display(true);
    println!("cargo::rerun-if-changed=locales/zh-CN");
    let config = Config::new("zh-CN")?.add_locale("en")?.add_namespaces(nouns()?)?.parse_options(options);
    let locales = parse_locales(None, config)?;
    for path in locales.tracked_files.iter().flatten() {
        println!("cargo::rerun-if-changed={path}");
    }
    for warning in locales.diag.warnings().iter() {
        println!("cargo::warning={warning}");
    }
    for error in locales.diag.errors().iter() {
        println!("cargo::error={error}");
    }
    let module = leptos_i18n_codegen::gen_code(&locales, None, false, None, false)?;
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("i18n.rs"), module.to_string())?;
    Ok(())
}

/// The nouns that have words: one file each, in the folder of a language.
fn nouns() -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir("locales/zh-CN")? {
        names.extend(entry?.path().file_stem().and_then(|name| name.to_str()).map(str::to_string));
    }
    names.sort();
    Ok(names)
}

/// A stylesheet and what it imports; how it is put together is `cargo xtask site`'s.
fn style_files(name: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let path = format!("../style/{name}");
    let sheet = std::fs::read_to_string(&path)?;
    let imports = sheet.lines().filter_map(|line| line.strip_prefix("@import \"")?.split('"').next());
    let mut files = vec![path.clone()];
    files.extend(imports.map(|import| format!("../style/{import}")));
    Ok(files)
}
