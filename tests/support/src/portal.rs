//! A portal behind its router, with people who can sign in.

use crate::people::{CHEN, LI, PASSWORD, WANG, ZHAO, ZHOU};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use domain::guide::Answers;
use domain::id::Id;
use domain::project::Project;
use server::{AppState, Settings, Site, router};
use service::account::{NewToken, Token, add, by_login, make_token, sign_in};
use service::clock::Clock;
use service::project::{Sent, open};
use service::{Context, Service};
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

/// A whole portal on SQLite, behind the router of the server.
pub struct Portal {
    /// The portal's operations, for what a test does without HTTP.
    pub service: Service,
    /// What requests go to.
    pub router: Router,
    /// Sending true ends its live feeds.
    pub stop: watch::Sender<bool>,
    origin: String,
    _folder: tempfile::TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: axum::http::HeaderMap,
    /// Its body as text.
    pub text: String,
    /// Its body.
    pub bytes: Vec<u8>,
}

impl Portal {
    /// A portal without settings.
    pub async fn open() -> Portal {
        Portal::with(Settings::default()).await
    }

    /// A portal with an operator's settings.
    pub async fn with(settings: Settings) -> Portal {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let clock = Clock::set_to("2024-09-26T02:00:00.000000Z".parse().unwrap());
        let blobs = service::blob::Blobs::open(&folder.path().join("documents").display().to_string()).unwrap();
        let keys = service::certificate::Keys::open(&folder.path().join("keys")).unwrap();
        let service = Service::open(&url, blobs, keys, Arc::new(service::catalogue::embedded().unwrap()), clock).await.unwrap();
        for person in [WANG, ZHAO, LI, ZHOU] {
            add(&service, person.account(Some(PASSWORD))).await.unwrap();
        }
        add(&service, CHEN.account(None)).await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let origin = settings.origin().unwrap_or_default();
        let router = router(AppState::new(service.clone(), Site::none(), settings, stopping).unwrap());
        Portal { service, router, stop, origin, _folder: folder }
    }

    /// Somebody as an operation of the portal knows them.
    pub async fn as_(&self, login: &str) -> Context {
        let id = by_login(&self.service.db, login).await.unwrap().unwrap();
        self.service.context(service::account::actor(&self.service.db, &id).await.unwrap())
    }

    /// A project of WANG, with the answers that are assumed.
    pub async fn project(&self) -> Id<Project> {
        open(&self.as_("wang").await, "测试项目", "狮山", Answers::default(), Sent::default()).await.unwrap()
    }

    /// The session cookie of somebody who has signed in.
    pub async fn session(&self, login: &str) -> String {
        let Token(token) = sign_in(&self.service.context(None), login, PASSWORD).await.unwrap();
        format!("{}={token}", app::session_cookie(&self.origin))
    }

    /// An access token of somebody.
    pub async fn token(&self, login: &str, scope: &str) -> String {
        let scopes = domain::access::Scope::read_list(scope).unwrap();
        let new = NewToken { login: login.into(), name: format!("{scope}{}", service::random_hex(2)), scopes, days: 30 };
        make_token(&self.service.context(None), new).await.unwrap().0
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 10_000_000).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes: bytes.to_vec() }
    }

    /// Asks for a page, as a browser does.
    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap()).await
    }

    /// Sends a plain form from a page of the portal, as a browser without JavaScript does.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, "http://localhost")
            .header(header::REFERER, "http://localhost/sign-in")
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_string())).unwrap()).await
    }
}
