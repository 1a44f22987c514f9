//! `quanlian key` and `quanlian certificate`.

use super::{Arguments, Failed, complain, print, say};
use clap::Subcommand;
use domain::text;
use service::Fault;
use service::certificate::{Forged, check, from_jwks, public};
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Key {
    /// Sign with a new key from the next start of the portal on; what the old ones signed stays valid
    Rotate,
}

impl Key {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let service = arguments.service().await?;
        print(service.keys.rotate(&service).await?);
        Ok(())
    }
}

#[derive(Subcommand)]
pub enum Certificate {
    /// Whether a signed file is genuine; with the keys of a file it needs no portal
    Check {
        file: PathBuf,
        /// The portal's keys, as `/.well-known/jwks.json` gives them
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
    },
}

impl Certificate {
    pub async fn run(&self, arguments: &Arguments) -> Result<(), Failed> {
        let Certificate::Check { file, keys } = self;
        let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|e| Fault::from(format!("cannot read {}: {e}", path.display())));
        let keys = match keys {
            Some(path) => {
                from_jwks(&read(path)?).ok_or_else(|| Fault::from(format!("{} is no JSON Web Key Set of ours", path.display())))?
            }
            None => public(&arguments.service().await?).await?,
        };
        match check(&read(file)?, &keys) {
            Ok(certificate) => {
                let (zh, en) = (&certificate.title.zh, &certificate.title.en);
                let (number, holder, day) = (&certificate.number, &certificate.holder, certificate.issued_on);
                print(say(&text!(
                    "真实：{zh} {number}，{holder}，{day} 颁发。是否仍有效，请查 /verify/{number}",
                    "genuine: {en} {number}, {holder}, issued {day}. Whether it still holds: /verify/{number}"
                )));
                Ok(())
            }
            Err(why) => {
                let why = match why {
                    Forged::NotOurs => text!("这不是证照的签名文件", "this is no signed certificate"),
                    Forged::UnknownKey => text!("签名用的密钥不认识", "it is signed with a key that is not known"),
                    Forged::Changed => text!("内容与签名不符：被改动过", "its contents are not what was signed: it was changed"),
                };
                complain(say(&why));
                Err(Failed)
            }
        }
    }
}
