//! A package on file: how each office sees it, what has to be corrected, what was promised.

#[cfg(feature = "ssr")]
use super::super::send;
use crate::components::form::{CommandForm, TextBox, was_refused};
use crate::components::mark::StateMark;
use crate::error::Failure;
use crate::lang::{list, say, tr};
use crate::pages::project::{matter_name, office_name, page};
use crate::shared::{catalogue, today};
use app_macros::rpc;
use domain::Id;
use domain::catalogue::Matter;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::matter::{ACCEPT_DAYS, Progress, state};
use domain::project::policy::Right;
use domain::project::review::{Pin, Point};
use domain::project::submission::{Submission, right_to_notify};
use domain::project::view::Done;
use leptos::prelude::*;

#[rpc]
pub async fn return_package(project: String, package: String, explanation: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Return { explanation };
    send::send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn convert_package(project: String, package: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Convert;
    send::send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn notify_package(project: String, package: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Notify;
    send::send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn withdraw_package(project: String, package: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Withdraw { reason };
    send::send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn lapse_package(project: String, package: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Lapse { reason };
    send::send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[component]
pub fn Package(id: Id<Submission>) -> impl IntoView {
    let page = page();
    let key = id.clone();
    let submission = Memo::new(move |_| page.project(|p| p.submissions.get(&key).cloned()));
    let number = move || submission.with(|s| s.as_ref().map(|s| s.number.clone()).unwrap_or_default());
    let head = move || {
        submission.with(|s| s.as_ref().map(|s| format!("{} · {} {}", page.person(&s.by), s.at.date(), s.at.clock()))).unwrap_or_default()
    };
    let rows = move || {
        let Some(s) = submission.get() else { return Vec::new() };
        s.parcels.keys().map(|matter| view! { <OneParcel package=submission matter=matter.clone() /> }).collect()
    };
    let anchor = format!("package-{id}");
    view! {
        <article class="package" id=anchor>
            <header class="package-head">
                <h3>{move || tr!(filing.receipt, number = number())}</h3>
                <span class="muted">{head}</span>
            </header>
            <div class="table-scroll">
                <table class="package-table">
                    <thead><tr><th>{tr!(filing.matter)}</th><th>{tr!(work.state)}</th><th>{tr!(filing.opinions)}</th><th>{tr!(filing.debts)}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <NoticeBox id=id.clone() submission />
            <Acts id submission />
        </article>
    }
}

#[component]
fn OneParcel(package: Memo<Option<Submission>>, matter: Id<Matter>) -> impl IntoView {
    let page = page();
    let (of_state, of_parcel) = (matter.clone(), matter.clone());
    let now = Memo::new(move |_| page.project(|p| state(p, &catalogue(), &of_state)));
    let parcel = Memo::new(move |_| package.with(|s| s.as_ref().and_then(|s| s.parcels.get(&of_parcel).cloned())));
    let due = {
        let matter = matter.clone();
        move || {
            let progress = page.project(|p| p.matters.get(&matter).map(|t| t.progress.clone()));
            let at = parcel.with(|p| p.as_ref().and_then(|p| p.filings.last().map(|(at, _)| *at)))?;
            let c = catalogue();
            let day = match progress? {
                Progress::Filed { .. } => c.calendar().add(c.calendar().received(at), ACCEPT_DAYS),
                Progress::Accepted { due } => due,
                _ => return None,
            };
            let late = day < today();
            Some(
                view! { <span class="due block" class:late=late>{tr!(project.due, date = day.to_string())}{late.then(|| format!(" {}", tr!(project.overdue)))}</span> },
            )
        }
    };
    let opinions = move || {
        let Some(p) = parcel.get() else { return Vec::new() };
        let mut list: Vec<_> =
            p.opinion.iter().chain(p.others.values()).map(|o| (office_name(&o.office), say(&o.verdict.sentence()))).collect();
        if p.opinion.is_none() && p.out.is_none() {
            list.push((String::new(), tr!(filing.no_opinion)));
        }
        list.into_iter().map(|(office, what)| view! { <p class="opinion"><span class="muted">{office}</span>" "{what}</p> }).collect()
    };
    let debts = move || {
        let Some(p) = parcel.get() else { return Vec::new() };
        let c = catalogue();
        p.debts()
            .map(|promise| {
                let late = promise.due < today();
                let name = say(&Pin::Paper(promise.material.clone()).name(&c));
                let to = format!("/projects/{}/documents#paper-{}", page.id(), promise.material);
                view! {
                    <p class="debt"><a href=to>{name}</a>" "<span class="due" class:late=late>{tr!(project.due, date = promise.due.to_string())}</span>
                        <span class="muted block">{promise.text.clone()}</span></p>
                }
            })
            .collect::<Vec<_>>()
    };
    let out = move || parcel.with(|p| p.as_ref().and_then(|p| p.out.clone())).map(|why| tr!(filing.out, why = why));
    let early = move || parcel.with(|p| p.as_ref().is_some_and(|p| p.preview && p.out.is_none()));
    view! {
        <tr>
            <td><a href=format!("/projects/{}/matters/{matter}", page.id())>{matter_name(&matter)}</a></td>
            <td>
                {move || match out() {
                    Some(out) => view! { <span class="muted">{out}</span> }.into_any(),
                    None => now.get().map(|state| view! { <StateMark state /> }).into_any(),
                }}
                {move || early().then(|| view! { <span class="muted block">{tr!(filing.no_permit)}</span> })}
                {due}
            </td>
            <td>{opinions}</td>
            <td>{debts}</td>
        </tr>
    }
}

/// The one correction notice, point by point, and the answer to it.
#[component]
fn NoticeBox(id: Id<Submission>, submission: Memo<Option<Submission>>) -> impl IntoView {
    let page = page();
    let base = format!("/projects/{}", page.id());
    let action = ServerAction::<ReturnPackage>::new();
    let id = StoredValue::new(id);
    let may = page.may(&Right::FilePackage);
    let notice = Memo::new(move |_| submission.with(|s| s.as_ref().and_then(|s| s.open_notice().cloned())));
    let point = move |point: &Point| {
        let to = match &point.pin {
            Pin::Field(field) => format!("{base}/sheet#field-{field}"),
            Pin::Paper(material) => format!("{base}/documents#paper-{material}"),
        };
        let name = say(&point.pin.name(&catalogue()));
        view! { <li><a href=to>{name}</a>" "<span class="muted">{say(&point.reason.name())}</span><p>{point.note.clone()}</p></li> }
    };
    move || {
        let notice = notice.get()?;
        let point = point.clone();
        let points = notice.points.iter().map(|(matter, points)| {
            let all = points.iter().map(&point).collect_view();
            view! { <h5>{matter_name(matter)}</h5><ol class="points">{all}</ol> }
        });
        let points = points.collect_view();
        let form = may.then(|| {
            view! {
                <CommandForm action name=format!("return.{}", id.get_value()) button=tr!(filing.give_back)>
                    <input type="hidden" name="project" value=page.id() />
                    <input type="hidden" name="package" value=id.get_value().to_string() />
                    <label>{tr!(filing.explanation)}<textarea name="explanation" rows="2" maxlength="1000"></textarea></label>
                </CommandForm>
            }
        });
        Some(view! {
            <section class="notice notice-turn correction">
                <h4>{tr!(filing.notice)}<span class="muted">{format!(" {}", notice.at.date())}</span></h4>
                <p class="muted">{tr!(filing.notice_intro)}</p>
                {points}
                {form}
            </section>
        })
    }
}

#[component]
fn Acts(id: Id<Submission>, submission: Memo<Option<Submission>>) -> impl IntoView {
    let page = page();
    let (convert, notify) = (ServerAction::<ConvertPackage>::new(), ServerAction::<NotifyPackage>::new());
    let (withdraw, lapse) = (ServerAction::<WithdrawPackage>::new(), ServerAction::<LapsePackage>::new());
    let id = StoredValue::new(id);
    let hidden = move || {
        view! {
            <input type="hidden" name="project" value=page.id() />
            <input type="hidden" name="package" value=id.get_value().to_string() />
        }
    };
    let passed = Memo::new(move |_| {
        submission.with(|s| {
            let s = s.as_ref()?;
            let passed = s.live().filter(|(_, p)| p.preview && p.opinion.as_ref().is_some_and(|o| o.verdict.passes()));
            let names: Vec<_> = passed.map(|(m, _)| matter_name(m)).collect();
            (!names.is_empty()).then_some(names)
        })
    });
    let early = Memo::new(move |_| submission.with(|s| s.as_ref().is_some_and(|s| s.live().any(|(_, p)| p.preview))));
    let open = Memo::new(move |_| {
        submission.with(|s| s.as_ref().is_some_and(|s| s.live().next().is_some() && s.open_notice().is_none()))
            && page.project(|p| {
                submission.with(|s| {
                    let open = |id: &Id<Matter>| {
                        let progress = p.matters.get(id).map(|t| &t.progress);
                        matches!(progress, Some(Progress::Filed { .. } | Progress::Accepted { .. } | Progress::Paused { .. }))
                    };
                    s.as_ref().is_some_and(|s| s.live().all(|(id, _)| open(id)))
                })
            })
    });
    let wanted = Memo::new(move |_| {
        submission.with(|s| {
            s.as_ref().is_some_and(|s| {
                let corrects = |(_, p): (&Id<Matter>, &domain::project::submission::PackagedMatter)| {
                    p.opinion.as_ref().is_some_and(|o| o.verdict.code() == "correct")
                };
                s.open_notice().is_none() && s.live().any(corrects)
            })
        })
    });
    view! {
        <div class="forms package-acts">
            {move || passed.get().filter(|_| page.may(&Right::Convert)).map(|names| view! {
                <CommandForm action=convert name=format!("convert.{}", id.get_value()) button=tr!(filing.convert)>
                    {hidden()}
                    <p class="muted">{tr!(filing.convert_intro, names = list(names))}</p>
                </CommandForm>
            })}
            {move || (wanted.get() && page.may(&page.project(|p| right_to_notify(p, &id.get_value())))).then(|| view! {
                <CommandForm action=notify name=format!("notify.{}", id.get_value()) button=tr!(filing.notify) class="button button-quiet">{hidden()}</CommandForm>
            })}
            {move || (open.get() && page.may(&Right::Withdraw)).then(|| {
                let name = format!("withdraw.{}", id.get_value());
                let open = was_refused(&name);
                view! {
                    <details class="more" open=open>
                        <summary>{tr!(filing.withdraw)}</summary>
                        <CommandForm action=withdraw name button=tr!(filing.withdraw) class="button button-quiet">{hidden()}<TextBox label=tr!(filing.why) name="reason" most=500 /></CommandForm>
                    </details>
                }
            })}
            {move || (early.get() && page.may(&Right::Lapse)).then(|| {
                let name = format!("lapse.{}", id.get_value());
                let open = was_refused(&name);
                view! {
                    <details class="more" open=open>
                        <summary>{tr!(filing.lapse)}</summary>
                        <CommandForm action=lapse name button=tr!(filing.lapse) class="button button-quiet">{hidden()}<TextBox label=tr!(filing.why) name="reason" most=500 /></CommandForm>
                    </details>
                }
            })}
        </div>
    }
}
