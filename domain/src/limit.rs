//! How much one person, one address or one project may ask for: one table, so that a limit, the sentence of who meets
//! it and the time to wait stand in one place.

use crate::error::Error;
use crate::text::Text;

/// Whom a limit counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Per {
    /// Each account for itself.
    Account,
    /// The network address a request comes from.
    Address,
    /// A login tried from an address: nobody can lock somebody else out.
    LoginAndAddress,
    /// Each project for itself.
    Project,
    /// The whole server.
    Server,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// So many within a window of so many seconds.
    Rate {
        /// The most there may be within the window.
        most: u64,
        /// The length of the window in seconds.
        seconds: i64,
    },
    /// So many at the same time.
    AtOnce {
        /// The most there may be at the same time.
        most: usize,
    },
    /// So many bytes in all.
    Bytes {
        /// The most bytes there may be.
        most: u64,
    },
}

/// What is limited.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Limit {
    /// Failed sign-ins.
    SignIn,
    /// Failed sign-ins from one address, whoever they were for.
    SignInAddress,
    /// Passwords that wait to be checked.
    PasswordQueue,
    /// Projects started.
    StartProject,
    /// Questions asked.
    Ask,
    /// Difficulties raised.
    RaiseDifficulty,
    /// Remarks written in a project's log.
    Note,
    /// Files announced, which their parts then follow.
    AnnounceUpload,
    /// Parts of files that one person sends at the same time.
    Uploads,
    /// Bytes of arriving parts that the server holds in memory.
    Arriving,
    /// Certificates looked up by number, which nobody has to sign in for.
    LookUpCertificate,
    /// Tickets that open a socket.
    Ticket,
    /// Connections open at the same time, to the whole server.
    Connections,
    /// Connections open at the same time, from one address.
    ConnectionsOfAddress,
    /// Live feeds open at the same time: one for each open page.
    Feeds,
    /// Sockets open at the same time: one for each data sheet being written.
    Sockets,
    /// Files on their way to one person at the same time.
    Downloads,
    /// Bytes of a project's documents.
    Storage,
}

/// A line of the table.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Which limit this line is about.
    pub limit: Limit,
    /// As it is stored and printed.
    pub code: &'static str,
    /// Whom it counts for.
    pub per: Per,
    /// How much there may be.
    pub measure: Measure,
    /// Counted in the database, so that several servers count together; else by each server for itself.
    pub shared: bool,
    /// What is told to whom it stops.
    pub sentence: Text,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

impl Limit {
    /// Every limit, in the order of the table.
    pub const ALL: [Limit; 18] = [
        Limit::SignIn,
        Limit::SignInAddress,
        Limit::PasswordQueue,
        Limit::StartProject,
        Limit::Ask,
        Limit::RaiseDifficulty,
        Limit::Note,
        Limit::AnnounceUpload,
        Limit::Uploads,
        Limit::Arriving,
        Limit::LookUpCertificate,
        Limit::Ticket,
        Limit::Connections,
        Limit::ConnectionsOfAddress,
        Limit::Feeds,
        Limit::Sockets,
        Limit::Downloads,
        Limit::Storage,
    ];

