//! Writing together: `/collab/<project>.<section>` speaks the y-websocket protocol, so any Yjs client can come in
//! with a session's cookie, an access token in the header `Authorization`, or, where a client can send neither, a ticket
//! in the address.

mod room;

use crate::AppState;
use crate::answer::Refusal;
use crate::security::{Cx, Visitor};
use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::access::Scope;
use domain::account::Account;
use domain::id::Id;
use domain::limit::Limit;
use domain::project::Project;
use domain::sheet::protocol::{Frame, LONGEST_FRAME, SIGNED_OUT};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use room::{CloseReason, ToRoom};
use serde::Deserialize;
use service::Service;
use service::account::{Access, Following, Heard};
use service::limit::{self, Going};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Frames that may wait for a client; one that is slower is let go and comes back for the whole.
const WAITING: usize = 512;
/// Bytes that are read at once: a connection holds as many, and each reading clears them first. An edit has fifty.
const READ_AT_ONCE: usize = 4096;

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

/// Half of the time between two pings; one from whom nothing was heard for five of them, not even a pong, is gone.
const HALF_PING: Duration = Duration::from_secs(10);
const SILENT: u32 = 5;
/// What a client takes longer to read than this is let go: it comes back for the whole.
const WRITE: Duration = Duration::from_secs(10);

/// The same for being told that the session has ended.
const LAST_WORD: Duration = Duration::from_millis(500);

/// What the address of a socket asks for.
#[derive(Deserialize)]
pub struct Asked {
    /// Opens one socket, for clients that have no cookie and send no headers.
    ticket: Option<String>,
    /// What no address may hold.
    token: Option<String>,
    /// `1`: also what is stored, by whom. Our own pages ask for it.
    told: Option<String>,
    /// Whose page opens it: what they wrote is not stored as somebody else's who has signed in since in the same browser.
    account: Option<Id<Account>>,
}

/// Opens a socket into the room of a section, for who may see it.
pub async fn enter(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(document): Path<String>,
    Query(asked): Query<Asked>,
    upgrade: WebSocketUpgrade,
    request: Request,
) -> Result<Response, Refusal> {
    if asked.token.is_some() {
        let sentence = "an access token cannot stand in an address: send it as `Authorization: Bearer …`, \
                        or get a ticket from POST /collab/ticket and open the socket with ?ticket=…\n";
        return Ok((StatusCode::BAD_REQUEST, sentence).into_response());
    }
    // A browser sends its cookies with a socket that another site opens, too.
    if asked.ticket.is_none() && request.headers().contains_key(header::ORIGIN) && !crate::security::same_origin(&request) {
        return Ok((StatusCode::FORBIDDEN, "this request comes from another site\n").into_response());
    }
    let Some((project, section)) = document.split_once('.') else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let (project, section) = (Id::<Project>::from(project), section.to_string());
    let service = state.service();
    let access = match asked.ticket {
        None => visitor.access.ok_or(Error::SignedOut)?,
        Some(ticket) => of_ticket(&service, &ticket, visitor.access.as_ref()).await?,
    };
    if asked.account.is_some_and(|account| account != access.account) {
        return Err(Error::SignedOut.into());
    }
    // Followed before it is asked: what ends in between is heard.
    let following = service.endings.follow(&access);
    let guest = service::sheet::enter(&service, &access, &project, &section).await?;
    // A ticket that was taken inside the networks of government opens nothing outside them.
    if visitor.outside && guest.actor.role.is_government() {
        return Err(domain::access::from_elsewhere().into());
    }
    let cx = service.context(Some(guest.actor.clone())).from(&visitor.address);
    let going = limit::begin(&cx, Limit::Sockets, access.account.as_str(), 10).await?;
    // On record before the document goes out.
    let reads = service::sheet::record_opening(&cx, &project, &section).await?;
    let read_on = reads.then(|| service.clock.now().date());
    let room = state.rooms.of(&state, &document, &project, &section);
    let told = asked.told.as_deref() == Some("1");
    let upgrade = upgrade.max_message_size(LONGEST_FRAME).max_frame_size(LONGEST_FRAME).read_buffer_size(READ_AT_ONCE);
    Ok(upgrade.on_upgrade(move |socket| {
        attend(socket, room, room::Joining { guest, access, address: visitor.address, read_on, told }, following, going)
    }))
}

/// Whose a ticket is. In the hands of somebody else who is signed in it is good for nothing.
async fn of_ticket(service: &Service, ticket: &str, who: Option<&Access>) -> Result<Access, service::Error> {
    let holder = service::account::redeem(service, ticket).await?;
    let access = holder.map(|holder| holder.access).filter(|access| who.is_none_or(|who| who.account == access.account));
    access.filter(|access| access.scopes.contains(&Scope::Sheet) && !access.first_password).ok_or_else(|| Error::SignedOut.into())
}

