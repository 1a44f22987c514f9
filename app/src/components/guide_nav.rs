//! From one view of the same answers to the next: map, chart, plan.

use crate::lang::tr;
use leptos::prelude::*;
use leptos_router::components::A;

#[component]
pub fn GuideNav(query: String) -> impl IntoView {
    let to = move |page: &str| format!("/guide/{page}?{query}");
    view! {
        <nav class="tabs" aria-label=tr!(map.views)>
            <A href=to("map")>{tr!(map.nav)}</A>
            <A href=to("chart")>{tr!(chart.nav)}</A>
            <A href=to("plan")>{tr!(plan.nav)}</A>
        </nav>
    }
}
