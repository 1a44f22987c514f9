//! Filing: which matters can be filed now, what the others lack; and the packages that are on file.

mod package;

#[cfg(feature = "ssr")]
use super::send;
use super::{matter_name, page};
use crate::anew::Anew;
use crate::components::form::{CommandForm, kept};
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::{list, say, tr};
use crate::shared::{catalogue, today};
use app_macros::rpc;
use domain::Id;
use domain::catalogue::{Material, Matter, SupplyBy};
use domain::date::Date;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::filing::{Completeness, completeness};
use domain::project::matter::Progress;
use domain::project::policy::Right;
use domain::project::review::Pin;
use domain::project::sheet::SheetView;
use domain::project::submission::Submission;
use domain::project::view::Done;
use domain::role::Role;
use leptos::prelude::*;
use package::Package;
use std::collections::BTreeMap;

/// `texts`, `dues`: what is promised of papers that follow.
#[rpc]
pub async fn file_package(
    project: String,
    #[server(default)] matters: Vec<String>,
    #[server(default)] texts: std::collections::BTreeMap<String, String>,
    #[server(default)] dues: std::collections::BTreeMap<String, String>,
    #[server(default)] declared: bool,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let package = send::new_id(&key)?;
    let matters = matters.into_iter().map(Into::into).collect();
    let given = texts.iter().filter(|(_, text)| !text.trim().is_empty());
    let promised = given.map(|(material, text)| promise(material, text, dues.get(material).map_or("", String::as_str)));
    let request = promised.collect::<Result<_, _>>().map(|promised| Request::Submission {
        id: package,
        request: domain::project::submission::Request::File { matters, promised, declared },
    });
    send::send(project, send::FormRead::of(|_| Right::FilePackage, request), key, based_on).await
}

/// A promise as a form brings it: the text and the day.
#[cfg(feature = "ssr")]
fn promise(
    material: &str,
    text: &str,
    due: &str,
) -> Result<(domain::Id<domain::catalogue::Material>, (String, domain::date::Date)), Failure> {
    let due = due.parse().map_err(|_| {
        let sentence = domain::text!("“{due}”不是日期。", "`{due}` is not a date.");
        send::invalid(&format!("promise.{material}"), sentence)
    })?;
    Ok((material.into(), (text.to_string(), due)))
}

/// The sheet as far as it is counted here what is missing: nobody reads an identity number by it.
#[rpc]
pub async fn view_masked(id: String) -> Result<SheetView, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::sheet::view_masked(&cx, &id.into()).await?)
}

/// The same, read by the page itself because something happened ([`crate::anew`]).
#[rpc]
pub async fn view_masked_anew(id: String) -> Result<SheetView, Failure> {
    let cx = crate::session::service_context()?;
    Ok(service::sheet::view_masked(&cx, &id.into()).await?)
}

#[component]
pub fn FilingPage() -> impl IntoView {
    let page = page();
    let id = page.id();
    // Read again with every event: papers come, fields are confirmed.
    let version = Memo::new(move |_| page.project(|p| p.version));
    let by_itself = expect_context::<Anew>().unless(version.get_untracked());
    let loaded = Resource::new_blocking(
        move || version.get(),
        move |version| {
            let (id, by_itself) = (id.clone(), by_itself(&version));
            async move { if by_itself { view_masked_anew(id).await } else { view_masked(id).await } }
        },
    );
    let sheet = RwSignal::new(None::<SheetView>);
    view! {
        <Transition>
            {move || match loaded.get()? {
                Ok(view) => {
                    sheet.set(Some(view));
                    None
                }
                Err(Failure(error)) => Some(view! { <ErrorNotice error /> }),
            }}
            <Packages />
            <ToFile sheet />
        </Transition>
    }
}

#[component]
fn Packages() -> impl IntoView {
    let page = page();
    let ids = Memo::new(move |_| {
        page.project(|p| {
            let mut all: Vec<_> = p.submissions.iter().map(|(id, s)| (s.at, id.clone())).collect();
            all.sort();
            all.into_iter().rev().map(|(_, id)| id).collect::<Vec<Id<Submission>>>()
        })
    });
    view! {
        <section class="section">
            <h2>{tr!(filing.on_file)}</h2>
            {move || ids.with(Vec::is_empty).then(|| view! { <p class="muted">{tr!(filing.none_on_file)}</p> })}
            <For each=move || ids.get() key=|id| id.clone() let:id><Package id /></For>
        </section>
    }
}

