//! The portal's keys: the module that signs, and the file `trusted.json` that says whose signatures are believed.

use crate::Service;
use crate::crypto::{Forged, Module, PUBLIC, PublicKey, Sealer, Software, TRUSTED, Trusted, TrustedKey, jws, write_anew, write_over};
use crate::error::Fault;
use domain::date::Instant;
use domain::project::certificate::Certificate;
use sqlx::Row;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The kind of file a signed certificate is.
const KIND: &str = "quanlian-certificate+json";

/// The keys of a folder. Several servers share it; each sees at once what another changed.
#[derive(Clone)]
pub struct Keys {
    folder: PathBuf,
    module: Arc<dyn Module>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.folder.display())
    }
}

impl Keys {
    /// The keys of a folder with the built-in module; what is not there is made, for this user alone.
    ///
    /// # Errors
    /// The folder cannot be written, or a file is no key.
    pub fn open(folder: &Path) -> Result<Keys, Fault> {
        Ok(Keys::with(folder, Arc::new(Software::open(folder)?)))
    }

    /// The same with another module, such as a certified device.
    pub fn with(folder: &Path, module: Arc<dyn Module>) -> Keys {
        Keys { folder: folder.to_path_buf(), module }
    }

    /// The module that signs and seals.
    pub fn module(&self) -> &dyn Module {
        self.module.as_ref()
    }

