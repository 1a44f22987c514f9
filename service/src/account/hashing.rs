//! Password hashes: argon2id (RFC 9106) in the PHC string form. Each hash takes 19 MiB for a moment. The memory is kept and
//! used again: given back and asked for anew, it stays in pieces that the system never gets back, some 200 MB of them.

use crate::error::Fault;
use argon2::password_hash::{Ident, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::{Mutex, PoisonError};

/// Memory of hashes that are done, for those to come. There is as much of it as hashes were ever made at once.
static KEPT: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Costs as OWASP advises: 19 MiB, two passes, one lane; the crate's own default.
fn costs() -> Params {
    Params::default()
}

/// The hash of a password with a salt drawn for it.
///
/// # Errors
/// The password is longer than argon2 takes (4 GiB).
pub(super) fn hash(password: &str) -> Result<String, Fault> {
    let fault = |e: argon2::password_hash::Error| Fault::from(e.to_string());
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(fault)?;
    let (algorithm, version, params) = (Algorithm::default(), Version::default(), costs());
    let output = computed(password, &salt.as_salt(), algorithm, version, &params, Params::DEFAULT_OUTPUT_LEN).map_err(fault)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params).map_err(fault)?,
        salt: Some(salt.as_salt()),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Whether a hash is that of a password. What is no hash is nobody's.
pub(super) fn is_hash_of(stored: &str, password: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else { return false };
    let (Some(salt), Some(output)) = (&hash.salt, &hash.hash) else { return false };
    let known = |id: Ident<'_>| Algorithm::try_from(id).ok();
    let version = hash.version.map_or(Some(Version::default()), |version| Version::try_from(version).ok());
    let (Some(algorithm), Some(version), Ok(params)) = (known(hash.algorithm), version, Params::try_from(&hash)) else { return false };
    // Compared in the same time wherever they differ.
    computed(password, salt, algorithm, version, &params, output.len()).is_ok_and(|computed| computed == *output)
}

fn computed(
    password: &str,
    salt: &Salt<'_>,
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    length: usize,
) -> Result<Output, argon2::password_hash::Error> {
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes)?;
    let mut memory = KEPT.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    if memory.len() < params.block_count() {
        memory = vec![Block::default(); params.block_count()];
    }
    let argon = Argon2::new(algorithm, version, params.clone());
    let output = Output::init_with(length, |out| Ok(argon.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory)?));
    if memory.len() <= costs().block_count() {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }
    output
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;
    use argon2::{PasswordHasher, PasswordVerifier};

    /// The library's own way and ours are one.
    #[test]
    fn what_one_hashes_the_other_knows() {
        let ours = hash("云上办事 一链到底").unwrap();
        let parsed = PasswordHash::new(&ours).unwrap();
        assert!(Argon2::default().verify_password("云上办事 一链到底".as_bytes(), &parsed).is_ok(), "{ours}");
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        let theirs = Argon2::default().hash_password(b"correct horse", &salt).unwrap().to_string();
        // Twice: the second time with memory that was used before.
        for _ in 0..2 {
            assert!(is_hash_of(&theirs, "correct horse") && !is_hash_of(&theirs, "correct horsf"));
        }
        let small = Argon2::new(Algorithm::Argon2i, Version::V0x10, Params::new(64, 3, 2, Some(24)).unwrap());
        let other = small.hash_password(b"correct horse", &salt).unwrap().to_string();
        assert!(is_hash_of(&other, "correct horse") && !is_hash_of(&other, "wrong"), "{other}");
    }

    #[test]
    fn what_is_no_hash_is_nobodys() {
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        let whole = Argon2::default().hash_password(b"x", &salt).unwrap().to_string();
        for text in
            ["", "x", "$argon2id$", "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", &whole[..whole.len() - 30]]
        {
            assert!(!is_hash_of(text, "x") && !is_hash_of(text, ""), "{text}");
        }
    }
}