/// A matter that is not on file, with how far it is from that.
type Row = (Id<Matter>, Completeness);

fn rows(view: &SheetView) -> Vec<Row> {
    let page = page();
    let c = catalogue();
    page.project(|project| {
        let open = |m: &&Matter| {
            let progress = project.matters.get(&m.id).map(|t| &t.progress);
            m.wants_package() && matches!(progress, Some(Progress::Untouched | Progress::Prepared | Progress::Refused { .. }))
        };
        let row = |m: &Matter| (m.id.clone(), completeness(project, &c, &view.form, &view.entries, m, today()));
        c.matters.iter().filter(open).map(row).collect()
    })
}

#[component]
fn ToFile(sheet: RwSignal<Option<SheetView>>) -> impl IntoView {
    let page = page();
    let may = page.may(&Right::FilePackage);
    let own = page.0.with_untracked(|v| v.viewer.role == Role::Enterprise);
    let action = ServerAction::<FilePackage>::new();
    let all = Memo::new(move |_| sheet.with(|s| s.as_ref().map(rows).unwrap_or_default()));
    let ready = Memo::new(move |_| all.get().into_iter().filter(|(_, c)| !c.stands_in_the_way()).collect::<Vec<_>>());
    let near = Memo::new(move |_| {
        let mut near: Vec<Row> = all.get().into_iter().filter(|(_, c)| c.stands_in_the_way() && c.blocked.is_empty()).collect();
        near.sort_by_key(|(_, c)| c.fields.len() + c.papers.len());
        near
    });
    let later = Memo::new(move |_| all.get().into_iter().filter(|(_, c)| !c.blocked.is_empty()).collect::<Vec<_>>());
    let owed = Memo::new(move |_| ready.with(|r| promises(r)));
    view! {
        <section class="section">
            <h2>{tr!(filing.ready)}<span class="count">{move || ready.with(Vec::len)}</span></h2>
            <p class="muted">{tr!(filing.intro)}</p>
            {move || ready.with(Vec::is_empty).then(|| view! { <p>{tr!(filing.none_ready)}</p> })}
            {move || (may && !ready.with(Vec::is_empty)).then(|| view! {
                <CommandForm action name="file" button=tr!(filing.file)>
                    <input type="hidden" name="project" value=page.id() />
                    <ul class="filing-rows">
                        <For each=move || ready.get() key=|row| format!("{row:?}") let:row><ReadyRow row /></For>
                    </ul>
                    {move || (!owed.with(BTreeMap::is_empty)).then(|| view! {
                        <fieldset class="promises">
                            <legend>{tr!(filing.promises)}</legend>
                            <p class="muted">{tr!(filing.promises_intro)}</p>
                            <For each=move || owed.get() key=|promise| format!("{promise:?}") let:promise><PromiseRow promise /></For>
                        </fieldset>
                    })}
                    {own.then(|| view! {
                        <label class="choice declare"><input type="checkbox" name="declared" value="true" /><span>{tr!(filing.declare)}</span></label>
                    })}
                </CommandForm>
            })}
            {move || (!may).then(|| view! {
                <ul class="filing-rows">{ready.get().into_iter().map(|row| view! { <li class="filing-row">{matter_name(&row.0)}</li> }).collect_view()}</ul>
            })}
        </section>
        <section class="section">
            <h2>{tr!(filing.near)}<span class="count">{move || near.with(Vec::len)}</span></h2>
            <ul class="filing-rows"><For each=move || near.get() key=|row| format!("{row:?}") let:row><LackingRow row /></For></ul>
        </section>
        <details class="section">
            <summary>{move || tr!(filing.later, n = later.with(Vec::len))}</summary>
            <ul class="filing-rows"><For each=move || later.get() key=|row| format!("{row:?}") let:row><LackingRow row /></For></ul>
        </details>
    }
}

/// Papers that may follow: for which matters, and until when at the latest.
type Owed = BTreeMap<Id<Material>, Terms>;
type Terms = (Vec<Id<Matter>>, i64, SupplyBy);

