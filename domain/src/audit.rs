//! What is on record of who came in and what they read: kept apart from the projects' log, for it holds addresses and
//! is let go after a while (互联网政务应用安全管理规定, 2024: access logs are kept for at least one year).

use crate::text::Text;

/// Days a record is kept at least.
pub const KEPT_DAYS: i64 = 366;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Somebody signed in.
    SignedIn,
    /// A login and password that do not go together.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// A session was ended by somebody or something else than its own sign-out.
    SessionEnded,
    /// Somebody changed their password.
    PasswordChanged,
    /// An access token was made.
    TokenMade,
    /// An access token was revoked before it expired.
    TokenRevoked,
    /// The operator added an account.
    AccountAdded,
    /// The operator disabled an account.
    AccountDisabled,
    /// The operator enabled an account again.
    AccountEnabled,
    /// Who may do what: a duty, a deputy.
    RightsChanged,
    /// A document, or all of a project's, left the portal.
    DocumentRead,
    /// A whole identity number was shown.
    IdentityRead,
    /// Turned away: an address that people of government may not come from.
    TurnedAway,
    /// A limit of the table was met: which, and whose.
    LimitMet,
}

impl Kind {
    /// Every kind, with the word that is stored, its Chinese and its English name.
    pub const ALL: [(Kind, &'static str, &'static str, &'static str); 15] = [
        (Kind::SignedIn, "signed_in", "登录", "signed in"),
        (Kind::SignInFailed, "sign_in_failed", "登录失败", "failed to sign in"),
        (Kind::SignedOut, "signed_out", "退出", "signed out"),
        (Kind::SessionEnded, "session_ended", "会话被终止", "a session was ended"),
        (Kind::PasswordChanged, "password_changed", "修改密码", "changed the password"),
        (Kind::TokenMade, "token_made", "生成访问令牌", "an access token was made"),
        (Kind::TokenRevoked, "token_revoked", "撤销访问令牌", "an access token was revoked"),
        (Kind::AccountAdded, "account_added", "新增账号", "an account was added"),
        (Kind::AccountDisabled, "account_disabled", "停用账号", "an account was disabled"),
        (Kind::AccountEnabled, "account_enabled", "恢复账号", "an account was enabled"),
        (Kind::RightsChanged, "rights_changed", "权限变更", "rights were changed"),
        (Kind::DocumentRead, "document_read", "下载文件", "read a document"),
        (Kind::IdentityRead, "identity_read", "查看完整身份证号", "read a whole identity number"),
        (Kind::TurnedAway, "turned_away", "拒绝访问", "was turned away"),
        (Kind::LimitMet, "limit_met", "达到限额", "met a limit"),
    ];

    fn row(self) -> (Kind, &'static str, &'static str, &'static str) {
        Kind::ALL.into_iter().find(|row| row.0 == self).unwrap_or(Kind::ALL[0])
    }

    /// The word that stands for it where it is stored.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// What happened, in words.
    pub fn name(self) -> Text {
        Text::new(self.row().2, self.row().3)
    }
}
