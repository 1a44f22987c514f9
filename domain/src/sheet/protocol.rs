//! The y-websocket protocol, as the npm packages `y-protocols` and `y-websocket` speak it: frames of a message type
//! and its payload, numbers as variable-length unsigned integers.
//!
//! Type 100 is ours: what is stored, told to clients that ask for it (`?told=1`) and to no other.

use super::{Stored, scan};
use yrs::StateVector;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const QUERY_AWARENESS: u64 = 3;
const STORED: u64 = 100;
const STEP_1: u64 = 0;
const STEP_2: u64 = 1;
const UPDATE: u64 = 2;
/// Longest frame taken, in bytes.
pub const LONGEST_FRAME: usize = 1024 * 1024;
/// What a connection that may only look is told at the door; any other denial is of an update it sent.
pub const READ_ONLY: &str = "read-only";
/// The code a connection is closed with when the session or token that opened it has ended.
pub const SIGNED_OUT: u16 = 4401;
/// Clients one presence frame may speak of.
const MOST_CLIENTS: u64 = 200;

/// What somebody's client says of itself: JSON, `null` when it left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presence {
    /// The client, by its number in the Yjs document.
    pub client: u64,
    /// Counts what the client says: of two states the one with the higher number counts.
    pub clock: u64,
    /// What it says, as JSON.
    pub state: String,
}

/// One message of a connection, either way.
#[derive(Clone, PartialEq, Debug)]
pub enum Frame {
    /// "This is what I have": answered with what is missing.
    Have(StateVector),
    /// An update; a whole document is one too.
    Update(Vec<u8>),
    /// Who is there, and where in the text.
    Presence(Vec<Presence>),
    /// Asks who is there; answered with [`Frame::Presence`].
    AskPresence,
    /// The other side refuses, and why.
    Denied(String),
    /// What is stored, told to our own pages only.
    Stored(Box<Stored>),
    /// Of a kind that is none of ours to answer.
    Other,
}

/// Bytes that are no frame. The text is for the one who closes the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAFrame(pub &'static str);

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn number(&mut self) -> Result<u64, NotAFrame> {
        let mut number = 0u64;
        for shift in (0..).step_by(7).take(8) {
            let (first, rest) = self.rest.split_first().ok_or(NotAFrame("the frame ends too early"))?;
            self.rest = rest;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(NotAFrame("a number is too long"))
    }

    fn bytes(&mut self) -> Result<&'b [u8], NotAFrame> {
        let length = usize::try_from(self.number()?).map_err(|_| NotAFrame("a length is too long"))?;
        if length > self.rest.len() {
            return Err(NotAFrame("the frame ends too early"));
        }
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<String, NotAFrame> {
        std::str::from_utf8(self.bytes()?).map(str::to_string).map_err(|_| NotAFrame("a text is not UTF-8"))
    }
}

impl Frame {
    /// # Errors
    /// The bytes are none.
    pub fn decode(bytes: &[u8]) -> Result<Frame, NotAFrame> {
        if bytes.len() > LONGEST_FRAME {
            return Err(NotAFrame("the frame is too long"));
        }
        let mut reader = Reader { rest: bytes };
        Ok(match reader.number()? {
            SYNC => match reader.number()? {
                STEP_1 => {
                    let bytes = reader.bytes()?;
                    scan::vector(bytes).map_err(|_| NotAFrame("not a state vector"))?;
                    Frame::Have(StateVector::decode_v1(bytes).map_err(|_| NotAFrame("not a state vector"))?)
                }
                // Not decoded here: a document looks it over first.
                STEP_2 | UPDATE => Frame::Update(reader.bytes()?.to_vec()),
                _ => return Err(NotAFrame("an unknown kind of sync frame")),
            },
            AWARENESS => {
                let mut inner = Reader { rest: reader.bytes()? };
                let count = inner.number()?;
                if count > MOST_CLIENTS {
                    return Err(NotAFrame("too many clients in one frame"));
                }
                let mut list = Vec::new();
                for _ in 0..count {
                    list.push(Presence { client: inner.number()?, clock: inner.number()?, state: inner.text()? });
                }
                Frame::Presence(list)
            }
            QUERY_AWARENESS => Frame::AskPresence,
            AUTH => match reader.number()? {
                0 => Frame::Denied(reader.text()?),
                _ => Frame::Other,
            },
            STORED => match serde_json::from_str(&reader.text()?) {
                Ok(stored) => Frame::Stored(Box::new(stored)),
                Err(_) => return Err(NotAFrame("not what is stored")),
            },
            _ => Frame::Other,
        })
    }

