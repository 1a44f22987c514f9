//! One field: its box, what is wrong with it, where its value is from, who is in it now.

use super::section::Face;
use crate::components::form::kept;
use crate::lang::{aside, colon, list, say, tr};
use crate::pages::project::{matter_name, office_name, page};
use crate::shared::catalogue;
use crate::together::Sheet;
use domain::catalogue::{Field, FieldKind, Weight};
use domain::project::matter::State;
use domain::project::sheet::{self, Source, answered_on, identity, needs};
use domain::sheet::{Values, check, in_mu, remarks, shown, writing};
use leptos::prelude::*;

#[component]
pub fn FieldBox(field: Field) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let page = page();
    let field = StoredValue::new(field);
    let id = field.with_value(|f| f.id.to_string());
    let (name, unit) =
        field.with_value(|f| (say(&f.name), sheet.form.with_value(|form| form.unit(f)).map(|u| say(&u)).unwrap_or_default()));
    let may_fill = page.0.with_untracked(|v| field.with_value(|f| !sheet.is_masked(&f.group) && sheet::may_fill(f, &v.viewer, &v.project)));
    let value = {
        let id = id.clone();
        Memo::new(move |_| sheet.value(&id))
    };
    let wrong = Memo::new(move |_| {
        let value = value.get();
        if value.trim().is_empty() { None } else { field.with_value(|f| check(f, &value)).err().map(|sentence| say(&sentence)) }
    });
    let remarks = Memo::new(move |_| {
        let values: Values = sheet.values.get();
        sheet.form.with_value(|form| field.with_value(|f| remarks(form, &values, &f.id)))
    });
    let here = {
        let id = id.clone();
        move || {
            let here = sheet.here.get();
            let here = here.values().filter(|one| one.field.as_deref() == Some(&id));
            here.map(|one| view! { <Face name=one.name.clone() title=tr!(sheet.is_writing, name = one.name.clone(), role = say(&one.role.name())) /> }).collect_view()
        }
    };
    let long = field.with_value(is_long);
    let mu = move || {
        field.with_value(|f| in_mu(f, &value.get())).map(|mu| view! { <span class="field-mu muted">{tr!(sheet.mu, n = mu)}</span> })
    };
    let readers = page.project(|p| field.with_value(|f| identity::readers(f, p, &catalogue())));
    let readers = (may_fill && !readers.is_empty()).then(|| list(readers.iter().map(say)));
    // Who sees it is read out before what is wrong with it.
    let about = format!("about-{id}");
    let described = if readers.is_some() { format!("readers-{id} {about}") } else { about.clone() };
    view! {
        <div class="datum" class:datum-wide=long id=format!("field-{id}") class:datum-wrong=move || wrong.get().is_some()>
            <label for=format!("in-{id}")>
                {name}{(!unit.is_empty()).then(|| view! { <span class="muted">{aside(&unit)}</span> })}
                <span class="faces">{here}</span>
            </label>
            <Input field value may_fill described />
            {mu}
            {readers.map(|names| view! { <p id=format!("readers-{id}") class="field-readers muted">{tr!(sheet.readers, names = names)}</p> })}
            <div id=about class="field-about">
                {move || wrong.get().map(|sentence| view! { <p class="field-error">{sentence}</p> })}
                {move || remarks.get().into_iter().map(|(weight, sentence)| {
                    let class = if weight == Weight::Error { "field-error" } else { "field-look" };
                    view! { <p class=class>{if weight == Weight::Error { tr!(sheet.must) } else { tr!(sheet.look) }}{colon()}{say(&sentence)}</p> }
                }).collect_view()}
                <Instead field value may_fill />
                <Origin field />
            </div>
        </div>
    }
}

/// A text that wants room.
fn is_long(field: &Field) -> bool {
    let constraints = &field.constraints;
    field.kind.is_written() && constraints.rule.is_none() && constraints.max_length.is_none_or(|n| n > 100)
}

