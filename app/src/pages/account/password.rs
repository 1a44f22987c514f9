//! The form that changes one's password: what is wrong stands at the box it is about, and the focus is in it.

use super::ChangePassword;
use crate::components::form::CommandForm;
use crate::error::Failure;
use crate::lang::{say, tr};
use domain::Error;
use domain::password::{LONGEST, SHORTEST};
use leptos::prelude::*;

/// Its boxes, as the server function names them.
const BOXES: [&str; 3] = ["old", "new", "again"];

#[component]
pub fn PasswordForm(action: ServerAction<ChangePassword>) -> impl IntoView {
    let [old, new, again] = BOXES;
    view! {
        <section class="section">
            <h2>{tr!(account.password)}</h2>
            <p class="muted">{tr!(account.effect)}</p>
            <CommandForm action name="password" button=tr!(account.change) tied=&BOXES>
                <div class="stack">
                    <PasswordBox action name=old label=tr!(account.old) fills="current-password" />
                    <PasswordBox action name=new label=tr!(account.new) fills="new-password" hint=tr!(account.rule, n = SHORTEST) />
                    <PasswordBox action name=again label=tr!(account.again) fills="new-password" />
                </div>
            </CommandForm>
        </section>
    }
}

#[component]
fn PasswordBox(
    action: ServerAction<ChangePassword>,
    name: &'static str,
    #[prop(into)] label: String,
    /// What a browser may fill in (`autocomplete`).
    fills: &'static str,
    #[prop(optional, into)] hint: Option<String>,
) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    let fault = Signal::derive(move || match action.value().get() {
        Some(Err(Failure(Error::Invalid { fields }))) => {
            fields.into_iter().find(|(field, _)| field == name).map(|(_, sentence)| say(&sentence))
        }
        _ => None,
    });
    Effect::new(move |_| {
        if fault.get().is_some()
            && let Some(input) = input.get()
        {
            let _ = input.focus();
        }
    });
    let has_hint = hint.is_some();
    let described = move || match (has_hint, fault.get().is_some()) {
        (true, true) => Some(format!("{name}-hint {name}-fault")),
        (true, false) => Some(format!("{name}-hint")),
        (false, true) => Some(format!("{name}-fault")),
        (false, false) => None,
    };
    view! {
        <label>
            {label}
            <input
                node_ref=input
                name=name
                type="password"
                autocomplete=fills
                required
                maxlength=LONGEST.to_string()
                autofocus=fault.get_untracked().is_some()
                aria-invalid=move || fault.get().map(|_| "true")
                aria-describedby=described
            />
        </label>
        {move || fault.get().map(|sentence| view! { <p class="fault" id=format!("{name}-fault")>{sentence}</p> })}
        {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
    }
}
