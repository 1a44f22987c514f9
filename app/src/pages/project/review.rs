//! What was filed of a matter, beside what was filed before and what the sheet says now; and an office's opinion on it.

#[cfg(feature = "ssr")]
use super::send;
use super::{office_name, page};
use crate::anew::Anew;
use crate::components::form::{CommandForm, kept};
use crate::components::notice::ErrorNotice;
use crate::error::Failure;
use crate::lang::{say, size, tr};
use crate::shared::catalogue;
use app_macros::rpc;
use domain::Id;
use domain::catalogue::{Field, Form, Matter};
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::filing::Snapshot;
use domain::project::policy::Right;
use domain::project::review::{Pin, Reason};
use domain::project::submission::Submission;
use domain::project::view::Done;
use domain::sheet::{Values, in_mu, shown};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What an office's form says. `notes`, `reasons`: by what they are pinned to; a point is what has a note.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Said {
    verdict: String,
    conditions: String,
    basis: String,
    ground: String,
    notes: std::collections::BTreeMap<String, String>,
    reasons: std::collections::BTreeMap<String, String>,
}

#[rpc]
pub async fn give_opinion(
    project: String,
    package: String,
    matter: String,
    snapshot: String,
    #[server(default)] said: Said,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let again = || send::invalid("verdict", domain::text!("请重新打开页面再出意见。", "Please open the page again."));
    let of = |(verdict, snapshot)| {
        let request = domain::project::submission::Request::GiveOpinion { matter: matter.clone().into(), verdict, snapshot };
        Request::Submission { id: package.clone().into(), request }
    };
    let right = Right::review(&crate::session::service_context()?.service.catalogue, &matter.clone().into());
    let read = verdict_of(said).and_then(|verdict| Ok((verdict, domain::log::Digest::parse(&snapshot).ok_or_else(again)?)));
    send::send(project, send::FormRead::of(move |_| right, read.map(of)), key, based_on).await
}

#[cfg(feature = "ssr")]
fn verdict_of(said: Said) -> Result<domain::project::review::Verdict, Failure> {
    use domain::project::review::{Pin, Point, Reason, Verdict};
    let Said { verdict, conditions, basis, ground, notes, reasons } = said;
    let again = || send::invalid("verdict", domain::text!("请重新打开页面再出意见。", "Please open the page again."));
    let points = notes.into_iter().filter(|(_, note)| !note.trim().is_empty()).map(|(code, note)| {
        let reason = reasons.get(&code).and_then(|r| Reason::from_code(r)).unwrap_or(Reason::Incomplete);
        Some(Point { pin: Pin::from_code(&code)?, reason, note })
    });
    let points: Vec<Point> = points.collect::<Option<_>>().ok_or_else(again)?;
    Ok(match verdict.as_str() {
        // Points that were written and not sent would be lost without a word.
        "pass" | "pass-with" | "refuse" if !points.is_empty() => {
            let sentence = domain::text!(
                "已写了 {} 处补正，请选“需补正”，或先清空。",
                "There are {} points written: choose “to be corrected”, or empty them.",
                points.len()
            );
            return Err(send::invalid("verdict", sentence));
        }
        "pass" => Verdict::Pass,
        "pass-with" => Verdict::PassWith { conditions },
        "correct" => Verdict::Correct { points },
        "refuse" => Verdict::Refuse { basis, ground },
        _ => return Err(send::invalid("verdict", domain::text!("请选择一种意见。", "Please choose an opinion."))),
    })
}

/// A filing for a reader.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FiledView {
    pub snapshot: Snapshot,
    /// The filing before this one.
    pub before: Option<Snapshot>,
    /// What the data sheet holds now.
    pub now: Values,
    /// The matter's part of the form.
    pub form: Form,
}

#[rpc]
pub async fn view_filed(id: String, package: String, matter: String, nth: usize) -> Result<FiledView, Failure> {
    filed(id.into(), package.into(), matter.into(), nth).await
}

/// The same, read by the page itself because something was filed ([`crate::anew`]).
#[rpc]
pub async fn view_filed_anew(id: String, package: String, matter: String, nth: usize) -> Result<FiledView, Failure> {
    filed(id.into(), package.into(), matter.into(), nth).await
}