    /// What seals and opens what is stored, for a series of things.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub fn sealer(&self) -> Result<Arc<dyn Sealer>, Fault> {
        self.module.sealer()
    }

    /// Where the daily heads are kept.
    pub(crate) fn heads(&self) -> PathBuf {
        self.folder.join("heads")
    }

    /// The id of the key in use.
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn id(&self) -> Result<String, Fault> {
        Ok(self.module.public_key()?.kid)
    }

    /// The keys that are believed, as the file has them at this moment.
    ///
    /// # Errors
    /// The file cannot be read, or is no key set.
    pub fn trusted(&self) -> Result<Trusted, Fault> {
        let file = self.folder.join(TRUSTED);
        let text = std::fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        Trusted::parse_for(&text, self.module.clone()).ok_or_else(|| format!("{} is no JSON Web Key Set", file.display()).into())
    }

    /// Signs a value as a file of this kind. Nothing is signed that would not be believed.
    ///
    /// # Errors
    /// The key in use cannot be read, or is not one that is believed.
    pub(crate) fn sign_as(&self, kind: &str, value: &impl serde::Serialize) -> Result<String, Fault> {
        let id = self.id()?;
        match self.trusted()?.get(&id) {
            None => Err(format!(
                "the key in use, {id}, is not in {TRUSTED}: `quanlian key trust` adds it, `quanlian key rotate` makes another in its place"
            )),
            Some(key) if key.exp.is_some() => Err(format!("the key in use, {id}, is retired in {TRUSTED}: run `quanlian key rotate`")),
            Some(_) => Ok(()),
        }?;
        jws::sign(self.module(), kind, value)
    }

    /// Signs a certificate; also says which key it was.
    ///
    /// # Errors
    /// The key in use cannot be read, or is not one that is believed.
    pub fn sign(&self, certificate: &Certificate) -> Result<(String, String), Fault> {
        let signed = self.sign_as(KIND, certificate)?;
        let trusted = self.trusted()?;
        let (_, key) = jws::read::<Certificate>(&signed, KIND, &trusted).map_err(|why| why.sentence().en)?;
        let id = key.key.kid.clone();
        Ok((signed, id))
    }

    /// Makes a new key and signs with it from now on, on all servers. What the old one signed until now stays valid.
    ///
    /// # Errors
    /// The folder cannot be written, or the database failed: the next start leaves the witness then.
    pub async fn rotate(&self, service: &Service) -> Result<String, Fault> {
        let id = self.exchange(seconds(service.clock.now()))?;
        crate::witness::leave(service).await?;
        Ok(id)
    }

    fn exchange(&self, now: i64) -> Result<String, Fault> {
        let _turn = self.turn()?;
        let new = self.module.rotate(&mut |key| self.believe(key, now))?;
        // Last, so that a rotation cut short leaves a key that may still sign.
        self.change(|keys| {
            for key in keys.iter_mut().filter(|key| key.key.kid != new.kid && key.exp.is_none()) {
                key.exp = Some(now);
            }
        })?;
        Ok(new.kid)
    }

    /// Names the key in use among those that are believed. Once the file is there, nothing but this and [`Keys::rotate`]
    /// adds to it.
    ///
    /// # Errors
    /// It is retired there; the folder cannot be written.
    pub fn trust(&self, service: &Service) -> Result<String, Fault> {
        let own = self.module.public_key()?;
        let _turn = self.turn()?;
        match self.trusted()?.get(&own.kid) {
            None => self.believe(&own, seconds(service.clock.now()))?,
            Some(key) if key.exp.is_some() => {
                return Err(format!("the key in use, {}, is retired in {TRUSTED}: run `quanlian key rotate`", own.kid).into());
            }
            Some(_) => {}
        }
        Ok(own.kid)
    }

    /// The file of the keys that are believed, made where there is none yet: of the key in use, and, in a portal from before
    /// that file, of what its table names, once. Where there is one it is the word: a key that was taken out of it stays out.
    pub(crate) async fn begin(&self, service: &Service) -> Result<(), Fault> {
        let own = self.module.public_key()?;
        let file = self.folder.join(TRUSTED);
        let there = file.exists();
        if !there && sqlx::query("select 1 from daily_head limit 1").fetch_optional(service.db.pool()).await?.is_some() {
            // Heads are signed since there is that file: whoever took it away does not have it made anew by the database's word.
            let file = file.display();
            return Err(format!(
                "{file} is gone, and it says which keys are believed: put it back from its backup. Where there is none, write \
                 {{\"keys\":[]}} into it, run `quanlian key trust`, and add the earlier keys by hand"
            )
            .into());
        }
        let mut keys = if there { Vec::new() } else { before(service).await? };
        // Nobody waits for anything else from here on.
        let _turn = self.turn()?;
        if !file.exists() {
            if keys.iter().any(|key| key.key.kid != own.kid) {
                let ids: Vec<&str> = keys.iter().map(|key| key.key.kid.as_str()).collect();
                tracing::warn!(
                    keys = ids.join(" "),
                    "{TRUSTED} was made from the key in use and the database's table: look through it with `quanlian key list`, \
                     and take out of the file what was never yours"
                );
            }
            if keys.iter().all(|key| key.key.kid != own.kid) {
                keys.push(TrustedKey { key: own.clone(), iat: Some(seconds(service.clock.now())), exp: None });
            }
            let text = Trusted::new(keys, self.module.clone()).to_json()?;
            write_anew(&file, &text, PUBLIC)?;
        }
        if self.trusted()?.get(&own.kid).is_none() {
            tracing::warn!(
                key = own.kid,
                "the key in use is not in {TRUSTED}, and nothing is signed: `quanlian key trust` adds it, `quanlian key rotate` makes \
                 another in its place"
            );
        }
        Ok(())
    }

    fn believe(&self, key: &PublicKey, now: i64) -> Result<(), Fault> {
        self.change(|keys| keys.push(TrustedKey { key: key.clone(), iat: Some(now), exp: None }))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<TrustedKey>)) -> Result<(), Fault> {
        let mut trusted = self.trusted()?;
        change(trusted.keys_mut());
        let file = self.folder.join(TRUSTED);
        Ok(write_over(&file, &trusted.to_json()?, PUBLIC).map_err(|e| format!("cannot write {}: {e}", file.display()))?)
    }

    /// One at a time changes the folder, whatever server or command it is.
    fn turn(&self) -> Result<std::fs::File, Fault> {
        std::fs::create_dir_all(&self.folder)?;
        let mut options = std::fs::OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.folder.join("lock"))?;
        file.lock()?;
        Ok(file)
    }
}

fn seconds(at: Instant) -> i64 {
    at.unix_micros() / 1_000_000
}

/// The keys of the table that earlier releases kept.
async fn before(service: &Service) -> Result<Vec<TrustedKey>, Fault> {
    let rows =
        sqlx::query("select public, created_at, retired_at from signing_key order by created_at").fetch_all(service.db.pool()).await?;
    let mut keys = Vec::new();
    for row in rows {
        let key = PublicKey::ed25519(&row.try_get::<String, _>("public")?).ok_or("a public key of the database is no key")?;
        let at = |text: Option<String>| text.and_then(|text| text.parse::<Instant>().ok()).map(seconds);
        keys.push(TrustedKey { key, iat: at(Some(row.try_get("created_at")?)), exp: at(row.try_get("retired_at")?) });
    }
    Ok(keys)
}

