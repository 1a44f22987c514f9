//! The probability of the date: many runs with lengths that vary, in portions, so that the page stays alive.

use super::PlanSubject;
use crate::components::mark::Assumed;
use crate::lang::{say, tr};
use crate::shared::catalogue;
use domain::plan::chance::{Chance, Simulation, Sort, Spreads};
use domain::plan::{Plan, Settings, task_name};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use std::sync::Arc;

const RUNS: usize = 10_000;
/// The same seed for everybody: two people see the same numbers.
const SEED: u64 = 20_220_913;
/// Runs for the ranking of what would help.
const AGAIN: usize = 500;

fn aim(settings: &Settings) -> String {
    settings.targets.first().map_or("production", |(milestone, _)| milestone.as_str()).to_string()
}

/// All runs at once: what the server does when the form asks for it.
fn at_once(of: &PlanSubject, settings: &Settings, plan: &Plan, spreads: &Spreads) -> Option<Chance> {
    let aim = aim(settings);
    of.with(|c, map| {
        let mut simulation = Simulation::new(c, map, plan, spreads, &aim, SEED)?;
        simulation.run(RUNS);
        Some(simulation.chance(&aim, SEED, AGAIN))
    })
}

/// In portions, with a breath for the page between them.
#[cfg(feature = "hydrate")]
async fn in_portions(
    of: PlanSubject,
    settings: Settings,
    plan: Arc<Plan>,
    spreads: Spreads,
    progress: RwSignal<Option<usize>>,
) -> Option<Chance> {
    const PORTION: usize = 2_000;
    let aim = aim(&settings);
    let sorts = of.with(|c, map| domain::plan::chance::sorts(c, map, &plan));
    let mut simulation = Simulation::with_sorts(sorts, &plan, &spreads, &aim, SEED)?;
    let mut done = 0;
    while done < RUNS {
        simulation.run(PORTION);
        done += PORTION;
        progress.set(Some(done));
        gloo_timers::future::TimeoutFuture::new(0).await;
    }
    Some(simulation.chance(&aim, SEED, AGAIN))
}

