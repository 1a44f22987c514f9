//! The plan (计划, 倒排计划): forward, backward or both, with what-if; recomputed in the browser at every change.
//!
//! The settings live in the address, so that a variant can be shared, and the form works without JavaScript.

mod chance;
mod result;
mod tasks;

use super::PageTitle;
use super::guide::{AnswerErrors, asked};
use super::project::Page;
use crate::components::figure::{Figure, Kind, Pointer};
use crate::components::guide_nav::GuideNav;
use crate::drawing::gantt::{self, Scale};
use crate::lang::{lang, say, tr};
use crate::shared::{catalogue, today};
use chance::ChanceOf;
use domain::catalogue::Catalogue;
use domain::date::Date;
use domain::guide::{Answers, GuideMap};
use domain::plan::{Levers, Limits, Mistake, Plan, Settings};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use result::Outcome;
use std::sync::Arc;
use tasks::Tasks;

/// What is planned: answers nobody has made a project of yet, or a project.
#[derive(Clone)]
pub enum PlanSubject {
    Answers(Answers, Date),
    Project(Page),
}

impl PlanSubject {
    fn with<T>(&self, read: impl FnOnce(&Catalogue, &GuideMap) -> T) -> T {
        let c = catalogue();
        match self {
            PlanSubject::Answers(answers, day) => read(&c, &GuideMap::new(&c, answers, *day)),
            PlanSubject::Project(page) => page.project(|p| read(&c, &p.guide_map(&c))),
        }
    }

    /// The settings a plan is made with: those of the address, and what is known besides.
    fn settled(&self, written: &Settings) -> Settings {
        match self {
            PlanSubject::Answers(_, day) => {
                let open = written.start.is_none() && written.targets.is_empty();
                Settings { start: if open { Some(*day) } else { written.start }, ..written.clone() }
            }
            PlanSubject::Project(page) => page.project(|p| p.plan_settings(written, today())),
        }
    }

    pub fn plan(&self, written: &Settings) -> Result<Plan, Vec<Mistake>> {
        let settings = self.settled(written);
        self.with(|c, map| Plan::new(c, map, &settings))
    }

    fn answers(&self) -> Answers {
        match self {
            PlanSubject::Answers(answers, _) => answers.clone(),
            PlanSubject::Project(page) => page.project(|p| p.answers.clone()),
        }
    }

    /// What a variant is compared with: the plan in force, else the plan nobody has edited.
    fn saved(&self, written: &Settings) -> Settings {
        match self {
            PlanSubject::Answers(..) => {
                Settings { lengths: Default::default(), levers: Levers::FULL_CHAIN, limits: Limits::Promised, ..written.clone() }
            }
            PlanSubject::Project(page) => page.project(|p| p.plan.as_ref().map(|plan| plan.settings.clone())).unwrap_or_default(),
        }
    }

    fn path(&self) -> String {
        match self {
            PlanSubject::Answers(..) => "/guide/plan".to_string(),
            PlanSubject::Project(page) => format!("/projects/{}/plan", page.id()),
        }
    }

    /// What the form and every link carry besides the settings.
    fn carried(&self) -> Vec<(String, String)> {
        match self {
            PlanSubject::Answers(answers, day) => {
                let mut pairs = answers.to_pairs(&catalogue());
                if *day != today() {
                    pairs.push(("as_of".into(), day.to_string()));
                }
                pairs
            }
            PlanSubject::Project(_) => Vec::new(),
        }
    }

    pub fn address(&self, settings: &Settings) -> String {
        format!("{}?{}", self.path(), self.query(settings))
    }

    /// The plan as a file: `svg`, `ics`, `xlsx`, `xml` or `json`.
    fn file(&self, ending: &str, settings: &Settings) -> String {
        format!("{}.{ending}?{}", self.path(), self.query(settings))
    }

