//! The documents of a project over HTTP. Files arrive by the tus protocol (1.0.0, core and creation and termination), which any
//! tus client speaks and which goes on where a connection broke; they leave one by one or all in one zip, as they
//! are read.

use crate::AppState;
use crate::answer::refused;
use crate::security::Visitor;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use base64::Engine as _;
use domain::id::Id;
use domain::material::{Document, LARGEST};
use domain::project::Project;
use futures::StreamExt;
use serde::Deserialize;
use service::material::{Announced, Found, LARGEST_PART, Taken, all, announce, find, give_up, take, upload};
use service::{Error, Public};
use std::collections::HashMap;
use std::io::Write;
use tokio::sync::mpsc;

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const TUS: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// The document a file has become.
const DOCUMENT: HeaderName = HeaderName::from_static("quanlian-document");

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/projects/{id}/uploads", post(create).options(can))
        .route("/uploads/{upload}", any(go_on).layer(DefaultBodyLimit::max(LARGEST_PART)))
        .route("/projects/{id}/documents/{document}", get(one))
        .route("/projects/{id}/documents.zip", get(whole))
}

fn tus(status: StatusCode, headers: &[(HeaderName, String)]) -> Response {
    let mut response = status.into_response();
    response.headers_mut().insert(TUS, VERSION);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name.clone(), value);
        }
    }
    response
}

