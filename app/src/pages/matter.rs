//! Everything the catalogue knows of one matter.

use super::PageTitle;
use super::not_found::NotFound;
use crate::components::mark::{Assumed, Low, SixMark};
use crate::lang::{aside, colon, lang, list, say, tr, workdays};
use crate::shared::{catalogue, today};
use domain::Lang;
use domain::catalogue::{Catalogue, DependencyType, Matter, SupplyBy};
use domain::condition::{Comparison, Condition, Value};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;

#[component]
pub fn MatterPage() -> impl IntoView {
    let params = use_params_map();
    move || {
        let id = params.with(|p| p.get("id")).unwrap_or_default();
        match catalogue().matter(&id).cloned() {
            Some(matter) => view! { <Details matter /> }.into_any(),
            None => view! { <NotFound /> }.into_any(),
        }
    }
}

/// A condition in words.
pub fn words(condition: &Condition, c: &Catalogue) -> String {
    let zh = lang() == Lang::Zh;
    let name = |id: &str| c.attribute(id).map_or_else(|| id.to_string(), |a| say(&a.name));
    let join = |parts: &[Condition], word: &str| {
        let parts = parts.iter().map(|p| match p {
            Condition::And(_) | Condition::Or(_) => aside(&words(p, c)).trim_start().to_string(),
            other => words(other, c),
        });
        parts.collect::<Vec<_>>().join(word)
    };
    match condition {
        Condition::Always(_) => tr!(matter.always),
        Condition::Is(id) => {
            if zh {
                name(id)
            } else {
                name(id).to_lowercase()
            }
        }
        Condition::Not(inner) => format!("{}{}", if zh { "非：" } else { "not: " }, words(inner, c)),
        Condition::And(parts) => join(parts, if zh { "，且" } else { " and " }),
        Condition::Or(parts) => join(parts, if zh { "，或" } else { " or " }),
        Condition::Contains(option, id) => {
            let value = c.attribute(id).and_then(|a| a.choice(option)).map_or_else(|| option.clone(), |o| say(&o.name));
            format!("{}{}{value}", name(id), if zh { "含" } else { " includes " })
        }
        Condition::Compare(id, comparison, value) => {
            let value = match (c.attribute(id), value) {
                (Some(a), value @ (Value::Word(_) | Value::Number(_))) => say(&a.describe(value)),
                (_, other) => other.to_string(),
            };
            let sign = match (comparison, zh) {
                (Comparison::Equal, true) => "为",
                (Comparison::NotEqual, true) => "不为",
                (Comparison::AtLeast, true) => "不少于 ",
                (Comparison::AtMost, true) => "不超过 ",
                (Comparison::More, true) => "超过 ",
                (Comparison::Less, true) => "少于 ",
                (Comparison::Equal, false) => " is ",
                (Comparison::NotEqual, false) => " is not ",
                (Comparison::AtLeast, false) => " at least ",
                (Comparison::AtMost, false) => " at most ",
                (Comparison::More, false) => " more than ",
                (Comparison::Less, false) => " less than ",
            };
            format!("{}{sign}{value}", name(id))
        }
    }
}

