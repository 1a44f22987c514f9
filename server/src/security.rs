//! Who is asking, and what protects them.

use crate::answer::{Refusal, in_language};
use crate::assets::NOSNIFF;
use crate::gate::Head;
use crate::{AppState, Peer, Settings};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::account::{Actor, Person};
use domain::{Lang, text};
use service::Context;
use service::account::{Access, Holder};
use std::convert::Infallible;

/// The session's person and the reader's language, as every handler finds them.
#[derive(Clone, Default)]
pub struct Visitor {
    /// Who is asking, as the rules know them; nobody: they are not signed in.
    pub actor: Option<Actor>,
    /// What they came in by, for what outlives the request: the live feed asks again whether it holds.
    pub access: Option<Access>,
    /// The same as pages show them.
    pub person: Option<Person>,
    /// The language they read.
    pub lang: Lang,
    /// The portal's public address, for addresses that leave the portal.
    pub origin: String,
    /// Where the visitor comes from in the network.
    pub address: String,
    /// That is not where people of government may come from.
    pub outside: bool,
}

impl Visitor {
    /// Who is asking, for an operation of the portal.
    pub fn context(&self, state: &AppState) -> Context {
        state.service().context(self.actor.clone()).from(&self.address).outside(self.outside).at(&self.origin)
    }
}

/// As [`identify`] found them.
impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Visitor, Infallible> {
        Ok(parts.extensions.get::<Visitor>().cloned().unwrap_or_default())
    }
}

/// Who is asking, for an operation of the portal: whether somebody is signed in, the operation asks.
pub struct Cx(pub Context);

impl FromRequestParts<AppState> for Cx {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Cx, Infallible> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        Ok(Cx(visitor.context(state)))
    }
}

/// The origin a request was sent to, as [`host`] found it.
#[derive(Clone)]
struct Own(String);

/// Answers requests for the portal's own address and no other: not those of a name that somebody let point here.
/// Whoever asks whether the server is well may know it by any name.
pub async fn host(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    // No address of ours has a NUL, and PostgreSQL looks nothing up by one.
    if request.uri().to_string().contains("%00") || !is_plain(request.uri().path()) {
        return (
            StatusCode::BAD_REQUEST,
            [(header::CACHE_CONTROL, "no-store")],
            "网址中有不能用的字符。\nThe address has a sign that cannot be used.\n",
        )
            .into_response();
    }
    let own = asked_host(&request).and_then(|host| state.settings.origin_at(&host));
    match own {
        Some(own) => {
            request.extensions_mut().insert(Own(own));
        }
        None if state.settings.public.is_none() || request.uri().path() == "/health" => {}
        None => {
            let origin = state.settings.origin().unwrap_or_default();
            let sentence = text!("本网站的地址是 {origin}。", "This portal is at {origin}.");
            let body = format!("{}\n{}\n", sentence.zh, sentence.en);
            return (StatusCode::MISDIRECTED_REQUEST, [(header::CACHE_CONTROL, "no-store")], body).into_response();
        }
    }
    next.run(request).await
}

/// Whether everybody reads a path alike: those who ask for rights by its parts, and the router that walks them. One with `.`
/// or `..`, with a backslash or a sign that is not seen may lead elsewhere than it says.
fn is_plain(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
    let unseen = path.contains('\\') || path.contains("%0") || path.contains("%1") || path.contains("%7f");
    !unseen && !path.split('/').any(|part| part == "." || part == "..")
}

