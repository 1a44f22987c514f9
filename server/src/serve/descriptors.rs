//! How many files and connections the system lets this program have open.

/// Descriptors that are kept for the database and files; or a tenth of all, if that is more.
#[cfg(unix)]
const RESERVE: u64 = 128;

/// Allows this program as many open files as the system lets it.
#[cfg(unix)]
pub fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// Connections there are descriptors for.
#[cfg(unix)]
pub fn room_for_connections() -> usize {
    use rustix::process::{Resource, getrlimit};
    let Some(all) = getrlimit(Resource::Nofile).current else { return usize::MAX };
    let reserve = RESERVE.max(all / 10).min(all / 2);
    usize::try_from(all - reserve).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
pub fn raise_descriptors() {}

#[cfg(not(unix))]
pub fn room_for_connections() -> usize {
    usize::MAX
}
