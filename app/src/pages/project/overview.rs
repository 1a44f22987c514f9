//! Where the project stands: whose turn it is, the chain, the people, what happened lately.

#[cfg(feature = "ssr")]
use super::send;
use super::{LogEntry, matter_name, office_name, page};
use crate::components::chain::Chain;
use crate::components::form::CommandForm;
use crate::components::mark::{Assumed, SixMark, StateMark};
use crate::error::Failure;
use crate::lang::{list, say, tr};
use crate::shared::{catalogue, today};
use app_macros::rpc;
use domain::account::Account;
use domain::catalogue::{Line, Stage};
use domain::id::Id;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::matter::{State, state};
use domain::project::policy::Right;
use domain::project::turn::{About, Todo, count, current_stage, todos};
use domain::project::view::Done;
use domain::role::Role;
use leptos::prelude::*;
use leptos_router::components::A;

#[rpc]
pub async fn appoint_agent(project: String, account: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::team::Request::AppointAgent { account: account.into() };
    send::send(project, Request::Team { request }, key, based_on).await
}

/// Things to do that are listed before "and more".
const LISTED: usize = 12;
/// Entries of the log on the overview.
const LATELY: usize = 8;

#[component]
pub fn Overview() -> impl IntoView {
    let page = page();
    let base = format!("/projects/{}", page.id());
    let current = page.project(|p| current_stage(p, &catalogue()).map(|s| s.id.to_string())).unwrap_or_default();
    let cell = move |stage: &Stage, line: Line| view! { <Cell stage=stage.id.to_string() line /> };
    let six = move || page.project(|p| count(p, &catalogue()));
    let recent = move || {
        page.0
            .with(|v| v.recent.iter().rev().take(LATELY).cloned().collect::<Vec<_>>())
            .into_iter()
            .map(|recorded| view! { <LogEntry recorded /> })
            .collect_view()
    };
    view! {
        {move || page.project(|p| p.assumed).then(|| view! { <p class="notice"><Assumed />" "{tr!(project.assumed)}</p> })}
        <div class="overview">
            <Turns />
            <Team />
        </div>
        <section class="section">
            <h2>{tr!(project.chain)}<span class="count">{move || { let c = six(); tr!(project.six, done = c.six_done, all = c.six) }}</span></h2>
            <Chain cell current />
        </section>
        <section class="section">
            <h2>{tr!(project.recent)}</h2>
            <ol class="log" reversed>{recent}</ol>
            <p><A href=format!("{base}/log")>{tr!(project.all_log)}</A></p>
        </section>
    }
}

/// The matters of a stage and line, each with its state.
#[component]
fn Cell(stage: String, line: Line) -> impl IntoView {
    let page = page();
    let c = catalogue();
    let base = format!("/projects/{}", page.id());
    let matters: Vec<_> = c.matters.iter().filter(|m| m.stage.as_str() == stage && m.line == line).cloned().collect();
    let items = matters.into_iter().filter(|m| page.project(|p| p.matters.contains_key(&m.id))).map(|matter| {
        let id = matter.id.clone();
        let now = Memo::new(move |_| page.project(|p| state(p, &catalogue(), &id)));
        let id = matter.id.clone();
        let assumed = Memo::new(move |_| page.project(|p| p.matters.get(&id).is_some_and(|t| t.assumed)));
        view! {
            <li class=move || format!("chain-matter is-{}", now.get().map_or("none", |s| s.code()))>
                <A href=format!("{base}/matters/{}", matter.id)>{say(&matter.name)}</A>
                <span class="chain-marks">
                    {move || now.get().map(|state| view! { <StateMark state /> })}
                    {matter.six_permits.then(|| view! { <SixMark /> })}
                    {move || assumed.get().then(|| view! { <Assumed /> })}
                </span>
            </li>
        }
    });
    view! { <ul class="chain-matters">{items.collect_view()}</ul> }
}

