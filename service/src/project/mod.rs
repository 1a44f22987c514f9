//! Projects: what is asked of them, the one write path, and what a viewer gets to see.

mod cache;
mod prepare;
mod view;

use cache::{CachedProject, load};
pub(crate) use cache::{ProjectCache, current};
pub(crate) use prepare::Asking;
pub(crate) use view::state;
pub use view::{list, may_follow, since, version, view};

use crate::error::{Error, Fault, Public};
use crate::log::{Appended, Head, NewEvent};
use crate::once::{Before, Once};
use crate::projection::{self, Change as RowChange};
use crate::{Context, new_id};
use domain::account::{Account, Actor, By};
use domain::date::Instant;
use domain::error::Change;
use domain::guide::Answers;
use domain::id::Id;
use domain::limit::Limit;
use domain::log::{Digest, Recorded, Stream};
use domain::project::Stamp;
use domain::project::policy::Right;
pub use domain::project::view::{Done, FeedEvent, View};
use domain::project::{Command, Event, Opening, Project, Request, Subject, consultation, difficulty, may_start, start, timeline};
use domain::role::Role;
use domain::text;

/// Tries before giving up on a project everybody writes to at once.
const TRIES: usize = 20;

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
        Appended::Done { head, seq } => cx.service.projects.put(&id, CachedProject { project, head, seq }),
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

/// Does what a person asks: the right to it first, then whether the form was sent before; then it gets what only the server
/// knows or makes, and is executed.
///
/// # Errors
/// As [`execute`]; what is missing for it, as a sentence.
pub async fn request(cx: &Context, id: &Id<Project>, request: Request, sent: Sent) -> Result<Done, Error> {
    let actor = cx.actor()?.clone();
    request_as(cx, &actor, id, request, sent).await
}

pub(crate) async fn request_as(cx: &Context, actor: &Actor, id: &Id<Project>, request: Request, sent: Sent) -> Result<Done, Error> {
    // Whose it is comes before everything that could tell what there is.
    let known = load(cx, id).await?;
    known.project.right(actor, &request.right(&known.project, &cx.service.catalogue))?;
    let sent = sent.asking("request", &request)?;
    if let Some(before) = before(cx, sent.once(&actor.account, &stream(id))?).await? {
        return before.answer();
    }
    let command = prepare::command(&Asking { cx, actor, id, project: &known.project, sent: &sent }, request).await?;
    execute_as(cx, actor, id, command, sent).await
}

/// The one write path: load, ask the right, look whether it was done, decide, append with the read tables, tell. For what the
/// portal itself makes; what comes from outside comes as a [`Request`].
///
/// # Errors
/// The rules' refusal; `Stale` when the page was older than what happened since; `NotFound` also where
/// the person may not know there is such a project; `Invalid` when the form's key was used for something else.
pub async fn execute(cx: &Context, id: &Id<Project>, command: Command, sent: Sent) -> Result<Done, Error> {
    let actor = cx.actor()?.clone();
    execute_as(cx, &actor, id, command, sent).await
}

async fn execute_as(cx: &Context, actor: &Actor, id: &Id<Project>, command: Command, sent: Sent) -> Result<Done, Error> {
    let catalogue = &cx.service.catalogue;
    let known = load(cx, id).await?;
    known.project.right(actor, &command.right(&known.project, catalogue))?;
    let sent = if sent.asked.is_some() { sent } else { sent.asking("command", &command)? };
    let once = sent.once(&actor.account, &stream(id))?;
    if let Some(before) = before(cx, once).await? {
        return before.answer();
    }
    let mut limit = limit_of(&command);
    let queue = cx.service.projects.queue(id);
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
                cx.service.projects.put(id, CachedProject { project, head, seq });
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
