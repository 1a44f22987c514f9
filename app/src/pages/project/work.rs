//! One matter of the project: where it stands, what can be done now, questions and difficulties about it.

use super::consultations::{AskForm, ConsultationItem};
use super::difficulties::{DifficultyItem, RaiseForm};
use super::review::{Opinions, Review};
#[cfg(feature = "ssr")]
use super::send;
use super::{matter_name, office_name, page};
use crate::components::form::{CommandForm, TextBox, kept, was_refused};
use crate::components::mark::{Assumed, SixMark, StateMark};
use crate::error::Failure;
use crate::lang::{list, say, tr};
use crate::pages::not_found::NotFound;
use crate::shared::catalogue;
use app_macros::rpc;
#[cfg(feature = "ssr")]
use domain::project::Project;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::matter::{PauseReason, Progress, State, right_to_conclude, state};
use domain::project::policy::Right;
use domain::project::view::Done;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;

#[rpc]
pub async fn move_matter(
    project: String,
    matter: String,
    step: String,
    #[server(default)] reason: String,
    #[server(default)] note: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let of = |request| Request::Matter { matter: matter.clone().into(), request };
    let form = send::FormRead::of(
        {
            let matter = matter.clone();
            move |_| Right::Handle(matter.into())
        },
        matter_step(&step, &reason, note).map(of),
    );
    send::send(project, form, key, based_on).await
}

#[cfg(feature = "ssr")]
fn matter_step(step: &str, reason: &str, note: String) -> Result<domain::project::matter::Request, Failure> {
    use domain::project::matter::{PauseReason, Request as M};
    Ok(match step {
        "prepare" => M::Prepare,
        "file" => M::File,
        "accept" => M::Accept,
        "pause" => {
            let reason = PauseReason::from_code(reason);
            let reason =
                reason.ok_or_else(|| send::invalid("reason", domain::text!("请选择暂停的原因。", "Choose why the clock pauses.")))?;
            M::Pause { reason, note }
        }
        "resume" => M::Resume,
        "pre-review" => M::PreReview { opinion: note },
        "decide" => M::Decide,
        "issue" => M::Issue,
        "refuse" => M::Refuse { ground: note },
        "exempt" => M::Exempt { reason: note },
        "extend" => M::Extend { reason: note },
        "claim" => M::Claim,
        "release" => M::Release,
        _ => return Err(send::invalid("step", domain::text!("没有这个操作。", "There is no such step."))),
    })
}

#[rpc]
pub async fn record_elsewhere(
    project: String,
    matter: String,
    number: String,
    system: String,
    on: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    use domain::project::matter::Request as M;
    let of = |request| Request::Matter { matter: matter.clone().into(), request };
    let request = send::date(&on).map(|on| M::Record { elsewhere: domain::project::matter::ExternalDecision { number, system, on } });
    let right = {
        let id = matter.clone().into();
        move |p: &Project| domain::project::matter::right_to_conclude(p, &id)
    };
    send::send(project, send::FormRead::of(right, request.map(of)), key, based_on).await
}

#[component]
pub fn Work() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("matter")).unwrap_or_default());
    let page = page();
    move || {
        let id = id.get();
        if page.0.with_untracked(|v| v.project.matters.contains_key(id.as_str())) {
            view! { <OneMatter id /> }.into_any()
        } else {
            view! { <NotFound /> }.into_any()
        }
    }
}

