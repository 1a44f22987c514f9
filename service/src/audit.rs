//! Keeps on record who came in and what they read ([`domain::audit`]).

use crate::error::Fault;
use crate::{Context, new_id};
use domain::account::Account;
use domain::audit::Kind;
use domain::id::Id;
use domain::project::Project;

/// An entry to be written. It names things, never what they hold.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Who, if it is not who asks.
    pub account: Option<Id<Account>>,
    pub project: Option<Id<Project>>,
    pub subject: String,
}

impl Entry {
    pub fn of(subject: impl Into<String>) -> Entry {
        Entry { subject: subject.into(), ..Entry::default() }
    }
}

enum Record {}

/// Writes an entry, with who asks and from where. What is to be on record is recorded before it is done.
///
/// # Errors
/// The database failed.
pub async fn record(cx: &Context, kind: Kind, entry: Entry) -> Result<(), Fault> {
    let account = entry.account.or_else(|| cx.actor.as_ref().map(|actor| actor.account.clone()));
    // Of what strangers bring no more than a line is kept.
    let subject: String = entry.subject.chars().filter(|c| !c.is_control()).take(200).collect();
    sqlx::query("insert into audit (id, at, kind, account, address, project, subject) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(new_id::<Record>().to_string())
        .bind(cx.service.clock.now().to_string())
        .bind(kind.code().to_string())
        .bind(account.map(|id| id.to_string()))
        .bind(cx.address.clone())
        .bind(entry.project.map(|id| id.to_string()))
        .bind(subject)
        .execute(cx.service.db.pool())
        .await?;
    Ok(())
}
