use super::{PageTitle, set_status};
use crate::lang::tr;
use leptos::prelude::*;
use leptos_router::components::A;

/// There is no such page; status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    view! {
        <PageTitle text=tr!(error.not_found) />
        <div class="page page-narrow">
            <h1>{tr!(error.not_found)}</h1>
            <p>{tr!(error.not_found_text)}</p>
            <p><A href="/" attr:class="button">{tr!(error.home)}</A></p>
        </div>
    }
}
