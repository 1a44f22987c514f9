//! What checks a certificate without us: its signed file and the public keys.

use crate::AppState;
use crate::security::Visitor;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use service::certificate::{as_jwks, public, signed_file};

pub fn routes() -> Router<AppState> {
    Router::new().route("/verify/{number}/signed.json", get(signed)).route("/.well-known/jwks.json", get(keys))
}

fn refused(error: service::Error, visitor: &Visitor) -> Response {
    let public = error.into_public();
    let status = StatusCode::from_u16(public.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, public.sentence().get(visitor.lang).to_string()).into_response()
}

async fn signed(State(state): State<AppState>, Extension(visitor): Extension<Visitor>, Path(number): Path<String>) -> Response {
    match signed_file(&state.service(), &number).await {
        Ok(file) => {
            let kind = HeaderValue::from_static("application/jose+json");
            let save = HeaderValue::from_static("attachment; filename=\"certificate.json\"");
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, save)], file).into_response()
        }
        Err(error) => refused(error, &visitor),
    }
}

async fn keys(State(state): State<AppState>, Extension(visitor): Extension<Visitor>) -> Response {
    match public(&state.service()).await {
        Ok(keys) => Json(as_jwks(&keys)).into_response(),
        Err(fault) => refused(fault.into(), &visitor),
    }
}
