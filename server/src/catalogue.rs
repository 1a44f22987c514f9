//! The catalogue in the compact form for the browser: compressed once, kept for ever under its digest.

use crate::AppState;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::catalogue::Catalogue;
use domain::log::Digest;

/// The catalogue as it is sent.
#[derive(Debug)]
pub struct Compact {
    /// Its address.
    pub path: String,
    plain: Bytes,
    brotli: Bytes,
}

/// High enough to be small, low enough not to be felt at start.
const QUALITY: i32 = 9;

impl Compact {
    /// Writes a catalogue and compresses it.
    ///
    /// # Errors
    /// It cannot be compressed.
    pub fn of(catalogue: &Catalogue) -> Result<Compact, service::Fault> {
        let plain = catalogue.to_bytes();
        let params = brotli::enc::BrotliEncoderParams { quality: QUALITY, ..Default::default() };
        let mut small = Vec::new();
        brotli::BrotliCompress(&mut plain.as_slice(), &mut small, &params)?;
        let path = format!("/catalogue/{}.bin", &Digest::of(&plain).to_string()[..16]);
        Ok(Compact { path, plain: plain.into(), brotli: small.into() })
    }
}

/// An edition of the catalogue that is in use, or was.
pub async fn serve(State(state): State<AppState>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let editions = state.editions();
    let Some(compact) = editions.iter().find(|c| c.path.strip_prefix("/catalogue/") == Some(name.as_str())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let brotli = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("br"));
    let mut response = Response::new(Body::from(if brotli { compact.brotli.clone() } else { compact.plain.clone() }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if brotli {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}
