//! Writing together: `/collab/<project>.<section>` speaks the y-websocket protocol, so any Yjs client can come in
//! with a session's cookie or, as `?token=`, an access token.

mod room;

use crate::AppState;
use crate::answer::refused;
use crate::security::Visitor;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::Id;
use domain::project::Project;
use domain::sheet::protocol::{Frame, LONGEST_FRAME};
use futures::{SinkExt, StreamExt};
use room::{Leaving, ToRoom};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Frames that may wait for a client; one that is slower is let go and comes back for the whole.
const WAITING: usize = 512;
/// Bytes that are read at once: a connection holds as many, and each reading clears them first. An edit has fifty.
const READ_AT_ONCE: usize = 4096;
/// A sign of life often enough that no proxy closes the connection.
const PING: Duration = Duration::from_secs(20);

/// The rooms that are open on this server, by document.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Mutex<HashMap<String, mpsc::Sender<ToRoom>>>>);

impl Rooms {
    /// The room of a document; opened when nobody is in it.
    fn of(&self, state: &AppState, document: &str, project: &Id<Project>, section: &str) -> mpsc::Sender<ToRoom> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(document).filter(|room| !room.is_closed()) {
            return room.clone();
        }
        let room = room::open(state, document.to_string(), project.clone(), section.to_string());
        rooms.retain(|_, room| !room.is_closed());
        rooms.insert(document.to_string(), room.clone());
        room
    }
}

#[derive(Deserialize)]
pub struct Asked {
    /// An access token, for clients that have no cookie.
    token: Option<String>,
    /// `1`: also what is stored, by whom. Our own pages ask for it.
    told: Option<String>,
}

pub async fn enter(
    State(state): State<AppState>,
    Path(document): Path<String>,
    Query(asked): Query<Asked>,
    upgrade: WebSocketUpgrade,
    request: Request,
) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default();
    // A browser sends its cookies with a socket that another site opens, too.
    if asked.token.is_none() && request.headers().contains_key(header::ORIGIN) && !crate::security::same_origin(&request) {
        return (StatusCode::FORBIDDEN, "this request comes from another site\n").into_response();
    }
    let Some((project, section)) = document.split_once('.') else { return StatusCode::NOT_FOUND.into_response() };
    let (project, section) = (Id::<Project>::from(project), section.to_string());
    let token = asked.token.or(visitor.token).unwrap_or_default();
    let guest = match service::sheet::enter(&state.service(), &token, &project, &section).await {
        Ok(guest) => guest,
        Err(error) => return refused(error, visitor.lang),
    };
    let room = state.rooms.of(&state, &document, &project, &section);
    let told = asked.told.as_deref() == Some("1");
    upgrade
        .max_message_size(LONGEST_FRAME)
        .max_frame_size(LONGEST_FRAME)
        .read_buffer_size(READ_AT_ONCE)
        .on_upgrade(move |socket| attend(socket, room, room::Joining { guest, token, told }))
}

/// One connection until its end: what it says goes to the room, what the room says comes back.
async fn attend(socket: WebSocket, room: mpsc::Sender<ToRoom>, joining: room::Joining) {
    let (mut sink, mut stream) = socket.split();
    let (out, mut coming) = mpsc::channel::<Bytes>(WAITING);
    let (bye, mut leaving) = tokio::sync::oneshot::channel::<Leaving>();
    let (number, numbered) = tokio::sync::oneshot::channel();
    if room.send(ToRoom::Join { joining: Box::new(joining), out, bye, number }).await.is_err() {
        return;
    }
    let Ok(me) = numbered.await else { return };
    let mut pulse = tokio::time::interval(PING);
    let closing = loop {
        tokio::select! {
            frame = coming.recv() => match frame {
                Some(bytes) => {
                    // Whatever is ready goes out together.
                    let mut sent = sink.feed(Message::Binary(bytes)).await;
                    while let (Ok(()), Ok(bytes)) = (&sent, coming.try_recv()) {
                        sent = sink.feed(Message::Binary(bytes)).await;
                    }
                    if sent.is_err() || sink.flush().await.is_err() {
                        break None;
                    }
                }
                None => break leaving.try_recv().ok(),
            },
            left = &mut leaving => break left.ok(),
            heard = stream.next() => match heard {
                Some(Ok(Message::Binary(bytes))) => match Frame::decode(&bytes) {
                    Ok(frame) => {
                        if room.send(ToRoom::Said { me, frame }).await.is_err() {
                            break None;
                        }
                    }
                    Err(wrong) => break Some(Leaving { code: close_code::UNSUPPORTED, why: wrong.0 }),
                },
                Some(Ok(Message::Text(_))) => break Some(Leaving { code: close_code::UNSUPPORTED, why: "frames are binary" }),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            },
            _ = pulse.tick() => if sink.send(Message::Ping(Bytes::new())).await.is_err() { break None },
        }
    };
    let _ = room.send(ToRoom::Leave { me }).await;
    if let Some(Leaving { code, why }) = closing {
        let _ = sink.send(Message::Close(Some(CloseFrame { code, reason: why.into() }))).await;
    }
}
