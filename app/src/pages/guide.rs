//! The questionnaire of the guide map. The answers live in the address; every change recomputes at once
//! in the browser, and by the server where there is no JavaScript.

use super::{PageTitle, set_status};
use crate::components::mark::Low;
use crate::lang::{lang, list, say, tr};
use crate::shared::{catalogue, today};
use domain::catalogue::{Attribute, AttributeType, Question, unit_name};
use domain::condition::Value;
use domain::date::Date;
use domain::guide::{Answers, GuideMap, Misanswer, Profile};
use domain::text;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

/// Parameters of the address that are not answers.
const OTHER: [&str; 4] = ["lang", "as_of", "__path", "__err"];

/// The answers of the address, or what is wrong with them.
pub fn answers_of(query: &leptos_router::params::ParamsMap) -> Result<Answers, Vec<Misanswer>> {
    let catalogue = catalogue();
    let pairs: Vec<(String, String)> =
        query.clone().into_iter().filter(|(name, _)| !OTHER.contains(&name.as_ref())).map(|(n, v)| (n.into_owned(), v)).collect();
    Answers::from_pairs(&catalogue, pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())))
}

/// The day whose law applies: `as_of` of the address, else today.
pub fn day_of(query: &leptos_router::params::ParamsMap) -> Result<Date, Misanswer> {
    match query.get("as_of").filter(|d| !d.is_empty()) {
        None => Ok(today()),
        Some(day) => day.parse().map_err(|_| {
            let day: String = day.chars().take(20).collect();
            Misanswer {
                attribute: "as_of".into(),
                sentence: text!(
                    "“{day}”不是真实存在的日期，应写作 2022-09-13。",
                    "`{day}` is not a day that exists; write it as 2022-09-13."
                ),
            }
        }),
    }
}

#[component]
pub fn Guide() -> impl IntoView {
    let query = use_query_map();
    let parsed = Memo::new(move |_| query.with(answers_of));
    let wrong = Memo::new(move |_| parsed.with(|p| p.as_ref().err().cloned()));
    view! {
        <PageTitle text=tr!(guide.title) />
        <div class="page">
            <h1>{tr!(guide.title)}</h1>
            {move || match wrong.get() {
                Some(wrong) => view! { <Misanswers wrong back="/guide" /> }.into_any(),
                None => view! { <Questionnaire parsed /> }.into_any(),
            }}
        </div>
    }
}

/// The answers in the address that make no sense, and a way on. Status 400.
#[component]
pub fn Misanswers(wrong: Vec<Misanswer>, back: &'static str) -> impl IntoView {
    set_status(400);
    let query = use_query_map();
    let names: Vec<String> = wrong.iter().map(|w| w.attribute.clone()).collect();
    let good = move || {
        let pairs = query.get().into_iter().filter(|(name, _)| !names.contains(&name.to_string()) && !OTHER.contains(&name.as_ref()));
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
fn Questionnaire(parsed: Memo<Result<Answers, Vec<Misanswer>>>) -> impl IntoView {
    let c = catalogue();
    let answers = Memo::new(move |_| parsed.get().unwrap_or_default());
    let profile = {
        let c = c.clone();
        Memo::new(move |_| answers.with(|a| Profile::new(&c, a)))
    };
    let form = NodeRef::<leptos::html::Form>::new();
    let navigate = use_navigate();
    // With JavaScript: every change goes to the address at once.
    let changed = {
        let c = c.clone();
        move |_| {
            let Some(pairs) = read_form(form) else { return };
            if let Ok(answers) = Answers::from_pairs(&c, pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))) {
                let query = answers.to_query(&c);
                let to = if query.is_empty() { "/guide".to_string() } else { format!("/guide?{query}") };
                navigate(&to, NavigateOptions { replace: true, scroll: false, ..Default::default() });
            }
        }
    };
    let first = answers.get_untracked();
    let questions = c
        .questions
        .iter()
        .enumerate()
        .map(|(i, q)| view! { <QuestionBlock number=i + 1 question=q.clone() first=first.clone() answers profile /> })
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
            <Result answers profile />
        </div>
    }
}

/// Name and value of everything in the form that is not disabled.
fn read_form(form: NodeRef<leptos::html::Form>) -> Option<Vec<(String, String)>> {
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
fn QuestionBlock(number: usize, question: Question, first: Answers, answers: Memo<Answers>, profile: Memo<Profile>) -> impl IntoView {
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
            view! { <Field attribute value answers profile alone=question.sets.len() == 1 /> }
        })
        .collect_view();
    view! {
        <fieldset class="question" id=question.id.clone() hidden=move || !shown.get() disabled=move || !shown.get()>
            <legend><span class="question-number">{number}</span>{say(&question.text)}</legend>
            <p class="help">{say(&question.help)}</p>
            {fields}
        </fieldset>
    }
}

