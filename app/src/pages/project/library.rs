//! The documents of a project: every paper its matters ask for, once; files by drag, many at once; each with its versions.

mod send;

use super::{matter_name, page};
use crate::anew::Anew;
use crate::components::form::CommandForm;
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::{colon, list, say, size, tr};
use crate::shared::{catalogue, today};
use crate::upload::{Along, Sending, Way};
use app_macros::rpc;
use domain::Id;
use domain::catalogue::{Material, Matter};
use domain::project::library::{Document, LibraryDocument, Paper, Stands, papers, right_to_change};
use domain::project::policy::Right;
use leptos::prelude::*;
use send::{LimitDocument, RemoveDocument, SortDocument};
use std::collections::BTreeMap;

/// A paper of the page. It is drawn anew when anything of it changes, and nothing else is.
#[derive(Clone, PartialEq, Debug)]
struct Row {
    material: Id<Material>,
    matters: Vec<Id<Matter>>,
    stands: Stands,
    documents: Vec<(Id<Document>, LibraryDocument)>,
}

type Names = BTreeMap<Id<Document>, Vec<String>>;

/// The names people gave the documents: they stand outside the log.
#[rpc]
pub async fn document_names(id: String) -> Result<Names, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::material::names(&cx, &id.into()).await?)
}

/// The same, read by the page itself because documents came or went ([`crate::anew`]).
#[rpc]
pub async fn document_names_anew(id: String) -> Result<Names, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::material::names(&cx, &id.into()).await?)
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Shelf {
    names: RwSignal<Names>,
    sending: RwSignal<Vec<Sending>>,
}

#[component]
pub fn LibraryPage() -> impl IntoView {
    let page = page();
    let id = page.id();
    // Read again whenever a version came or went.
    let versions = Memo::new(move |_| page.project(|p| p.library.values().map(|kept| kept.versions.len()).sum::<usize>()));
    let by_itself = expect_context::<Anew>().unless(versions.get_untracked());
    let loaded = Resource::new_blocking(
        move || versions.get(),
        move |versions| {
            let (id, by_itself) = (id.clone(), by_itself(&versions));
            async move { if by_itself { document_names_anew(id).await } else { document_names(id).await } }
        },
    );
    let shelf = Shelf { names: RwSignal::new(Names::new()), sending: RwSignal::new(Vec::new()) };
    provide_context(shelf);
    view! {
        <Transition>
            {move || match loaded.get()? {
                Ok(names) => {
                    shelf.names.set(names);
                    None
                }
                Err(Failure(error)) => Some(view! { <ErrorNotice error /> }),
            }}
            <Shelves />
        </Transition>
    }
}

#[component]
fn Shelves() -> impl IntoView {
    let page = page();
    let may = page.may(&Right::ChangeDocument(None));
    let wanted = Memo::new(move |_| {
        let c = catalogue();
        page.project(|p| {
            let row = |paper: Paper<'_>| {
                let ids = match &paper.stands {
                    Stands::Here(ids) | Stands::Expired(ids) => ids.as_slice(),
                    _ => &[],
                };
                Row {
                    material: paper.material.id.clone(),
                    documents: ids.iter().filter_map(|id| Some((id.clone(), p.library.get(id)?.clone()))).collect(),
                    matters: paper.matters,
                    stands: paper.stands,
                }
            };
            papers(p, &c, today()).into_iter().map(row).collect::<Vec<_>>()
        })
    });
    let lacking = move || wanted.with(|w| w.iter().filter(|r| matches!(r.stands, Stands::Missing | Stands::Expired(_))).count());
    let loose = Memo::new(move |_| {
        let known: Vec<_> = wanted.with(|w| w.iter().map(|r| r.material.clone()).collect());
        page.project(|p| {
            let free = |k: &LibraryDocument| k.removed.is_none() && k.material.as_ref().is_none_or(|m| !known.contains(m));
            p.library.iter().filter(|(_, k)| free(k)).map(|(id, k)| (id.clone(), k.clone())).collect::<Vec<_>>()
        })
    });
    view! {
        <div class="library">
            <p class="muted">{tr!(library.intro)}</p>
            <p class="library-sum">
                <strong>{move || tr!(library.lacking, n = lacking())}</strong>
                {move || (page.project(|p| p.library.values().any(|k| k.removed.is_none()))).then(|| view! {
                    " "<a href=format!("/projects/{}/documents.zip", page.id()) rel="external" download="">{tr!(library.all)}</a>
                })}
            </p>
            {may.then(|| view! { <Drop /> })}
            <Under />
            {move || (!loose.with(Vec::is_empty)).then(|| view! { <h2>{tr!(library.unsorted)}</h2> })}
            <For each=move || loose.get() key=|one| format!("{one:?}") let:one><OneDocument id=one.0 /></For>
            <h2>{tr!(library.papers)}</h2>
            <ol class="papers"><For each=move || wanted.get() key=|row| row.material.clone() let:row><OnePaper material=row.material wanted may /></For></ol>
        </div>
    }
}

