//! The work list of an office: what waits, over all projects, what is due first on top; taken on, and moved many at once.

use super::PageTitle;
use crate::components::form::{CommandForm, FormBase, kept};
use crate::components::notice::ErrorNotice;
use crate::components::work_style::WorkStyle;
use crate::error::Failure;
use crate::lang::{say, tr};
use crate::pages::project::matter_name;
use crate::shared::today;
use app_macros::rpc;
use domain::Error;
use domain::account::Person;
use domain::date::Date;
use domain::deputy::LONGEST_SUBSTITUTION;
use domain::id::Id;
use domain::project::matter::State;
use domain::project::view::Done;
use domain::project::work::Item;
use leptos::prelude::*;
use leptos_router::components::{A, Redirect};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

type Account = Id<domain::account::Account>;

/// The list with the people on it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WorkList {
    office: bool,
    items: Vec<Item>,
    people: BTreeMap<Account, Person>,
    colleagues: Vec<Person>,
    deputy: Option<(Account, Date)>,
    me: Account,
    seed: String,
}

#[rpc]
pub async fn my_work() -> Result<WorkList, Failure> {
    let cx = crate::session::service_context()?;
    let list = service::work::list(&cx).await?;
    let me = cx.actor().map_err(Failure::from)?.account.clone();
    let service::work::List { office, items, people, colleagues, deputy, seed } = list;
    Ok(WorkList { office, items, people, colleagues, deputy, me, seed })
}

/// Matters of a list that are moved at once; as many as the list shows.
#[cfg(feature = "ssr")]
const MOST_AT_ONCE: usize = 500;

/// Does the same with every chosen matter, `project/matter` each. What is refused is said; the rest is done.
#[rpc]
pub async fn move_many(step: String, #[server(default)] items: Vec<String>, key: String, based_on: u64) -> Result<Done, Failure> {
    use domain::project::matter::Request as M;
    let _ = based_on;
    let cx = crate::session::service_context()?;
    service::work::may_work(&cx)?;
    let command = match step.as_str() {
        "claim" => M::Claim,
        "release" => M::Release,
        "accept" => M::Accept,
        "decide" => M::Decide,
        _ => return Err(Error::invalid("step", domain::text!("没有这个操作。", "There is no such step.")).into()),
    };
    if items.len() > MOST_AT_ONCE {
        let sentence = domain::text!("一次最多办 {MOST_AT_ONCE} 件。", "At most {MOST_AT_ONCE} at once.");
        return Err(Error::invalid("items", sentence).into());
    }
    if items.is_empty() {
        return Err(Error::invalid("items", domain::text!("请先勾选事项。", "Please choose matters first.")).into());
    }
    let mut refused = Vec::new();
    for item in &items {
        let Some((project, matter)) = item.split_once('/') else { continue };
        let sent = service::project::Sent { key: Some(format!("{key}/{matter}")), ..Default::default() };
        let command = domain::project::Request::Matter { matter: matter.into(), request: command.clone() };
        if let Err(error) = service::project::request(&cx, &project.into(), command, sent).await {
            refused.push(error.into_public().sentence());
        }
    }
    if refused.is_empty() {
        return Ok(Done { version: 0 });
    }
    let (done, all) = (items.len() - refused.len(), items.len());
    let zh: Vec<_> = refused.iter().map(|t| t.zh.as_str()).collect();
    let en: Vec<_> = refused.iter().map(|t| t.en.as_str()).collect();
    let sentence =
        domain::Text::new(format!("{all} 件中办成 {done} 件。{}", zh.join("")), format!("{done} of {all} done. {}", en.join(" ")));
    Err(Error::Refused { sentence }.into())
}

#[rpc]
pub async fn name_deputy(deputy: String, until: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let _ = (key, based_on);
    let cx = crate::session::service_context()?;
    let deputy = (!deputy.is_empty()).then(|| deputy.into());
    service::work::appoint_deputy(&cx, deputy.as_ref(), until.parse().ok()).await?;
    Ok(Done { version: 0 })
}

#[component]
pub fn Worklist() -> impl IntoView {
    let loaded = Resource::new_blocking(|| (), |()| my_work());
    view! {
        <PageTitle text=tr!(worklist.title) />
        <WorkStyle />
        <div class="page page-wide worklist">
            <h1>{tr!(worklist.title)}</h1>
            <Transition>
                {move || match loaded.get()? {
                    Err(Failure(Error::SignedOut)) => Some(view! { <Redirect path="/sign-in?to=/work" /> }.into_any()),
                    Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
                    Ok(list) => Some(view! { <Waiting list reload=move || loaded.refetch() /> }.into_any()),
                }}
            </Transition>
        </div>
    }
}

