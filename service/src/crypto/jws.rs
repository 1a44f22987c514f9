//! Signed files: flattened JSON Web Signatures (RFC 7515), so that anybody's library can check them without asking us.

use super::{Module, Trusted, TrustedKey};
use crate::error::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::{Text, text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Jws {
    payload: String,
    protected: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    /// What kind of file it is: one of another kind is not taken for it.
    typ: String,
}

/// Why a signed file is not what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forged {
    /// No such file as we sign.
    NotOurs,
    /// It is signed with a key that is not among those that are believed.
    UnknownKey,
    /// The contents are not what was signed.
    Changed,
    /// It is dated after its key was retired.
    Retired,
}

impl Forged {
    /// The same for a reader.
    pub fn sentence(self) -> Text {
        match self {
            Forged::NotOurs => text!("这不是本平台的签名文件", "this is no file that the portal signs"),
            Forged::UnknownKey => text!("签名用的密钥不认识", "it is signed with a key that is not known"),
            Forged::Changed => text!("内容与签名不符：被改动过", "its contents are not what was signed: it was changed"),
            Forged::Retired => text!("所载日期在签名密钥停用之后，不可信", "it is dated after its key was retired, and not to be believed"),
        }
    }
}

/// Signs a value as a file of this kind.
///
/// # Errors
/// The key cannot be used.
pub fn sign(module: &dyn Module, kind: &str, value: &impl Serialize) -> Result<String, Fault> {
    let key = module.public_key()?;
    let header = Header { alg: key.alg.clone(), kid: key.kid.clone(), typ: kind.to_string() };
    let protected = BASE64.encode(serde_json::to_vec(&header)?);
    let payload = BASE64.encode(serde_json::to_vec(value)?);
    let signature = BASE64.encode(module.sign(format!("{protected}.{payload}").as_bytes(), &key)?);
    Ok(serde_json::to_string_pretty(&Jws { payload, protected, signature })?)
}

/// The value in a signed file of this kind, and the key that signed it as it is.
///
/// # Errors
/// Why it is not believed.
pub fn read<'k, T: DeserializeOwned>(text: &str, kind: &str, keys: &'k Trusted) -> Result<(T, &'k TrustedKey), Forged> {
    let jws: Jws = serde_json::from_str(text).map_err(|_| Forged::NotOurs)?;
    let header = BASE64.decode(&jws.protected).map_err(|_| Forged::NotOurs)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| Forged::NotOurs)?;
    if header.typ != kind {
        return Err(Forged::NotOurs);
    }
    let key = keys.get(&header.kid).ok_or(Forged::UnknownKey)?;
    // The key says by which algorithm it signs, not the file.
    if header.alg != key.key.alg {
        return Err(Forged::NotOurs);
    }
    let signature = BASE64.decode(&jws.signature).map_err(|_| Forged::Changed)?;
    if !keys.verifies(key, format!("{}.{}", jws.protected, jws.payload).as_bytes(), &signature) {
        return Err(Forged::Changed);
    }
    let payload = BASE64.decode(&jws.payload).map_err(|_| Forged::NotOurs)?;
    Ok((serde_json::from_slice(&payload).map_err(|_| Forged::NotOurs)?, key))
}
