//! `domain::Error` as server functions carry it, with its status.

use domain::{Error, Text};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos_router::location::Url;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(pub Error);

impl FromServerFnError for Failure {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Failure {
        use ServerFnErrorErr as E;
        let error = match error {
            E::Request(_) | E::Response(_) => Error::Unreachable,
            // Arguments that do not fit their types: nobody's form sends such.
            E::Args(what) | E::MissingArg(what) => wrong_form(&what),
            // In the browser it is the answer that cannot be read, and our fault.
            E::Deserialization(what) if cfg!(feature = "ssr") => wrong_form(&what),
            other => Error::Internal { reference: other.to_string().chars().take(40).collect() },
        };
        #[cfg(feature = "ssr")]
        {
            Failure::from(error)
        }
        #[cfg(not(feature = "ssr"))]
        {
            Failure(error)
        }
    }
}

/// The name under which a form is wrong as a whole.
const FORM: &str = "form";

impl Failure {
    /// Whether a form could not be read: nothing of ours has looked at it yet.
    pub fn is_unreadable_form(error: &Error) -> bool {
        matches!(error, Error::Invalid { fields } if fields.iter().any(|(field, _)| field == FORM))
    }
}

fn wrong_form(what: &str) -> Error {
    let what: String = what.chars().filter(|c| !c.is_control()).take(200).collect();
    Error::invalid(FORM, Text::new(format!("表单内容有误：{what}"), format!("The form is not right: {what}")))
}

/// The query of an address without what a failed form leaves in it (`__path`, `__err`, however they are spelt): what stands
/// there would be shown as our own sentence. Names of ours never begin with two lines.
pub fn without_errors(query: &str) -> String {
    let kept =
        query.split('&').filter(|pair| !pair.is_empty() && !Url::unescape(pair.split('=').next().unwrap_or_default()).starts_with("__"));
    kept.collect::<Vec<_>>().join("&")
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.sentence())
    }
}
impl std::error::Error for Failure {}

#[cfg(feature = "ssr")]
impl From<service::Error> for Failure {
    /// Logs a fault once and sets the answer's status.
    fn from(error: service::Error) -> Failure {
        Failure::from(error.into_public())
    }
}

#[cfg(feature = "ssr")]
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        if let (Some(response), Ok(status)) =
            (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(error.status()))
        {
            response.set_status(status);
            if let Some(after) = error.retry_after() {
                response.insert_header(http::header::RETRY_AFTER, http::HeaderValue::from(after));
            }
        }
        Failure(error)
    }
}
