//! A section of the sheet: who is in it, whether it is ready, what waits to be confirmed, its fields.

#[cfg(feature = "ssr")]
use super::super::send;
use super::field::FieldBox;
use super::sheet_history;
use crate::components::form::CommandForm;
use crate::components::notice::ErrorNotice;
use crate::ending::Ending;
use crate::error::Failure;
use crate::lang::{aside, colon, list, say, tr};
use crate::live::Connection;
use crate::pages::project::page;
use crate::shared::catalogue;
use crate::together::{Link, Sheet};
use app_macros::rpc;
use domain::catalogue::{Field, Group};
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::policy::Right;
use domain::project::sheet::MissingField;
use domain::project::view::Done;
use domain::sheet::{Changed, Entry, in_mu, shown};
use leptos::prelude::*;

/// Fills in fields of a section from a plain form; with JavaScript the sheet is written live.
#[rpc]
pub async fn fill_section(
    project: String,
    #[server(default)] values: std::collections::BTreeMap<String, String>,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let _ = key;
    let cx = crate::session::service_context()?;
    let values = values.into_iter().map(|(field, value)| (field.into(), value)).collect();
    service::sheet::fill(&cx, &project.into(), values).await?;
    Ok(Done { version: based_on })
}

/// `fields`: what is confirmed, as `field:change,field:change`.
#[rpc]
pub async fn confirm_fields(project: String, fields: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let one = |pair: &str| pair.split_once(':').and_then(|(field, seq)| Some((field.into(), seq.parse().ok()?)));
    let fields: Option<Vec<_>> = fields.split(',').map(one).collect();
    let fields = fields.ok_or_else(|| send::invalid("fields", domain::text!("请重新打开页面再确认。", "Please open the page again.")));
    let of = |fields| Request::Sheet { request: domain::project::sheet::Request::Confirm { fields } };
    send::send(project, send::FormRead::of(|_| Right::ConfirmSheet, fields.map(of)), key, based_on).await
}

#[rpc]
pub async fn mark_section(project: String, section: String, ready: bool, seq: u64, key: String, based_on: u64) -> Result<Done, Failure> {
    use domain::project::sheet::Request as S;
    let request = if ready { S::MarkReady { section, seq } } else { S::MarkUnready { section } };
    send::send(project, Request::Sheet { request }, key, based_on).await
}

#[component]
pub fn Section(group: Group, lacking: Memo<Vec<MissingField>>) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let page = page();
    let id = StoredValue::new(group.id.clone());
    let fields: Vec<Field> = sheet.form.with_value(|f| f.fields.iter().filter(|f| f.group == group.id).cloned().collect());
    let may_mark = page.may(&Right::MarkReady);
    let action = ServerAction::<FillSection>::new();
    let faces = move || {
        let here = sheet.here.get();
        let here = here.values().filter(|one| one.section == id.get_value() && one.field.is_some());
        here.map(|one| view! { <Face name=one.name.clone() title=format!("{} · {}", one.name, say(&one.role.name())) /> }).collect_view()
    };
    let undo = move |event: leptos::ev::KeyboardEvent| {
        if (event.ctrl_key() || event.meta_key()) && matches!(event.key().as_str(), "z" | "Z" | "y") {
            // The browser's own undo knows nothing of what others wrote.
            event.prevent_default();
            sheet.undo(&id.get_value(), event.shift_key() || event.key() == "y");
        }
    };
    view! {
        <section class="sheet-section" id=format!("section-{}", group.id) aria-labelledby=format!("title-{}", group.id)>
            <header class="sheet-head">
                <h2 id=format!("title-{}", group.id)>{say(&group.name)}</h2>
                <span class="faces">{faces}</span>
                <Readiness section=id />
                <LinkLine section=id />
            </header>
            <Confirming section=id />
            <div class="sheet-fields" on:keydown=undo>
                <CommandForm action name=format!("fill.{}", group.id) button=tr!(sheet.save) class="button needs-no-script">
                    <input type="hidden" name="project" value=page.id() />
                    <div class="sheet-grid">{fields.into_iter().map(|field| view! { <FieldBox field /> }).collect_view()}</div>
                </CommandForm>
            </div>
            {may_mark.then(|| view! { <Marking section=id lacking /> })}
            <History section=id />
        </section>
    }
}

/// A person as a small round mark: the first sign of the name, and the whole name for who asks.
#[component]
pub fn Face(name: String, title: String) -> impl IntoView {
    let sign: String = name.chars().take(1).collect();
    let whole = title.clone();
    view! { <span class="face" title=title><span aria-hidden="true">{sign}</span><span class="visually-hidden">{whole}</span></span> }
}