/// The one host a request names: in its address (HTTP/2 and proxies), its header, or both alike.
fn asked_host(request: &Request) -> Option<Authority> {
    let mut named = request.headers().get_all(header::HOST).iter().map(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let (first, second) = (named.next(), named.next());
    match (request.uri().authority(), first, second) {
        (_, _, Some(_)) | (_, Some(None), _) => None,
        (Some(address), Some(Some(header)), None) => (*address == header).then_some(header),
        (Some(address), None, None) => Some(address.clone()),
        (None, header, None) => header.flatten(),
    }
}

/// Finds out who is asking, and turns away what another site makes a browser send.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let asked = request.uri().query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("lang=")));
    let chosen = || Lang::from_tag(&app::cookie(request.headers(), "lang")?);
    let lang = asked.and_then(Lang::from_tag).or_else(chosen).unwrap_or_default();
    if request.method() != Method::GET && request.method() != Method::HEAD && !comes_from_here(&request, &state.settings) {
        let sentence = text!("该请求来自其他网站，未予处理。", "This request comes from another site; nothing was done.");
        return Refusal::from(domain::Error::Forbidden { sentence }).answer(lang);
    }
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let mut visitor = Visitor { lang, origin: origin(&state, &request), address: address(&state, &request), ..Visitor::default() };
    visitor.outside = !state.settings.is_staff_address(&visitor.address);
    // A token comes by the header alone, a session by its cookie alone.
    let service = state.service();
    let holder = match (bearer, app::cookie(request.headers(), app::session_cookie(&visitor.origin))) {
        (Some(token), _) => service::account::by_token(&service, token).await,
        (None, Some(secret)) if crate::gate::is_by_itself(request.uri().path()) => {
            service::account::by_session_unused(&service, &secret).await
        }
        (None, Some(secret)) => service::account::by_session(&service, &secret).await,
        (None, None) => Ok(None),
    };
    match holder {
        Ok(Some(Holder { actor, person, access })) => {
            visitor.actor = Some(actor);
            visitor.person = Some(person);
            visitor.access = Some(access);
        }
        Ok(None) => {}
        Err(fault) => return Refusal::from(fault).answer(lang),
    }
    if let Some(answer) = crate::gate::turned_away(&state, &visitor, Head::of(&request)).await {
        return answer;
    }
    let signed_in = visitor.person.is_some();
    request.extensions_mut().insert(visitor);
    let mut response = in_language(next.run(request).await, lang);
    if signed_in {
        keep_out_of_caches(response.headers_mut());
    }
    response
}

/// What is answered to somebody stays on no disk; but for what is the same for everybody, and the live feed.
fn keep_out_of_caches(headers: &mut HeaderMap) {
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let control = text(header::CACHE_CONTROL);
    if !control.starts_with("public") && !control.contains("no-store") && !text(header::CONTENT_TYPE).starts_with("text/event-stream") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
}

fn address(state: &AppState, request: &Request) -> String {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    state.settings.address(peer, Some(&forwarded(request.headers()))).map_or_else(|| "unknown".to_string(), |address| address.to_string())
}

/// All that was forwarded, in order: a proxy may add its word as a line of its own after the client's.
fn forwarded(headers: &HeaderMap) -> String {
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or("?")).collect();
    lines.join(",")
}

/// The configured address; without one, as in tests, the host that was asked.
fn origin(state: &AppState, request: &Request) -> String {
    let own = || request.extensions().get::<Own>().map(|own| own.0.clone());
    state.settings.origin().or_else(own).unwrap_or_default()
}

/// Whether a request that changes something comes from our own pages, or from a program with its token. A browser
/// sends cookies by itself, and a token only if our own page says so.
fn comes_from_here(request: &Request, settings: &Settings) -> bool {
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_program = text(header::AUTHORIZATION).is_some_and(|v| v.starts_with("Bearer ")) && !headers.contains_key(header::COOKIE);
    if is_program {
        return true;
    }
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match text(header::ORIGIN) {
        Some(_) => same_origin(request),
        // Browsers name the origin of whatever changes something.
        None => settings.public.is_none(),
    }
}

/// Whether the origin that a request names is the one it was sent to.
pub fn same_origin(request: &Request) -> bool {
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    let own = request.extensions().get::<Own>();
    match (origins.next(), origins.next(), own) {
        (Some(origin), None, Some(Own(own))) => origin.as_bytes() == own.as_bytes(),
        _ => false,
    }
}

/// Two years, as the lists of browsers ask.
const HTTPS_ALONE: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
/// What no page of ours uses.
const PERMISSIONS: HeaderValue =
    HeaderValue::from_static("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// What every answer carries.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let (name, value) = NOSNIFF;
    headers.insert(name, value);
    headers.insert("cross-origin-resource-policy", SAME_ORIGIN);
    if state.settings.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ALONE);
    }
    // The program's own files are no pages: the rest says nothing of them, and would travel with each.
    if headers.get(header::CACHE_CONTROL).is_some_and(|v| v.as_bytes().ends_with(b"immutable")) {
        return response;
    }
    headers.insert(header::REFERRER_POLICY, SAME_ORIGIN);
    headers.insert("cross-origin-opener-policy", SAME_ORIGIN);
    headers.insert("permissions-policy", PERMISSIONS);
    // A document may be shown within our own pages.
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn the_line_a_proxy_adds_counts_and_not_the_clients_before_it() {
        let settings = Settings { proxies: vec!["10.0.0.1/32".parse().unwrap()], ..Settings::default() };
        let mut headers = HeaderMap::new();
        for line in ["1.1.1.1", "203.0.113.9"] {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        let address = settings.address(Some("10.0.0.1".parse().unwrap()), Some(&forwarded(&headers)));
        assert_eq!(address, Some("203.0.113.9".parse().unwrap()));
    }
}
