//! What the house does again and again: ends what is over by time and lets go of what is spent.

use super::due;
use crate::Service;
use crate::account::{session, ticket, token};
use crate::error::{Error, Fault};

/// Something that is done again and again. Each is a timer of its own: one that fails keeps none of the others from being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    /// Ends sessions that are over by time, and lets go of what ended a while ago.
    Sessions,
    /// Lets go of access tokens that ended or expired a while ago.
    Tokens,
    /// Lets go of tickets that opened nothing in time.
    Tickets,
    /// Lets go of windows of limits that are over.
    Limits,
    /// Lets go of files that did not arrive.
    Uploads,
    /// Lets go of keys of forms that nobody sends any more.
    FormKeys,
}

/// How long a form's key is remembered, in days. A page can be open for long, and its person signs in again in another window;
/// a browser that is started anew may send once more what it sent last. After three months nobody does. A form that is sent
/// still later counts as new, and its `based_on` tells how old it is.
const KEYS_KEPT_DAYS: i64 = 92;

impl Task {
    /// All of them.
    pub const ALL: [Task; 6] = [Task::Sessions, Task::Tokens, Task::Tickets, Task::Limits, Task::Uploads, Task::FormKeys];

    /// Its name in the table of timers and in the server's log.
    pub fn code(self) -> &'static str {
        match self {
            Task::Sessions => "sessions",
            Task::Tokens => "access-tokens",
            Task::Tickets => "tickets",
            Task::Limits => "limits",
            Task::Uploads => "uploads",
            Task::FormKeys => "form-keys",
        }
    }

    /// The task of a code.
    pub fn from_code(code: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|task| task.code() == code)
    }

    /// Seconds from one time to the next.
    pub fn every(self) -> i64 {
        match self {
            Task::FormKeys => 24 * 3600,
            _ => 5 * 60,
        }
    }
}

/// Sets the timers that are not set yet; they are due at once.
pub(super) async fn plan(service: &Service) -> Result<(), Fault> {
    let rows = sqlx::query("select job from timer where stream = ''").fetch_all(service.db.pool()).await?;
    let known = rows.iter().map(|row| sqlx::Row::try_get(row, "job")).collect::<Result<Vec<String>, _>>()?;
    for task in Task::ALL.into_iter().filter(|task| !known.iter().any(|job| job == task.code())) {
        due::set_task(service, task).await?;
    }
    Ok(())
}

/// Does one of them, once.
pub(super) async fn act(service: &Service, task: Task) -> Result<(), Fault> {
    let cx = service.context(None);
    let done = match task {
        Task::Sessions => session::clean(&cx).await,
        Task::Tokens => token::clean(&cx).await,
        Task::Tickets => ticket::clean(&cx).await,
        Task::Limits => crate::limit::forget_old(service).await.map_err(Error::from),
        Task::Uploads => crate::material::forget_old(service).await.map_err(Error::from),
        Task::FormKeys => forget_form_keys(service).await.map_err(Error::from),
    };
    done.map_err(due::said)
}

async fn forget_form_keys(service: &Service) -> Result<(), Fault> {
    let before = service.clock.now().plus_seconds(-KEYS_KEPT_DAYS * 86_400).to_string();
    sqlx::query("delete from command where at < $1").bind(before).execute(service.db.pool()).await?;
    Ok(())
}
