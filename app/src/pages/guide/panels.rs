//! What the answers lead to, in four panels: what applies, what to do, how long, how much.

use crate::components::mark::Assumed;
use crate::lang::{lang, list, say, tr};
use crate::shared::{catalogue, today};
use domain::guide::{Answers, GuideMap, Profile};
use domain::plan::{Levers, Plan, Settings, milestone_end, workdays_to};
use leptos::prelude::*;

/// Beside the questions; every panel follows each answer at once.
#[component]
pub fn Panels(answers: Memo<Answers>, profile: Memo<Profile>) -> impl IntoView {
    let c = catalogue();
    let query = {
        let c = c.clone();
        Memo::new(move |_| answers.with(|a| a.to_query(&c)))
    };
    view! {
        <aside class="panels" aria-labelledby="result-title">
            <h2 id="result-title">{tr!(guide.result)}</h2>
            {move || {
                answers.with(|a| {
                    let map = GuideMap::new(&c, a, today());
                    (applies(&map), to_do(&map), how_long(&map), how_much(&map))
                })
            }}
            <Derived profile />
            <p class="actions">
                <a class="button" href=move || format!("/guide/map?{}", query.get())>{tr!(guide.show)}</a>
                <a class="button button-quiet" href=move || format!("/guide/plan?{}", query.get())>{tr!(plan.nav)}</a>
                <a class="button button-quiet" href=move || format!("/guide/chart?{}", query.get())>{tr!(chart.nav)}</a>
            </p>
        </aside>
    }
}

fn panel(number: u8, title: String, content: impl IntoView + 'static) -> AnyView {
    view! { <section class="fact-panel"><h3><span class="question-number">{number}</span>{title}</h3>{content.into_any()}</section> }
        .into_any()
}

/// What applies.
fn applies(map: &GuideMap) -> AnyView {
    let c = catalogue();
    let stages = c.stages.iter().map(|s| (say(&s.name), map.entries.iter().filter(|e| e.matter.stage == s.id).count()));
    let stages = stages.map(|(name, n)| view! { <li><span>{name}</span><span class="figure">{n}</span></li> }).collect_view();
    panel(
        1,
        tr!(guide.applies),
        view! {
                <p class="result-figure" role="status">
                    <strong>{tr!(guide.matters, n = map.entries.len())}</strong>
                    <span>{tr!(guide.six, n = map.six_permits())}</span>
                </p>
                <ol class="stage-counts">{stages}</ol>
        },
    )
}

/// First steps listed.
const FIRST: usize = 5;

/// What to do.
fn to_do(map: &GuideMap) -> AnyView {
    let c = catalogue();
    let papers = map.papers(&c);
    let own = papers.iter().filter(|p| !p.is_shared()).count();
    let first: Vec<_> = map.first_steps().take(FIRST + 1).collect();
    let more = first.len() > FIRST;
    let first = first
        .into_iter()
        .take(FIRST)
        .map(|e| {
            let office = c.organisation(e.matter.department.as_str()).map(|o| say(&o.name)).unwrap_or_default();
            view! { <li><span>{say(&e.matter.name)}</span><span class="muted">{office}</span></li> }
        })
        .collect_view();
    panel(
        2,
        tr!(guide.to_do),
        view! {
                <p>{tr!(guide.papers, n = papers.len(), own = own)}</p>
                <p class="muted">{tr!(guide.first)}</p>
                <ul class="figures">{first}{more.then(|| view! { <li class="muted">"…"</li> })}</ul>
        },
    )
}

