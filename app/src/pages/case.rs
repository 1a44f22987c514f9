//! The documented case as a story: a slider over the days, the chart and the chain as they stood; facts and
//! assumptions told apart.

use super::PageTitle;
use super::chart::{Drawn, table};
use crate::components::chain::Chain;
use crate::components::mark::Assumed;
use crate::components::notice::ErrorNotice;
use crate::drawing::flow::{self, States};
use crate::error::Failure;
use crate::lang::{lang, say, tr};
use crate::shared::catalogue;
use app_macros::rpc;
use domain::Text;
use domain::catalogue::{Line, Stage};
use domain::date::Instant;
use domain::guide::{Answers, GuideMap};
use domain::project::matter::State;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use std::collections::BTreeMap;

/// One event of the story.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct CaseEventView {
    pub at: Instant,
    pub matter: Option<String>,
    /// What it makes of its matter.
    pub becomes: Option<Becomes>,
    pub milestone: bool,
    pub text: Text,
    pub assumed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Becomes {
    Filed,
    PreReviewed,
    Finished,
}

#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Story {
    pub name: Text,
    pub answers: Answers,
    pub assumed_answers: Vec<String>,
    pub events: Vec<CaseEventView>,
}

/// The Shishan case.
#[rpc]
pub async fn shishan() -> Result<Story, Failure> {
    use domain::case::Step;
    let cx = crate::session::service_context()?;
    let case = service::catalogue::shishan(&cx.service.catalogue).ok_or_else(|| Failure::from(domain::Error::NotFound))?;
    let events = case.events.into_iter().map(|e| CaseEventView {
        at: e.at,
        matter: e.matter.map(|m| m.to_string()),
        becomes: match e.step {
            Step::Submitted => Some(Becomes::Filed),
            Step::PreReviewed => Some(Becomes::PreReviewed),
            Step::Finished => Some(Becomes::Finished),
            _ => None,
        },
        milestone: e.step == Step::Milestone,
        text: e.text,
        assumed: e.assumed,
    });
    Ok(Story { name: case.name, answers: case.answers, assumed_answers: case.assumed_answers, events: events.collect() })
}

#[component]
pub fn Case() -> impl IntoView {
    let story = Resource::new_blocking(|| (), |()| shishan());
    view! {
        <PageTitle text=tr!(case.title) />
        <div class="page page-wide">
            <Transition>
                {move || match story.get()? {
                    Ok(story) => Some(view! { <Tell story /> }.into_any()),
                    Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
                }}
            </Transition>
        </div>
    }
}

/// The matters' states after so many events.
fn states(story: &Story, map: &GuideMap, told: usize) -> States {
    let mut known: BTreeMap<String, Becomes> = BTreeMap::new();
    for event in &story.events[..told.min(story.events.len())] {
        if let (Some(matter), Some(becomes)) = (&event.matter, event.becomes) {
            // What is finished stays so, whatever is said of it later.
            let finished = known.get(matter) == Some(&Becomes::Finished);
            if !finished {
                known.insert(matter.clone(), becomes);
            }
        }
    }
    let of = |id: &str| match known.get(id) {
        Some(Becomes::Finished) => ("issued", say(&State::Issued.name())),
        Some(Becomes::PreReviewed) => ("filed", tr!(case.pre_reviewed)),
        Some(Becomes::Filed) => ("filed", say(&State::Filed { preview: false }.name())),
        None => ("not-yet-due", tr!(case.open)),
    };
    map.entries.iter().map(|e| (e.matter.id.to_string(), of(e.matter.id.as_str()))).collect()
}

/// Events shown around the one reached.
const AROUND: usize = 6;

