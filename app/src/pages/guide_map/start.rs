//! From the map to the project, in one click.

use crate::components::form::{Back, keep, kept};
use crate::components::layout::{Me, here, query_value};
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::tr;
use crate::pages::set_status;
use app_macros::rpc;
#[cfg(feature = "ssr")]
use domain::guide::Answers;
use domain::project::policy::starts_projects;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::components::A;

/// What the form that starts a project needs.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct StartNeeds {
    pub areas: Vec<String>,
    pub seed: String,
}

#[rpc]
pub async fn starting() -> Result<StartNeeds, Failure> {
    let cx = crate::session::service_context()?;
    let areas = service::account::areas(&cx.service.db).await.map_err(service::Error::from)?;
    Ok(StartNeeds { areas, seed: service::random_hex(12) })
}

/// Opens a project from a map's answers (as in the address) and goes there.
#[rpc]
pub async fn start_project(name: String, area: String, answers: String, key: String) -> Result<(), Failure> {
    let cx = crate::session::service_context()?;
    let actor = cx.actor().map_err(Failure::from)?;
    domain::project::may_start(actor, &actor.firm).map_err(|refusal| Failure::from(domain::Error::from(refusal)))?;
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
pub fn Start(query: String) -> impl IntoView {
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
                    <Back />
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