    /// The bytes of the frame, type included.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut sync = |kind: u64, payload: &[u8]| {
            number(&mut bytes, SYNC);
            number(&mut bytes, kind);
            chunk(&mut bytes, payload);
        };
        match self {
            Frame::Have(vector) => sync(STEP_1, &vector.encode_v1()),
            Frame::Update(update) => sync(UPDATE, update),
            Frame::Presence(list) => {
                let mut inner = Vec::new();
                number(&mut inner, list.len() as u64);
                for presence in list {
                    number(&mut inner, presence.client);
                    number(&mut inner, presence.clock);
                    chunk(&mut inner, presence.state.as_bytes());
                }
                number(&mut bytes, AWARENESS);
                chunk(&mut bytes, &inner);
            }
            Frame::AskPresence => number(&mut bytes, QUERY_AWARENESS),
            Frame::Denied(reason) => {
                number(&mut bytes, AUTH);
                number(&mut bytes, 0);
                chunk(&mut bytes, reason.as_bytes());
            }
            Frame::Stored(stored) => {
                number(&mut bytes, STORED);
                chunk(&mut bytes, serde_json::to_string(stored).unwrap_or_default().as_bytes());
            }
            Frame::Other => {}
        }
        bytes
    }

    /// The answer to [`Frame::Have`]: unlike any other update it says that the asker has now everything.
    pub fn answer(update: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        number(&mut bytes, SYNC);
        number(&mut bytes, STEP_2);
        chunk(&mut bytes, update);
        bytes
    }

    /// Whether a frame is such an answer.
    pub fn is_answer(bytes: &[u8]) -> bool {
        bytes.starts_with(&[0, 1])
    }
}

fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn chunk(bytes: &mut Vec<u8>, payload: &[u8]) {
    number(bytes, payload.len() as u64);
    bytes.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn frames_are_read_as_they_are_written() {
        let presence = Presence { client: 4_294_967_295, clock: 300, state: r#"{"field":"uscc"}"#.into() };
        for frame in [
            Frame::Have(StateVector::default()),
            Frame::Update(vec![0, 0]),
            Frame::Presence(vec![presence]),
            Frame::AskPresence,
            Frame::Denied("只读".into()),
            Frame::Stored(Box::new(Stored { frames: 3, changed: Vec::new() })),
        ] {
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
        assert!(Frame::decode(&[]).is_err());
        assert!(Frame::decode(&[0, 2, 200]).is_err());
        assert!(Frame::decode(&[1, 6, 255, 255, 255, 255, 255, 1]).is_err());
        assert!(Frame::decode(&[255; 12]).is_err());
        assert_eq!(Frame::decode(&[77]), Ok(Frame::Other));
    }

    #[test]
    fn fuzz_frame() {
        bolero::check!().for_each(|bytes: &[u8]| {
            if let Ok(frame) = Frame::decode(bytes)
                && !matches!(frame, Frame::Other | Frame::Have(_))
            {
                assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            }
        });
    }

    #[test]
    fn fuzz_update() {
        let form = crate::catalogue::Form::default();
        bolero::check!().with_iterations(300).for_each(|bytes: &[u8]| {
            let document = super::super::document::Document::new(&form, "land", 1);
            if document.try_apply(bytes).is_ok() {
                document.whole();
            }
        });
    }
}
