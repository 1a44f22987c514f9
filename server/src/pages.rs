//! Pages and their server functions: renders the app for a visitor.

use crate::answer::{Refusal, status};
use crate::security::Visitor;
use crate::{AppState, cache};
use app::{App, Failure, Origin, RefusedForm, Today};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use domain::{Lang, text};
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::axum::{get_server_fn_service, server_fn_paths};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use leptos_axum::{generate_route_list, handle_server_fns_with_context};
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

/// Everything a page or server function finds in its context. `cx` is one for the request, also where its page is made twice:
/// what it reads is on record once.
fn provide(state: &AppState, visitor: &Visitor, cx: &service::Context) {
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
    provide_context(cx.clone());
}

/// A page of the app; a public one from memory, if it is there.
pub async fn render(State(state): State<AppState>, visitor: Visitor, mut request: Request) -> Response {
    // A sentence that comes in an address is somebody else's and never shown as ours.
    if let Some(uri) = without_errors(request.uri()) {
        *request.uri_mut() = uri;
    }
    let now = state.service().clock.now();
    let key = (visitor.person.is_none() && request.method() == Method::GET).then(|| {
        let path = request.uri().path_and_query().map(|p| p.as_str()).unwrap_or("/");
        cache::key(path, visitor.lang.tag(), &visitor.origin, &state.catalogue_url().0, now.date())
    });
    let Some(key) = key.flatten() else { return render_with(state, visitor, request, None).await };
    if let Some(kept) = state.pages.get(&key, now) {
        return kept;
    }
    let response = render_with(state.clone(), visitor, request, None).await;
    state.pages.keep(key, response, now).await
}

/// The address without what a failed form leaves in it; `None` where there is no such thing.
fn without_errors(uri: &Uri) -> Option<Uri> {
    let query = uri.query()?;
    let kept = app::without_errors(query);
    if kept == query {
        return None;
    }
    let path = if kept.is_empty() { uri.path().to_string() } else { format!("{}?{kept}", uri.path()) };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// A plain form that was refused: what its page shows.
#[derive(Clone)]
struct FormRefusal {
    kept: RefusedForm,
    reason: ServerActionError,
}

async fn render_with(state: AppState, visitor: Visitor, request: Request, form: Option<FormRefusal>) -> Response {
    let signed_in = visitor.person.is_some();
    let rendering = state.rendering.clone();
    let cx = visitor.context(&state);
    let context = move || {
        provide(&state, &visitor, &cx);
        if let Some(FormRefusal { kept, reason }) = &form {
            provide_context(kept.clone());
            provide_context(reason.clone());
        }
    };
    let (request, _) = request.into_parts();
    let mut response = rendering.page(&request, context).await.unwrap_or_else(|error| Refusal::from(error).into_response());
    let cache = if signed_in { "private, no-store" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie"));
    response
}

/// Longer than any form of ours; a longer one is refused.
const LARGEST_FORM: usize = 256 * 1024;

/// What a page's form or program asks for. A program gets what happened as it is; a plain form, which a browser without
/// JavaScript sends, goes on to a page, or is answered by its own page with the reason.
pub async fn server_function(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    if get_server_fn_service(request.uri().path(), request.method().clone()).is_none() {
        return no_such_function(request.uri().path());
    }
    let headers = request.headers().clone();
    let plain_form = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_FORM).await else {
        let sentence = text!("表单太大。", "The form is too large.");
        return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, sentence).into_response();
    };
    if !is_form(&headers, bytes.is_empty()) {
        let sentence =
            text!("应为 application/x-www-form-urlencoded 格式的表单。", "A form is expected, as application/x-www-form-urlencoded.");
        return Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence).into_response();
    }
    // No form of ours sends a NUL, and PostgreSQL has none in a text.
    if bytes.contains(&0) || bytes.windows(3).any(|three| three == b"%00") {
        let sentence = text!("表单中有不能用的字符。", "There is a sign in the form that cannot be used.");
        return Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, sentence).into_response();
    }
    let function = parts.uri.path().to_string();
    // Called as by a program, so that its answer says what happened.
    parts.headers.remove(header::ACCEPT);
    parts.headers.remove(header::REFERER);
    let context = {
        let (state, visitor, cx) = (state.clone(), visitor.clone(), visitor.context(&state));
        move || provide(&state, &visitor, &cx)
    };
    let request = Request::from_parts(parts, Body::from(bytes.clone()));
    let response = handle_server_fns_with_context(context, request).await.into_response();
    let (mut response, mut error) = with_its_status(response).await;
    if error.as_ref().is_some_and(Failure::is_unreadable_form)
        && let Some(first) = to_whom_it_does_not_exist(&state, &visitor, &bytes).await
    {
        *response.status_mut() = status(&first);
        *response.body_mut() = Body::from(serde_json::to_vec(&Failure(first.clone())).unwrap_or_default());
        error = Some(first);
    }
    let mut response = if plain_form {
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).unwrap_or_default();
        let back = page_of(&fields, &headers, &visitor.origin);
        match (error, back) {
            (None, back) => redirect_on(response, back.as_deref().unwrap_or("/")),
            (Some(error), None) => Refusal::from(error).into_response(),
            (Some(error), Some(back)) => answered_by_its_page(&state, visitor, &headers, &function, error, back, fields).await,
        }
    } else {
        response
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn no_such_function(path: &str) -> Response {
    if server_fn_paths().any(|(known, _)| known == path) {
        let sentence = text!("请用 POST。", "POST is expected.");
        let mut response = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, sentence).into_response();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    Refusal::from(domain::Error::NotFound).into_response()
}

/// Whether the body is what our forms send; one without arguments may say nothing of its kind.
fn is_form(headers: &HeaderMap, empty: bool) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return empty };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The answer with the status of the error in it, wherever it was made.
async fn with_its_status(response: Response) -> (Response, Option<domain::Error>) {
    if !response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return (response, None);
    }
    let (mut head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let Failure(error) = serde_json::from_slice(&bytes).unwrap_or(Failure(domain::Error::Internal { reference: "-".into() }));
    head.status = status(&error);
    (Response::from_parts(head, Body::from(bytes)), Some(error))
}

