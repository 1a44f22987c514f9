//! The papers of the whole project, once each; the key points as a checklist; the law of the day.

use crate::components::mark::{Assumed, Low};
use crate::lang::{list, say, tr, workdays};
use crate::shared::catalogue;
use domain::catalogue::{Confidence, SupplyBy};
use domain::guide::{GuideMap, Paper};
use domain::plan::Plan;
use leptos::prelude::*;
use leptos_router::components::A;
use std::collections::BTreeMap;

/// The checklist of papers: what each is for, where it comes from, whether it may follow, and the latest day to begin.
pub fn papers(map: &GuideMap, plan: &Plan) -> AnyView {
    let c = catalogue();
    let all = map.papers(&c);
    let (shared, own): (Vec<Paper>, Vec<Paper>) = all.into_iter().partition(Paper::is_shared);
    let count = own.len();
    let rows: Vec<AnyView> = own.iter().map(|p| row(p, plan)).collect();
    let taken: Vec<AnyView> = shared.iter().map(|p| view! { <li>{say(&p.material.name)}</li> }.into_any()).collect();
    view! {
        <section class="section" id="papers">
            <h2>{tr!(map.papers)}<span class="count">{tr!(map.materials, n = count)}</span></h2>
            <p class="muted">{tr!(map.papers_note)}</p>
            <div class="scroll" role="region" tabindex="0" aria-label=tr!(map.papers)>
                <table class="papers">
                    <thead>
                        <tr>
                            <th scope="col">{tr!(map.paper)}</th><th scope="col">{tr!(map.paper_source)}</th>
                            <th scope="col">{tr!(map.paper_for)}</th><th scope="col">{tr!(map.paper_follow)}</th>
                            <th scope="col">{tr!(map.paper_begin)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <details>
                <summary>{tr!(map.shared, n = shared.len())}</summary>
                <ul class="columns-list">{taken}</ul>
            </details>
        </section>
    }
    .into_any()
}

fn row(paper: &Paper, plan: &Plan) -> AnyView {
    let mut wanted: Vec<AnyView> = Vec::new();
    for w in &paper.wanted_by {
        let (to, name) = (format!("/matters/{}", w.matter.id), say(&w.matter.name));
        wanted.push(view! { <A href=to>{name}</A> }.into_any());
    }
    let follow = if paper.may_follow() {
        let days = paper.wanted_by.iter().filter_map(|w| w.promise_days).min().unwrap_or_default();
        let until =
            if paper.wanted_by.iter().any(|w| w.supply_by == SupplyBy::Decision) { tr!(map.until_decision) } else { tr!(map.until_after) };
        view! { <span class="tolerated">{tr!(map.tolerated, days = workdays(days))}</span><span class="muted block">{until}<Assumed /></span> }.into_any()
    } else if paper.wanted_by.iter().all(|w| w.tolerated_in_preview) {
        view! { <span class="muted">{tr!(map.absent_ahead)}</span> }.into_any()
    } else {
        view! { <span class="muted">{tr!(map.needed)}</span> }.into_any()
    };
    let begin = plan.begin_by(paper).map(|day| day.to_string()).unwrap_or_default();
    view! {
        <tr>
            <th scope="row"><span class="check-box" aria-hidden="true"></span>{say(&paper.material.name)}</th>
            <td>{say(&paper.material.source.name())}</td>
            <td class="wanted">{wanted}</td>
            <td>{follow}</td>
            <td class="figure">{begin}</td>
        </tr>
    }
    .into_any()
}

/// The technical key points, by matter.
pub fn key_points(map: &GuideMap) -> AnyView {
    let count: usize = map.entries.iter().map(|e| e.matter.key_points.len()).sum();
    let matters: Vec<AnyView> = map
        .entries
        .iter()
        .filter(|e| !e.matter.key_points.is_empty())
        .map(|e| {
            let points: Vec<AnyView> = e.matter.key_points.iter().map(|k| view! { <li>{say(&k.text)}</li> }.into_any()).collect();
            view! {
                <details class="key-points">
                    <summary>{say(&e.matter.name)}<span class="count">{points.len()}</span></summary>
                    <ul class="checks">{points}</ul>
                </details>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="section" id="key-points">
            <h2>{tr!(matter.key_points)}<span class="count">{count}</span></h2>
            <div class="columns">{matters}</div>
        </section>
    }
    .into_any()
}

/// The legal texts the map rests on, as of its day; those out of force on it are said so.
pub fn law(map: &GuideMap) -> AnyView {
    let c = catalogue();
    let mut cited: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for entry in &map.entries {
        for citation in &entry.matter.citations {
            cited.entry(citation.basis.as_str()).or_default().push(say(&entry.matter.name));
        }
    }
    let in_force = cited.keys().filter(|id| c.bases.get(**id).is_some_and(|b| b.in_force(map.as_of))).count();
    let texts: Vec<AnyView> = cited
        .into_iter()
        .filter_map(|(id, mut matters)| {
            let basis = c.bases.get(id)?;
            matters.dedup();
            let valid = match (basis.valid_from, basis.valid_until) {
                (None, None) => None,
                (from, until) => {
                    let day = |d: Option<domain::date::Date>| d.map(|d| d.to_string()).unwrap_or_default();
                    Some(tr!(map.valid, from = day(from), until = day(until)))
                }
            };
            let force = basis.in_force(map.as_of);
            let successor = basis.successor.as_ref().and_then(|s| c.bases.get(s)).map(|s| s.title.clone());
            let memory = basis.checked == domain::catalogue::Checked::Memory;
            Some(
                view! {
                    <li class:out-of-force=!force>
                        <span>{basis.title.clone()}</span>
                        <span class="muted">{basis.number.clone()}</span>
                        {valid.map(|v| view! { <span class="muted">{v}</span> })}
                        {(!force)
                            .then(|| {
                                let words = successor.map_or_else(|| tr!(map.not_in_force), |s| tr!(map.replaced_by, name = s));
                                view! { <strong>{words}</strong> }
                            })}
                        {memory.then(|| view! { <Low confidence=Confidence::Low /> })}
                        <span class="muted">{list(matters.into_iter().take(3))}</span>
                    </li>
                }
                .into_any(),
            )
        })
        .collect();
    view! {
        <section class="section" id="law">
            <h2>{tr!(map.law)}</h2>
            <p class="muted">{tr!(map.law_note, date = map.as_of.to_string(), n = in_force)}</p>
            <details><summary>{tr!(map.law_list, n = texts.len())}</summary><ul class="basis">{texts}</ul></details>
        </section>
    }
    .into_any()
}
