//! How it *runs*: HTTP, sign-in, the live feed and the command line. It wires; it does not decide.

mod assets;
mod catalogue;
pub mod cli;
mod live;
mod pages;
mod security;

pub use assets::Site;

use app::{Assets, CatalogueUrl};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use service::Service;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

/// What every handler may need.
#[derive(Clone)]
pub struct AppState {
    pub service: Service,
    pub site: Site,
    pub catalogue: Arc<catalogue::Compact>,
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

impl AppState {
    /// `stopping` turns true when the server is about to end: live feeds then close, so that it can.
    ///
    /// # Errors
    /// The catalogue cannot be written as JSON.
    pub fn new(service: Service, site: Site, stopping: tokio::sync::watch::Receiver<bool>) -> Result<AppState, service::Fault> {
        let catalogue = Arc::new(catalogue::Compact::of(&service.catalogue)?);
        Ok(AppState { service, site, catalogue, stopping })
    }

    fn assets(&self) -> Assets {
        self.site.assets.clone()
    }

    fn catalogue_url(&self) -> CatalogueUrl {
        CatalogueUrl(self.catalogue.path.as_str().into())
    }
}

/// The table of routes, grouped by who uses them.
pub fn router(state: AppState) -> Router {
    let pages = pages::paths();
    let mut router = Router::new();
    // people
    for path in pages {
        router = router.route(&path, get(pages::render));
    }
    router
        .route("/language/{tag}", get(pages::choose_language))
        // the pages' own code
        .route("/api/{*name}", any(pages::server_function))
        .route("/live", get(live::feed))
        .route("/catalogue/{name}", get(catalogue::serve))
        .route("/pkg/{folder}/{name}", get(assets::package))
        // operators
        .route("/health", get(health))
        .fallback(assets::public_or_not_found)
        .layer(from_fn_with_state(state.clone(), security::who))
        .layer(from_fn(security::headers))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(NotForContentType::const_new("text/event-stream"))))
        .with_state(state)
}

/// 200 while the database answers, else 503.
async fn health(State(state): State<AppState>) -> Response {
    match state.service.db.ping().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}
