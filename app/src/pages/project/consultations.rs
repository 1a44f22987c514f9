//! Consultation (咨询): ask, answer, ask again, close; each turn live on both sides.

#[cfg(feature = "ssr")]
use super::send;
use super::{About, matter_name, page};
use crate::components::form::{CommandForm, TextBox, was_refused};
use crate::components::mark::Assumed;
use crate::error::Failure;
use crate::lang::tr;
use crate::shared::today;
use app_macros::rpc;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::consultation::{Status, right_to_answer};
use domain::project::policy::Right;
use domain::project::view::Done;
use leptos::prelude::*;
use leptos_router::components::A;

#[rpc]
pub async fn ask(project: String, matter: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::Ask { matter: send::matter(matter), text };
    send::send(project, Request::Consultation { id: send::new_id(&key)?, request }, key, based_on).await
}

#[rpc]
pub async fn answer(project: String, question: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::Answer { text };
    send::send(project, Request::Consultation { id: question.into(), request }, key, based_on).await
}

#[rpc]
pub async fn ask_again(project: String, question: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::AskAgain { text };
    send::send(project, Request::Consultation { id: question.into(), request }, key, based_on).await
}

#[rpc]
pub async fn close_question(project: String, question: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::Close;
    send::send(project, Request::Consultation { id: question.into(), request }, key, based_on).await
}

#[component]
pub fn Consultations() -> impl IntoView {
    let page = page();
    // Latest first: ids of questions grow with time only on one server, their first turn always does.
    let ids = Memo::new(move |_| {
        page.project(|p| {
            let mut all: Vec<_> = p.consultations.iter().map(|(id, c)| (c.turns.first().map(|t| t.at), id.clone())).collect();
            all.sort_by(|a, b| b.cmp(a));
            all.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
        })
    });
    view! {
        <h2 class="visually-hidden">{tr!(project.consultations)}</h2>
        <AskForm />
        {move || ids.with(Vec::is_empty).then(|| view! { <p class="empty">{tr!(ask.empty)}</p> })}
        <For each=move || ids.get() key=|id| id.clone() let:id>
            <ConsultationItem id=id.to_string() />
        </For>
    }
}

/// Asking; nothing for those who may not.
#[component]
pub fn AskForm(#[prop(optional)] matter: Option<String>) -> impl IntoView {
    let page = page();
    let action = ServerAction::<Ask>::new();
    page.may(&Right::Ask).then(move || {
        let (fixed, name) = (matter.clone(), format!("ask.{}", matter.unwrap_or_default()));
        view! {
            <section class="panel">
                <h3>{tr!(ask.title)}</h3>
                <p class="muted">{tr!(ask.lead)}</p>
                <CommandForm action name button=tr!(ask.send)>
                    <input type="hidden" name="project" value=page.id() />
                    <About matter=fixed.clone() />
                    <TextBox label=tr!(ask.text) name="text" rows=3 />
                </CommandForm>
            </section>
        }
    })
}

#[component]
pub fn ConsultationItem(id: String) -> impl IntoView {
    let page = page();
    let key = StoredValue::new(id);
    let question = Memo::new(move |_| page.project(|p| p.consultations.get(key.get_value().as_str()).cloned()));
    let status = Memo::new(move |_| question.get().map(|q| q.status));
    let mark = move || {
        status.get().map(|status| match status {
            Status::Waiting => view! { <span class="state state-turn">{tr!(ask.waiting)}</span> },
            Status::Answered => view! { <span class="state state-accepted">{tr!(ask.answered)}</span> },
            Status::Closed => view! { <span class="state state-issued">{tr!(ask.closed)}</span> },
        })
    };
    let about = move || match question.get().and_then(|q| q.matter) {
        Some(matter) => {
            let to = format!("/projects/{}/matters/{matter}", page.id());
            view! { <A href=to>{tr!(ask.about_line, name = matter_name(&matter))}</A> }.into_any()
        }
        None => view! { <span>{tr!(ask.about_line, name = tr!(ask.project))}</span> }.into_any(),
    };
    let waiting = move || {
        let q = question.get().filter(|q| q.status == Status::Waiting)?;
        let to = q.to.map(|to| tr!(ask.to, name = page.person(&to)));
        let late = q.due < today();
        Some(view! {
            <span>{to}</span>
            <span class="due" class:late=late>{tr!(ask.due, date = q.due.to_string())}{late.then(|| format!(" {}", tr!(project.overdue)))}</span>
            // The days to answer are not from a published rule.
            <Assumed />
        })
    };
    let turns = move || {
        let turns = question.get().map(|q| q.turns).unwrap_or_default();
        turns
            .into_iter()
            .map(|turn| {
                view! {
                    <li class="talk" class:talk-answer=turn.answer>
                        <p class="talk-head"><strong>{page.person(&turn.by)}</strong><time>{format!("{} {}", turn.at.date(), turn.at.clock())}</time></p>
                        <p class="talk-text">{turn.text}</p>
                    </li>
                }
            })
            .collect_view()
    };
    let may_answer = page.may(&page.project(|p| right_to_answer(p, &key.get_value().into())));
    let may_ask = page.may(&Right::Ask);
    let (answer, again, close) = (ServerAction::<Answer>::new(), ServerAction::<AskAgain>::new(), ServerAction::<CloseQuestion>::new());
    let hidden = move || {
        view! {
            <input type="hidden" name="project" value=page.id() />
            <input type="hidden" name="question" value=key.get_value() />
        }
    };
    // One memo a form: a form being written in stays while others speak.
    let open = Memo::new(move |_| status.get() != Some(Status::Closed));
    let answered = Memo::new(move |_| status.get() == Some(Status::Answered));
    let answer_form = move || {
        (may_answer && open.get()).then(|| {
            view! {
                <CommandForm action=answer name=format!("answer.{}", key.get_value()) button=tr!(ask.send_answer)>
                    {hidden()}
                    <TextBox label=tr!(ask.answer) name="text" />
                </CommandForm>
            }
        })
    };
    let again_form = move || {
        (may_ask && answered.get()).then(|| {
            view! {
                <details class="more" open=was_refused(&format!("again.{}", key.get_value()))>
                    <summary>{tr!(ask.again)}</summary>
                    <CommandForm action=again name=format!("again.{}", key.get_value()) button=tr!(ask.send_again) class="button button-quiet">
                        {hidden()}
                        <TextBox label=tr!(ask.again) name="text" />
                    </CommandForm>
                </details>
            }
        })
    };
    let close_form = move || {
        (may_ask && open.get()).then(|| {
            view! {
                <CommandForm action=close name=format!("close.{}", key.get_value()) button=tr!(ask.close) class="button button-quiet">
                    {hidden()}
                </CommandForm>
            }
        })
    };
    view! {
        <article class="item" id=format!("q-{}", key.get_value())>
            <header class="item-head">{mark}{about}{waiting}</header>
            <ol class="talks">{turns}</ol>
            <div class="forms">{answer_form} {again_form} {close_form}</div>
        </article>
    }
}
