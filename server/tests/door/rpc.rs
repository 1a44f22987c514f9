//! The addresses of server functions: a page that is open keeps calling them after the server was replaced by another build.

use leptos::server_fn::axum::server_fn_paths;
use std::path::Path;

/// The names of the functions below the attribute, in a folder of sources.
fn collect_names(folder: &Path, attribute: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_names(&path, attribute, names);
            continue;
        }
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let after = text.split(attribute).skip(1);
        names.extend(after.map(|rest| rest.split_once("fn ").unwrap().1.split(['(', '<']).next().unwrap().to_string()));
    }
}

/// Of two functions with one name Leptos would keep only one, without a word: so the sources are counted, too.
#[test]
fn every_server_function_has_its_own_address_and_it_is_its_name() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src");
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    collect_names(&sources, "\n#[rpc]\n", &mut ours);
    collect_names(&sources, "\n#[server", &mut others);
    assert!(others.is_empty(), "use #[rpc] instead of #[server]: {others:?}");
    let mut expected: Vec<String> = ours.iter().map(|name| format!("/rpc/{name}")).collect();
    expected.sort();
    let mut registered: Vec<String> = server_fn_paths().map(|(path, _)| path.to_string()).collect();
    registered.sort();
    assert!(expected.len() > 50);
    assert_eq!(registered, expected);
}
