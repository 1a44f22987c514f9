//! The whole catalogue: by stage and line, by department, or what a search finds.

use super::PageTitle;
use crate::components::mark::SixMark;
use crate::lang::{say, tr};
use crate::shared::catalogue;
use domain::catalogue::{Line, Matter};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};

#[component]
pub fn Matters() -> impl IntoView {
    let c = catalogue();
    let query = use_query_map();
    let words = Memo::new(move |_| query.with(|q| q.get("q")).unwrap_or_default());
    let navigate = use_navigate();
    let typed = move |event: leptos::ev::Event| {
        let q = crate::components::layout::query_value(&event_target_value(&event));
        let to = if q.is_empty() { "/matters".to_string() } else { format!("/matters?q={q}") };
        navigate(&to, NavigateOptions { replace: true, scroll: false, ..Default::default() });
    };
    let count = c.matters.len();
    view! {
        <PageTitle text=tr!(matters.title) />
        <div class="page">
            <h1>{tr!(matters.title)}<span class="count">{tr!(matters.count, n = count)}</span></h1>
            <p class="lead">{tr!(matters.lead)}</p>
            <form class="search" role="search" method="get" action="/matters">
                <label>{tr!(matters.search)}<input type="search" name="q" value=words.get_untracked() autocomplete="off" maxlength="60" on:input=typed /></label>
                <button class="button button-quiet">{tr!(matters.find)}</button>
            </form>
            <p class="muted">
                {tr!(matters.search_help)}" "<A href="/catalogue/questions">{tr!(editor.title)}</A>" · "<A href="/catalogue/changes">{tr!(changes.title)}</A>
            </p>
            {move || {
                let words = words.get();
                if words.trim().is_empty() { by_stage() } else { found(&words) }
            }}
        </div>
    }
}

fn item(m: &Matter) -> AnyView {
    let office = catalogue().organisation(m.department.as_str()).map(|o| say(&o.name)).unwrap_or_default();
    let name = say(&m.name);
    view! {
        <li>
            <A href=format!("/matters/{}", m.id)>{name}</A>
            {m.six_permits.then(|| view! { <SixMark /> })}
            <A href=format!("/departments/{}", m.department) attr:class="muted">{office}</A>
        </li>
    }
    .into_any()
}

fn found(words: &str) -> AnyView {
    let c = catalogue();
    let found: Vec<AnyView> = c.search(words).into_iter().map(item).collect();
    if found.is_empty() {
        return view! { <p class="empty" role="status">{tr!(matters.none, words = words.to_string())}</p> }.into_any();
    }
    view! {
        <p role="status">{tr!(matters.found, n = found.len())}</p>
        <ul class="plain-list found">{found}</ul>
    }
    .into_any()
}

fn by_stage() -> AnyView {
    let c = catalogue();
    let stages = c.stages.iter().enumerate().map(|(i, stage)| {
        let lines = Line::ALL.map(|line| {
            let items: Vec<AnyView> = c.matters.iter().filter(|m| m.stage == stage.id && m.line == line).map(item).collect();
            (!items.is_empty())
                .then(|| view! { <div class="map-line"><h3>{say(&line.name())}</h3><ul class="plain-list">{items}</ul></div> })
        });
        view! {
            <section class="map-stage">
                <header class="map-stage-head"><h2><span class="chain-number">{i + 1}</span>{say(&stage.name)}</h2></header>
                <div class="map-lines">{lines.into_iter().collect::<Vec<_>>()}</div>
            </section>
        }
        .into_any()
    });
    stages.collect::<Vec<_>>().into_any()
}

/// A department: the matters it decides, those it cooperates on, the counters it runs.
#[component]
pub fn Department() -> impl IntoView {
    let params = leptos_router::hooks::use_params_map();
    move || {
        let c = catalogue();
        let id = params.with(|p| p.get("id")).unwrap_or_default();
        let Some(office) = c.organisation(&id) else { return view! { <super::not_found::NotFound /> }.into_any() };
        let name = say(&office.name);
        let list = |of: Vec<&Matter>| of.into_iter().map(item).collect::<Vec<_>>();
        let decides = list(c.matters.iter().filter(|m| m.department.as_str() == id).collect());
        let joins = list(c.matters.iter().filter(|m| m.cooperating.iter().any(|o| o.as_str() == id)).collect());
        let counters: Vec<AnyView> =
            c.counters.iter().filter(|k| k.run_by.as_str() == id).map(|k| view! { <li>{say(&k.name)}</li> }.into_any()).collect();
        let section = |title: String, items: Vec<AnyView>| {
            (!items.is_empty())
                .then(|| view! { <section class="section"><h2>{title}<span class="count">{items.len()}</span></h2><ul class="plain-list">{items}</ul></section> })
        };
        view! {
            <PageTitle text=name.clone() />
            <div class="page">
                <p class="crumb"><A href="/matters">{tr!(matters.title)}</A></p>
                <h1>{name}</h1>
                {section(tr!(matters.decides), decides)}
                {section(tr!(matters.joins), joins)}
                {section(tr!(matters.counters), counters)}
            </div>
        }
        .into_any()
    }
}
