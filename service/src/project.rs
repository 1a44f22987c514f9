//! Projects: the one write path, and what a viewer gets to see.

use crate::error::{Error, Fault, Public};
use crate::log::{Appended, Head, NewEvent};
use crate::once::{Before, Once};
use crate::projection::{self, Change as RowChange, card_from_row};
use crate::{Context, new_id, random_hex};
use domain::account::{Account, Actor, By};
use domain::catalogue::Matter;
use domain::date::Instant;
use domain::deputy::LONGEST_SUBSTITUTION;
use domain::error::Change;
use domain::guide::Answers;
use domain::id::Id;
use domain::limit::Limit;
use domain::log::{Audience, Digest, Recorded, Stream};
use domain::project::Stamp;
use domain::project::card::Card;
use domain::project::policy::{Right, handles};
pub use domain::project::view::{Done, Told, View};
use domain::project::{Command, Event, Opening, Project, Subject, consultation, difficulty, may_start, start, team, timeline};
use domain::role::Role;
use domain::text;
use sqlx::Row;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Tries before giving up on a project everybody writes to at once.
const TRIES: usize = 20;
/// Projects kept folded in memory.
const KEPT: usize = 512;
/// Events of the timeline a page gets at first.
const RECENT: usize = 200;

/// The latest fold of projects written to: a command then reads only what is new. And the queue of
/// writers to one project on this server: they would only make each other try again.
#[derive(Clone, Default)]
pub struct Heads(Arc<Mutex<HashMap<Id<Project>, Arc<Folded>>>>, Arc<Mutex<HashMap<Id<Project>, Queue>>>);

type Queue = Arc<tokio::sync::Mutex<()>>;

#[derive(Clone)]
struct Folded {
    project: Project,
    head: Head,
    seq: u64,
}

impl Heads {
    fn get(&self, id: &Id<Project>) -> Option<Arc<Folded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn put(&self, id: &Id<Project>, folded: Folded) {
        let mut heads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = heads.get(id).is_none_or(|known| known.head.version < folded.head.version);
        if heads.len() >= KEPT && !heads.contains_key(id) {
            heads.clear();
        }
        if newer {
            heads.insert(id.clone(), Arc::new(folded));
        }
    }

    fn queue(&self, id: &Id<Project>) -> Queue {
        let mut queues = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.len() >= KEPT {
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
        }
        queues.entry(id.clone()).or_default().clone()
    }

