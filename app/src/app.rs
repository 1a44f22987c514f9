//! The frame around every page, and the table of pages.

use crate::components::layout::Layout;
use crate::pages::{guide, guide_map, home, matter, matters, not_found, project, projects, sign_in};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// The files of the browser side, with their hashed names.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub struct Assets {
    pub js: String,
    pub wasm: String,
    pub css: String,
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
    let script =
        format!("import init, {{ hydrate }} from '/pkg/{}'; init({{ module_or_path: '/pkg/{}' }}).then(hydrate);", assets.js, assets.wasm);
    view! {
        <!DOCTYPE html>
        <html lang=crate::lang::lang().tag() data-today=today().to_string() data-catalogue=catalogue.to_string()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light" />
                <link rel="stylesheet" href=format!("/pkg/{}", assets.css) />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="modulepreload" href=format!("/pkg/{}", assets.js) />
                <link rel="preload" r#as="fetch" r#type="application/wasm" href=format!("/pkg/{}", assets.wasm) crossorigin="anonymous" />
                <link rel="preload" r#as="fetch" href=catalogue.to_string() crossorigin="anonymous" />
                <script type="module" nonce=nonce>
                    {script}
                </script>
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
                    <Route path=path!("/") view=home::Home ssr=SsrMode::Async />
                    <Route path=path!("/guide") view=guide::Guide ssr=SsrMode::Async />
                    <Route path=path!("/guide/map") view=guide_map::Map ssr=SsrMode::Async />
                    <Route path=path!("/matters") view=matters::Matters ssr=SsrMode::Async />
                    <Route path=path!("/matters/:id") view=matter::MatterPage ssr=SsrMode::Async />
                    <Route path=path!("/sign-in") view=sign_in::SignIn ssr=SsrMode::Async />
                    <Route path=path!("/projects") view=projects::Projects ssr=SsrMode::Async />
                    <ParentRoute path=path!("/projects/:id") view=project::ProjectFrame ssr=SsrMode::Async>
                        <Route path=path!("") view=project::overview::Overview />
                        <Route path=path!("/matters/:matter") view=project::work::Work />
                        <Route path=path!("/consultations") view=project::consultations::Consultations />
                        <Route path=path!("/difficulties") view=project::difficulties::Difficulties />
                        <Route path=path!("/log") view=project::log::Log />
                    </ParentRoute>
                </Routes>
            </Layout>
        </Router>
    }
}
