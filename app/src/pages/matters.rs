use super::PageTitle;
use crate::components::mark::SixMark;
use crate::lang::{say, tr};
use crate::shared::catalogue;
use domain::catalogue::Line;
use leptos::prelude::*;
use leptos_router::components::A;

/// The whole catalogue, by stage and line.
#[component]
pub fn Matters() -> impl IntoView {
    let c = catalogue();
    let stages = c
        .stages
        .iter()
        .enumerate()
        .map(|(i, stage)| {
            let lines = Line::ALL.into_iter().map(|line| view! { <LineOf stage=stage.id.to_string() line /> }).collect_view();
            view! {
                <section class="map-stage">
                    <header class="map-stage-head"><h2><span class="chain-number">{i + 1}</span>{say(&stage.name)}</h2></header>
                    <div class="map-lines">{lines}</div>
                </section>
            }
        })
        .collect_view();
    view! {
        <PageTitle text=tr!(matters.title) />
        <div class="page">
            <h1>{tr!(matters.title)}<span class="count">{tr!(matters.count, n = c.matters.len())}</span></h1>
            <p class="lead">{tr!(matters.lead)}</p>
            {stages}
        </div>
    }
}

#[component]
fn LineOf(stage: String, line: Line) -> impl IntoView {
    let c = catalogue();
    let items: Vec<_> = c
        .matters
        .iter()
        .filter(|m| m.stage.as_str() == stage && m.line == line)
        .map(|m| {
            let office = c.organisation(m.department.as_str()).map(|o| say(&o.name)).unwrap_or_default();
            let (to, name, six) = (format!("/matters/{}", m.id), say(&m.name), m.six_permits);
            view! {
                <li>
                    <A href=to>{name}</A>
                    {six.then(|| view! { <SixMark /> })}
                    <span class="muted">{office}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    let any = !items.is_empty();
    any.then(move || view! { <div class="map-line"><h3>{say(&line.name())}</h3><ul class="plain-list">{items}</ul></div> })
}
