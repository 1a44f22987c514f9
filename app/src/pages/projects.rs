use super::PageTitle;
use crate::components::layout::Me;
use crate::components::mark::Assumed;
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::{say, tr};
use crate::shared::catalogue;
use app_macros::rpc;
use domain::Error;
use domain::project::card::Card;
use domain::project::policy::starts_projects;
use domain::role::Role;
use leptos::prelude::*;
use leptos_router::components::{A, Redirect};

#[rpc]
pub async fn my_projects() -> Result<Vec<Card>, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::project::list(&cx).await?)
}

/// The projects a person has to do with.
#[component]
pub fn Projects() -> impl IntoView {
    let person = expect_context::<Me>();
    let cards = Resource::new_blocking(|| (), |()| my_projects());
    view! {
        <PageTitle text=tr!(projects.title) />
        <div class="page">
            <h1>{tr!(projects.title)}</h1>
            {move || {
                let role = person.get()?.role;
                let label = if has_office(role) { tr!(worklist.title) } else { tr!(worklist.deputy) };
                role.is_government().then(|| view! { <p><A href="/work" attr:class="button button-quiet">{label}</A></p> })
            }}
            <Transition>
                {move || match cards.get()? {
                    Err(Failure(Error::SignedOut)) => Some(view! { <Redirect path="/sign-in?to=/projects" /> }.into_any()),
                    Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
                    Ok(cards) if cards.is_empty() => {
                        let may_start = starts_projects(person.get()?.role);
                        Some(view! { <Empty may_start /> }.into_any())
                    }
                    Ok(cards) => {
                        Some(view! { <ul class="project-list">{cards.into_iter().map(|card| view! { <CardItem card /> }).collect_view()}</ul> }.into_any())
                    }
                }}
            </Transition>
        </div>
    }
}

/// Whose matters a work list gathers.
fn has_office(role: Role) -> bool {
    role.has_office()
}

#[component]
fn Empty(may_start: bool) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{if may_start { tr!(projects.empty) } else { tr!(projects.empty_staff) }}</p>
            {may_start.then(|| view! { <p><A href="/guide" attr:class="button">{tr!(projects.empty_action)}</A></p> })}
        </div>
    }
}

#[component]
fn CardItem(card: Card) -> impl IntoView {
    let c = catalogue();
    let stage = match &card.stage {
        Some(id) => c.stage(id.as_str()).map(|s| say(&s.name)).unwrap_or_default(),
        None => tr!(projects.finished),
    };
    view! {
        <li class="project-item">
            <h2><A href=format!("/projects/{}", card.project)>{card.name}</A>{card.assumed.then(|| view! { <Assumed /> })}</h2>
            <p class="project-facts">
                <span class="project-stage">{stage}</span>
                <span>{tr!(projects.progress, done = card.done, all = card.matters)}</span>
                <span>{tr!(projects.six, done = card.six_done, all = card.six)}</span>
                {(card.questions > 0).then(|| view! { <span class="turn">{tr!(projects.questions, n = card.questions)}</span> })}
                {(card.difficulties > 0).then(|| view! { <span class="turn">{tr!(projects.difficulties, n = card.difficulties)}</span> })}
                <span class="muted">{format!("{} · {}", card.area, card.at.date())}</span>
            </p>
            <progress max=card.matters.to_string() value=card.done.to_string() aria-label=tr!(projects.progress, done = card.done, all = card.matters)></progress>
        </li>
    }
}
