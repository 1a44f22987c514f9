//! One page, one file.

pub mod account;
pub mod case;
pub mod chart;
pub mod editor;
pub mod guide;
pub mod guide_map;
pub mod home;
pub mod matter;
pub mod matters;
pub mod not_found;
pub mod part;
pub mod plan;
pub mod project;
pub mod projects;
pub mod sign_in;
pub mod verify;
pub mod worklist;

use leptos::prelude::*;
use leptos_meta::Title;

/// The title in the browser's tab. It is a plain text and no signal: the server writes it into the page when all is
/// rendered, and a signal of a page that was rendered anew meanwhile is gone by then.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    view! { <Title text=as_title(format!("{text} · {}", crate::lang::tr!(site.brand))) /> }
}

/// `leptos_meta` writes a title into the page as it is, so the server escapes it; the browser sets it as text.
fn as_title(text: String) -> String {
    if cfg!(feature = "ssr") { crate::drawing::escape(&text) } else { text }
}

/// Sets the answer's status while the server renders; nothing in the browser.
pub fn set_status(code: u16) {
    #[cfg(feature = "ssr")]
    if let (Some(response), Ok(code)) = (use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(code)) {
        response.set_status(code);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = code;
}
