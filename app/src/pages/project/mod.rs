//! A project's pages: one frame that holds the project and follows it live, and its sections.

pub mod chart;
pub mod consultations;
pub mod difficulties;
pub mod filing;
pub mod issue;
pub mod library;
pub mod log;
pub mod overview;
pub mod plan;
mod review;
#[cfg(feature = "ssr")]
mod send;
pub mod sheet;
pub mod work;

use super::{PageTitle, set_status};
use crate::anew::Anew;
use crate::components::form::{FormBase, RefusedForm, SendAgain, kept};
use crate::components::layout::{here, query_value};
use crate::components::mark::Assumed;
use crate::components::notice::{ErrorNotice, SignInLink};
use crate::components::work_style::WorkStyle;
use crate::ending::Ending;
use crate::error::Failure;
use crate::lang::{say, tr};
use crate::live::{Connection, follow};
use crate::shared::catalogue;
use app_macros::rpc;
use domain::account::Account;
use domain::catalogue::{Matter, Organisation};
use domain::id::Id;
use domain::log::Recorded;
use domain::project::library::{Document, LibraryDocument, may_read};
use domain::project::policy::Right;
use domain::project::turn::{Party, party_name};
use domain::project::view::View;
use domain::project::{Event, Project, timeline};
use domain::{Error, Text};
use leptos::prelude::*;
use leptos_router::components::{A, Outlet, Redirect};
use leptos_router::hooks::use_params_map;

/// The project as its page begins.
#[rpc]
pub async fn view_project(id: String) -> Result<View, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::project::view(&cx, &id.into()).await?)
}

/// The same, read by the page itself because it missed something ([`crate::anew`]).
#[rpc]
pub async fn view_project_anew(id: String) -> Result<View, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::project::view(&cx, &id.into()).await?)
}

/// The project a page holds; every section reads it.
#[derive(Clone, Copy)]
pub struct Page(pub RwSignal<View>);

pub fn page() -> Page {
    expect_context::<Page>()
}

impl Page {
    pub fn id(self) -> String {
        self.0.with_untracked(|v| v.id.to_string())
    }

    /// Whether the viewer has a right; for showing its form.
    pub fn may(self, right: &Right) -> bool {
        self.0.with(|v| v.project.may(&v.viewer, right))
    }

    /// The name of a person, or of the rule that signs with this account.
    pub fn person(self, id: &Id<Account>) -> String {
        self.0.with(|v| v.who(id)).map_or_else(|| "…".to_string(), |who| say(&who))
    }

    /// Whether it is the viewer's turn.
    pub fn is_mine(self, party: &Party) -> bool {
        self.0.with(|v| party.is(&v.viewer, &v.project))
    }

    pub fn party(self, party: &Party) -> String {
        self.0.with(|v| say(&party_name(party, &catalogue(), &|id| v.name(id))))
    }

    /// Whether the viewer may read this document.
    pub fn reads(self, kept: &LibraryDocument) -> bool {
        self.0.with(|v| may_read(kept, &catalogue(), &v.viewer, &v.project).is_ok())
    }

    /// The same of a document of the library.
    pub fn reads_document(self, id: &Id<Document>) -> bool {
        self.project(|p| p.library.get(id).cloned()).is_none_or(|kept| self.reads(&kept))
    }

    pub fn project<T>(self, read: impl FnOnce(&Project) -> T) -> T {
        self.0.with(|v| read(&v.project))
    }
}

pub fn matter_name(id: &Id<Matter>) -> String {
    catalogue().matter(id.as_str()).map_or_else(|| id.to_string(), |m| say(&m.name))
}

pub fn office_name(id: &Id<Organisation>) -> String {
    catalogue().organisation(id.as_str()).map_or_else(|| id.to_string(), |o| say(&o.name))
}

#[component]
pub fn Frame() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("id")).unwrap_or_default());
    let anew = Anew::of_page();
    provide_context(anew);
    let loaded = Resource::new_blocking(
        move || id.get(),
        move |id| {
            let by_itself = anew.is();
            async move { if by_itself { view_project_anew(id).await } else { view_project(id).await } }
        },
    );
    let reload = move || {
        anew.begin();
        loaded.refetch();
    };
    let here = here();
    view! {
        <Transition>
            {move || match loaded.get()? {
                Ok(view) => Some(view! { <LiveProject view reload /> }.into_any()),
                // A form without JavaScript, sent by somebody who was signed out meanwhile.
                Err(Failure(error @ Error::SignedOut)) if use_context::<RefusedForm>().is_some() => {
                    Some(view! { <div class="page page-narrow"><ErrorNotice error /><SendAgain /></div> }.into_any())
                }
                Err(Failure(Error::SignedOut)) => {
                    Some(view! { <Redirect path=format!("/sign-in?to={}", query_value(&here.get_untracked())) /> }.into_any())
                }
                Err(Failure(Error::NotFound)) => {
                    set_status(404);
                    Some(
                        view! {
                            <PageTitle text=tr!(error.not_found) />
                            <div class="page page-narrow"><h1>{tr!(error.not_found)}</h1><p>{tr!(project.gone)}</p></div>
                        }
                            .into_any(),
                    )
                }
                Err(Failure(error)) => Some(view! { <div class="page"><ErrorNotice error /></div> }.into_any()),
            }}
        </Transition>
    }
}