/// A paper with its documents. It stays while they come and go: somebody may be choosing files for it.
#[component]
fn OnePaper(material: Id<Material>, wanted: Memo<Vec<Row>>, may: bool) -> impl IntoView {
    let name = catalogue().material(material.as_str()).map(|m| say(&m.name)).unwrap_or_default();
    let key = material.clone();
    let row = Memo::new(move |_| wanted.with(|all| all.iter().find(|row| row.material == key).cloned()));
    let state = move || {
        let (class, word) = match row.get()?.stands {
            Stands::Here(_) => ("state state-issued", tr!(library.here)),
            Stands::Expired(_) => ("state state-paused", tr!(library.expired)),
            Stands::Comes(matter) => ("state", tr!(library.comes, name = matter_name(&matter))),
            Stands::Made => ("state", tr!(library.made)),
            Stands::Missing => ("state state-turn", tr!(library.missing)),
        };
        Some(view! { <span class=class>{word}</span> })
    };
    let matters = row.get_untracked().map(|row| row.matters).unwrap_or_default();
    let with = Along { material: material.to_string(), ..Along::default() };
    let n = matters.len();
    let documents = move || row.get().map(|row| row.documents).unwrap_or_default();
    view! {
        <li class="paper" id=format!("paper-{material}")>
            <div class="paper-head">
                <h3>{name.clone()}</h3>
                {state}
                <details class="muted"><summary>{tr!(sheet.serves, n = n)}</summary>{list(matters.iter().map(matter_name))}</details>
                {may.then(|| view! { <Choose with label=tr!(library.choose) what=name many=true /> })}
            </div>
            <For each=documents key=|one| format!("{one:?}") let:one><OneDocument id=one.0 /></For>
        </li>
    }
}

/// A place to let files fall on, or to choose them; they are sorted afterwards.
#[component]
fn Drop() -> impl IntoView {
    let over = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    let (page, shelf) = (page(), expect_context::<Shelf>());
    let dropped = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        #[cfg(feature = "hydrate")]
        if let Some(files) = event.data_transfer().and_then(|data| data.files()) {
            crate::upload::send(page.id(), files, Along::default(), shelf.sending);
        }
    };
    view! {
        <div
            class="drop"
            class:drop-over=move || over.get()
            on:dragover=move |event| { event.prevent_default(); over.set(true); }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <p>{tr!(library.drop)}</p>
            <Choose with=Along::default() label=tr!(library.choose_many) what=tr!(library.unsorted) many=true />
            <p class="muted">{tr!(library.kinds, kinds = say(&domain::media::Media::list()))}</p>
        </div>
    }
}

/// A button that chooses files and sends them.
#[component]
fn Choose(
    with: Along,
    #[prop(into)] label: String,
    /// What is chosen, for who does not see where the button stands.
    #[prop(into)]
    what: String,
    many: bool,
    /// Why there is a new version, as it is when the files are chosen.
    #[prop(optional)]
    why: Option<RwSignal<String>>,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    let (page, shelf) = (page(), expect_context::<Shelf>());
    let chosen = move |event: leptos::ev::Event| {
        #[cfg(feature = "hydrate")]
        {
            use wasm_bindgen::JsCast;
            let Some(input) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()) else { return };
            if let Some(files) = input.files() {
                let with = Along { why: why.map(|why| why.get_untracked()).unwrap_or_default(), ..with.clone() };
                crate::upload::send(page.id(), files, with, shelf.sending);
            }
            input.set_value("");
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, &with, why);
    };
    let spoken = format!("{label}{}{what}", colon());
    view! {
        <label class="button button-quiet choose">
            {label}
            <input type="file" multiple=many aria-label=spoken on:change=chosen />
        </label>
    }
}

