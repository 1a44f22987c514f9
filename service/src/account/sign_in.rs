//! Signing in: a place in the queue, then counted, then hashed.

use super::password::Place;
use super::session::{self, Token};
use super::stored;
use crate::audit::{self, Entry};
use crate::error::{Error, Public};
use crate::{Context, limit};
use domain::account::Account;
use domain::audit::Kind;
use domain::id::Id;
use domain::limit::Limit;
use domain::password::{LONGEST, LONGEST_LOGIN, is_longer};
use domain::role::Role;
use domain::{access, text};
use sqlx::Row;

/// A try that has been counted, for the login at this address and for the address.
pub(super) struct Tried {
    login_at: String,
}

impl Tried {
    /// Counts before the work is done, so that tries at the same moment are all counted.
    pub(super) async fn count(cx: &Context, login: &str) -> Result<Tried, Error> {
        let login_at = format!("{login}@{}", cx.network());
        // The address first: what it refuses leaves no row for each login it names.
        limit::take(cx, Limit::SignInAddress, &cx.network()).await?;
        limit::take(cx, Limit::SignIn, &login_at).await?;
        Ok(Tried { login_at })
    }

    /// It was right.
    pub(super) async fn give_back(self, cx: &Context) -> Result<(), Error> {
        limit::give_back(&cx.service, Limit::SignIn, &self.login_at).await?;
        Ok(limit::give_back(&cx.service, Limit::SignInAddress, &cx.network()).await?)
    }
}

/// What is on record in place of a login that is nobody's.
const NOBODYS_LOGIN: &str = "?";

/// Signs in. The same sentence for an unknown login and a wrong password: neither tells who exists.
///
/// # Errors
/// Wrong, tried too often, too many at once, or from where people of government may not come.
pub async fn sign_in(cx: &Context, login: &str, password: &str) -> Result<Token, Error> {
    sign_in_again(cx, login, password, None).await
}

/// The same in a browser that has a session already, which ends.
///
/// # Errors
/// As [`sign_in`].
pub async fn sign_in_again(cx: &Context, login: &str, password: &str, before: Option<&str>) -> Result<Token, Error> {
    let wrong = || Error::from(Public::invalid("login", text!("登录名或密码不对。", "The login or the password is not right.")));
    // No account has such: nothing is spent on it and nothing of it is kept.
    if is_longer(login, LONGEST_LOGIN) || is_longer(password, LONGEST) {
        return Err(wrong());
    }
    // A flood stands here, and not before the database.
    let place = Place::take(cx).await?;
    let service = &cx.service;
    let login = login.trim().to_lowercase();
    let tried = Tried::count(cx, &login).await?;
    let row = sqlx::query("select id, role, password_hash, disabled_at from account where login = $1")
        .bind(login.clone())
        .fetch_optional(service.db.pool())
        .await?;
    // What is nobody's login may be a password that was typed into the wrong box: it is not kept.
    let on_record = if row.is_some() { login.clone() } else { NOBODYS_LOGIN.to_string() };
    let disabled = row.as_ref().map(|row| row.try_get::<Option<String>, _>("disabled_at")).transpose()?.flatten();
    let row = row.filter(|_| disabled.is_none());
    let stored = row.as_ref().map(|row| row.try_get::<Option<String>, _>("password_hash")).transpose()?.flatten();
    let account: Option<Id<Account>> = row.as_ref().map(|row| row.try_get::<String, _>("id")).transpose()?.map(Id::from);
    let hash = account.as_ref().map(|account| stored::opened(cx, account, stored.clone())).transpose()?.flatten();
    let right = place.matches(password, hash).await?;
    let (Some(row), Some(account)) = (row.filter(|_| right), account) else {
        audit::record(cx, Kind::SignInFailed, Entry::of(on_record)).await?;
        return Err(wrong());
    };
    tried.give_back(cx).await?;
    let who = Entry { account: Some(account.clone()), ..Entry::of(login) };
    if cx.outside && Role::from_code(&row.try_get::<String, _>("role")?).is_none_or(Role::is_government) {
        audit::turned_away(cx, who).await?;
        return Err(access::from_elsewhere().into());
    }
    audit::record(cx, Kind::SignedIn, who).await?;
    if let Some(before) = before {
        session::replace_session(cx, before).await?;
    }
    // From before hashes were sealed.
    let stored = match stored {
        Some(stored) => Some(stored::seal(cx, &account, stored).await?),
        None => None,
    };
    // The password may have been changed, or the account disabled, while this one was compared.
    session::begin(cx, &account, stored.as_deref()).await?.ok_or_else(wrong)
}
