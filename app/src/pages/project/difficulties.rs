//! Difficulty negotiation (困难协商): one office leads, others cooperate, proposals go back and forth, a
//! resolution names action, owner and date.

#[cfg(feature = "ssr")]
use super::send;
use super::{About, matter_name, office_name, page};
use crate::components::form::{CommandForm, TextBox, kept, was_refused};
use crate::error::Failure;
use crate::lang::{list, say, tr};
use crate::shared::catalogue;
use app_macros::rpc;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::difficulty::{Proposal, Side};
use domain::project::policy::Right;
use domain::project::view::Done;
use leptos::prelude::*;
use leptos_router::components::A;

#[rpc]
pub async fn raise(project: String, matter: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::difficulty::Request::Raise { matter: send::matter(matter), text };
    send::send(project, Request::Difficulty { id: send::new_id(&key)?, request }, key, based_on).await
}

#[rpc]
pub async fn appoint(
    project: String,
    difficulty: String,
    lead: String,
    #[server(default)] cooperating: Vec<String>,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let cooperating = cooperating.into_iter().map(Into::into).collect();
    let request = domain::project::difficulty::Request::Appoint { lead: lead.into(), cooperating };
    send::send(project, Request::Difficulty { id: difficulty.into(), request }, key, based_on).await
}

/// `counters`: the number of the proposal it answers, or nothing.
#[rpc]
pub async fn propose(
    project: String,
    difficulty: String,
    text: String,
    #[server(default)] counters: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let request = domain::project::difficulty::Request::Propose { text, counters: counters.parse().ok() };
    send::send(project, Request::Difficulty { id: difficulty.into(), request }, key, based_on).await
}

#[rpc]
pub async fn accept_proposal(project: String, difficulty: String, proposal: usize, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::difficulty::Request::Accept { proposal };
    send::send(project, Request::Difficulty { id: difficulty.into(), request }, key, based_on).await
}

#[rpc]
pub async fn resolve(
    project: String,
    difficulty: String,
    action: String,
    owner: String,
    due: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    use domain::project::difficulty::Request as D;
    let of = |request| Request::Difficulty { id: difficulty.clone().into(), request };
    let request = send::date(&due).map(|due| D::Resolve { action, owner: owner.into(), due });
    send::send(project, send::FormRead::of(|_| Right::LeadDifficulty, request.map(of)), key, based_on).await
}

#[component]
pub fn Difficulties() -> impl IntoView {
    let page = page();
    let ids = Memo::new(move |_| {
        page.project(|p| {
            let mut all: Vec<_> = p.difficulties.iter().map(|(id, d)| (d.raised_at, id.clone())).collect();
            all.sort_by(|a, b| b.cmp(a));
            all.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
        })
    });
    view! {
        <h2 class="visually-hidden">{tr!(project.difficulties)}</h2>
        <RaiseForm />
        {move || ids.with(Vec::is_empty).then(|| view! { <p class="empty">{tr!(difficulty.empty)}</p> })}
        <For each=move || ids.get() key=|id| id.clone() let:id>
            <DifficultyItem id=id.to_string() />
        </For>
    }
}

/// Raising; nothing for those who may not.
#[component]
pub fn RaiseForm(#[prop(optional)] matter: Option<String>) -> impl IntoView {
    let page = page();
    let action = ServerAction::<Raise>::new();
    page.may(&Right::RaiseDifficulty).then(move || {
        let (fixed, name) = (matter.clone(), format!("raise.{}", matter.unwrap_or_default()));
        view! {
            <section class="panel">
                <h3>{tr!(difficulty.title)}</h3>
                <p class="muted">{tr!(difficulty.lead)}</p>
                <CommandForm action name button=tr!(difficulty.send)>
                    <input type="hidden" name="project" value=page.id() />
                    <About matter=fixed.clone() />
                    <TextBox label=tr!(difficulty.text) name="text" rows=3 />
                </CommandForm>
            </section>
        }
    })
}

fn side_name(side: &Side) -> String {
    match side {
        Side::Enterprise => tr!(difficulty.side_enterprise),
        Side::Agent => say(&domain::role::Role::Agent.name()),
        Side::LeadOfficer => tr!(difficulty.side_lead),
        Side::Office(id) => office_name(id),
    }
}

