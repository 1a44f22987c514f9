//! How the modules of this crate lean on each other: no circle among those beside `project`, and none of more than four files
//! among the nouns of a project.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A module by its path in the crate, `project::matter::rules`.
type Module = String;

/// Every module with its text, its tests left out.
fn modules() -> BTreeMap<Module, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = BTreeMap::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inner = path.strip_prefix(&src).unwrap().with_extension("");
            let parts: Vec<&str> = inner.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod").collect();
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
            let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
            all.insert(parts.join("::"), code);
        }
    }
    all.remove("lib");
    all
}

/// The paths that a `use` or an expression names: `a::{b, c::d}` names `a::b` and `a::c::d`.
fn paths(text: &str) -> Vec<Vec<String>> {
    fn tree(rest: &mut &str, prefix: &[String], found: &mut Vec<Vec<String>>) {
        let mut path = prefix.to_vec();
        loop {
            *rest = rest.trim_start();
            if let Some(inner) = rest.strip_prefix('{') {
                *rest = inner;
                loop {
                    tree(rest, &path, found);
                    *rest = rest.trim_start();
                    match rest.strip_prefix(',') {
                        Some(more) => *rest = more,
                        None => break,
                    }
                }
                *rest = rest.trim_start().strip_prefix('}').unwrap_or(rest);
                return;
            }
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            path.push(rest[..end].to_string());
            *rest = &rest[end..];
            match rest.strip_prefix("::") {
                Some(more) => *rest = more,
                None => break,
            }
        }
        found.push(path);
    }
    let mut found = Vec::new();
    let mut before = ' ';
    let mut place = 0;
    while let Some(c) = text[place..].chars().next() {
        let starts = (c.is_alphabetic() || c == '_') && !before.is_alphanumeric() && before != '_' && before != ':';
        if starts {
            let mut rest = &text[place..];
            tree(&mut rest, &[], &mut found);
            let taken = text.len() - place - rest.len();
            place += taken.max(c.len_utf8());
            before = 'a';
        } else {
            place += c.len_utf8();
            before = c;
        }
    }
    found
}

/// Which modules each module names.
fn edges(all: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let resolve = |module: &str, path: &[String]| -> Option<Module> {
        let mut at: Vec<String> = module.split("::").map(str::to_string).collect();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &path[1..];
            }
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            "self" => rest = &path[1..],
            _ if all.contains_key(&format!("{module}::{}", path[0])) => {}
            _ => return None,
        }
        let mut deepest = (!at.is_empty()).then(|| at.join("::"));
        for part in rest {
            at.push(part.clone());
            if all.contains_key(&at.join("::")) {
                deepest = Some(at.join("::"));
            }
        }
        deepest.filter(|found| found != module)
    };
    let named = |(module, text): (&Module, &String)| {
        let found = paths(text).iter().filter_map(|path| resolve(module, path)).collect();
        (module.clone(), found)
    };
    all.iter().map(named).collect()
}

/// The circles: sets of modules each of which leads to all others of the set.
fn circles(edges: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reach = |from: &Module| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Module> = vec![from];
        while let Some(module) = next.pop() {
            next.extend(edges.get(module).into_iter().flatten().filter(|to| seen.insert((*to).clone())));
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = edges.keys().map(|module| (module, reach(module))).collect();
    let circle = |module: &Module| -> BTreeSet<Module> {
        let back = |other: &&Module| reached.get(*other).is_some_and(|r| r.contains(module));
        reached[module].iter().filter(back).cloned().collect()
    };
    let mut all: Vec<BTreeSet<Module>> = edges.keys().map(circle).filter(|circle| circle.len() > 1).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn modules_beside_the_project_lean_on_each_other_in_no_circle() {
    let mut folders: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    let top = |module: &Module| module.split("::").next().unwrap().to_string();
    for (module, named) in edges(&modules()) {
        folders.entry(top(&module)).or_default().extend(named.iter().map(top).filter(|to| *to != top(&module)));
    }
    assert_eq!(circles(&folders), Vec::<BTreeSet<Module>>::new());
    let above: Vec<_> = folders.iter().filter(|(_, named)| named.contains("project")).map(|(module, _)| module.as_str()).collect();
    assert_eq!(above, Vec::<&str>::new(), "nothing stands above the project");
}

/// What composes the nouns is named by each of them, as a circle with the whole wing: `project/mod.rs` holds them in one
/// `Project`, `project/event.rs` in one `Command` and `Event`. Among the nouns there is none but within one.
#[test]
fn nouns_of_a_project_lean_on_each_other_in_no_circle_of_more_than_four_files() {
    let mut nouns = edges(&modules());
    nouns.retain(|module, _| module.starts_with("project::") && module != "project::event");
    for named in nouns.values_mut() {
        named.retain(|to| to.starts_with("project::") && to != "project::event");
    }
    for circle in circles(&nouns) {
        let noun = |module: &Module| module.split("::").nth(1).unwrap().to_string();
        assert!(circle.len() <= 4, "a circle of {} files: {circle:?}", circle.len());
        assert_eq!(circle.iter().map(noun).collect::<BTreeSet<_>>().len(), 1, "a circle of several nouns: {circle:?}");
    }
}

#[test]
fn a_circle_is_found() {
    let named = |text: &str| paths(text).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(named("use a::{b, c::{self, D}}; x.e::f()"), ["use", "a::b", "a::c::self", "a::c::D", "x", "e::f"]);
    let text = |text: &str| text.to_string();
    let all = BTreeMap::from([
        (text("a"), text("use crate::b::thing;")),
        (text("b"), text("mod c; use c::X;")),
        (text("b::c"), text("use super::Y; fn f() { crate::a::g() }")),
        (text("d"), text("use crate::a::Z;")),
    ]);
    assert_eq!(circles(&edges(&all)), [BTreeSet::from([text("a"), text("b"), text("b::c")])]);
}