#[cfg(feature = "ssr")]
async fn filed(id: Id<domain::project::Project>, package: Id<Submission>, matter: Id<Matter>, nth: usize) -> Result<FiledView, Failure> {
    let cx = crate::session::service_context()?;
    let snapshot = service::submission::filed(&cx, &id, &package, &matter, Some(nth)).await?;
    let before = match nth {
        0 | 1 => None,
        n => Some(service::submission::filed(&cx, &id, &package, &matter, Some(n - 1)).await?),
    };
    let catalogue = cx.service.catalogue.clone();
    let sheet = service::sheet::view(&cx, &id).await?;
    let of_matter = catalogue.matter(matter.as_str()).ok_or(domain::Error::NotFound)?;
    let fields = catalogue.form.fields.iter().filter(|f| of_matter.fields.contains(&f.id)).cloned().collect();
    let mut form = Form { groups: Vec::new(), fields, units: catalogue.form.units.clone(), relations: Vec::new() };
    let wrong = domain::project::sheet::identity::wrong(&sheet.form, &sheet.entries);
    domain::project::sheet::identity::without_rules(&mut form, &sheet.masked, &wrong);
    let now = domain::project::filing::values_of(of_matter, &form, &sheet.entries);
    Ok(FiledView { snapshot, before, now, form })
}

/// The filing of a matter, if it is on file.
#[component]
pub fn Review(matter: Id<Matter>) -> impl IntoView {
    let page = page();
    let key = matter.clone();
    let on_file = Memo::new(move |_| page.project(|p| p.parcel(&key).map(|(id, _, parcel)| (id.clone(), parcel.filings.len()))));
    let matter = StoredValue::new(matter);
    let by_itself = expect_context::<Anew>().unless(on_file.get_untracked());
    move || {
        let now = on_file.get();
        let anew = by_itself(&now);
        let (package, nth) = now?;
        Some(view! { <OnFile package nth matter=matter.get_value() anew /> })
    }
}

/// `anew`: the page shows it by itself. Which filing of it is shown afterwards somebody chooses.
#[component]
fn OnFile(package: Id<Submission>, nth: usize, matter: Id<Matter>, anew: bool) -> impl IntoView {
    let page = page();
    let id = page.id();
    let shown_nth = RwSignal::new(nth);
    let (p, m) = (package.clone(), matter.clone());
    let first = StoredValue::new(anew);
    let loaded = Resource::new_blocking(
        move || shown_nth.get(),
        move |nth| {
            let by_itself = first.try_update_value(std::mem::take).unwrap_or_default();
            let (id, package, matter) = (id.clone(), p.to_string(), m.to_string());
            async move { if by_itself { view_filed_anew(id, package, matter, nth).await } else { view_filed(id, package, matter, nth).await } }
        },
    );
    let (package, matter) = (StoredValue::new(package), StoredValue::new(matter));
    let choices = (nth > 1).then(|| {
        let buttons = (1..=nth).map(|n| {
            view! {
                <button type="button" class="link" aria-pressed=move || (shown_nth.get() == n).to_string() on:click=move |_| shown_nth.set(n)>
                    {tr!(review.nth, n = n)}
                </button>
            }
        });
        view! { <p class="filed-nth needs-script">{buttons.collect_view()}</p> }
    });
    view! {
        <section class="section filed">
            <h3>{tr!(review.title)}</h3>
            {choices}
            <Transition>
                {move || match loaded.get()? {
                    Ok(view) => {
                        let latest = shown_nth.get_untracked() == nth;
                        Some(view! { <Filed view package=package.get_value() matter=matter.get_value() latest /> }.into_any())
                    }
                    Err(Failure(error)) => Some(view! { <ErrorNotice error /> }.into_any()),
                }}
            </Transition>
        </section>
    }
}

/// What somebody may do with the filing: speak for an office, or look.
fn may_speak(matter: &Id<Matter>) -> bool {
    page().may(&Right::review(&catalogue(), matter))
}

