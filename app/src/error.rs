//! `domain::Error` as server functions carry it, with its status.

use domain::{Error, Text};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(pub Error);

impl FromServerFnError for Failure {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Failure {
        Failure(match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Error::Unreachable,
            // Arguments that do not fit their types: nobody's form sends such.
            ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => {
                Error::invalid("form", Text::new(format!("表单内容有误：{what}"), format!("The form is not right: {what}")))
            }
            other => Error::Internal { reference: other.to_string().chars().take(40).collect() },
        })
    }
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
