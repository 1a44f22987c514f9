//! One's own account: who one is, the password, where one is signed in, which programs act as oneself.

mod lists;
mod password;

use super::PageTitle;
use crate::components::form::FormBase;
use crate::components::notice::ErrorNotice;
use crate::components::work_style::WorkStyle;
use crate::error::Failure;
use crate::lang::{list, say, tr};
use app_macros::rpc;
use domain::Error;
use domain::access::{SessionLine, TokenLine};
use domain::account::Person;
use domain::browser::Browser;
use domain::project::view::Done;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::{A, Redirect};
use lists::{Sessions, Tokens};
use password::PasswordForm;
use serde::{Deserialize, Serialize};

/// What the page shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OwnAccount {
    me: Myself,
    sessions: Vec<SessionLine>,
    tokens: Vec<TokenLine>,
    /// The password has to be changed before anything else.
    first_password: bool,
    /// What has just been done; it is told this once.
    done: Option<JustDone>,
    seed: String,
}

/// Who one is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Myself {
    login: String,
    person: Person,
    areas: Vec<String>,
    /// How many matters they answer for.
    matters: usize,
}

/// What a form of this page has done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum JustDone {
    Password,
    Session { browser: Browser, address: String },
    Others { count: usize },
    Token { name: String },
}

impl JustDone {
    fn is_of_sessions(&self) -> bool {
        matches!(self, JustDone::Session { .. } | JustDone::Others { .. })
    }

    fn sentence(&self) -> String {
        match self {
            JustDone::Password => tr!(account.changed),
            JustDone::Session { browser, address } => {
                tr!(account.done_session, browser = say(&browser.name()), address = address.clone())
            }
            JustDone::Others { count } => tr!(account.done_others, n = count.to_string()),
            JustDone::Token { name } => tr!(account.done_token, name = name.clone()),
        }
    }
}

#[rpc]
pub async fn my_account() -> Result<OwnAccount, Failure> {
    let (cx, access) = crate::session::access()?;
    let own = service::account::own(&cx.service.db, &access.account).await.map_err(service::Error::from)?;
    let sessions = service::account::sessions(&cx, &access).await.map_err(service::Error::from)?;
    let tokens = service::account::tokens(&cx, &access.account).await.map_err(service::Error::from)?;
    let done = just_done(&cx, &access).await.map_err(service::Error::from)?;
    Ok(OwnAccount {
        me: Myself { login: own.login, person: own.person, areas: own.areas, matters: own.matters.len() },
        sessions,
        tokens,
        first_password: access.first_password,
        done,
        seed: service::random_hex(12),
    })
}

/// What the browser was told to remember of a form it sent. The names in it are looked up: the browser could say anything.
#[cfg(feature = "ssr")]
async fn just_done(cx: &service::Context, access: &service::account::Access) -> Result<Option<JustDone>, service::Fault> {
    let Some(told) = crate::session::take_told() else { return Ok(None) };
    let (what, which) = told.split_once('.').unwrap_or((told.as_str(), ""));
    Ok(match what {
        "password" => Some(JustDone::Password),
        "session" => {
            let ended = service::account::ended_session(cx, access, which).await?;
            ended.map(|(browser, address)| JustDone::Session { browser, address })
        }
        "others" => which.parse().ok().map(|count| JustDone::Others { count }),
        "token" => service::account::ended_token(cx, access, which).await?.map(|name| JustDone::Token { name }),
        _ => None,
    })
}

/// Done: the page says what, once, also the one that a plain form goes on to.
#[cfg(feature = "ssr")]
fn done(what: &str) -> Done {
    crate::session::tell_next(what);
    crate::session::then("/account");
    Done { version: 0 }
}

#[rpc]
pub async fn change_password(old: String, new: String, again: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let _ = (key, based_on);
    let (cx, access) = crate::session::access()?;
    if new != again {
        let sentence = domain::text!("两次输入的新密码不一致。", "The two new passwords are not the same.");
        return Err(Error::invalid("again", sentence).into());
    }
    service::account::change_password(&cx, &access, &old, &new).await?;
    Ok(done("password"))
}

