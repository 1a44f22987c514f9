//! The server's log: one line an event, whatever is in it. Text of strangers neither begins a line of its own nor speaks to a
//! terminal.

use std::fmt::Write as _;
use std::io::{Result, Write};

/// Writes each event as one line; control signs within it are written as `\n`, `\u{1b}`.
#[derive(Debug)]
pub struct OneLine<W>(pub W);

impl<W: Write> Write for OneLine<W> {
    /// An event comes in one piece with its end of line.
    fn write(&mut self, event: &[u8]) -> Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = String::with_capacity(text.len() + 1);
        for c in text.trim_end_matches('\n').chars() {
            if c.is_control() {
                // Writing to a string does not fail.
                let _ = write!(line, "{}", c.escape_default());
            } else {
                line.push(c);
            }
        }
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_strangers_write_makes_no_line_and_no_escape_sequence() {
        let shared = Shared::default();
        let to = shared.clone();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || OneLine(to.clone())).finish();
        tracing::subscriber::with_default(log, || {
            let name = "甲\r\n2026-01-01T00:00:00Z ERROR server: all is lost\u{1b}[2J";
            tracing::warn!(%name, "a name: {name}");
            tracing::info!("after");
        });
        let text = String::from_utf8(shared.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains('甲') && !text.contains('\u{1b}') && !text.contains('\r'), "{text}");
    }
}
