//! What checks the portal without us: signed files of certificates, the public keys, the newest signed head of the log.

use crate::AppState;
use crate::answer::Refusal;
use crate::security::Cx;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::limit::Limit;
use service::certificate::signed_file;
use service::{daily_head, limit};

/// The routes of this file.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/verify/{number}/signed.json", get(signed))
        .route("/.well-known/jwks.json", get(keys))
        .route("/.well-known/quanlian-head.jws", get(head))
}

/// Numbers can be guessed: looking up is counted.
async fn signed(Cx(cx): Cx, Path(number): Path<String>) -> Result<Response, Refusal> {
    limit::take(&cx, Limit::LookUpCertificate, &cx.network()).await?;
    let file = signed_file(&cx.service, &number).await?;
    let kind = HeaderValue::from_static("application/jose+json");
    let save = HeaderValue::from_static("attachment; filename=\"certificate.json\"");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, save)], file).into_response())
}

async fn keys(State(state): State<AppState>) -> Result<Response, Refusal> {
    let keys = state.service().keys.trusted()?.to_json().map_err(service::Error::from)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], keys).into_response())
}

async fn head(State(state): State<AppState>) -> Result<Response, Refusal> {
    let head = daily_head::latest(&state.service().keys)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/jose+json"))], head).into_response())
}
