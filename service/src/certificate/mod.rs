//! Certificates: made out from what was reviewed, numbered, signed, printed, kept; handed out in one append.

mod key;
mod paper;

pub use crate::crypto::{Forged, Trusted};
pub use key::{Keys, check};
pub use paper::print;

use crate::error::{Error, Fault, Public};
use crate::project::Asking;
use crate::submission::{entries, next_serial, read};
use crate::{Service, new_id};
use domain::catalogue::{Catalogue, FieldKind, Matter, SupplyBy, certifies};
use domain::date::Date;
use domain::id::Id;
use domain::log::Digest;
use domain::media::Media;
use domain::project::certificate::{
    Certificate, CertificateStatus, Command, Item, PreparedCertificate, Request, may_correct, may_issue_jointly,
};
use domain::project::library::Arrived;
use domain::project::review::{Pin, Verdict};
use domain::project::{self, Project};
use domain::sheet::{Values, in_mu, shown};
use domain::{Text, text};
use futures::TryStreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::Row;

/// The command that issuing one matter comes to: with its certificate. What no office of government handles is finished without
/// one, and so is what a replayed case tells: that was issued elsewhere.
///
/// # Errors
/// The rules' refusal.
pub(crate) async fn prepare_one(asking: &Asking<'_>, matter: Id<Matter>) -> Result<project::Command, Error> {
    let step = project::Command::Matter { matter: matter.clone(), command: domain::project::matter::Command::Issue };
    let certifying = asking.project.matters.get(&matter).is_some_and(|tracked| certifies(&tracked.department));
    if !certifying || asking.sent.at.is_some() {
        return Ok(step);
    }
    // Nothing is made out that the rules do not let out.
    asking.project.decide(&asking.cx.service.catalogue, step, asking.by())?;
    let made = vec![make(asking, &matter, None).await?];
    Ok(project::Command::Certificate { command: Command::Issue { made } })
}

/// The command that a request comes to: with the certificates made out and signed. Nothing is made out or numbered that the
/// rules do not let out.
///
/// # Errors
/// The rules' refusal; what still stands in the way of each.
pub(crate) async fn prepare_command(asking: &Asking<'_>, request: Request) -> Result<Command, Error> {
    let project = asking.project;
    Ok(match request {
        Request::IssueJointly { matters } => {
            may_issue_jointly(project, &asking.cx.service.catalogue, &matters)?;
            let mut made = Vec::new();
            for matter in &matters {
                made.push(make(asking, matter, None).await?);
            }
            let day = asking.at().date();
            let serial = next_serial(asking.cx, &format!("joint/{day}")).await?;
            Command::IssueJointly { receipt: format!("LF{}{serial:04}", day.to_string().replace('-', "")), made }
        }
        Request::Correct { number, reason } => {
            let matter = may_correct(project, &number, &reason)?.matter.clone();
            let made = make(asking, &matter, Some(&number)).await?;
            Command::Correct { number, made, reason }
        }
        Request::Revoke { number, reason } => Command::Revoke { number, reason },
    })
}

/// Makes out, signs, prints and keeps a certificate. Nobody has it until it is issued.
async fn make(asking: &Asking<'_>, matter: &Id<Matter>, replaces: Option<&str>) -> Result<PreparedCertificate, Error> {
    let Asking { cx, id, project, .. } = *asking;
    let catalogue = cx.service.catalogue.clone();
    let matter = catalogue.matter(matter.as_str()).ok_or(Public::NotFound)?;
    let rules = &catalogue.certificates;
    let rule = rules.of(&matter.id).ok_or_else(|| Fault::from("the catalogue has no rule for certificates"))?;
    let day = asking.at().date();
    let serial = next_serial(cx, &rule.series(matter, &rules.region, day)).await?;
    let all = entries(cx, id, project).await?;
    // What was reviewed is what is certified; offices' own fields are as they stand now.
    let mut values = Values::new();
    for field in &rule.fields {
        if let Some(entry) = all.get(field) {
            values.insert(field.clone(), entry.value.clone());
        }
    }
    if let Some(latest) = project.parcel(&matter.id).and_then(|(_, _, parcel)| parcel.latest()) {
        let snapshot = read(cx, latest.snapshot).await?;
        let theirs = |id: &Id<_>| catalogue.form.field(id.as_str()).is_some_and(domain::catalogue::Field::is_enterprises);
        values.extend(snapshot.values.into_iter().filter(|(id, _)| rule.fields.contains(id) && theirs(id)));
    }
    let holder = crate::account::firm_name(&cx.service.db, &project.owner).await?.unwrap_or_default();
    let issuer =
        catalogue.organisation(matter.department.as_str()).map_or_else(|| Text::same(matter.department.as_str()), |o| o.name.clone());
    let certificate = Certificate {
        number: rule.number(matter, &rules.region, day, serial),
        title: rule.title.clone().unwrap_or_else(|| matter.result.clone()),
        matter: matter.id.clone(),
        project: id.clone(),
        project_name: project.name.clone(),
        holder,
        issuer,
        issued_on: day,
        statement: rule.statement.clone(),
        items: rule.fields.iter().filter_map(|field| item(&catalogue, field, values.get(field)?)).collect(),
        conditions: conditions(project, &catalogue, matter),
        replaces: replaces.map(str::to_string),
    };
    let (signed, key) = cx.service.keys.sign(&certificate)?;
    let address = address(&cx.origin, &certificate.number);
    let number = certificate.number.clone();
    let page = tokio::task::spawn_blocking(move || paper::print(&certificate, &address, &key)).await.map_err(Fault::from)??;
    let size = page.len() as u64;
    let printed = Arrived { digest: cx.service.blobs.keep(page).await?, media: Media::Pdf, size };
    let signed = cx.service.blobs.keep(signed.into_bytes()).await?;
    let documents: Vec<_> = matter.produces.iter().map(|material| (material.clone(), new_id())).collect();
    for (_, document) in &documents {
        crate::material::remember_name(cx, id, document, 1, &format!("{number}.pdf"), &printed).await?;
    }
    Ok(PreparedCertificate { matter: matter.id.clone(), number, signed, printed, documents })
}

