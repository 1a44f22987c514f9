//! The guide map of one project (指向图): the steps per stage and line, the papers once each, the key points, the law
//! of the day; and from there, the project.

mod papers;
mod start;
mod steps;

use super::PageTitle;
use super::guide::{AnswerErrors, asked};
use crate::components::guide_nav::GuideNav;
use crate::components::qr::TakeAlong;
use crate::lang::{say, tr};
use crate::shared::{catalogue, today};
use domain::guide::{AnswerError, GuideMap};
use domain::plan::{Asked, Plan};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use papers::{key_points, law, papers};
use start::Start;
use steps::stages;

#[component]
pub fn Map() -> impl IntoView {
    let query = use_query_map();
    let parsed = Memo::new(move |_| query.with(asked));
    view! {
        <PageTitle text=tr!(map.title) />
        <div class="page">
            <h1>{tr!(map.title)}</h1>
            {move || match parsed.get() {
                Err(wrong) => view! { <AnswerErrors wrong back="/guide/map" /> }.into_any(),
                Ok(asked) => of(asked),
            }}
        </div>
    }
}

fn of(asked: Asked) -> AnyView {
    let c = catalogue();
    let answers = asked.answers.to_query(&c);
    let map = GuideMap::new(&c, &asked.answers, asked.day);
    let plan = match Plan::new(&c, &map, &asked.settings()) {
        Ok(plan) => plan,
        Err(wrong) => {
            let wrong = wrong.into_iter().map(AnswerError::from).collect();
            return view! { <AnswerErrors wrong back="/guide/map" /> }.into_any();
        }
    };
    let given = asked.answers.to_pairs(&c).into_iter().filter_map(|(name, _)| {
        let attribute = c.attribute(&name)?;
        let value = map.profile.value(&name)?;
        Some(view! { <div><dt>{say(&attribute.name)}</dt><dd>{say(&attribute.describe(value))}</dd></div> })
    });
    let given = given.collect_view();
    let query = asked.to_query(&c, today());
    view! {
        <p class="map-summary">
            <strong>{tr!(map.summary, n = map.entries.len(), six = map.six_permits())}</strong>
            <span>{tr!(map.as_of, date = asked.day.to_string())}</span>
            <A href=format!("/guide?{answers}")>{tr!(map.edit)}</A>
        </p>
        <GuideNav query=query.clone() />
        <details class="answers">
            <summary>{tr!(map.answers)}</summary>
            <dl class="facts">{given}</dl>
            <form method="get" class="form-row" action="/guide/map">
                {asked.answers.to_pairs(&c).into_iter().map(|(n, v)| view! { <input type="hidden" name=n value=v /> }).collect_view()}
                <label>{tr!(map.law_of)}<input type="date" name="as_of" value=asked.day.to_string() /></label>
                <button class="button button-quiet">{tr!(plan.apply)}</button>
            </form>
        </details>
        {stages(&map, &plan)}
        {papers(&map, &plan)}
        {key_points(&map)}
        {law(&map)}
        <TakeAlong path=format!("/guide/map?{query}") json=format!("/guide/map.json?{query}") />
        <Start query=answers />
    }
    .into_any()
}