/// The section's last change that the page knows of.
fn latest(sheet: Sheet, section: &str) -> u64 {
    let fields: Vec<_> = sheet.form.with_value(|f| f.fields.iter().filter(|f| f.group == section).map(|f| f.id.clone()).collect());
    sheet.entries.with(|entries| fields.iter().filter_map(|id| entries.get(id)).map(|entry| entry.seq).max().unwrap_or(0))
}

/// Ready or not, and who said so.
#[component]
fn Readiness(section: StoredValue<String>) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let page = page();
    move || {
        let section = section.get_value();
        let ready = page.project(|p| p.sheet.ready.get(&section).cloned());
        match ready {
            None => view! { <span class="state">{tr!(sheet.not_ready)}</span> }.into_any(),
            Some(ready) => {
                let name = page.person(&ready.by);
                let title = format!("{name} · {} {}", ready.at.date(), ready.at.clock());
                let old = latest(sheet, &section) > ready.seq;
                let (class, word) =
                    if old { ("state state-turn", tr!(sheet.ready_but_changed)) } else { ("state state-issued", tr!(sheet.ready)) };
                let whole = title.clone();
                view! { <span class=class title=whole>{word}</span><Face name title /> }.into_any()
            }
        }
    }
}

/// Whether what is written here is stored and heard.
#[component]
fn LinkLine(section: StoredValue<String>) -> impl IntoView {
    let (sheet, ending) = (expect_context::<Sheet>(), expect_context::<Ending>());
    let masked = section.with_value(|section| sheet.is_masked(section));
    move || {
        let link = sheet.links.with(|links| links.get(&section.get_value()).copied());
        let (class, word) = match link {
            _ if masked => ("connection", tr!(sheet.masked)),
            None => return None,
            Some(link) if ending.has_ended() && !link.read_only => of_rest(link),
            Some(link) => of_link(link),
        };
        Some(view! { <span class=class role="status" data-testid="link">{word}</span> })
    }
}

/// While the person is signed out.
fn of_rest(link: Link) -> (&'static str, String) {
    ("connection connection-away", if link.unsaved { tr!(sheet.signed_out_unsaved) } else { tr!(sheet.signed_out) })
}

fn of_link(link: Link) -> (&'static str, String) {
    match link {
        link if link.read_only => ("connection", tr!(sheet.read_only)),
        link if link.refused => ("connection connection-away", tr!(sheet.refused)),
        link if matches!(link.connection, Connection::Away(_)) && link.unsaved => ("connection connection-away", tr!(sheet.away_unsaved)),
        link if matches!(link.connection, Connection::Away(_)) => ("connection connection-away", tr!(sheet.away)),
        link if link.unsaved => ("connection", tr!(sheet.saving)),
        link if link.connection == Connection::Connecting => ("connection", tr!(project.connecting)),
        _ => ("connection connection-live", tr!(sheet.saved)),
    }
}

/// What others filled in for the enterprise: it looks, and confirms one by one or all.
#[component]
fn Confirming(section: StoredValue<String>) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let page = page();
    let action = ServerAction::<ConfirmFields>::new();
    let may = page.may(&Right::ConfirmSheet);
    let waiting = Memo::new(move |_| {
        let fields: Vec<Field> = sheet.form.with_value(|f| f.fields.iter().filter(|f| f.group == section.get_value()).cloned().collect());
        let state = page.project(|p| p.sheet.clone());
        sheet.entries.with(|entries| {
            let wants = |field: Field| {
                let entry = entries.get(&field.id).filter(|e| state.wants_confirming(&field, e))?.clone();
                (!sheet.value(field.id.as_str()).trim().is_empty()).then_some((field, entry))
            };
            fields.into_iter().filter_map(wants).collect::<Vec<_>>()
        })
    });
    let row = move |(field, entry): (Field, Entry)| {
        let value = sheet.value(field.id.as_str());
        let unit = sheet.form.with_value(|f| f.unit(&field)).map(|u| say(&u)).unwrap_or_default();
        let mu = in_mu(&field, &value).map(|mu| aside(&tr!(sheet.mu, n = mu))).unwrap_or_default();
        let by = page.person(&entry.by);
        let fields = format!("{}:{}", field.id, entry.seq);
        view! {
            <tr>
                <th scope="row"><a href=format!("#field-{}", field.id)>{say(&field.name)}</a></th>
                <td>{say(&shown(&field, &value))}" "{unit}{mu}</td>
                <td class="muted">{by}" "{entry.at.date().to_string()}</td>
                <td>
                    {may.then(|| view! {
                        <CommandForm action name=format!("confirm.{}", field.id) button=tr!(sheet.confirm) class="button button-quiet">
                            <input type="hidden" name="project" value=page.id() />
                            <input type="hidden" name="fields" value=fields />
                        </CommandForm>
                    })}
                </td>
            </tr>
        }
    };
    let all = move || waiting.with(|w| w.iter().map(|(f, e)| format!("{}:{}", f.id, e.seq)).collect::<Vec<_>>().join(","));
    let n = Memo::new(move |_| waiting.with(Vec::len));
    move || {
        (n.get() > 0).then(|| {
            view! {
                <div class="notice sheet-confirming" class:notice-turn=may>
                    <p><strong>{move || tr!(sheet.to_confirm, n = n.get())}</strong></p>
                    <table><tbody>{move || waiting.get().into_iter().map(row).collect_view()}</tbody></table>
                    {may.then(|| view! {
                        <CommandForm action name=format!("confirm-all.{}", section.get_value()) button=tr!(sheet.confirm_all)>
                            <input type="hidden" name="project" value=page.id() />
                            <input type="hidden" name="fields" value=all />
                        </CommandForm>
                    })}
                </div>
            }
        })
    }
}

