//! What checks a certificate without us: its signed file and the public keys.

use crate::AppState;
use crate::answer::refused;
use crate::security::Visitor;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use domain::limit::Limit;
use service::certificate::{as_jwks, public, signed_file};
use service::limit;

pub fn routes() -> Router<AppState> {
    Router::new().route("/verify/{number}/signed.json", get(signed)).route("/.well-known/jwks.json", get(keys))
}

/// Numbers can be guessed: looking up is counted.
async fn signed(State(state): State<AppState>, Extension(visitor): Extension<Visitor>, Path(number): Path<String>) -> Response {
    let cx = visitor.context(&state);
    let counted = limit::take(&cx.service, Limit::LookUpCertificate, &cx.address).await;
    let file = match counted {
        Ok(()) => signed_file(&cx.service, &number).await,
        Err(error) => Err(error),
    };
    match file {
        Ok(file) => {
            let kind = HeaderValue::from_static("application/jose+json");
            let save = HeaderValue::from_static("attachment; filename=\"certificate.json\"");
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, save)], file).into_response()
        }
        Err(error) => refused(error, visitor.lang),
    }
}

async fn keys(State(state): State<AppState>, Extension(visitor): Extension<Visitor>) -> Response {
    match public(&state.service()).await {
        Ok(keys) => Json(as_jwks(&keys)).into_response(),
        Err(fault) => refused(fault, visitor.lang),
    }
}
