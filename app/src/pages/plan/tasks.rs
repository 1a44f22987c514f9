//! Every task as a table: the chart for screen readers and paper, and where lengths are typed.

use super::PlanSubject;
use crate::lang::{say, tr};
use crate::shared::catalogue;
use domain::plan::{Plan, Settings, task_name};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub fn Tasks(
    of: StoredValue<PlanSubject>,
    settings: Memo<Settings>,
    shown: Memo<Option<Arc<Plan>>>,
    go: Callback<Settings>,
) -> impl IntoView {
    let count = move || shown.with(|p| p.as_ref().map_or(0, |p| p.tasks.len()));
    let (path, carried) = of.with_value(|of| (of.path(), of.carried()));
    let hidden = carried.into_iter().map(|(n, v)| view! { <input type="hidden" name=n value=v /> }).collect_view();
    let kept = move || {
        let pairs = settings.with(|s| Settings { lengths: Default::default(), ..s.clone() }.to_pairs());
        pairs.into_iter().map(|(n, v)| view! { <input type="hidden" name=n value=v /> }).collect_view()
    };
    // A length typed: the rest follows at once. Emptied: the planned length again.
    let typed = move |event: leptos::ev::Event| {
        #[cfg(feature = "hydrate")]
        {
            use wasm_bindgen::JsCast;
            let Some(input) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()) else { return };
            let Some(task) = input.name().strip_prefix("d.").map(str::to_string) else { return };
            let mut next = settings.get_untracked();
            match input.value().trim().parse::<i64>() {
                Ok(days) => next.lengths.insert(task, days),
                Err(_) => next.lengths.remove(&task),
            };
            go.run(next);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, go);
    };
    let rows = move || {
        let plan = shown.get()?;
        let c = catalogue();
        let edited = settings.with(|s| s.lengths.clone());
        let rows: Vec<AnyView> = (0..plan.tasks.len())
            .map(|i| {
                let task = &plan.tasks[i];
                let (days, unit) = task.duration();
                let given = edited.get(&task.id).map(ToString::to_string);
                let name = say(&task_name(&c, task));
                let length = (!task.length.is_none() && !plan.is_done(i)).then(|| {
                    let label = tr!(plan.length_of, name = name.clone());
                    view! {
                        <input type="number" class="days" min="0" max="3660" name=format!("d.{}", task.id) value=given.clone() placeholder=days.to_string() aria-label=label />
                        <span class="unit">{unit_short(unit)}</span>
                    }
                });
                let state = if plan.is_done(i) { tr!(plan.done) } else if plan.is_critical(i) { tr!(plan.critical) } else { String::new() };
                let date = |day| plan.date(day).to_string();
                view! {
                    <tr class:is-critical=plan.is_critical(i)>
                        <th scope="row">{name}</th>
                        <td class="length">{length}</td>
                        <td class="figure">{date(plan.early.start[i])}</td>
                        <td class="figure">{date(plan.early.end[i])}</td>
                        <td class="figure">{date(plan.late.start[i])}</td>
                        <td class="figure">{date(plan.late.end[i])}</td>
                        <td class="figure">{plan.total_float(i)}</td>
                        <td class="figure">{plan.free_float(i)}</td>
                        <td>{state}</td>
                    </tr>
                }
                .into_any()
            })
            .collect();
        Some(rows)
    };
    view! {
        <section class="section">
            <details>
                <summary>{move || tr!(plan.tasks, n = count())}</summary>
                <form method="get" action=path on:change=typed>
                    {hidden}
                    {kept}
                    <p class="actions">
                        <button class="button button-quiet">{tr!(plan.apply)}</button>
                        <span class="muted">{tr!(plan.lengths_help)}</span>
                    </p>
                    <div class="scroll" role="region" tabindex="0" aria-label=tr!(plan.tasks_label)>
                        <table class="tasks">
                            <thead>
                                <tr>
                                    <th scope="col">{tr!(plan.task)}</th><th scope="col">{tr!(plan.length)}</th>
                                    <th scope="col">{tr!(plan.earliest_start)}</th><th scope="col">{tr!(plan.earliest_end)}</th>
                                    <th scope="col">{tr!(plan.latest_start)}</th><th scope="col">{tr!(plan.latest_end)}</th>
                                    <th scope="col">{tr!(plan.total_float)}</th><th scope="col">{tr!(plan.free_float)}</th><td></td>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </form>
            </details>
        </section>
    }
}

fn unit_short(unit: domain::catalogue::Unit) -> String {
    match unit {
        domain::catalogue::Unit::Workday => tr!(plan.unit_workday),
        domain::catalogue::Unit::CalendarDay => tr!(plan.unit_calendar),
    }
}