    fn forget(&self, id: &Id<Project>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// The name of a project's stream.
pub fn stream(id: &Id<Project>) -> String {
    Project::name(id)
}

/// What comes with a command besides itself.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// The form's key as the client chose it: sent twice, done once. It counts for this person and this project alone.
    pub key: Option<String>,
    /// The digest of what was asked, where that is not the command itself; see [`Sent::asking`].
    pub asked: Option<Digest>,
    /// The version the page was made from: if its subject has changed since by somebody else, nothing is done.
    pub based_on: Option<u64>,
    /// The fact is assumed, not documented (a replayed case).
    pub assumed: bool,
    /// When it happened, if not now (a replayed case).
    pub at: Option<Instant>,
}

/// Opens a project from a guide map's answers. The area decides the lead officer; the agent with the
/// fewest projects takes it, or the agent who opens it.
///
/// # Errors
/// Not allowed, or the answers make no sense.
pub async fn open(cx: &Context, name: &str, area: &str, answers: Answers, sent: Sent) -> Result<Id<Project>, Error> {
    let actor = cx.actor()?.clone();
    let owner = actor.firm.clone();
    open_for(cx, &actor, name, area, owner, answers, None, sent).await
}

#[expect(clippy::too_many_arguments, reason = "a replayed case names everything a person's click leaves to the rules")]
pub(crate) async fn open_for(
    cx: &Context,
    actor: &Actor,
    name: &str,
    area: &str,
    owner: Id<domain::account::Firm>,
    answers: Answers,
    agent: Option<Id<Account>>,
    sent: Sent,
) -> Result<Id<Project>, Error> {
    may_start(actor, &owner)?;
    let at = sent.at.unwrap_or_else(|| cx.service.clock.now());
    // A project's id comes from the form's key, so that the form sent twice opens one project.
    let id: Id<Project> = match &sent.key {
        Some(key) => crate::account::id_from_key(key, &actor.account),
        None => new_id(),
    };
    let area = area.trim();
    let sent = sent.asking("start", &(name, area, &answers))?;
    let once = sent.once(&actor.account, &stream(&id))?;
    if let Some(before) = before(cx, once).await? {
        return before.answer().map(|_| id);
    }
    let lead = crate::account::on_duty(&cx.service.db, "area", area).await?;
    if lead.is_none() {
        return Err(Public::invalid(
            "area",
            text!("“{area}”还没有首席服务专员，请选择列出的片区。", "The area `{area}` has no lead officer yet; choose one of the list."),
        )
        .into());
    }
    let agent = match (agent, actor.role) {
        (Some(agent), _) => Some(agent),
        (None, Role::Agent) => Some(actor.account.clone()),
        (None, _) => crate::account::least_busy_agent(&cx.service.db).await?,
    };
    let opening = Opening { name: name.to_string(), area: area.to_string(), owner, answers, as_of: at.date(), lead, agent };
    let events = start(&cx.service.catalogue, opening, By { actor, at })?;
    let new = new_events(&events, actor, at, sent.assumed)?;
    let project = events.first().and_then(|e| Project::open(e, at, sent.assumed)).ok_or(Public::NotFound)?;
    let rows = projection::changes(&RowChange::Project { id: &id, before: None, after: &project, catalogue: &cx.service.catalogue });
    count(cx, Limit::StartProject, actor, &sent).await?;
    match cx.service.log.append(&id, Head::default(), new, rows, once).await? {
        Appended::Done { head, seq } => cx.service.heads.put(&id, Folded { project, head, seq }),
        Appended::Already(before) => {
            before.answer()?;
        }
        // A conflict can only be the same form's first sending: the project stands.
        Appended::Conflict => {}
    }
    Ok(id)
}

/// Counts what somebody makes. The command line and replayed cases make as much as they want.
async fn count(cx: &Context, limit: Limit, actor: &Actor, sent: &Sent) -> Result<(), Error> {
    if sent.at.is_some() || cx.address == crate::LOCAL {
        return Ok(());
    }
    crate::limit::take(cx, limit, actor.account.as_str()).await
}

fn limit_of(command: &Command) -> Option<Limit> {
    match command {
        Command::Consultation { command: consultation::Command::Ask { .. } | consultation::Command::AskAgain { .. }, .. } => {
            Some(Limit::Ask)
        }
        Command::Difficulty { command: difficulty::Command::Raise { .. }, .. } => Some(Limit::RaiseDifficulty),
        Command::Note { .. } => Some(Limit::Note),
        _ => None,
    }
}

fn new_events(events: &[Event], actor: &Actor, at: Instant, assumed: bool) -> Result<Vec<NewEvent>, Fault> {
    events.iter().map(|event| NewEvent::of::<Project>(event, &actor.account, at, assumed)).collect()
}

/// The one write path: load, ask the right, look whether it was done, decide, append with the read tables, tell.
///
/// # Errors
/// The rules' refusal; `Stale` when the page was older than what happened since; `NotFound` also where
/// the person may not know there is such a project; `Invalid` when the form's key was used for something else.
pub async fn execute(cx: &Context, id: &Id<Project>, command: Command, sent: Sent) -> Result<Done, Error> {
    let actor = cx.actor()?.clone();
    execute_as(cx, &actor, id, command, sent).await
}

pub(crate) async fn execute_as(cx: &Context, actor: &Actor, id: &Id<Project>, command: Command, sent: Sent) -> Result<Done, Error> {
    let catalogue = &cx.service.catalogue;
    // Whose it is comes before everything that could tell what there is.
    let known = load(cx, id).await?;
    known.project.right(actor, &command.right(&known.project, catalogue))?;
    let sent = if sent.asked.is_some() { sent } else { sent.asking("command", &command)? };
    let once = sent.once(&actor.account, &stream(id))?;
    if let Some(before) = before(cx, once).await? {
        return before.answer();
    }
    let command = with_accounts(cx, &known.project, command).await?;
    if let Command::Sheet { command } = &command {
        crate::sheet::is_latest(&cx.service, id, command).await?;
    }
    let mut limit = limit_of(&command);
    let queue = cx.service.heads.queue(id);
    let _turn = queue.lock().await;
    for _ in 0..TRIES {
        let folded = load(cx, id).await?;
        if let Some(based_on) = sent.based_on {
            check_stale(cx, actor, id, &folded.project, &command, based_on).await?;
        }
        let at = sent.at.unwrap_or_else(|| cx.service.clock.now()).max(folded.project.at);
        let events = match folded.project.decide(catalogue, command.clone(), By { actor, at }) {
            Ok(events) => events,
            // The same form may have been done while this one waited; then what it asks for is so already.
            Err(refusal) => match before(cx, once).await? {
                Some(before) => return before.answer(),
                None => return Err(refusal.into()),
            },
        };
        if let Some(limit) = limit.take() {
            count(cx, limit, actor, &sent).await?;
        }
        let mut project = folded.project.clone();
        for event in &events {
            project.version += 1;
            project.apply(event, Stamp { at, by: &actor.account, assumed: sent.assumed });
        }
        let rows = projection::changes(&RowChange::Project { id, before: Some(&folded.project), after: &project, catalogue });
        let new = new_events(&events, actor, at, sent.assumed)?;
        match cx.service.log.append(id, folded.head, new, rows, once).await? {
            Appended::Done { head, seq } => {
                cx.service.heads.put(id, Folded { project, head, seq });
                return Ok(Done { version: head.version });
            }
            Appended::Already(before) => return before.answer(),
            Appended::Conflict => {}
        }
    }
    Err(Public::TooMany {
        sentence: text!("很多人同时在改这个项目，请稍后再试。", "Many people are changing this project at once; please try again."),
        after: 1,
    }
    .into())
}

async fn before(cx: &Context, once: Option<Once>) -> Result<Option<Before>, Error> {
    match once {
        Some(once) => Ok(cx.service.log.done_before(once).await?),
        None => Ok(None),
    }
}

/// That the person has a right: for a form with something wrong in it, of which nobody else is told.
///
/// # Errors
/// `NotFound`, also where the person may not know there is such a project; `Forbidden`.
pub async fn right(cx: &Context, id: &Id<Project>, right: impl FnOnce(&Project) -> Right) -> Result<(), Error> {
    let actor = cx.actor()?;
    let known = load(cx, id).await?;
    Ok(known.project.right(actor, &right(&known.project))?)
}

/// What an operation begins with that prepares something before its command is executed.
pub(crate) enum Begun {
    /// The form was sent before.
    Done(Done),
    Now(Box<Project>),
}

/// Asks the right, then whether the form was sent before. `sent` has to say what was asked.
///
/// # Errors
/// As [`execute`].
pub(crate) async fn begin(cx: &Context, id: &Id<Project>, right: impl FnOnce(&Project) -> Right, sent: &Sent) -> Result<Begun, Error> {
    let actor = cx.actor()?;
    let project = load(cx, id).await?.project.clone();
    project.right(actor, &right(&project))?;
    match before(cx, sent.once(&actor.account, &stream(id))?).await? {
        Some(before) => Ok(Begun::Done(before.answer()?)),
        None => Ok(Begun::Now(Box::new(project))),
    }
}

/// What only the accounts know: the backbone officer a question goes to, the role of who is appointed.
async fn with_accounts(cx: &Context, project: &Project, command: Command) -> Result<Command, Error> {
    Ok(match command {
        Command::Consultation { id, command: consultation::Command::Ask { matter, text, .. } } => {
            let mut backbone = None;
            if let Some(matter) = &matter
                && let Some(officer) = crate::account::on_duty(&cx.service.db, "matter", matter.as_str()).await?
            {
                // Of the matter's own office: nobody else could answer for it.
                let actor = crate::account::actor(&cx.service.db, &officer).await?;
                backbone = actor.is_some_and(|actor| handles(&actor, project, matter)).then_some(officer);
            }
            Command::Consultation { id, command: consultation::Command::Ask { matter, text, backbone } }
        }
        Command::Team { command } => {
            let (account, role) = command.appointed();
            if crate::account::actor(&cx.service.db, account).await?.is_none_or(|a| a.role != role) {
                return Err(team::not_a(role).into());
            }
            Command::Team { command }
        }
        other => other,
    })
}

/// The project as it is now.
///
/// # Errors
/// `NotFound`. Whether the person may know it is for the caller to ask.
pub(crate) async fn current(cx: &Context, id: &Id<Project>) -> Result<Project, Error> {
    Ok(load(cx, id).await?.project.clone())
}

/// The project as it is now, from memory and what was appended since.
async fn load(cx: &Context, id: &Id<Project>) -> Result<Arc<Folded>, Error> {
    let known = cx.service.heads.get(id);
    let after = known.as_ref().map_or(0, |k| k.seq);
    let new = cx.service.log.read(id, after, i64::MAX).await?;
    let folded = match (known, new.last()) {
        (Some(known), None) => return Ok(known),
        (None, None) => return Err(Public::NotFound.into()),
        (Some(known), Some(last)) if new.first().is_some_and(|f| f.version() == known.head.version + 1) => {
            let mut project = known.project.clone();
            new.iter().for_each(|recorded| project.record(recorded));
            Folded { project, head: Head { version: last.version(), hash: last.hash() }, seq: last.seq() }
        }
        (Some(_), Some(_)) => {
            cx.service.heads.forget(id);
            return Err(Fault::from(format!("the stream of project {id} has a hole: run `quanlian verify`")).into());
        }
        (None, Some(last)) => {
            let project = Project::fold(&new).ok_or_else(|| Fault::from(format!("project {id} does not begin with its start")))?;
            Folded { project, head: Head { version: last.version(), hash: last.hash() }, seq: last.seq() }
        }
    };
    cx.service.heads.put(id, folded.clone());
    Ok(Arc::new(folded))
}

/// Whether somebody else has changed the command's subject since the page was made.
async fn check_stale(
    cx: &Context,
    actor: &Actor,
    id: &Id<Project>,
    project: &Project,
    command: &Command,
    based_on: u64,
) -> Result<(), Error> {
    let subject = command.subject();
    let alone = matches!(subject, Subject::Note | Subject::Team | Subject::Sheet);
    if based_on >= project.version || alone {
        return Ok(());
    }
    let clearance = project.clearance(actor).ok_or(Public::NotFound)?;
    let events = cx.service.log.read(id, 0, i64::MAX).await?;
    let changed: Vec<(Instant, Event)> = events
        .into_iter()
        .filter(|e| e.version() > based_on)
        .filter_map(|recorded| match recorded.for_clearance(clearance) {
            Recorded::Open { event, meta, .. } if event.subject() == subject && meta.actor != actor.account => Some((meta.at, event)),
            _ => None,
        })
        .collect();
    let named = changed.iter().flat_map(|(_, event)| event.people()).cloned().collect();
    let people = crate::account::people(&cx.service.db, &named).await?;
    let person = |id: &Id<Account>| people.get(id).map(|p| p.name.clone());
    let change = |(at, event): &(Instant, Event)| Change { at: *at, sentence: timeline::sentence(event, &cx.service.catalogue, &person) };
    let changes: Vec<Change> = changed.iter().map(change).collect();
    if changes.is_empty() { Ok(()) } else { Err(Public::Stale { version: project.version, changes }.into()) }
}

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
pub async fn since(service: &crate::Service, access: &crate::account::Access, id: &Id<Project>, after: u64) -> Result<Vec<Told>, Error> {
    let new = service.log.read(id, after, 1000).await?;
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let viewer = crate::account::again(service, access).await?.ok_or(Public::SignedOut)?.actor;
    let folded = load(&service.context(None), id).await?;
    let clearance = folded.project.clearance(&viewer).ok_or(Public::NotFound)?;
    let seen: Vec<_> = new.into_iter().map(|recorded| recorded.for_clearance(clearance)).collect();
    let actor = |recorded: &Recorded<Event>| match recorded {
        Recorded::Open { meta, .. } => Some(meta.actor.clone()),
        Recorded::Sealed { .. } => None,
    };
    let people = crate::account::people(&service.db, &seen.iter().filter_map(actor).collect()).await?;
    let told = |recorded: Recorded<Event>| Told { person: actor(&recorded).and_then(|id| people.get(&id).cloned()), recorded };
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
