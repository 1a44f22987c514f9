//! How somebody comes in: by a session, which lasts a working day at most, or by an access token, with which a program
//! acts as them, within its scope.

use crate::browser::Browser;
use crate::date::Instant;
use crate::error::Error;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A session that is not used for so long ends: an office's lunch break does not end it, a forgotten evening does.
pub const SESSION_IDLE_SECONDS: i64 = 2 * 3600;
/// However much it is used, a session ends after a long working day.
pub const SESSION_SECONDS: i64 = 12 * 3600;
/// Sessions of one account: an office, a home, a telephone and two to spare. A sixth ends the oldest.
pub const SESSIONS: usize = 5;
/// How exactly it is known when a session or token was last used: a write a minute, not one a request.
pub const USE_NOTED_SECONDS: i64 = 60;
/// A ticket is taken to the socket at once.
pub const TICKET_SECONDS: i64 = 30;
/// What an access token's text begins with, so that one that leaks is recognised.
pub const TOKEN_MARK: &str = "qlt_";

/// What an access token is good for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Pages, their data and files.
    Read,
    /// Writing in the data sheet, by its socket.
    Sheet,
    /// Sending documents.
    Documents,
    /// Recording what an office decided in its own system.
    Record,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Scope; 4] = [Scope::Read, Scope::Sheet, Scope::Documents, Scope::Record];

    /// The word for it where tokens are stored and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Sheet => "sheet",
            Scope::Documents => "documents",
            Scope::Record => "record",
        }
    }

    /// What it allows, in words.
    pub fn name(self) -> Text {
        match self {
            Scope::Read => Text::new("查看页面和文件", "reading pages and files"),
            Scope::Sheet => Text::new("填写数据表单", "writing the data sheet"),
            Scope::Documents => Text::new("上传文件", "sending documents"),
            Scope::Record => Text::new("登记办理结果", "recording decisions"),
        }
    }

    /// Every scope at once: a token that may do all that tokens may.
    pub fn all() -> BTreeSet<Scope> {
        Scope::ALL.into()
    }

    /// Reads `read,sheet`; none if a word is no scope, or there is no word.
    pub fn read_list(codes: &str) -> Option<BTreeSet<Scope>> {
        let known = |code: &str| Scope::ALL.into_iter().find(|scope| scope.code() == code);
        codes.split(',').map(|code| known(code.trim())).collect()
    }

    /// The codes with commas, as [`Scope::read_list`] reads them.
    pub fn write_list(scopes: &BTreeSet<Scope>) -> String {
        scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(",")
    }
}

/// A session, as its person sees it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SessionLine {
    /// Names the session where its person ends it; it is not what the browser holds.
    pub id: String,
    /// When the person signed in.
    pub began: Instant,
    /// When it was last used, to within [`USE_NOTED_SECONDS`].
    pub last_used: Instant,
    /// The network address it began from.
    pub address: String,
    /// What it began in, as far as it is known.
    pub browser: Browser,
    /// The one that asks.
    pub this: bool,
}

/// An access token, as its person and the operator see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TokenLine {
    /// Names the token where it is revoked; it is not the token's text.
    pub id: String,
    /// What its person called it, to know it again.
    pub name: String,
    /// How its text begins.
    pub prefix: String,
    /// What it is good for.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub made: Instant,
    /// From when on it is refused.
    pub expires: Instant,
    /// When it was last used, to within [`USE_NOTED_SECONDS`]; none: never.
    pub last_used: Option<Instant>,
}

/// Why nothing goes before the first password is changed.
pub fn first_password() -> Error {
    let sentence = Text::new(
        "您的密码由管理员设置，请先在“我的账号”修改密码。",
        "Your password was chosen by the operator. Please change it on “My account” first.",
    );
    Error::Forbidden { sentence }
}

/// Why a token is refused; `needed`: what it would have to be good for; none: no token may do this.
pub fn outside_scope(needed: Option<Scope>) -> Error {
    let sentence = match needed {
        Some(scope) => Text::new(
            format!("此访问令牌的范围不包括“{}”。", scope.name().zh),
            format!("This access token is not good for {}.", scope.name().en),
        ),
        None => Text::new("此操作须本人登录，不能使用访问令牌。", "This takes a person who has signed in; no access token can do it."),
    };
    Error::Forbidden { sentence }
}

/// Why somebody of government is turned away by where they come from.
pub fn from_elsewhere() -> Error {
    let sentence = Text::new(
        "政府工作人员须从指定的网络访问，您现在的网络地址不在其中。",
        "People of government come in from named networks; yours is not one of them.",
    );
    Error::Forbidden { sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_scopes_reads_as_it_is_written() {
        assert_eq!(Scope::read_list("sheet, read"), Some([Scope::Read, Scope::Sheet].into()));
        assert_eq!(Scope::read_list(&Scope::write_list(&Scope::all())), Some(Scope::all()));
        assert_eq!(Scope::read_list("read,everything"), None);
        assert_eq!(Scope::read_list(""), None);
    }
}