/// A ticket for who is signed in, or whose token is good for the sheet (`gate.rs` has asked).
pub async fn ticket(visitor: Visitor, Cx(cx): Cx) -> Result<Response, Refusal> {
    let access = visitor.access.ok_or(Error::SignedOut)?;
    let ticket = service::account::make_ticket(&cx, &access).await?;
    let body = Json(serde_json::json!({ "ticket": ticket.text, "expires": ticket.expires.to_string() }));
    Ok(([(header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// One connection until its end. Whatever it waits for, the end of what it came in by ends it.
async fn attend(socket: WebSocket, room: mpsc::Sender<ToRoom>, joining: room::Joining, following: Following, _going: Going) {
    let (mut sink, stream) = socket.split();
    let end = following.end();
    let mut number = Number::default();
    let closing = tokio::select! {
        closing = talk(&mut sink, stream, &room, joining, following, &mut number) => closing,
        true = end.wait() => Some(ENDED),
    };
    if let Some(CloseReason { code, why }) = closing {
        let time = if code == SIGNED_OUT { LAST_WORD } else { WRITE };
        let close = sink.send(Message::Close(Some(CloseFrame { code, reason: why.into() })));
        let _ = tokio::time::timeout(time, close).await;
    }
    drop(sink);
    if let Some(me) = number.at_last() {
        let _ = room.send(ToRoom::Leave { me }).await;
    }
}

/// A connection's number in its room, from whom it is asked.
#[derive(Default)]
struct Number {
    coming: Option<oneshot::Receiver<u64>>,
    here: Option<u64>,
}

impl Number {
    /// Where the room says it to.
    fn ask(&mut self) -> oneshot::Sender<u64> {
        let (tell, coming) = oneshot::channel();
        self.coming = Some(coming);
        tell
    }

    async fn wait(&mut self) -> Option<u64> {
        self.here = self.coming.as_mut()?.await.ok();
        self.here
    }

    /// The number, if the room has said it, also where nobody waited for it any more. After this it cannot say one: whom it
    /// cannot say it to is no member.
    fn at_last(self) -> Option<u64> {
        self.here.or_else(|| {
            let mut coming = self.coming?;
            coming.close();
            coming.try_recv().ok()
        })
    }
}

/// What a connection says goes to the room, what the room says comes back; gives why it ends. `number`: its own in the room.
async fn talk(
    sink: &mut SplitSink<WebSocket, Message>,
    mut stream: SplitStream<WebSocket>,
    room: &mpsc::Sender<ToRoom>,
    joining: room::Joining,
    mut following: Following,
    number: &mut Number,
) -> Option<CloseReason> {
    let (out, mut coming) = mpsc::channel::<Bytes>(WAITING);
    let (close, mut closed) = oneshot::channel::<CloseReason>();
    room.send(ToRoom::Join { joining: Box::new(joining), out, close, number: number.ask() }).await.ok()?;
    let me = number.wait().await?;
    let mut pulse = tokio::time::interval(HALF_PING);
    let (mut beats, mut silent) = (0_u32, 0);
    loop {
        tokio::select! {
            frame = coming.recv() => match frame {
                Some(bytes) => match tokio::time::timeout(WRITE, write(sink, bytes, &mut coming)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return None,
                },
                None => return closed.try_recv().ok(),
            },
            left = &mut closed => return left.ok(),
            heard = following.next() => match heard {
                Heard::Ended => return Some(ENDED),
                Heard::AskAgain => room.send(ToRoom::AskRights { me }).await.ok()?,
            },
            heard = stream.next() => {
                silent = 0;
                match heard {
                    Some(Ok(Message::Binary(bytes))) => match Frame::decode(&bytes) {
                        Ok(frame) => room.send(ToRoom::Said { me, frame }).await.ok()?,
                        Err(wrong) => return Some(CloseReason { code: close_code::UNSUPPORTED, why: wrong.0 }),
                    },
                    Some(Ok(Message::Text(_))) => return Some(CloseReason { code: close_code::UNSUPPORTED, why: "frames are binary" }),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                }
            }
            _ = pulse.tick() => {
                (beats, silent) = (beats.wrapping_add(1), silent + 1);
                if silent > SILENT {
                    return Some(CloseReason { code: close_code::AWAY, why: "nothing was heard from you" });
                }
                let ping = tokio::time::timeout(WRITE, sink.send(Message::Ping(Bytes::new())));
                if beats % 2 == 1 && !matches!(ping.await, Ok(Ok(()))) {
                    return None;
                }
            }
        }
    }
}

const ENDED: CloseReason = CloseReason { code: SIGNED_OUT, why: "your session has ended" };

/// Whatever is ready goes out together.
async fn write(sink: &mut SplitSink<WebSocket, Message>, bytes: Bytes, coming: &mut mpsc::Receiver<Bytes>) -> Result<(), axum::Error> {
    sink.feed(Message::Binary(bytes)).await?;
    while let Ok(bytes) = coming.try_recv() {
        sink.feed(Message::Binary(bytes)).await?;
    }
    sink.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The session ends at the moment at which the room says the number: either the connection leaves, or it is no member.
    #[tokio::test]
    async fn a_connection_that_ends_while_it_comes_in_stays_no_member() {
        let mut number = Number::default();
        assert!(number.ask().send(7).is_ok());
        assert_eq!(number.at_last(), Some(7), "it leaves by it");

        let mut number = Number::default();
        let tell = number.ask();
        assert_eq!(number.at_last(), None);
        assert!(tell.send(7).is_err(), "the room hears that nobody is there");

        let mut number = Number::default();
        assert!(number.ask().send(7).is_ok());
        assert_eq!((number.wait().await, number.at_last()), (Some(7), Some(7)));
        assert_eq!(Number::default().at_last(), None, "it never asked to come in");
    }
}
