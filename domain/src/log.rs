//! The log: what happened, in order, chained so that one changed byte shows. Anyone who holds a
//! project's stream, sealed events included, can verify it, in the browser too.

use crate::account::Account;
use crate::date::Instant;
use crate::id::Id;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256 digest, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits, small letters only.
    pub fn parse(text: &str) -> Option<Digest> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return None;
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Digest(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Digest::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// Who may know of an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Anyone.
    Public,
    /// The parties to the project: the enterprise, its agent, the lead officer, the offices.
    Parties,
    /// Government only.
    Government,
}

/// A kind of stream on the log: what its events are. A stream's name is `<KIND>:<id>`. The one log gives all of them the same:
/// their place in the order of commit, the chain, who may know an event.
pub trait Stream {
    /// How the names of its streams begin.
    const KIND: &'static str;
    /// What happens in it.
    type Event: Serialize + DeserializeOwned;
    /// The name of an event in the log's `kind` column.
    fn kind(event: &Self::Event) -> &'static str;
    /// Who may know an event.
    fn audience(event: &Self::Event) -> Audience;
    /// The name of the stream of this id.
    fn name(id: &Id<Self>) -> String
    where
        Self: Sized,
    {
        format!("{}:{id}", Self::KIND)
    }
}

/// What the log says about an event beside its body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Meta {
    /// The name of the stream, `<KIND>:<id>`; see [`Stream::name`].
    pub stream: String,
    /// 1, 2, 3 … within the stream.
    pub version: u64,
    /// When it happened.
    pub at: Instant,
    /// Who did it.
    pub actor: Id<Account>,
    /// The name of the event; see [`Stream::kind`].
    pub kind: String,
}

impl Meta {
    /// The digest that stands for the event: metadata and body. The body carries a random salt, so a
    /// digest tells nothing to those who may not know the event.
    ///
    /// Fields are preceded by their length in bytes: no two different metadata give the same bytes.
    pub fn digest(&self, body: &str) -> Digest {
        let mut hasher = Sha256::new();
        for field in [&self.stream, &self.version.to_string(), &self.at.to_string(), self.actor.as_str(), &self.kind] {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        hasher.update(Digest::of(body.as_bytes()).0);
        Digest(hasher.finalize().into())
    }
}

/// The next link: `sha256(previous hash ‖ digest of the event)`. The first follows 32 zero bytes.
pub fn link(previous: Digest, event: Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(previous.0);
    hasher.update(event.0);
    Digest(hasher.finalize().into())
}

/// An event as it is written: who may know it, and marks that belong to the fact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Body<E> {
    /// Who may know of it.
    pub audience: Audience,
    /// 32 hexadecimal digits nobody can guess.
    pub salt: String,
    /// The fact is assumed, not documented: shown as such to every reader.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assumed: bool,
    /// What happened.
    pub event: E,
}

/// An event as a viewer gets it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recorded<E> {
    /// `body` is the text the digest was made of: whoever holds it can verify the event.
    Open {
        /// What the log says beside the body.
        meta: Meta,
        /// Its place in the order of commit over all streams.
        seq: u64,
        /// Who may know of it.
        audience: Audience,
        /// The fact is assumed, not documented.
        assumed: bool,
        /// What happened.
        event: E,
        /// The text of [`Body`] as it was written, salt included.
        body: String,
        /// The link of the chain at this event.
        hash: Digest,
    },
    /// It happened, and that is all this viewer may know.
    Sealed {
        /// Its place in the stream, from 1.
        version: u64,
        /// Its place in the order of commit over all streams.
        seq: u64,
        /// The digest that stands for it in the chain.
        digest: Digest,
        /// The link of the chain at this event.
        hash: Digest,
    },
}

impl<E> Recorded<E> {
    /// Its place in the stream, from 1.
    pub fn version(&self) -> u64 {
        match self {
            Recorded::Open { meta, .. } => meta.version,
            Recorded::Sealed { version, .. } => *version,
        }
    }

    /// The order of commit over all streams: the cursor of every reader.
    pub fn seq(&self) -> u64 {
        match self {
            Recorded::Open { seq, .. } | Recorded::Sealed { seq, .. } => *seq,
        }
    }

