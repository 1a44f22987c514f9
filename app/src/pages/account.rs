//! One's own account: the password, where one is signed in, which programs act as oneself.

use super::PageTitle;
use crate::components::form::{CommandForm, FormBase};
use crate::components::notice::ErrorNotice;
use crate::components::work_style::WorkStyle;
use crate::error::Failure;
use crate::lang::{list, say, tr};
use domain::Error;
use domain::access::{SessionLine, TokenLine};
use domain::date::Instant;
use domain::password::{LONGEST, SHORTEST};
use domain::view::Done;
use leptos::prelude::*;
use leptos_router::components::{A, Redirect};
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

/// What the page shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OwnAccount {
    sessions: Vec<SessionLine>,
    tokens: Vec<TokenLine>,
    /// The password has to be changed before anything else.
    first_password: bool,
    seed: String,
}

#[server]
pub async fn my_account() -> Result<OwnAccount, Failure> {
    let (cx, access) = crate::session::access()?;
    let sessions = service::account::sessions(&cx, &access).await.map_err(service::Error::from)?;
    let tokens = service::account::tokens(&cx, &access.account).await.map_err(service::Error::from)?;
    Ok(OwnAccount { sessions, tokens, first_password: access.first_password, seed: service::random_hex(12) })
}

#[server]
pub async fn change_password(old: String, new: String, again: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let _ = (key, based_on);
    let (cx, access) = crate::session::access()?;
    if new != again {
        let sentence = domain::text!("两次输入的新密码不一致。", "The two new passwords are not the same.");
        return Err(Error::invalid("again", sentence).into());
    }
    service::account::change_password(&cx, &access, &old, &new).await?;
    leptos_axum::redirect("/account?changed=1");
    Ok(Done { version: 0 })
}

/// Ends one of the person's sessions; without an id all others.
#[server]
pub async fn end_session(#[server(default)] id: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let _ = (key, based_on);
    let (cx, access) = crate::session::access()?;
    if id.is_empty() {
        service::account::end_others(&cx, &access).await?;
    } else {
        service::account::end_session(&cx, &access, &id).await?;
    }
    Ok(Done { version: 0 })
}

#[server]
pub async fn end_token(id: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let _ = (key, based_on);
    let (cx, access) = crate::session::access()?;
    service::account::end_token(&cx, &access, &id).await?;
    Ok(Done { version: 0 })
}

#[component]
pub fn AccountPage() -> impl IntoView {
    let loaded = Resource::new_blocking(|| (), |()| my_account());
    let actions = Actions {
        password: ServerAction::<ChangePassword>::new(),
        session: ServerAction::<EndSession>::new(),
        token: ServerAction::<EndToken>::new(),
    };
    Effect::new(move |_| {
        let done = [
            matches!(actions.password.value().get(), Some(Ok(_))),
            matches!(actions.session.value().get(), Some(Ok(_))),
            matches!(actions.token.value().get(), Some(Ok(_))),
        ];
        if done.contains(&true) {
            loaded.refetch();
        }
    });
    let query = use_query_map();
    let changed = move || query.with(|q| q.get("changed").is_some());
    view! {
        <PageTitle text=tr!(account.title) />
        <WorkStyle />
        <div class="page">
            <h1>{tr!(account.title)}</h1>
            {move || changed().then(|| view! {
                <p class="notice" role="status">{tr!(account.changed)}" "<A href="/projects">{tr!(account.go_on)}</A></p>
            })}
            <Transition>
                {move || match loaded.get()? {
                    Err(Failure(Error::SignedOut)) => Some(view! { <Redirect path="/sign-in?to=/account" /> }.into_any()),
                    Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
                    Ok(account) => Some(view! { <Shown account actions /> }.into_any()),
                }}
            </Transition>
        </div>
    }
}

#[derive(Clone, Copy)]
struct Actions {
    password: ServerAction<ChangePassword>,
    session: ServerAction<EndSession>,
    token: ServerAction<EndToken>,
}

