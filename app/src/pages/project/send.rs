//! What the forms of a project share: who asks, and what was read.

use crate::error::Failure;
pub use domain::project::policy::Right;
use domain::project::view::Done;
pub use domain::project::{Project, Request};
use domain::{Error, Text, text};

pub fn invalid(field: &str, sentence: Text) -> Failure {
    Failure::from(Error::invalid(field, sentence))
}

pub fn date(text: &str) -> Result<domain::date::Date, Failure> {
    let shown: String = text.chars().take(20).collect();
    text.parse().map_err(|_| invalid("due", text!("“{shown}”不是真实存在的日期。", "`{shown}` is not a day that exists.")))
}

pub fn matter(text: String) -> Option<domain::Id<domain::catalogue::Matter>> {
    (!text.is_empty()).then(|| text.into())
}

/// The id of something new: the same for the same form, so that sending it twice makes one.
pub fn new_id<K>(key: &str) -> Result<domain::Id<K>, Failure> {
    let cx = crate::session::service_context()?;
    let actor = cx.actor().map_err(Failure::from)?;
    Ok(service::account::id_from_key(key, &actor.account))
}

/// `form`: what it says, or what is wrong with it; that is told to whom has the right alone.
pub async fn send(project: String, form: impl Into<FormRead>, key: String, based_on: u64) -> Result<Done, Failure> {
    let cx = crate::session::service_context()?;
    let project = project.into();
    // To whom the project does not exist, that is said before anything is read of the form.
    service::project::may_follow(&cx, &project).await?;
    let sent = service::project::Sent { key: Some(key), based_on: Some(based_on), ..Default::default() };
    match form.into() {
        FormRead::Says(request) => Ok(service::project::request(&cx, &project, request, sent).await?),
        FormRead::Wrong { right, why } => {
            service::project::right(&cx, &project, right).await?;
            Err(why)
        }
    }
}

/// Which right something takes, by how the project stands.
type RightIn = Box<dyn FnOnce(&Project) -> Right + Send>;

/// A form as it was read.
pub enum FormRead {
    Says(Request),
    /// With the right that what it should have said takes.
    Wrong {
        right: RightIn,
        why: Failure,
    },
}

impl FormRead {
    /// What was read, for what takes this right.
    pub fn of(right: impl FnOnce(&Project) -> Right + Send + 'static, read: Result<Request, Failure>) -> FormRead {
        match read {
            Ok(request) => FormRead::Says(request),
            Err(why) => FormRead::Wrong { right: Box::new(right), why },
        }
    }
}

impl From<Request> for FormRead {
    fn from(request: Request) -> FormRead {
        FormRead::Says(request)
    }
}
