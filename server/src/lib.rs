//! How it *runs*: HTTP, sign-in, the live feed and the command line. It wires; it does not decide.

mod answer;
mod assets;
mod cache;
mod catalogue;
mod certificates;
pub mod cli;
mod collab;
mod files;
mod gate;
mod library;
mod live;
mod one_line;
mod operators;
mod pages;
mod record;
mod rendering;
mod security;
pub mod serve;
mod settings;

pub use assets::Site;
pub use pages::paths as page_paths;
pub use settings::{Peer, Settings};

use app::{Assets, CatalogueUrl};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use domain::catalogue::Catalogue;
use service::Service;
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

/// What every handler may need.
#[derive(Clone)]
pub struct AppState {
    open: Arc<RwLock<Open>>,
    pages: cache::Pages,
    rendering: rendering::Rendering,
    rooms: collab::Rooms,
    /// The browser's files.
    pub site: Site,
    /// What the operator says.
    pub settings: Arc<Settings>,
    /// Turns true when the server is about to end.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

/// The portal with the catalogue's edition that is in use, and the editions browsers may still ask for.
struct Open {
    service: Service,
    editions: VecDeque<Arc<catalogue::Compact>>,
    /// What was in use before, for comparing.
    earlier: VecDeque<(String, Arc<Catalogue>)>,
}

/// Editions kept for pages that were open when a new one came.
const EDITIONS: usize = 4;

impl AppState {
    /// `stopping` turns true when the server is about to end: live feeds then close, so that it can.
    ///
    /// # Errors
    /// The catalogue cannot be written as JSON.
    pub fn new(
        service: Service,
        site: Site,
        settings: Settings,
        stopping: tokio::sync::watch::Receiver<bool>,
    ) -> Result<AppState, service::Fault> {
        let editions = VecDeque::from([Arc::new(catalogue::Compact::of(&service.catalogue)?)]);
        // Where another catalogue is in use, the one the program carries can be compared with it.
        let carried = service::catalogue::embedded().ok().filter(|c| c.to_bytes() != service.catalogue.to_bytes());
        let carried = carried.map(|c| (format!("{} · quanlian {}", c.edition, env!("CARGO_PKG_VERSION")), Arc::new(c)));
        let open = Open { service, editions, earlier: carried.into_iter().collect() };
        Ok(AppState {
            open: Arc::new(RwLock::new(open)),
            pages: cache::Pages::default(),
            rendering: rendering::Rendering::default(),
            rooms: collab::Rooms::default(),
            site,
            settings: Arc::new(settings),
            stopping,
        })
    }

    /// The portal's operations, with the catalogue in use now.
    pub fn service(&self) -> Service {
        self.open.read().unwrap_or_else(PoisonError::into_inner).service.clone()
    }

    /// Serves another edition of the catalogue from now on. Pages that are open keep theirs.
    ///
    /// # Errors
    /// The catalogue cannot be written as JSON.
    pub fn replace_catalogue(&self, catalogue: Arc<Catalogue>) -> Result<(), service::Fault> {
        let compact = Arc::new(catalogue::Compact::of(&catalogue)?);
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{} ({})", open.service.catalogue.edition, open.service.clock.now().date());
        let before = open.service.catalogue.clone();
        open.earlier.push_front((name, before));
        open.earlier.truncate(EDITIONS);
        open.service = open.service.with_catalogue(catalogue);
        open.editions.retain(|known| known.path != compact.path);
        open.editions.push_front(compact);
        open.editions.truncate(EDITIONS);
        Ok(())
    }

    fn editions(&self) -> VecDeque<Arc<catalogue::Compact>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).editions.clone()
    }

    /// The catalogue as it was before, for comparing.
    fn earlier(&self) -> app::Editions {
        app::Editions(self.open.read().unwrap_or_else(PoisonError::into_inner).earlier.iter().cloned().collect())
    }

    fn assets(&self) -> Assets {
        self.site.assets.clone()
    }

    fn catalogue_url(&self) -> CatalogueUrl {
        CatalogueUrl(self.editions().front().map(|c| c.path.as_str().into()).unwrap_or_default())
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
        .merge(files::routes())
        .merge(library::routes())
        .merge(certificates::routes())
        .merge(record::routes())
        // the pages' own code
        .route("/rpc/{*name}", any(pages::server_function))
        .route("/live", get(live::feed))
        .route("/collab/ticket", post(collab::ticket))
        .route("/collab/{document}", any(collab::enter))
        .route("/catalogue/{name}", get(catalogue::serve))
        .route("/pkg/{folder}/{name}", get(assets::package))
        // operators
        .merge(operators::routes())
        .fallback(assets::public_or_not_found)
        .layer(from_fn_with_state(state.clone(), security::identify))
        .layer(from_fn_with_state(state.clone(), security::host))
        .layer(from_fn_with_state(state.clone(), security::headers))
        .layer(CompressionLayer::new().quality(COMPRESSION).compress_when(worth_compressing()))
        .with_state(state)
}

/// Brotli finds repeated text further away from 5 on: a page is a seventh smaller than at 4, in about the same time.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(5);

/// Not what is compressed in itself, and is asked for by ranges; not what has to come at once.
fn worth_compressing() -> impl Predicate {
    const NOT: [&str; 5] =
        ["text/event-stream", "application/zip", "application/pdf", "application/vnd.openxmlformats-officedocument", "application/ofd"];
    let [events, zip, pdf, office, ofd] = NOT.map(NotForContentType::const_new);
    DefaultPredicate::new().and(events).and(zip).and(pdf).and(office).and(ofd)
}
