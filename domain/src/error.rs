//! What can go wrong in the reader's eyes. The status is HTTP's; the sentence is for a person.

use crate::date::Instant;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// Why something was not done, as it travels from the server to the page.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// Nobody is signed in.
    SignedOut,
    /// Signed in, but this is not for you.
    Forbidden {
        /// Why not, for the person who asked.
        sentence: Text,
    },
    /// There is none, or you may not know there is one.
    NotFound,
    /// What was typed is not right: field and sentence.
    Invalid {
        /// Each field that is wrong, by its name in the form, with what is wrong with it.
        fields: Vec<(String, Text)>,
    },
    /// The business says no.
    Refused {
        /// Why not, for the person who asked.
        sentence: Text,
    },
    /// The page is older than what happened since; nothing was done.
    /// `version` is the one to go on from, once the changes have been seen.
    Stale {
        /// The version of the stream as it is now.
        version: u64,
        /// What happened since the page was loaded, oldest first.
        changes: Vec<Change>,
    },
    /// Too much was asked for; `after`: seconds until asking again makes sense.
    TooMany {
        /// What there is too much of, for the person who asked.
        sentence: Text,
        /// Seconds until asking again makes sense.
        #[serde(default)]
        after: u32,
    },
    /// The server has its hands full; `after` as above.
    Busy {
        /// What there is too much of, for the person who asked.
        sentence: Text,
        /// Seconds until asking again makes sense.
        #[serde(default)]
        after: u32,
    },
    /// Our fault; the reference finds it in the server's log.
    Internal {
        /// What the person tells the operator, who finds the error by it.
        reference: String,
    },
    /// The server cannot be reached: known only to the browser.
    Unreachable,
}

/// Something that happened since a page was loaded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// When it happened.
    pub at: Instant,
    /// What happened, for a reader.
    pub sentence: Text,
}

impl Error {
    /// One field that is wrong, by its name in the form.
    pub fn invalid(field: &str, sentence: Text) -> Error {
        Error::Invalid { fields: vec![(field.to_string(), sentence)] }
    }

    /// For the header `Retry-After`, in seconds.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Error::TooMany { after, .. } | Error::Busy { after, .. } => Some((*after).max(1)),
            _ => None,
        }
    }

    /// The status of an HTTP answer that says this.
    pub fn status(&self) -> u16 {
        match self {
            Error::SignedOut => 401,
            Error::Forbidden { .. } => 403,
            Error::NotFound => 404,
            Error::Invalid { .. } => 422,
            Error::Refused { .. } | Error::Stale { .. } => 409,
            Error::TooMany { .. } => 429,
            Error::Busy { .. } => 503,
            Error::Internal { .. } => 500,
            Error::Unreachable => 503,
        }
    }

    /// What a reader is told.
    pub fn sentence(&self) -> Text {
        match self {
            Error::SignedOut => Text::new("请先登录。", "Please sign in first."),
            Error::Forbidden { sentence }
            | Error::Refused { sentence }
            | Error::TooMany { sentence, .. }
            | Error::Busy { sentence, .. } => sentence.clone(),
            Error::NotFound => Text::new("没有找到，或您无权查看。", "Not found, or not yours to see."),
            Error::Invalid { fields } => {
                let zh: Vec<&str> = fields.iter().map(|(_, t)| t.zh.as_str()).collect();
                let en: Vec<&str> = fields.iter().map(|(_, t)| t.en.as_str()).collect();
                Text::new(zh.join(""), en.join(" "))
            }
            Error::Stale { .. } => Text::new(
                "您打开页面之后情况有变，本次操作没有执行，您填写的内容仍在。请看变化后再决定。",
                "Things changed after you opened the page, so nothing was done; what you wrote is kept. Please look at the changes first.",
            ),
            Error::Internal { reference } => Text::new(
                format!("系统出错，没有执行。请稍后再试，或告知管理员编号 {reference}。"),
                format!("Something broke on our side and nothing was done. Try again, or give the operator the reference {reference}."),
            ),
            Error::Unreachable => Text::new(
                "连接不上服务器，没有执行，您填写的内容仍在。",
                "The server cannot be reached; nothing was done and what you wrote is kept.",
            ),
        }
    }
}
