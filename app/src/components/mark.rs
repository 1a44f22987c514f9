//! Small marks: assumed, to be verified, the six permits, the state of a matter. Always a word; colour repeats it.

use crate::lang::{say, tr};
use domain::catalogue::Confidence;
use domain::project::matter::State;
use leptos::prelude::*;

#[component]
pub fn Assumed() -> impl IntoView {
    view! { <span class="mark mark-assumed" title=tr!(site.assumed_hint)>{tr!(site.assumed)}</span> }
}

/// Shown for what the editors are not sure of.
#[component]
pub fn Low(confidence: Confidence) -> impl IntoView {
    (confidence == Confidence::Low).then(|| view! { <span class="mark mark-assumed" title=tr!(site.low_hint)>{tr!(site.low)}</span> })
}

#[component]
pub fn SixMark() -> impl IntoView {
    view! { <span class="mark mark-six">{tr!(map.six_mark)}</span> }
}

#[component]
pub fn StateMark(state: State) -> impl IntoView {
    view! { <span class=format!("state state-{}", state.code())>{say(&state.name())}</span> }
}
