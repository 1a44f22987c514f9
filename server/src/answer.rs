//! How an error is answered: its status, its sentence in the reader's language, when to try again.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Lang;

/// The same to a page's program, which reads the error itself and says it in the page.
pub fn refused_to_program(error: impl Into<service::Error>, lang: Lang) -> Response {
    let public = error.into().into_public();
    let body = serde_json::to_vec(&app::Failure(public.clone())).unwrap_or_default();
    let mut response = refused(public, lang);
    *response.body_mut() = body.into();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The answer to what was refused or failed; a fault is logged where it becomes public.
pub fn refused(error: impl Into<service::Error>, lang: Lang) -> Response {
    let public = error.into().into_public();
    let status = StatusCode::from_u16(public.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, format!("{}\n", public.sentence().get(lang))).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(after) = public.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after));
    }
    response
}
