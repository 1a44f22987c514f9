//! Lists `migrations/*.sql` for `src/db.rs`: number, name and text of each.
//!
//! The macro of sqlx that does this compiles both database drivers, with SQLite's C sources, once more for the compiler's own use:
//! minutes of every build from nothing.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=migrations");
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("migrations");
    let mut files = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "sql"));
    files.sort();
    let mut last = 0;
    let mut list = String::from("&[\n");
    for file in &files {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let (number, name) = stem.split_once('_').ok_or_else(|| format!("{}: should be NUMBER_NAME.sql", file.display()))?;
        let number: i64 = number.parse().map_err(|e| format!("{}: {e}", file.display()))?;
        if std::mem::replace(&mut last, number) >= number {
            return Err(format!("{}: its number is taken", file.display()).into());
        }
        writeln!(list, "    ({number}, {:?}, include_str!({:?})),", name.replace('_', " "), file.display().to_string())?;
    }
    list.push(']');
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}
