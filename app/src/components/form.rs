//! A form that sends one command: says what it is doing, is done once however often it is sent, keeps
//! what was written when it fails, and works without JavaScript.

use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::tr;
use domain::Error;
use domain::view::Done;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::{Http, ServerFn};
use serde::de::DeserializeOwned;

/// What a page's forms have in common: a random seed from the server and the version the page shows.
#[derive(Clone, Copy)]
pub struct FormBase {
    pub seed: StoredValue<String>,
    /// The next number of a key: none is used twice on a page, whatever forms come and go. A form may be
    /// gone, by what the live feed brought, before it hears that it was done.
    pub next: StoredValue<u32>,
    pub version: Signal<u64>,
}

impl FormBase {
    fn take(self) -> u32 {
        let number = self.next.get_value();
        self.next.set_value(number + 1);
        number
    }
}

/// A command's form. `name` tells the forms of a page apart.
#[component]
pub fn CommandForm<F, Out>(
    action: ServerAction<F>,
    #[prop(into)] name: String,
    #[prop(into)] button: String,
    #[prop(default = "button")] class: &'static str,
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = Failure, Output = Done, Protocol = Http<PostUrl, Out>> + DeserializeOwned + Clone + Send + Sync + 'static,
    F::Client: Client<Failure>,
    <<F::Client as Client<Failure>>::Request as ClientReq<Failure>>::FormData: From<leptos::web_sys::FormData>,
    Out: Send + Sync + 'static,
{
    let base = expect_context::<FormBase>();
    let number = RwSignal::new(base.take());
    // Forms come and go while their action stays: what it answered before is not about this form.
    let known = action.version().get_untracked();
    // The version the page showed when the form was made or last succeeded; a stale refusal moves it on,
    // so that the person, having seen the changes, can send again.
    let based_on = RwSignal::new(base.version.get_untracked());
    let form = NodeRef::<leptos::html::Div>::new();
    let pending = action.pending();
    Effect::new(move |_| {
        if action.version().get() == known {
            return;
        }
        match action.value().get() {
            Some(Ok(Done { .. })) => {
                number.set(base.take());
                based_on.set(base.version.get_untracked());
                clear(form);
            }
            Some(Err(Failure(Error::Stale { version, .. }))) => based_on.set(version),
            _ => {}
        }
    });
    // Whoever starts writing after something happened has seen it.
    let begin = move |_| {
        if !matches!(action.value().get_untracked(), Some(Err(_))) {
            based_on.set(base.version.get_untracked());
        }
    };
    let key = move || format!("{}.{name}.{}", base.seed.get_value(), number.get());
    view! {
        <div class="command" node_ref=form on:focusin=begin>
            <ActionForm action>
                <input type="hidden" name="key" value=key />
                <input type="hidden" name="based_on" value=move || based_on.get().to_string() />
                {children()}
                {move || match action.value().get() {
                    Some(Err(Failure(error))) => Some(view! { <ErrorNotice error /> }),
                    _ => None,
                }}
                <button class=class disabled=move || pending.get() aria-disabled=move || pending.get().then_some("true")>
                    {move || if pending.get() { tr!(form.sending) } else { button.clone() }}
                </button>
            </ActionForm>
        </div>
    }
}

/// Empties a form that has been done.
fn clear(form: NodeRef<leptos::html::Div>) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let element = form.get_untracked().and_then(|div| div.query_selector("form").ok().flatten());
        if let Some(form) = element.and_then(|e| e.dyn_into::<web_sys::HtmlFormElement>().ok()) {
            form.reset();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = form;
}
