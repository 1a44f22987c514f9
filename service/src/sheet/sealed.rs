//! What a sheet holds, sealed. Each piece belongs to its document, its kind and its number: rows cannot be exchanged or
//! moved, nor an older value put in a newer one's place.

use crate::certificate::Keys;
use crate::crypto::Sealer;
use crate::error::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::sync::Arc;

/// A piece of a sheet's document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    Update {
        document: &'a str,
        seq: u64,
    },
    /// The document as a whole, with all updates up to this one.
    Whole {
        document: &'a str,
        seq: u64,
    },
    /// What somebody made of a field.
    Change {
        document: &'a str,
        field: &'a str,
        author: &'a str,
        seq: u64,
    },
}

impl Piece<'_> {
    /// The place that it is sealed for.
    pub fn place(&self) -> String {
        match self {
            Piece::Update { document, seq } => format!("sheet/{document}/update/{seq}"),
            Piece::Whole { document, seq } => format!("sheet/{document}/whole/{seq}"),
            Piece::Change { document, field, author, seq } => format!("sheet/{document}/change/{field}/{author}/{seq}"),
        }
    }

    fn named(&self, fault: &Fault) -> Fault {
        format!("{} cannot be opened: {fault}", self.place()).into()
    }
}

/// Seals and opens the pieces of one reading or writing.
#[derive(Clone)]
pub(crate) struct Pieces(Arc<dyn Sealer>);

impl Pieces {
    /// # Errors
    /// The keys cannot be read.
    pub fn of(keys: &Keys) -> Result<Pieces, Fault> {
        Ok(Pieces(keys.sealer()?))
    }

    /// Seals a piece for its place.
    ///
    /// # Errors
    /// The keys cannot be used.
    pub fn seal(&self, piece: Piece<'_>, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        self.0.seal(plain, &piece.place())
    }

    /// `sealed`: what the row says; others are from before.
    ///
    /// # Errors
    /// It was changed or moved, or its key is not here.
    pub fn open(&self, piece: Piece<'_>, stored: Vec<u8>, sealed: i64) -> Result<Vec<u8>, Fault> {
        if sealed == 0 {
            return Ok(stored);
        }
        self.0.open(&stored, &piece.place()).map_err(|fault| piece.named(&fault))
    }

    /// The same for a column of text.
    pub fn seal_text(&self, piece: Piece<'_>, plain: &str) -> Result<String, Fault> {
        Ok(BASE64.encode(self.seal(piece, plain.as_bytes())?))
    }

    /// # Errors
    /// As [`Pieces::open`].
    pub fn open_text(&self, piece: Piece<'_>, stored: String, sealed: i64) -> Result<String, Fault> {
        if sealed == 0 {
            return Ok(stored);
        }
        let stored = BASE64.decode(stored).map_err(|error| piece.named(&error.into()))?;
        Ok(String::from_utf8(self.open(piece, stored, sealed)?)?)
    }
}