    fn query(&self, settings: &Settings) -> String {
        let pairs = self.carried().into_iter().chain(settings.to_pairs());
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

/// The public page: a plan from answers.
#[component]
pub fn GuidePlan() -> impl IntoView {
    let query = use_query_map();
    let parsed = Memo::new(move |_| query.with(asked));
    // The page stays while settings change; other answers make it anew.
    let subject = Memo::new(move |_| parsed.with(|p| p.as_ref().map(|a| (a.answers.clone(), a.day)).map_err(Clone::clone)));
    let written = Memo::new(move |_| parsed.with(|p| p.as_ref().map(|a| a.written.clone()).unwrap_or_default()));
    let nav = move || parsed.with(|p| p.as_ref().map(|a| a.to_query(&catalogue(), today())).unwrap_or_default());
    view! {
        <PageTitle text=tr!(plan.title) />
        <div class="page page-wide">
            <h1>{tr!(plan.title)}</h1>
            {move || match subject.get() {
                Err(wrong) => view! { <AnswerErrors wrong back="/guide/plan" /> }.into_any(),
                Ok((answers, day)) => {
                    view! {
                        {move || view! { <GuideNav query=nav() /> }}
                        <PlanView of=PlanSubject::Answers(answers, day) written />
                    }
                    .into_any()
                }
            }}
        </div>
    }
}

/// A plan with its controls, its chart and its tables. `written`: the settings of the address.
#[component]
pub fn PlanView(of: PlanSubject, written: Memo<Settings>) -> impl IntoView {
    let of = StoredValue::new(of);
    // While a bar is pulled the settings run ahead of the address.
    let pulled = RwSignal::new(None::<Settings>);
    let settings = Memo::new(move |_| pulled.get().unwrap_or_else(|| written.get()));
    let plan = Signal::derive(move || of.with_value(|of| of.plan(&settings.get())).map(Arc::new));
    let plan = Memo::new_with_compare(move |_| plan.get(), |_, _| true);
    let saved = Memo::new_with_compare(move |_| of.with_value(|of| of.plan(&of.saved(&settings.get()))).ok().map(Arc::new), |_, _| true);
    let navigate = use_navigate();
    let go = Callback::new(move |settings: Settings| {
        pulled.set(None);
        let to = of.with_value(|of| of.address(&settings));
        navigate(&to, NavigateOptions { replace: true, scroll: false, ..Default::default() });
    });
    let wrong = move || plan.with(|p| p.as_ref().err().cloned());
    // What was last right stays on the page beside what is wrong now.
    let shown = Memo::new_with_compare(
        move |last: Option<&Option<Arc<Plan>>>| plan.with(|p| p.as_ref().ok().cloned()).or_else(|| last.cloned().flatten()),
        |_, _| true,
    );
    view! {
        <Controls of settings go />
        {move || wrong().map(|wrong| view! { <Mistakes wrong /> })}
        {move || {
            shown
                .get()
                .map(|plan| {
                    view! { <Outcome of=of.get_value() settings=settings.get_untracked() plan=plan saved=saved.get_untracked() /> }
                })
        }}
        <Chart of settings shown saved pulled go />
        <ChanceOf of settings shown />
        <Tasks of settings shown go />
        <Exports of settings />
    }
}

#[component]
fn Mistakes(wrong: Vec<Mistake>) -> impl IntoView {
    super::set_status(400);
    let items = wrong.iter().map(|w| view! { <li>{say(&w.sentence)}</li> }).collect_view();
    view! { <div class="notice notice-error" role="alert"><p>{tr!(plan.wrong)}</p><ul>{items}</ul></div> }
}

/// Start, targets, limits and levers.
#[component]
fn Controls(of: StoredValue<PlanSubject>, settings: Memo<Settings>, go: Callback<Settings>) -> impl IntoView {
    let first = settings.get_untracked();
    let (path, carried, is_project) = of.with_value(|of| (of.path(), of.carried(), matches!(of, PlanSubject::Project(_))));
    let hidden = carried.into_iter().map(|(n, v)| view! { <input type="hidden" name=n value=v /> }).collect_view();
    let lengths = move || {
        let all = settings.with(|s| s.lengths.clone());
        all.into_iter().map(|(task, days)| view! { <input type="hidden" name=format!("d.{task}") value=days.to_string() /> }).collect_view()
    };
    let form = NodeRef::<leptos::html::Form>::new();
    // Written with JavaScript: at once, into the address.
    let changed = move |_| {
        let Some(pairs) = super::guide::read_form(form) else { return };
        if let Ok(asked) = Settings::from_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))) {
            go.run(asked);
        }
    };
    let c = catalogue();
    let milestones =
        of.with_value(|of| of.plan(&Settings { start: Some(today()), ..Settings::default() })).map(|p| p.milestones).unwrap_or_default();
    let targets = c.milestone_order.iter().filter_map(|id| milestones.iter().find(|m| m.id == *id)).map(|m| {
        let value = first.targets.iter().find(|(id, _)| *id == m.id).map(|(_, day)| day.to_string());
        view! { <label>{say(&m.name)}<input type="date" name=format!("finish.{}", m.id) value=value /></label> }
    });
    let targets = targets.collect_view();
    let limit = |value: &'static str, is: bool, label: String| {
        view! { <label class="choice"><input type="radio" name="limits" value=value checked=is /><span>{label}</span></label> }
    };
    let lever = |value: &'static str, is: bool, label: String, why: String| {
        view! { <label class="choice" title=why><input type="checkbox" name="with" value=value checked=is /><span>{label}</span></label> }
    };
    let Levers { pre_review, tolerance, parallel } = first.levers;
    view! {
        <form class="plan-controls" method="get" action=path node_ref=form on:change=changed>
            {hidden}
            {lengths}
            <input type="hidden" name="with" value="" />
            <fieldset>
                <legend>{tr!(plan.dates)}</legend>
                <div class="plan-dates">
                    {(!is_project)
                        .then(|| view! { <label>{tr!(plan.start)}<input type="date" name="start" value=first.start.map(|d| d.to_string()) /></label> })}
                    {targets}
                </div>
                <p class="help">{tr!(plan.dates_help)}</p>
            </fieldset>
            <fieldset>
                <legend>{tr!(plan.way)}</legend>
                <div class="choices">
                    {lever("parallel", parallel, tr!(plan.parallel), tr!(plan.parallel_why))}
                    {lever("tolerance", tolerance, tr!(plan.tolerance), tr!(plan.tolerance_why))}
                    {lever("pre-review", pre_review, tr!(plan.pre_review), tr!(plan.pre_review_why))}
                </div>
                <div class="choices">
                    {limit("promised", first.limits == Limits::Promised, tr!(plan.promised))}
                    {limit("legal", first.limits == Limits::Legal, tr!(plan.legal))}
                </div>
            </fieldset>
            <p class="actions"><button class="button button-quiet">{tr!(plan.apply)}</button></p>
        </form>
    }
}

