//! A boxed message: what went wrong, or what to know.

use crate::components::layout::{here, query_value};
use crate::lang::{say, tr};
use domain::Error;
use leptos::prelude::*;

/// The way back in and to this page. It opens beside the page, which keeps all that was written in it.
#[component]
pub fn SignInLink() -> impl IntoView {
    let here = here();
    let to = move || format!("/sign-in?to={}", query_value(&here.get()));
    view! { <a rel="external" target="_blank" href=to>{tr!(form.sign_in)}</a> }
}

/// An error as a person reads it, announced to screen readers; who is signed out finds the way back in beside it.
#[component]
pub fn ErrorNotice(error: Error) -> impl IntoView {
    let changes = match &error {
        Error::Stale { changes, .. } => changes.clone(),
        _ => Vec::new(),
    };
    let signed_out = error == Error::SignedOut;
    view! {
        <div class="notice notice-error" role="alert">
            <p>
                {say(&error.sentence())}
                {signed_out.then(|| view! { " "<SignInLink />" "{tr!(form.signed_out)} })}
            </p>
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