#[component]
fn Shown(account: OwnAccount, actions: Actions) -> impl IntoView {
    let OwnAccount { sessions, tokens, first_password, seed } = account;
    provide_context(FormBase { seed: StoredValue::new(seed), next: StoredValue::new(0), version: Signal::derive(|| 0) });
    let most = LONGEST.to_string();
    view! {
        {first_password.then(|| view! { <p class="notice notice-error" role="alert">{tr!(account.first)}</p> })}
        <section class="section">
            <h2>{tr!(account.password)}</h2>
            <p class="muted">{tr!(account.rule, n = SHORTEST)}</p>
            <CommandForm action=actions.password name="password" button=tr!(account.change)>
                <div class="stack">
                    <label>{tr!(account.old)}<input name="old" type="password" autocomplete="current-password" required maxlength=most.clone() /></label>
                    <label>{tr!(account.new)}<input name="new" type="password" autocomplete="new-password" required maxlength=most.clone() /></label>
                    <label>{tr!(account.again)}<input name="again" type="password" autocomplete="new-password" required maxlength=most.clone() /></label>
                </div>
            </CommandForm>
        </section>
        {(!first_password).then(|| view! {
            <Sessions sessions action=actions.session />
            <Tokens tokens action=actions.token />
        })}
    }
}

fn at(instant: Instant) -> String {
    format!("{} {}", instant.date(), instant.clock())
}

#[component]
fn Sessions(sessions: Vec<SessionLine>, action: ServerAction<EndSession>) -> impl IntoView {
    let others = sessions.iter().any(|line| !line.this);
    let row = move |line: SessionLine| {
        let end = if line.this {
            view! { <span class="muted">{tr!(account.this)}</span> }.into_any()
        } else {
            let id = line.id.clone();
            view! {
                <CommandForm action name=format!("end-{}", line.id) button=tr!(account.end) class="button button-quiet">
                    <input type="hidden" name="id" value=id />
                </CommandForm>
            }
            .into_any()
        };
        view! { <tr><td>{at(line.began)}</td><td>{at(line.last_used)}</td><td>{line.address}</td><td>{end}</td></tr> }
    };
    view! {
        <section class="section">
            <h2>{tr!(account.sessions)}</h2>
            <p class="muted">{tr!(account.sessions_note)}</p>
            <div class="table-scroll">
                <table class="work-table">
                    <thead><tr><th>{tr!(account.began)}</th><th>{tr!(account.last_used)}</th><th>{tr!(account.address)}</th><th>{tr!(account.end)}</th></tr></thead>
                    <tbody>{sessions.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            {others.then(|| view! {
                <CommandForm action name="end-others" button=tr!(account.end_others) class="button button-quiet"><span></span></CommandForm>
            })}
        </section>
    }
}

#[component]
fn Tokens(tokens: Vec<TokenLine>, action: ServerAction<EndToken>) -> impl IntoView {
    let row = move |line: TokenLine| {
        let scope = list(line.scopes.iter().map(|scope| say(&scope.name())));
        let used = line.last_used.map_or_else(|| tr!(account.never), at);
        let id = line.id.clone();
        view! {
            <tr>
                <td>{line.name}<br /><code>{format!("{}…", line.prefix)}</code></td>
                <td>{scope}</td><td>{at(line.expires)}</td><td>{used}</td>
                <td>
                    <CommandForm action name=format!("revoke-{}", line.id) button=tr!(account.revoke) class="button button-quiet">
                        <input type="hidden" name="id" value=id />
                    </CommandForm>
                </td>
            </tr>
        }
    };
    view! {
        <section class="section">
            <h2>{tr!(account.tokens)}</h2>
            <p class="muted">{tr!(account.tokens_note)}</p>
            {if tokens.is_empty() {
                view! { <p class="empty">{tr!(account.no_tokens)}</p> }.into_any()
            } else {
                view! {
                    <div class="table-scroll">
                        <table class="work-table">
                            <thead><tr><th>{tr!(account.token)}</th><th>{tr!(account.scope)}</th><th>{tr!(account.expires)}</th><th>{tr!(account.last_used)}</th><th>{tr!(account.revoke)}</th></tr></thead>
                            <tbody>{tokens.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            }}
        </section>
    }
}
