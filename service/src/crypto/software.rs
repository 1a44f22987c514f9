//! The built-in module: Ed25519 (RFC 8032) signs, SHA-256 digests, AES-256-GCM seals. Its secrets are files that only the
//! portal's user can read. They are read at each use, so that what another server or the command line changed holds at once.

use super::file::{SECRET, write_anew, write_over};
use super::trusted::TRUSTED;
use super::{Module, Named, PublicKey, Sealer, Unopened, Verifier};
use crate::error::Fault;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::log::Digest;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const SIGNING: &str = "signing.key";
const STORAGE: &str = "storage.key";

/// The first byte of what is sealed: the form of the rest. Key id (8 bytes), nonce (12), then ciphertext with its tag.
const FORM: u8 = 1;
const ID: usize = 8;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Secrets in a folder.
#[derive(Clone, Debug)]
pub struct Software {
    folder: PathBuf,
    /// The storage keys that this program has found there: none of them ever goes.
    found: Arc<Mutex<BTreeSet<[u8; ID]>>>,
}

impl Software {
    /// The keys of a folder; what is not there is made.
    ///
    /// # Errors
    /// The folder cannot be written, a file is no key, or the storage keys are gone from a folder that had them.
    pub fn open(folder: &Path) -> Result<Software, Fault> {
        let in_use = folder.join(TRUSTED).exists();
        for name in [SIGNING, STORAGE] {
            let file = folder.join(name);
            if !file.exists() {
                if in_use && name == STORAGE {
                    return Err(lost(&file));
                }
                // Where another server is first, its key is the one.
                write_anew(&file, &line(&rand::random()), SECRET).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
            }
        }
        let software = Software { folder: folder.to_path_buf(), found: Arc::default() };
        software.signing()?;
        software.storage()?;
        Ok(software)
    }

    fn signing(&self) -> Result<SigningKey, Fault> {
        let keys = self.read(SIGNING)?;
        match keys.as_slice() {
            [key] => Ok(SigningKey::from_bytes(key)),
            _ => Err(format!("{} is no signing key", self.folder.join(SIGNING).display()).into()),
        }
    }

    /// The keys of storage, the one in use first. Others in their place would seal what cannot be opened once they are back.
    fn storage(&self) -> Result<Vec<[u8; 32]>, Fault> {
        let keys = self.read(STORAGE)?;
        let ids: BTreeSet<_> = keys.iter().map(storage_id).collect();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if !found.is_subset(&ids) {
            return Err(lost(&self.folder.join(STORAGE)));
        }
        *found = ids;
        Ok(keys)
    }

    fn read(&self, name: &str) -> Result<Vec<[u8; 32]>, Fault> {
        let file = self.folder.join(name);
        let text = std::fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        let key = |line: &str| BASE64.decode(line.trim()).ok()?.try_into().ok();
        let keys: Option<Vec<_>> = text.lines().filter(|line| !line.trim().is_empty()).map(key).collect();
        keys.filter(|keys| !keys.is_empty()).ok_or_else(|| format!("{} is no key", file.display()).into())
    }
}

fn lost(file: &Path) -> Fault {
    let file = file.display();
    format!(
        "{file}: storage keys that were there are gone, and without them nothing that is stored can be opened: put it back from its backup"
    )
    .into()
}

fn line(key: &[u8; 32]) -> String {
    format!("{}\n", BASE64.encode(key))
}

/// A key's id: the first 16 digits of its public half's SHA-256.
fn id(key: &VerifyingKey) -> String {
    Digest::of(key.as_bytes()).to_string()[..2 * ID].to_string()
}

/// The public half of an Ed25519 key as JOSE writes it (RFC 8037).
fn as_public(key: &VerifyingKey) -> PublicKey {
    let [kty, crv, alg, usage] = ["OKP", "Ed25519", "EdDSA", "sig"].map(str::to_string);
    PublicKey { kty, crv, alg, usage, kid: id(key), x: BASE64.encode(key.as_bytes()), y: None }
}

impl PublicKey {
    /// An Ed25519 key of 32 bytes in base64url.
    pub(crate) fn ed25519(x: &str) -> Option<PublicKey> {
        let bytes: [u8; 32] = BASE64.decode(x).ok()?.try_into().ok()?;
        Some(as_public(&VerifyingKey::from_bytes(&bytes).ok()?))
    }
}

