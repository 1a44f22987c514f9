//! Finds out who holds a session or an access token, and whether it still holds.

use super::{actor_from, instant, matters_of, person_from};
use crate::Service;
use crate::error::Fault;
use domain::access::{SESSION_IDLE_SECONDS, Scope, TOKEN_MARK, USE_NOTED_SECONDS};
use domain::account::{Account, Actor, Person};
use domain::date::Instant;
use domain::id::Id;
use domain::log::Digest;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

/// What somebody came in by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum By {
    /// A session, which a person began by signing in.
    Session,
    /// An access token, by which a program acts as a person.
    Token,
}

impl By {
    pub(super) fn code(self) -> &'static str {
        match self {
            By::Session => "session",
            By::Token => "token",
        }
    }
}

/// A session or access token, without its secret: what outlives a request asks again by it.
#[derive(Clone, PartialEq, Debug)]
pub struct Access {
    /// Whether it is a session or an access token.
    pub by: By,
    /// What names it in the database; it is no secret.
    pub id: String,
    /// Whose it is.
    pub account: Id<Account>,
    /// All for a session.
    pub scopes: BTreeSet<Scope>,
    /// It ends then, however much it is used.
    pub until: Instant,
    /// When it was last used, as far as that is known.
    pub used: Option<Instant>,
    /// The person has to change the password the operator chose before anything else.
    pub first_password: bool,
}

/// Who holds an access.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The person as the rules see them.
    pub actor: Actor,
    /// The person as others see them.
    pub person: Person,
    /// What they came in by.
    pub access: Access,
}

/// `$1` what is looked for, `$2` now, `$3` (sessions) since when it has to have been used.
macro_rules! held {
    ($table:literal, $scope:literal, $which:literal) => {
        concat!(
            "select x.id as access, x.expires_at as until, x.last_used_at as used, ",
            $scope,
            " as scope, a.first_password_at as first, a.id as id, a.name as name, a.role as role, f.id as firm, f.name as firm_name, \
             f.office as office from ",
            $table,
            " x join account a on a.id = x.account join firm f on f.id = a.firm \
             where a.disabled_at is null and x.ended_at is null and x.expires_at > $2 and ",
            $which
        )
    };
}

/// Who holds the session of this secret, if it is valid. This counts as a use of the session.
///
/// # Errors
/// The database failed.
pub async fn by_session(service: &Service, secret: &str) -> Result<Option<Holder>, Fault> {
    let held = by_session_unused(service, secret).await?;
    Ok(noted(service, held).await)
}

/// The same for what an open page asks for by itself: this does not count as a use.
///
/// # Errors
/// The database failed.
pub async fn by_session_unused(service: &Service, secret: &str) -> Result<Option<Holder>, Fault> {
    const SQL: &str = held!("session", "''", "x.last_used_at > $3 and x.secret_hash = $1");
    held(service, By::Session, SQL, digest(secret)).await
}

/// Who holds the access token of this text, if it is valid.
///
/// # Errors
/// The database failed.
pub async fn by_token(service: &Service, text: &str) -> Result<Option<Holder>, Fault> {
    const SQL: &str = held!("access_token", "x.scope", "x.secret_hash = $1");
    if !text.starts_with(TOKEN_MARK) {
        return Ok(None);
    }
    let held = held(service, By::Token, SQL, digest(text)).await?;
    Ok(noted(service, held).await)
}

/// Asks again who holds an access: none, it has ended. This does not count as a use.
///
/// # Errors
/// The database failed.
pub async fn again(service: &Service, access: &Access) -> Result<Option<Holder>, Fault> {
    by_id(service, access.by, access.id.clone()).await
}

pub(super) async fn by_id(service: &Service, by: By, id: String) -> Result<Option<Holder>, Fault> {
    const SESSION: &str = held!("session", "''", "x.last_used_at > $3 and x.id = $1");
    const TOKEN: &str = held!("access_token", "x.scope", "x.id = $1");
    held(service, by, if by == By::Session { SESSION } else { TOKEN }, id).await
}

/// Who holds a session, as the rules and others see them.
///
/// # Errors
/// The database failed.
pub async fn signed_in(service: &Service, secret: &str) -> Result<Option<(Actor, Person)>, Fault> {
    Ok(by_session(service, secret).await?.map(|holder| (holder.actor, holder.person)))
}

pub(super) fn digest(secret: &str) -> String {
    Digest::of(secret.as_bytes()).to_string()
}

async fn held(service: &Service, by: By, sql: &'static str, which: String) -> Result<Option<Holder>, Fault> {
    let now = service.clock.now();
    let mut query = sqlx::query(sql).bind(which).bind(now.to_string());
    if by == By::Session {
        query = query.bind(now.plus_seconds(-SESSION_IDLE_SECONDS).to_string());
    }
    let Some(row) = query.fetch_optional(service.db.pool()).await? else { return Ok(None) };
    let account: Id<Account> = row.try_get::<String, _>("id")?.into();
    let access = access_from(by, &account, &row)?;
    let mut actor = actor_from(&service.db, &account, &row).await?;
    actor.stands_for = crate::deputy::stands_for(&service.db, &account, now.date()).await?;
    for other in &actor.stands_for {
        actor.matters.extend(matters_of(&service.db, other).await?);
    }
    Ok(Some(Holder { actor, person: person_from(&row)?, access }))
}

fn access_from(by: By, account: &Id<Account>, row: &AnyRow) -> Result<Access, Fault> {
    let scopes = match by {
        By::Session => Scope::all(),
        // A code this edition does not know is good for nothing.
        By::Token => row.try_get::<String, _>("scope")?.split(',').filter_map(Scope::read_list).flatten().collect(),
    };
    let first: Option<String> = row.try_get("first")?;
    Ok(Access {
        by,
        id: row.try_get("access")?,
        account: account.clone(),
        scopes,
        until: instant(row, "until")?,
        used: row.try_get::<Option<String>, _>("used")?.and_then(|at| at.parse().ok()),
        first_password: by == By::Session && first.is_some(),
    })
}

/// Notes that whoever it is uses what they came in by. It is no reason to turn anybody away that this could not be written;
/// the next request writes it.
async fn noted(service: &Service, held: Option<Holder>) -> Option<Holder> {
    if let Some(holder) = &held
        && let Err(fault) = note_use(service, &holder.access).await
    {
        tracing::warn!(%fault, "that a session is in use was not noted");
    }
    held
}

/// Writes down that an access is in use, if that was not written within the last minute.
///
/// # Errors
/// The database failed.
pub async fn note_use(service: &Service, access: &Access) -> Result<(), Fault> {
    const SESSION: &str = "update session set last_used_at = $1 where id = $2 and ended_at is null and last_used_at <= $3";
    const TOKEN: &str =
        "update access_token set last_used_at = $1 where id = $2 and ended_at is null and (last_used_at is null or last_used_at <= $3)";
    let now = service.clock.now();
    let before = now.plus_seconds(-USE_NOTED_SECONDS);
    if access.used.is_some_and(|used| used > before) {
        return Ok(());
    }
    sqlx::query(if access.by == By::Session { SESSION } else { TOKEN })
        .bind(now.to_string())
        .bind(access.id.clone())
        .bind(before.to_string())
        .execute(service.db.pool())
        .await?;
    Ok(())
}
