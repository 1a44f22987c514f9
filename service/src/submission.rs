//! Filing: what the sheet and the library hold becomes snapshots that nothing changes any more.

use crate::Context;
use crate::error::{Error, Fault, Public};
use crate::project::{Asking, current};
use domain::Text;
use domain::catalogue::{Material, Matter};
use domain::date::Date;
use domain::id::Id;
use domain::log::Digest;
use domain::project::Project;
use domain::project::filing::{Snapshot, corrected, differences, prepare};
use domain::project::policy::{Right, may};
use domain::project::review::Pin;
use domain::project::sheet::identity;
use domain::project::submission::{Command, Filing, Request, Submission};
use domain::sheet::Entries;
use futures::TryStreamExt;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// The next number of a series, from 1.
pub(crate) async fn next_serial(cx: &Context, series: &str) -> Result<u64, Fault> {
    let row = sqlx::query(
        "insert into serial (series, last) values ($1, 1) on conflict (series) do update set last = serial.last + 1 returning last",
    )
    .bind(series.to_string())
    .fetch_one(cx.service.db.pool())
    .await?;
    Ok(row.try_get::<i64, _>("last")?.unsigned_abs())
}

/// What the project's sheet holds, with the numbers of its certificates.
pub(crate) async fn entries(cx: &Context, id: &Id<Project>, project: &Project) -> Result<Entries, Fault> {
    let mut entries = cx.service.sheets.entries(id).await?;
    domain::project::certificate::assign_numbers(project, &cx.service.catalogue.certificates, &mut entries);
    Ok(entries)
}

async fn kept(cx: &Context, snapshot: &Snapshot, changed: Vec<Pin>) -> Result<Filing, Fault> {
    let (bytes, filing) = snapshot.filing(changed);
    let digest = cx.service.blobs.keep(bytes).await?;
    if digest == filing.snapshot { Ok(filing) } else { Err("a snapshot has not the digest it should have".into()) }
}

/// The command that a request comes to: with a snapshot of each matter, and the receipt's number.
///
/// # Errors
/// What is missing, as a sentence; the enterprise's declaration, if it files itself.
pub(crate) async fn prepare_command(asking: &Asking<'_>, package: &Id<Submission>, request: Request) -> Result<Command, Error> {
    Ok(match request {
        Request::File { matters, promised, declared } => file(asking, &matters, &promised, declared).await?,
        Request::GiveOpinion { matter, verdict, snapshot } => Command::GiveOpinion { matter, verdict, snapshot },
        Request::Notify => Command::Notify,
        Request::Return { explanation } => Command::Return { parcels: corrections(asking, package).await?, explanation },
        Request::Convert => Command::Convert { differences: changes(asking).await? },
        Request::Withdraw { reason } => Command::Withdraw { reason },
        Request::Lapse { reason } => Command::Lapse { reason },
    })
}

async fn file(
    asking: &Asking<'_>,
    matters: &BTreeSet<Id<Matter>>,
    promised: &BTreeMap<Id<Material>, (String, Date)>,
    declared: bool,
) -> Result<Command, Error> {
    let Asking { cx, id, project, .. } = *asking;
    if domain::project::sheet::is_own(asking.actor) && !declared {
        let sentence = Text::new("请先声明所报内容真实。", "Please declare first that what is filed is true.");
        return Err(Public::invalid("declared", sentence).into());
    }
    let snapshots = prepare(id, project, &cx.service.catalogue, &entries(cx, id, project).await?, matters, promised, asking.by())?;
    let mut parcels = BTreeMap::new();
    for snapshot in &snapshots {
        parcels.insert(snapshot.matter.clone(), kept(cx, snapshot, Vec::new()).await?);
    }
    let day = asking.at().date();
    let serial = next_serial(cx, &format!("receipt/{day}")).await?;
    Ok(Command::File { number: format!("{}{serial:04}", day.to_string().replace('-', "")), parcels })
}

/// The answer to a correction notice: what it asked for is taken anew from the sheet and the library, the rest stays as filed.
async fn corrections(asking: &Asking<'_>, package: &Id<Submission>) -> Result<BTreeMap<Id<Matter>, Filing>, Error> {
    let Asking { cx, id, project, .. } = *asking;
    let mut parcels = BTreeMap::new();
    if let Some((submission, notice)) = project.submissions.get(package).and_then(|s| Some((s, s.open_notice()?))) {
        let entries = entries(cx, id, project).await?;
        for (matter, parcel) in submission.live() {
            let Some(latest) = parcel.latest() else { continue };
            let before = read(cx, latest.snapshot).await?;
            if let Some((after, changed)) = corrected(&before, notice, project, &cx.service.catalogue, &entries, asking.by()) {
                parcels.insert(matter.clone(), kept(cx, &after, changed).await?);
            }
        }
    }
    Ok(parcels)
}

/// What is not any more as it was reviewed ahead of the land day.
async fn changes(asking: &Asking<'_>) -> Result<BTreeMap<Id<Matter>, Vec<Pin>>, Error> {
    let Asking { cx, id, project, .. } = *asking;
    let mut changed = BTreeMap::new();
    let entries = entries(cx, id, project).await?;
    let today = asking.at().date();
    for (matter, parcel) in project.submissions.values().flat_map(Submission::live).filter(|(_, p)| p.preview) {
        let Some(latest) = parcel.latest() else { continue };
        let pins = differences(&read(cx, latest.snapshot).await?, project, &cx.service.catalogue, &entries, today);
        if !pins.is_empty() {
            changed.insert(matter.clone(), pins);
        }
    }
    Ok(changed)
}

/// A snapshot by its digest.
pub(crate) async fn read(cx: &Context, digest: Digest) -> Result<Snapshot, Fault> {
    let bytes: Vec<u8> = cx.service.blobs.read(digest, None).await?.map_ok(|b| b.to_vec()).try_concat().await?;
    if Digest::of(&bytes) != digest {
        return Err(format!("the snapshot {digest} is not what was filed").into());
    }
    Ok(serde_json::from_slice(&bytes)?)
}

/// What was filed of a matter, the last time or an earlier one (from 1), for those who may see the project; identity
/// numbers whole for those who need them, masked for everybody else.
///
/// # Errors
/// `NotFound`.
pub async fn filed(
    cx: &Context,
    id: &Id<Project>,
    package: &Id<Submission>,
    matter: &Id<Matter>,
    nth: Option<usize>,
) -> Result<Snapshot, Error> {
    let project = current(cx, id).await?;
    if !may(cx.actor()?, &Right::View, Some(&project)) {
        return Err(Public::NotFound.into());
    }
    let parcel = project.submissions.get(package).and_then(|s| s.parcels.get(matter)).ok_or(Public::NotFound)?;
    let at = nth.unwrap_or(parcel.filings.len()).checked_sub(1).ok_or(Public::NotFound)?;
    let (_, filing) = parcel.filings.get(at).ok_or(Public::NotFound)?;
    let mut snapshot = read(cx, filing.snapshot).await?;
    let whole = identity::mask(&cx.service.catalogue.form, identity::of_values(&mut snapshot.values), cx.actor()?, &project);
    crate::sheet::read_whole(cx, id, &whole, &format!("filing {}", filing.snapshot)).await?;
    Ok(snapshot)
}