/// The certificate in a signed file, if one of these keys signed it as it is, while it was in use.
///
/// # Errors
/// Why it is not believed.
pub fn check(text: &str, keys: &Trusted) -> Result<Certificate, Forged> {
    let (certificate, key) = jws::read::<Certificate>(text, KIND, keys)?;
    if key.serves_on(certificate.issued_on) { Ok(certificate) } else { Err(Forged::Retired) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
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

    /// A folder whose own key is believed, retired or not.
    fn keys(exp: Option<&str>) -> (tempfile::TempDir, Keys, Trusted) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let exp = exp.map(|day| seconds(Instant::in_china(day.parse().unwrap(), 18, 0)));
        let own = TrustedKey { key: keys.module().public_key().unwrap(), iat: Some(0), exp };
        let trusted = Trusted::new(vec![own], keys.module.clone());
        write_anew(&folder.path().join(TRUSTED), &trusted.to_json().unwrap(), PUBLIC).unwrap();
        (folder, keys, trusted)
    }

    #[test]
    fn a_changed_file_a_strange_key_and_rubbish_are_told_apart() {
        let (folder, keys, public) = keys(None);
        assert_eq!(Keys::open(folder.path()).unwrap().id().unwrap(), keys.id().unwrap(), "the same key the next time");
        let (text, id) = keys.sign(&certificate()).unwrap();
        assert_eq!(id, keys.id().unwrap());
        assert_eq!(check(&text, &public).unwrap(), certificate());
        assert_eq!(check(&text, &Trusted::new(Vec::new(), keys.module.clone())).unwrap_err(), Forged::UnknownKey);
        let mut jws: serde_json::Value = serde_json::from_str(&text).unwrap();
        let other = Certificate { holder: "他人".into(), ..certificate() };
        jws["payload"] = BASE64.encode(serde_json::to_vec(&other).unwrap()).into();
        assert_eq!(check(&jws.to_string(), &public).unwrap_err(), Forged::Changed);
        // `none`, other algorithms and other kinds of file are not even looked at.
        for header in [
            r#"{"alg":"none"}"#.to_string(),
            format!(r#"{{"alg":"none","kid":"{id}","typ":"{KIND}"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{id}","typ":"{KIND}"}}"#),
        ] {
            jws["protected"] = BASE64.encode(header).into();
            assert_eq!(check(&jws.to_string(), &public).unwrap_err(), Forged::NotOurs);
        }
        let head = keys.sign_as("quanlian-head+json", &certificate()).unwrap();
        assert_eq!(check(&head, &public).unwrap_err(), Forged::NotOurs, "signed, but as something else");
        assert_eq!(check("{", &public).unwrap_err(), Forged::NotOurs);
        assert_eq!(Trusted::parse(&public.to_json().unwrap()).unwrap().keys(), public.keys());
        std::fs::write(folder.path().join("signing.key"), "x").unwrap();
        assert!(Keys::open(folder.path()).is_err());
    }

    #[test]
    fn a_retired_key_speaks_for_its_own_days_only() {
        let (_folder, keys, _) = keys(None);
        let (text, _) = keys.sign(&certificate()).unwrap();
        let until = |day: &str| {
            let exp = Some(seconds(Instant::in_china(day.parse().unwrap(), 18, 0)));
            let own = TrustedKey { key: keys.module().public_key().unwrap(), iat: Some(0), exp };
            check(&text, &Trusted::new(vec![own], keys.module.clone())).map(|_| ())
        };
        assert_eq!(until("2022-09-14"), Ok(()));
        assert_eq!(until("2022-09-13"), Ok(()), "the day it was retired");
        assert_eq!(until("2022-09-12"), Err(Forged::Retired));
        let (_folder, retired, _) = self::keys(Some("2022-09-14"));
        assert!(retired.sign(&certificate()).unwrap_err().to_string().contains("key rotate"), "nothing is signed with it any more");
    }

    /// Whatever it is given: one changed byte of a signed file is noticed, and rubbish is refused.
    #[test]
    fn no_change_of_a_signed_file_goes_unnoticed() {
        let (_folder, keys, public) = keys(None);
        let (text, _) = keys.sign(&certificate()).unwrap();
        for at in 0..text.len() {
            for by in [1, 32] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= by;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                if let Ok(read) = check(&changed, &public) {
                    // White space between the parts, or a name's case in JSON, says nothing.
                    assert_eq!(read, certificate(), "at {at}");
                }
                let _ = Trusted::parse(&changed);
            }
        }
        for end in 0..text.len() {
            assert!(check(&text[..end], &public).is_err());
        }
    }
}
