//! The questionnaire of the guide map. The answers live in the address; every change recomputes at once
//! in the browser, and by the server where there is no JavaScript.

use super::{PageTitle, set_status};
use crate::components::mark::{Assumed, Low};
use crate::lang::{say, tr};
use crate::shared::{catalogue, today};
use domain::catalogue::{Attribute, AttributeType, Question, unit_name};
use domain::condition::Value;
use domain::guide::{AnswerError, Answers, Profile, WhatIf, what_if};
use domain::plan::Asked;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

mod panels;

use panels::{Panels, change};

/// What the address asks for.
///
/// # Errors
/// Everything in it that makes no sense.
pub fn asked(query: &leptos_router::params::ParamsMap) -> Result<Asked, Vec<AnswerError>> {
    let pairs: Vec<(String, String)> = query.clone().into_iter().map(|(n, v)| (n.into_owned(), v)).collect();
    Asked::from_pairs(&catalogue(), pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())), today())
}

#[component]
pub fn Guide() -> impl IntoView {
    let query = use_query_map();
    let parsed = Memo::new(move |_| query.with(asked).map(|a| a.answers));
    let wrong = Memo::new(move |_| parsed.with(|p| p.as_ref().err().cloned()));
    view! {
        <PageTitle text=tr!(guide.title) />
        <div class="page">
            <h1>{tr!(guide.title)}</h1>
            {move || match wrong.get() {
                Some(wrong) => view! { <AnswerErrors wrong back="/guide" /> }.into_any(),
                None => view! { <Questionnaire parsed /> }.into_any(),
            }}
        </div>
    }
}

/// The answers in the address that make no sense, and a way on. Status 400.
#[component]
pub fn AnswerErrors(wrong: Vec<AnswerError>, back: &'static str) -> impl IntoView {
    set_status(400);
    let query = use_query_map();
    let names: Vec<String> = wrong.iter().map(|w| w.attribute.clone()).collect();
    let good = move || {
        // An address that holds too much is begun anew.
        if names.iter().any(|name| name == "address") {
            return back.to_string();
        }
        let pairs =
            query.get().into_iter().filter(|(name, _)| !names.contains(&name.to_string()) && !name.starts_with("__") && name != "lang");
        let pairs: Vec<String> = pairs.map(|(n, v)| format!("{n}={}", crate::components::layout::query_value(&v))).collect();
        format!("{back}?{}", pairs.join("&"))
    };
    view! {
        <div class="notice notice-error" role="alert">
            <h2>{tr!(guide.wrong_title)}</h2>
            <p>{tr!(guide.wrong_lead)}</p>
            <ul>{wrong.iter().map(|w| view! { <li>{say(&w.sentence)}</li> }).collect_view()}</ul>
            <p><a class="button" href=good>{tr!(guide.wrong_continue)}</a></p>
        </div>
    }
}

#[component]
fn Questionnaire(parsed: Memo<Result<Answers, Vec<AnswerError>>>) -> impl IntoView {
    let c = catalogue();
    let answers = Memo::new(move |_| parsed.get().unwrap_or_default());
    let profile = {
        let c = c.clone();
        Memo::new(move |_| answers.with(|a| Profile::new(&c, a)))
    };
    let form = NodeRef::<leptos::html::Form>::new();
    // What was typed and makes no sense: it stays in its field, with the reason, and the rest goes on as it was.
    let slips = RwSignal::new(Vec::<AnswerError>::new());
    let navigate = use_navigate();
    // With JavaScript: every change goes to the address at once.
    let changed = {
        let c = c.clone();
        move |_| {
            let Some(pairs) = read_form(form) else { return };
            match Answers::from_pairs(&c, pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))) {
                Ok(answers) => {
                    slips.set(Vec::new());
                    let query = answers.to_query(&c);
                    let to = if query.is_empty() { "/guide".to_string() } else { format!("/guide?{query}") };
                    navigate(&to, NavigateOptions { replace: true, scroll: false, ..Default::default() });
                }
                Err(wrong) => slips.set(wrong),
            }
        }
    };
    // What another answer would change: computed once a change, shown beside each option.
    let hints = {
        let c = c.clone();
        Memo::new(move |_| answers.with(|a| what_if(&c, a)))
    };
    let first = answers.get_untracked();
    let questions = c
        .questions
        .iter()
        .enumerate()
        .map(|(i, q)| view! { <QuestionBlock number=i + 1 question=q.clone() first=first.clone() answers profile hints slips /> })
        .collect_view();
    view! {
        <p class="lead">{tr!(guide.lead)}</p>
        <div class="split">
            <form class="questions" method="get" action="/guide/map" node_ref=form on:change=changed>
                {questions}
                <p class="actions">
                    <button class="button">{tr!(guide.show)}</button>
                    <button class="button button-quiet" formaction="/guide">{tr!(guide.update)}</button>
                    <a class="quiet-link" href="/guide" rel="external">{tr!(guide.reset)}</a>
                </p>
            </form>
            <Panels answers profile />
        </div>
    }
}

