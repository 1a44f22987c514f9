//! A form's key: what is sent twice is done once. A key belongs to the person and the stream it is sent to, so nobody can take
//! another's; and to what was asked under it, so a form that was changed is not answered with what another one did.

use crate::error::{Error, Fault, Public};
use crate::project::{Done, Sent};
use domain::account::Account;
use domain::id::Id;
use domain::log::Digest;
use domain::text;
use serde::Serialize;

/// The longest key a client may choose, in bytes.
const LONGEST_KEY: usize = 200;

/// A key as the log keeps it, with what was asked under it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Once {
    pub(crate) key: Digest,
    pub(crate) asked: Digest,
}

/// What stands under a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Before {
    /// The same was asked; its events stand at this version.
    Same { version: u64 },
    /// Something else was asked.
    Other,
}

impl Before {
    /// The first answer once more.
    ///
    /// # Errors
    /// `Invalid` where the key was used for something else.
    pub fn answer(self) -> Result<Done, Error> {
        match self {
            Before::Same { version } => Ok(Done { version }),
            Before::Other => Err(Public::invalid(
                "key",
                text!(
                    "这份表单已提交过，内容与这次不同，本次没有执行；请刷新页面后重新填写提交。",
                    "This form was sent before with other contents, so nothing was done now; please load the page again and send it anew."
                ),
            )
            .into()),
        }
    }
}

/// The digest of what somebody asked for, as they gave it: without what the portal adds, such as numbers and snapshots.
fn digest(kind: &str, contents: &impl Serialize) -> Result<Digest, Fault> {
    Ok(Digest::of(&serde_json::to_vec(&(kind, contents))?))
}

impl Sent {
    /// The same, of an operation that makes its command itself: `contents` is what the person gave it.
    ///
    /// # Errors
    /// The contents cannot be written as JSON.
    pub fn asking(self, kind: &str, contents: &impl Serialize) -> Result<Sent, Fault> {
        let asked = if self.key.is_some() { Some(digest(kind, contents)?) } else { None };
        Ok(Sent { asked, ..self })
    }

    /// The key as somebody's of a stream; `None` where the form has none.
    ///
    /// # Errors
    /// `Invalid`: it is too long.
    pub(crate) fn once(&self, account: &Id<Account>, stream: &str) -> Result<Option<Once>, Error> {
        let Some(key) = self.key.as_deref().filter(|key| !key.is_empty()) else { return Ok(None) };
        if key.len() > LONGEST_KEY {
            let sentence = text!("表单的标识太长，最多 {LONGEST_KEY} 字节。", "A form’s key has at most {LONGEST_KEY} bytes.");
            return Err(Public::invalid("key", sentence).into());
        }
        let asked = self.asked.ok_or_else(|| Fault::from("a form's key without what was asked under it"))?;
        Ok(Some(Once { key: digest("key", &(account, stream, key))?, asked }))
    }
}
