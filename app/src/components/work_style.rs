//! The style of the pages of a project's work: a file of its own, so that a first visit does not fetch it.

use leptos::prelude::*;

/// Stands on the pages it is for. The address changes with its contents.
#[component]
pub fn WorkStyle() -> impl IntoView {
    view! { <link rel="stylesheet" href=concat!("/work.css?", env!("WORK_STYLE")) /> }
}
