//! Small files that are there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::path::Path;

/// For the portal's user alone.
pub(super) const SECRET: u32 = 0o600;
/// For everybody to read.
pub const PUBLIC: u32 = 0o644;

/// Writes a file that is not there yet. `false`: it is there, and stays as it is.
///
/// # Errors
/// The folder cannot be written.
pub fn write_anew(file: &Path, text: &str, mode: u32) -> Result<bool> {
    let beside = beside(file, text, mode)?;
    let linked = std::fs::hard_link(&beside, file);
    std::fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        done => done.and_then(|()| settle(file)).map(|()| true),
    }
}

/// Writes a file in place of the one before.
///
/// # Errors
/// The folder cannot be written.
pub fn write_over(file: &Path, text: &str, mode: u32) -> Result<()> {
    let beside = beside(file, text, mode)?;
    std::fs::rename(&beside, file)?;
    settle(file)
}

/// The text under a name of its own, on the disk.
fn beside(file: &Path, text: &str, mode: u32) -> Result<std::path::PathBuf> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension(format!("new-{}", crate::random_hex(6)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut out = options.open(&beside)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    Ok(beside)
}

/// The name, too, is on the disk.
fn settle(file: &Path) -> Result<()> {
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