fn promises(rows: &[Row]) -> Owed {
    let mut owed = Owed::new();
    for (matter, complete) in rows {
        for (lacking, tolerance) in complete.promises_wanted() {
            let one = owed.entry(lacking.material.clone()).or_insert((Vec::new(), tolerance.days, tolerance.supply_by));
            one.0.push(matter.clone());
            one.1 = one.1.min(tolerance.days);
        }
    }
    owed
}

#[component]
fn ReadyRow(row: Row) -> impl IntoView {
    let (id, complete) = row;
    let page = page();
    let n = complete.papers.len();
    let six = catalogue().matter(id.as_str()).is_some_and(|m| m.six_permits);
    view! {
        <li class="filing-row">
            <label class="choice">
                <input type="checkbox" name="matters[]" value=id.to_string() />
                <span><strong>{matter_name(&id)}</strong>{six.then(|| view! { <crate::components::mark::SixMark /> })}</span>
            </label>
            <span class="state state-ready">{if complete.preview { tr!(filing.early) } else { tr!(filing.complete) }}</span>
            {(n > 0).then(|| view! { <span class="state state-turn">{tr!(filing.tolerated, n = n)}</span> })}
            <a class="filing-more" href=format!("/projects/{}/matters/{id}", page.id())>{tr!(filing.look)}</a>
        </li>
    }
}

#[component]
fn PromiseRow(promise: (Id<Material>, Terms)) -> impl IntoView {
    let (material, (matters, days, supply_by)) = promise;
    let c = catalogue();
    let name = say(&Pin::Paper(material.clone()).name(&c));
    let last: Date = c.calendar().add(today(), days);
    let until = match supply_by {
        SupplyBy::AfterResult => tr!(matter.after_result),
        _ => tr!(matter.by_decision),
    };
    let (text, due) = (format!("texts[{material}]"), format!("dues[{material}]"));
    let first = |name: &str| kept(name).unwrap_or_default();
    view! {
        <div class="promise" id=format!("promise-{material}")>
            <p><strong>{name}</strong>" "<span class="muted">{tr!(filing.promise_for, names = list(matters.iter().map(matter_name)))}" · "{until}</span></p>
            <div class="form-row">
                <label>{tr!(filing.promise_text)}<input name=text.clone() value=first(&text) maxlength="300" /></label>
                <label>{tr!(filing.promise_due)}<input type="date" name=due.clone() value=first(&due) min=today().to_string() max=last.to_string() /></label>
            </div>
        </div>
    }
}

/// What a matter still lacks; each leads to where it can be mended.
#[component]
fn LackingRow(row: Row) -> impl IntoView {
    let (id, complete) = row;
    let page = page();
    let c = catalogue();
    let base = format!("/projects/{}", page.id());
    let fields = complete.fields.iter().map(|m| {
        let name = say(&c.field_name(m.field.as_str()));
        view! { <li><a href=format!("{base}/sheet#field-{}", m.field)>{name}</a>" "<span class="muted">{say(&m.lack.sentence())}</span></li> }
    });
    let papers = complete.papers.iter().map(|p| {
        let name = say(&Pin::Paper(p.material.clone()).name(&c));
        let why = match (&p.waits_for, p.expired) {
            (Some(matter), _) => tr!(library.comes, name = matter_name(matter)),
            (None, true) => tr!(library.expired),
            (None, false) => tr!(library.missing),
        };
        let tolerated = p.tolerance.is_some().then(|| tr!(filing.may_follow));
        view! { <li><a href=format!("{base}/documents#paper-{}", p.material)>{name}</a>" "<span class="muted">{why}" "{tolerated}</span></li> }
    });
    let blocked = (!complete.blocked.is_empty())
        .then(|| view! { <p class="muted">{tr!(project.waiting_for, names = list(complete.blocked.iter().map(matter_name)))}</p> });
    let n = complete.fields.len() + complete.papers.len();
    let lacks = view! { <ul class="filing-lacks">{fields.collect_view()}{papers.collect_view()}</ul> };
    view! {
        <li class="filing-row">
            <a href=format!("{base}/matters/{id}")>{matter_name(&id)}</a>
            {(n > 0).then(|| view! { <details><summary>{tr!(filing.lacks, n = n)}</summary>{lacks}</details> })}
            {blocked}
        </li>
    }
}
