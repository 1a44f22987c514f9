//! Replays a documented case into a real project, through the same commands as live work. Steps the
//! case leaves out are played too and marked as assumed, like everything the case only assumes.

use crate::account::{self, NewAccount};
use crate::error::{Error, Fault};
use crate::project::{Sent, open_for, request_as};
use crate::{Context, Service};
use domain::account::Actor;
use domain::case::{Case, CaseEvent, Step};
use domain::catalogue::{Matter, is_enterprises};
use domain::date::{Date, Instant};
use domain::id::Id;
use domain::project::{Note, Project, Request, matter};
use domain::role::Role;
use std::collections::HashMap;

/// The people a case is played by, made as needed; they cannot sign in.
struct Cast<'a> {
    cx: &'a Context,
    known: HashMap<String, Actor>,
}

impl Cast<'_> {
    async fn actor(
        &mut self,
        login: &str,
        name: &str,
        role: Role,
        firm: &str,
        office: Option<Id<domain::catalogue::Organisation>>,
    ) -> Result<Actor, Error> {
        if let Some(actor) = self.known.get(login) {
            return Ok(actor.clone());
        }
        let service = &self.cx.service;
        let id = match account::by_login(&service.db, login).await? {
            Some(id) => id,
            None => {
                let new = NewAccount {
                    login: login.into(),
                    name: name.into(),
                    role,
                    firm: firm.into(),
                    office,
                    password: None,
                    areas: Vec::new(),
                    matters: Vec::new(),
                };
                account::add(service, new).await?
            }
        };
        let actor = account::actor(&service.db, &id).await?.ok_or_else(|| Fault::from("an account just made is gone"))?;
        self.known.insert(login.to_string(), actor.clone());
        Ok(actor)
    }

    /// Somebody of the office that handles a matter.
    async fn office(&mut self, matter: &Id<Matter>) -> Result<Actor, Error> {
        let catalogue = self.cx.service.catalogue.clone();
        let office = catalogue.matter(matter.as_str()).map(|m| m.department.clone());
        let office = office.ok_or_else(|| Fault::from(format!("no matter {matter}")))?;
        let name = catalogue.organisation(office.as_str()).map_or_else(|| office.to_string(), |o| o.name.zh.clone());
        self.actor(&format!("case.{office}"), &format!("{name}（情景）"), Role::Department, &name, Some(office)).await
    }
}

/// The area a case plays in, with its lead officer.
pub struct Place {
    /// The area's name.
    pub area: String,
    /// The name of the firm whose project it becomes.
    pub owner_firm: String,
    /// The agent and a person of the owner, by login; made when unknown.
    pub agent: String,
    /// A person of the firm, by login; made when unknown.
    pub owner: String,
}

/// A part of a case: the days after one and up to another; everything where none is named.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// The last day that is left out; none: it begins at the beginning.
    pub after: Option<Date>,
    /// The last day that is played; none: it goes on to the end.
    pub until: Option<Date>,
}

impl Span {
    fn has(self, event: &CaseEvent) -> bool {
        let day = event.at.date();
        self.after.is_none_or(|after| day > after) && self.until.is_none_or(|until| day <= until)
    }
}

/// Replays a case; gives the project it became.
///
/// # Errors
/// The rules' refusal of an event, naming it; nothing that was written before is taken back.
pub async fn load(service: &Service, case: &Case, place: &Place) -> Result<Id<Project>, Error> {
    load_part(service, case, place, Span::default(), None).await
}

/// Replays a part of a case into a new project, or further into one that goes its own way meanwhile: what has been
/// done there already is passed over.
///
/// # Errors
/// As [`load`].
pub async fn load_part(
    service: &Service,
    case: &Case,
    place: &Place,
    span: Span,
    project: Option<Id<Project>>,
) -> Result<Id<Project>, Error> {
    let cx = service.context(None);
    let mut cast = Cast { cx: &cx, known: HashMap::new() };
    let owner = cast.actor(&place.owner, "王工（情景）", Role::Enterprise, &place.owner_firm, None).await?;
    let agent = cast.actor(&place.agent, "李代办（情景）", Role::Agent, "全链管理办公室", None).await?;
    if account::on_duty(&service.db, "area", &place.area).await?.is_none() {
        let lead = NewAccount {
            login: "case.lead".into(),
            name: "陈首席（情景）".into(),
            role: Role::LeadOfficer,
            firm: "全链管理办公室".into(),
            office: None,
            password: None,
            areas: vec![place.area.clone()],
            matters: Vec::new(),
        };
        account::add(service, lead).await?;
    }
    let lead_id = account::on_duty(&service.db, "area", &place.area).await?.ok_or_else(|| Fault::from("the area has no lead officer"))?;
    let lead = account::actor(&service.db, &lead_id).await?.ok_or_else(|| Fault::from("the lead officer is gone"))?;
    let first = case.events.first().ok_or_else(|| Fault::from("the case has no events"))?;
    let sent = Sent { assumed: true, at: Some(first.at), ..Sent::default() };
    let id = match project {
        Some(id) => id,
        None => {
            let (firm, answers) = (owner.firm.clone(), case.answers.clone());
            open_for(&cx, &owner, &case.name.zh, &place.area, firm, answers, Some(agent.account.clone()), sent).await?
        }
    };
    for event in case.events.iter().filter(|event| span.has(event)) {
        let who = match event.role {
            Role::Enterprise | Role::Intermediary => &owner,
            Role::Agent => &agent,
            _ => &lead,
        };
        play(&cx, &mut cast, &id, event, who, &owner).await.map_err(|error| named(event, error))?;
    }
    Ok(id)
}

