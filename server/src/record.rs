//! For an office's own system: records what it decided there, by an access token, with the number of its document.

use crate::AppState;
use crate::security::Visitor;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use domain::catalogue::Matter;
use domain::date::Date;
use domain::id::Id;
use domain::project::matter::{Command as M, Elsewhere, right_to_conclude};
use domain::project::{Command, Project};
use serde::Deserialize;
use service::project::{Sent, execute, right};

pub fn routes() -> Router<AppState> {
    Router::new().route("/projects/{id}/matters/{matter}/record", post(record))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    number: String,
    system: String,
    on: String,
}

/// RFC 9457.
fn problem(status: u16, title: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({ "status": status.as_u16(), "title": title });
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))], body.to_string()).into_response()
}

/// `Idempotency-Key`: sent twice, done once.
async fn record(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    Path((id, matter)): Path<(Id<Project>, Id<Matter>)>,
    headers: HeaderMap,
    decided: Result<Json<Decided>, JsonRejection>,
) -> Response {
    let cx = visitor.context(&state);
    // Asked before anything is said of what was sent.
    if let Err(error) = right(&cx, &id, |project| right_to_conclude(project, &matter)).await {
        return refused(error, &visitor);
    }
    let Json(Decided { number, system, on }) = match decided {
        Ok(decided) => decided,
        Err(rejection) => return problem(422, &rejection.body_text()),
    };
    let Ok(on) = on.parse::<Date>() else { return problem(422, "`on` is not a day, such as 2026-09-13") };
    let key = headers.get("idempotency-key").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let command = Command::Matter { matter, command: M::Record { elsewhere: Elsewhere { number, system, on } } };
    match execute(&cx, &id, command, Sent { key, ..Sent::default() }).await {
        Ok(done) => Json(serde_json::json!({ "version": done.version })).into_response(),
        Err(error) => refused(error, &visitor),
    }
}

fn refused(error: service::Error, visitor: &Visitor) -> Response {
    let public = error.into_public();
    problem(public.status(), public.sentence().get(visitor.lang))
}