#[component]
fn Tell(story: Story) -> impl IntoView {
    let query = use_query_map();
    let last = story.events.len();
    let told = Memo::new(move |_| query.with(|q| q.get("told").and_then(|t| t.parse::<usize>().ok())).unwrap_or(last).min(last));
    let story = StoredValue::new(story);
    let navigate = use_navigate();
    let slide = move |event: leptos::ev::Event| {
        let to = format!("/cases/shishan?told={}", event_target_value(&event));
        navigate(&to, NavigateOptions { replace: true, scroll: false, ..Default::default() });
    };
    let c = catalogue();
    let with_map = move |read: &mut dyn FnMut(&Story, &GuideMap, usize)| {
        let c = catalogue();
        story.with_value(|s| {
            let day = s.events.first().map(|e| e.at.date()).unwrap_or(crate::shared::today());
            let map = GuideMap::new(&c, &s.answers, day);
            read(s, &map, told.get());
        });
    };
    let drawing = Signal::derive(move || {
        let mut drawing = Default::default();
        with_map(&mut |s, map, told| drawing = flow::draw(&catalogue(), map, None, &states(s, map, told), lang()));
        drawing
    });
    let sentence = move || {
        story.with_value(|s| match told.get().checked_sub(1).and_then(|i| s.events.get(i)) {
            None => tr!(case.not_begun),
            Some(event) => format!("{} {}", event.at.date(), say(&event.text)),
        })
    };
    let counts = move || {
        let mut words = String::new();
        with_map(&mut |s, map, told| {
            let states = states(s, map, told);
            let done = |six: bool| {
                map.entries
                    .iter()
                    .filter(|e| (!six || e.matter.six_permits) && states.get(e.matter.id.as_str()).is_some_and(|(c, _)| *c == "issued"))
                    .count()
            };
            words = tr!(case.counts, done = done(false), all = map.entries.len(), six = done(true));
        });
        words
    };
    let events = move || {
        let now = told.get();
        let from = now.saturating_sub(AROUND);
        story.with_value(|s| {
            let around: Vec<AnyView> = s
                .events
                .iter()
                .enumerate()
                .skip(from)
                .take(AROUND * 2)
                .map(|(i, e)| {
                    let to = format!("/cases/shishan?told={}", i + 1);
                    let (ahead, text) = (i >= now, say(&e.text));
                    view! {
                        <li class="entry" class:entry-ahead=ahead aria-current=(i + 1 == now).then_some("step")>
                            <span class="entry-version">{i + 1}</span>
                            <time datetime=e.at.to_string()>{e.at.date().to_string()}</time>
                            <a href=to data-noscroll="">{text}</a>
                            {if e.assumed { view! { <Assumed /> }.into_any() } else { view! { <strong class="mark mark-fact">{tr!(case.fact)}</strong> }.into_any() }}
                        </li>
                    }
                    .into_any()
                })
                .collect();
            around
        })
    };
    let cell = move |stage: &Stage, line: Line| {
        let stage = stage.id.to_string();
        move || {
            let mut words = String::new();
            with_map(&mut |s, map, told| {
                let states = states(s, map, told);
                let here: Vec<_> = map.entries.iter().filter(|e| e.matter.stage.as_str() == stage && e.matter.line == line).collect();
                let done = here.iter().filter(|e| states.get(e.matter.id.as_str()).is_some_and(|(c, _)| *c == "issued")).count();
                words = if here.is_empty() { String::new() } else { format!("{done} / {}", here.len()) };
            });
            view! { <span class="chain-count">{words}</span> }
        }
    };
    let as_table = move || {
        let mut view = ().into_any();
        with_map(&mut |s, map, told| view = table(map, None, &states(s, map, told)));
        view
    };
    let facts = story.with_value(|s| {
        let documented = s.events.iter().filter(|e| !e.assumed).count();
        let known = s.answers.0.len() - s.assumed_answers.len();
        tr!(case.told_apart, facts = documented, events = s.events.len(), known = known, answers = s.answers.0.len())
    });
    let rows = story.with_value(|s| {
        let rows = c.questions.iter().flat_map(|q| &q.sets).filter_map(|id| {
            let attribute = c.attribute(id)?;
            let value = s.answers.0.get(id)?;
            let assumed = s.assumed_answers.contains(id);
            Some(view! {
                <div><dt>{say(&attribute.name)}</dt><dd>{say(&attribute.describe(value))}{assumed.then(|| view! { <Assumed /> })}</dd></div>
            })
        });
        rows.collect_view()
    });
    let query = story.with_value(|s| {
        format!("{}&as_of={}", s.answers.to_query(&c), s.events.first().map(|e| e.at.date().to_string()).unwrap_or_default())
    });
    view! {
        <h1>{story.with_value(|s| say(&s.name))}</h1>
        <p class="lead">{tr!(case.lead)}</p>
        <p class="muted">{facts}</p>
        <form class="slider" method="get" action="/cases/shishan">
            <label for="told">{tr!(case.slider)}</label>
            <input id="told" type="range" name="told" min="0" max=last.to_string() value=move || told.get().to_string() prop:value=move || told.get().to_string() on:input=slide />
            <button class="button button-quiet">{tr!(plan.apply)}</button>
        </form>
        <p class="stands" role="status">{sentence}</p>
        <p>{counts}</p>
        <h2 class="visually-hidden">{tr!(case.course)}</h2>
        <div class="case-columns">
            <ol class="log">{events}</ol>
            <div class="chain-small"><Chain cell /></div>
        </div>
        <section class="section">
            <h2>{tr!(chart.title)}</h2>
            <Drawn drawing svg=format!("/guide/chart.svg?{query}") />
            {as_table}
        </section>
        <section class="section">
            <h2>{tr!(case.same)}</h2>
            <p class="actions">
                <A href=format!("/guide/map?{query}") attr:class="button button-quiet">{tr!(map.nav)}</A>
                <A href=format!("/guide/plan?{query}&finish.six-permits=2022-09-13") attr:class="button button-quiet">{tr!(plan.nav)}</A>
            </p>
            <details><summary>{tr!(map.answers)}</summary><dl class="facts">{rows}</dl></details>
        </section>
    }
}