/// A storage key's id is taken from a digest that says nothing of the key.
fn storage_id(key: &[u8; 32]) -> [u8; ID] {
    let digest = Digest::of(&[b"quanlian storage key".as_slice(), key].concat());
    let mut id = [0; ID];
    id.copy_from_slice(&digest.0[..ID]);
    id
}

/// What the program itself can check, without a secret.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn;

impl Verifier for BuiltIn {
    fn verifies(&self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        let Some(own) = (key.alg == "EdDSA" && key.crv == "Ed25519").then(|| BASE64.decode(&key.x).ok()).flatten() else { return false };
        let Ok(Ok(own)) = <[u8; 32]>::try_from(own).map(|bytes| VerifyingKey::from_bytes(&bytes)) else { return false };
        Signature::from_slice(signature).is_ok_and(|signature| own.verify_strict(message, &signature).is_ok())
    }

    fn digest(&self, algorithm: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        (algorithm == "SHA-256").then(|| Digest::of(bytes).0.to_vec())
    }
}

impl Verifier for Software {
    fn verifies(&self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        BuiltIn.verifies(key, message, signature)
    }

    fn digest(&self, algorithm: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        BuiltIn.digest(algorithm, bytes)
    }
}

impl Module for Software {
    fn public_key(&self) -> Result<PublicKey, Fault> {
        Ok(as_public(&self.signing()?.verifying_key()))
    }

    fn sign(&self, message: &[u8], key: &PublicKey) -> Result<Vec<u8>, Fault> {
        let own = self.signing()?;
        if as_public(&own.verifying_key()) != *key {
            return Err("another key is in use since".into());
        }
        Ok(own.sign(message).to_bytes().to_vec())
    }

    fn rotate(&self, known: &mut dyn FnMut(&PublicKey) -> Result<(), Fault>) -> Result<PublicKey, Fault> {
        let new: [u8; 32] = rand::random();
        let public = as_public(&SigningKey::from_bytes(&new).verifying_key());
        known(&public)?;
        write_over(&self.folder.join(SIGNING), &line(&new), SECRET)?;
        // What was sealed with the earlier keys can still be opened.
        let earlier: String = self.storage()?.iter().map(line).collect();
        write_over(&self.folder.join(STORAGE), &format!("{}{earlier}", line(&rand::random())), SECRET)?;
        Ok(public)
    }

    fn digest_algorithm(&self) -> &'static str {
        "SHA-256"
    }

    fn sealer(&self) -> Result<Arc<dyn Sealer>, Fault> {
        Ok(Arc::new(Ciphers::of(&self.storage()?)))
    }

    fn storage_keys(&self) -> Result<Vec<Named>, Fault> {
        let named = |key: &[u8; 32]| {
            let name = storage_id(key).iter().map(|byte| format!("{byte:02x}")).collect();
            let sealer: Arc<dyn Sealer> = Arc::new(Ciphers::of(std::slice::from_ref(key)));
            (name, sealer)
        };
        Ok(self.storage()?.iter().map(named).collect())
    }
}

/// The keys of storage, ready to be used; the one in use first.
struct Ciphers(Vec<([u8; ID], Aes256Gcm)>);

impl Ciphers {
    fn of(keys: &[[u8; 32]]) -> Ciphers {
        Ciphers(keys.iter().map(|key| (storage_id(key), Aes256Gcm::new(key.into()))).collect())
    }
}

impl Sealer for Ciphers {
    fn seal(&self, plain: &[u8], place: &str) -> Result<Vec<u8>, Fault> {
        let (id, cipher) = self.0.first().ok_or("there is no storage key")?;
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = cipher.encrypt((&nonce).into(), payload).map_err(|_| "this cannot be sealed")?;
        Ok([&[FORM], id.as_slice(), &nonce, &sealed].concat())
    }

