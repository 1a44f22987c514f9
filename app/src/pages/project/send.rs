//! Requests as forms send them. Each is a translation and nothing else: the rules are in `domain`, the
//! write path in `service`.

use crate::error::Failure;
use app_macros::rpc;
use domain::project::view::Done;

#[cfg(feature = "ssr")]
mod server;
#[cfg(feature = "ssr")]
use server::*;

#[rpc]
pub async fn move_matter(
    project: String,
    matter: String,
    step: String,
    #[server(default)] reason: String,
    #[server(default)] note: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let of = |request| Request::Matter { matter: matter.clone().into(), request };
    let form = FormRead::of(
        {
            let matter = matter.clone();
            move |_| Right::Handle(matter.into())
        },
        matter_step(&step, &reason, note).map(of),
    );
    send(project, form, key, based_on).await
}

#[cfg(feature = "ssr")]
fn matter_step(step: &str, reason: &str, note: String) -> Result<domain::project::matter::Request, Failure> {
    use domain::project::matter::{PauseReason, Request as M};
    Ok(match step {
        "prepare" => M::Prepare,
        "file" => M::File,
        "accept" => M::Accept,
        "pause" => {
            let reason = PauseReason::from_code(reason);
            let reason = reason.ok_or_else(|| invalid("reason", domain::text!("请选择暂停的原因。", "Choose why the clock pauses.")))?;
            M::Pause { reason, note }
        }
        "resume" => M::Resume,
        "pre-review" => M::PreReview { opinion: note },
        "decide" => M::Decide,
        "issue" => M::Issue,
        "refuse" => M::Refuse { ground: note },
        "exempt" => M::Exempt { reason: note },
        "extend" => M::Extend { reason: note },
        "claim" => M::Claim,
        "release" => M::Release,
        _ => return Err(invalid("step", domain::text!("没有这个操作。", "There is no such step."))),
    })
}

#[rpc]
pub async fn ask(project: String, matter: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::Ask { matter: server::matter(matter), text };
    send(project, Request::Consultation { id: new_id(&key)?, request }, key, based_on).await
}

#[rpc]
pub async fn answer(project: String, question: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::Answer { text };
    send(project, Request::Consultation { id: question.into(), request }, key, based_on).await
}

#[rpc]
pub async fn ask_again(project: String, question: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::AskAgain { text };
    send(project, Request::Consultation { id: question.into(), request }, key, based_on).await
}

#[rpc]
pub async fn close_question(project: String, question: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::consultation::Request::Close;
    send(project, Request::Consultation { id: question.into(), request }, key, based_on).await
}

#[rpc]
pub async fn raise(project: String, matter: String, text: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::difficulty::Request::Raise { matter: server::matter(matter), text };
    send(project, Request::Difficulty { id: new_id(&key)?, request }, key, based_on).await
}

#[rpc]
pub async fn appoint(
    project: String,
    difficulty: String,
    lead: String,
    #[server(default)] cooperating: Vec<String>,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let cooperating = cooperating.into_iter().map(Into::into).collect();
    let request = domain::project::difficulty::Request::Appoint { lead: lead.into(), cooperating };
    send(project, Request::Difficulty { id: difficulty.into(), request }, key, based_on).await
}

/// `counters`: the number of the proposal it answers, or nothing.
#[rpc]
pub async fn propose(
    project: String,
    difficulty: String,
    text: String,
    #[server(default)] counters: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    let request = domain::project::difficulty::Request::Propose { text, counters: counters.parse().ok() };
    send(project, Request::Difficulty { id: difficulty.into(), request }, key, based_on).await
}

#[rpc]
pub async fn accept_proposal(project: String, difficulty: String, proposal: usize, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::difficulty::Request::Accept { proposal };
    send(project, Request::Difficulty { id: difficulty.into(), request }, key, based_on).await
}

#[rpc]
pub async fn resolve(
    project: String,
    difficulty: String,
    action: String,
    owner: String,
    due: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    use domain::project::difficulty::Request as D;
    let of = |request| Request::Difficulty { id: difficulty.clone().into(), request };
    let request = date(&due).map(|due| D::Resolve { action, owner: owner.into(), due });
    send(project, FormRead::of(|_| Right::LeadDifficulty, request.map(of)), key, based_on).await
}

#[rpc]
pub async fn note(project: String, text: String, #[server(default)] internal: bool, key: String, based_on: u64) -> Result<Done, Failure> {
    let note = domain::project::Note { matter: None, text: domain::Text::same(text), internal, milestone: None };
    send(project, Request::Note { note }, key, based_on).await
}

#[rpc]
pub async fn appoint_agent(project: String, account: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::team::Request::AppointAgent { account: account.into() };
    send(project, Request::Team { request }, key, based_on).await
}

/// `settings`: as in an address.
#[rpc]
pub async fn adopt_plan(project: String, settings: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let pairs = settings.split('&').filter_map(|p| p.split_once('='));
    let settings = domain::plan::Settings::from_pairs(pairs).map_err(|wrong| {
        let fields = wrong.into_iter().map(|w| (w.field, w.sentence)).collect();
        Failure::from(domain::Error::Invalid { fields })
    });
    let of = |settings| Request::Plan { request: domain::project::plan::Request::Adopt { settings, reason: reason.clone() } };
    send(project, FormRead::of(|_| Right::AdoptPlan, settings.map(of)), key, based_on).await
}

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
    let fields = fields.ok_or_else(|| invalid("fields", domain::text!("请重新打开页面再确认。", "Please open the page again.")));
    let of = |fields| Request::Sheet { request: domain::project::sheet::Request::Confirm { fields } };
    send(project, FormRead::of(|_| Right::ConfirmSheet, fields.map(of)), key, based_on).await
}