/// Name and value of everything in the form that is not disabled.
pub fn read_form(form: NodeRef<leptos::html::Form>) -> Option<Vec<(String, String)>> {
    #[cfg(feature = "hydrate")]
    {
        let data = web_sys::FormData::new_with_form(&form.get_untracked()?).ok()?;
        let entries = js_sys::try_iter(&data).ok()??;
        let pairs = entries.filter_map(|entry| {
            let pair = js_sys::Array::from(&entry.ok()?);
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        });
        Some(pairs.collect())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = form;
        None
    }
}

#[component]
fn QuestionBlock(
    number: usize,
    question: Question,
    first: Answers,
    answers: Memo<Answers>,
    profile: Memo<Profile>,
    hints: Memo<Vec<WhatIf>>,
    slips: RwSignal<Vec<AnswerError>>,
) -> impl IntoView {
    let c = catalogue();
    let shown = {
        let question = question.clone();
        Memo::new(move |_| profile.with(|p| p.shows(&question)))
    };
    let fields = question
        .sets
        .iter()
        .filter_map(|id| c.attribute(id).cloned())
        .map(|attribute| {
            let value = first.0.get(&attribute.id).cloned().or_else(|| attribute.default.clone());
            view! { <Field attribute value answers profile hints slips alone=question.sets.len() == 1 /> }
        })
        .collect_view();
    // Whoever cannot answer is led to somebody who can; the address carries the answers over.
    let help = {
        let counter = c.counter_for(&question).map(|counter| {
            let run_by = c.organisation(counter.run_by.as_str()).map(|o| say(&o.name)).unwrap_or_default();
            (say(&counter.name), run_by, counter.assumed)
        });
        let c = c.clone();
        let to = move || format!("/guide/map?{}#take-along", answers.with(|a| a.to_query(&c)));
        view! {
            <details class="help-more">
                <summary>{tr!(guide.unsure)}</summary>
                <p>
                    {match counter {
                        Some((name, run_by, assumed)) => {
                            view! { <span>{tr!(guide.ask_counter, counter = name, office = run_by)}</span>{assumed.then(|| view! { <Assumed /> })} }.into_any()
                        }
                        None => view! { <span>{tr!(guide.ask_lead)}</span> }.into_any(),
                    }}
                    " "<a href=to>{tr!(guide.take_along)}</a>
                </p>
            </details>
        }
    };
    view! {
        <fieldset class="question" id=question.id.clone() hidden=move || !shown.get() disabled=move || !shown.get()>
            <legend><span class="question-number">{number}</span>{say(&question.text)}</legend>
            <p class="help">{say(&question.help)}</p>
            {fields}
            {help}
        </fieldset>
    }
}