    fn open(&self, sealed: &[u8], place: &str) -> Result<Vec<u8>, Fault> {
        let (Some((head, sealed)), Some(&FORM)) = (sealed.split_at_checked(1 + ID + NONCE), sealed.first()) else {
            return Err(Unopened::NotSealed.into());
        };
        let (id, nonce) = head[1..].split_at(ID);
        let (_, cipher) = self.0.iter().find(|(key, _)| key == id).ok_or(Unopened::NoKey)?;
        let nonce: [u8; NONCE] = nonce.try_into()?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        Ok(cipher.decrypt((&nonce).into(), payload).map_err(|_| Unopened::Changed)?)
    }

    fn longer_by(&self) -> usize {
        1 + ID + NONCE + TAG
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_whole_in_its_place_and_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let module = Software::open(folder.path()).unwrap();
        let sealer = module.sealer().unwrap();
        let sealed = sealer.seal("320505199001011234".as_bytes(), "account/1").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"320505"));
        assert_ne!(sealed, sealer.seal("320505199001011234".as_bytes(), "account/1").unwrap(), "never the same twice");
        assert_eq!(sealed.len(), 18 + sealer.longer_by());
        assert_eq!(sealer.seal(b"", "account/1").unwrap().len(), sealer.longer_by());
        assert_eq!(sealer.open(&sealed, "account/1").unwrap(), b"320505199001011234");
        let why = |fault: Fault| *fault.downcast::<Unopened>().unwrap();
        assert_eq!(why(sealer.open(&sealed, "account/2").unwrap_err()), Unopened::Changed, "moved to another person");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(&changed, "account/1").is_err(), "at {at}");
            assert!(sealer.open(&sealed[..at], "account/1").is_err(), "cut at {at}");
        }
        // Another key seals from now on; what the one before sealed still opens.
        module.rotate(&mut |_| Ok(())).unwrap();
        let new = module.sealer().unwrap();
        assert_eq!(new.open(&sealed, "account/1").unwrap(), b"320505199001011234");
        // A series that had begun goes on with the key it had.
        let later = sealer.seal(b"later", "account/1").unwrap();
        assert_eq!(later[1..9], sealed[1..9]);
        assert_ne!(new.seal(b"later", "account/1").unwrap()[1..9], sealed[1..9]);
        // Taken away, it is not made anew, neither by who uses it nor by who opens the folder of a portal; put back, all goes on.
        let [file, away] = [STORAGE, "away"].map(|name| folder.path().join(name));
        std::fs::rename(&file, &away).unwrap();
        assert!(module.seal(b"x", "account/1").is_err());
        std::fs::write(folder.path().join(TRUSTED), "{}").unwrap();
        assert!(Software::open(folder.path()).unwrap_err().to_string().contains("put it back"));
        write_anew(&file, &line(&rand::random()), SECRET).unwrap();
        assert!(module.seal(b"x", "account/1").unwrap_err().to_string().contains("put it back"), "another in its place");
        std::fs::rename(&away, &file).unwrap();
        assert_eq!(module.open(&sealed, "account/1").unwrap(), b"320505199001011234");
        let elsewhere = tempfile::tempdir().unwrap();
        let thief = Software::open(elsewhere.path()).unwrap().sealer().unwrap();
        assert_eq!(why(thief.open(&sealed, "account/1").unwrap_err()), Unopened::NoKey, "a thief without the keys");
    }

    #[test]
    fn only_the_key_in_use_signs_and_only_what_it_signed_verifies() {
        let folder = tempfile::tempdir().unwrap();
        let module = Software::open(folder.path()).unwrap();
        let key = module.public_key().unwrap();
        let signature = module.sign(b"yes", &key).unwrap();
        assert!(module.verifies(&key, b"yes", &signature) && !module.verifies(&key, b"no", &signature));
        let foreign = PublicKey { alg: "SM2".into(), ..key.clone() };
        assert!(!module.verifies(&foreign, b"yes", &signature), "an algorithm that is not known");
        // Another program sees the new key at once, without being told.
        let other = Software::open(folder.path()).unwrap();
        let new = other.rotate(&mut |_| Ok(())).unwrap();
        assert_eq!(module.public_key().unwrap(), new);
        assert!(module.sign(b"yes", &key).is_err(), "nothing is signed under an old key's name");
        // A key that cannot be made known is not used.
        assert!(other.rotate(&mut |_| Err("the disk is full".into())).is_err());
        assert_eq!(module.public_key().unwrap(), new);
    }
}