/// Says that the section is ready, or that it is not after all.
#[component]
fn Marking(section: StoredValue<String>, lacking: Memo<Vec<MissingField>>) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let page = page();
    let action = ServerAction::<MarkSection>::new();
    let is_ready = Memo::new(move |_| {
        let section = section.get_value();
        page.project(|p| p.sheet.ready.get(&section).is_some_and(|ready| ready.seq >= latest(sheet, &section)))
    });
    let open = Memo::new(move |_| lacking.with(|l| l.iter().filter(|m| m.group == section.get_value()).count()));
    let names = move || {
        let c = catalogue();
        let first = lacking.with(|l| {
            let mine = l.iter().filter(|m| m.group == section.get_value()).take(3);
            mine.map(|m| say(&c.field_name(m.field.as_str()))).collect::<Vec<_>>()
        });
        list(first)
    };
    move || {
        let ready = is_ready.get();
        let button = if ready { tr!(sheet.mark_unready) } else { tr!(sheet.mark_ready) };
        let seq = move || latest(sheet, &section.get_value()).to_string();
        view! {
            <div class="sheet-marking">
                <CommandForm action name=format!("mark.{}.{ready}", section.get_value()) button class="button button-quiet">
                    <input type="hidden" name="project" value=page.id() />
                    <input type="hidden" name="section" value=section.get_value() />
                    <input type="hidden" name="ready" value=(!ready).to_string() />
                    <input type="hidden" name="seq" value=seq />
                </CommandForm>
                {move || (open.get() > 0 && !ready).then(|| view! {
                    <p class="muted">{tr!(sheet.still_open, n = open.get())}{colon()}{names()}{if open.get() > 3 { "…" } else { "" }}</p>
                })}
            </div>
        }
    }
}

/// Who made what of the section's fields: asked for when somebody wants to see it.
#[component]
fn History(section: StoredValue<String>) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let page = page();
    let load = Action::new(move |(): &()| sheet_history(page.id(), section.get_value()));
    let rows = move |list: Vec<Changed>| {
        if list.is_empty() {
            return view! { <p class="muted">{tr!(sheet.no_history)}</p> }.into_any();
        }
        let row = |changed: Changed| {
            let Changed { field, entry } = changed;
            let known = sheet.form.with_value(|f| f.field(field.as_str()).cloned());
            let value = known.map_or(entry.value.clone(), |f| say(&shown(&f, &entry.value)));
            let value = if value.is_empty() { tr!(sheet.nothing) } else { value };
            view! {
                <tr>
                    <td class="muted">{format!("{} {}", entry.at.date(), entry.at.clock())}</td>
                    <td>{page.person(&entry.by)}</td>
                    <th scope="row">{say(&catalogue().field_name(field.as_str()))}</th>
                    <td>{value}</td>
                </tr>
            }
        };
        view! {
            <div class="scroll" role="region" tabindex="0" aria-label=tr!(sheet.history)>
                <table class="sheet-history"><tbody>{list.into_iter().map(row).collect_view()}</tbody></table>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="sheet-past">
            <button type="button" class="link needs-script" on:click=move |_| { load.dispatch(()); }>{tr!(sheet.history)}</button>
            {move || load.value().get().map(|answer| match answer {
                Ok(list) => rows(list),
                Err(Failure(error)) => view! { <ErrorNotice error /> }.into_any(),
            })}
        </div>
    }
}
