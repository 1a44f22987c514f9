//! The keys whose signatures are believed: a file beside the portal, a JSON Web Key Set (RFC 7517). Who can write the
//! database alone makes nothing genuine.

use super::{BuiltIn, PublicKey, Verifier};
use domain::date::{Date, Instant};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The file's name.
pub(crate) const TRUSTED: &str = "trusted.json";

/// A key with its time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TrustedKey {
    /// The key itself.
    #[serde(flatten)]
    pub key: PublicKey,
    /// When it was made, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// When it was retired. What is dated later is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
}

impl TrustedKey {
    /// Whether the key may sign what is dated this day.
    pub fn serves_on(&self, day: Date) -> bool {
        self.retired().is_none_or(|end| day <= end.date())
    }

    /// When it was made, where the file says so.
    pub fn created(&self) -> Option<Instant> {
        self.iat.map(instant)
    }

    /// When it was retired; none: it is in use.
    pub fn retired(&self) -> Option<Instant> {
        self.exp.map(instant)
    }
}

fn instant(seconds: i64) -> Instant {
    Instant::from_unix_micros(seconds.saturating_mul(1_000_000))
}

#[derive(Serialize, Deserialize)]
struct Set {
    keys: Vec<TrustedKey>,
}

/// The keys that are believed, with what checks their signatures.
#[derive(Clone)]
pub struct Trusted {
    keys: Vec<TrustedKey>,
    verifier: Arc<dyn Verifier>,
}

impl Trusted {
    /// These keys, with what checks their signatures.
    pub fn new(keys: Vec<TrustedKey>, verifier: Arc<dyn Verifier>) -> Trusted {
        Trusted { keys, verifier }
    }

    /// Keys of a JSON Web Key Set, such as another portal publishes.
    pub fn parse(text: &str) -> Option<Trusted> {
        Trusted::parse_for(text, Arc::new(BuiltIn))
    }

    /// The same, checked by a module.
    pub fn parse_for(text: &str, verifier: Arc<dyn Verifier>) -> Option<Trusted> {
        Some(Trusted::new(serde_json::from_str::<Set>(text).ok()?.keys, verifier))
    }

    /// As a JSON Web Key Set.
    ///
    /// # Errors
    /// None that is known: keys are text and numbers.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&Set { keys: self.keys.clone() })
    }

    /// All of them, in the order of the file.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    pub(crate) fn keys_mut(&mut self) -> &mut Vec<TrustedKey> {
        &mut self.keys
    }

    /// The key of this id.
    pub fn get(&self, id: &str) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.key.kid == id)
    }

    pub(super) fn verifies(&self, key: &TrustedKey, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.verifies(&key.key, message, signature)
    }

    pub(crate) fn verifier(&self) -> &dyn Verifier {
        self.verifier.as_ref()
    }
}
