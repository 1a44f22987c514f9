//! The flow chart (审批流程图) of answers or of a project, with the same as a table.

use super::PageTitle;
use super::guide::{AnswerErrors, asked};
use crate::components::figure::Figure;
use crate::components::guide_nav::GuideNav;
use crate::drawing::Drawing;
use crate::drawing::flow::{self, States};
use crate::lang::{lang, list, say, tr, workdays};
use crate::shared::{catalogue, today};
use domain::guide::GuideMap;
use domain::plan::{Asked, Plan};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

#[component]
pub fn Chart() -> impl IntoView {
    let query = use_query_map();
    let parsed = Memo::new(move |_| query.with(asked));
    view! {
        <PageTitle text=tr!(chart.title) />
        <div class="page page-wide">
            <h1>{tr!(chart.title)}</h1>
            {move || match parsed.get() {
                Err(wrong) => view! { <AnswerErrors wrong back="/guide/chart" /> }.into_any(),
                Ok(asked) => of(&asked),
            }}
        </div>
    }
}

fn of(asked: &Asked) -> AnyView {
    let c = catalogue();
    let map = GuideMap::new(&c, &asked.answers, asked.day);
    let plan = Plan::new(&c, &map, &asked.settings()).ok();
    let drawing = flow::draw(&c, &map, plan.as_ref(), &States::new(), lang());
    let query = asked.to_query(&c, today());
    view! {
        <GuideNav query=query.clone() />
        <p class="muted">{tr!(chart.lead)}</p>
        <Drawn drawing svg=format!("/guide/chart.svg?{query}") />
        {table(&map, plan.as_ref(), &States::new())}
    }
    .into_any()
}

#[component]
pub fn Drawn(#[prop(into)] drawing: Signal<Drawing>, svg: String) -> impl IntoView {
    view! {
        <Figure drawing label=tr!(chart.title) file="quanlian-chart" svg=Signal::stored(svg) />
        <ul class="legend">
            <li><span class="key key-six"></span>{tr!(map.six_mark)}</li>
            <li><span class="key key-critical"></span>{tr!(plan.key_critical)}</li>
            <li><span class="key key-preview"></span>{tr!(chart.preview)}</li>
        </ul>
    }
}

/// The same as a table: for screen readers, and for whoever prefers to read.
pub fn table(map: &GuideMap, plan: Option<&Plan>, states: &States) -> AnyView {
    let c = catalogue();
    let applies = |id: &str| map.entries.iter().any(|e| e.matter.id.as_str() == id);
    let rows: Vec<AnyView> = map
        .entries
        .iter()
        .map(|e| {
            let m = e.matter;
            let name = say(&m.name);
            let office = c.organisation(m.department.as_str()).map(|o| say(&o.name)).unwrap_or_default();
            let stage = c.stage(m.stage.as_str()).map(|s| say(&s.name)).unwrap_or_default();
            let after = list(m.depends_on.iter().filter(|d| applies(d.on.as_str())).filter_map(|d| {
                let name = say(&c.matter(d.on.as_str())?.name);
                Some(if d.preview { format!("{name}{}", tr!(map.preview)) } else { name })
            }));
            let critical = plan.is_some_and(|p| (0..p.tasks.len()).any(|i| p.tasks[i].matter.as_ref() == Some(&m.id) && p.is_critical(i)));
            let state = states.get(m.id.as_str()).map(|(_, word)| word.clone()).unwrap_or_else(|| workdays(e.promised_workdays));
            view! {
                <tr>
                    <th scope="row"><A href=format!("/matters/{}", m.id)>{name}</A></th>
                    <td>{stage}</td><td>{say(&m.line.name())}</td><td>{office}</td><td>{state}</td><td>{after}</td>
                    <td>{critical.then(|| tr!(plan.critical))}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <details class="section">
            <summary>{tr!(chart.table)}</summary>
            <div class="scroll" role="region" tabindex="0" aria-label=tr!(chart.table)>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{tr!(chart.matter)}</th><th scope="col">{tr!(matter.stage)}</th><th scope="col">{tr!(matter.line)}</th>
                            <th scope="col">{tr!(matter.department)}</th><th scope="col">{tr!(chart.state)}</th>
                            <th scope="col">{tr!(chart.after)}</th><td></td>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