#[component]
fn Input(field: StoredValue<Field>, value: Memo<String>, may_fill: bool, described: String) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let f = field.get_value();
    let id = f.id.to_string();
    let name = format!("values[{id}]");
    let first = kept(&name).unwrap_or_else(|| value.get_untracked());
    let enter = move |_| field.with_value(|f| sheet.enter(&f.group, Some(f.id.as_str())));
    let leave = move |_| field.with_value(|f| sheet.enter(&f.group, None));
    let dom = format!("in-{id}");
    // A value that is none is kept as it was typed, with what is wrong beside it: nothing typed is lost.
    let take = move |typed: String| {
        field.with_value(|f| {
            let to = if typed.trim().is_empty() { String::new() } else { check(f, &typed).unwrap_or(typed) };
            sheet.set(f, &to);
        });
    };
    match f.kind {
        FieldKind::Text | FieldKind::Address | FieldKind::Geometry => {
            view! { <TextField field value first name dom may_fill described /> }.into_any()
        }
        FieldKind::Enum | FieldKind::Boolean => {
            let options: Vec<(String, String)> = if f.kind == FieldKind::Boolean {
                ["yes", "no"].map(|v| (v.to_string(), say(&shown(&f, v)))).into()
            } else {
                f.options.iter().map(|o| (o.value.clone(), say(&o.name))).collect()
            };
            view! {
                <select
                    id=dom
                    name=name
                    disabled=!may_fill
                    aria-describedby=described
                    prop:value=move || value.get()
                    on:focus=enter
                    on:blur=leave
                    on:change=move |event| take(event_target_value(&event))
                >
                    <option value="" selected=first.is_empty()>{tr!(sheet.choose)}</option>
                    {options
                        .into_iter()
                        .map(|(option, words)| view! { <option value=option.clone() selected=option == first>{words}</option> })
                        .collect_view()}
                </select>
            }
            .into_any()
        }
        kind => {
            let mode = if kind.is_number() { "decimal" } else { "text" };
            let kind = if kind == FieldKind::Date { "date" } else { "text" };
            view! {
                <input
                    id=dom
                    name=name
                    type=kind
                    inputmode=mode
                    readonly=!may_fill
                    aria-describedby=described
                    autocomplete="off"
                    maxlength="100"
                    value=first
                    prop:value=move || value.get()
                    on:focus=enter
                    on:blur=leave
                    on:keydown=|event| if event.key() == "Enter" { event.prevent_default(); blur(&event); }
                    on:change=move |event| take(event_target_value(&event))
                />
            }
            .into_any()
        }
    }
}

/// Enter in a box takes over what was typed, as leaving it does.
fn blur(event: &leptos::ev::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        if let Some(element) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = element.blur();
            let _ = element.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// A text that people write together. What the box shows is remembered; what was typed since is the difference, put
/// where it belongs in what the others made of the text meanwhile. While an input method composes, the box is left alone.
#[component]
fn TextField(
    field: StoredValue<Field>,
    value: Memo<String>,
    first: String,
    name: String,
    dom: String,
    may_fill: bool,
    described: String,
) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let element = NodeRef::<leptos::html::Textarea>::new();
    let showing = StoredValue::new(value.get_untracked());
    let composing = StoredValue::new(false);
    let refresh = move || {
        let now = value.get_untracked();
        let Some(area) = element.get_untracked() else { return };
        if composing.get_value() || area.value() == now {
            showing.set_value(now);
            return;
        }
        let change = writing::difference(&area.value(), &now);
        let place = |at: Option<u32>| at.map(|at| u32::try_from(change.carries(at as usize)).unwrap_or(0));
        let (start, end) = (place(area.selection_start().ok().flatten()), place(area.selection_end().ok().flatten()));
        area.set_value(&now);
        if let (Some(start), Some(end)) = (start, end) {
            let _ = area.set_selection_start(Some(start));
            let _ = area.set_selection_end(Some(end));
        }
        showing.set_value(now);
    };
    Effect::new(move |_| {
        value.track();
        if !composing.get_value() {
            refresh();
        }
    });
    let typed = move || {
        let Some(area) = element.get_untracked() else { return };
        let showed = showing.get_value();
        let mine = writing::difference(&showed, &area.value());
        if mine.is_nothing() {
            refresh();
            return;
        }
        let theirs = writing::difference(&showed, &value.get_untracked());
        let mine = if theirs.is_nothing() { mine } else { mine.after(&theirs) };
        // First: what is shown is now what was typed, so that the effect finds the box as it should be.
        showing.set_value(area.value());
        field.with_value(|f| sheet.edit(f, &mine));
        refresh();
    };
    let rows = field.with_value(|f| match f.kind {
        FieldKind::Geometry => 4,
        _ if is_long(f) => 3,
        _ => 1,
    });
    let text = crate::drawing::escape(&first);
    let most = field.with_value(|f| f.constraints.max_length).unwrap_or(domain::sheet::LONGEST_VALUE);
    view! {
        <textarea
            node_ref=element
            id=dom
            name=name
            rows=rows.to_string()
            readonly=!may_fill
            maxlength=most.to_string()
            aria-describedby=described
            autocomplete="off"
            inner_html=text
            on:focus=move |_| field.with_value(|f| sheet.enter(&f.group, Some(f.id.as_str())))
            on:blur=move |_| field.with_value(|f| sheet.enter(&f.group, None))
            on:compositionstart=move |_| composing.set_value(true)
            on:compositionend=move |_| {
                composing.set_value(false);
                typed();
            }
            on:input=move |_| if !composing.get_value() { typed() }
        ></textarea>
    }
}

