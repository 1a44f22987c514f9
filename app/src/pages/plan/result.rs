//! What the plan says: kept or missed, by how much and along which chain, the milestones, and the two ways compared.

use super::PlanSubject;
use crate::components::mark::Assumed;
use crate::lang::{lang, say, tr, workdays};
use crate::shared::catalogue;
use domain::plan::{Plan, Settings, compare, levers_for, task_name, workdays_to};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub fn Outcome(of: PlanSubject, settings: Settings, plan: Arc<Plan>, saved: Option<Arc<Plan>>) -> impl IntoView {
    let c = catalogue();
    let aim = settings.targets.first().map_or("production", |(milestone, _)| milestone.as_str()).to_string();
    let aim_name = plan.milestone_day(&aim).map_or_else(|| tr!(plan.end), |m| say(&m.name));
    let by = |n: i64| workdays(n);
    let to_aim = workdays_to(&plan, &aim);
    let kept = plan.is_feasible();
    let reached = plan.is_reached(&aim);
    let sentence = match (kept, settings.targets.is_empty()) {
        _ if reached => tr!(plan.reached, name = aim_name.clone(), date = domain::plan::milestone_end(&plan, &aim).to_string()),
        (true, true) => {
            tr!(plan.forward_says, name = aim_name.clone(), date = domain::plan::milestone_end(&plan, &aim).to_string(), days = by(to_aim))
        }
        (true, false) => {
            let first = plan.date(plan.first).to_string();
            tr!(plan.kept, start = first, name = aim_name.clone(), date = domain::plan::milestone_end(&plan, &aim).to_string())
        }
        (false, _) => tr!(plan.missed, days = by(plan.short_by)),
    };
    let chain = chain_names(&plan);
    let gains = of.with(|c, map| levers_for(c, &of.answers(), map, &of.settled(&settings), &plan, &aim));
    let gains: Vec<AnyView> = gains
        .into_iter()
        .map(|g| view! { <li><span>{say(&g.name)}</span><strong>{tr!(plan.brings, days = by(g.workdays))}</strong></li> }.into_any())
        .collect();
    let rows: Vec<AnyView> = c
        .milestone_order
        .iter()
        .filter_map(|id| plan.milestone_day(id))
        .map(|m| {
            let before = saved.as_ref().and_then(|s| s.milestone_day(&m.id)).map(|s| s.earliest);
            let moved = before.map(|b| plan.calendar().between(b, m.earliest)).filter(|d| *d != 0);
            let late = m.target.is_some_and(|t| m.earliest > t);
            view! {
                <tr>
                    <th scope="row">{say(&m.name)}</th>
                    <td class="figure">{m.earliest.to_string()}</td>
                    <td class="figure">{m.latest.to_string()}</td>
                    <td class="figure" class:late=late>{m.target.map(|t| t.to_string())}{late.then(|| format!(" {}", tr!(plan.late)))}</td>
                    <td class="figure">{moved.map(|d| if d > 0 { tr!(plan.later, days = by(d)) } else { tr!(plan.sooner, days = by(-d)) })}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let warnings: Vec<AnyView> = plan.warnings.iter().map(|w| view! { <li>{say(w)}</li> }.into_any()).collect();
    let from = plan.date(plan.first);
    let comparison = (!reached).then(|| of.with(|c, map| compare(c, map, &of.settled(&settings), from, &aim))).and_then(Result::ok);
    let compared = comparison.map(|cmp| {
        let steps: Vec<AnyView> = cmp
            .steps
            .iter()
            .filter(|s| s.saved != 0)
            .map(|s| view! { <li><span>{say(&s.name)}</span><strong>{tr!(plan.saves, days = by(s.saved))}</strong></li> }.into_any())
            .collect();
        view! {
            <section class="panel">
                <h2>{tr!(plan.compared)}</h2>
                <p>{tr!(plan.compared_to, name = aim_name.clone(), slow = by(cmp.step_by_step_workdays), quick = by(cmp.full_chain_workdays))}</p>
                <p class="saved"><strong>{tr!(plan.saves, days = by(cmp.saved_workdays))}</strong><Assumed /></p>
                <ul class="figures">{steps}</ul>
            </section>
        }
    });
    view! {
        <div class="plan-outcome">
            <section class="panel" class:panel-error=!kept>
                <h2>{if reached { tr!(plan.achieved) } else if kept { tr!(plan.feasible) } else { tr!(plan.infeasible) }}</h2>
                <p class="stands" role="status">{sentence}</p>
                {(!reached).then(|| view! { <p class="chain-line-of"><strong>{tr!(plan.along)}</strong>{chain}</p> })}
                {(!gains.is_empty()).then(|| view! { <p>{tr!(plan.would_help)}</p><ul class="figures">{gains}</ul> })}
                <ul class="warnings muted">{warnings}</ul>
            </section>
            <section class="panel">
                <h2>{tr!(plan.milestones)}</h2>
                <div class="scroll" role="region" tabindex="0" aria-label=tr!(plan.milestones)>
                    <table class="compact">
                        <thead>
                            <tr>
                                <td></td><th scope="col">{tr!(plan.earliest)}</th><th scope="col">{tr!(plan.latest)}</th>
                                <th scope="col">{tr!(plan.target)}</th><th scope="col">{tr!(plan.against)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
            {compared}
        </div>
    }
}

/// The driving chain by names, each matter once.
fn chain_names(plan: &Plan) -> String {
    let c = catalogue();
    let mut names: Vec<String> = Vec::new();
    for i in &plan.critical_chain {
        let task = &plan.tasks[*i];
        let name = match task.matter.as_ref().and_then(|m| c.matter(m.as_str())) {
            Some(matter) => matter.name.get(lang()).to_string(),
            None => task_name(&c, task).get(lang()).to_string(),
        };
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    names.join(" → ")
}