#[component]
fn Turns() -> impl IntoView {
    let page = page();
    let base = format!("/projects/{}", page.id());
    let item = move |todo: Todo, mine: bool| {
        let to = match &todo.about {
            About::Matter(id) => format!("{base}/matters/{id}"),
            About::Consultation(_) => format!("{base}/consultations"),
            About::Difficulty(_) => format!("{base}/difficulties"),
        };
        let due = todo.due.map(|due| {
            let late = due < today();
            view! { <span class="due" class:late=late>{tr!(project.due, date = due.to_string())}{late.then(|| format!(" {}", tr!(project.overdue)))}</span> }
        });
        view! {
            <li class="todo" class:todo-mine=mine>
                <span class="todo-party">{if mine { tr!(project.mine) } else { page.party(&todo.party) }}</span>
                <A href=to>{say(&todo.what)}</A>
                {due}
            </li>
        }
    };
    let turns = move || {
        let all = page.project(|p| todos(p, &catalogue()));
        let (mine, others): (Vec<Todo>, Vec<Todo>) = all.into_iter().partition(|t| page.is_mine(&t.party));
        let total = mine.len() + others.len();
        let items = mine.into_iter().map(|t| (t, true)).chain(others.into_iter().map(|t| (t, false))).take(LISTED);
        let items: Vec<_> = items.map(|(t, mine)| item(t, mine)).collect();
        let more = total.saturating_sub(LISTED);
        view! {
            {(total == 0).then(|| view! { <p class="muted">{tr!(project.nothing_to_do)}</p> })}
            <ul class="todos">{items}</ul>
            {(more > 0).then(|| view! { <p class="muted">{tr!(project.more, n = more)}</p> })}
        }
    };
    view! { <section class="panel"><h2>{tr!(project.todo)}</h2>{turns}</section> }
}

#[component]
fn Team() -> impl IntoView {
    let page = page();
    let named = move |id: Option<Id<Account>>| id.map_or_else(|| tr!(project.nobody), |id| page.person(&id));
    let lead = move || named(page.project(|p| p.team.lead.clone()));
    let agent = move || named(page.project(|p| p.team.agent.clone()));
    let owner = page.0.with_untracked(|v| v.owner_name.clone());
    let area = page.project(|p| p.area.clone());
    let may_appoint = page.may(&Right::AppointAgent);
    let action = ServerAction::<AppointAgent>::new();
    let agents = page.0.with_untracked(|v| v.people.values().filter(|p| p.role == Role::Agent).cloned().collect::<Vec<_>>());
    let rows = move || {
        let c = catalogue();
        c.matters
            .iter()
            .filter_map(|m| {
                let tracked = page.project(|p| p.matters.get(&m.id).map(|t| t.department.clone()))?;
                let now = page.project(|p| state(p, &c, &m.id))?;
                let backbone = page.0.with(|v| v.backbones.get(&m.id).cloned()).map(|id| page.person(&id)).unwrap_or_default();
                let waiting = match &now {
                    State::NotYetDue { waiting_for } => tr!(project.waiting_for, names = list(waiting_for.iter().map(matter_name))),
                    State::Accepted { due } => tr!(project.due, date = due.to_string()),
                    _ => String::new(),
                };
                Some(view! {
                    <tr>
                        <th scope="row">{say(&m.name)}</th>
                        <td>{office_name(&tracked)}</td>
                        <td>{backbone}</td>
                        <td><StateMark state=now /><span class="muted block">{waiting}</span></td>
                    </tr>
                })
            })
            .collect_view()
    };
    view! {
        <section class="panel">
            <h2>{tr!(project.team)}</h2>
            <dl class="facts facts-narrow">
                <div><dt>{tr!(project.owner)}</dt><dd>{owner}</dd></div>
                <div><dt>{tr!(project.lead)}</dt><dd>{lead}<span class="muted">{format!(" · {area}")}</span></dd></div>
                <div><dt>{tr!(project.agent)}</dt><dd>{agent}</dd></div>
            </dl>
            {may_appoint
                .then(|| {
                    view! {
                        <CommandForm action name="agent" button=tr!(project.appoint_save) class="button button-quiet">
                            <input type="hidden" name="project" value=page.id() />
                            <label>
                                {tr!(project.agent)}
                                <select name="account">{agents.into_iter().map(|p| view! { <option value=p.account.to_string()>{p.name}</option> }).collect_view()}</select>
                            </label>
                        </CommandForm>
                    }
                })}
            <details>
                <summary>{tr!(matter.department)}" / "{tr!(work.backbone)}</summary>
                <div class="scroll" role="region" tabindex="0" aria-label=tr!(project.team)>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(matters.title)}</th><th scope="col">{tr!(matter.department)}</th>
                                <th scope="col">{tr!(work.backbone)}</th><th scope="col">{tr!(work.state)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </details>
        </section>
    }
}