    /// What stands for it in the chain; see [`Meta::digest`].
    pub fn digest(&self) -> Digest {
        match self {
            Recorded::Open { meta, body, .. } => meta.digest(body),
            Recorded::Sealed { digest, .. } => *digest,
        }
    }

    /// The link of the chain at this event, which the next one continues.
    pub fn hash(&self) -> Digest {
        match self {
            Recorded::Open { hash, .. } | Recorded::Sealed { hash, .. } => *hash,
        }
    }

    /// The event as a viewer who may know up to `clearance` sees it.
    #[must_use]
    pub fn for_clearance(self, clearance: Audience) -> Recorded<E> {
        match self {
            Recorded::Open { meta, seq, audience, body, hash, .. } if audience > clearance => {
                Recorded::Sealed { version: meta.version, seq, digest: meta.digest(&body), hash }
            }
            seen => seen,
        }
    }
}

/// The first event that does not follow from the one before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The version that should stand there, from 1.
    pub version: u64,
}

/// Verifies that a stream, as seen by anyone, is an unbroken chain from version 1, and that every open
/// event is what its body says.
///
/// # Errors
/// The first version that is missing, out of order, whose hash does not follow, or whose event is not
/// that of its body.
pub fn verify<E: DeserializeOwned + PartialEq>(stream: &[Recorded<E>]) -> Result<Digest, Broken> {
    let mut previous = Digest::default();
    for (expected, recorded) in (1..).zip(stream) {
        let told = match recorded {
            Recorded::Open { event, body, .. } => serde_json::from_str::<Body<E>>(body).is_ok_and(|b| b.event == *event),
            Recorded::Sealed { .. } => true,
        };
        let follows = told && recorded.version() == expected && recorded.hash() == link(previous, recorded.digest());
        if !follows {
            return Err(Broken { version: expected });
        }
        previous = recorded.hash();
    }
    Ok(previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(words: &[&str]) -> Vec<Recorded<String>> {
        let mut previous = Digest::default();
        words
            .iter()
            .enumerate()
            .map(|(i, word)| {
                let at = Instant::from_unix_micros(i as i64);
                let meta = Meta { stream: "project:1".into(), version: i as u64 + 1, at, actor: "a".into(), kind: "k".into() };
                let audience = if i % 2 == 0 { Audience::Parties } else { Audience::Government };
                let event = (*word).to_string();
                let body = serde_json::to_string(&Body { audience, salt: "00".into(), assumed: false, event: event.clone() }).unwrap();
                previous = link(previous, meta.digest(&body));
                Recorded::Open { meta, seq: i as u64 + 1, audience, assumed: false, event, body, hash: previous }
            })
            .collect()
    }

    #[test]
    fn a_viewer_who_sees_less_still_verifies_the_whole_chain() {
        let seen: Vec<_> = chain(&["a", "b", "c"]).into_iter().map(|r| r.for_clearance(Audience::Parties)).collect();
        assert!(matches!(seen[1], Recorded::Sealed { version: 2, .. }));
        assert!(verify(&seen).is_ok());
    }

    #[test]
    fn a_missing_or_changed_event_is_named() {
        let mut gone = chain(&["a", "b", "c"]);
        gone.remove(1);
        assert_eq!(verify(&gone), Err(Broken { version: 2 }));
        let mut changed = chain(&["a", "b", "c"]);
        if let Recorded::Open { body, .. } = &mut changed[2] {
            *body = body.replace('c', "d");
        }
        assert_eq!(verify(&changed), Err(Broken { version: 3 }));
        let mut forged = chain(&["a", "b", "c"]);
        if let Recorded::Open { event, .. } = &mut forged[0] {
            *event = "z".into();
        }
        assert_eq!(verify(&forged), Err(Broken { version: 1 }), "an event that is not its body's");
    }

    #[test]
    fn moving_a_letter_between_metadata_fields_changes_the_digest() {
        let meta = |actor: &str, kind: &str| Meta {
            stream: "s".into(),
            version: 1,
            at: Instant::from_unix_micros(0),
            actor: actor.into(),
            kind: kind.into(),
        };
        assert_ne!(meta("ab", "c").digest("{}"), meta("a", "bc").digest("{}"));
    }

    #[test]
    fn digests_read_as_they_are_written() {
        let digest = Digest::of(b"quanlian");
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::parse("zz"), None);
        assert_eq!(Digest::parse(&"é".repeat(32)), None);
    }
}
