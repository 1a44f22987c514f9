//! The documents of a project over HTTP. Files arrive by the tus protocol (1.0.0, core and creation and termination), which any
//! tus client speaks and which goes on where a connection broke; they leave one by one or all in one zip, as they
//! are read.

mod download;
mod zip;

use crate::AppState;
use crate::answer::Refusal;
use crate::security::Cx;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use base64::Engine as _;
use domain::id::Id;
use domain::limit::Limit;
use domain::project::library::LARGEST;
use futures::StreamExt;
use service::limit;
use service::material::{Announced, LARGEST_PART, Taken, announce, give_up, may_announce, take, upload};
use service::{Context, Error, Public};
use std::collections::HashMap;
use tokio::sync::OwnedSemaphorePermit;

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const TUS: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// The document a file has become.
const DOCUMENT: HeaderName = HeaderName::from_static("quanlian-document");

/// The routes of this file and its folder.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/projects/{id}/uploads", post(create_upload).options(tus_options))
        .route("/uploads/{upload}", any(tus_upload))
        .route("/projects/{id}/documents/{document}", get(download::download))
        .route("/projects/{id}/documents.zip", get(download::download_all))
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

/// What the server understands of tus.
async fn tus_options() -> Response {
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
        let text = String::from_utf8(bytes).ok()?;
        Some((name.to_string(), text.chars().filter(|c| *c != '\0').collect()))
    };
    text.split(',').filter(|p| !p.trim().is_empty()).filter_map(pair).collect()
}

/// Announces a file; the answer names the address its bytes go to.
async fn create_upload(Cx(cx): Cx, Path(project): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let project = Id::from(project);
    let length = number(&headers, &LENGTH);
    let mut said = metadata(&headers);
    let mut optional = |name: &str| said.remove(name).filter(|text| !text.is_empty());
    let announced = Announced {
        name: optional("filename").unwrap_or_default(),
        length: length.unwrap_or_default(),
        material: optional("material").map(Id::from),
        replaces: optional("replaces").map(Id::from),
        why: optional("why").unwrap_or_default(),
    };
    if length.is_none() {
        may_announce(&cx, &project, &announced).await?;
        return Ok((StatusCode::BAD_REQUEST, "Upload-Length is missing\n").into_response());
    }
    let upload = announce(&cx, &project, announced).await?;
    Ok(tus(StatusCode::CREATED, &[(header::LOCATION, format!("/uploads/{}", upload.id)), (OFFSET, "0".into())]))
}

/// How far it is (HEAD), the next part (PATCH), or giving it up (DELETE).
async fn tus_upload(Cx(cx): Cx, Path(id): Path<String>, request: Request) -> Result<Response, Refusal> {
    Ok(match request.method().as_str() {
        "HEAD" => {
            let upload = upload(&cx, &id).await?;
            tus(StatusCode::OK, &[(OFFSET, upload.received.to_string()), (LENGTH, upload.length().to_string())])
        }
        "PATCH" => add(cx, id, request).await?,
        "DELETE" => {
            give_up(&cx, &id).await?;
            tus(StatusCode::NO_CONTENT, &[])
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    })
}

/// The part begins elsewhere; the client may know by this where to go on. A refusal by the rules, 409 too, has no offset.
fn wrong_offset(received: u64) -> Response {
    tus(StatusCode::CONFLICT, &[(OFFSET, received.to_string())])
}

/// Another part of the file is being taken: this one waits.
fn locked() -> Response {
    tus(StatusCode::LOCKED, &[(header::RETRY_AFTER, "1".into())])
}

/// Takes the next part. Whoever may not add it, or begins elsewhere, hears so before the bytes are read; of one file one
/// part at a time is in memory, and all parts together have a bound.
async fn add(cx: Context, id: String, request: Request) -> Result<Response, Error> {
    // Whose it is comes before how it is sent.
    let upload = upload(&cx, &id).await?;
    let headers = request.headers();
    if headers.get(header::CONTENT_TYPE).is_none_or(|v| v != "application/offset+octet-stream") {
        return Ok(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
    }
    let Some(offset) = number(headers, &OFFSET) else {
        return Ok((StatusCode::BAD_REQUEST, "Upload-Offset is missing\n").into_response());
    };
    if number(headers, &header::CONTENT_LENGTH).is_some_and(|length| length > LARGEST_PART as u64) {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    }
    if !upload.finished && offset != upload.received {
        return Ok(wrong_offset(upload.received));
    }
    let counts = cx.service.counts.clone();
    let Some(one) = counts.begin_at_most(Limit::Uploads, &format!("upload/{id}"), 1) else { return Ok(locked()) };
    let account = limit::begin(&cx, Limit::Uploads, cx.actor()?.account.as_str(), 2).await?;
    let Some((bytes, room)) = receive_part(request.into_body(), &cx).await? else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let end = offset.saturating_add(bytes.len() as u64);
    // What has begun is brought to its end, whether or not the sender still waits.
    let taken = tokio::spawn(async move {
        let _until_it_is_done = (one, account, room);
        take(&cx, &id, offset, bytes).await
    });
    Ok(match taken.await.map_err(service::Fault::from)?? {
        Taken::Part { received } => tus(StatusCode::NO_CONTENT, &[(OFFSET, received.to_string())]),
        Taken::Whole { document } => tus(StatusCode::NO_CONTENT, &[(OFFSET, end.to_string()), (DOCUMENT, document.to_string())]),
        Taken::WrongOffset { received } => wrong_offset(received),
        Taken::Busy => locked(),
    })
}

/// The bytes of a part with the room they take; `None`: there are too many.
async fn receive_part(body: Body, cx: &Context) -> Result<Option<(Bytes, Option<OwnedSemaphorePermit>)>, Error> {
    let mut room: Option<OwnedSemaphorePermit> = None;
    let mut bytes = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let cut_off = domain::text!("上传中断，请重试。", "The connection broke; please try again.");
        let piece = piece.map_err(|_| Public::invalid("file", cut_off))?;
        if bytes.len() + piece.len() > LARGEST_PART {
            return Ok(None);
        }
        let Some(more) = cx.service.blobs.room_for(piece.len()) else {
            return Err(limit::met(cx, Limit::Arriving, cx.actor()?.account.as_str(), 5).await);
        };
        match &mut room {
            Some(room) => room.merge(more),
            None => room = Some(more),
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some((bytes.into(), room)))
}