/// Ends one of the person's sessions; without an id all others.
#[rpc]
pub async fn end_session(#[server(default)] id: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let _ = (key, based_on);
    let (cx, access) = crate::session::access()?;
    if id.is_empty() {
        let count = service::account::end_others(&cx, &access).await?;
        return Ok(done(&format!("others.{count}")));
    }
    service::account::end_session(&cx, &access, &id).await?;
    Ok(done(&format!("session.{id}")))
}

#[rpc]
pub async fn end_token(id: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let _ = (key, based_on);
    let (cx, access) = crate::session::access()?;
    service::account::end_token(&cx, &access, &id).await?;
    Ok(done(&format!("token.{id}")))
}

/// Asks for the account again after a form of the page has done something; the page then says what.
#[derive(Clone, Copy)]
struct Reload {
    account: Resource<Result<OwnAccount, Failure>>,
    /// A form of this page has been done: the message that comes of it takes the focus.
    acted: StoredValue<bool>,
}

impl Reload {
    fn after<F>(self, action: ServerAction<F>)
    where
        F: ServerFn<Output = Done, Error = Failure> + Clone + Send + Sync + 'static,
    {
        Effect::new(move |_| {
            if matches!(action.value().get(), Some(Ok(_))) {
                self.acted.set_value(true);
                self.account.refetch();
            }
        });
    }
}

#[component]
pub fn AccountPage() -> impl IntoView {
    let loaded = Resource::new_blocking(|| (), |()| my_account());
    let reload = Reload { account: loaded, acted: StoredValue::new(false) };
    let change = ServerAction::<ChangePassword>::new();
    reload.after(change);
    view! {
        <PageTitle text=tr!(account.title) />
        <WorkStyle />
        <div class="page account">
            <h1>{tr!(account.title)}</h1>
            <Transition>
                {move || match loaded.get()? {
                    Err(Failure(Error::SignedOut)) => Some(view! { <Redirect path="/sign-in?to=/account" /> }.into_any()),
                    Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
                    Ok(account) => Some(view! { <Shown account change reload /> }.into_any()),
                }}
            </Transition>
        </div>
    }
}

#[component]
fn Shown(account: OwnAccount, change: ServerAction<ChangePassword>, reload: Reload) -> impl IntoView {
    let OwnAccount { me, sessions, tokens, first_password, done, seed } = account;
    provide_context(FormBase { seed: StoredValue::new(seed), next: StoredValue::new(0), version: Signal::derive(|| 0) });
    let (of_password, of_sessions, of_tokens) = match done {
        Some(done) if done.is_of_sessions() => (None, Some(done), None),
        Some(done @ JustDone::Token { .. }) => (None, None, Some(done)),
        other => (other, None, None),
    };
    view! {
        {of_password.map(|done| view! { <DoneNotice done reload /> })}
        {first_password.then(|| view! { <p class="notice" id="first-password">{tr!(account.first)}</p> })}
        <Who me />
        <PasswordForm action=change />
        {(!first_password).then(|| view! {
            <Sessions sessions done=of_sessions reload />
            <Tokens tokens done=of_tokens reload />
        })}
    }
}

/// What has been done, where it was done. The form it was done by may be gone, so the focus goes here.
#[component]
fn DoneNotice(done: JustDone, reload: Reload) -> impl IntoView {
    let notice = NodeRef::<leptos::html::P>::new();
    Effect::new(move |_| {
        if let Some(notice) = notice.get()
            && reload.acted.get_value()
        {
            let _ = notice.focus();
        }
    });
    let go_on = (done == JustDone::Password).then(|| view! { " "<A href="/projects">{tr!(account.go_on)}</A> });
    view! { <p class="notice notice-done" role="status" tabindex="-1" node_ref=notice>{done.sentence()}{go_on}</p> }
}

#[component]
fn Who(me: Myself) -> impl IntoView {
    let Myself { login, person, areas, matters } = me;
    let row = |name: String, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        <section class="section">
            <h2>{tr!(account.who)}</h2>
            <dl class="facts">
                {row(tr!(account.name), person.name)}
                {row(tr!(sign_in.login), login)}
                {row(tr!(account.role), say(&person.role.name()))}
                {row(tr!(account.firm), person.firm)}
                {(!areas.is_empty()).then(|| row(tr!(account.areas), list(areas)))}
                {(matters > 0).then(|| row(tr!(account.matters), tr!(account.matters_n, n = matters.to_string())))}
            </dl>
        </section>
    }
}
