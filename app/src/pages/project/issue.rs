//! Issuing: the gate of the permits that are issued together, and the certificates there are.

#[cfg(feature = "ssr")]
use super::send;
use super::{matter_name, page};
use crate::components::form::{CommandForm, TextBox, kept, was_refused};
use crate::error::Failure;
use crate::lang::{list, say, tr};
use crate::shared::catalogue;
use app_macros::rpc;
use domain::Id;
use domain::catalogue::Matter;
#[cfg(feature = "ssr")]
use domain::project::Request;
use domain::project::certificate::{self, CertificateStatus, IssuedCertificate, joint_issue_obstacles, right_to_correct};
use domain::project::matter::Progress;
use domain::project::policy::Right;
use domain::project::view::Done;
use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeSet;

#[rpc]
pub async fn issue_jointly(project: String, #[server(default)] matters: Vec<String>, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::certificate::Request::IssueJointly { matters: matters.into_iter().map(Into::into).collect() };
    send::send(project, Request::Certificate { request }, key, based_on).await
}

#[rpc]
pub async fn correct_certificate(project: String, number: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::certificate::Request::Correct { number, reason };
    send::send(project, Request::Certificate { request }, key, based_on).await
}

#[rpc]
pub async fn revoke_certificate(project: String, number: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::certificate::Request::Revoke { number, reason };
    send::send(project, Request::Certificate { request }, key, based_on).await
}

#[component]
pub fn IssuePage() -> impl IntoView {
    view! {
        <Gate />
        <Receipts />
        <Certificates />
    }
}

/// What stands in the way of each, live; all of the chosen ones are issued, or none.
#[component]
fn Gate() -> impl IntoView {
    let page = page();
    let action = ServerAction::<IssueJointly>::new();
    let may = page.may(&Right::IssueJointly);
    let six = Memo::new(move |_| page.project(|p| certificate::six_permits(p, &catalogue())));
    // Beside the six, whatever is being decided can be issued along (多证联发).
    let more = Memo::new(move |_| {
        page.project(|p| {
            let near = |(id, t): (&Id<Matter>, &domain::project::matter::Tracked)| {
                let near = matches!(t.progress, Progress::Accepted { .. } | Progress::Decided);
                (near && !six.with(|six| six.contains(id))).then(|| id.clone())
            };
            p.matters.iter().filter_map(near).collect::<BTreeSet<_>>()
        })
    });
    let rows = Memo::new(move |_| {
        let all: BTreeSet<_> = six.get().union(&more.get()).cloned().collect();
        page.project(|p| joint_issue_obstacles(p, &catalogue(), &all))
    });
    // One alone is issued on its own page.
    let several = Memo::new(move |_| rows.with(|r| r.iter().filter(|(_, list)| list.is_empty()).count() > 1));
    let left =
        Memo::new(move |_| rows.with(|r| r.iter().filter(|(id, list)| six.with(|six| six.contains(id)) && !list.is_empty()).count()));
    let row = move |(id, obstacles): (Id<Matter>, Vec<domain::Text>)| {
        let is_six = six.with(|six| six.contains(&id));
        let free = obstacles.is_empty();
        let why: Vec<_> = obstacles.iter().map(|o| view! { <li>{say(o)}</li> }).collect();
        let box_ = may.then(|| {
            view! {
                <input
                    type="checkbox"
                    name="matters[]"
                    value=id.to_string()
                    checked=free && (is_six || kept("matters[]").is_some())
                    disabled=!free
                    aria-label=matter_name(&id)
                />
            }
        });
        view! {
            <li class="gate-row" class:gate-free=free>
                {box_}
                <a href=format!("/projects/{}/matters/{id}", page.id())>{matter_name(&id)}</a>
                {is_six.then(|| view! { <crate::components::mark::SixMark /> })}
                <span class=if free { "state state-issued" } else { "state state-paused" }>{if free { tr!(issue.free) } else { tr!(issue.blocked) }}</span>
                {(!free).then(|| view! { <ul class="gate-why">{why}</ul> })}
            </li>
        }
    };
    let list = move || view! { <ul class="gate">{rows.get().into_iter().map(row).collect_view()}</ul> };
    view! {
        <section class="section">
            <h2>{tr!(issue.title)}</h2>
            <p class="muted">{tr!(issue.intro)}</p>
            {move || {
                if rows.with(Vec::is_empty) {
                    view! { <p class="muted">{tr!(issue.nothing)}</p> }.into_any()
                } else if may && several.get() {
                    view! {
                        <CommandForm action name="jointly" button=tr!(issue.issue)>
                            <input type="hidden" name="project" value=page.id() />
                            {list()}
                            <p role="status">{move || if left.get() == 0 { tr!(issue.all_free) } else { tr!(issue.left, n = left.get()) }}</p>
                        </CommandForm>
                    }
                    .into_any()
                } else {
                    view! { {list()}<p role="status">{move || if left.get() == 0 { tr!(issue.all_free) } else { tr!(issue.left, n = left.get()) }}</p> }.into_any()
                }
            }}
        </section>
    }
}

