//! The guide map of one project: which matters, per stage and line, in order; and from there, the project.

use super::{PageTitle, set_status};
use super::guide::{Misanswers, answers_of, day_of};
use crate::components::form::{keep, kept};
use crate::components::layout::{Me, here, query_value};
use crate::components::mark::{Assumed, Low, SixMark};
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::{list, say, tr, workdays};
use crate::shared::catalogue;
use domain::catalogue::{Catalogue, LimitKind, Line, SupplyBy};
use domain::date::Date;
use domain::guide::{Answers, Entry, GuideMap};
use domain::policy::starts_projects;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use std::sync::Arc;

/// What the form that starts a project needs.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct StartNeeds {
    pub areas: Vec<String>,
    pub seed: String,
}

#[server]
pub async fn starting() -> Result<StartNeeds, Failure> {
    let cx = crate::session::service_context()?;
    let areas = service::account::areas(&cx.service.db).await.map_err(service::Error::from)?;
    Ok(StartNeeds { areas, seed: service::random_hex(12) })
}

/// Opens a project from a map's answers (as in the address) and goes there.
#[server]
pub async fn start_project(name: String, area: String, answers: String, key: String) -> Result<(), Failure> {
    let cx = crate::session::service_context()?;
    let pairs: Vec<(&str, &str)> = answers.split('&').filter_map(|p| p.split_once('=')).collect();
    let answers = Answers::from_pairs(&cx.service.catalogue, pairs).map_err(|wrong| {
        let fields = wrong.into_iter().map(|w| (w.attribute, w.sentence)).collect();
        Failure::from(domain::Error::Invalid { fields })
    })?;
    let sent = service::project::Sent { key: Some(key), ..Default::default() };
    let id = service::project::open(&cx, &name, &area, answers, sent).await?;
    leptos_axum::redirect(&format!("/projects/{id}"));
    Ok(())
}

