//! Access tokens: by one a program acts as somebody, within its scope, until its end.

use super::access::digest;
use super::{Access, By, Token, instant, known};
use crate::audit::{self, Entry};
use crate::error::{Error, Fault, Public};
use crate::{Context, new_id, random_hex};
use domain::access::{Scope, TOKEN_MARK, TokenLine, outside_scope};
use domain::account::Account;
use domain::audit::Kind;
use domain::id::Id;
use domain::text;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;

/// Ended tokens are kept so long, that their end is heard of.
const KEPT_SECONDS: i64 = 86_400;

enum AccessToken {}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it will be.
    pub login: String,
    /// What it is for, as the person will recognise it.
    pub name: String,
    /// What it will be good for.
    pub scopes: BTreeSet<Scope>,
    /// In how many days it ends.
    pub days: u16,
}

/// Makes an access token; its text is told this once. The operator gives it out.
///
/// # Errors
/// There is no such login; no scope; the name is another token's.
pub async fn make_token(cx: &Context, new: NewToken) -> Result<Token, Error> {
    let service = &cx.service;
    let account = known(&service.db, &new.login).await?;
    if new.scopes.is_empty() || new.name.trim().is_empty() || domain::password::is_longer(&new.name, 60) {
        let sentence = text!("令牌要有名称（不超过 60 字）和范围", "a token has a name of at most 60 characters, and a scope");
        return Err(Public::invalid("name", sentence).into());
    }
    let (now, text) = (service.clock.now(), format!("{TOKEN_MARK}{}", random_hex(32)));
    let subject = format!("{} {} {}", new.login, new.name, Scope::write_list(&new.scopes));
    let mut tx = service.db.begin_write().await?;
    audit::record_in(cx, &mut tx, Kind::TokenMade, Entry { account: Some(account.clone()), ..Entry::of(subject) }).await?;
    sqlx::query(
        "insert into access_token (id, secret_hash, prefix, account, name, scope, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new_id::<AccessToken>().to_string())
    .bind(digest(&text))
    .bind(text[..TOKEN_MARK.len() + 8].to_string())
    .bind(account.to_string())
    .bind(new.name.trim().to_string())
    .bind(Scope::write_list(&new.scopes))
    .bind(now.to_string())
    .bind(now.plus_seconds(i64::from(new.days) * 86_400).to_string())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Token(text))
}

/// The tokens of an account that hold, the newest first.
///
/// # Errors
/// The database failed.
pub async fn tokens(cx: &Context, account: &Id<Account>) -> Result<Vec<TokenLine>, Fault> {
    let rows = sqlx::query(
        "select id, name, prefix, scope, created_at, expires_at, last_used_at from access_token \
         where account = $1 and ended_at is null and expires_at > $2 order by created_at desc, id desc",
    )
    .bind(account.to_string())
    .bind(cx.service.clock.now().to_string())
    .fetch_all(cx.service.db.pool())
    .await?;
    let line = |row: &AnyRow| {
        let last_used: Option<String> = row.try_get("last_used_at")?;
        Ok(TokenLine {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            prefix: row.try_get("prefix")?,
            scopes: row.try_get::<String, _>("scope")?.split(',').filter_map(Scope::read_list).flatten().collect(),
            made: instant(row, "created_at")?,
            expires: instant(row, "expires_at")?,
            last_used: last_used.and_then(|at| at.parse().ok()),
        })
    };
    rows.iter().map(line).collect()
}

/// The tokens of a login.
///
/// # Errors
/// There is no such login.
pub async fn tokens_of(cx: &Context, login: &str) -> Result<Vec<TokenLine>, Error> {
    Ok(tokens(cx, &known(&cx.service.db, login).await?).await?)
}

/// Revokes a token of a login, named by how its text begins, or by its name.
///
/// # Errors
/// There is none, or more than one.
pub async fn revoke(cx: &Context, login: &str, which: &str) -> Result<(), Error> {
    let account = known(&cx.service.db, login).await?;
    let all = tokens(cx, &account).await?;
    let fits = |line: &&TokenLine| line.name == which || (which.starts_with(TOKEN_MARK) && which.starts_with(&line.prefix));
    let mut found = all.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(one), None) => end(cx, &account, &one.id).await,
        (None, _) => Err(Public::invalid("token", text!("“{login}”没有这个访问令牌", "`{login}` has no such access token")).into()),
        _ => Err(Public::invalid("token", text!("有几个同名的令牌，请用开头", "several have this name: say how its text begins")).into()),
    }
}

/// Revokes a token of the same person.
///
/// # Errors
/// There is none; or a token asks.
pub async fn end_token(cx: &Context, access: &Access, id: &str) -> Result<(), Error> {
    by_hand(access)?;
    end(cx, &access.account, id).await
}

/// Only a person who has signed in changes how they come in.
pub(super) fn by_hand(access: &Access) -> Result<(), Error> {
    if access.by == By::Session { Ok(()) } else { Err(outside_scope(None).into()) }
}

async fn end(cx: &Context, account: &Id<Account>, id: &str) -> Result<(), Error> {
    let mut tx = cx.service.db.begin_write().await?;
    let row = sqlx::query("update access_token set ended_at = $1 where id = $2 and account = $3 and ended_at is null returning name")
        .bind(cx.service.clock.now().to_string())
        .bind(id.to_string())
        .bind(account.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else {
        tx.rollback().await?;
        return Err(Public::NotFound.into());
    };
    let entry = Entry { account: Some(account.clone()), ..Entry::of(row.try_get::<String, _>("name")?) };
    audit::record_in(cx, &mut tx, Kind::TokenRevoked, entry).await?;
    tx.commit().await?;
    cx.service.endings.end(By::Token, [id.to_string()]);
    Ok(())
}

/// The name of a token of the same person that has been revoked. None: there is none, or it is let go of.
///
/// # Errors
/// The database failed.
pub async fn ended_token(cx: &Context, access: &Access, id: &str) -> Result<Option<String>, Fault> {
    let row = sqlx::query("select name from access_token where id = $1 and account = $2 and ended_at is not null")
        .bind(id.to_string())
        .bind(access.account.to_string())
        .fetch_optional(cx.service.db.pool())
        .await?;
    Ok(row.map(|row| row.try_get("name")).transpose()?)
}

pub(super) async fn end_all(cx: &Context, account: &Id<Account>) -> Result<(), Error> {
    for token in tokens(cx, account).await? {
        end(cx, account, &token.id).await?;
    }
    Ok(())
}

/// Lets go of tokens that ended a while ago.
pub(crate) async fn clean(cx: &Context) -> Result<(), Error> {
    let before = cx.service.clock.now().plus_seconds(-KEPT_SECONDS).to_string();
    sqlx::query("delete from access_token where ended_at < $1 or expires_at < $1").bind(before).execute(cx.service.db.pool()).await?;
    Ok(())
}