#[component]
pub fn ChanceOf(of: StoredValue<PlanSubject>, settings: Memo<Settings>, shown: Memo<Option<Arc<Plan>>>) -> impl IntoView {
    let query = use_query_map();
    let spreads = RwSignal::new(Spreads::default());
    let progress = RwSignal::new(None::<usize>);
    let asked = query.with_untracked(|q| q.get("runs").is_some());
    let first = asked.then(|| shown.get_untracked()).flatten();
    let first = first.and_then(|plan| of.with_value(|of| at_once(of, &settings.get_untracked(), &plan, &Spreads::default())));
    let chance = RwSignal::new(first);
    // What was found is about the plan it was found for.
    let known = StoredValue::new((settings.get_untracked(), spreads.get_untracked()));
    Effect::new(move |_| {
        let now = (settings.get(), spreads.get());
        if known.with_value(|k| *k != now) {
            known.set_value(now);
            chance.set(None);
        }
    });
    let run = move |event: leptos::ev::SubmitEvent| {
        #[cfg(feature = "hydrate")]
        {
            event.prevent_default();
            let Some(plan) = shown.get_untracked() else { return };
            let drawn = spreads;
            let (of, settings, spreads) = (of.get_value(), settings.get_untracked(), spreads.get_untracked());
            progress.set(Some(0));
            leptos::task::spawn_local_scoped(async move {
                let found = in_portions(of, settings, plan.clone(), spreads.clone(), progress).await;
                // Meanwhile the plan or a distribution may have changed: then it is an answer to nobody's question.
                let same = shown.try_get_untracked().flatten().is_some_and(|now| Arc::ptr_eq(&now, &plan));
                if same && drawn.try_get_untracked().as_ref() == Some(&spreads) {
                    let _ = chance.try_set(found);
                }
                let _ = progress.try_set(None);
            });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = event;
    };
    let hidden = move || {
        let pairs = of.with_value(|of| settings.with(|s| of.carried().into_iter().chain(s.to_pairs()).collect::<Vec<_>>()));
        pairs.into_iter().map(|(n, v)| view! { <input type="hidden" name=n value=v /> }).collect_view()
    };
    let found = move || chance.get().zip(shown.get()).map(|(chance, plan)| view! { <Found chance plan /> });
    let path = of.with_value(PlanSubject::path);
    view! {
        <section class="section chance">
            <h2>{tr!(plan.chance)}<Assumed /></h2>
            <p class="muted">{tr!(plan.chance_note)}</p>
            <form method="get" action=path on:submit=run>
                {hidden}
                <input type="hidden" name="runs" value=RUNS.to_string() />
                <button class="button button-quiet" disabled=move || progress.get().is_some()>{tr!(plan.simulate, n = RUNS)}</button>
            </form>
            {move || progress.get().map(|done| view! { <progress max=RUNS.to_string() value=done.to_string() aria-label=tr!(plan.chance)></progress> })}
            {found}
            <Spread spreads />
        </section>
    }
}

/// A share as whole percents.
fn percent(share: f64) -> String {
    format!("{} %", (share * 100.0).round())
}

#[component]
fn Found(chance: Chance, plan: Arc<Plan>) -> impl IntoView {
    let c = catalogue();
    let name = |id: &str| plan.task(id).map(|i| say(&task_name(&c, &plan.tasks[i]))).unwrap_or_default();
    let percentiles: Vec<AnyView> = chance
        .percentiles
        .iter()
        .map(|(p, day)| view! { <tr><th scope="row">{format!("{p} %")}</th><td class="figure">{day.to_string()}</td></tr> }.into_any())
        .collect();
    let raises: Vec<AnyView> = chance
        .raises
        .iter()
        .map(|(id, share)| view! { <li><span>{name(id)}</span><strong>{percent(*share)}</strong></li> }.into_any())
        .collect();
    let driving: Vec<AnyView> = chance
        .driving
        .iter()
        .take(6)
        .map(|(id, share)| view! { <li><span>{name(id)}</span><span class="figure">{percent(*share)}</span></li> }.into_any())
        .collect();
    let milestone = plan.milestone_day(&chance.milestone).map(|m| say(&m.name)).unwrap_or_default();
    view! {
        <div class="plan-outcome" role="status">
            <section class="panel">
                {chance
                    .probability
                    .map(|share| view! { <p class="result-figure"><strong>{percent(share)}</strong><span>{tr!(plan.on_time, name = milestone.clone())}</span></p> })}
                <table class="compact">
                    <thead><tr><th scope="col">{tr!(plan.certainty)}</th><th scope="col">{tr!(plan.done_on, name = milestone.clone())}</th></tr></thead>
                    <tbody>{percentiles}</tbody>
                </table>
            </section>
            <section class="panel"><h3>{tr!(plan.raises)}</h3><ul class="figures">{raises}</ul></section>
            <section class="panel"><h3>{tr!(plan.driving)}</h3><ul class="figures">{driving}</ul></section>
        </div>
    }
}

/// The distributions, shown and to be changed.
#[component]
fn Spread(spreads: RwSignal<Spreads>) -> impl IntoView {
    // What was typed last is no distribution: it stays in its field, and is not taken.
    let refused = RwSignal::new(false);
    let rows: Vec<AnyView> = Sort::ALL
        .into_iter()
        .map(|sort| {
            let field = move |which: usize, label: String| {
                let value = move || {
                    let s = spreads.with(|s| s.of(sort));
                    [s.least, s.likely, s.most][which].to_string()
                };
                let changed = move |event: leptos::ev::Event| {
                    let mut next = spreads.with_untracked(|s| s.of(sort));
                    let number = event_target_value(&event).trim().parse::<f64>();
                    *[&mut next.least, &mut next.likely, &mut next.most][which] = number.unwrap_or(f64::NAN);
                    refused.set(!next.is_sound());
                    if next.is_sound() {
                        spreads.update(|s| *s.of_mut(sort) = next);
                    }
                };
                let label = format!("{} {label}", say(&sort.name()));
                view! { <td><input class="days" inputmode="decimal" autocomplete="off" prop:value=value value=value aria-label=label on:change=changed /></td> }
            };
            view! {
                <tr>
                    <th scope="row">{say(&sort.name())}</th>
                    {field(0, tr!(plan.least))} {field(1, tr!(plan.likely))} {field(2, tr!(plan.most))}
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <details>
            <summary>{tr!(plan.spreads)}</summary>
            <p class="muted">{tr!(plan.spreads_note)}</p>
            {move || refused.get().then(|| view! { <p class="error" role="alert">{tr!(plan.no_spread)}</p> })}
            <table class="compact">
                <thead><tr><td></td><th scope="col">{tr!(plan.least)}</th><th scope="col">{tr!(plan.likely)}</th><th scope="col">{tr!(plan.most)}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
}
