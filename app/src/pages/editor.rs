//! For those who edit the catalogue: every branch of the questionnaire on one page, and what changed between editions.

use super::PageTitle;
use super::matter::words;
use crate::components::mark::Low;
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::{list, say, tr};
use crate::shared::catalogue;
use app_macros::rpc;
use domain::catalogue::difference::{Change, What};
use domain::catalogue::{Attribute, AttributeType, Catalogue};
use domain::condition::{Condition, Value};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

#[component]
pub fn Questions() -> impl IntoView {
    let c = catalogue();
    let questions: Vec<AnyView> = c
        .questions
        .iter()
        .enumerate()
        .map(|(i, q)| {
            let shown = (q.show_when != Condition::Always(true))
                .then(|| view! { <p class="muted">{tr!(editor.shown_when)}{words(&q.show_when, &c)}</p> });
            let attributes: Vec<AnyView> = q.sets.iter().filter_map(|id| c.attribute(id)).map(|a| attribute(&c, a)).collect();
            view! {
                <section class="branch" id=q.id.clone()>
                    <h2><span class="chain-number">{i + 1}</span>{say(&q.text)}</h2>
                    <p class="muted">{say(&q.help)}</p>
                    {shown}
                    {attributes}
                </section>
            }
            .into_any()
        })
        .collect();
    let derived: Vec<AnyView> = c.attributes.iter().filter(|a| a.is_derived()).map(|a| attribute(&c, a)).collect();
    view! {
        <PageTitle text=tr!(editor.title) />
        <div class="page">
            <p class="crumb"><A href="/matters">{tr!(matters.title)}</A></p>
            <h1>{tr!(editor.title)}</h1>
            <p class="lead">{tr!(editor.lead)}</p>
            {questions}
            <section class="branch"><h2>{tr!(guide.derived)}</h2>{derived}</section>
        </div>
    }
}

/// Matters whose condition names the attribute, and, with a value, speaks of that value.
fn hanging(c: &Catalogue, attribute: &str, value: Option<&str>) -> String {
    let speaks = |condition: &Condition| {
        let mut found = false;
        condition.leaves(&mut |leaf| {
            found |= match (leaf, value) {
                (Condition::Is(name), None) => name == attribute,
                (Condition::Compare(name, _, Value::Word(word)), Some(value)) => name == attribute && word == value,
                (Condition::Compare(name, ..), None) => name == attribute,
                (Condition::Contains(option, name), Some(value)) => name == attribute && option == value,
                _ => false,
            }
        });
        found
    };
    list(c.matters.iter().filter(|m| speaks(&m.applies_when)).map(|m| say(&m.name)))
}

fn attribute(c: &Catalogue, a: &Attribute) -> AnyView {
    let row = |label: String, what: String| view! { <tr><th scope="row">{label}</th><td>{what}</td></tr> }.into_any();
    let mut rows: Vec<AnyView> = match a.kind {
        AttributeType::Boolean | AttributeType::Number => vec![row(say(&a.name), hanging(c, &a.id, None))],
        _ => a.options.iter().map(|o| row(say(&o.name), hanging(c, &a.id, Some(&o.value)))).collect(),
    };
    for rule in &a.derive {
        rows.push(row(format!("= {}", say(&a.describe(&rule.value))), words(&rule.when, c)));
    }
    let advice: Vec<AnyView> = a
        .suggest
        .iter()
        .map(|rule| {
            let line = tr!(editor.suggests, value = say(&a.describe(&rule.value)), when = words(&rule.when, c));
            view! { <li>{line}{rule.confidence.map(|confidence| view! { <Low confidence /> })}<span class="muted">{rule.basis.clone()}</span></li> }.into_any()
        })
        .collect();
    let default = a.default.as_ref().map(|v| tr!(editor.default, value = say(&a.describe(v))));
    view! {
        <div class="branch-attribute">
            <h3>{say(&a.name)}<code>{a.id.clone()}</code></h3>
            <p class="muted">{default}</p>
            <table class="compact"><tbody>{rows}</tbody></table>
            {(!advice.is_empty()).then(|| view! { <ul>{advice}</ul> })}
        </div>
    }
    .into_any()
}

/// An edition that can be compared with the one in use.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Compared {
    /// Names of the other editions, latest first.
    pub others: Vec<String>,
    /// The one compared with, and what changed since.
    pub from: Option<(String, Vec<Change>)>,
}

#[rpc]
pub async fn compare_editions(from: Option<String>) -> Result<Compared, Failure> {
    let editions = use_context::<crate::Editions>().unwrap_or_default();
    let cx = crate::session::service_context()?;
    let others: Vec<String> = editions.0.iter().map(|(name, _)| name.clone()).collect();
    let chosen = match from {
        Some(name) => Some(editions.0.into_iter().find(|(n, _)| *n == name).ok_or_else(|| Failure::from(domain::Error::NotFound))?),
        None => editions.0.into_iter().next(),
    };
    let from = chosen.map(|(name, old)| (name, domain::catalogue::difference::difference(&old, &cx.service.catalogue)));
    Ok(Compared { others, from })
}

#[component]
pub fn Changes() -> impl IntoView {
    let query = use_query_map();
    let from = Memo::new(move |_| query.with(|q| q.get("from")));
    let compared = Resource::new_blocking(move || from.get(), compare_editions);
    view! {
        <PageTitle text=tr!(changes.title) />
        <div class="page">
            <p class="crumb"><A href="/matters">{tr!(matters.title)}</A></p>
            <h1>{tr!(changes.title)}</h1>
            <p class="lead">{tr!(changes.lead)}</p>
            <Transition>
                {move || match compared.get()? {
                    Ok(compared) => Some(changed(compared)),
                    Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
                }}
            </Transition>
        </div>
    }
}

fn changed(compared: Compared) -> AnyView {
    let Some((name, changes)) = compared.from else {
        return view! { <p class="empty">{tr!(changes.only_one)}</p> }.into_any();
    };
    let options: Vec<AnyView> = compared
        .others
        .into_iter()
        .map(|other| {
            let selected = other == name;
            view! { <option value=other.clone() selected=selected>{other.clone()}</option> }.into_any()
        })
        .collect();
    let rows: Vec<AnyView> = changes
        .iter()
        .map(|change| {
            let (fact, old, new) = match &change.what {
                What::Added => (tr!(changes.added), String::new(), String::new()),
                What::Removed => (tr!(changes.removed), String::new(), String::new()),
                What::Changed { fact, old, new } => (say(fact), old.clone(), new.clone()),
            };
            view! { <tr><th scope="row">{say(&change.name)}<span class="muted block">{change.at.clone()}</span></th><td>{fact}</td><td><del>{old}</del></td><td><ins>{new}</ins></td></tr> }
                .into_any()
        })
        .collect();
    let none = rows.is_empty();
    view! {
        <form class="form-row" method="get" action="/catalogue/changes">
            <label>{tr!(changes.from)}<select name="from">{options}</select></label>
            <button class="button button-quiet">{tr!(changes.compare)}</button>
        </form>
        {none.then(|| view! { <p class="empty">{tr!(changes.none)}</p> })}
        <div class="scroll" role="region" tabindex="0" aria-label=tr!(changes.title)>
            <table>
                <thead><tr><th scope="col">{tr!(chart.matter)}</th><th scope="col">{tr!(changes.fact)}</th><th scope="col">{tr!(changes.old)}</th><th scope="col">{tr!(changes.new)}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
