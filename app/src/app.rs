//! The frame around every page, and the table of pages.

use crate::components::layout::Layout;
use crate::pages::{guide, not_found, part};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{Lazy, SsrMode, path};
#[cfg(feature = "ssr")]
use std::collections::HashMap;
#[cfg(feature = "ssr")]
use std::sync::Arc;

/// The files of the browser side: the folders they are in, named by their contents.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub struct Assets {
    pub program: Arc<str>,
    pub style: Arc<str>,
    /// Which files a lazy page's function needs.
    pub preload: Arc<HashMap<String, Vec<String>>>,
}

#[cfg(feature = "ssr")]
impl Assets {
    /// With it a page names the files of its lazy part in its head, so that the browser fetches them at once.
    pub fn lazy_pages(&self) -> leptos::WasmSplitManifest {
        let folder = format!("/pkg/{}", self.program);
        leptos::WasmSplitManifest(ArcStoredValue::new((folder, self.preload.as_ref().clone(), "split.js".to_string())))
    }
}

/// The whole document. The inline script carries a nonce; nothing else inline runs.
#[cfg(feature = "ssr")]
pub fn shell() -> impl IntoView {
    use crate::shared::{CatalogueUrl, today};
    use leptos::nonce::use_nonce;
    let assets = expect_context::<Assets>();
    let CatalogueUrl(catalogue) = expect_context::<CatalogueUrl>();
    let nonce = use_nonce();
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        let nonce = nonce.as_ref().map(ToString::to_string).unwrap_or_default();
        let policy = format!(
            "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
        );
        if let Ok(value) = http::HeaderValue::from_str(&policy) {
            response.insert_header(http::header::CONTENT_SECURITY_POLICY, value);
        }
    }
    let program = format!("/pkg/{}", assets.program);
    // The answer to a refused plain form stands at the form's address, which is no page the program knows.
    let alive = use_context::<crate::RefusedForm>().is_none();
    let script = format!(
        "import init, {{ hydrate }} from '{program}/quanlian.js'; init({{ module_or_path: '{program}/quanlian_bg.wasm' }}).then(hydrate);"
    );
    view! {
        <!DOCTYPE html>
        <html lang=crate::lang::lang().tag() data-today=today().to_string() data-catalogue=catalogue.to_string()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light" />
                <link rel="stylesheet" href=format!("/pkg/{}/quanlian.css", assets.style) />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="modulepreload" href=format!("{program}/quanlian.js") />
                <link rel="preload" r#as="fetch" r#type="application/wasm" href=format!("{program}/quanlian_bg.wasm") crossorigin="anonymous" />
                <link rel="preload" r#as="fetch" href=catalogue.to_string() crossorigin="anonymous" />
                {alive.then(|| view! { <script type="module" nonce=nonce>{script}</script> })}
                <leptos_meta::MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Layout>
                <Routes fallback=not_found::NotFound>
                    <Route path=path!("/") view={Lazy::<part::Home>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/guide") view=guide::Guide ssr=SsrMode::Async />
                    <Route path=path!("/guide/map") view={Lazy::<part::Map>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/guide/chart") view={Lazy::<part::Chart>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/guide/plan") view={Lazy::<part::GuidePlan>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/cases/shishan") view={Lazy::<part::Case>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/departments/:id") view={Lazy::<part::Department>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/catalogue/questions") view={Lazy::<part::Questions>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/catalogue/changes") view={Lazy::<part::Changes>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/matters") view={Lazy::<part::Matters>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/matters/:id") view={Lazy::<part::Matter>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/verify") view={Lazy::<part::Verify>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/verify/:number") view={Lazy::<part::Verify>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/sign-in") view={Lazy::<part::SignIn>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/account") view={Lazy::<part::Account>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/work") view={Lazy::<part::Worklist>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/projects") view={Lazy::<part::Projects>::new()} ssr=SsrMode::Async />
                    <ParentRoute path=path!("/projects/:id") view={Lazy::<part::Frame>::new()} ssr=SsrMode::Async>
                        <Route path=path!("") view={Lazy::<part::Overview>::new()} />
                        <Route path=path!("/matters/:matter") view={Lazy::<part::Work>::new()} />
                        <Route path=path!("/sheet") view={Lazy::<part::Sheet>::new()} />
                        <Route path=path!("/documents") view={Lazy::<part::Library>::new()} />
                        <Route path=path!("/filing") view={Lazy::<part::Filing>::new()} />
                        <Route path=path!("/issue") view={Lazy::<part::Issue>::new()} />
                        <Route path=path!("/consultations") view={Lazy::<part::Consultations>::new()} />
                        <Route path=path!("/difficulties") view={Lazy::<part::Difficulties>::new()} />
                        <Route path=path!("/chart") view={Lazy::<part::ProjectChart>::new()} />
                        <Route path=path!("/plan") view={Lazy::<part::ProjectPlan>::new()} />
                        <Route path=path!("/log") view={Lazy::<part::Log>::new()} />
                    </ParentRoute>
                </Routes>
            </Layout>
        </Router>
    }
}
