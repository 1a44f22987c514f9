//! The repository's own catalogue.

use domain::catalogue::yaml::Mistake;
use domain::catalogue::{CALENDAR_FILE, Catalogue, FILES};
use std::path::Path;
use std::sync::LazyLock;

/// The catalogue of the repository's folder `catalogue`.
pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| read(&files()).unwrap());

/// Its files: their names and what is in them.
pub fn files() -> Vec<(&'static str, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue");
    FILES.into_iter().chain([CALENDAR_FILE]).map(|name| (name, std::fs::read_to_string(folder.join(name)).unwrap())).collect()
}

/// Reads a catalogue from its files.
///
/// # Errors
/// Every mistake in them.
pub fn read(files: &[(&str, String)]) -> Result<Catalogue, Vec<Mistake>> {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Catalogue::read(&files)
}