/// What is on its way.
#[component]
fn Under() -> impl IntoView {
    let shelf = expect_context::<Shelf>();
    let row = move |sending: Sending| {
        let state = move || {
            match sending.way.get() {
            Way::Going(at, all) => {
                view! { <progress max=all.to_string() value=at.to_string()></progress><span>{format!("{} / {}", size(at), size(all))}</span> }
                    .into_any()
            }
            Way::Away(at, all) => {
                view! { <progress max=all.to_string() value=at.to_string()></progress><span class="late">{tr!(library.away)}</span> }.into_any()
            }
            Way::Done => view! { <span class="state state-issued">{tr!(library.done)}</span> }.into_any(),
            Way::Refused(why) => {
                let why = if why.is_empty() { tr!(library.failed) } else { why };
                view! { <span class="field-error">{why}</span> }.into_any()
            }
        }
        };
        view! { <li><span class="under-name">{sending.name.clone()}</span>{state}</li> }
    };
    move || {
        let all = shelf.sending.get();
        // What has arrived stands in the list; only how many is said.
        let arrived = all.iter().filter(|s| s.way.get() == Way::Done).count();
        let rest: Vec<_> = all.iter().filter(|s| s.way.get() != Way::Done).cloned().collect();
        (!all.is_empty()).then(|| {
            view! {
                <div role="status" aria-live="polite">
                    {(arrived > 0).then(|| view! { <p class="under-done"><span class="state state-issued">{tr!(library.done)}</span>" "{tr!(library.arrived, n = arrived)}</p> })}
                    <ul class="under">{rest.into_iter().map(row).collect_view()}</ul>
                </div>
            }
        })
    }
}

/// An identity document that is not for the reader: what it is called, and the digest by which the log knows it.
#[component]
fn Withheld(id: Id<Document>, kept: LibraryDocument) -> impl IntoView {
    let shelf = expect_context::<Shelf>();
    let n = kept.versions.len();
    let name = move || shelf.names.with(|names| names.get(&id).and_then(|all| all.get(n - 1).cloned())).unwrap_or_else(|| "…".into());
    let digest = kept.latest().map(|version| version.digest.to_string()).unwrap_or_default();
    view! {
        <article class="document">
            <p class="document-line">{name}<span class="muted">{tr!(library.withheld)}</span></p>
            <p class="muted filed-digest">"SHA-256 "<code>{digest}</code></p>
        </article>
    }
}

