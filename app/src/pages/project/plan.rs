//! The project's plan: what the log says so far and what remains, variants of it, and the plan in force with its trail.

use super::page;
#[cfg(feature = "ssr")]
use super::send;
use crate::components::form::{CommandForm, TextBox};
use crate::error::Failure;
use crate::lang::{say, tr};
use crate::pages::plan::{PlanSubject, PlanView};
use crate::shared::catalogue;
use app_macros::rpc;
use domain::plan::Settings;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::plan::moved_sentence;
use domain::project::policy::Right;
use domain::project::view::Done;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// `settings`: as in an address.
#[rpc]
pub async fn adopt_plan(project: String, settings: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let pairs = settings.split('&').filter_map(|p| p.split_once('='));
    let settings = domain::plan::Settings::from_pairs(pairs).map_err(|wrong| {
        let fields = wrong.into_iter().map(|w| (w.field, w.sentence)).collect();
        Failure::from(domain::Error::Invalid { fields })
    });
    let of = |settings| Request::Plan { request: domain::project::plan::Request::Adopt { settings, reason: reason.clone() } };
    send::send(project, send::FormRead::of(|_| Right::AdoptPlan, settings.map(of)), key, based_on).await
}

#[component]
pub fn ProjectPlan() -> impl IntoView {
    let page = page();
    let query = use_query_map();
    let parsed = Memo::new(move |_| {
        query.with(|q| {
            let pairs: Vec<(String, String)> = q.clone().into_iter().map(|(n, v)| (n.into_owned(), v)).collect();
            Settings::from_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())))
        })
    });
    // Without settings of its own the page shows the plan in force.
    let written = Memo::new(move |_| match parsed.get() {
        Ok(settings) if settings != Settings::default() => settings,
        _ => page.project(|p| p.plan.as_ref().map(|plan| plan.settings.clone())).unwrap_or_default(),
    });
    let wrong = move || parsed.with(|p| p.as_ref().err().cloned());
    view! {
        <h2 class="visually-hidden">{tr!(plan.title)}</h2>
        {move || {
            wrong()
                .map(|wrong| {
                    crate::pages::set_status(400);
                    let items = wrong.iter().map(|w| view! { <li>{say(&w.sentence)}</li> }).collect_view();
                    view! { <div class="notice notice-error" role="alert"><ul>{items}</ul></div> }
                })
        }}
        <InForce written />
        <PlanView of=PlanSubject::Project(page) written />
    }
}

/// The plan in force, adopting another, and how the dates moved.
#[component]
fn InForce(written: Memo<Settings>) -> impl IntoView {
    let page = page();
    let action = ServerAction::<AdoptPlan>::new();
    let may = page.may(&Right::AdoptPlan);
    let adopted = Memo::new(move |_| page.project(|p| p.plan.clone()));
    let trail = move || {
        let changes = page.project(|p| p.plan_trail.clone());
        let c = catalogue();
        changes
            .into_iter()
            .rev()
            .map(|change| {
                view! {
                    <li class="entry">
                        <time datetime=change.at.to_string()>{change.at.date().to_string()}</time>
                        <span class="entry-who">{page.person(&change.by)}</span>
                        <span class="entry-what"><strong>{change.reason}</strong>" "{say(&moved_sentence(&c, &change.moved))}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let differs = Memo::new(move |_| adopted.get().is_none_or(|a| a.settings != written.get()));
    view! {
        <section class="panel">
            <h3>{tr!(plan.in_force)}</h3>
            {move || adopted.get().is_none().then(|| view! { <p class="muted">{tr!(plan.none_yet)}</p> })}
            {move || {
                (may && differs.get())
                    .then(|| {
                        view! {
                            <CommandForm action name="plan" button=tr!(plan.adopt)>
                                <input type="hidden" name="project" value=page.id() />
                                <input type="hidden" name="settings" value=move || written.with(Settings::to_query) />
                                <TextBox label=tr!(plan.reason) name="reason" most=500 />
                            </CommandForm>
                        }
                    })
            }}
            <details>
                <summary>{tr!(plan.trail)}</summary>
                <ol class="log">{trail}</ol>
            </details>
        </section>
    }
}
