//! Public pages kept in memory: the same address gives the same page to everybody who is not signed in.
//!
//! A page's scripts run by a nonce that must be fresh for every answer, so a page is kept in the pieces between its
//! nonces and put together anew. Editions of the catalogue and days are part of the key; what else a page shows
//! (the areas with a lead officer) may be a minute old.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::date::Instant;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// All pages together hold no more than this, in bytes.
const MOST_BYTES: u64 = 24 << 20;
/// About how many pages that is.
const PAGES: usize = 512;
/// Longer addresses and pages are made anew each time.
const LONGEST_ADDRESS: usize = 2000;
const LARGEST_PAGE: usize = 1 << 20;
const FRESH_SECONDS: i64 = 60;

/// The pages in memory. When there is no more room, those go that were asked for least.
#[derive(Clone)]
pub struct Pages(Arc<Cache<String, Arc<Page>, Bulk>>);

impl Default for Pages {
    fn default() -> Pages {
        Pages(Arc::new(Cache::with_weighter(PAGES, MOST_BYTES, Bulk)))
    }
}

/// The room a page takes, in bytes.
#[derive(Clone)]
struct Bulk;

impl Weighter<String, Arc<Page>> for Bulk {
    fn weight(&self, _: &String, page: &Arc<Page>) -> u64 {
        page.size as u64
    }
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    /// What stands between the nonces of the policy and of the page.
    policy: Vec<String>,
    text: Vec<String>,
    until: Instant,
    size: usize,
}

/// The key of a page; `None` for addresses that are not kept.
pub fn key(path_and_query: &str, lang: &str, origin: &str, catalogue: &str, day: domain::date::Date) -> Option<String> {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let public =
        path == "/" || ["/guide", "/matters", "/departments/", "/cases/", "/catalogue/questions"].iter().any(|p| path.starts_with(p));
    let keep = public && path_and_query.len() <= LONGEST_ADDRESS && !path_and_query.contains("__");
    keep.then(|| format!("{lang} {origin} {catalogue} {day} {path_and_query}"))
}

impl Pages {
    /// A page that is here and not older than a minute.
    pub fn get(&self, key: &str, now: Instant) -> Option<Response> {
        let page = self.0.get(key)?;
        (now < page.until).then(|| page.answer())
    }

    /// Keeps a page and answers with it.
    pub async fn keep(&self, key: String, response: Response, now: Instant) -> Response {
        let (parts, body) = response.into_parts();
        let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
            return Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body(Body::empty()).unwrap_or_default();
        };
        let policy = parts.headers.get(header::CONTENT_SECURITY_POLICY).and_then(|v| v.to_str().ok()).map(str::to_string);
        let nonce = policy.as_deref().and_then(|p| p.split("'nonce-").nth(1)?.split('\'').next().map(str::to_string));
        let text = std::str::from_utf8(&bytes).map(str::to_string);
        let (Some(policy), Some(nonce), Ok(text)) = (policy, nonce.filter(|n| n.len() >= 16), text) else {
            return Response::from_parts(parts, Body::from(bytes));
        };
        let pieces = |whole: &str| whole.split(nonce.as_str()).map(str::to_string).collect::<Vec<_>>();
        let page = Arc::new(Page {
            status: parts.status,
            headers: parts.headers,
            policy: pieces(&policy),
            text: pieces(&text),
            until: now.plus_seconds(FRESH_SECONDS),
            size: text.len() + key.len() + 500,
        });
        // Wrong addresses are made by programs that try; they are not worth the room. What sets a cookie is for one alone.
        if page.status == StatusCode::OK && page.size <= LARGEST_PAGE && !page.headers.contains_key(header::SET_COOKIE) {
            self.0.insert(key, page.clone());
        }
        page.answer()
    }
}

impl Page {
    fn answer(&self) -> Response {
        let nonce = service::random_hex(16);
        let mut response = Response::new(Body::from(Bytes::from(self.text.join(&nonce))));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        if let Ok(policy) = HeaderValue::from_str(&self.policy.join(&nonce)) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}