#[component]
fn Receipts() -> impl IntoView {
    let page = page();
    let receipts = move || page.project(|p| p.joint.clone());
    move || {
        let all = receipts();
        let rows = all.into_iter().rev().map(|joint| {
            let names = list(joint.numbers.iter().filter_map(|n| page.project(|p| p.certificates.get(n).map(|h| matter_name(&h.matter)))));
            view! {
                <li class="receipt">
                    <strong>{tr!(issue.receipt, n = joint.numbers.len(), number = joint.receipt.clone())}</strong>
                    <span class="muted">{format!(" {} · {} {}", page.person(&joint.by), joint.at.date(), joint.at.clock())}</span>
                    <p>{names}</p>
                </li>
            }
        });
        let rows: Vec<_> = rows.collect();
        (!rows.is_empty()).then(|| view! { <ul class="receipts">{rows}</ul> })
    }
}

#[component]
fn Certificates() -> impl IntoView {
    let page = page();
    let all = Memo::new(move |_| {
        page.project(|p| {
            let mut all: Vec<(String, IssuedCertificate)> = p.certificates.iter().map(|(n, h)| (n.clone(), h.clone())).collect();
            all.sort_by_key(|(_, held)| std::cmp::Reverse(held.at));
            all
        })
    });
    view! {
        <section class="section">
            <h2>{tr!(issue.certificates)}<span class="count">{move || all.with(Vec::len)}</span></h2>
            {move || all.with(Vec::is_empty).then(|| view! { <p class="muted">{tr!(issue.none)}</p> })}
            <ul class="certificates">
                <For each=move || all.get() key=|(number, held)| format!("{number} {:?}", held.standing) let:one><OneCertificate one /></For>
            </ul>
        </section>
    }
}

/// What is escaped in a part of an address.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A number as an address takes it.
pub fn coded(number: &str) -> String {
    utf8_percent_encode(number, IN_A_PATH).to_string()
}

#[component]
fn OneCertificate(one: (String, IssuedCertificate)) -> impl IntoView {
    let (number, held) = one;
    let page = page();
    let valid = held.standing == CertificateStatus::Valid;
    let may = valid && page.may(&page.project(|p| right_to_correct(p, &number)));
    let (correct, revoke) = (ServerAction::<CorrectCertificate>::new(), ServerAction::<RevokeCertificate>::new());
    let pdf = held.documents.first().filter(|_| valid).map(|d| format!("/projects/{}/documents/{d}", page.id()));
    let address = format!("/verify/{}", coded(&number));
    let why = match &held.standing {
        CertificateStatus::Valid => String::new(),
        CertificateStatus::Corrected { by, reason } => tr!(issue.corrected_by, number = by.clone(), why = reason.clone()),
        CertificateStatus::Revoked { reason } => reason.clone(),
    };
    let form = {
        let number = number.clone();
        move |act: &'static str| {
            let number = number.clone();
            let name = format!("{act}.{number}");
            let open = was_refused(&name);
            let inner = view! {
                <input type="hidden" name="project" value=page.id() />
                <input type="hidden" name="number" value=number />
                <TextBox label=tr!(filing.why) name="reason" most=500 />
            };
            match act {
                "correct" => view! { <details class="more" open=open><summary>{tr!(issue.correct)}</summary><CommandForm action=correct name button=tr!(issue.correct) class="button button-quiet">{inner}</CommandForm></details> }.into_any(),
                _ => view! { <details class="more" open=open><summary>{tr!(issue.revoke)}</summary><CommandForm action=revoke name button=tr!(issue.revoke) class="button button-quiet">{inner}</CommandForm></details> }.into_any(),
            }
        }
    };
    view! {
        <li class="certificate">
            <p>
                <strong>{matter_name(&held.matter)}</strong>
                <span class="certificate-number">{number.clone()}</span>
                <span class=format!("state state-{}", if valid { "issued" } else { "refused" })>{say(&held.standing.name())}</span>
                <span class="muted">{held.at.date().to_string()}</span>
            </p>
            <p class="certificate-links">
                {pdf.map(|href| view! { <a href=href rel="external" target="_blank">{tr!(issue.pdf)}</a> })}
                <a href=address.clone()>{tr!(issue.verify)}</a>
                <a href=format!("{address}/signed.json") rel="external" download="">{tr!(issue.signed)}</a>
            </p>
            {(!why.is_empty()).then(|| view! { <p class="muted">{why}</p> })}
            {may.then(|| view! { <div class="forms">{form("correct")}{form("revoke")}</div> })}
        </li>
    }
}
