//! For who runs the portal, and who found a weakness in it.

use crate::AppState;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::time::Duration;

/// Longer than anything healthy takes.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long what `security.txt` says holds.
const HOLDS_SECONDS: i64 = 180 * 24 * 3600;

/// The routes of this file.
pub fn routes() -> Router<AppState> {
    Router::new().route("/health", get(health)).route("/.well-known/security.txt", get(security_txt))
}

/// 200 while the database answers and work that blocks (passwords, files) is begun, else 503.
async fn health(State(state): State<AppState>) -> Response {
    let service = state.service();
    let begun = tokio::task::spawn_blocking(|| {});
    let waiting = begun.abort_handle();
    let well = async {
        service.db.ping().await.map_err(|error| {
            tracing::warn!(%error, "the database does not answer");
            "the database does not answer\n"
        })?;
        begun.await.map_err(|_| "the server is stopping\n")
    };
    match tokio::time::timeout(PATIENCE, well).await {
        Ok(Ok(())) => "ok\n".into_response(),
        Ok(Err(why)) => (StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
        Err(_) => {
            waiting.abort();
            tracing::warn!("the server has its hands full");
            (StatusCode::SERVICE_UNAVAILABLE, "the server has its hands full\n").into_response()
        }
    }
}

/// RFC 9116.
async fn security_txt(State(state): State<AppState>) -> Response {
    let Some(contact) = &state.settings.contact else { return StatusCode::NOT_FOUND.into_response() };
    let expires = state.service().clock.now().plus_seconds(HOLDS_SECONDS);
    let mut text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: zh, en\n");
    if let Some(origin) = state.settings.origin() {
        text += &format!("Canonical: {origin}/.well-known/security.txt\n");
    }
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