/// What is said of a form that cannot be read to whom may not know its project: the same as of one that can be.
async fn to_whom_it_does_not_exist(state: &AppState, visitor: &Visitor, form: &[u8]) -> Option<domain::Error> {
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(form).unwrap_or_default();
    let (_, project) = fields.into_iter().find(|(name, _)| name == "project")?;
    let asked = service::project::may_follow(&visitor.context(state), &project.into()).await;
    asked.err().map(service::Error::into_public)
}

/// The page a plain form was sent from: the one it names, if it stands on the page of a refused form, else the `Referer`, if
/// that is ours. Always a path of this site; never a server function's address, where no page is.
fn page_of(fields: &[(String, String)], headers: &HeaderMap, origin: &str) -> Option<String> {
    let named = fields.iter().find(|(name, _)| name == "back").map(|(_, back)| app::local_path(back));
    let from = || {
        let referer = url::Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
        let ours = url::Url::parse(origin).map_or(origin.is_empty(), |ours| ours.authority() == referer.authority());
        ours.then(|| app::local_path(&referer[url::Position::BeforePath..url::Position::AfterQuery]))
    };
    named.or_else(from).filter(|path| !path.starts_with("/rpc/"))
}

/// Done: the browser goes where the function says, else back to the form's page. Its cookies go along.
fn redirect_on(response: Response, back: &str) -> Response {
    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).map_or_else(|| back.to_string(), app::local_path);
    let mut answer = Redirect::to(&to).into_response();
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        answer.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    answer
}

/// A refused plain form is answered by its page with the reason and with what was written, but for passwords: sent on to the
/// page's address, the person would find the form empty, and the reason would have to travel in the address.
async fn answered_by_its_page(
    state: &AppState,
    visitor: Visitor,
    headers: &HeaderMap,
    function: &str,
    error: domain::Error,
    back: String,
    mut fields: Vec<(String, String)>,
) -> Response {
    let Ok(mut request) = Request::get(&back).body(Body::empty()) else { return Refusal::from(error).into_response() };
    for name in [header::COOKIE, header::ACCEPT, header::HOST] {
        if let Some(value) = headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    if let Some(uri) = without_errors(request.uri()) {
        *request.uri_mut() = uri;
    }
    fields.retain(|(name, _)| !name.contains("password"));
    let (status, after) = (status(&error), error.retry_after());
    let reason = URL_SAFE.encode(serde_json::to_vec(&Failure(error)).unwrap_or_default());
    let reason = ServerActionError::new(function, &reason);
    let form = FormRefusal { kept: RefusedForm { fields: fields.into(), back: back.into() }, reason };
    let mut response = render_with(state.clone(), visitor, request, Some(form)).await;
    *response.status_mut() = status;
    if let Some(after) = after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after));
    }
    response
}

/// The page a reader came from.
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