/// Width a chart is laid out for.
const CHART: f64 = 1050.0;

/// The Gantt chart; the end of a bar can be pulled.
#[component]
fn Chart(
    of: StoredValue<PlanSubject>,
    settings: Memo<Settings>,
    shown: Memo<Option<Arc<Plan>>>,
    saved: Memo<Option<Arc<Plan>>>,
    pulled: RwSignal<Option<Settings>>,
    go: Callback<Settings>,
) -> impl IntoView {
    // Until the start of works, or all: the papers take months, the works years.
    let whole = RwSignal::new(false);
    let scale = move |plan: &Plan| {
        let to = match plan.milestone_day("start").filter(|_| !whole.get()) {
            Some(start) => plan.calendar().add(start.earliest.max(start.latest.min(start.earliest.plus(40))), 10),
            None => plan.date(plan.end).plus(14),
        };
        // What is done already begins earlier.
        let from = plan.early.start.iter().copied().min().map_or(plan.date(plan.first), |d| plan.date(d)).plus(-3);
        Scale::over(from, to.max(from.plus(30)), CHART)
    };
    let drawing = Signal::derive(move || {
        let Some(plan) = shown.get() else { return Default::default() };
        let saved = saved.get().filter(|_| settings.with(|s| of.with_value(|of| of.saved(s) != *s)));
        gantt::draw(&catalogue(), &plan, saved.as_deref(), scale(&plan), today(), lang())
    });
    // Pulling: where it began, and the scale then.
    let hold = StoredValue::new(None::<(String, f64, i64, f64)>);
    let pointer = Callback::new(move |what: Pointer| match what.kind {
        Kind::Down => {
            let begun = what.grip.and_then(|task| {
                let plan = shown.get_untracked()?;
                let place = plan.task(&task)?;
                Some((task, what.x, plan.tasks[place].duration().0, untrack(|| scale(&plan)).day))
            });
            hold.set_value(begun);
        }
        Kind::Move => {
            if let Some((task, from, days, wide)) = hold.get_value() {
                // Five days in seven are worked.
                let more = ((what.x - from) / wide * 5.0 / 7.0).round() as i64;
                let mut next = settings.get_untracked();
                next.lengths.insert(task, (days + more).clamp(1, domain::plan::LONGEST));
                if of.with_value(|of| of.plan(&next)).is_ok() {
                    pulled.set(Some(next));
                }
            }
        }
        Kind::Up => {
            if hold.get_value().is_some() {
                hold.set_value(None);
                if let Some(next) = pulled.get_untracked() {
                    go.run(next);
                }
            }
        }
    });
    let svg = Signal::derive(move || of.with_value(|of| of.file("svg", &settings.get())));
    view! {
        <section class="section">
            <h2>{tr!(plan.chart)}</h2>
            <p class="choices" role="group">
                <label class="choice"><input type="radio" name="span" checked=true on:change=move |_| whole.set(false) /><span>{tr!(plan.span_start)}</span></label>
                <label class="choice"><input type="radio" name="span" on:change=move |_| whole.set(true) /><span>{tr!(plan.span_whole)}</span></label>
            </p>
            <Figure drawing label=tr!(plan.chart) file="quanlian-plan" svg pointer />
            <Legend />
        </section>
    }
}

