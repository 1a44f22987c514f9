//! A form that sends one command: says what it is doing, is done once however often it is sent, keeps
//! what was written when it fails, and works without JavaScript.
//!
//! Without JavaScript a refused form comes back as a page of its own, made by the server with what was
//! written ([`RefusedForm`]).

use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::tr;
use crate::pages::set_status;
use domain::Error;
use domain::project::view::Done;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::{Http, ServerFn};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// What a page's forms have in common: a random seed from the server and the version the page shows.
#[derive(Clone, Copy)]
pub struct FormBase {
    pub seed: StoredValue<String>,
    /// The next number of a key: none is used twice on a page, whatever forms come and go. A form may be
    /// gone, by what the live feed brought, before it hears that it was done.
    pub next: StoredValue<u32>,
    pub version: Signal<u64>,
}

/// What was written in a plain form that was refused; the server provides it to the page it answers with.
#[derive(Clone, Debug, Default)]
pub struct RefusedForm {
    pub fields: Arc<Vec<(String, String)>>,
    /// The page's own address: the answer stands at the form's, and the next form sent from it has to lead back.
    pub back: Arc<str>,
}

impl RefusedForm {
    fn value(&self, field: &str) -> Option<String> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
    }

    /// Whether it is of this form: a form's key is `<seed>.<name>.<number>`.
    fn is_of(&self, form: &str) -> bool {
        let key = self.value("key").unwrap_or_default();
        let name = key.split_once('.').and_then(|(_, rest)| rest.rsplit_once('.'));
        name.map_or(form.is_empty(), |(name, _)| name == form)
    }
}

/// What is kept for the form around.
#[derive(Clone)]
struct RefusedHere(RefusedForm);

/// What was written in a field of the form around, if it was refused.
pub fn kept(field: &str) -> Option<String> {
    use_context::<RefusedHere>().and_then(|RefusedHere(kept)| kept.value(field))
}

/// Whether the form of this name was refused and is shown again: what folds it away is then open.
pub fn was_refused(form: &str) -> bool {
    use_context::<RefusedForm>().is_some_and(|kept| kept.is_of(form))
}

/// Where the forms of a refused form's page lead back to; nothing on any other page.
#[component]
pub fn Back() -> impl IntoView {
    use_context::<RefusedForm>().map(|kept| view! { <input type="hidden" name="back" value=kept.back.to_string() /> })
}

/// What was written in a plain form whose sender is signed out and whose page cannot be shown: to be sent again.
#[component]
pub fn SendAgain() -> impl IntoView {
    let (kept, refused) = (use_context::<RefusedForm>()?, use_context::<ServerActionError>()?);
    let field = |(name, value): &(String, String)| view! { <input type="hidden" name=name.clone() value=value.clone() /> };
    let fields = kept.fields.iter().filter(|(name, _)| name != "back").map(field).collect_view();
    Some(view! {
        <form method="post" action=refused.path().to_string()>
            <Back />
            {fields}
            <button class="button">{tr!(form.send_again)}</button>
        </form>
    })
}

/// For a form that is no `CommandForm`: makes `kept` answer for the form of this name.
pub fn keep(form: &str) {
    // Components share their parent's context: every form says anew what is kept for it, nothing included.
    if let Some(kept) = use_context::<RefusedForm>() {
        provide_context(RefusedHere(if kept.is_of(form) { kept } else { RefusedForm::default() }));
    }
}

/// A labelled box for a text of some lines, which has to be filled.
#[component]
pub fn TextBox(
    #[prop(into)] label: String,
    name: &'static str,
    #[prop(default = 2)] rows: u8,
    #[prop(default = 2000)] most: u32,
) -> impl IntoView {
    // As text of the element: a view of text would bring a marker with it, which a text box would show.
    let text = crate::drawing::escape(&kept(name).unwrap_or_default());
    view! {
        <label>
            {label}
            <textarea name=name rows=rows.to_string() required maxlength=most.to_string() inner_html=text></textarea>
        </label>
    }
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
    /// Fields that say beside themselves what is wrong with them.
    #[prop(default = &[])]
    tied: &'static [&'static str],
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = Failure, Output = Done, Protocol = Http<PostUrl, Out>> + DeserializeOwned + Clone + Send + Sync + 'static,
    F::Client: Client<Failure>,
    <<F::Client as Client<Failure>>::Request as ClientReq<Failure>>::FormData: From<leptos::web_sys::FormData>,
    Out: Send + Sync + 'static,
{
    let base = expect_context::<FormBase>();
    keep(&name);
    if let Some(Err(Failure(error))) = action.value().get_untracked() {
        set_status(error.status());
    }
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
                <Back />
                <input type="hidden" name="key" value=key />
                <input type="hidden" name="based_on" value=move || based_on.get().to_string() />
                {children()}
                {move || match action.value().get() {
                    Some(Err(Failure(error))) if !is_said_beside(&error, tied) => Some(view! { <ErrorNotice error /> }),
                    _ => None,
                }}
                <button class=class disabled=move || pending.get() aria-disabled=move || pending.get().then_some("true")>
                    {move || if pending.get() { tr!(form.sending) } else { button.clone() }}
                </button>
            </ActionForm>
        </div>
    }
}

/// Whether each field that is wrong says so itself.
fn is_said_beside(error: &Error, tied: &[&str]) -> bool {
    matches!(error, Error::Invalid { fields } if fields.iter().all(|(field, _)| tied.contains(&field.as_str())))
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
