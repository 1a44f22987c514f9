//! What people *see*: pages, components and server functions, compiled for the server and the browser.

#![recursion_limit = "512"]

mod anew;
mod app;
mod components;
pub mod drawing;
mod ending;
mod error;
mod lang;
mod live;
mod pages;
mod session;
mod shared;
mod together;
mod upload;

/// Typed keys of `locales/`.
#[allow(warnings, clippy::all, clippy::expect_used, clippy::unwrap_used, reason = "generated")]
mod translations {
    include!(concat!(env!("OUT_DIR"), "/i18n.rs"));
}
pub(crate) use translations::i18n;

pub use app::App;
pub use components::form::RefusedForm;
pub use error::{Failure, without_errors};
pub use shared::{CatalogueUrl, Origin, Today};

#[cfg(feature = "ssr")]
pub use app::{Assets, shell};
#[cfg(feature = "ssr")]
pub use session::{cookie, local_path, session_cookie};
#[cfg(feature = "ssr")]
pub use shared::Editions;

/// The browser's entry: fetches the catalogue, then takes over the page the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    shared::forget_errors();
    let Some(shared) = shared::from_page().await else { return };
    // Asynchronous, for a lazy page's part of the program has to be there before its nodes are taken over.
    let app = leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), move || {
        shared.provide();
        leptos::view! { <App /> }
    });
    app.await.forget();
    // Says that the page now answers at once; tests wait for it.
    if let Some(html) = leptos::prelude::document().document_element() {
        let _ = html.set_attribute("data-hydrated", "true");
    }
}