/// A document: its latest version to look at and to keep, the earlier ones, and what can be done with it.
#[component]
fn OneDocument(id: Id<Document>) -> impl IntoView {
    let page = page();
    let shelf = expect_context::<Shelf>();
    let key = id.clone();
    let Some(kept) = page.project(|p| p.library.get(&key).cloned()) else { return ().into_any() };
    let Some(latest) = kept.latest().cloned() else { return ().into_any() };
    // A certificate is its office's to correct.
    let certified = page.project(|p| p.certificates.values().any(|held| held.documents.contains(&id)));
    let may = !certified && page.may(&page.project(|p| right_to_change(p, &id)));
    let base = format!("/projects/{}/documents/{id}", page.id());
    // An identity document is for those who need it: everybody else sees its name and digest.
    if !page.reads(&kept) {
        return view! { <Withheld id kept /> }.into_any();
    }
    let n = kept.versions.len();
    let name = {
        let id = id.clone();
        move || shelf.names.with(|names| names.get(&id).and_then(|all| all.get(n - 1).cloned())).unwrap_or_else(|| "…".into())
    };
    let shown = RwSignal::new(false);
    let frame = {
        let (base, name) = (base.clone(), name.clone());
        move || {
            shown.get().then(|| {
                let src = format!("{base}?version={}", page.project(|p| p.library.get(&key).map_or(1, |k| k.versions.len())));
                if latest.media == domain::media::Media::Pdf {
                    view! { <iframe class="preview" src=src title=name()></iframe> }.into_any()
                } else {
                    view! { <img class="preview" src=src alt=name() /> }.into_any()
                }
            })
        }
    };
    let earlier = kept.versions.iter().enumerate().rev().skip(1).map(|(i, version)| {
        let why = kept.versions.get(i + 1).map(|next| next.why.clone()).unwrap_or_default();
        view! {
            <li>
                <a href=format!("{base}?version={}", i + 1) rel="external" target="_blank">{tr!(library.version, n = i + 1)}</a>
                <span class="muted">{format!(" {} {} · {}", page.person(&version.by), version.at.date(), tr!(library.until, why = why))}</span>
            </li>
        }
    });
    let earlier: Vec<_> = earlier.collect();
    let large = size(latest.size as f64);
    let expired = kept.has_expired(today());
    view! {
        <article class="document">
            <p class="document-line">
                <a href=base.clone() rel="external" target="_blank">{name.clone()}</a>
                <span class="muted">{format!("{} · {} · {}", latest.media.ending().to_uppercase(), large, tr!(library.version, n = n))}</span>
                <span class="muted">{page.person(&latest.by)}" "{latest.at.date().to_string()}</span>
                {kept.expires.map(|day| view! { <span class="due" class:late=expired>{tr!(library.expires, date = day.to_string())}</span> })}
                {latest.media.is_shown().then(|| view! {
                    <button type="button" class="link needs-script" aria-expanded=move || shown.get().to_string() on:click=move |_| shown.update(|s| *s = !*s)>
                        {move || if shown.get() { tr!(library.hide) } else { tr!(library.show) }}
                    </button>
                })}
                <a href=format!("{base}?save=1") rel="external" download="">{tr!(library.save)}</a>
            </p>
            {frame}
            {(!earlier.is_empty()).then(|| view! { <details><summary>{tr!(library.earlier)}</summary><ol>{earlier}</ol></details> })}
            {may.then(|| view! { <Change id kept name=name() /> })}
        </article>
    }
    .into_any()
}

#[component]
fn Change(id: Id<Document>, kept: LibraryDocument, name: String) -> impl IntoView {
    let page = page();
    let c = catalogue();
    let (sort, limit, remove) =
        (ServerAction::<SortDocument>::new(), ServerAction::<LimitDocument>::new(), ServerAction::<RemoveDocument>::new());
    let why = RwSignal::new(tr!(library.newer));
    let wanted: Vec<_> = page.project(|p| papers(p, &c, today()).into_iter().map(|paper| paper.material.id.clone()).collect());
    let options = wanted.into_iter().filter_map(|m| {
        let selected = kept.material.as_ref() == Some(&m);
        let name = c.material(m.as_str()).map(|m| say(&m.name))?;
        Some(view! { <option value=m.to_string() selected=selected>{name}</option> })
    });
    let options = options.collect_view();
    let document = StoredValue::new(id.to_string());
    let hidden = move || {
        view! {
            <input type="hidden" name="project" value=page.id() />
            <input type="hidden" name="document" value=document.get_value() />
        }
    };
    let with = Along { replaces: id.to_string(), ..Along::default() };
    view! {
        <details class="more">
            <summary>{tr!(library.change)}</summary>
            <div class="forms">
                <div class="needs-script">
                    <label>{tr!(library.why_newer)}<input maxlength="200" bind:value=why /></label>
                    <Choose with label=tr!(library.replace) what=name many=false why />
                </div>
                <CommandForm action=sort name=format!("sort.{id}") button=tr!(library.sort) class="button button-quiet">
                    {hidden()}
                    <label>{tr!(library.is)}<select name="material"><option value="">{tr!(library.unsorted)}</option>{options}</select></label>
                </CommandForm>
                <CommandForm action=limit name=format!("limit.{id}") button=tr!(library.save_day) class="button button-quiet">
                    {hidden()}
                    <label>{tr!(library.last_day)}<input type="date" name="expires" value=kept.expires.map(|d| d.to_string()).unwrap_or_default() /></label>
                </CommandForm>
                <CommandForm action=remove name=format!("remove.{id}") button=tr!(library.remove) class="button button-quiet">
                    {hidden()}
                    <label>{tr!(library.why)}<input name="why" required maxlength="200" /></label>
                </CommandForm>
            </div>
        </details>
    }
}