#[component]
fn Field(attribute: Attribute, value: Option<Value>, answers: Memo<Answers>, profile: Memo<Profile>, alone: bool) -> impl IntoView {
    let id = attribute.id.clone();
    let name = say(&attribute.name);
    let current = {
        let id = id.clone();
        Memo::new(move |_| profile.with(|p| p.value(&id).cloned()))
    };
    let radio = |option: String, label: String, checked: bool| {
        let (name, value) = (id.clone(), option.clone());
        let now = move || match current.get() {
            Some(Value::Flag(flag)) => flag.to_string() == option,
            Some(Value::Word(word)) => word == option,
            _ => false,
        };
        view! { <label class="choice"><input type="radio" name=name value=value checked=checked prop:checked=now /><span>{label}</span></label> }
    };
    let is = |option: &str| value.as_ref().is_some_and(|v| matches!(v, Value::Word(w) if w == option));
    let control = match attribute.kind {
        AttributeType::Boolean => {
            let yes = matches!(value, Some(Value::Flag(true)));
            view! { {radio("true".into(), tr!(guide.yes), yes)} {radio("false".into(), tr!(guide.no), !yes)} }.into_any()
        }
        AttributeType::Enum => attribute.options.iter().map(|o| radio(o.value.clone(), say(&o.name), is(&o.value))).collect_view().into_any(),
        AttributeType::Set => attribute
            .options
            .iter()
            .map(|o| {
                let checked = matches!(&value, Some(Value::Set(set)) if set.contains(&o.value));
                view! {
                    <label class="choice"><input type="checkbox" name=id.clone() value=o.value.clone() checked=checked /><span>{say(&o.name)}</span></label>
                }
            })
            .collect_view()
            .into_any(),
        AttributeType::Number => {
            let text = value.as_ref().map(ToString::to_string).unwrap_or_default();
            let unit = attribute.unit.as_deref().map(|u| say(&unit_name(u))).unwrap_or_default();
            view! {
                <label class="number">
                    <span class="number-name">{name.clone()}</span>
                    <input type="text" inputmode="decimal" autocomplete="off" name=id.clone() value=text maxlength="15" />
                    <span class="unit">{unit}</span>
                </label>
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

/// What the answers lead to, beside the questions.
#[component]
fn Result(answers: Memo<Answers>, profile: Memo<Profile>) -> impl IntoView {
    let c = catalogue();
    let day = today();
    let per_stage = {
        let c = c.clone();
        Memo::new(move |_| {
            let map = answers.with(|a| GuideMap::new(&c, a, day));
            let stages = c.stages.iter().map(|s| map.entries.iter().filter(|e| e.matter.stage == s.id).count()).collect::<Vec<_>>();
            (map.entries.len(), map.six_permits(), stages)
        })
    };
    let stages = {
        let c = c.clone();
        move || {
            let (_, _, counts) = per_stage.get();
            c.stages
                .iter()
                .zip(counts)
                .map(|(s, n)| view! { <li><span>{say(&s.name)}</span><span class="figure">{n}</span></li> })
                .collect_view()
        }
    };
    let derived = {
        let c = c.clone();
        move || {
            let values = c.attributes.iter().filter(|a| a.is_derived()).map(|a| {
                let value = profile.with(|p| p.value(&a.id).map(|v| say(&a.describe(v)))).unwrap_or_default();
                view! { <li><span>{say(&a.name)}</span><span>{value}</span></li> }
            });
            values.collect_view()
        }
    };
    let ignored = {
        let c = c.clone();
        move || {
            let names = profile.with(|p| p.ignored.clone());
            (!names.is_empty()).then(|| {
                let names = list(names.iter().filter_map(|n| c.attribute(n)).map(|a| a.name.get(lang()).to_string()));
                view! { <p class="muted">{tr!(guide.ignored, names = names)}</p> }
            })
        }
    };
    let to = move || format!("/guide/map?{}", answers.with(|a| a.to_query(&c)));
    view! {
        <aside class="result" aria-labelledby="result-title">
            <h2 id="result-title">{tr!(guide.result)}</h2>
            <p class="result-figure" role="status">
                <strong>{move || tr!(guide.matters, n = per_stage.get().0)}</strong>
                <span>{move || tr!(guide.six, n = per_stage.get().1)}</span>
            </p>
            <h3>{tr!(guide.by_stage)}</h3>
            <ol class="figures">{stages}</ol>
            <h3>{tr!(guide.derived)}</h3>
            <ul class="figures">{derived}</ul>
            {ignored}
            <p><a class="button" href=to>{tr!(guide.show)}</a></p>
        </aside>
    }
}
