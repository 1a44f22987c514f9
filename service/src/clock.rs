//! The only place that reads the clock. Everywhere else time is an argument.

use domain::date::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time is from.
#[derive(Clone, Default)]
pub enum Clock {
    /// The machine's own clock.
    #[default]
    System,
    /// For tests: stands still until it is set.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at this moment, for tests.
    pub fn set_to(at: Instant) -> Clock {
        Clock::Set(Arc::new(AtomicI64::new(at.unix_micros())))
    }

    /// Moves a clock that can be set; the system's cannot.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Clock::Set(micros) = self {
            micros.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
        }
    }

    /// The time it is, to the microsecond.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Instant {
        match self {
            Clock::System => {
                let micros = SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_micros()).unwrap_or_default();
                Instant::from_unix_micros(i64::try_from(micros).unwrap_or(i64::MAX))
            }
            Clock::Set(micros) => Instant::from_unix_micros(micros.load(Ordering::Relaxed)),
        }
    }
}