/// What the value took the place of, a click away.
#[component]
fn Instead(field: StoredValue<Field>, value: Memo<String>, may_fill: bool) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let before = Memo::new(move |_| field.with_value(|f| sheet.before.with(|b| b.get(&f.id).cloned())));
    move || {
        let was = before.get().filter(|was| *was != value.get())?;
        let words = if was.is_empty() { tr!(sheet.nothing) } else { field.with_value(|f| say(&shown(f, &was))) };
        Some(view! {
            <p class="field-before muted">
                {tr!(sheet.before)}{colon()}{words}
                {may_fill.then(|| view! {
                    " "<button type="button" class="link" on:click=move |_| field.with_value(|f| sheet.set(f, &was))>{tr!(sheet.take_back)}</button>
                })}
            </p>
        })
    }
}

/// Who entered it and when, who confirmed it; what it is for; what is filed already and keeps the old value.
#[component]
fn Origin(field: StoredValue<Field>) -> impl IntoView {
    let sheet = expect_context::<Sheet>();
    let page = page();
    let id = field.with_value(|f| f.id.clone());
    let entry = Memo::new(move |_| sheet.entries.with(|entries| entries.get(&id).cloned()));
    let id = field.with_value(|f| f.id.clone());
    let confirmed = Memo::new(move |_| page.project(|p| p.sheet.confirmed.get(&id).cloned()));
    let (matters, source) = sheet.form.with_value(|form| {
        page.project(|p| {
            let needs = needs(p, &catalogue(), form);
            let need = needs.iter().find(|need| field.with_value(|f| need.field.id == f.id));
            need.map(|need| (need.matters.clone(), need.source.clone())).unwrap_or((Vec::new(), Source::Enterprise))
        })
    });
    let from = match &source {
        Source::Enterprise => None,
        Source::Office(office) => Some(tr!(sheet.from_office, name = office_name(office))),
        Source::Certificate(matter) => Some(tr!(sheet.from_certificate, name = matter_name(matter))),
    };
    // The number itself, as soon as there is one.
    let certified = move || {
        let Source::Certificate(matter) = &source else { return None };
        let entry = entry.get().filter(|e| e.seq == 0 && page.project(|p| p.certificate(matter).is_some()))?;
        Some(view! { <span class="state state-issued">{entry.value}</span> })
    };
    let who = move || {
        let entry = entry.get()?;
        let name = page.person(&entry.by);
        let wants = page.project(|p| field.with_value(|f| p.sheet.wants_confirming(f, &entry)));
        let confirmed = confirmed.get().filter(|c| c.seq >= entry.seq);
        // Of the guide's answers the day counts on which they were given, not the one on which the sheet was begun.
        let origin = match page.project(|p| field.with_value(|f| answered_on(p, f, &entry))) {
            Some(day) => tr!(sheet.from_answers, name = name, date = day.to_string()),
            None => tr!(sheet.entered_by, name = name, date = format!("{} {}", entry.at.date(), entry.at.clock())),
        };
        Some(view! {
            <span>{origin}</span>
            {confirmed.map(|c| view! { <span class="state state-issued">{tr!(sheet.confirmed_by, name = page.person(&c.by))}</span> })}
            {wants.then(|| view! { <span class="state state-turn">{tr!(sheet.unconfirmed)}</span> })}
        })
    };
    let filed = {
        let matters = matters.clone();
        move || {
            let filed = matters.iter().filter(|m| {
                let state = page.project(|p| domain::project::matter::state(p, &catalogue(), m));
                matches!(state, Some(State::Filed { .. } | State::Accepted { .. } | State::Paused { .. }))
            });
            let names: Vec<String> = filed.map(matter_name).collect();
            (!names.is_empty()).then(|| view! { <p class="field-look">{tr!(sheet.already_filed, names = list(names))}</p> })
        }
    };
    let n = matters.len();
    let all = list(matters.iter().map(matter_name));
    view! {
        {filed}
        <p class="field-origin muted">
            {from.map(|from| view! { <span>{from}</span> })}
            {certified}
            {who}
        </p>
        <details class="field-serves muted"><summary>{tr!(sheet.serves, n = n)}</summary>{all}</details>
    }
}