#[component]
fn Filed(view: FiledView, package: Id<Submission>, matter: Id<Matter>, latest: bool) -> impl IntoView {
    let page = page();
    let c = catalogue();
    let action = ServerAction::<GiveOpinion>::new();
    let open = {
        use domain::project::matter::Progress as P;
        let id = matter.clone();
        Memo::new(move |_| page.project(|p| matches!(p.matters.get(&id).map(|t| &t.progress), Some(P::Filed { .. } | P::Accepted { .. }))))
    };
    let speak = latest && may_speak(&matter);
    let digest = page.project(|p| p.submissions.get(&package)?.parcels.get(&matter)?.latest().map(|f| f.snapshot.to_string()));
    let digest = digest.filter(|_| latest).unwrap_or_default();
    let told: Vec<Pin> = page.project(|p| {
        let last = p.submissions.get(&package).and_then(|s| s.notices.last());
        last.and_then(|n| n.points.get(&matter)).map(|points| points.iter().map(|p| p.pin.clone()).collect()).unwrap_or_default()
    });
    let value = |values: &Values, id: &Id<Field>| {
        let (field, value) = (view.form.field(id.as_str())?, values.get(id)?);
        let unit = view.form.unit(field).map(|u| format!(" {}", say(&u))).unwrap_or_default();
        let mu = in_mu(field, value).map(|mu| format!(" ({mu} {})", tr!(sheet.in_mu))).unwrap_or_default();
        Some(format!("{}{unit}{mu}", say(&shown(field, value))))
    };
    let none = || tr!(review.none);
    let mark = |pin: &Pin| {
        let asked = told.contains(pin);
        asked.then(|| view! { <span class="state state-turn">{tr!(review.asked)}</span> })
    };
    let point = move |pin: Pin| {
        let code = pin.code();
        let (note, reason) = (format!("said[notes][{code}]"), format!("said[reasons][{code}]"));
        let chosen = kept(&reason).unwrap_or_default();
        let options = Reason::ALL.map(|(r, code, ..)| view! { <option value=code selected=code == chosen>{say(&r.name())}</option> });
        let name = say(&pin.name(&catalogue()));
        view! {
            <details class="point" open=kept(&note).is_some_and(|n| !n.is_empty())>
                <summary aria-label=tr!(review.point_at, name = name.clone())>{tr!(review.point)}</summary>
                <select name=reason aria-label=tr!(review.reason_at, name = name.clone())>{options.collect_view()}</select>
                <input name=note.clone() value=kept(&note).unwrap_or_default() maxlength="2000" placeholder=tr!(review.note) aria-label=tr!(review.note_at, name = name) />
            </details>
        }
    };
    let fields = c.matter(matter.as_str()).map(|m| m.fields.clone()).unwrap_or_default();
    // An office's own fields that nobody filled in are not part of what was filed.
    let filed_or_theirs =
        |id: &Id<Field>| view.snapshot.values.contains_key(id) || view.form.field(id.as_str()).is_some_and(Field::is_enterprises);
    let field_rows = fields.into_iter().filter(filed_or_theirs).map(|id| {
        let filed = value(&view.snapshot.values, &id);
        let before = view.before.as_ref().map(|b| value(&b.values, &id)).filter(|b| *b != filed);
        let now = Some(value(&view.now, &id)).filter(|now| *now != filed);
        let pin = Pin::Field(id.clone());
        let changed = before.is_some();
        view! {
            <tr class:filed-changed=changed>
                <th scope="row">{say(&c.field_name(id.as_str()))}{mark(&pin)}</th>
                <td>{filed.unwrap_or_else(none)}
                    {before.map(|b| view! { <span class="muted block">{tr!(review.was, value = b.unwrap_or_else(none))}</span> })}
                    {now.map(|n| view! { <span class="muted block">{tr!(review.now, value = n.unwrap_or_else(none))}</span> })}
                </td>
                {speak.then(|| view! { <td>{point(pin)}</td> })}
            </tr>
        }
    });
    let field_rows = field_rows.collect_view();
    let base = format!("/projects/{}/documents", page.id());
    let paper_rows = view.snapshot.documents.iter().map(|copy| {
        let pin = Pin::Paper(copy.material.clone());
        let was = view.before.as_ref().and_then(|b| b.documents.iter().find(|d| d.material == copy.material)).filter(|d| d.digest != copy.digest);
        // An identity document is for those who need it.
        let reads = page.reads_document(&copy.document);
        let open = |label: String, document: &Id<_>, version: usize, class: &'static str| match reads {
            true => view! { <a class=class href=format!("{base}/{document}?version={version}") rel="external" target="_blank">{label}</a> }.into_any(),
            false => view! { <span class=class>{label}</span> }.into_any(),
        };
        view! {
            <tr class:filed-changed=was.is_some()>
                <th scope="row">{say(&pin.name(&c))}{mark(&pin)}</th>
                <td>
                    {open(tr!(library.version, n = copy.version), &copy.document, copy.version, "")}
                    <span class="muted">{format!(" {} · {}", copy.media.ending().to_uppercase(), size(copy.size as f64))}</span>
                    {was.map(|d| open(tr!(review.was_paper), &d.document, d.version, "block"))}
                    {(!reads).then(|| view! { <span class="muted block">{tr!(library.withheld)}" "<code>{copy.digest.to_string()}</code></span> })}
                </td>
                {speak.then(|| view! { <td>{point(pin)}</td> })}
            </tr>
        }
    });
    let paper_rows = paper_rows.collect_view();
    let follows = view.snapshot.promises.iter().map(|p| {
        let name = say(&Pin::Paper(p.material.clone()).name(&c));
        view! { <li>{tr!(review.promised, name = name, date = p.due.to_string())}<span class="muted">{format!(" {}", p.text)}</span></li> }
    });
    let comes =
        view.snapshot.comes.iter().map(
            |m| view! { <li>{say(&Pin::Paper(m.clone()).name(&c))}<span class="muted">{format!(" {}", tr!(review.comes))}</span></li> },
        );
    let also: Vec<_> = follows.map(|v| v.into_any()).chain(comes.map(|v| v.into_any())).collect();
    let citations: Vec<String> = c.matter(matter.as_str()).map_or_else(Vec::new, |m| {
        m.citations.iter().filter_map(|cite| Some(format!("《{}》{}", c.bases.get(&cite.basis)?.title, cite.article))).collect()
    });
    let table = view! {
        <div class="table-scroll">
            <table class="filed-table">
                <thead><tr><th>{tr!(review.item)}</th><th>{tr!(review.filed)}</th>{speak.then(|| view! { <th>{tr!(review.correct)}</th> })}</tr></thead>
                <tbody>{field_rows}{paper_rows}</tbody>
            </table>
        </div>
        {(!also.is_empty()).then(|| view! { <ul class="filed-also">{also}</ul> })}
        {(!digest.is_empty()).then(|| view! { <p class="muted filed-digest">{tr!(review.digest)}" "<code>{digest.clone()}</code></p> })}
    };
    if !speak {
        return table.into_any();
    }
    let name = format!("opine.{matter}");
    let verdict = move |code: &'static str, label: String| {
        let checked = kept("said[verdict]").is_some_and(|v| v == code);
        view! { <label class="choice"><input type="radio" name="said[verdict]" value=code required checked=checked /><span>{label}</span></label> }
    };
    let bases = citations.into_iter().map(|text| view! { <option value=text.clone()>{text.clone()}</option> }).collect_view();
    let of_parcel = matter.clone();
    let early = move || {
        let early = page.project(|p| p.parcel(&of_parcel).is_some_and(|(_, _, parcel)| parcel.preview));
        early.then(|| view! { <p class="muted">{tr!(review.early)}</p> })
    };
    let closed = move || (!open.get()).then(|| view! { <p class="muted">{tr!(review.closed)}</p> });
    view! {
        <CommandForm action name button=tr!(review.give)>
            <input type="hidden" name="project" value=page.id() />
            <input type="hidden" name="package" value=package.to_string() />
            <input type="hidden" name="matter" value=matter.to_string() />
            <input type="hidden" name="snapshot" value=digest />
            {table}
            <fieldset class="verdict">
                <legend>{tr!(review.opinion)}</legend>
                {closed}
                {early}
                <div class="choices">
                    {verdict("pass", tr!(review.pass))}
                    {verdict("pass-with", tr!(review.pass_with))}
                    {verdict("correct", tr!(review.to_correct))}
                    {verdict("refuse", tr!(review.refuse))}
                </div>
                <div class="form-row">
                    <label class="for-pass-with">{tr!(review.conditions)}<input name="said[conditions]" value=kept("said[conditions]").unwrap_or_default() maxlength="500" /></label>
                    <label class="for-refuse">{tr!(review.basis)}<select name="said[basis]">{bases}</select></label>
                    <label class="for-refuse">{tr!(review.ground)}<input name="said[ground]" value=kept("said[ground]").unwrap_or_default() maxlength="1000" /></label>
                </div>
                <p class="muted for-correct">{tr!(review.correct_hint)}</p>
                <p class="muted for-refuse">{tr!(review.appeal)}</p>
            </fieldset>
        </CommandForm>
    }
    .into_any()
}

/// Opinions on a matter, of its own and the cooperating offices.
#[component]
pub fn Opinions(matter: Id<Matter>) -> impl IntoView {
    let page = page();
    move || {
        let parcel = page.project(|p| p.parcel(&matter).map(|(_, _, parcel)| parcel.clone()))?;
        let all: Vec<_> = parcel.opinion.iter().chain(parcel.others.values()).cloned().collect();
        let rows = all.into_iter().map(|o| {
            view! {
                <li>
                    <strong>{office_name(&o.office)}</strong>" "{say(&o.verdict.sentence())}
                    <span class="muted">{format!(" {} {}", page.person(&o.by), o.at.date())}</span>
                </li>
            }
        });
        let rows: Vec<_> = rows.collect();
        (!rows.is_empty()).then(|| view! { <ul class="opinions">{rows}</ul> })
    }
}