#[component]
fn OneMatter(id: String) -> impl IntoView {
    let page = page();
    let c = catalogue();
    let matter = StoredValue::new(domain::Id::<domain::catalogue::Matter>::from(id.as_str()));
    let six = c.matter(&id).is_some_and(|m| m.six_permits);
    let now = Memo::new(move |_| page.project(|p| state(p, &catalogue(), &matter.get_value())));
    let tracked = Memo::new(move |_| page.project(|p| p.matters.get(&matter.get_value()).cloned()));
    let office = page.project(|p| p.matters.get(id.as_str()).map(|t| office_name(&t.department))).unwrap_or_default();
    let backbone = page.0.with(|v| v.backbones.get(id.as_str()).cloned()).map(|id| page.person(&id));
    let detail = move || match (now.get(), tracked.get().map(|t| t.progress)) {
        (Some(State::NotYetDue { waiting_for }), _) => Some(tr!(project.waiting_for, names = list(waiting_for.iter().map(matter_name)))),
        (Some(State::Accepted { due }), _) => Some(tr!(project.due, date = due.to_string())),
        (_, Some(Progress::Paused { reason, note, .. })) => Some(format!("{}：{note}", say(&reason.name()))),
        (_, Some(Progress::Refused { ground })) => Some(format!("{ground} {}", tr!(review.appeal))),
        (_, Some(Progress::NotApplicable { reason })) => Some(reason),
        _ => None,
    };
    let about = move |of: &Option<domain::Id<domain::catalogue::Matter>>| of.as_ref() == Some(&matter.get_value());
    let questions = Memo::new(move |_| {
        page.project(|p| p.consultations.iter().filter(|(_, c)| about(&c.matter)).map(|(id, _)| id.clone()).collect::<Vec<_>>())
    });
    let difficulties = Memo::new(move |_| {
        page.project(|p| p.difficulties.iter().filter(|(_, d)| about(&d.matter)).map(|(id, _)| id.clone()).collect::<Vec<_>>())
    });
    view! {
        <article class="work">
            <h2>{matter_name(&id.as_str().into())}{six.then(|| view! { <SixMark /> })}</h2>
            <dl class="facts">
                <div>
                    <dt>{tr!(work.state)}</dt>
                    <dd>
                        {move || now.get().map(|state| view! { <StateMark state /> })}
                        {move || tracked.get().is_some_and(|t| t.assumed).then(|| view! { <Assumed /> })}
                        <span class="muted block">{detail}</span>
                    </dd>
                </div>
                <div><dt>{tr!(matter.department)}</dt><dd>{office}</dd></div>
                {backbone.map(|name| view! { <div><dt>{tr!(work.backbone)}</dt><dd>{name}</dd></div> })}
                <div><dt>{tr!(matters.title)}</dt><dd><A href=format!("/matters/{id}")>{tr!(matter.key_points)}" · "{tr!(matter.materials)}" · "{tr!(matter.basis)}</A></dd></div>
            </dl>
            <section class="panel">
                <h3>{tr!(work.title)}</h3>
                <Actions matter now />
            </section>
            <Opinions matter=matter.get_value() />
            <Review matter=matter.get_value() />
            <section class="section">
                <h3>{tr!(project.consultations)}</h3>
                <For each=move || questions.get() key=|id| id.clone() let:id><ConsultationItem id=id.to_string() /></For>
                <AskForm matter=id.clone() />
            </section>
            <section class="section">
                <h3>{tr!(project.difficulties)}</h3>
                <For each=move || difficulties.get() key=|id| id.clone() let:id><DifficultyItem id=id.to_string() /></For>
                <RaiseForm matter=id />
            </section>
        </article>
    }
}

