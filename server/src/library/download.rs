//! Documents leave the portal: one by one, by ranges, or all in one zip.

use super::zip;
use crate::answer::Refusal;
use crate::security::Cx;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::Id;
use domain::project::Project;
use domain::project::library::Document;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use service::material::{Found, all, contents, find, take_out};
use service::{Context, Error, Fault};

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Which version, from 1; the latest if none.
    version: Option<String>,
    /// `1`: to be kept and not shown.
    save: Option<String>,
}

/// A version of a document, or a range of it.
pub(super) async fn download(
    Cx(cx): Cx,
    Path((project, document)): Path<(Id<Project>, Id<Document>)>,
    Query(asked): Query<Asked>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // What is no number is no version.
    let version = asked.version.as_ref().map(|version| version.parse().unwrap_or_default());
    let found = find(&cx, &project, &document, version).await?;
    let asked_for = |name: &HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let tag = format!("\"{}\"", found.digest);
    if asked_for(&header::IF_NONE_MATCH) == Some(tag.as_str()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let only_looks = method == Method::HEAD;
    // A range of the version it has; of another it gets the whole.
    let same = asked_for(&header::IF_RANGE).is_none_or(|version| version == tag);
    let range = asked_for(&header::RANGE).filter(|_| same && !only_looks).and_then(|v| range(v, found.size));
    if range.as_ref().is_some_and(|r| r.start >= r.end) {
        let all = HeaderValue::from_str(&format!("bytes */{}", found.size));
        let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
        if let Ok(all) = all {
            response.headers_mut().insert(header::CONTENT_RANGE, all);
        }
        return Ok(response);
    }
    let body = match only_looks {
        true => {
            exists(&cx, &found).await?;
            Body::empty()
        }
        false => Body::from_stream(contents(&cx, &project, &found, range.clone()).await?),
    };
    let mut response = Response::new(body);
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
    set(header::CACHE_CONTROL, "private, no-store".into());
    set(header::CONTENT_DISPOSITION, disposition(if shown { "inline" } else { "attachment" }, &found.name));
    // It may be shown within our own pages; whatever it holds runs nothing.
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; frame-ancestors 'self'".into(),
    );
    set(header::X_FRAME_OPTIONS, "SAMEORIGIN".into());
    Ok(response)
}

async fn exists(cx: &Context, found: &Found) -> Result<(), Error> {
    match cx.service.blobs.has(found.digest).await? {
        true => Ok(()),
        false => Err(Fault::from(format!("the contents {} are missing", found.digest)).into()),
    }
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

/// What is escaped in a name of RFC 8187.
const IN_A_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// RFC 6266, with the name in any script (RFC 8187).
fn disposition(kind: &str, name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    let coded = utf8_percent_encode(name, IN_A_NAME);
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}

/// All documents in one zip, written while it is read: nothing is gathered first.
pub(super) async fn download_all(Cx(cx): Cx, Path(project): Path<Id<Project>>, method: Method) -> Result<Response, Refusal> {
    let (name, list) = all(&cx, &project).await?;
    let body = match method {
        Method::HEAD => Body::empty(),
        _ => {
            let going = take_out(&cx, &project, &list).await?;
            Body::from_stream(zip::write(cx.service.blobs.clone(), list, going))
        }
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&disposition("attachment", &format!("{}.zip", name.zh))) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