#[rpc]
pub async fn mark_section(project: String, section: String, ready: bool, seq: u64, key: String, based_on: u64) -> Result<Done, Failure> {
    use domain::project::sheet::Request as S;
    let request = if ready { S::MarkReady { section, seq } } else { S::MarkUnready { section } };
    send(project, Request::Sheet { request }, key, based_on).await
}

#[rpc]
pub async fn sort_document(project: String, document: String, material: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let material = (!material.is_empty()).then(|| material.into());
    let request = domain::project::library::Request::Sort { material };
    send(project, Request::Document { id: document.into(), request }, key, based_on).await
}

#[rpc]
pub async fn limit_document(project: String, document: String, expires: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let expires = if expires.is_empty() { Ok(None) } else { date(&expires).map(Some) };
    let of = |expires| Request::Document { id: document.clone().into(), request: domain::project::library::Request::Limit { expires } };
    send(
        project,
        FormRead::of(
            {
                let id = document.clone().into();
                move |p| domain::project::library::right_to_change(p, &id)
            },
            expires.map(of),
        ),
        key,
        based_on,
    )
    .await
}

#[rpc]
pub async fn remove_document(project: String, document: String, why: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::library::Request::Remove { why };
    send(project, Request::Document { id: document.into(), request }, key, based_on).await
}

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
    let package = new_id(&key)?;
    let matters = matters.into_iter().map(Into::into).collect();
    let given = texts.iter().filter(|(_, text)| !text.trim().is_empty());
    let promised = given.map(|(material, text)| promise(material, text, dues.get(material).map_or("", String::as_str)));
    let request = promised.collect::<Result<_, _>>().map(|promised| Request::Submission {
        id: package,
        request: domain::project::submission::Request::File { matters, promised, declared },
    });
    send(project, FormRead::of(|_| Right::FilePackage, request), key, based_on).await
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
        invalid(&format!("promise.{material}"), sentence)
    })?;
    Ok((material.into(), (text.to_string(), due)))
}

#[rpc]
pub async fn return_package(project: String, package: String, explanation: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Return { explanation };
    send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn convert_package(project: String, package: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Convert;
    send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn notify_package(project: String, package: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Notify;
    send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn withdraw_package(project: String, package: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Withdraw { reason };
    send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

#[rpc]
pub async fn lapse_package(project: String, package: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::submission::Request::Lapse { reason };
    send(project, Request::Submission { id: package.into(), request }, key, based_on).await
}

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
    let again = || invalid("verdict", domain::text!("请重新打开页面再出意见。", "Please open the page again."));
    let of = |(verdict, snapshot)| {
        let request = domain::project::submission::Request::GiveOpinion { matter: matter.clone().into(), verdict, snapshot };
        Request::Submission { id: package.clone().into(), request }
    };
    let right = Right::review(&crate::session::service_context()?.service.catalogue, &matter.clone().into());
    let read = verdict_of(said).and_then(|verdict| Ok((verdict, domain::log::Digest::parse(&snapshot).ok_or_else(again)?)));
    send(project, FormRead::of(move |_| right, read.map(of)), key, based_on).await
}

#[cfg(feature = "ssr")]
fn verdict_of(said: Said) -> Result<domain::project::review::Verdict, Failure> {
    use domain::project::review::{Pin, Point, Reason, Verdict};
    let Said { verdict, conditions, basis, ground, notes, reasons } = said;
    let again = || invalid("verdict", domain::text!("请重新打开页面再出意见。", "Please open the page again."));
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
            return Err(invalid("verdict", sentence));
        }
        "pass" => Verdict::Pass,
        "pass-with" => Verdict::PassWith { conditions },
        "correct" => Verdict::Correct { points },
        "refuse" => Verdict::Refuse { basis, ground },
        _ => return Err(invalid("verdict", domain::text!("请选择一种意见。", "Please choose an opinion."))),
    })
}

#[rpc]
pub async fn record_elsewhere(
    project: String,
    matter: String,
    number: String,
    system: String,
    on: String,
    key: String,
    based_on: u64,
) -> Result<Done, Failure> {
    use domain::project::matter::Request as M;
    let of = |request| Request::Matter { matter: matter.clone().into(), request };
    let request = date(&on).map(|on| M::Record { elsewhere: domain::project::matter::ExternalDecision { number, system, on } });
    let right = {
        let id = matter.clone().into();
        move |p: &Project| domain::project::matter::right_to_conclude(p, &id)
    };
    send(project, FormRead::of(right, request.map(of)), key, based_on).await
}

#[rpc]
pub async fn issue_jointly(project: String, #[server(default)] matters: Vec<String>, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::certificate::Request::IssueJointly { matters: matters.into_iter().map(Into::into).collect() };
    send(project, Request::Certificate { request }, key, based_on).await
}

#[rpc]
pub async fn correct_certificate(project: String, number: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::certificate::Request::Correct { number, reason };
    send(project, Request::Certificate { request }, key, based_on).await
}

#[rpc]
pub async fn revoke_certificate(project: String, number: String, reason: String, key: String, based_on: u64) -> Result<Done, Failure> {
    let request = domain::project::certificate::Request::Revoke { number, reason };
    send(project, Request::Certificate { request }, key, based_on).await
}
