//! What is written of a document, what is read of it, and the news of it.

use domain::account::Account;
use domain::catalogue::Field;
use domain::date::Instant;
use domain::id::Id;
use domain::sheet::document::Document;
use std::collections::HashMap;
use std::sync::Arc;

/// An update with who made it, and what the fields it changed hold after it.
#[derive(Clone, Debug)]
pub struct Update {
    /// Who made it.
    pub author: Id<Account>,
    /// Clients of the document that write for the first time; they are the author's from now on.
    pub clients: Vec<u64>,
    /// The author is of the enterprise: what they enter needs no confirming.
    pub own: bool,
    /// When it was made.
    pub at: Instant,
    /// The update as Yjs encodes it (version 1), not sealed yet.
    pub data: Vec<u8>,
    /// The fields it changed, each with the value after it.
    pub changes: Vec<(Id<Field>, String)>,
}

/// What became of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteOutcome {
    /// All are stored; the last one has this number.
    Done {
        /// The number of the last of them.
        seq: u64,
    },
    /// Others were stored since.
    Conflict,
}

/// A document as it is on disk.
pub struct Loaded {
    /// The document, with everything applied.
    pub document: Document,
    /// The number of its last update.
    pub seq: u64,
    /// Updates since it was last written as a whole.
    pub loose: u64,
    /// Whose each client is.
    pub writers: HashMap<u64, Id<Account>>,
    /// An earlier release stored blocks without contents, which now have to be looked for.
    pub gaps: bool,
}

/// News of a document, from this server or another.
#[derive(Clone, Debug)]
pub enum SheetNotification {
    /// Its last update has this number.
    Updated {
        /// The name of the document; see [`document_name`](super::document_name).
        document: Arc<str>,
        /// The number of its last update.
        seq: u64,
    },
    /// Somebody at another server moved; a frame of presence.
    Presence {
        /// The name of the document; see [`document_name`](super::document_name).
        document: Arc<str>,
        /// The frame, as the protocol encodes it.
        frame: Vec<u8>,
    },
}
