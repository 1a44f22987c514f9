//! Pages and their server functions: renders the app for a visitor.

use crate::security::Visitor;
use crate::{AppState, cache};
use app::{App, Kept, Origin, Today, shell};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Lang;
use leptos::prelude::*;
use leptos_axum::{generate_route_list, handle_server_fns_with_context, render_app_async_with_context};
use serde::Deserialize;

/// The paths of the app's pages, as axum writes them.
pub fn paths() -> Vec<String> {
    let catalogue = std::sync::Arc::new(domain::catalogue::Catalogue::from(domain::catalogue::Parts::default()));
    let routes = generate_route_list(move || {
        provide_context(catalogue.clone());
        provide_context(Today(domain::date::Instant::from_unix_micros(0).date()));
        view! { <App /> }
    });
    let mut paths: Vec<String> = routes.iter().map(|r| r.path().to_string()).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Everything a page or server function finds in its context.
fn provide(state: &AppState, visitor: &Visitor) {
    let assets = state.assets();
    provide_context(assets.lazy_pages());
    provide_context(assets);
    provide_context(state.catalogue_url());
    provide_context(state.earlier());
    let service = state.service();
    provide_context(service.catalogue.clone());
    provide_context(Today(service.clock.now().date()));
    provide_context(visitor.lang);
    provide_context(Origin(visitor.origin.clone()));
    provide_context(visitor.person.clone());
    provide_context(visitor.access.clone());
    provide_context(visitor.context(state));
}

pub async fn render(State(state): State<AppState>, request: Request) -> Response {
    let visitor = request.extensions().get::<Visitor>();
    let open = visitor.filter(|v| v.person.is_none() && request.method() == Method::GET);
    let now = state.service().clock.now();
    let key = open.and_then(|visitor| {
        let path = request.uri().path_and_query().map(|p| p.as_str()).unwrap_or("/");
        cache::key(path, visitor.lang.tag(), &visitor.origin, &state.catalogue_url().0, now.date())
    });
    let Some(key) = key else { return render_with(state, request, None).await };
    if let Some(kept) = state.pages.get(&key, now) {
        return kept;
    }
    let response = render_with(state.clone(), request, None).await;
    state.pages.keep(key, response, now).await
}

async fn render_with(state: AppState, request: Request, kept: Option<Kept>) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default();
    let signed_in = visitor.person.is_some();
    let context = move || {
        provide(&state, &visitor);
        if let Some(kept) = &kept {
            provide_context(kept.clone());
        }
    };
    let handler = render_app_async_with_context(context, shell);
    let mut response = handler(request).await;
    let cache = if signed_in { "private, no-store" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie"));
    response
}

/// Longer than any form of ours; a longer one is refused.
const LARGEST_FORM: usize = 256 * 1024;

pub async fn server_function(State(state): State<AppState>, request: Request) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default();
    let plain_form = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_FORM).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let fields: Vec<(String, String)> = if plain_form { serde_urlencoded::from_bytes(&bytes).unwrap_or_default() } else { Vec::new() };
    // A form on the page of a refused one: the page's own address, not the one it stands at.
    if let Some((_, back)) = fields.iter().find(|(name, _)| name == "back")
        && let Ok(referer) = HeaderValue::from_str(&app::local_path(back))
    {
        parts.headers.insert(header::REFERER, referer);
    }
    let headers = parts.headers.clone();
    let context = {
        let (state, visitor) = (state.clone(), visitor.clone());
        move || provide(&state, &visitor)
    };
    let mut response = handle_server_fns_with_context(context, Request::from_parts(parts, Body::from(bytes.clone()))).await.into_response();
    if plain_form && let Some(to) = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()) {
        if let Some(answer) = refused(&state, visitor, headers, to, fields).await {
            return answer;
        }
        // A plain form goes on to a page, whatever came of it: an error travels in the address.
        *response.status_mut() = StatusCode::SEE_OTHER;
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A refused plain form is answered by its page with the reason and with what was written: sent on to the page's
/// address, the person would find the form empty. `None`: it was not refused, or holds nothing worth keeping.
async fn refused(state: &AppState, visitor: Visitor, headers: HeaderMap, to: &str, fields: Vec<(String, String)>) -> Option<Response> {
    let uri: Uri = to.parse().ok()?;
    let path = uri.path_and_query()?.as_str();
    if !path.contains("__err=") || !fields.iter().any(|(name, _)| name == "key") {
        return None;
    }
    let mut request = Request::get(path).body(Body::empty()).ok()?;
    for name in [header::COOKIE, header::ACCEPT, header::HOST] {
        if let Some(value) = headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    request.extensions_mut().insert(visitor);
    let kept = Kept { fields: fields.into(), back: without_error(path).into() };
    Some(render_with(state.clone(), request, Some(kept)).await)
}

/// The address of a page without what a failed form left in it.
fn without_error(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept: Vec<&str> = query.split('&').filter(|p| !p.is_empty() && !p.starts_with("__path=") && !p.starts_with("__err=")).collect();
    if kept.is_empty() { path.to_string() } else { format!("{path}?{}", kept.join("&")) }
}

#[derive(Deserialize)]
pub struct Back {
    #[serde(default)]
    to: String,
}

/// Remembers the language for a year and goes back to the page.
pub async fn choose_language(Path(tag): Path<String>, Query(Back { to }): Query<Back>) -> Response {
    let Some(lang) = Lang::from_tag(&tag) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = Redirect::to(&app::local_path(&to)).into_response();
    let cookie = format!("lang={}; Path=/; SameSite=Lax; Max-Age=31536000", lang.tag());
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
