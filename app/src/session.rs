//! Who is signed in.

use crate::error::Failure;
use domain::account::Person;
use leptos::prelude::*;

/// The person of this session, for the page's head.
#[server]
pub async fn me() -> Result<Option<Person>, Failure> {
    Ok(use_context::<Option<Person>>().flatten())
}

/// Sets the session's cookie and goes on to `to`, a path of this site.
#[server]
pub async fn sign_in(login: String, password: String, to: String) -> Result<(), Failure> {
    let cx = service_context()?;
    let service::account::Token(token) = service::account::sign_in(&cx, &login, &password).await?;
    // Behind a proxy that speaks HTTPS the cookie never travels without it.
    let https = use_context::<http::request::Parts>().is_some_and(|p| p.headers.get("x-forwarded-proto").is_some_and(|v| v == "https"));
    let secure = if https { "; Secure" } else { "" };
    set_cookie(&format!("session={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800{secure}"));
    leptos_axum::redirect(&local_path(&to));
    Ok(())
}

#[server]
pub async fn sign_out() -> Result<(), Failure> {
    let cx = service_context()?;
    if let Some(parts) = use_context::<http::request::Parts>()
        && let Some(token) = cookie(&parts.headers, "session")
    {
        service::account::sign_out(&cx.service, &token).await?;
    }
    set_cookie("session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
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

    pub fn set_cookie(cookie: &str) {
        if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), http::HeaderValue::from_str(cookie)) {
            response.append_header(http::header::SET_COOKIE, value);
        }
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

#[cfg(feature = "ssr")]
/// A path of this site and no other: what a link may lead back to.
pub fn local_path(to: &str) -> String {
    let local = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\") && !to.contains(['\r', '\n']);
    if local { to.to_string() } else { "/".to_string() }
}
