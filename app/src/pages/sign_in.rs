use super::PageTitle;
use crate::components::form::{Back, keep, kept};
use crate::components::layout::Me;
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::tr;
use crate::session::SignIn as SignInAction;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

/// A plain form: signing in loads the next page anew, with or without JavaScript.
#[component]
pub fn SignIn() -> impl IntoView {
    let query = use_query_map();
    let person = expect_context::<Me>();
    let to = move || query.with(|q| q.get("to")).unwrap_or_else(|| "/projects".to_string());
    // A refused form is answered by this page, with the reason and the login that was typed.
    let failed = ServerAction::<SignInAction>::new();
    keep("");
    view! {
        <PageTitle text=tr!(sign_in.title) />
        <div class="page page-narrow">
            <h1>{tr!(sign_in.title)}</h1>
            <p class="lead">{tr!(sign_in.lead)}</p>
            <Transition>{move || person.get().map(|p| view! { <p class="notice">{tr!(sign_in.already, name = p.name)}</p> })}</Transition>
            {move || match failed.value().get() {
                Some(Err(Failure(error))) => Some(view! { <ErrorNotice error /> }),
                _ => None,
            }}
            <form method="post" action=SignInAction::PATH class="stack">
                <Back />
                <input type="hidden" name="to" value=to />
                <label>{tr!(sign_in.login)}<input name="login" value=kept("login") autocomplete="username" autocapitalize="none" required maxlength="40" /></label>
                <label>{tr!(sign_in.password)}<input name="password" type="password" autocomplete="current-password" required maxlength="200" /></label>
                <p><button class="button">{tr!(sign_in.submit)}</button></p>
            </form>
        </div>
    }
}