async fn can() -> Response {
    let name = |name: &'static str| HeaderName::from_static(name);
    tus(
        StatusCode::NO_CONTENT,
        &[
            (name("tus-version"), "1.0.0".into()),
            (name("tus-extension"), "creation,termination".into()),
            (name("tus-max-size"), LARGEST.to_string()),
        ],
    )
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// `Upload-Metadata`: pairs of a name and a base64 text, separated by commas.
fn metadata(headers: &HeaderMap) -> HashMap<String, String> {
    let text = headers.get("upload-metadata").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let pair = |pair: &str| {
        let (name, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let bytes = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
        Some((name.to_string(), String::from_utf8(bytes).ok()?))
    };
    text.split(',').filter(|p| !p.trim().is_empty()).filter_map(pair).collect()
}

async fn create(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(project): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(length) = number(&headers, &LENGTH) else {
        return (StatusCode::BAD_REQUEST, "Upload-Length is missing\n").into_response();
    };
    let mut said = metadata(&headers);
    let mut optional = |name: &str| said.remove(name).filter(|text| !text.is_empty());
    let announced = Announced {
        name: optional("filename").unwrap_or_default(),
        length,
        material: optional("material").map(Id::from),
        replaces: optional("replaces").map(Id::from),
        why: optional("why").unwrap_or_default(),
    };
    match announce(&visitor.context(&state), &project.into(), announced).await {
        Ok(upload) => tus(StatusCode::CREATED, &[(header::LOCATION, format!("/uploads/{}", upload.id)), (OFFSET, "0".into())]),
        Err(error) => refused(error, visitor.lang),
    }
}

/// How far it is (HEAD), the next part (PATCH), or giving it up (DELETE).
async fn go_on(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let cx = visitor.context(&state);
    match method.as_str() {
        "HEAD" => match upload(&cx, &id).await {
            Ok(upload) => tus(StatusCode::OK, &[(OFFSET, upload.received.to_string()), (LENGTH, upload.length().to_string())]),
            Err(error) => refused(error, visitor.lang),
        },
        "PATCH" => {
            if headers.get(header::CONTENT_TYPE).is_none_or(|v| v != "application/offset+octet-stream") {
                return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
            }
            let Some(offset) = number(&headers, &OFFSET) else {
                return (StatusCode::BAD_REQUEST, "Upload-Offset is missing\n").into_response();
            };
            let Ok(bytes) = body else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
            let end = offset.saturating_add(bytes.len() as u64);
            match take(&cx, &id, offset, bytes).await {
                Ok(Taken::Part { received }) => tus(StatusCode::NO_CONTENT, &[(OFFSET, received.to_string())]),
                Ok(Taken::Whole { document }) => {
                    tus(StatusCode::NO_CONTENT, &[(OFFSET, end.to_string()), (DOCUMENT, document.to_string())])
                }
                // Where to go on, the client may know by this; a refusal by the rules, 409 too, has no offset.
                Err(Error::Public(Public::Stale { version, .. })) => tus(StatusCode::CONFLICT, &[(OFFSET, version.to_string())]),
                Err(error) => refused(error, visitor.lang),
            }
        }
        "DELETE" => match give_up(&cx, &id).await {
            Ok(()) => tus(StatusCode::NO_CONTENT, &[]),
            Err(error) => refused(error, visitor.lang),
        },
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

#[derive(Deserialize)]
struct Asked {
    /// Which version, from 1; the latest if none.
    version: Option<usize>,
    /// `1`: to be kept and not shown.
    save: Option<String>,
}

/// Contents never change under their digest: a browser that has them need not ask for them again.
async fn one(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path((project, document)): Path<(Id<Project>, Id<Document>)>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Response {
    let cx = visitor.context(&state);
    let found = match find(&cx, &project, &document, asked.version).await {
        Ok(found) => found,
        Err(error) => return refused(error, visitor.lang),
    };
    let tag = format!("\"{}\"", found.digest);
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(|v| v.to_str().is_ok_and(|v| v == tag)) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let range = request.headers().get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| range(v, found.size));
    if range.as_ref().is_some_and(|r| r.start >= r.end) {
        let all = HeaderValue::from_str(&format!("bytes */{}", found.size));
        let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
        if let Ok(all) = all {
            response.headers_mut().insert(header::CONTENT_RANGE, all);
        }
        return response;
    }
    let stream = match cx.service.blobs.read(found.digest, range.clone()).await {
        Ok(stream) => stream,
        Err(fault) => return refused(fault, visitor.lang),
    };
    let mut response = Response::new(Body::from_stream(stream));
    let (start, end) = range.as_ref().map_or((0, found.size), |r| (r.start, r.end));
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    let shown = found.media.is_shown() && asked.save.is_none();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, found.media.mime().into());
    set(header::CONTENT_LENGTH, (end - start).to_string());
    set(header::ACCEPT_RANGES, "bytes".into());
    if range.is_some() {
        set(header::CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, found.size));
    }
    set(header::ETAG, tag);
    set(header::CACHE_CONTROL, "private, no-cache".into());
    set(header::CONTENT_DISPOSITION, disposition(if shown { "inline" } else { "attachment" }, &found.name));
    // It may be shown within our own pages; whatever it holds runs nothing.
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; frame-ancestors 'self'".into(),
    );
    set(header::X_FRAME_OPTIONS, "SAMEORIGIN".into());
    response
}

/// One range of bytes; several are answered with the whole, one that is not in it with an empty one.
fn range(asked: &str, size: u64) -> Option<std::ops::Range<u64>> {
    let (start, end) = asked.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (start.parse::<u64>(), end.parse::<u64>()) {
        (Ok(start), Ok(end)) => start..end.saturating_add(1).min(size),
        (Ok(start), Err(_)) if end.is_empty() => start..size,
        (Err(_), Ok(last)) if start.is_empty() => size.saturating_sub(last)..size,
        _ => return None,
    };
    Some(range)
}

/// RFC 6266, with the name in any script (RFC 8187).
fn disposition(kind: &str, name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    let coded: String = name
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-_.".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}

/// All documents in one zip, written while it is read: nothing is gathered first.
async fn whole(State(state): State<AppState>, Extension(visitor): Extension<Visitor>, Path(project): Path<Id<Project>>) -> Response {
    let cx = visitor.context(&state);
    let (name, list) = match all(&cx, &project).await {
        Ok(found) => found,
        Err(error) => return refused(error, visitor.lang),
    };
    let (to, from) = mpsc::channel::<Result<Bytes, std::io::Error>>(8);
    let (blobs, runtime) = (cx.service.blobs.clone(), tokio::runtime::Handle::current());
    tokio::task::spawn_blocking(move || {
        let failed = to.clone();
        let written =
            write_zip(Sender { to, piece: Vec::new() }, &list, |found| runtime.block_on(blobs.read(found.digest, None)), &runtime);
        if let Err(fault) = written {
            // The reader hears of it: a zip that ends early is none.
            tracing::error!(%fault, "a zip could not be written to its end");
            let _ = failed.blocking_send(Err(std::io::Error::other("the file is not whole")));
        }
    });
    let stream = futures::stream::unfold(from, |mut from| async move { from.recv().await.map(|piece| (piece, from)) }).fuse();
    let mut response = Response::new(Body::from_stream(stream));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&disposition("attachment", &format!("{}.zip", name.zh))) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

type Contents = futures::stream::BoxStream<'static, Result<Bytes, service::blob::StoreError>>;

fn write_zip(
    sender: Sender,
    list: &[Found],
    read: impl Fn(&Found) -> Result<Contents, service::Fault>,
    runtime: &tokio::runtime::Handle,
) -> Result<(), service::Fault> {
    let mut zip = zip::ZipWriter::new_stream(sender);
    // Documents are compressed already. None is as large as needs the 64-bit form, which not every program reads.
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for found in list {
        zip.start_file(found.name.as_str(), options)?;
        let mut contents = read(found)?;
        while let Some(piece) = runtime.block_on(contents.next()) {
            zip.write_all(&piece?)?;
        }
    }
    zip.finish()?.into_inner().flush()?;
    Ok(())
}

/// Sends what is written to the reader, in pieces.
struct Sender {
    to: mpsc::Sender<Result<Bytes, std::io::Error>>,
    piece: Vec<u8>,
}

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= 64 * 1024 {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let piece = std::mem::take(&mut self.piece);
        if piece.is_empty() {
            return Ok(());
        }
        self.to.blocking_send(Ok(piece.into())).map_err(|_| std::io::Error::other("the reader is gone"))
    }
}
