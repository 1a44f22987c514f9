//! The data sheet of a project: every field once, written together live; what is still missing, the same for all.

mod field;
mod section;

use super::page;
use crate::anew::Anew;
use crate::components::notice::ErrorNotice;
use crate::ending::Ending;
use crate::error::Failure;
use crate::lang::{say, tr};
use crate::shared::catalogue;
use crate::together::Sheet;
use app_macros::rpc;
use domain::project::sheet::{MissingField, SheetView, missing, needs};
use domain::sheet::Changed;
use leptos::prelude::*;
use section::Section;

/// What the sheet begins with.
#[rpc]
pub async fn view_sheet(id: String) -> Result<SheetView, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::sheet::view(&cx, &id.into()).await?)
}

/// The same, read by the page itself because it missed something ([`crate::anew`]).
#[rpc]
pub async fn view_sheet_anew(id: String) -> Result<SheetView, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::sheet::view(&cx, &id.into()).await?)
}

/// What people made of a section's fields, latest first.
#[rpc]
pub async fn sheet_history(id: String, section: String) -> Result<Vec<Changed>, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::sheet::history(&cx, &id.into(), &section, None).await?)
}

#[component]
pub fn SheetPage() -> impl IntoView {
    let page = page();
    let id = page.id();
    let by_itself = expect_context::<Anew>().is();
    let loaded = Resource::new_blocking(
        || (),
        move |()| {
            let id = id.clone();
            async move { if by_itself { view_sheet_anew(id).await } else { view_sheet(id).await } }
        },
    );
    view! {
        <Transition>
            {move || match loaded.get()? {
                Ok(view) => Some(view! { <LiveSheet view /> }.into_any()),
                Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
            }}
        </Transition>
    }
}

#[component]
fn LiveSheet(view: SheetView) -> impl IntoView {
    let page = page();
    let sheet = Sheet::new(view);
    provide_context(sheet);
    let me = page.0.with_untracked(|v| v.viewer.account.to_string());
    let (id, ending) = (page.id(), expect_context::<Ending>());
    // In the browser alone, and once the page stands.
    Effect::new(move |_| sheet.connect(id.clone(), me.clone(), ending));
    let lacking = Memo::new(move |_| lacking(sheet));
    let groups = sheet.form.with_value(|form| form.groups.clone());
    let total = sheet.form.with_value(|form| form.fields.len());
    let links = groups.clone().into_iter().map(|group| {
        let id = group.id.clone();
        let n = Memo::new(move |_| lacking.with(|list| list.iter().filter(|m| m.group == id).count()));
        view! {
            <li>
                <a href=format!("#section-{}", group.id)>{say(&group.name)}</a>
                <span class="count">{move || if n.get() == 0 { "✓".to_string() } else { n.get().to_string() }}</span>
            </li>
        }
    });
    let sections = groups.clone().into_iter().map(|group| view! { <Section group lacking /> }).collect_view();
    view! {
        <div class="sheet">
            <aside class="sheet-side" aria-label=tr!(sheet.missing)>
                <nav aria-label=tr!(sheet.sections)><ol class="sheet-sections">{links.collect_view()}</ol></nav>
                <Still lacking />
            </aside>
            <div class="sheet-main">
                <p class="muted">{tr!(sheet.intro, n = total)}</p>
                {sections}
            </div>
        </div>
    }
}

/// What is missing now, computed from what the page shows.
fn lacking(sheet: Sheet) -> Vec<MissingField> {
    let page = page();
    let c = catalogue();
    sheet.form.with_value(|form| {
        page.project(|project| {
            let needs = needs(project, &c, form);
            // The documents have the values, the entries who they are from.
            let entries = sheet.entries.with(|entries| {
                sheet.values.with(|values| {
                    let entry = |(id, value): (&domain::Id<domain::catalogue::Field>, &String)| {
                        let known = entries.get(id).cloned();
                        let mut entry = known.unwrap_or_else(|| domain::sheet::Entry {
                            value: String::new(),
                            by: "".into(),
                            at: project.at,
                            seq: 0,
                            own: true,
                        });
                        entry.value.clone_from(value);
                        (id.clone(), entry)
                    };
                    values.iter().map(entry).collect()
                })
            });
            missing(&needs, form, &entries, &project.sheet)
        })
    })
}

/// The list of what is missing, the same for everybody in the room; each leads to its field.
#[component]
fn Still(lacking: Memo<Vec<MissingField>>) -> impl IntoView {
    let items = move || {
        let c = catalogue();
        lacking
            .get()
            .into_iter()
            .map(|m| {
                let name = say(&c.field_name(m.field.as_str()));
                view! {
                    <li class=format!("lack lack-{}", m.lack.code())>
                        <a href=format!("#field-{}", m.field)>{name}</a>
                        <span class="muted">{say(&m.lack.sentence())}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let n = move || lacking.with(Vec::len);
    view! {
        <section class="still">
            <h2>{tr!(sheet.missing)}<span class="count" data-testid="missing">{n}</span></h2>
            {move || (n() == 0).then(|| view! { <p class="muted">{tr!(sheet.nothing_missing)}</p> })}
            <ol class="lacks">{items}</ol>
        </section>
    }
}