#[component]
pub fn DifficultyItem(id: String) -> impl IntoView {
    let page = page();
    let key = StoredValue::new(id);
    let difficulty = Memo::new(move |_| page.project(|p| p.difficulties.get(key.get_value().as_str()).cloned()));
    let mark = move || {
        difficulty.get().map(|d| match (&d.resolution, &d.lead, d.agreed()) {
            (Some(_), _, _) => view! { <span class="state state-issued">{tr!(difficulty.resolved)}</span> },
            (None, None, _) => view! { <span class="state state-turn">{tr!(difficulty.open)}</span> },
            (None, Some(_), Some(_)) => view! { <span class="state state-turn">{tr!(difficulty.agreed)}</span> },
            (None, Some(_), None) => view! { <span class="state state-accepted">{tr!(difficulty.negotiating)}</span> },
        })
    };
    let about = move || match difficulty.get().and_then(|d| d.matter) {
        Some(matter) => {
            let to = format!("/projects/{}/matters/{matter}", page.id());
            view! { <A href=to>{tr!(ask.about_line, name = matter_name(&matter))}</A> }.into_any()
        }
        None => view! { <span>{tr!(ask.about_line, name = tr!(ask.project))}</span> }.into_any(),
    };
    let raised = move || {
        difficulty.get().map(|d| {
            view! {
                <p class="talk-head"><strong>{page.person(&d.raised_by)}</strong><time>{format!("{} {}", d.raised_at.date(), d.raised_at.clock())}</time></p>
                <p class="talk-text">{d.text}</p>
            }
        })
    };
    let led = move || {
        let d = difficulty.get()?;
        let lead = tr!(difficulty.led_by, name = office_name(&d.lead?));
        let with = (!d.cooperating.is_empty()).then(|| tr!(difficulty.with, names = list(d.cooperating.iter().map(office_name))));
        Some(view! { <p class="led"><span>{lead}</span><span>{with}</span></p> })
    };
    let proposals = move || {
        let all = difficulty.get().map(|d| d.proposals).unwrap_or_default();
        all.into_iter().enumerate().map(|(i, proposal)| view! { <ProposalItem number=i + 1 proposal difficulty=key /> }).collect_view()
    };
    let resolution = move || {
        let r = difficulty.get()?.resolution?;
        let line = tr!(difficulty.resolution_line, action = r.action, owner = office_name(&r.owner), date = r.due.to_string());
        Some(view! { <p class="resolution"><strong>{tr!(difficulty.resolution)}</strong>{line}</p> })
    };
    view! {
        <article class="item" id=format!("d-{}", key.get_value())>
            <header class="item-head">{mark}{about}</header>
            {raised}
            {led}
            <ol class="talks">{proposals}</ol>
            {resolution}
            <Moves key />
        </article>
    }
}

#[component]
fn ProposalItem(number: usize, proposal: Proposal, difficulty: StoredValue<String>) -> impl IntoView {
    let page = page();
    let (accept, counter) = (ServerAction::<AcceptProposal>::new(), ServerAction::<Propose>::new());
    let (open, side) = page.0.with_untracked(|v| {
        let d = v.project.difficulties.get(difficulty.get_value().as_str());
        (d.is_some_and(|d| d.resolution.is_none()), d.and_then(|d| d.side(&v.viewer)))
    });
    let live = open && !proposal.countered;
    let may_accept = live && side.as_ref().is_some_and(|s| !proposal.agreed.contains(s));
    let may_counter = live && side.as_ref().is_some_and(|s| *s != proposal.side);
    let hidden = move || {
        view! {
            <input type="hidden" name="project" value=page.id() />
            <input type="hidden" name="difficulty" value=difficulty.get_value() />
        }
    };
    view! {
        <li class="talk" class:talk-answer=!matches!(proposal.side, Side::Enterprise | Side::Agent) class:talk-over=proposal.countered>
            <p class="talk-head">
                <strong>{tr!(difficulty.proposal, n = number)}</strong>
                <span>{side_name(&proposal.side)}" · "{page.person(&proposal.by)}</span>
                <time>{format!("{} {}", proposal.at.date(), proposal.at.clock())}</time>
                {proposal.counters.map(|n| view! { <span class="muted">{tr!(difficulty.counters, n = n)}</span> })}
                {proposal.countered.then(|| view! { <span class="muted">{tr!(difficulty.countered)}</span> })}
            </p>
            <p class="talk-text">{proposal.text.clone()}</p>
            <p class="muted">{tr!(difficulty.agreed_by, names = list(proposal.agreed.iter().map(side_name)))}</p>
            <div class="forms">
                {may_accept
                    .then(|| {
                        view! {
                            <CommandForm action=accept name=format!("accept.{}.{number}", difficulty.get_value()) button=tr!(difficulty.accept)>
                                {hidden()}
                                <input type="hidden" name="proposal" value=number.to_string() />
                            </CommandForm>
                        }
                    })}
                {may_counter
                    .then(|| {
                        view! {
                            <details class="more" open=was_refused(&format!("counter.{}.{number}", difficulty.get_value()))>
                                <summary>{tr!(difficulty.counter)}</summary>
                                <CommandForm action=counter name=format!("counter.{}.{number}", difficulty.get_value()) button=tr!(difficulty.send_proposal) class="button button-quiet">
                                    {hidden()}
                                    <input type="hidden" name="counters" value=number.to_string() />
                                    <TextBox label=tr!(difficulty.your_proposal) name="text" />
                                </CommandForm>
                            </details>
                        }
                    })}
            </div>
        </li>
    }
}