#[component]
fn Field(
    attribute: Attribute,
    value: Option<Value>,
    answers: Memo<Answers>,
    profile: Memo<Profile>,
    hints: Memo<Vec<WhatIf>>,
    slips: RwSignal<Vec<AnswerError>>,
    alone: bool,
) -> impl IntoView {
    let id = attribute.id.clone();
    let name = say(&attribute.name);
    let current = {
        let id = id.clone();
        Memo::new(move |_| profile.with(|p| p.value(&id).cloned()))
    };
    // Beside an option: how many matters more or fewer, and which.
    let hint = {
        let id = id.clone();
        move |value: Box<dyn Fn(&Value) -> bool + Send + Sync>| {
            let id = id.clone();
            move || {
                let found = hints.with(|all| all.iter().find(|w| w.attribute == id && value(&w.value)).map(change))?;
                let (short, long) = found;
                let title = long.clone();
                Some(
                    view! { <span class="what-if" title=title><span aria-hidden="true">{short}</span><span class="visually-hidden">{long}</span></span> },
                )
            }
        }
    };
    let radio = |option: String, label: String, checked: bool| {
        let hint = hint(Box::new({
            let option = option.clone();
            move |value| value.to_string() == option
        }));
        let (name, value) = (id.clone(), option.clone());
        let now = move || match current.get() {
            Some(Value::Flag(flag)) => flag.to_string() == option,
            Some(Value::Word(word)) => word == option,
            _ => false,
        };
        view! {
            <span class="option">
                <label class="choice"><input type="radio" name=name value=value checked=checked prop:checked=now /><span>{label}</span></label>
                {hint}
            </span>
        }
    };
    let is = |option: &str| value.as_ref().is_some_and(|v| matches!(v, Value::Word(w) if w == option));
    let control = match attribute.kind {
        AttributeType::Boolean => {
            let yes = matches!(value, Some(Value::Flag(true)));
            view! { {radio("true".into(), tr!(guide.yes), yes)} {radio("false".into(), tr!(guide.no), !yes)} }.into_any()
        }
        AttributeType::Enum => {
            attribute.options.iter().map(|o| radio(o.value.clone(), say(&o.name), is(&o.value))).collect_view().into_any()
        }
        AttributeType::Set => attribute
            .options
            .iter()
            .map(|o| {
                let checked = matches!(&value, Some(Value::Set(set)) if set.contains(&o.value));
                // The other answer has this one option more, or less.
                let toggled = hint(Box::new({
                    let option = o.value.clone();
                    move |other| match (other, current.get_untracked()) {
                        (Value::Set(other), Some(Value::Set(now))) => other.contains(&option) != now.contains(&option),
                        _ => false,
                    }
                }));
                view! {
                    <span class="option">
                        <label class="choice">
                            <input type="checkbox" name=id.clone() value=o.value.clone() checked=checked /><span>{say(&o.name)}</span>
                        </label>
                        {toggled}
                    </span>
                }
            })
            .collect_view()
            .into_any(),
        AttributeType::Number => {
            let text = value.as_ref().map(ToString::to_string).unwrap_or_default();
            let unit = attribute.unit.as_deref().map(|u| say(&unit_name(u))).unwrap_or_default();
            let slip = {
                let id = id.clone();
                move || {
                    let wrong = slips.with(|all| all.iter().find(|w| w.attribute == id).map(|w| say(&w.sentence)));
                    wrong.map(|wrong| view! { <p class="error" role="alert">{wrong}</p> })
                }
            };
            // The nearest numbers at which the list changes.
            let turns = {
                let attribute = attribute.clone();
                move || {
                    let all = hints.with(|all| all.iter().filter(|w| w.attribute == attribute.id).cloned().collect::<Vec<_>>());
                    all.into_iter()
                        .map(|what| {
                            let (short, long) = change(&what);
                            let (title, at) = (long.clone(), tr!(guide.at_value, value = say(&attribute.describe(&what.value))));
                            view! {
                                <span class="what-if" title=title>
                                    {at}" "
                                    <span aria-hidden="true">{short}</span><span class="visually-hidden">{long}</span>
                                </span>
                            }
                        })
                        .collect_view()
                }
            };
            view! {
                <label class="number">
                    <span class="number-name">{name.clone()}</span>
                    <input type="text" inputmode="decimal" autocomplete="off" name=id.clone() value=text maxlength="15" />
                    <span class="unit">{unit}</span>
                </label>
                {slip}
                {turns}
            }
            .into_any()
        }
    };
    let suggestion = {
        let attribute = attribute.clone();
        move || {
            let rule = profile.with(|p| p.suggestion(&attribute).cloned())?;
            let value = say(&attribute.describe(&rule.value));
            let c = catalogue();
            let mut adopted = answers.get();
            adopted.0.insert(attribute.id.clone(), rule.value.clone());
            let to = format!("/guide?{}", adopted.to_query(&c));
            Some(view! {
                <p class="suggestion">
                    <span>{tr!(guide.suggest, value = value)}</span>
                    {rule.confidence.map(|confidence| view! { <Low confidence /> })}
                    {rule.basis.clone().map(|basis| view! { <span class="muted">{tr!(guide.basis, basis = basis)}</span> })}
                    <a href=to>{tr!(guide.adopt)}</a>
                </p>
            })
        }
    };
    let group = attribute.kind != AttributeType::Number;
    view! {
        <div class="field" role=group.then_some("group") aria-label=group.then(|| name.clone())>
            {(group && !alone).then(|| view! { <span class="field-name" aria-hidden="true">{name.clone()}</span> })}
            <div class="choices">{control}</div>
            {suggestion}
        </div>
    }
}
