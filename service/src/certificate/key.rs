//! The keys certificates are signed with: Ed25519 (RFC 8032), files as JWS (RFC 7515, 8037), so that anybody's library
//! can check them without asking us.

use crate::Service;
use crate::error::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::certificate::Certificate;
use domain::log::Digest;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

const FILE: &str = "signing.key";

/// The key in use. Made on first use; another one takes its place by [`Keys::rotate`].
#[derive(Clone)]
pub struct Keys {
    file: PathBuf,
    key: Arc<RwLock<SigningKey>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.file.display())
    }
}

impl Keys {
    /// Reads the key of a folder, or makes one there that only this user can read.
    ///
    /// # Errors
    /// The folder cannot be written, or the file is no key.
    pub fn open(folder: &Path) -> Result<Keys, Fault> {
        let file = folder.join(FILE);
        let key = match std::fs::read_to_string(&file) {
            Ok(text) => parse(&text).ok_or_else(|| format!("{} is no signing key", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir_all(folder).map_err(|e| format!("cannot make the folder {}: {e}", folder.display()))?;
                let key = SigningKey::from_bytes(&rand::random());
                match write(&file, &key, false) {
                    // Another server was first: its key is the one.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                        let text = std::fs::read_to_string(&file)?;
                        parse(&text).ok_or_else(|| format!("{} is no signing key", file.display()))?
                    }
                    written => {
                        written.map_err(|e| format!("cannot write {}: {e}", file.display()))?;
                        key
                    }
                }
            }
            Err(error) => return Err(format!("cannot read {}: {error}", file.display()).into()),
        };
        Ok(Keys { file, key: Arc::new(RwLock::new(key)) })
    }

    fn key(&self) -> SigningKey {
        self.key.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The id of the key in use.
    pub fn id(&self) -> String {
        id(&self.key().verifying_key())
    }

    /// Signs a certificate: a flattened JWS as JSON.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn sign(&self, certificate: &Certificate) -> Result<String, Fault> {
        let key = self.key();
        let header = serde_json::json!({ "alg": "EdDSA", "kid": id(&key.verifying_key()), "typ": "quanlian-certificate+json" });
        let protected = BASE64.encode(serde_json::to_vec(&header)?);
        let payload = BASE64.encode(serde_json::to_vec(certificate)?);
        let signature = BASE64.encode(key.sign(format!("{protected}.{payload}").as_bytes()).to_bytes());
        Ok(serde_json::to_string_pretty(&Jws { payload, protected, signature })?)
    }

    /// Makes a new key and signs with it from now on. What the old one signed stays valid.
    ///
    /// # Errors
    /// The file cannot be written, or the database failed.
    pub async fn rotate(&self, service: &Service) -> Result<String, Fault> {
        let (old, new) = (self.id(), SigningKey::from_bytes(&rand::random()));
        let beside = self.file.with_extension("new");
        write(&beside, &new, true)?;
        register(service, &new.verifying_key()).await?;
        std::fs::rename(&beside, &self.file)?;
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = new;
        sqlx::query("update signing_key set retired_at = $1 where id = $2")
            .bind(service.clock.now().to_string())
            .bind(old)
            .execute(service.db.pool())
            .await?;
        Ok(self.id())
    }

    /// Makes the public half known.
    pub(crate) async fn register(&self, service: &Service) -> Result<(), Fault> {
        register(service, &self.key().verifying_key()).await
    }
}

fn parse(text: &str) -> Option<SigningKey> {
    let bytes: [u8; 32] = BASE64.decode(text.trim()).ok()?.try_into().ok()?;
    Some(SigningKey::from_bytes(&bytes))
}

fn write(file: &Path, key: &SigningKey, over: bool) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(over).truncate(over).create_new(!over);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    writeln!(file, "{}", BASE64.encode(key.to_bytes()))?;
    file.sync_all()
}

/// A key's id: the first 16 digits of its public half's SHA-256.
fn id(key: &VerifyingKey) -> String {
    Digest::of(key.as_bytes()).to_string()[..16].to_string()
}

async fn register(service: &Service, key: &VerifyingKey) -> Result<(), Fault> {
    sqlx::query("insert into signing_key (id, public, created_at) values ($1, $2, $3) on conflict (id) do nothing")
        .bind(id(key))
        .bind(BASE64.encode(key.as_bytes()))
        .bind(service.clock.now().to_string())
        .execute(service.db.pool())
        .await?;
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct Jws {
    payload: String,
    protected: String,
    signature: String,
}

/// Public keys by their ids.
pub type Public = BTreeMap<String, VerifyingKey>;

/// All keys that were ever used.
///
/// # Errors
/// The database failed.
pub async fn public(service: &Service) -> Result<Public, Fault> {
    let rows = sqlx::query("select id, public from signing_key order by id").fetch_all(service.db.pool()).await?;
    let mut keys = Public::new();
    for row in rows {
        let key: [u8; 32] =
            BASE64.decode(row.try_get::<String, _>("public")?)?.try_into().map_err(|_| "a public key is not 32 bytes long")?;
        keys.insert(row.try_get("id")?, VerifyingKey::from_bytes(&key)?);
    }
    Ok(keys)
}

/// The public keys as a JSON Web Key Set (RFC 7517).
pub fn as_jwks(keys: &Public) -> serde_json::Value {
    let key = |(id, key): (&String, &VerifyingKey)| serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": id, "x": BASE64.encode(key.as_bytes()) });
    serde_json::json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() })
}

