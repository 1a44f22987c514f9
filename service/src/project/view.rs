//! What a viewer gets of a project, and of all of theirs.

use super::cache::load;
use super::stream;
use crate::error::{Error, Fault, Public};
use crate::projection::card_from_row;
use crate::{Context, random_hex};
use domain::account::{Account, Actor};
use domain::catalogue::Matter;
use domain::deputy::LONGEST_SUBSTITUTION;
use domain::id::Id;
use domain::log::{Audience, Recorded};
use domain::project::card::Card;
use domain::project::view::{FeedEvent, View};
use domain::project::{Event, Project};
use domain::role::Role;
use sqlx::Row;
use std::collections::BTreeSet;

/// Events of the timeline a page gets at first.
const RECENT: usize = 200;

/// The project as the person may see it.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project.
pub async fn view(cx: &Context, id: &Id<Project>) -> Result<View, Error> {
    let viewer = cx.actor()?.clone();
    let (seen, _) = visible(cx, &viewer, id).await?;
    let project = Project::fold(&seen).ok_or(Public::NotFound)?;
    let seq = seen.last().map_or(0, Recorded::seq);
    let skip = seen.len().saturating_sub(RECENT);
    let backbones = crate::account::backbones(&cx.service.db, project.matters.keys()).await?;
    let owner_name = crate::account::firm_name(&cx.service.db, &project.owner).await?.unwrap_or_default();
    // Only people who have to do with the project: whoever acted or is named, serves, or could be asked.
    let mut named: BTreeSet<Id<Account>> = backbones.values().chain(&project.team.lead).chain(&project.team.agent).cloned().collect();
    for recorded in &seen {
        if let Recorded::Open { meta, event, .. } = recorded {
            named.insert(meta.actor.clone());
            named.extend(event.people().into_iter().cloned());
        }
    }
    let mut people = crate::account::people(&cx.service.db, &named).await?;
    if viewer.role.is_government() {
        let agents = crate::account::agents(&cx.service.db).await?;
        people.extend(agents.into_iter().map(|person| (person.account.clone(), person)));
    }
    Ok(View { id: id.clone(), project, recent: seen[skip..].to_vec(), seq, people, backbones, viewer, owner_name, seed: random_hex(12) })
}

/// A stream as somebody may see it, and how much that is.
async fn visible(cx: &Context, viewer: &Actor, id: &Id<Project>) -> Result<(Vec<Recorded<Event>>, Audience), Error> {
    let folded = load(cx, id).await?;
    let clearance = folded.project.clearance(viewer).ok_or(Public::NotFound)?;
    let events = cx.service.log.read(id, 0, i64::MAX).await?;
    Ok((events.into_iter().map(|e| e.for_clearance(clearance)).collect(), clearance))
}

/// What happened after a cursor, as somebody may see it, with the people newly met.
///
/// # Errors
/// `SignedOut` when the session has ended meanwhile; `NotFound`, also where the person may not, or may
/// no longer, see the project.
pub async fn since(
    service: &crate::Service,
    access: &crate::account::Access,
    id: &Id<Project>,
    after: u64,
) -> Result<Vec<FeedEvent>, Error> {
    let new = service.log.read(id, after, 1000).await?;
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let viewer = crate::account::again(service, access).await?.ok_or(Public::SignedOut)?.actor;
    let folded = load(&service.context(None), id).await?;
    let clearance = folded.project.clearance(&viewer).ok_or(Public::NotFound)?;
    let seen: Vec<_> = new.into_iter().map(|recorded| recorded.for_clearance(clearance)).collect();
    let named = |recorded: &Recorded<Event>| -> BTreeSet<Id<Account>> {
        match recorded {
            Recorded::Open { meta, event, .. } => event.people().into_iter().chain([&meta.actor]).cloned().collect(),
            Recorded::Sealed { .. } => BTreeSet::new(),
        }
    };
    let people = crate::account::people(&service.db, &seen.iter().flat_map(named).collect()).await?;
    let told = |recorded: Recorded<Event>| {
        let people = named(&recorded).iter().filter_map(|id| people.get(id).cloned()).collect();
        FeedEvent { recorded, people }
    };
    Ok(seen.into_iter().map(told).collect())
}

/// How many events a project has.
///
/// # Errors
/// The database failed.
pub async fn version(service: &crate::Service, id: &Id<Project>) -> Result<i64, Fault> {
    let row = sqlx::query("select max(version) as version from event where stream = $1").bind(stream(id));
    Ok(row.fetch_one(service.db.pool()).await?.try_get::<Option<i64>, _>("version")?.unwrap_or_default())
}

/// Whether the person may follow a project, for the live feed's door.
///
/// # Errors
/// `NotFound` or `SignedOut`.
pub async fn may_follow(cx: &Context, id: &Id<Project>) -> Result<(), Error> {
    let viewer = cx.actor()?.clone();
    let folded = load(cx, id).await?;
    folded.project.clearance(&viewer).map(|_| ()).ok_or(Error::Public(Public::NotFound))
}

/// The projects a person has to do with, latest first.
///
/// # Errors
/// `SignedOut`, or the database failed.
pub async fn list(cx: &Context) -> Result<Vec<Card>, Error> {
    let actor = cx.actor()?;
    let today = cx.service.clock.now().date();
    let rows = match actor.role {
        Role::Enterprise => {
            sqlx::query("select * from project_card where owner = $1 order by at desc, project desc limit 500").bind(actor.firm.to_string())
        }
        // Also those of a colleague they stand in for.
        Role::Agent => sqlx::query(
            "select * from project_card where agent = $1 or agent in \
             (select account from deputy where deputy = $1 and until >= $2 and until <= $3) order by at desc, project desc limit 500",
        )
        .bind(actor.account.to_string())
        .bind(today.to_string())
        .bind(today.plus(LONGEST_SUBSTITUTION).to_string()),
        Role::LeadOfficer => sqlx::query(
            "select * from project_card where lead = $1 or lead in \
             (select account from deputy where deputy = $1 and until >= $2 and until <= $3) order by at desc, project desc limit 500",
        )
        .bind(actor.account.to_string())
        .bind(today.to_string())
        .bind(today.plus(LONGEST_SUBSTITUTION).to_string()),
        Role::Department | Role::DepartmentHead | Role::BackboneOfficer => sqlx::query(
            "select c.* from project_card c join project_office o on o.project = c.project where o.office = $1 \
             order by c.at desc, c.project desc limit 500",
        )
        .bind(actor.office.as_ref().map(Id::to_string).unwrap_or_default()),
        Role::DistrictLeader | Role::Supervisor => sqlx::query("select * from project_card order by at desc, project desc limit 500"),
        Role::Intermediary | Role::Rule => return Ok(Vec::new()),
    }
    .fetch_all(cx.service.db.pool())
    .await?;
    rows.iter().map(card_from_row).collect::<Result<_, Fault>>().map_err(Error::from)
}

/// Where a matter stands, by its code.
pub(crate) async fn state(cx: &Context, id: &Id<Project>, matter: &Id<Matter>) -> Result<&'static str, Error> {
    let folded = load(cx, id).await?;
    let state = domain::project::matter::state(&folded.project, &cx.service.catalogue, matter);
    state.map(|s| s.code()).ok_or(Error::Public(Public::NotFound))
}
