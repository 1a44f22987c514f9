//! From what a person asks to what the rules see: a request gets what only the server knows or makes. Who may ask has been
//! asked before.

use super::Sent;
use crate::error::Error;
use crate::{Context, certificate, submission};
use domain::account::{Account, Actor, By};
use domain::catalogue::Matter;
use domain::date::Instant;
use domain::id::Id;
use domain::project::policy::handles;
use domain::project::{Command, Project, Request, consultation, library, matter, team};

/// Who asks what project for something, and what their form says beside it.
pub(crate) struct Asking<'a> {
    pub cx: &'a Context,
    pub actor: &'a Actor,
    pub id: &'a Id<Project>,
    pub project: &'a Project,
    pub sent: &'a Sent,
}

impl Asking<'_> {
    /// When it happens: now, or when it happened in a replayed case.
    pub fn at(&self) -> Instant {
        self.sent.at.unwrap_or_else(|| self.cx.service.clock.now()).max(self.project.at)
    }

    /// Who does it, and when.
    pub fn by(&self) -> By<'_> {
        By { actor: self.actor, at: self.at() }
    }
}

/// The command that a request comes to.
pub(super) async fn command(asking: &Asking<'_>, request: Request) -> Result<Command, Error> {
    Ok(match request {
        Request::Note { note } => Command::Note { note },
        Request::Team { request } => Command::Team { command: appointment(asking, request).await? },
        Request::Matter { matter, request: matter::Request::Issue } => certificate::prepare_one(asking, matter).await?,
        Request::Matter { matter, request } => Command::Matter { matter, command: request },
        Request::Consultation { id, request } => Command::Consultation { id, command: question(asking, request).await? },
        Request::Difficulty { id, request } => Command::Difficulty { id, command: request },
        Request::Plan { request } => Command::Plan { command: request },
        Request::Sheet { request } => {
            crate::sheet::is_latest(&asking.cx.service, asking.id, &request).await?;
            Command::Sheet { command: request }
        }
        Request::Document { id, request } => Command::Document { id, command: document(request) },
        Request::Submission { id, request } => {
            let command = submission::prepare_command(asking, &id, request).await?;
            Command::Submission { id, command }
        }
        Request::Certificate { request } => Command::Certificate { command: certificate::prepare_command(asking, request).await? },
    })
}

/// Whoever is appointed has to have the role of the post.
async fn appointment(asking: &Asking<'_>, request: team::Request) -> Result<team::Command, Error> {
    let (account, role) = request.appointed();
    match crate::account::actor(&asking.cx.service.db, account).await? {
        Some(actor) if actor.role == role => Ok(request),
        _ => Err(team::not_a(role).into()),
    }
}

async fn question(asking: &Asking<'_>, request: consultation::Request) -> Result<consultation::Command, Error> {
    Ok(match request {
        consultation::Request::Ask { matter, text } => {
            let backbone = match &matter {
                Some(matter) => backbone(asking, matter).await?,
                None => None,
            };
            consultation::Command::Ask { matter, text, backbone }
        }
        consultation::Request::Answer { text } => consultation::Command::Answer { text },
        consultation::Request::AskAgain { text } => consultation::Command::AskAgain { text },
        consultation::Request::Close => consultation::Command::Close,
    })
}

/// The backbone officer of a matter, of its own office: nobody else could answer for it.
async fn backbone(asking: &Asking<'_>, matter: &Id<Matter>) -> Result<Option<Id<Account>>, Error> {
    let db = &asking.cx.service.db;
    let Some(officer) = crate::account::on_duty(db, "matter", matter.as_str()).await? else { return Ok(None) };
    let actor = crate::account::actor(db, &officer).await?;
    Ok(actor.is_some_and(|actor| handles(&actor, asking.project, matter)).then_some(officer))
}

fn document(request: library::Request) -> library::Command {
    match request {
        library::Request::Sort { material } => library::Command::Sort { material },
        library::Request::Limit { expires } => library::Command::Limit { expires },
        library::Request::Remove { why } => library::Command::Remove { why },
    }
}
