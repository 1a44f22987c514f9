//! Who is signed in.

use crate::error::Failure;
use app_macros::rpc;
use domain::account::Person;
#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// The person of this session, for the page's head.
#[rpc]
pub async fn me() -> Result<Option<Person>, Failure> {
    Ok(use_context::<Option<Person>>().flatten())
}

/// The same, asked by an open page itself ([`crate::anew`]).
#[rpc]
pub async fn me_anew() -> Result<Option<Person>, Failure> {
    Ok(use_context::<Option<Person>>().flatten())
}

/// Sets the session's cookie and says where to go on: `to`, if it is a path of this site. The session this browser had ends.
#[rpc]
pub async fn sign_in(login: String, password: String, to: String) -> Result<String, Failure> {
    let cx = service_context()?.in_browser(browser());
    let before = session_secret();
    let service::account::Token(token) = service::account::sign_in_again(&cx, &login, &password, before.as_deref()).await?;
    set_session(&token, domain::access::SESSION_SECONDS);
    let to = local_path(&to);
    then(&to);
    Ok(to)
}

#[rpc]
pub async fn sign_out() -> Result<(), Failure> {
    let cx = service_context()?;
    if let Some(secret) = session_secret() {
        service::account::sign_out(&cx, &secret).await?;
    }
    set_session("", 0);
    leptos_axum::redirect("/");
    Ok(())
}

#[cfg(feature = "ssr")]
pub use on_server::*;

#[cfg(feature = "ssr")]
mod on_server {
    use super::*;
    use leptos_axum::ResponseOptions;

    /// Who is asking, for operations.
    pub fn service_context() -> Result<service::Context, Failure> {
        use_context::<service::Context>().ok_or_else(|| Failure::from(domain::Error::SignedOut))
    }

    /// Who is asking, and what they came in by.
    pub fn access() -> Result<(service::Context, service::account::Access), Failure> {
        let access = use_context::<Option<service::account::Access>>().flatten();
        Ok((service_context()?, access.ok_or_else(|| Failure::from(domain::Error::SignedOut))?))
    }

    /// What the session's cookie is called. By HTTPS browsers take it from this host alone, and never without encryption.
    pub fn session_cookie(origin: &str) -> &'static str {
        if origin.starts_with("https://") { "__Host-session" } else { "session" }
    }

    /// The secret of the session this browser has.
    pub fn session_secret() -> Option<String> {
        let parts = use_context::<http::request::Parts>()?;
        cookie(&parts.headers, session_cookie(&crate::shared::origin()))
    }

    /// Gives the browser a session's secret, or takes it away again.
    pub fn set_session(secret: &str, seconds: i64) {
        let name = session_cookie(&crate::shared::origin());
        let secure = if name.starts_with("__Host-") { "; Secure" } else { "" };
        set_cookie(&format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"));
    }

    pub fn set_cookie(cookie: &str) {
        if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), http::HeaderValue::from_str(cookie)) {
            response.append_header(http::header::SET_COOKIE, value);
        }
    }

    /// The browser that asks, by what it says of itself.
    pub fn browser() -> domain::browser::Browser {
        let parts = use_context::<http::request::Parts>();
        let said = parts.as_ref().and_then(|parts| parts.headers.get(http::header::USER_AGENT)?.to_str().ok());
        domain::browser::Browser::read(said.unwrap_or_default())
    }

    /// Where a plain form that is done goes on. A page whose program sent the form stays, or goes by itself.
    pub fn then(path: &str) {
        if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), http::HeaderValue::from_str(path)) {
            response.insert_header(http::header::LOCATION, value);
        }
    }

    /// How long the browser remembers what was done: it asks for the page that says so at once.
    const TOLD_SECONDS: u32 = 60;

    fn told_cookie() -> &'static str {
        if session_cookie(&crate::shared::origin()).starts_with("__Host-") { "__Host-told" } else { "told" }
    }

    fn set_told(what: &str, seconds: u32) {
        let name = told_cookie();
        let secure = if name.starts_with("__Host-") { "; Secure" } else { "" };
        set_cookie(&format!("{name}={what}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"));
    }

    /// Has the next page say once what was done: a short code, in no address and no history.
    pub fn tell_next(what: &str) {
        set_told(what, TOLD_SECONDS);
    }

    /// What was done, and it is forgotten.
    pub fn take_told() -> Option<String> {
        let parts = use_context::<http::request::Parts>()?;
        let what = cookie(&parts.headers, told_cookie()).filter(|what| !what.is_empty())?;
        set_told("", 0);
        Some(what)
    }

    /// A cookie of a request.
    pub fn cookie(headers: &http::HeaderMap, name: &str) -> Option<String> {
        let all = headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        all.flat_map(|line| line.split(';')).find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.to_string())
        })
    }
}

/// A path of this site and no other, with query and fragment: what a link or a form may lead on to. It is read as a browser
/// reads it (WHATWG), against an origin that nobody has; whatever leaves that origin leads home.
#[cfg(feature = "ssr")]
pub fn local_path(to: &str) -> String {
    within(to).unwrap_or_else(|| "/".to_string())
}

#[cfg(feature = "ssr")]
fn within(to: &str) -> Option<String> {
    let base = url::Url::parse("http://portal.invalid/").ok()?;
    let read =
        |to: &str| base.join(to).ok().filter(|url| url.origin() == base.origin() && url.username().is_empty() && url.password().is_none());
    // A path, and not an address that happens to be ours; nobody's link has signs that a browser drops.
    let url = read(to).filter(|_| to.starts_with('/') && !to.contains(char::is_control))?;
    let path = url[url::Position::BeforePath..].to_string();
    // Read again it has to stay: `/.//elsewhere` becomes `//elsewhere`.
    read(&path).filter(|again| again[url::Position::BeforePath..] == path).map(|_| path)
}
