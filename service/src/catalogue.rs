//! The catalogue the program carries with it, or one from a folder.

use domain::catalogue::yaml::Mistake;
use domain::catalogue::{CALENDAR_FILE, Catalogue, FILES};
use domain::text;
use pinyin::ToPinyin;
use std::path::Path;

/// The default catalogue's files, embedded.
const EMBEDDED: [(&str, &str); 8] = [
    ("attributes.yaml", include_str!("../../catalogue/attributes.yaml")),
    ("catalogue.yaml", include_str!("../../catalogue/catalogue.yaml")),
    ("certificates.yaml", include_str!("../../catalogue/certificates.yaml")),
    ("fields.yaml", include_str!("../../catalogue/fields.yaml")),
    ("materials.yaml", include_str!("../../catalogue/materials.yaml")),
    ("roles-and-rules.yaml", include_str!("../../catalogue/roles-and-rules.yaml")),
    ("stages.yaml", include_str!("../../catalogue/stages.yaml")),
    ("workdays-cn.json", include_str!("../../catalogue/workdays-cn.json")),
];

/// The documented case that comes with the default catalogue.
pub const SHISHAN: &str = include_str!("../../catalogue/case-shishan.yaml");

/// The catalogue the program carries.
///
/// # Errors
/// Its mistakes; a test makes sure there are none.
pub fn embedded() -> Result<Catalogue, Vec<Mistake>> {
    Catalogue::read(&EMBEDDED).map(with_initials)
}

/// Adds the first letters of each name's pinyin: the browser searches by them and need not know them.
fn with_initials(mut catalogue: Catalogue) -> Catalogue {
    for matter in &mut catalogue.parts.matters {
        matter.initials = initials(&matter.name.zh);
    }
    catalogue
}

fn initials(name: &str) -> String {
    name.chars()
        .filter_map(|c| match c.to_pinyin() {
            Some(pinyin) => pinyin.first_letter().chars().next(),
            None => c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()),
        })
        .collect()
}

/// The documented case, if this catalogue knows all it speaks of.
pub fn shishan(catalogue: &Catalogue) -> Option<domain::case::Case> {
    domain::case::Case::read(catalogue, "case-shishan.yaml", SHISHAN).ok()
}

/// A catalogue from a folder with the same files.
///
/// # Errors
/// Every mistake found, files that cannot be read included.
pub fn from_folder(folder: &Path) -> Result<Catalogue, Vec<Mistake>> {
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for name in FILES.into_iter().chain([CALENDAR_FILE]) {
        match std::fs::read(folder.join(name)).map(String::from_utf8) {
            Ok(Ok(source)) => files.push((name, source)),
            Ok(Err(error)) => {
                let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
                unreadable.push(Mistake { file: name.into(), line, what: text!("不是 UTF-8 文字", "not UTF-8; expected UTF-8 text") });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                unreadable.push(Mistake { file: name.into(), line: 1, what: text!("无法读取：{error}", "cannot be read: {error}") })
            }
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(n, s)| (*n, s.as_str())).collect();
    match Catalogue::read(&files) {
        Ok(catalogue) if unreadable.is_empty() => Ok(with_initials(catalogue)),
        Ok(_) => Err(unreadable),
        Err(mistakes) => {
            // A file that was there but unreadable is told once, by its own mistake.
            let told = |m: &Mistake| unreadable.iter().any(|u| u.file == m.file);
            let rest: Vec<Mistake> = mistakes.into_iter().filter(|m| !told(m)).collect();
            Err(unreadable.into_iter().chain(rest).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_the_first_letters_of_its_pinyin() {
        assert_eq!(initials("建筑工程施工许可证核发"), "jzgcsgxkzhf");
        let catalogue = embedded().unwrap();
        let found = |words: &str| catalogue.search(words).into_iter().map(|m| m.id.to_string()).collect::<Vec<_>>();
        assert_eq!(found("SGXK"), ["construction-permit", "staged-foundation-permit"]);
        assert!(found("许可 规划").contains(&"construction-planning-permit".to_string()));
        assert!(found("construction permit").contains(&"construction-permit".to_string()));
        assert!(found("没有这样的事项").is_empty());
        assert_eq!(found("  ").len(), catalogue.matters.len());
    }
}
