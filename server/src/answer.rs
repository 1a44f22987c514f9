//! How an error is answered: its status, its sentence in the reader's language, when to try again.
//!
//! Handlers return `Result<_, Refusal>` and use `?`. They need not know the reader's language: `security::identify`, which
//! knows it, puts the sentence in ([`in_language`]).

use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::guide::AnswerError;
use domain::plan::Mistake;
use domain::{Lang, Text};
use service::Fault;

/// The answer to what was refused or failed. A fault is logged where it becomes one of these.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    sentence: Text,
    /// In seconds.
    retry_after: Option<u32>,
    format: Format,
}

/// What the body is made of.
#[derive(Clone, Debug)]
enum Format {
    /// The sentence as plain text.
    Plain,
    /// The error itself, for a page's program: it says it in the page.
    Failure(Vec<u8>),
    /// RFC 9457, for other systems.
    Problem,
}

impl Refusal {
    /// A refusal that is no error of the domain: of what HTTP itself asks for.
    pub fn new(status: StatusCode, sentence: Text) -> Refusal {
        Refusal { status, sentence, retry_after: None, format: Format::Plain }
    }

    /// The same for a page's program, which reads the error itself and says it in the page.
    pub fn for_program(error: impl Into<service::Error>) -> Refusal {
        let public = error.into().into_public();
        let body = serde_json::to_vec(&app::Failure(public.clone())).unwrap_or_default();
        Refusal { format: Format::Failure(body), ..Refusal::from(public) }
    }

    /// The same as a problem of RFC 9457, for other systems.
    pub fn into_problem(self) -> Refusal {
        Refusal { format: Format::Problem, ..self }
    }

    /// The answer as its reader gets it.
    pub fn answer(&self, lang: Lang) -> Response {
        let sentence = self.sentence.get(lang);
        let (kind, body) = match &self.format {
            Format::Plain => ("text/plain; charset=utf-8", format!("{sentence}\n").into_bytes()),
            Format::Failure(body) => ("application/json", body.clone()),
            Format::Problem => {
                let problem = serde_json::json!({ "status": self.status.as_u16(), "title": sentence });
                ("application/problem+json", problem.to_string().into_bytes())
            }
        };
        let mut response = (self.status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<domain::Error> for Refusal {
    fn from(error: domain::Error) -> Refusal {
        Refusal { retry_after: error.retry_after(), ..Refusal::new(status(&error), error.sentence()) }
    }
}

impl From<service::Error> for Refusal {
    fn from(error: service::Error) -> Refusal {
        error.into_public().into()
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        service::Error::from(fault).into()
    }
}

/// 400 with every mistake in an address's answers as a line.
impl From<Vec<AnswerError>> for Refusal {
    fn from(wrong: Vec<AnswerError>) -> Refusal {
        let lines = |lang| wrong.iter().map(|w| format!("{}: {}", w.attribute, w.sentence.get(lang))).collect::<Vec<_>>().join("\n");
        Refusal::new(StatusCode::BAD_REQUEST, Text::new(lines(Lang::Zh), lines(Lang::En)))
    }
}

/// The same of the settings of a plan.
impl From<Vec<Mistake>> for Refusal {
    fn from(wrong: Vec<Mistake>) -> Refusal {
        wrong.into_iter().map(AnswerError::from).collect::<Vec<_>>().into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.answer(Lang::default());
        response.extensions_mut().insert(self);
        response
    }
}

/// A refusal that came from a handler, in the reader's language; any other answer as it is.
pub fn in_language(mut response: Response, lang: Lang) -> Response {
    let refusal = response.extensions_mut().remove::<Refusal>();
    // From the answer to a HEAD request the body is taken already.
    if let Some(refusal) = refusal.filter(|_| !response.body().is_end_stream()) {
        *response.body_mut() = refusal.answer(lang).into_body();
        // It was of the body before.
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

/// The HTTP status of an error.
pub fn status(error: &domain::Error) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    async fn text(response: Response) -> String {
        String::from_utf8(axum::body::to_bytes(response.into_body(), 1000).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_handlers_refusal_is_told_in_the_readers_language() {
        let busy = domain::Error::Busy { sentence: Text::new("忙", "busy"), after: 7 };
        let response = Refusal::from(busy.clone()).into_response();
        assert_eq!((response.status().as_u16(), &response.headers()[header::RETRY_AFTER]), (503, &HeaderValue::from(7)));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(text(in_language(response, Lang::En)).await, "busy\n");
        assert_eq!(text(in_language(Refusal::from(busy.clone()).into_response(), Lang::Zh)).await, "忙\n");
        let problem = in_language(Refusal::from(busy.clone()).into_problem().into_response(), Lang::En);
        assert_eq!(problem.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(text(problem).await, r#"{"status":503,"title":"busy"}"#);
        let program = in_language(Refusal::for_program(busy.clone()).into_response(), Lang::En);
        let app::Failure(read) = serde_json::from_str(&text(program).await).unwrap();
        assert_eq!(read, busy);
        assert_eq!(text(in_language("as it is".into_response(), Lang::En)).await, "as it is");
    }
}
