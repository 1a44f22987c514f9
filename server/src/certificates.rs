//! What checks the portal without us: signed files of certificates, the public keys, the newest signed head of the log.

use crate::AppState;
use crate::answer::refused;
use crate::security::Visitor;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use domain::limit::Limit;
use service::certificate::signed_file;
use service::{daily_head, limit};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/verify/{number}/signed.json", get(signed))
        .route("/.well-known/jwks.json", get(keys))
        .route("/.well-known/quanlian-head.jws", get(head))
}

/// Numbers can be guessed: looking up is counted.
async fn signed(State(state): State<AppState>, Extension(visitor): Extension<Visitor>, Path(number): Path<String>) -> Response {
    let cx = visitor.context(&state);
    let counted = limit::take(&cx, Limit::LookUpCertificate, &cx.network()).await;
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
    let keys = state.service().keys.trusted().and_then(|keys| Ok(keys.to_json()?));
    match keys {
        Ok(keys) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], keys).into_response(),
        Err(fault) => refused(fault, visitor.lang),
    }
}

async fn head(State(state): State<AppState>, Extension(visitor): Extension<Visitor>) -> Response {
    match daily_head::latest(&state.service().keys) {
        Ok(head) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/jose+json"))], head).into_response(),
        Err(error) => refused(error, visitor.lang),
    }
}