#[component]
fn Waiting(list: WorkList, reload: impl Fn() + Clone + Send + Sync + 'static) -> impl IntoView {
    provide_context(FormBase { seed: StoredValue::new(list.seed.clone()), next: StoredValue::new(0), version: Signal::derive(|| 0) });
    let (many, deputy) = (ServerAction::<MoveMany>::new(), ServerAction::<NameDeputy>::new());
    Effect::new(move |_| {
        // Also what was refused has done the rest.
        let done = many.value().get().is_some() as u8 + deputy.value().get().is_some() as u8;
        if done > 0 && (many.version().get() > 0 || deputy.version().get() > 0) && !many.pending().get() && !deputy.pending().get() {
            reload();
        }
    });
    let n = list.items.len();
    let late = list.items.iter().filter(|i| i.due.is_some_and(|d| d < today())).count();
    let (people, me) = (list.people.clone(), list.me.clone());
    let rows = list.items.into_iter().map(|item| view! { <WorkRow item people=people.clone() me=me.clone() /> }).collect_view();
    let step = |code: &'static str, label: String| {
        let checked = kept("step").map_or(code == "claim", |s| s == code);
        view! { <label class="choice"><input type="radio" name="step" value=code checked=checked /><span>{label}</span></label> }
    };
    view! {
        {list.office.then(|| view! { <p>{tr!(worklist.sum, n = n)}{(late > 0).then(|| view! { " "<strong class="late">{tr!(worklist.late, n = late)}</strong> })}</p> })}
        {if !list.office {
            view! { <p>{tr!(worklist.no_office)}</p> }.into_any()
        } else if n == 0 {
            view! { <p class="empty">{tr!(worklist.nothing)}</p> }.into_any()
        } else {
            view! {
                <CommandForm action=many name="many" button=tr!(worklist.run)>
                    <div class="table-scroll">
                        <table class="work-table" on:keydown=move |event| keys(&event)>
                            <thead><tr><th>{tr!(worklist.pick)}</th><th>{tr!(filing.matter)}</th><th>{tr!(worklist.project)}</th><th>{tr!(work.state)}</th><th>{tr!(worklist.due)}</th><th>{tr!(worklist.claimed)}</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    <p class="muted needs-script">{tr!(worklist.keys)}</p>
                    <fieldset><legend>{tr!(worklist.with_chosen)}</legend>
                        <div class="choices">
                            {step("claim", tr!(work.claim))}
                            {step("release", tr!(work.release))}
                            {step("accept", tr!(work.accept))}
                            {step("decide", tr!(work.decide))}
                        </div>
                    </fieldset>
                </CommandForm>
            }
            .into_any()
        }}
        <Deputy action=deputy colleagues=list.colleagues deputy=list.deputy people=list.people />
    }
}

#[component]
fn WorkRow(item: Item, people: BTreeMap<Account, Person>, me: Account) -> impl IntoView {
    let late = item.due.is_some_and(|due| due < today());
    let state = match item.state.as_str() {
        "filed" => say(&State::Filed { preview: false }.name()),
        "accepted" => say(&State::Accepted { due: today() }.name()),
        "decided" => say(&State::Decided.name()),
        _ => say(&State::Paused { reason: domain::project::matter::PauseReason::Publicity }.name()),
    };
    let who = item
        .claimed
        .as_ref()
        .map(|id| if *id == me { tr!(worklist.me) } else { people.get(id).map(|p| p.name.clone()).unwrap_or_default() });
    let value = format!("{}/{}", item.project, item.matter);
    let name = matter_name(&item.matter);
    view! {
        <tr>
            <td><input type="checkbox" name="items[]" value=value aria-label=format!("{name} · {}", item.project_name) /></td>
            <td><A href=format!("/projects/{}/matters/{}", item.project, item.matter)>{name}</A></td>
            <td>{item.project_name}</td>
            <td><span class=format!("state state-{}", item.state)>{state}</span></td>
            <td class="due" class:late=late>{item.due.map(|d| d.to_string()).unwrap_or_default()}{late.then(|| format!(" {}", tr!(project.overdue)))}</td>
            <td>{who}</td>
        </tr>
    }
}

/// `j` and `k` go down and up, `x` chooses; Enter follows the link as everywhere.
fn keys(event: &leptos::ev::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let Some(from) = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else { return };
        let Ok(Some(row)) = from.closest("tr") else { return };
        let focus = |row: Option<web_sys::Element>| {
            let link = row.and_then(|row| row.query_selector("a").ok().flatten());
            if let Some(link) = link.and_then(|l| l.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = link.focus();
            }
        };
        match event.key().as_str() {
            "j" => focus(row.next_element_sibling()),
            "k" => focus(row.previous_element_sibling()),
            "x" => {
                let box_ = row.query_selector("input[type=checkbox]").ok().flatten();
                if let Some(box_) = box_.and_then(|b| b.dyn_into::<web_sys::HtmlElement>().ok()) {
                    box_.click();
                }
            }
            _ => return,
        }
        event.prevent_default();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

#[component]
fn Deputy(
    action: ServerAction<NameDeputy>,
    colleagues: Vec<Person>,
    deputy: Option<(Account, Date)>,
    people: BTreeMap<Account, Person>,
) -> impl IntoView {
    let now = deputy.map(|(id, until)| {
        let name = people.get(&id).map(|p| p.name.clone()).unwrap_or_default();
        view! { <p>{tr!(worklist.deputy_now, name = name, date = until.to_string())}</p> }
    });
    let options = colleagues.iter().map(|p| view! { <option value=p.account.to_string()>{p.name.clone()}</option> }).collect_view();
    view! {
        <section class="section">
            <h2>{tr!(worklist.deputy)}</h2>
            {now}
            {if colleagues.is_empty() {
                view! { <p class="muted">{tr!(worklist.no_colleagues)}</p> }.into_any()
            } else {
                view! {
                    <CommandForm action name="deputy" button=tr!(worklist.deputy_save) class="button button-quiet">
                        <div class="form-row">
                            <label>{tr!(worklist.deputy_who)}<select name="deputy"><option value="">{tr!(worklist.nobody)}</option>{options}</select></label>
                            <label>{tr!(worklist.deputy_until)}<input type="date" name="until" min=today().to_string() max=today().plus(LONGEST_SUBSTITUTION).to_string() /></label>
                        </div>
                    </CommandForm>
                }
                .into_any()
            }}
        </section>
    }
}