#[component]
fn Legend() -> impl IntoView {
    view! {
        <ul class="legend">
            <li><span class="key key-papers"></span>{tr!(plan.key_papers)}</li>
            <li><span class="key key-ahead"></span>{tr!(plan.key_ahead)}</li>
            <li><span class="key key-office"></span>{tr!(plan.key_office)}</li>
            <li><span class="key key-works"></span>{tr!(plan.key_works)}</li>
            <li><span class="key key-moment"></span>{tr!(plan.key_moment)}</li>
            <li><span class="key key-float"></span>{tr!(plan.key_float)}</li>
            <li><span class="key key-late"></span>{tr!(plan.key_late)}</li>
            <li><span class="key key-critical"></span>{tr!(plan.key_critical)}</li>
        </ul>
    }
}

#[component]
fn Exports(of: StoredValue<PlanSubject>, settings: Memo<Settings>) -> impl IntoView {
    let link = move |ending: &'static str, name: String| {
        let to = move || of.with_value(|of| of.file(ending, &settings.get()));
        view! { <a class="button button-quiet" rel="external" download href=to>{name}</a> }
    };
    view! {
        <section class="section">
            <h2>{tr!(plan.exports)}</h2>
            <p class="actions">
                {link("ics", tr!(plan.ics))} {link("xlsx", tr!(plan.xlsx))} {link("xml", tr!(plan.xml))} {link("json", "JSON".to_string())}
            </p>
        </section>
    }
}