fn item(catalogue: &Catalogue, id: &Id<domain::catalogue::Field>, value: &str) -> Option<Item> {
    let form = &catalogue.form;
    let field = form.field(id.as_str())?;
    let mut shown = shown(field, value);
    if shown.zh.is_empty() {
        return None;
    }
    if let Some(unit) = form.unit(field).filter(|_| matches!(field.kind, FieldKind::Number | FieldKind::Money)) {
        shown = Text::new(format!("{} {}", shown.zh, unit.zh), format!("{} {}", shown.en, unit.en));
    }
    if let Some(mu) = in_mu(field, value) {
        shown = text!("{}（{mu} 亩）", "{} ({mu} mu)", shown.zh);
    }
    Some(Item { name: field.name.clone(), value: shown })
}

/// What the review attached, and what was promised to follow.
fn conditions(project: &Project, catalogue: &Catalogue, matter: &Matter) -> Vec<String> {
    let Some((_, _, parcel)) = project.parcel(&matter.id) else { return Vec::new() };
    let opinions = parcel.opinion.iter().chain(parcel.others.values());
    let mut list: Vec<String> = opinions
        .filter_map(|opinion| match &opinion.verdict {
            Verdict::PassWith { conditions } => Some(conditions.clone()),
            _ => None,
        })
        .collect();
    list.extend(parcel.debts().filter(|p| p.supply_by == SupplyBy::AfterResult).map(|promise| {
        let name = Pin::Paper(promise.material.clone()).name(catalogue).zh;
        format!("持证人承诺于 {} 前补交“{name}”：{}", promise.due, promise.text)
    }));
    list
}

/// What is escaped in a part of an address.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Where a certificate can be checked.
pub fn address(origin: &str, number: &str) -> String {
    format!("{origin}/verify/{}", utf8_percent_encode(number, IN_A_PATH))
}

/// A certificate as anybody may see it.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Shown {
    /// What it says.
    pub certificate: Certificate,
    /// Whether it still holds.
    pub standing: CertificateStatus,
    /// Whether the signature holds, with one of the portal's keys.
    pub authentic: bool,
    /// The day it was issued.
    pub issued_on: Date,
    /// The receipt of the joint act it was issued in.
    pub joint: Option<String>,
}

/// The digests a number stands for: the signed file and the PDF.
async fn row(service: &Service, number: &str) -> Result<Option<(Digest, Digest, CertificateStatus, Option<String>)>, Fault> {
    let row = sqlx::query("select signed, printed, joint, standing, replaced_by, reason from certificate where number = $1")
        .bind(number.to_string())
        .fetch_optional(service.db.pool())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let digest = |name: &str| -> Result<Digest, Fault> {
        let text: String = row.try_get(name)?;
        Digest::parse(&text).ok_or_else(|| format!("`{text}` is no digest").into())
    };
    let code: String = row.try_get("standing")?;
    let standing = CertificateStatus::from_code(&code, row.try_get("replaced_by")?, row.try_get("reason")?);
    Ok(Some((digest("signed")?, digest("printed")?, standing.ok_or_else(|| format!("`{code}` is no standing"))?, row.try_get("joint")?)))
}

async fn bytes(service: &Service, digest: Digest) -> Result<Vec<u8>, Fault> {
    Ok(service.blobs.read(digest, None).await?.map_ok(|b| b.to_vec()).try_concat().await?)
}

/// A certificate by its number, for everybody.
///
/// # Errors
/// `NotFound`.
pub async fn by_number(service: &Service, number: &str) -> Result<Shown, Error> {
    let (signed, _, standing, joint) = row(service, number).await?.ok_or(Public::NotFound)?;
    let file = String::from_utf8(bytes(service, signed).await?).map_err(Fault::from)?;
    let certificate = check(&file, &service.keys.trusted()?).and_then(|c| if c.number == number { Ok(c) } else { Err(Forged::NotOurs) });
    let certificate = certificate.map_err(|why| {
        // Somebody was at the database or at the keys: this is for the operator's eye too.
        tracing::error!(number, ?why, "a certificate of the database is not genuine");
        let why = why.sentence();
        Public::Refused {
            sentence: Text::new(format!("这份证照不真实：{}。", why.zh), format!("This certificate is not genuine: {}.", why.en)),
        }
    })?;
    Ok(Shown { issued_on: certificate.issued_on, certificate, standing, authentic: true, joint })
}

/// The signed file of a certificate, for everybody who knows its number.
///
/// # Errors
/// `NotFound`.
pub async fn signed_file(service: &Service, number: &str) -> Result<Vec<u8>, Error> {
    let (signed, ..) = row(service, number).await?.ok_or(Public::NotFound)?;
    Ok(bytes(service, signed).await?)
}
