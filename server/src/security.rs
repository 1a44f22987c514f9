//! Who is asking, and what protects them.

use crate::answer::refused;
use crate::assets::NOSNIFF;
use crate::gate::Head;
use crate::{AppState, Peer};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Lang;
use domain::account::{Actor, Person};
use service::account::{Access, Holder};

/// The session's person and the reader's language, as every handler finds them.
#[derive(Clone, Default)]
pub struct Visitor {
    pub actor: Option<Actor>,
    /// What they came in by, for what outlives the request: the live feed asks again whether it holds.
    pub access: Option<Access>,
    pub person: Option<Person>,
    pub lang: Lang,
    /// The address the visitor uses, as far as the host.
    pub origin: String,
    /// Where the visitor comes from in the network.
    pub address: String,
    /// That is not where people of government may come from.
    pub outside: bool,
}

impl Visitor {
    /// Who is asking, for an operation of the portal.
    pub fn context(&self, state: &AppState) -> service::Context {
        state.service().context(self.actor.clone()).from(&self.address).outside(self.outside)
    }
}

/// Finds out who is asking, and turns away what another site makes a browser send.
pub async fn who(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD && !same_origin(&request) {
        return (StatusCode::FORBIDDEN, "this request comes from another site\n").into_response();
    }
    let asked = request.uri().query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("lang=")));
    let chosen = || Lang::from_tag(&app::cookie(request.headers(), "lang")?);
    let lang = asked.and_then(Lang::from_tag).or_else(chosen).unwrap_or_default();
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let mut visitor = Visitor { lang, origin: origin(request.headers()), address: address(&state, &request), ..Visitor::default() };
    visitor.outside = !state.settings.is_staff_address(&visitor.address);
    // A token comes by the header alone, a session by its cookie alone.
    let service = state.service();
    let holder = match (bearer, app::cookie(request.headers(), app::session_cookie(&visitor.origin))) {
        (Some(token), _) => service::account::by_token(&service, token).await,
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
        Err(fault) => return refused(fault, lang),
    }
    if let Some(answer) = crate::gate::turned_away(&state, &visitor, Head::of(&request)).await {
        return answer;
    }
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

fn address(state: &AppState, request: &Request) -> String {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let forwarded = request.headers().get("x-forwarded-for").and_then(|v| v.to_str().ok());
    state.settings.address(peer, forwarded).map_or_else(|| "unknown".to_string(), |address| address.to_string())
}

/// Behind a proxy that speaks HTTPS, `x-forwarded-proto` says so.
fn origin(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    text("host").map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}

/// Browsers name the origin of every form and fetch that changes something. No name: not a browser.
pub fn same_origin(request: &Request) -> bool {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok());
    match request.headers().get(header::ORIGIN).and_then(|o| o.to_str().ok()) {
        None => true,
        Some(origin) => origin.split_once("://").map(|(_, from)| Some(from) == host).unwrap_or(false),
    }
}

/// What every answer carries.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let (name, value) = NOSNIFF;
    headers.insert(name, value);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // A document may be shown within our own pages.
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    response
}