/// How long, by the full chain and step by step.
fn how_long(map: &GuideMap) -> AnyView {
    let c = catalogue();
    let plan = |levers| Plan::new(&c, map, &Settings { levers, start: Some(today()), ..Settings::default() }).ok();
    let rows = plan(Levers::FULL_CHAIN).zip(plan(Levers::STEP_BY_STEP)).map(|(full, slow)| {
        let of = |milestone: &'static str, name: String| {
            let applies = full.milestone_day(milestone).is_some();
            let (quick, long) = (workdays_to(&full, milestone), workdays_to(&slow, milestone));
            applies.then(|| {
                view! {
                    <tr>
                        <th scope="row">{name}</th>
                        <td class="figure">{quick}<span class="muted block">{milestone_end(&full, milestone).to_string()}</span></td>
                        <td class="figure">{long}</td>
                        <td class="figure">{long - quick}</td>
                    </tr>
                }
            })
        };
        view! {
            <table class="compact">
                <thead>
                    <tr><td></td><th scope="col">{tr!(plan.full_chain)}</th><th scope="col">{tr!(plan.step_by_step)}</th><th scope="col">{tr!(plan.saved)}</th></tr>
                </thead>
                <tbody>{of("start", tr!(guide.to_start))} {of("production", tr!(guide.to_production))}</tbody>
            </table>
        }
    });
    panel(
        3,
        tr!(guide.how_long),
        view! {
                <p class="muted">{tr!(guide.from_today, date = today().to_string())}<Assumed /></p>
                {rows}
        },
    )
}

/// How much.
fn how_much(map: &GuideMap) -> AnyView {
    let fees: Vec<_> = map.with_fee().map(|e| (say(&e.matter.name), say(&e.matter.fees))).collect();
    let free = map.entries.len() - fees.len();
    let fees = fees.into_iter().map(|(name, fee)| view! { <li><span>{name}</span><span class="muted">{fee}</span></li> }).collect_view();
    panel(
        4,
        tr!(guide.how_much),
        view! {
                <p>{tr!(guide.free, n = free)}</p>
                <ul class="figures">{fees}</ul>
        },
    )
}

/// What follows from the answers, and because of which.
#[component]
fn Derived(profile: Memo<Profile>) -> impl IntoView {
    let c = catalogue();
    let derived = {
        let c = c.clone();
        move || {
            let all = c.attributes.iter().filter(|a| a.is_derived());
            all.map(|a| {
                let (value, because) =
                    profile.with(|p| (p.value(&a.id).map(|v| say(&a.describe(v))).unwrap_or_default(), p.because(&c, a)));
                let because = because.map(|(why, basis)| {
                    let basis = basis.map(|b| format!(" {}", tr!(guide.basis, basis = b))).unwrap_or_default();
                    format!("{}{basis}", tr!(guide.because, why = say(&why)))
                });
                view! { <li><span>{say(&a.name)}<span class="muted block">{because}</span></span><strong>{value}</strong></li> }
            })
            .collect_view()
        }
    };
    let ignored = move || {
        let names = profile.with(|p| p.ignored.clone());
        (!names.is_empty()).then(|| {
            let names = list(names.iter().filter_map(|n| c.attribute(n)).map(|a| a.name.get(lang()).to_string()));
            view! { <p class="muted">{tr!(guide.ignored, names = names)}</p> }
        })
    };
    view! {
        <section class="fact-panel">
            <h3>{tr!(guide.derived)}</h3>
            <ul class="figures">{derived}</ul>
            {ignored}
        </section>
    }
}

/// What another answer would change, in words: the matters more and fewer.
pub fn change(what: &domain::guide::WhatIf) -> (String, String) {
    let c = catalogue();
    let names = |places: &[usize]| list(places.iter().filter_map(|i| c.matters.get(*i)).map(|m| say(&m.name)));
    let mut short = Vec::new();
    let mut long = Vec::new();
    for (sign, places, words) in [("+", &what.more, tr!(guide.adds)), ("−", &what.fewer, tr!(guide.drops))] {
        if !places.is_empty() {
            short.push(format!("{sign}{}", places.len()));
            long.push(format!("{words}{}", names(places)));
        }
    }
    (short.join(" "), long.join(if lang() == domain::Lang::Zh { "；" } else { "; " }))
}