/// What the viewer can do with the difficulty as a whole.
#[component]
fn Moves(key: StoredValue<String>) -> impl IntoView {
    let page = page();
    let (appoint, propose, resolve) = (ServerAction::<Appoint>::new(), ServerAction::<Propose>::new(), ServerAction::<Resolve>::new());
    let may_lead = page.may(&Right::LeadDifficulty);
    // What decides which forms show; not the whole difficulty, so that a form being written in stays
    // while others speak.
    let shape = Memo::new(move |_| {
        page.0.with(|v| {
            let d = v.project.difficulties.get(key.get_value().as_str())?;
            Some((d.resolution.is_none(), d.lead.is_some(), d.agreed().is_some(), d.side(&v.viewer).is_some()))
        })
    });
    let offices = move || {
        let c = catalogue();
        c.organisations
            .iter()
            .filter(|o| page.project(|p| p.offices.contains(&o.id)))
            .map(|o| (o.id.to_string(), say(&o.name)))
            .collect::<Vec<_>>()
    };
    let hidden = move || {
        view! {
            <input type="hidden" name="project" value=page.id() />
            <input type="hidden" name="difficulty" value=key.get_value() />
        }
    };
    let forms = move || {
        let (open, led, agreed, party) = shape.get()?;
        let form = move |what: &str| format!("{what}.{}", key.get_value());
        // Inside the form, where what was written is known.
        let options = move |field: &'static str| {
            let chosen = kept(field);
            let option = |(id, name): (String, String)| {
                let selected = chosen.as_ref() == Some(&id);
                view! { <option value=id selected=selected>{name}</option> }
            };
            // Who carries a resolution out is one of those named for the difficulty.
            let named = page.project(|p| p.difficulties.get(key.get_value().as_str()).map(|d| d.offices()).unwrap_or_default());
            let fits = |(id, _): &(String, String)| field != "owner" || named.contains(id.as_str());
            offices().into_iter().filter(fits).map(option).collect_view()
        };
        let checks = move || {
            offices()
                .into_iter()
                .map(|(id, name)| view! { <label class="choice"><input type="checkbox" name="cooperating[]" value=id /><span>{name}</span></label> })
                .collect_view()
        };
        Some(view! {
            {(open && led && party)
                .then(|| {
                    view! {
                        <details class="more" open=was_refused(&form("propose"))>
                            <summary>{tr!(difficulty.propose)}</summary>
                            <CommandForm action=propose name=form("propose") button=tr!(difficulty.send_proposal)>
                                {hidden()}
                                <TextBox label=tr!(difficulty.your_proposal) name="text" />
                            </CommandForm>
                        </details>
                    }
                })}
            {(open && may_lead && agreed)
                .then(|| {
                    view! {
                        <CommandForm action=resolve name=form("resolve") button=tr!(difficulty.resolve)>
                            {hidden()}
                            <label>{tr!(difficulty.action)}<input name="action" value=kept("action") required maxlength="500" autocomplete="off" /></label>
                            <div class="form-row">
                                <label>{tr!(difficulty.owner)}<select name="owner">{options("owner")}</select></label>
                                <label>{tr!(difficulty.date)}<input type="date" name="due" value=kept("due") required /></label>
                            </div>
                        </CommandForm>
                    }
                })}
            {(open && may_lead)
                .then(|| {
                    view! {
                        <details class="more" open=!led || was_refused(&form("appoint"))>
                            <summary>{tr!(difficulty.appoint)}</summary>
                            <CommandForm action=appoint name=form("appoint") button=tr!(difficulty.save) class="button button-quiet">
                                {hidden()}
                                <label>{tr!(difficulty.lead_office)}<select name="lead">{options("lead")}</select></label>
                                <fieldset class="offices"><legend>{tr!(difficulty.cooperating)}</legend><div class="choices">{checks()}</div></fieldset>
                            </CommandForm>
                        </details>
                    }
                })}
        })
    };
    view! { <div class="forms">{forms}</div> }
}