#[component]
pub fn Map() -> impl IntoView {
    let query = use_query_map();
    let parsed = Memo::new(move |_| {
        query.with(|q| match (answers_of(q), day_of(q)) {
            (Ok(answers), Ok(day)) => Ok((answers, day)),
            (Err(wrong), Err(day)) => Err(wrong.into_iter().chain([day]).collect::<Vec<_>>()),
            (Err(wrong), _) => Err(wrong),
            (_, Err(day)) => Err(vec![day]),
        })
    });
    view! {
        <PageTitle text=tr!(map.title) />
        <div class="page">
            <h1>{tr!(map.title)}</h1>
            {move || match parsed.get() {
                Err(wrong) => view! { <Misanswers wrong back="/guide/map" /> }.into_any(),
                Ok((answers, day)) => view! { <MapOf answers day /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn MapOf(answers: Answers, day: Date) -> impl IntoView {
    let c = catalogue();
    let query = answers.to_query(&c);
    let map = GuideMap::new(&c, &answers, day);
    let given = answers.to_pairs(&c).into_iter().filter_map(|(name, _)| {
        let attribute = c.attribute(&name)?;
        let value = map.profile.value(&name)?;
        Some(view! { <div><dt>{say(&attribute.name)}</dt><dd>{say(&attribute.describe(value))}</dd></div> })
    });
    let given = given.collect_view();
    let stages = c
        .stages
        .iter()
        .enumerate()
        .map(|(i, stage)| {
            let lines = Line::ALL
                .into_iter()
                .map(|line| {
                    let entries = map.at(stage, line).map(|e| view! { <EntryItem entry=owned(e, &map, &c) /> }).collect::<Vec<_>>();
                    let none = entries.is_empty();
                    view! {
                        <div class=format!("map-line map-{}", line.code())>
                            <h3>{say(&line.name())}</h3>
                            {none.then(|| view! { <p class="muted">{tr!(map.nothing)}</p> })}
                            <ol class="map-list">{entries}</ol>
                        </div>
                    }
                })
                .collect_view();
            view! {
                <section class="map-stage" id=stage.id.to_string()>
                    <header class="map-stage-head">
                        <h2><span class="chain-number">{i + 1}</span>{say(&stage.name)}</h2>
                        <p class="muted">{say(&stage.goal)}</p>
                    </header>
                    <div class="map-lines">{lines}</div>
                </section>
            }
        })
        .collect_view();
    view! {
        <p class="map-summary">
            <strong>{tr!(map.summary, n = map.entries.len(), six = map.six_permits())}</strong>
            <span>{tr!(map.as_of, date = day.to_string())}</span>
            <A href=format!("/guide?{query}")>{tr!(map.edit)}</A>
        </p>
        <details class="answers">
            <summary>{tr!(map.answers)}</summary>
            <dl class="facts">{given}</dl>
        </details>
        {stages}
        <Start query />
    }
}

/// What an item of the map shows; owned, so that it outlives the map.
struct Item {
    id: String,
    name: String,
    six: bool,
    department: String,
    result: String,
    promised: i64,
    promised_assumed: bool,
    legal: Option<String>,
    confidence: domain::catalogue::Confidence,
    after: Vec<(String, bool)>,
    materials: Vec<(String, String, Option<i64>, bool)>,
}

fn owned(entry: &Entry, map: &GuideMap, c: &Arc<Catalogue>) -> Item {
    let matter = entry.matter;
    let legal = entry.legal.limit.period.map(|p| {
        let mut text = tr!(map.legal, limit = say(&p.text()));
        if entry.legal.limit.kind == LimitKind::MinimumPeriod {
            text.push_str(&format!("（{}）", say(&LimitKind::MinimumPeriod.name())));
        }
        text
    });
    let name = |id: &str| c.matter(id).map(|m| say(&m.name)).unwrap_or_default();
    // What does not apply to this project does not come before anything.
    let applies = |id: &domain::Id<domain::catalogue::Matter>| map.entries.iter().any(|e| e.matter.id == *id);
    Item {
        id: matter.id.to_string(),
        name: say(&matter.name),
        six: matter.six_permits,
        department: c.organisation(matter.department.as_str()).map(|o| say(&o.name)).unwrap_or_default(),
        result: say(entry.result),
        promised: entry.promised_workdays,
        promised_assumed: entry.promised_assumed,
        legal,
        confidence: matter.confidence,
        after: matter.depends_on.iter().filter(|d| applies(&d.on)).map(|d| (name(d.on.as_str()), d.preview)).collect(),
        materials: entry
            .requirements
            .iter()
            .filter_map(|r| {
                let material = c.material(r.material.as_str())?;
                let tolerated = r.promise_days.filter(|_| r.supply_by != SupplyBy::Acceptance);
                Some((say(&material.name), say(&material.source.name()), tolerated, r.tolerance_assumed))
            })
            .collect(),
    }
}

#[component]
fn EntryItem(entry: Item) -> impl IntoView {
    let materials = entry
        .materials
        .iter()
        .map(|(name, source, tolerated, assumed)| {
            view! {
                <li>
                    <span>{name.clone()}</span>
                    <span class="muted">{source.clone()}</span>
                    {tolerated
                        .map(|days| {
                            view! {
                                <span class="tolerated">{tr!(map.tolerated, days = workdays(days))}{assumed.then(|| view! { <Assumed /> })}</span>
                            }
                        })}
                </li>
            }
        })
        .collect_view();
    let after = list(entry.after.iter().map(|(name, preview)| if *preview { format!("{name}{}", tr!(map.preview)) } else { name.clone() }));
    view! {
        <li class="map-item" class:map-six=entry.six>
            <p class="map-name">
                <A href=format!("/matters/{}", entry.id)>{entry.name.clone()}</A>
                {entry.six.then(|| view! { <SixMark /> })}
                <Low confidence=entry.confidence />
            </p>
            <p class="map-who">{entry.department.clone()}<span class="muted">" · "{tr!(map.result)}{if crate::lang::lang() == domain::Lang::Zh { "：" } else { ": " }}{entry.result.clone()}</span></p>
            <p class="map-when">
                <span>{tr!(map.promised, days = workdays(entry.promised))}{entry.promised_assumed.then(|| view! { <Assumed /> })}</span>
                <span class="muted">{entry.legal.clone().unwrap_or_else(|| tr!(map.no_legal))}</span>
            </p>
            {(!after.is_empty()).then(|| view! { <p class="muted">{tr!(map.after, names = after)}</p> })}
            {(!entry.materials.is_empty())
                .then(|| {
                    view! {
                        <details>
                            <summary>{tr!(map.materials, n = entry.materials.len())}</summary>
                            <ul class="materials">{materials}</ul>
                        </details>
                    }
                })}
        </li>
    }
}

/// From the map to the project, in one click.
#[component]
fn Start(query: String) -> impl IntoView {
    let person = expect_context::<Me>();
    let here = here();
    let needs = Resource::new_blocking(|| (), |()| async { starting().await.ok() });
    let action = ServerAction::<StartProject>::new();
    let pending = action.pending();
    keep("");
    if let Some(Err(Failure(error))) = action.value().get_untracked() {
        set_status(error.status());
    }
    let form = move || {
        let query = query.clone();
        match (person.get().map(|p| p.role), needs.get().flatten()) {
            (None, _) => {
                let to = format!("/sign-in?to={}", query_value(&here.get()));
                view! { <p>{tr!(map.sign_in_first)}</p><p><A href=to attr:class="button">{tr!(map.sign_in)}</A></p> }.into_any()
            }
            (Some(role), Some(StartNeeds { areas, seed })) if starts_projects(role) && !areas.is_empty() => view! {
                <ActionForm action>
                    <input type="hidden" name="answers" value=query />
                    <input type="hidden" name="key" value=seed />
                    <div class="form-row">
                        <label>{tr!(map.name)}<input name="name" value=kept("name") required maxlength="60" autocomplete="off" /></label>
                        <label>
                            {tr!(map.area)}
                            <select name="area">{areas.into_iter().map(|a| view! { <option value=a.clone()>{a.clone()}</option> }).collect_view()}</select>
                        </label>
                        <button class="button" disabled=move || pending.get()>{tr!(map.start)}</button>
                    </div>
                    {move || match action.value().get() {
                        Some(Err(Failure(error))) => Some(view! { <ErrorNotice error /> }),
                        _ => None,
                    }}
                </ActionForm>
            }
            .into_any(),
            (Some(role), Some(_)) if starts_projects(role) => view! { <p>{tr!(map.no_areas)}</p> }.into_any(),
            (Some(role), None) if starts_projects(role) => ().into_any(),
            (Some(_), _) => view! { <p>{tr!(map.not_for_role)}</p> }.into_any(),
        }
    };
    view! {
        <section class="start" aria-labelledby="start-title">
            <h2 id="start-title">{tr!(map.start_title)}</h2>
            <p>{tr!(map.start_lead)}</p>
            <Transition>{form}</Transition>
        </section>
    }
}
