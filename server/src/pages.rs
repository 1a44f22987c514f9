//! Pages and their server functions: renders the app for a visitor.

use crate::AppState;
use crate::security::Visitor;
use app::{App, Today, shell};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
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
    provide_context(state.service.catalogue.clone());
    provide_context(Today(state.service.clock.now().date()));
    provide_context(visitor.lang);
    provide_context(visitor.person.clone());
    provide_context(state.service.context(visitor.actor.clone()));
}

pub async fn render(State(state): State<AppState>, request: Request) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default();
    let signed_in = visitor.person.is_some();
    let handler = render_app_async_with_context(move || provide(&state, &visitor), shell);
    let mut response = handler(request).await;
    let cache = if signed_in { "private, no-store" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie"));
    response
}

pub async fn server_function(State(state): State<AppState>, request: Request) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default();
    let plain_form = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    let mut response = handle_server_fns_with_context(move || provide(&state, &visitor), request).await.into_response();
    // A plain form goes on to a page, whatever came of it: its errors travel in the address.
    if plain_form && response.headers().contains_key(header::LOCATION) {
        *response.status_mut() = StatusCode::SEE_OTHER;
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
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