/// What the viewer can do with the matter as it stands.
#[component]
fn Actions(matter: StoredValue<domain::Id<domain::catalogue::Matter>>, now: Memo<Option<State>>) -> impl IntoView {
    let page = page();
    // One action for all forms, so that what a form answered stays when the forms change.
    let action = ServerAction::<MoveMatter>::new();
    let may = move |right: fn(domain::Id<domain::catalogue::Matter>) -> Right| page.may(&right(matter.get_value()));
    let step = move |step: &'static str, button: String, class: &'static str| {
        view! {
            <CommandForm action name=format!("{}.{step}", matter.get_value()) button class>
                <input type="hidden" name="project" value=page.id() />
                <input type="hidden" name="matter" value=matter.get_value().to_string() />
                <input type="hidden" name="step" value=step />
            </CommandForm>
        }
        .into_any()
    };
    let written = move |step: &'static str, button: String, reasons: bool| {
        view! {
            <details class="more" open=was_refused(&format!("{}.{step}", matter.get_value()))>
                <summary>{button.clone()}</summary>
                <CommandForm action name=format!("{}.{step}", matter.get_value()) button class="button button-quiet">
                    <input type="hidden" name="project" value=page.id() />
                    <input type="hidden" name="matter" value=matter.get_value().to_string() />
                    <input type="hidden" name="step" value=step />
                    {reasons
                        .then(|| {
                            let options = PauseReason::ALL.map(|r| view! { <option value=r.code()>{say(&r.name())}</option> });
                            view! { <label>{tr!(work.reason)}<select name="reason">{options.collect_view()}</select></label> }
                        })}
                    <TextBox label=tr!(work.note) name="note" most=500 />
                </CommandForm>
            </details>
        }
        .into_any()
    };
    let claimed =
        move || page.project(|p| p.matters.get(matter.get_value().as_str()).and_then(|t| t.claimed.clone())).map(|id| page.person(&id));
    let forms = move || {
        let mut forms = Vec::new();
        let (submit, handle) = (may(Right::Submit), may(Right::Handle));
        // Also the enterprise, where it does a matter by itself.
        let conclude = page.may(&page.project(|p| right_to_conclude(p, &matter.get_value())));
        let exempt = may(Right::Exempt);
        let extend = may(Right::Extend);
        let on_file = page.project(|p| p.parcel(&matter.get_value()).is_some());
        let early = page.project(|p| p.parcel(&matter.get_value()).is_some_and(|(_, _, parcel)| parcel.preview));
        let package = catalogue().matter(matter.get_value().as_str()).is_some_and(|matter| matter.wants_package());
        let to_file = page.may(&Right::FilePackage);
        let pre_review = catalogue().matter(matter.get_value().as_str()).is_some_and(|m| m.depends_on.iter().any(|d| d.preview));
        match now.get() {
            Some(State::NotYetDue { .. } | State::Ready | State::Prepared | State::Refused) if package && to_file => {
                let href = format!("/projects/{}/filing", page.id());
                forms.push(view! { <A href=href attr:class="button">{tr!(work.to_filing)}</A> }.into_any());
            }
            Some(State::Ready | State::Refused) if submit && (handle || !package) => {
                forms.push(step("prepare", tr!(work.prepare), "button"))
            }
            Some(State::Prepared) if submit && (handle || !package) => {
                forms.push(step("file", if package { tr!(work.counter) } else { tr!(work.file) }, "button"));
            }
            Some(State::Filed { .. }) if conclude && !early => forms.push(step("accept", tr!(work.accept), "button")),
            Some(State::Accepted { .. }) if conclude => {
                if extend {
                    forms.push(written("extend", tr!(work.extend), false));
                }
                forms.push(step("decide", tr!(work.decide), "button"));
                if handle {
                    forms.push(written("pause", tr!(work.pause), true));
                    forms.push(written("refuse", tr!(work.refuse), false));
                }
            }
            Some(State::Paused { .. }) if handle => forms.push(step("resume", tr!(work.resume), "button")),
            Some(State::Decided) if conclude => forms.push(step("issue", tr!(work.issue), "button")),
            _ => {}
        }
        if handle
            && pre_review
            && !on_file
            && matches!(now.get(), Some(State::NotYetDue { .. } | State::Ready | State::Prepared | State::Filed { .. }))
        {
            forms.push(written("pre-review", tr!(work.pre_review), false));
        }
        if exempt && matches!(now.get(), Some(State::NotYetDue { .. } | State::Ready | State::Prepared)) {
            forms.push(written("exempt", tr!(work.exempt), false));
        }
        let going = !matches!(now.get(), Some(State::Issued | State::NotApplicable | State::Decided));
        if conclude && going {
            forms.push(view! { <RecordDecision matter /> }.into_any());
        }
        if handle && going {
            let mine = page.0.with(|v| {
                v.project.matters.get(matter.get_value().as_str()).and_then(|t| t.claimed.clone()) == Some(v.viewer.account.clone())
            });
            forms.push(match (mine, claimed()) {
                (true, _) => step("release", tr!(work.release), "button button-quiet"),
                (false, Some(name)) => step("claim", tr!(work.take_over, name = name), "button button-quiet"),
                (false, None) => step("claim", tr!(work.claim), "button button-quiet"),
            });
        }
        if forms.is_empty() {
            forms.push(view! { <p class="muted">{tr!(work.nothing)}</p> }.into_any());
        }
        forms
    };
    view! { <div class="forms">{forms}</div> }
}

/// What another office decided in its own system.
#[component]
fn RecordDecision(matter: StoredValue<domain::Id<domain::catalogue::Matter>>) -> impl IntoView {
    let page = page();
    let action = ServerAction::<RecordElsewhere>::new();
    let name = format!("{}.record", matter.get_value());
    let open = was_refused(&name);
    view! {
        <details class="more" open=open>
            <summary>{tr!(work.record)}</summary>
            <CommandForm action name button=tr!(work.record) class="button button-quiet">
                <input type="hidden" name="project" value=page.id() />
                <input type="hidden" name="matter" value=matter.get_value().to_string() />
                <p class="muted">{tr!(work.record_intro)}</p>
                <div class="form-row">
                    <label>{tr!(work.number)}<input name="number" required maxlength="80" value=kept("number").unwrap_or_default() /></label>
                    <label>{tr!(work.system)}<input name="system" required maxlength="80" value=kept("system").unwrap_or_default() /></label>
                    <label>{tr!(work.on)}<input type="date" name="on" required value=kept("on").unwrap_or_default() /></label>
                </div>
            </CommandForm>
        </details>
    }
}
