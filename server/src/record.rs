//! For an office's own system: records what it decided there, by an access token, with the number of its document.

use crate::AppState;
use crate::answer::Refusal;
use crate::security::Cx;
use axum::extract::Path;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::Text;
use domain::catalogue::Matter;
use domain::date::Date;
use domain::id::Id;
use domain::project::matter::{Command as M, ExternalDecision, right_to_conclude};
use domain::project::{Project, Request};
use serde::Deserialize;
use service::project::{Sent, request, right};

/// The route of this file.
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

/// `Idempotency-Key`: sent twice, done once.
async fn record(
    Cx(cx): Cx,
    Path((id, matter)): Path<(Id<Project>, Id<Matter>)>,
    headers: HeaderMap,
    decided: Result<Json<Decided>, JsonRejection>,
) -> Result<Response, Refusal> {
    let problem = |error: service::Error| Refusal::from(error).into_problem();
    let unreadable = |why: String| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Text::same(why)).into_problem();
    // Asked before anything is said of what was sent.
    right(&cx, &id, |project| right_to_conclude(project, &matter)).await.map_err(problem)?;
    let Json(Decided { number, system, on }) = decided.map_err(|rejection| unreadable(rejection.body_text()))?;
    let on = on.parse::<Date>().map_err(|_| unreadable("`on` is not a day, such as 2026-09-13".into()))?;
    let key = headers.get("idempotency-key").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let asked = Request::Matter { matter, request: M::Record { elsewhere: ExternalDecision { number, system, on } } };
    let done = request(&cx, &id, asked, Sent { key, ..Sent::default() }).await.map_err(problem)?;
    Ok(Json(serde_json::json!({ "version": done.version })).into_response())
}
