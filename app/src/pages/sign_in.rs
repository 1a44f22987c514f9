use super::PageTitle;
use crate::components::form::{Back, keep, kept};
use crate::components::layout::Me;
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::tr;
use crate::session::SignIn as SignInAction;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Signing in loads the next page anew, with or without JavaScript. With it, who is refused stays where they are.
#[component]
pub fn SignIn() -> impl IntoView {
    let query = use_query_map();
    let person = expect_context::<Me>();
    // Who comes here from a page that stayed open may be signed in no more: the head of the page learns it here.
    Effect::new(move |_| person.0.refetch());
    let to = move || query.with(|q| q.get("to")).unwrap_or_else(|| "/projects".to_string());
    // Without JavaScript a refused form is answered by this page, with the reason and the login that was typed.
    let action = ServerAction::<SignInAction>::new();
    let password = NodeRef::<leptos::html::Input>::new();
    let refused = Signal::derive(move || match action.value().get() {
        Some(Err(Failure(error))) => Some(error),
        _ => None,
    });
    let busy = action.pending();
    Effect::new(move |_| match action.value().get() {
        Some(Ok(to)) => {
            let _ = window().location().assign(&to);
        }
        Some(Err(_)) => {
            if let Some(password) = password.get() {
                password.set_value("");
                let _ = password.focus();
            }
        }
        None => {}
    });
    keep("");
    view! {
        <PageTitle text=tr!(sign_in.title) />
        <div class="page page-narrow">
            <h1>{tr!(sign_in.title)}</h1>
            <p class="lead">{tr!(sign_in.lead)}</p>
            <Transition>{move || person.get().map(|p| view! { <p class="notice">{tr!(sign_in.already, name = p.name)}</p> })}</Transition>
            <div id="sign-in-fault">{move || refused.get().map(|error| view! { <ErrorNotice error /> })}</div>
            <ActionForm action attr:class="stack">
                <Back />
                <input type="hidden" name="to" value=to />
                <label>{tr!(sign_in.login)}<input name="login" value=kept("login") autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="40" /></label>
                <label>
                    {tr!(sign_in.password)}
                    <input
                        node_ref=password
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        maxlength="200"
                        autofocus=refused.get_untracked().is_some()
                        aria-invalid=move || refused.get().filter(|error| error.status() == 422).map(|_| "true")
                        aria-describedby=move || refused.get().map(|_| "sign-in-fault")
                    />
                </label>
                <p><button class="button" disabled=move || busy.get()>{move || if busy.get() { tr!(form.sending) } else { tr!(sign_in.submit) }}</button></p>
            </ActionForm>
        </div>
    }
}
