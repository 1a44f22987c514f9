//! The project's flow chart, with the state of every matter, live.

use super::page;
use crate::drawing::flow::{self, States};
use crate::lang::{lang, say, tr};
use crate::pages::chart::{Drawn, table};
use crate::shared::{catalogue, today};
use domain::plan::{Plan, Settings};
use domain::project::matter::state;
use leptos::prelude::*;

#[component]
pub fn ProjectChart() -> impl IntoView {
    let page = page();
    let states = move || -> States {
        let c = catalogue();
        page.project(|p| {
            let all = p.matters.keys().filter_map(|id| Some((id.to_string(), state(p, &c, id)?)));
            all.map(|(id, state)| (id, (state.code(), say(&state.name())))).collect()
        })
    };
    let plan = move || {
        let c = catalogue();
        page.project(|p| {
            let settings = p.plan.as_ref().map(|plan| plan.settings.clone()).unwrap_or_else(Settings::default);
            Plan::new(&c, &p.guide_map(&c), &p.plan_settings(&settings, today())).ok()
        })
    };
    let drawing = Signal::derive(move || {
        let (c, states, plan) = (catalogue(), states(), plan());
        page.project(|p| flow::draw(&c, &p.guide_map(&c), plan.as_ref(), &states, lang()))
    });
    let as_table = move || {
        let (c, states, plan) = (catalogue(), states(), plan());
        page.project(|p| table(&p.guide_map(&c), plan.as_ref(), &states))
    };
    view! {
        <h2 class="visually-hidden">{tr!(chart.title)}</h2>
        <Drawn drawing svg=format!("/projects/{}/chart.svg", page.id()) />
        {as_table}
    }
}
