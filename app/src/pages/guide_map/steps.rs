//! The steps of the map: seven stages by two lines, what goes together and what comes after, whose responsibility
//! each step is and when.

use crate::components::mark::{Assumed, Low, SixMark};
use crate::lang::{aside, colon, list, say, tr, workdays};
use crate::shared::catalogue;
use domain::catalogue::{LimitKind, Line, Stage};
use domain::guide::{Entry, GuideMap};
use domain::plan::Plan;
use domain::role::Role;
use leptos::prelude::*;
use leptos_router::components::A;

pub fn stages(map: &GuideMap, plan: &Plan) -> AnyView {
    let c = catalogue();
    let stages = c.stages.iter().enumerate().map(|(i, stage)| {
        let lines = Line::ALL.map(|line| line_of(map, plan, stage, line));
        view! {
            <section class="map-stage" id=stage.id.to_string()>
                <header class="map-stage-head">
                    <h2><span class="chain-number">{i + 1}</span>{say(&stage.name)}</h2>
                    <p class="muted">{say(&stage.goal)}</p>
                </header>
                <div class="map-lines">{lines.into_iter().collect::<Vec<_>>()}</div>
            </section>
        }
        .into_any()
    });
    stages.collect::<Vec<_>>().into_any()
}

fn line_of(map: &GuideMap, plan: &Plan, stage: &Stage, line: Line) -> AnyView {
    let steps = map.steps(stage, line);
    let none = steps.is_empty();
    let groups: Vec<AnyView> = steps
        .iter()
        .enumerate()
        .map(|(i, group)| {
            let items: Vec<AnyView> = group.iter().map(|entry| step(entry, map, plan)).collect();
            let several = items.len() > 1;
            view! {
                <li class="step">
                    <p class="step-joint">
                        {if i == 0 { tr!(map.step_first) } else { tr!(map.step_then) }}
                        {several.then(|| tr!(map.step_together))}
                    </p>
                    <ul class="map-list">{items}</ul>
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class=format!("map-line map-{}", line.code())>
            <h3>{say(&line.name())}</h3>
            {none.then(|| view! { <p class="muted">{tr!(map.nothing)}</p> })}
            <ol class="steps">{groups}</ol>
        </div>
    }
    .into_any()
}

fn step(entry: &Entry, map: &GuideMap, plan: &Plan) -> AnyView {
    let c = catalogue();
    let matter = entry.matter;
    let legal = entry.legal.limit.period.map(|p| {
        let mut text = tr!(map.legal, limit = say(&p.text()));
        if entry.legal.limit.kind == LimitKind::MinimumPeriod {
            text.push_str(&aside(&say(&LimitKind::MinimumPeriod.name())));
        }
        text
    });
    // What does not apply to this project does not come before anything.
    let applies = |id: &domain::Id<domain::catalogue::Matter>| map.entries.iter().any(|e| e.matter.id == *id);
    let after = list(matter.depends_on.iter().filter(|d| applies(&d.on)).filter_map(|d| {
        let name = say(&c.matter(d.on.as_str())?.name);
        Some(if d.preview { format!("{name}{}", tr!(map.preview)) } else { name })
    }));
    let office = c.organisation(matter.department.as_str()).map(|o| say(&o.name)).unwrap_or_default();
    let decides = if matter.self_managed { tr!(map.by_owner) } else { office };
    let day = |part: &str, late: bool| {
        let task = plan.task(&format!("{}/{part}", matter.id))?;
        Some(plan.date(if late { plan.late.start[task] } else { plan.early.end[task] }).to_string())
    };
    let prepares = (matter.preparation_workdays > 0).then(|| {
        let latest = day("preparation", true).unwrap_or_default();
        view! {
            <li>
                <span>{say(&Role::Enterprise.name())}{colon()}{tr!(map.prepares, days = workdays(matter.preparation_workdays), date = latest)}</span>
                {matter.preparation_assumed.then(|| view! { <Assumed /> })}
            </li>
        }
    });
    let done = day("decision", false).unwrap_or_default();
    let instead: Vec<AnyView> = c
        .instead_of(matter)
        .into_iter()
        .map(|(other, attribute, value)| {
            let when = tr!(map.instead, name = say(&attribute.name), value = say(&attribute.describe(value)));
            let (to, name) = (format!("/matters/{}", other.id), say(&other.name));
            view! { <li class="muted">{tr!(map.or)}<A href=to>{name}</A>{when}</li> }.into_any()
        })
        .collect();
    let name = say(&matter.name);
    view! {
        <li class="map-item" class:map-six=matter.six_permits>
            <p class="map-name">
                <A href=format!("/matters/{}", matter.id)>{name}</A>
                {matter.six_permits.then(|| view! { <SixMark /> })}
                <Low confidence=matter.confidence />
            </p>
            <p class="map-who muted">{tr!(map.result)}{colon()}{say(entry.result)}</p>
            <ul class="who-when">
                {prepares}
                <li>
                    <span>{decides}{colon()}{tr!(map.promised, days = workdays(entry.promised_workdays))}</span>
                    {entry.promised_assumed.then(|| view! { <Assumed /> })}
                    <span class="muted">{legal.unwrap_or_else(|| tr!(map.no_legal))}</span>
                    <span class="muted">{tr!(map.done_by, date = done)}</span>
                </li>
            </ul>
            {(!after.is_empty()).then(|| view! { <p class="muted">{tr!(map.after, names = after)}</p> })}
            {(!instead.is_empty()).then(|| view! { <ul class="plain-list">{instead}</ul> })}
        </li>
    }
    .into_any()
}