fn named(event: &CaseEvent, error: Error) -> Error {
    let sentence = error.into_public().sentence();
    Fault::from(format!("{} {}: {}", event.at.date(), event.text.zh, sentence.zh)).into()
}

async fn play(cx: &Context, cast: &mut Cast<'_>, id: &Id<Project>, event: &CaseEvent, who: &Actor, owner: &Actor) -> Result<(), Error> {
    let (at, assumed) = (event.at, event.assumed);
    let milestone = (event.step == Step::Milestone).then(|| event.text.zh.clone());
    match (&event.matter, event.step) {
        (Some(matter), Step::Submitted) => {
            note(cx, id, event, who, None).await?;
            advance(cx, cast, id, matter, at, owner, assumed, Goal::Filed).await
        }
        (Some(matter), Step::PreReviewed) => {
            let office = cast.office(matter).await?;
            let command = matter::Command::PreReview { opinion: event.text.zh.clone() };
            run(cx, &office, id, matter, command, at, assumed).await
        }
        (Some(matter), Step::Finished) => {
            note(cx, id, event, who, None).await?;
            advance(cx, cast, id, matter, at, owner, assumed, Goal::Issued).await
        }
        _ => note(cx, id, event, who, milestone).await,
    }
}

async fn note(cx: &Context, id: &Id<Project>, event: &CaseEvent, who: &Actor, milestone: Option<String>) -> Result<(), Error> {
    let note = Note { matter: event.matter.clone(), text: event.text.clone(), internal: false, milestone };
    let sent = Sent { assumed: event.assumed, at: Some(event.at), ..Sent::default() };
    request_as(cx, who, id, Request::Note { note }, sent).await.map(|_| ())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    Filed,
    Issued,
}

/// Takes a matter as far as the goal. Only the last step is the case's own; those before it are assumed.
#[expect(clippy::too_many_arguments, reason = "a replayed step is who, what, when and how sure")]
async fn advance(
    cx: &Context,
    cast: &mut Cast<'_>,
    id: &Id<Project>,
    matter: &Id<Matter>,
    at: Instant,
    owner: &Actor,
    assumed: bool,
    goal: Goal,
) -> Result<(), Error> {
    use matter::Command as M;
    // What the owner does by itself it also finishes itself.
    let its_own = cx.service.catalogue.matter(matter.as_str()).is_some_and(|m| is_enterprises(&m.department));
    let office = if its_own { owner.clone() } else { cast.office(matter).await? };
    let folded = crate::project::state(cx, id, matter).await?;
    let way = [M::Prepare, M::File, M::Accept, M::Decide, M::Issue];
    let from = match folded {
        "prepared" => 1,
        "filed" => 2,
        "accepted" => 3,
        "decided" => 4,
        _ => 0,
    };
    let to = if goal == Goal::Filed { 2 } else { way.len() };
    for (i, command) in way.into_iter().enumerate().take(to).skip(from) {
        // Papers of that time are not in the library: the office records that they came in.
        let by = if matches!(command, M::Prepare) { owner } else { &office };
        let last = i + 1 == to;
        run(cx, by, id, matter, command, at, assumed || !last).await?;
    }
    Ok(())
}

async fn run(
    cx: &Context,
    by: &Actor,
    id: &Id<Project>,
    matter: &Id<Matter>,
    command: matter::Command,
    at: Instant,
    assumed: bool,
) -> Result<(), Error> {
    let sent = Sent { assumed, at: Some(at), ..Sent::default() };
    request_as(cx, by, id, Request::Matter { matter: matter.clone(), request: command }, sent).await.map(|_| ())
}
