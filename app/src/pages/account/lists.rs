//! Where one is signed in, and which programs act as oneself; each can be ended here.

use super::{DoneNotice, EndSession, EndToken, JustDone, Reload};
use crate::components::form::CommandForm;
use crate::lang::{list, say, tr};
use domain::access::{SessionLine, TokenLine};
use domain::date::Instant;
use leptos::prelude::*;

fn at(instant: Instant) -> String {
    format!("{} {}", instant.date(), instant.clock())
}

#[component]
pub fn Sessions(sessions: Vec<SessionLine>, done: Option<JustDone>, reload: Reload) -> impl IntoView {
    let others = sessions.iter().any(|line| !line.this);
    let all = ServerAction::<EndSession>::new();
    reload.after(all);
    let rows = sessions.into_iter().map(|line| view! { <SessionRow line reload /> }).collect_view();
    view! {
        <section class="section">
            <h2>{tr!(account.sessions)}</h2>
            <p class="muted">{tr!(account.sessions_note)}</p>
            {done.map(|done| view! { <DoneNotice done reload /> })}
            <div class="table-scroll">
                <table class="work-table labelled">
                    <thead><tr><th>{tr!(account.browser)}</th><th>{tr!(account.began)}</th><th>{tr!(account.last_used)}</th><th>{tr!(account.address)}</th><th>{tr!(account.act)}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {others.then(|| view! {
                <CommandForm action=all name="end-others" button=tr!(account.end_others) class="button button-quiet"><span></span></CommandForm>
            })}
        </section>
    }
}

/// Each row has an action of its own, so that what is refused is said in its row alone.
#[component]
fn SessionRow(line: SessionLine, reload: Reload) -> impl IntoView {
    let action = ServerAction::<EndSession>::new();
    reload.after(action);
    let end = if line.this {
        view! { <span class="muted">{tr!(account.this)}</span> }.into_any()
    } else {
        view! {
            <CommandForm action name=format!("end-{}", line.id) button=tr!(account.end) class="button button-quiet">
                <input type="hidden" name="id" value=line.id.clone() />
            </CommandForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <td data-label=tr!(account.browser)>{say(&line.browser.name())}</td>
            <td data-label=tr!(account.began)>{at(line.began)}</td>
            <td data-label=tr!(account.last_used)>{at(line.last_used)}</td>
            <td data-label=tr!(account.address)>{line.address}</td>
            <td class="row-act">{end}</td>
        </tr>
    }
}

#[component]
pub fn Tokens(tokens: Vec<TokenLine>, done: Option<JustDone>, reload: Reload) -> impl IntoView {
    let none = tokens.is_empty();
    let rows = tokens.into_iter().map(|line| view! { <TokenRow line reload /> }).collect_view();
    view! {
        <section class="section">
            <h2>{tr!(account.tokens)}</h2>
            <p class="muted">{tr!(account.tokens_note)}</p>
            {done.map(|done| view! { <DoneNotice done reload /> })}
            {if none {
                view! { <p class="empty">{tr!(account.no_tokens)}</p> }.into_any()
            } else {
                view! {
                    <div class="table-scroll">
                        <table class="work-table labelled">
                            <thead><tr><th>{tr!(account.token)}</th><th>{tr!(account.scope)}</th><th>{tr!(account.expires)}</th><th>{tr!(account.last_used)}</th><th>{tr!(account.act)}</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            }}
        </section>
    }
}

#[component]
fn TokenRow(line: TokenLine, reload: Reload) -> impl IntoView {
    let action = ServerAction::<EndToken>::new();
    reload.after(action);
    let scope = list(line.scopes.iter().map(|scope| say(&scope.name())));
    let used = line.last_used.map_or_else(|| tr!(account.never), at);
    view! {
        <tr>
            <td data-label=tr!(account.token)><span>{line.name}" "<code>{format!("{}…", line.prefix)}</code></span></td>
            <td data-label=tr!(account.scope)>{scope}</td>
            <td data-label=tr!(account.expires)>{at(line.expires)}</td>
            <td data-label=tr!(account.last_used)>{used}</td>
            <td class="row-act">
                <CommandForm action name=format!("revoke-{}", line.id) button=tr!(account.revoke) class="button button-quiet">
                    <input type="hidden" name="id" value=line.id.clone() />
                </CommandForm>
            </td>
        </tr>
    }
}
