//! The live feed (server-sent events). A reader holds a cursor and reads the log: replay and live are
//! the same code. `Last-Event-ID` is the cursor, so a reconnecting browser misses and doubles nothing.

use crate::AppState;
use crate::answer::Refusal;
use crate::security::Visitor;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::account::Account;
use domain::id::Id;
use domain::limit::Limit;
use domain::project::Project;
use futures::stream;
use serde::Deserialize;
use service::Service;
use service::account::{Access, Following, Heard};
use service::limit::{self, Going};
use service::project::{FeedEvent, may_follow, since};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

/// A sign of life often enough that no proxy closes the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What the browser waits before it connects again.
const RETRY: Duration = Duration::from_millis(1000);

/// What the address of a feed asks for.
#[derive(Deserialize)]
pub struct Topic {
    project: Id<Project>,
    /// The cursor of the page; a reconnecting browser's `Last-Event-ID` goes before it.
    #[serde(default)]
    after: u64,
    /// Whose page asks: it hears nothing as somebody else who has signed in since in the same browser.
    account: Option<Id<Account>>,
}

struct Reader {
    service: Service,
    access: Access,
    /// Says when the session or token ends.
    following: Following,
    project: Id<Project>,
    cursor: u64,
    waiting: VecDeque<FeedEvent>,
    latest_seq: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    greeted: bool,
    /// Counts this feed for its account.
    _going: Going,
}

/// The feed of a project, for who may see it.
pub async fn feed(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(topic): Query<Topic>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let access = visitor.access.clone().ok_or(Error::SignedOut)?;
    if topic.account.as_ref().is_some_and(|account| *account != access.account) {
        return Err(Error::SignedOut.into());
    }
    let service = state.service();
    // Followed before it is asked: what ends in between is heard.
    let following = service.endings.follow(&access);
    let cx = visitor.context(&state);
    may_follow(&cx, &topic.project).await?;
    let going = limit::begin(&cx, Limit::Feeds, access.account.as_str(), 10).await?;
    let last = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    let reader = Reader {
        latest_seq: service.log.watch(),
        service,
        access,
        following,
        project: topic.project,
        cursor: last.unwrap_or(topic.after),
        waiting: VecDeque::new(),
        stopping: state.stopping.clone(),
        greeted: false,
        _going: going,
    };
    let end = reader.following.end();
    let events = Sse::new(stream::unfold(reader, next)).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("alive"));
    let mut response = events.into_response();
    // Nobody asks for the next event while the one before is not taken: the connection hears of the end by itself.
    response.extensions_mut().insert(end);
    Ok(response)
}

/// The next event, or the end: the reader's session has ended or they may no longer see the project, or the server stops.
async fn next(mut reader: Reader) -> Option<(Result<Event, Infallible>, Reader)> {
    if !reader.greeted {
        reader.greeted = true;
        return Some((Ok(Event::default().retry(RETRY).comment("hello")), reader));
    }
    let end = reader.following.end();
    loop {
        // What waits goes to nobody any more.
        if end.has_come() {
            return None;
        }
        if let Some(told) = reader.waiting.pop_front() {
            reader.cursor = told.recorded.seq();
            let event = Event::default().id(reader.cursor.to_string()).json_data(&told).ok()?;
            return Some((Ok(event), reader));
        }
        reader.latest_seq.borrow_and_update();
        match since(&reader.service, &reader.access, &reader.project, reader.cursor).await {
            Ok(new) if !new.is_empty() => reader.waiting.extend(new),
            Ok(_) => {
                let ask = tokio::select! {
                    latest_seq = reader.latest_seq.changed() => latest_seq.map(|()| false).ok()?,
                    _ = reader.stopping.wait_for(|stopping| *stopping) => return None,
                    heard = reader.following.next() => match heard {
                        Heard::Ended => return None,
                        Heard::AskAgain => true,
                    },
                };
                if ask && !may_still(&reader).await {
                    return None;
                }
            }
            Err(error) => {
                // A fault is logged; the browser connects again and goes on where it was.
                error.into_public();
                return None;
            }
        }
    }
}

/// Whether the reader may see the project still.
async fn may_still(reader: &Reader) -> bool {
    match service::account::again(&reader.service, &reader.access).await {
        Ok(Some(holder)) => may_follow(&reader.service.context(Some(holder.actor)), &reader.project).await.is_ok(),
        Ok(None) | Err(_) => false,
    }
}
