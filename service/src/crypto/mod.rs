//! The port for cryptography. Everything the portal signs, proves or stores sealed goes through a [`Module`], so that a
//! certified device (商用密码产品: SM2, SM3, SM4) can stand behind it and nothing else changes.

mod file;
pub mod jws;
mod software;
mod trusted;

pub use file::{PUBLIC, write_anew, write_over};
pub use jws::Forged;
pub use software::{BuiltIn, Software};
pub(crate) use trusted::TRUSTED;
pub use trusted::{Trusted, TrustedKey};

use crate::error::Fault;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The public half of a key, as JOSE writes it (RFC 7517).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PublicKey {
    /// The type of the key; `OKP` of the built-in module.
    pub kty: String,
    /// The curve; `Ed25519` of the built-in module.
    pub crv: String,
    /// The signature algorithm: `EdDSA`.
    pub alg: String,
    /// What the key is for: `sig`, signing.
    #[serde(rename = "use")]
    pub usage: String,
    /// What names the key; signed files say which one signed them.
    pub kid: String,
    /// The public key itself, or its first coordinate, in base64url.
    pub x: String,
    /// The second coordinate, for curves whose points have two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

/// What needs no secret: checking signatures and making digests.
pub trait Verifier: Send + Sync {
    /// Whether this key signed this message. An algorithm that is not known never did.
    fn verifies(&self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool;

    /// The digest by an algorithm's name, such as `SHA-256`; `None`: not known.
    fn digest(&self, algorithm: &str, bytes: &[u8]) -> Option<Vec<u8>>;
}

/// What seals with one storage key, and the key's name.
pub type Named = (String, Arc<dyn Sealer>);

/// A cryptographic module. It holds the secrets; nobody else sees them.
///
/// A module of another kind than [`Software`] has to check what earlier modules signed too: it hands algorithms that it
/// does not know to [`BuiltIn`].
pub trait Module: Verifier {
    /// The public half of the key it signs with now.
    ///
    /// # Errors
    /// The key cannot be read.
    fn public_key(&self) -> Result<PublicKey, Fault>;

    /// Signs with the key in use and says which that is.
    ///
    /// # Errors
    /// The key cannot be read, or the device does not answer.
    fn sign(&self, message: &[u8], key: &PublicKey) -> Result<Vec<u8>, Fault>;

    /// Makes another key. `known` makes its public half known, before anything is signed with it.
    ///
    /// # Errors
    /// The key cannot be made or kept.
    fn rotate(&self, known: &mut dyn FnMut(&PublicKey) -> Result<(), Fault>) -> Result<PublicKey, Fault>;

    /// The name of the digest that seals of the log are made with.
    fn digest_algorithm(&self) -> &'static str;

    /// What seals and opens a series of things: the chunks of a document, the rows of a table. The keys are looked at once
    /// for all of them, as a device is logged in to once; it is let go of when the series is done.
    ///
    /// # Errors
    /// The keys cannot be read, or the device does not answer.
    fn sealer(&self) -> Result<Arc<dyn Sealer>, Fault>;

    /// Each storage key that is here, with its name, which says nothing of the key, and what seals with it. Whether data was
    /// sealed with a key that is not here is told by them.
    ///
    /// # Errors
    /// The keys cannot be read, or the device does not answer.
    fn storage_keys(&self) -> Result<Vec<Named>, Fault>;

    /// Seals one thing; see [`Sealer::seal`].
    ///
    /// # Errors
    /// The keys cannot be read, or the device does not answer.
    fn seal(&self, plain: &[u8], place: &str) -> Result<Vec<u8>, Fault> {
        self.sealer()?.seal(plain, place)
    }

    /// Opens one thing; see [`Sealer::open`].
    ///
    /// # Errors
    /// As there, or the keys cannot be read.
    fn open(&self, sealed: &[u8], place: &str) -> Result<Vec<u8>, Fault> {
        self.sealer()?.open(sealed, place)
    }
}

/// Seals with the storage key that was in use when it was made, and opens with all keys that were there then.
pub trait Sealer: Send + Sync {
    /// Encrypts for storage, so that a change shows. `place`: what it is and whose. Sealed bytes cannot be opened as
    /// those of another place.
    ///
    /// # Errors
    /// The device does not answer.
    fn seal(&self, plain: &[u8], place: &str) -> Result<Vec<u8>, Fault>;

    /// Opens what was sealed, also with an earlier key.
    ///
    /// # Errors
    /// [`Unopened`] where it is not what was sealed in this place or its key is not here; another fault where the device
    /// does not answer.
    fn open(&self, sealed: &[u8], place: &str) -> Result<Vec<u8>, Fault>;

    /// By how many bytes what is sealed is longer than what was given. The same for all that it seals.
    fn longer_by(&self) -> usize;
}

/// Why something sealed is not opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unopened {
    /// It has not the form of something sealed.
    NotSealed,
    /// The key that it was sealed with is not here.
    NoKey,
    /// It was changed, or belongs in another place.
    Changed,
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unopened::NotSealed => "this was not sealed here",
            Unopened::NoKey => "the key that this was sealed with is not here",
            Unopened::Changed => "what was sealed has been changed or moved",
        })
    }
}

impl std::error::Error for Unopened {}
