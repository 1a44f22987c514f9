//! A boxed message: what went wrong, or what to know.

use crate::lang::{say, tr};
use domain::Error;
use leptos::prelude::*;

/// An error as a person reads it, announced to screen readers.
#[component]
pub fn ErrorNotice(error: Error) -> impl IntoView {
    let changes = match &error {
        Error::Stale { changes, .. } => changes.clone(),
        _ => Vec::new(),
    };
    view! {
        <div class="notice notice-error" role="alert">
            <p>{say(&error.sentence())}</p>
            {(!changes.is_empty())
                .then(|| {
                    view! {
                        <p>{tr!(form.stale)}</p>
                        <ul>
                            {changes
                                .into_iter()
                                .map(|c| view! { <li>{format!("{} {} ", c.at.date(), c.at.clock())}{say(&c.sentence)}</li> })
                                .collect_view()}
                        </ul>
                    }
                })}
        </div>
    }
}