#[component]
fn Details(matter: Matter) -> impl IntoView {
    let c = catalogue();
    let office = |id: &str| c.organisation(id).map_or_else(|| id.to_string(), |o| say(&o.name));
    let link = |id: &str| {
        let name = c.matter(id).map_or_else(|| id.to_string(), |m| say(&m.name));
        view! { <A href=format!("/matters/{id}")>{name}</A> }
    };
    let stage = c.stage(matter.stage.as_str()).map(|s| say(&s.name)).unwrap_or_default();
    let mut legal = match matter.legal_limit.period {
        Some(period) => format!("{}{}", say(&period.text()), aside(&say(&matter.legal_limit.kind.name()))),
        None => say(&matter.legal_limit.kind.name()),
    };
    if let (true, Some(n)) = (matter.legal_limit.approximate, matter.legal_limit.workdays) {
        legal.push_str(&format!("，{}", tr!(map.approx, days = workdays(n))));
    }
    let history = matter.limit_history.iter().map(|f| {
        let from = f.valid_from.map(|d| tr!(matter.in_force_from, date = d.to_string()));
        let until = f.valid_until.map(|d| tr!(matter.until, date = d.to_string()));
        let span = list(from.into_iter().chain(until));
        view! { <li>{say(&f.period.text())}<span class="muted">{format!("{span} · {}", f.title)}</span></li> }
    });
    let history = history.collect_view();
    let variants = matter.variants.iter().map(|v| {
        view! {
            <li>
                {words(&v.when, &c)}{colon()}{say(&v.result)}
                <span class="muted">{say(&v.kind.name())}" · "{tr!(map.promised, days = workdays(v.promised_workdays))}{v.promised_assumed.then(|| view! { <Assumed /> })}</span>
            </li>
        }
    });
    let variants = variants.collect_view();
    let materials = matter.requirements.iter().filter_map(|r| {
        let material = c.material(r.material.as_str())?;
        let supply = match r.supply_by {
            SupplyBy::Acceptance => tr!(matter.by_acceptance),
            SupplyBy::Decision => tr!(matter.by_decision),
            SupplyBy::AfterResult => tr!(matter.after_result),
        };
        let from = material.produced_by.iter().map(|m| link(m.as_str())).collect_view();
        let only = (r.required_when != Condition::Always(true)).then(|| tr!(matter.needed_when, condition = words(&r.required_when, &c)));
        Some(view! {
            <tr>
                <td>{say(&material.name)}{only.map(|only| view! { <span class="muted block">{only}</span> })}</td>
                <td>{say(&material.source.name())}<span class="muted block">{from}</span></td>
                <td>
                    {supply}
                    {r.promise_days.map(|n| view! { <span class="muted block">{tr!(map.tolerated, days = workdays(n))}{r.tolerance_assumed.then(|| view! { <Assumed /> })}</span> })}
                </td>
            </tr>
        })
    });
    let materials = materials.collect_view();
    let on = today();
    let basis = matter.citations.iter().filter_map(|citation| {
        let basis = c.bases.get(&citation.basis)?;
        let from = basis.valid_from.map(|d| tr!(matter.in_force_from, date = d.to_string()));
        let until = basis.valid_until.map(|d| tr!(matter.until, date = d.to_string()));
        let span = list(from.into_iter().chain(until));
        Some(view! {
            <li class:out-of-force=!basis.in_force(on)>
                <span>{basis.title.clone()}</span>
                <span>{citation.article.clone()}</span>
                <span class="muted">{basis.number.clone()}</span>
                {(!span.is_empty()).then(|| view! { <span class="muted">{span}</span> })}
                <span class="muted">{say(&basis.checked.name())}</span>
                <Low confidence=citation.confidence />
            </li>
        })
    });
    let basis = basis.collect_view();
    let before = matter.depends_on.iter().map(|d| {
        let together = (d.kind == DependencyType::StartToStart).then(|| tr!(matter.start_to_start));
        let preview = d.preview.then(|| tr!(map.preview));
        view! { <li>{link(d.on.as_str())}<span class="muted">{together}{preview}</span></li> }
    });
    let before = before.collect_view();
    let after = c.matters.iter().filter(|m| m.depends_on.iter().any(|d| d.on == matter.id));
    let after = after.map(|m| view! { <li>{link(m.id.as_str())}</li> }).collect_view();
    let activity = matter.after_activity.as_ref().and_then(|id| c.activities.iter().find(|a| a.id == *id)).map(|a| say(&a.name));
    let fields = list(matter.fields.iter().map(|id| say(&c.field_name(id.as_str()))));
    let name = say(&matter.name);
    let texts = |items: Vec<String>| items.into_iter().map(|t| view! { <li>{t}</li> }).collect_view();
    view! {
        <PageTitle text=name.clone() />
        <article class="page matter">
            <p class="crumb"><A href="/matters">{tr!(matter.all)}</A>" / "{stage.clone()}</p>
            <h1>
                {name}
                {matter.six_permits.then(|| view! { <SixMark /> })}
                <Low confidence=matter.confidence />
            </h1>
            {matter.article_name.clone().map(|name| view! { <p class="muted">{tr!(matter.article_name, name = name)}</p> })}
            <dl class="facts">
                <div><dt>{tr!(matter.department)}</dt><dd>{office(matter.department.as_str())}</dd></div>
                {(!matter.cooperating.is_empty())
                    .then(|| view! { <div><dt>{tr!(matter.cooperating)}</dt><dd>{list(matter.cooperating.iter().map(|o| office(o.as_str())))}</dd></div> })}
                <div><dt>{tr!(matter.result)}</dt><dd>{say(&matter.result)}</dd></div>
                <div><dt>{tr!(matter.kind)}</dt><dd>{say(&matter.kind.name())}{matter.self_managed.then(|| view! { <span class="muted block">{tr!(matter.self_managed)}</span> })}</dd></div>
                <div><dt>{tr!(matter.stage)}</dt><dd>{stage}" · "{say(&matter.line.name())}</dd></div>
                <div><dt>{tr!(matter.promised)}</dt><dd>{workdays(matter.promised_workdays)}{matter.promised_assumed.then(|| view! { <Assumed /> })}<span class="muted block">{tr!(matter.after_hours, time = c.office_hours.to_string())}{c.office_hours.assumed.then(|| view! { <Assumed /> })}</span></dd></div>
                <div><dt>{tr!(matter.legal)}</dt><dd>{legal}{matter.legal_limit.note.clone().map(|n| view! { <span class="muted block">{n}</span> })}</dd></div>
                <div><dt>{tr!(matter.preparation)}</dt><dd>{workdays(matter.preparation_workdays)}{matter.preparation_assumed.then(|| view! { <Assumed /> })}</dd></div>
                {matter.clock_excluded.as_ref().map(|t| view! { <div><dt>{tr!(matter.excluded)}</dt><dd>{say(t)}</dd></div> })}
                <div><dt>{tr!(matter.fees)}</dt><dd>{say(&matter.fees)}</dd></div>
                <div><dt>{tr!(matter.applies)}</dt><dd>{words(&matter.applies_when, &c)}</dd></div>
                <div><dt>{tr!(matter.confidence)}</dt><dd>{say(&matter.confidence.name())}</dd></div>
                <div><dt>{tr!(matter.code)}</dt><dd>{matter.code.clone()}</dd></div>
                {matter.note.clone().map(|n| view! { <div><dt>{tr!(matter.note)}</dt><dd lang="en">{n}</dd></div> })}
            </dl>
            {(!matter.variants.is_empty()).then(|| view! { <section><h2>{tr!(matter.variants)}</h2><ul class="plain-list">{variants}</ul></section> })}
            {(!matter.limit_history.is_empty()).then(|| view! { <section><h2>{tr!(matter.history)}</h2><ul class="plain-list">{history}</ul></section> })}
            <section>
                <h2>{tr!(matter.materials)}</h2>
                <div class="scroll" role="region" tabindex="0" aria-label=tr!(matter.materials)>
                    <table>
                        <thead><tr><th scope="col">{tr!(matter.materials)}</th><th scope="col">{tr!(matter.source)}</th><th scope="col">{tr!(matter.supply)}</th></tr></thead>
                        <tbody>{materials}</tbody>
                    </table>
                </div>
            </section>
            <div class="columns">
                <section><h2>{tr!(matter.key_points)}</h2><ul class="checks">{texts(matter.key_points.iter().map(|k| say(&k.text)).collect())}</ul></section>
                <section><h2>{tr!(matter.mistakes)}</h2><ul>{texts(matter.mistakes.iter().map(say).collect())}</ul></section>
                <section><h2>{tr!(matter.steps)}</h2><ol>{texts(matter.steps.iter().map(say).collect())}</ol></section>
                <section>
                    <h2>{tr!(matter.before)}</h2>
                    {matter.depends_on.is_empty().then(|| view! { <p class="muted">{tr!(matter.none_before)}</p> })}
                    <ul class="plain-list">{before}{activity.map(|name| view! { <li>{tr!(matter.activity, name = name)}</li> })}</ul>
                </section>
                <section><h2>{tr!(matter.after)}</h2><ul class="plain-list">{after}</ul></section>
            </div>
            <section><h2>{tr!(matter.basis)}</h2><ul class="basis">{basis}</ul></section>
            <section><h2>{tr!(matter.fields)}</h2><p class="muted">{fields}</p></section>
        </article>
    }
}
