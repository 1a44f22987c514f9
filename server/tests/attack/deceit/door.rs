//! The portal of a world, with somebody's session at its door.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use server::{AppState, Settings, Site, router};
use test_support::world::World;
use tokio::sync::watch;
use tower::ServiceExt;

pub(crate) struct Door {
    pub(crate) router: Router,
    cookie: String,
    _stop: watch::Sender<bool>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl Door {
    pub(crate) fn of(world: &World, cookie: String) -> Door {
        let (stop, stopping) = watch::channel(false);
        let state = AppState::new(world.service.clone(), Site::none(), Settings::default(), stopping).unwrap();
        Door { router: router(state), cookie, _stop: stop }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 50_000_000).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, &self.cookie);
        self.send(request.header(header::ACCEPT, "text/html").body(Body::empty()).unwrap()).await
    }

    /// Asks for a part of something.
    pub(crate) async fn range(&self, path: &str, range: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, &self.cookie);
        self.send(request.header(header::RANGE, range).body(Body::empty()).unwrap()).await
    }

    /// Asks how something is, and not for it.
    pub(crate) async fn head(&self, path: &str) -> Answer {
        let request = Request::head(path).header(header::HOST, "localhost").header(header::COOKIE, &self.cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, accept: &str, referer: Option<&str>, kind: &str, body: &[u8]) -> Answer {
        let mut request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, kind);
        if let Some(referer) = referer {
            request = request.header(header::REFERER, referer);
        }
        self.send(request.body(Body::from(body.to_vec())).unwrap()).await
    }

    /// The address of a server function, as a page's form names it.
    pub(crate) async fn action(&self, page: &str, name: &str) -> String {
        let text = self.get(page).await.text();
        let path = format!("/rpc/{name}");
        assert!(text.contains(&format!("\"{path}\"")), "{page} has no form for {name}");
        path
    }
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn coded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}
