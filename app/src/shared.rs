//! What server and browser both know when they render: the catalogue, the day, the language.

use domain::catalogue::Catalogue;
use domain::date::Date;
use leptos::prelude::*;
use std::sync::Arc;

/// The day it is in China, as the server knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Today(pub Date);

/// Where the browser gets the catalogue: the name changes with its contents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CatalogueUrl(pub Arc<str>);

pub fn catalogue() -> Arc<Catalogue> {
    expect_context::<Arc<Catalogue>>()
}

pub fn today() -> Date {
    expect_context::<Today>().0
}

/// Other editions of the catalogue the server has had, by name, latest first.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub struct Editions(pub Vec<(String, Arc<Catalogue>)>);

/// Scheme, host and port the reader uses, for addresses that leave the page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origin(pub String);

pub fn origin() -> String {
    use_context::<Origin>().unwrap_or_default().0
}

/// What the page carries for the browser.
#[cfg(feature = "hydrate")]
pub struct Shared {
    pub catalogue: Arc<Catalogue>,
    pub today: Today,
    pub lang: domain::Lang,
}

#[cfg(feature = "hydrate")]
impl Shared {
    pub fn provide(self) {
        provide_context(self.catalogue);
        provide_context(self.today);
        provide_context(self.lang);
        provide_context(Origin(window().location().origin().unwrap_or_default()));
    }
}

/// Reads them off `<html lang data-today data-catalogue>` and fetches the catalogue.
#[cfg(feature = "hydrate")]
pub async fn from_page() -> Option<Shared> {
    use wasm_bindgen::JsCast;
    let html = document().document_element()?;
    let today = html.get_attribute("data-today")?.parse().ok()?;
    let lang = domain::Lang::from_tag(&html.get_attribute("lang")?)?;
    let url = html.get_attribute("data-catalogue")?;
    let response = wasm_bindgen_futures::JsFuture::from(window().fetch_with_str(&url)).await.ok()?;
    let bytes = wasm_bindgen_futures::JsFuture::from(response.unchecked_into::<web_sys::Response>().array_buffer().ok()?).await.ok()?;
    let catalogue = Catalogue::from_bytes(&js_sys::Uint8Array::new(&bytes).to_vec()).ok()?;
    Some(Shared { catalogue: Arc::new(catalogue), today: Today(today), lang })
}

/// Takes out of the address what would be shown as the portal's own sentence, before the router reads it. The server rendered
/// the page without it.
#[cfg(feature = "hydrate")]
pub fn forget_errors() {
    let location = window().location();
    let (Ok(path), Ok(search), Ok(hash)) = (location.pathname(), location.search(), location.hash()) else { return };
    let query = search.trim_start_matches('?');
    let kept = crate::error::without_errors(query);
    if kept.len() != query.len()
        && let Ok(history) = window().history()
    {
        let mark = if kept.is_empty() { "" } else { "?" };
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("{path}{mark}{kept}{hash}")));
    }
}