#[component]
fn LiveProject(view: View, reload: impl Fn() + Clone + Send + Sync + 'static) -> impl IntoView {
    let view = RwSignal::new(view);
    let page = Page(view);
    provide_context(page);
    let seed = StoredValue::new(view.with_untracked(|v| v.seed.clone()));
    provide_context(FormBase { seed, next: StoredValue::new(0), version: Signal::derive(move || view.with(|v| v.project.version)) });
    let ending = Ending::of(view.with_untracked(|v| v.viewer.account.clone()));
    provide_context(ending);
    let connection = follow(view, ending, reload);
    let base = format!("/projects/{}", page.id());
    let name = page.project(|p| p.name.clone());
    let assumed = Memo::new(move |_| page.project(|p| p.assumed));
    let open_questions = Memo::new(move |_| {
        page.project(|p| p.consultations.values().filter(|c| c.status == domain::project::consultation::Status::Waiting).count())
    });
    let open_difficulties = Memo::new(move |_| page.project(|p| p.difficulties.values().filter(|d| d.resolution.is_none()).count()));
    let badge = |n: Memo<usize>| move || (n.get() > 0).then(|| view! { <span class="badge">{n.get()}</span> });
    let sentence = move || view.with(|v| say(&domain::project::turn::sentence(&v.project, &catalogue(), &|id| v.name(id))));
    view! {
        <PageTitle text=name.clone() />
        <WorkStyle />
        <div class="page page-wide project">
            <header class="project-head">
                <h1>{name}{move || assumed.get().then(|| view! { <Assumed /> })}</h1>
                <p class="stands" role="status">{sentence}</p>
                <ConnectionLine connection ending />
            </header>
            <SignedOut ending />
            <nav class="tabs" aria-label=tr!(project.tabs)>
                <A href=base.clone() exact=true>{tr!(project.overview)}</A>
                <A href=format!("{base}/sheet")>{tr!(sheet.nav)}</A>
                <A href=format!("{base}/documents")>{tr!(library.nav)}</A>
                <A href=format!("{base}/filing")>{tr!(filing.nav)}</A>
                <A href=format!("{base}/issue")>{tr!(issue.nav)}</A>
                <A href=format!("{base}/consultations")>{tr!(project.consultations)}{badge(open_questions)}</A>
                <A href=format!("{base}/difficulties")>{tr!(project.difficulties)}{badge(open_difficulties)}</A>
                <A href=format!("{base}/chart")>{tr!(chart.nav)}</A>
                <A href=format!("{base}/plan")>{tr!(plan.nav)}</A>
                <A href=format!("{base}/log")>{tr!(project.log)}</A>
            </nav>
            <Outlet />
        </div>
    }
}

/// What a question or difficulty is about: the matter of the page, or one to choose, or the whole project.
#[component]
fn About(matter: Option<String>) -> impl IntoView {
    let page = page();
    match matter {
        Some(matter) => view! { <input type="hidden" name="matter" value=matter /> }.into_any(),
        None => {
            let c = catalogue();
            let chosen = kept("matter");
            let options = c.matters.iter().filter(|m| page.project(|p| p.matters.contains_key(&m.id)));
            let options = options.map(|m| {
                let selected = chosen.as_deref() == Some(m.id.as_str());
                view! { <option value=m.id.to_string() selected=selected>{say(&m.name)}</option> }
            });
            view! {
                <label>
                    {tr!(ask.about)}
                    <select name="matter"><option value="">{tr!(ask.project)}</option>{options.collect_view()}</select>
                </label>
            }
            .into_any()
        }
    }
}

/// Whether the page hears what happens, in words.
#[component]
fn ConnectionLine(connection: RwSignal<Connection>, ending: Ending) -> impl IntoView {
    let line = move || match connection.get() {
        _ if ending.has_ended() => ("connection", tr!(project.stopped)),
        Connection::Connecting => ("connection", tr!(project.connecting)),
        Connection::Live => ("connection connection-live", tr!(project.live)),
        Connection::Away(since) => ("connection connection-away", tr!(project.away, time = since.clock())),
        Connection::Back => ("connection connection-live", tr!(project.back)),
    };
    view! { <p class=move || line().0 role="status" data-testid="connection">{move || line().1}</p> }
}

/// Says, once the person is signed out, that nothing comes or goes any more, and how to go on. The page stays as it is.
#[component]
fn SignedOut(ending: Ending) -> impl IntoView {
    view! {
        <div role="status" data-testid="signed-out">
            {move || ending.has_ended().then(|| view! { <p class="notice">{tr!(project.signed_out)}" "<SignInLink /></p> })}
        </div>
    }
}

/// One entry of the log as a person reads it.
#[component]
pub fn LogEntry(recorded: Recorded<Event>) -> impl IntoView {
    let page = page();
    match recorded {
        Recorded::Sealed { version, .. } => {
            view! { <li class="entry entry-sealed"><span class="entry-version">{version}</span>{tr!(project.sealed)}</li> }.into_any()
        }
        Recorded::Open { meta, assumed, event, .. } => {
            let who = page.person(&meta.actor);
            let what: Text = page.0.with_untracked(|v| timeline::sentence(&event, &catalogue(), &|id| v.name(id)));
            let at = meta.at;
            view! {
                <li class="entry">
                    <span class="entry-version">{meta.version}</span>
                    <time datetime=at.to_string()>{format!("{} {}", at.date(), at.clock())}</time>
                    <span class="entry-who">{who}</span>
                    <span class="entry-what">{say(&what)}{assumed.then(|| view! { <Assumed /> })}</span>
                </li>
            }
            .into_any()
        }
    }
}
