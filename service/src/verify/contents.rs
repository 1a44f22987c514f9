//! Proving what the log names but does not hold: documents, filed snapshots, signed certificates and their printed form.

use super::{Broken, Part, Progress};
use crate::Service;
use crate::blob::Condition;
use crate::certificate::{Forged, Trusted, check};
use crate::error::Fault;
use domain::log::Digest;
use domain::project::{Event, certificate, library, submission};
use domain::{Text, text};
use futures::{StreamExt, TryStreamExt};
use std::collections::HashSet;
use std::sync::Arc;

/// Contents that are read at the same time.
const AT_ONCE: usize = 8;
/// How often it is said how far it is: contents, and bytes.
const SAY_EVERY: (u64, u64) = (500, 256 * 1024 * 1024);

/// Contents that an event names.
struct Named {
    seq: u64,
    stream: String,
    version: u64,
    digest: Digest,
    what: What,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum What {
    /// A document or a printed certificate, with its length.
    File(u64),
    Snapshot,
    /// The signed file of the certificate with this number.
    Signed(String),
}

/// What the events of a log name, the first time each.
#[derive(Default)]
pub(super) struct Contents {
    known: HashSet<(Digest, What)>,
    list: Vec<Named>,
}

impl Contents {
    /// Notes what an event names.
    pub fn note(&mut self, seq: u64, stream: &str, version: u64, event: &Event) {
        let mut name = |digest, what: What| {
            if self.known.insert((digest, what.clone())) {
                self.list.push(Named { seq, stream: stream.to_string(), version, digest, what });
            }
        };
        match event {
            Event::Document { event: library::Event::Added { file, .. } | library::Event::Replaced { file, .. }, .. } => {
                name(file.digest, What::File(file.size));
            }
            Event::Submission { event: submission::Event::Filed { parcels, .. } | submission::Event::Returned { parcels, .. }, .. } => {
                parcels.values().for_each(|filing| name(filing.snapshot, What::Snapshot));
            }
            Event::Certificate { event: certificate::Event::Issued { made, .. } } => {
                name(made.signed, What::Signed(made.number.clone()));
                name(made.printed.digest, What::File(made.printed.size));
            }
            _ => {}
        }
    }

    /// Reads everything, several at a time; gives how many there are, and what does not hold.
    pub async fn check(self, service: &Service, say: &mut (dyn FnMut(Progress) + Send)) -> Result<(u64, Vec<Broken>), Fault> {
        let keys = Arc::new(service.keys.trusted()?);
        let of = self.list.len() as u64;
        let mut progress = Progress { checked: 0, of, bytes: 0 };
        let (mut said, mut broken) = (progress, Vec::new());
        let checks = self.list.into_iter().map(|named| {
            let (service, keys) = (service.clone(), keys.clone());
            async move {
                let (digest, what) = (named.digest, named.what.clone());
                let held = tokio::spawn(async move { holds(&service, &keys, digest, what).await }).await;
                // One that cannot be read hides nothing of the others.
                let held = held.unwrap_or_else(|error| Err(error.into()));
                let held = held.unwrap_or_else(|fault| Err(text!("{digest} 无法读取：{fault}", "{digest} cannot be read: {fault}")));
                (named, held)
            }
        });
        let mut checks = futures::stream::iter(checks).buffered(AT_ONCE);
        while let Some((named, held)) = checks.next().await {
            match held {
                Ok(size) => {
                    progress = Progress { checked: progress.checked + 1, of, bytes: progress.bytes + size };
                    if progress.checked - said.checked >= SAY_EVERY.0 || progress.bytes - said.bytes >= SAY_EVERY.1 {
                        said = progress;
                        say(progress);
                    }
                }
                Err(why) => {
                    let Named { seq, stream, version, .. } = named;
                    broken.push(Broken { part: Part::Contents, seq, stream, version, why });
                }
            }
        }
        Ok((of, broken))
    }
}

/// How long the contents are if they hold; else why not.
async fn holds(service: &Service, keys: &Trusted, digest: Digest, what: What) -> Result<Result<u64, Text>, Fault> {
    let name = match &what {
        What::File(_) => text!("文件", "the document"),
        What::Snapshot => text!("申报快照", "the filed snapshot"),
        What::Signed(number) => text!("证照 {number} 的签名文件", "the signed file of certificate {number}"),
    };
    let no = |zh: &str, en: &str| Ok(Err(Text::new(format!("{} {digest} {zh}", name.zh), format!("{} {digest} {en}", name.en))));
    let size = match service.blobs.check(digest).await? {
        Condition::Holds { size } => size,
        Condition::Missing => return no("不在了", "is missing"),
        Condition::Shut => {
            return no(
                "打不开：封存它的密钥不在密钥文件夹里",
                "cannot be opened: the key that it was sealed with is not in the folder of keys",
            );
        }
        Condition::Changed => return no("与其散列不符：内容被改动过", "is not what its digest says: its contents were changed"),
    };
    match what {
        What::File(said) if said != size => no("长度与记录不符", "has not the length the log says"),
        What::File(_) | What::Snapshot => Ok(Ok(size)),
        What::Signed(number) => {
            let file: Vec<u8> = service.blobs.read(digest, None).await?.map_ok(|b| b.to_vec()).try_concat().await?;
            let checked = match std::str::from_utf8(&file).map(|file| check(file, keys)) {
                Ok(Ok(certificate)) if certificate.number == number => return Ok(Ok(size)),
                Ok(Ok(_)) | Err(_) => Forged::NotOurs,
                Ok(Err(why)) => why,
            };
            let why = checked.sentence();
            no(&format!("签名无效：{}", why.zh), &format!("does not bear a valid signature: {}", why.en))
        }
    }
}