    /// The table.
    pub fn row(self) -> Row {
        use Measure::{AtOnce, Bytes, Rate};
        let (code, per, measure, shared, zh, en) = match self {
            Limit::SignIn => (
                "sign_in",
                Per::LoginAndAddress,
                Rate { most: 10, seconds: 15 * MINUTE },
                true,
                "密码错误次数过多，请 15 分钟后再试。",
                "Too many wrong passwords; please try again in 15 minutes.",
            ),
            Limit::SignInAddress => (
                "sign_in_address",
                Per::Address,
                Rate { most: 100, seconds: 15 * MINUTE },
                true,
                "此网络地址登录失败次数过多，请 15 分钟后再试。",
                "Too many failed sign-ins from this network address; please try again in 15 minutes.",
            ),
            Limit::PasswordQueue => (
                "password_queue",
                Per::Server,
                AtOnce { most: 32 },
                false,
                "正在登录的人太多，请稍后再试。",
                "Too many people are signing in at this moment; please try again shortly.",
            ),
            Limit::StartProject => (
                "start_project",
                Per::Account,
                Rate { most: 60, seconds: DAY },
                true,
                "您今天立的项目已达 60 个，请明天再立。",
                "You have started 60 projects within a day; please go on tomorrow.",
            ),
            Limit::Ask => (
                "ask",
                Per::Account,
                Rate { most: 60, seconds: HOUR },
                true,
                "您一小时内提问已达 60 次，请稍后再提。",
                "You have asked 60 questions within an hour; please go on later.",
            ),
            Limit::RaiseDifficulty => (
                "raise_difficulty",
                Per::Account,
                Rate { most: 30, seconds: HOUR },
                true,
                "您一小时内提出的困难已达 30 项，请稍后再提。",
                "You have raised 30 difficulties within an hour; please go on later.",
            ),
            Limit::Note => (
                "note",
                Per::Account,
                Rate { most: 120, seconds: HOUR },
                true,
                "您一小时内的记事已达 120 条，请稍后再记。",
                "You have written 120 notes within an hour; please go on later.",
            ),
            Limit::AnnounceUpload => (
                "announce_upload",
                Per::Account,
                Rate { most: 600, seconds: HOUR },
                true,
                "您一小时内上传的文件已达 600 份，请稍后再传。",
                "You have uploaded 600 files within an hour; please go on later.",
            ),
            Limit::Uploads => (
                "uploads",
                Per::Account,
                AtOnce { most: 4 },
                false,
                "您同时上传的文件太多，请等一部分传完。",
                "You are sending too many files at once; please wait for some.",
            ),
            Limit::Arriving => (
                "arriving",
                Per::Server,
                Bytes { most: 256 * MIB },
                false,
                "正在上传的文件太多，请稍后再试。",
                "Too many files are arriving at this moment; please try again shortly.",
            ),
            Limit::LookUpCertificate => (
                "look_up_certificate",
                Per::Address,
                Rate { most: 60, seconds: 10 * MINUTE },
                false,
                "此网络地址查验证照的次数过多，请 10 分钟后再查。",
                "Too many certificates were looked up from this network address; please go on in 10 minutes.",
            ),
            Limit::Ticket => (
                "ticket",
                Per::Account,
                Rate { most: 600, seconds: HOUR },
                true,
                "连接次数过多，请稍后再试。",
                "Too many connections were opened; please try again later.",
            ),
            Limit::Connections => (
                "connections",
                Per::Server,
                AtOnce { most: 16_000 },
                false,
                "服务器的连接已满，请稍后再试。",
                "The server has all the connections it can hold; please try again shortly.",
            ),
            Limit::ConnectionsOfAddress => (
                "connections_of_address",
                Per::Address,
                AtOnce { most: 512 },
                false,
                "此网络地址的连接太多，请稍后再试。",
                "There are too many connections from this network address; please try again shortly.",
            ),
            Limit::Feeds => (
                "feeds",
                Per::Account,
                AtOnce { most: 32 },
                false,
                "您打开的页面太多，请关闭一些。",
                "You have too many pages open; please close some.",
            ),
            Limit::Sockets => (
                "sockets",
                Per::Account,
                AtOnce { most: 64 },
                false,
                "您同时编辑的表单太多，请关闭一些页面。",
                "You have too many sheets open; please close some pages.",
            ),
            Limit::Downloads => (
                "downloads",
                Per::Account,
                AtOnce { most: 8 },
                false,
                "您同时下载的文件太多，请等一部分完成。",
                "You are downloading too many files at once; please wait for some.",
            ),
            Limit::Storage => (
                "storage",
                Per::Project,
                Bytes { most: 20 * GIB },
                true,
                "本项目的文件已达 20 GB，请先联系帮代办专员。",
                "The documents of this project have reached 20 GB; please talk to its agent.",
            ),
        };
        Row { limit: self, code, per, measure, shared, sentence: Text::new(zh, en) }
    }

    /// The word for it where it is stored and printed.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The most there may be at once; all there can be for what is no such limit.
    pub fn at_once(self) -> usize {
        match self.row().measure {
            Measure::AtOnce { most } => most,
            Measure::Rate { .. } | Measure::Bytes { .. } => usize::MAX,
        }
    }

    /// The most bytes; all there can be for what is no such limit.
    pub fn bytes(self) -> u64 {
        match self.row().measure {
            Measure::Bytes { most } => most,
            Measure::Rate { .. } | Measure::AtOnce { .. } => u64::MAX,
        }
    }

    /// What is told to whom the limit stops; `after`: seconds until trying again makes sense.
    pub fn met(self, after: i64) -> Error {
        let row = self.row();
        let after = u32::try_from(after.max(1)).unwrap_or(u32::MAX);
        match row.per {
            Per::Server => Error::Busy { sentence: row.sentence, after },
            _ => Error::TooMany { sentence: row.sentence, after },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn every_limit_stands_in_the_table_once() {
        let codes: std::collections::BTreeSet<_> = Limit::ALL.iter().map(|l| l.code()).collect();
        assert_eq!(codes.len(), Limit::ALL.len());
        for limit in Limit::ALL {
            assert_eq!(limit.row().limit, limit);
            let met = limit.met(90);
            assert_eq!(met.retry_after(), Some(90), "{}", limit.code());
            assert!(matches!(met.status(), 429 | 503));
            assert_eq!(met.sentence(), limit.row().sentence);
        }
    }
}
