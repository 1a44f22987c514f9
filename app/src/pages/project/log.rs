//! The whole log, verified where it is read.

#[cfg(feature = "ssr")]
use super::send;
use super::{LogEntry, page};
use crate::components::form::{CommandForm, TextBox};
use crate::error::Failure;
use crate::lang::tr;
use app_macros::rpc;
use domain::log::verify;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::policy::Right;
use domain::project::view::Done;
use leptos::prelude::*;

#[rpc]
pub async fn note(project: String, text: String, #[server(default)] internal: bool, key: String, based_on: u64) -> Result<Done, Failure> {
    let note = domain::project::Note { matter: None, text: domain::Text::same(text), internal, milestone: None };
    send::send(project, Request::Note { note }, key, based_on).await
}

#[component]
pub fn Log() -> impl IntoView {
    let page = page();
    let action = ServerAction::<Note>::new();
    let (may_note, may_hide) = (page.may(&Right::Note), page.may(&Right::NoteInternal));
    let verified = move || {
        page.0.with(|v| match v.recent.first().map(|r| r.version()) {
            Some(1) => match verify(&v.recent) {
                Ok(_) => view! { <p class="muted" data-testid="verified">{tr!(project.verified, n = v.recent.len())}</p> }.into_any(),
                Err(broken) => {
                    view! { <p class="notice notice-error" role="alert">{tr!(project.unverified, n = broken.version)}</p> }.into_any()
                }
            },
            _ => view! { <p class="muted">{tr!(project.partial, n = v.recent.len())}</p> }.into_any(),
        })
    };
    let entries = move || page.0.with(|v| v.recent.iter().rev().cloned().collect::<Vec<_>>());
    view! {
        {may_note
            .then(|| {
                view! {
                    <section class="panel">
                        <h2>{tr!(note.title)}</h2>
                        <CommandForm action name="note" button=tr!(note.send) class="button button-quiet">
                            <input type="hidden" name="project" value=page.id() />
                            <TextBox label=tr!(note.text) name="text" />
                            {may_hide.then(|| view! { <label class="choice"><input type="checkbox" name="internal" value="true" /><span>{tr!(note.internal)}</span></label> })}
                        </CommandForm>
                    </section>
                }
            })}
        {verified}
        <ol class="log" reversed>
            <For each=entries key=|r| r.version() let:recorded><LogEntry recorded /></For>
        </ol>
    }
}
