//! Files the browser gets: those under `/pkg`, in folders named by their contents, kept for ever; public ones as they are.

use crate::security::Visitor;
use crate::{AppState, pages};
use app::Assets;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

/// The built site: where its files are, and what they are called.
#[derive(Clone, Debug)]
pub struct Site {
    folder: Arc<PathBuf>,
    read: Arc<RwLock<HashMap<PathBuf, Read>>>,
    /// Which files a page needs.
    pub assets: Assets,
}

/// A file as it was read: all who ask for it, however slowly they take it, share one copy.
#[derive(Clone, Debug)]
struct Read {
    modified: SystemTime,
    bytes: Bytes,
}

/// What `cargo xtask site` writes last: the folders of the program and the style, and which files a lazy
/// page's function needs.
#[derive(Deserialize)]
struct Manifest {
    program: String,
    style: String,
    preload: HashMap<String, Vec<String>>,
}

impl Site {
    /// Opens the folder `cargo xtask site` made.
    ///
    /// # Errors
    /// A sentence: it is not there, or not whole.
    pub fn open(folder: PathBuf) -> Result<Site, service::Fault> {
        let manifest = folder.join("manifest.json");
        let text = std::fs::read_to_string(&manifest)
            .map_err(|e| format!("the browser's files are not at {}: {e}. Build them with `cargo xtask site`.", folder.display()))?;
        let Manifest { program, style, preload } = serde_json::from_str(&text)
            .map_err(|e| format!("{} is not what this version writes: {e}. Run `cargo xtask site` again.", manifest.display()))?;
        let assets = Assets { program: program.into(), style: style.into(), preload: Arc::new(preload) };
        Ok(Site { folder: Arc::new(folder), read: Arc::default(), assets })
    }

    /// No files: for tests that ask for pages only.
    pub fn none() -> Site {
        Site { folder: Arc::new(PathBuf::from("/nonexistent")), read: Arc::default(), assets: Assets::default() }
    }

    async fn bytes(&self, path: PathBuf) -> Option<Bytes> {
        let modified = tokio::fs::metadata(&path).await.and_then(|file| file.modified()).ok()?;
        let kept = self.read.read().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
        if let Some(kept) = kept.filter(|kept| kept.modified == modified) {
            return Some(kept.bytes);
        }
        let bytes = Bytes::from(tokio::fs::read(&path).await.ok()?);
        self.read.write().unwrap_or_else(PoisonError::into_inner).insert(path, Read { modified, bytes: bytes.clone() });
        Some(bytes)
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

/// A name that stays in its folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The best precompressed form the browser takes, else the file itself.
async fn file(site: &Site, folder: &str, name: &str, headers: &HeaderMap, cache: &'static str) -> Option<Response> {
    if !is_plain(name) {
        return None;
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let path = site.folder.join(folder).join(name);
    for (ending, encoding) in [(".br", "br"), (".gz", "gzip"), ("", "")] {
        if !encoding.is_empty() && !accepted.contains(encoding) {
            continue;
        }
        let path = path.with_file_name(format!("{name}{ending}"));
        if let Some(bytes) = site.bytes(path).await {
            let mut response = Response::new(Body::from(bytes));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            if !encoding.is_empty() {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
            return Some(response);
        }
    }
    None
}

/// Folders named by their contents never change them.
pub async fn package(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((folder, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let folder = is_plain(&folder).then(|| format!("pkg/{folder}"));
    let found = match &folder {
        Some(folder) => file(&state.site, folder, &name, request.headers(), "public, max-age=31536000, immutable").await,
        None => None,
    };
    match found {
        Some(response) => response,
        None => pages::render(State(state), visitor, request).await,
    }
}

/// Files of `public/`, else the page that says there is none.
pub async fn public_or_not_found(State(state): State<AppState>, visitor: Visitor, request: Request) -> Response {
    let name = request.uri().path().trim_start_matches('/').to_string();
    match file(&state.site, "", &name, request.headers(), "public, max-age=86400").await {
        Some(response) if name != "manifest.json" => response,
        _ => pages::render(State(state), visitor, request).await,
    }
}

/// A header every answer has.
pub const NOSNIFF: (HeaderName, HeaderValue) = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