/// Keys of a JSON Web Key Set.
pub fn from_jwks(text: &str) -> Option<Public> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let key = |key: &serde_json::Value| {
        let bytes: [u8; 32] = BASE64.decode(key.get("x")?.as_str()?).ok()?.try_into().ok()?;
        Some((key.get("kid")?.as_str()?.to_string(), VerifyingKey::from_bytes(&bytes).ok()?))
    };
    value.get("keys")?.as_array()?.iter().map(key).collect()
}

/// Why a signed file is not what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forged {
    /// No such file as we sign.
    NotOurs,
    UnknownKey,
    /// The contents are not what was signed.
    Changed,
}

/// The certificate in a signed file, if one of these keys signed it as it is.
///
/// # Errors
/// Why it is not believed.
pub fn check(text: &str, keys: &Public) -> Result<Certificate, Forged> {
    let jws: Jws = serde_json::from_str(text).map_err(|_| Forged::NotOurs)?;
    let header = BASE64.decode(&jws.protected).map_err(|_| Forged::NotOurs)?;
    let header: serde_json::Value = serde_json::from_slice(&header).map_err(|_| Forged::NotOurs)?;
    if header.get("alg").and_then(|a| a.as_str()) != Some("EdDSA") {
        return Err(Forged::NotOurs);
    }
    let key = header.get("kid").and_then(|k| k.as_str()).and_then(|k| keys.get(k)).ok_or(Forged::UnknownKey)?;
    let signature: [u8; 64] = BASE64.decode(&jws.signature).ok().and_then(|s| s.try_into().ok()).ok_or(Forged::Changed)?;
    let signed = format!("{}.{}", jws.protected, jws.payload);
    key.verify_strict(signed.as_bytes(), &Signature::from_bytes(&signature)).map_err(|_| Forged::Changed)?;
    let payload = BASE64.decode(&jws.payload).map_err(|_| Forged::NotOurs)?;
    serde_json::from_slice(&payload).map_err(|_| Forged::NotOurs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;
    use domain::Text;

    fn certificate() -> Certificate {
        Certificate {
            number: "地字第32050520220000１号".into(),
            title: Text::new("建设用地规划许可证", "Land-use Planning Permit"),
            matter: "land-use-planning-permit".into(),
            project: "p".into(),
            project_name: "狮山".into(),
            holder: "新芯".into(),
            issuer: Text::new("自规局", "Planning"),
            issued_on: "2022-09-13".parse().unwrap(),
            statement: Text::new("准予", "granted"),
            items: Vec::new(),
            conditions: Vec::new(),
            replaces: None,
        }
    }

    #[test]
    fn a_changed_file_a_strange_key_and_rubbish_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        assert_eq!(Keys::open(folder.path()).unwrap().id(), keys.id(), "the same key the next time");
        let public: Public = [(keys.id(), keys.key().verifying_key())].into();
        let text = keys.sign(&certificate()).unwrap();
        assert_eq!(check(&text, &public).unwrap(), certificate());
        assert_eq!(check(&text, &Public::new()).unwrap_err(), Forged::UnknownKey);
        let mut jws: Jws = serde_json::from_str(&text).unwrap();
        let other = Certificate { holder: "他人".into(), ..certificate() };
        jws.payload = BASE64.encode(serde_json::to_vec(&other).unwrap());
        assert_eq!(check(&serde_json::to_string(&jws).unwrap(), &public).unwrap_err(), Forged::Changed);
        // `none` and other algorithms are not even looked at.
        jws.protected = BASE64.encode(br#"{"alg":"none"}"#);
        assert_eq!(check(&serde_json::to_string(&jws).unwrap(), &public).unwrap_err(), Forged::NotOurs);
        assert_eq!(check("{", &public).unwrap_err(), Forged::NotOurs);
        assert_eq!(from_jwks(&as_jwks(&public).to_string()).unwrap(), public);
        std::fs::write(folder.path().join(FILE), "x").unwrap();
        assert!(Keys::open(folder.path()).is_err());
    }

    /// Whatever it is given: one changed byte of a signed file is noticed, and rubbish is refused.
    #[test]
    fn no_change_of_a_signed_file_goes_unnoticed() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let public: Public = [(keys.id(), keys.key().verifying_key())].into();
        let text = keys.sign(&certificate()).unwrap();
        for at in 0..text.len() {
            for by in [1, 32] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= by;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                if let Ok(read) = check(&changed, &public) {
                    // White space between the parts, or a name's case in JSON, says nothing.
                    assert_eq!(read, certificate(), "at {at}");
                }
                let _ = from_jwks(&changed);
            }
        }
        for end in 0..text.len() {
            assert!(check(&text[..end], &public).is_err());
        }
    }
}
