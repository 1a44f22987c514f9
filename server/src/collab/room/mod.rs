//! A room: everybody who has a section open on this server. One task owns its document; no lock.

mod presence;
mod reading;
mod writing;

use crate::AppState;
use axum::body::Bytes;
use axum::extract::ws::close_code;
use domain::account::Account;
use domain::date::{Date, Instant};
use domain::id::Id;
use domain::project::Project;
use domain::sheet::document::Document;
use domain::sheet::protocol::{Frame, Presence, READ_ONLY};
use service::account::Access;
use service::sheet::{Guest, SheetNotification, enter};
use service::{Fault, Service};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// Messages that may wait for a room.
const INBOX: usize = 1024;
/// Most messages that are taken together.
const TOGETHER: usize = 256;
/// Looks for which an empty room stays open: people come back after a reload.
const LINGER: u32 = 4;
/// How often a room looks by itself: whether other servers were there, whether its people still may be.
const LOOK: Duration = Duration::from_secs(5);
/// Rights are asked anew when something happened to the project, and after so many looks anyway: a deputy's last day passes.
const LOOKS_PER_ASKING: u32 = 6;
/// How soon after something happened.
const ASK: Duration = Duration::from_millis(500);
/// Why the room closes a connection.
#[derive(Clone, Copy, Debug)]
pub struct CloseReason {
    /// The socket's close code (RFC 6455, 7.4).
    pub code: u16,
    /// In words, for the program at the other end.
    pub why: &'static str,
}

/// A connection that comes into a room.
pub struct Joining {
    /// Who it is and which fields they may write.
    pub guest: Guest,
    /// What they came in by.
    pub access: Access,
    /// Where the connection comes from.
    pub address: String,
    /// The day on which it was put on record that this connection reads identity numbers; none: there was none to read.
    pub read_on: Option<Date>,
    /// It asked to be told what is stored, by whom.
    pub told: bool,
}

/// What connections send to their room.
pub enum ToRoom {
    Join {
        joining: Box<Joining>,
        out: mpsc::Sender<Bytes>,
        close: oneshot::Sender<CloseReason>,
        number: oneshot::Sender<u64>,
    },
    Said {
        me: u64,
        frame: Frame,
    },
    /// What this member may do may have changed.
    AskRights {
        me: u64,
    },
    Leave {
        me: u64,
    },
}

struct Member {
    guest: Guest,
    access: Access,
    address: String,
    read_on: Option<Date>,
    /// When it was last noted that its person uses the session: by writing here, or, when they came in, by anything.
    noted: Instant,
    told: bool,
    out: mpsc::Sender<Bytes>,
    close: Option<oneshot::Sender<CloseReason>>,
    clients: Vec<u64>,
    /// How many update frames were heard, and how many of these were acknowledged: stored, or refused.
    frames: u64,
    acknowledged: u64,
    /// An update of its was refused: its document differs from ours from then on.
    rejected: bool,
}

struct Room {
    state: AppState,
    service: Service,
    name: String,
    project: Id<Project>,
    section: String,
    document: Document,
    seq: u64,
    loose: u64,
    /// Whose each client of the document is.
    writers: HashMap<u64, Id<Account>>,
    /// What is stored has blocks without contents; new ones have to be looked for.
    gaps: bool,
    /// Bytes of the document at most; when that is too many they are counted.
    size: usize,
    members: BTreeMap<u64, Member>,
    next: u64,
    /// What clients say of themselves, and whose they are; none: of another server.
    presence: HashMap<u64, (Option<u64>, Presence)>,
}

/// Opens a room; it closes by itself when everybody has left.
pub fn open(state: &AppState, name: String, project: Id<Project>, section: String) -> mpsc::Sender<ToRoom> {
    let (to, inbox) = mpsc::channel(INBOX);
    let state = state.clone();
    tokio::spawn(async move {
        let service = state.service();
        let loaded = service.sheets.load(&service.catalogue.form, &name, &section).await;
        match loaded {
            Ok(Some(loaded)) => {
                let room = Room {
                    service,
                    state,
                    name,
                    project,
                    section,
                    size: loaded.document.whole().len(),
                    document: loaded.document,
                    seq: loaded.seq,
                    loose: loaded.loose,
                    writers: loaded.writers,
                    gaps: loaded.gaps,
                    members: BTreeMap::new(),
                    next: 1,
                    presence: HashMap::new(),
                };
                if let Err(fault) = room.run(inbox).await {
                    tracing::error!(%fault, "a room was closed");
                }
            }
            Ok(None) => {}
            Err(fault) => tracing::error!(%fault, "a sheet cannot be opened"),
        }
    });
    to
}

impl Room {
    async fn run(mut self, mut inbox: mpsc::Receiver<ToRoom>) -> Result<(), Fault> {
        let mut news = self.service.sheets.news();
        let mut latest_seq = self.service.log.watch();
        let mut stopping: watch::Receiver<bool> = self.state.stopping.clone();
        let mut batch = Vec::with_capacity(TOGETHER);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut ask = tokio::time::interval(ASK);
        ask.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut version = service::project::version(&self.service, &self.project).await?;
        let (mut rights_old, mut looks, mut empty_looks) = (false, 0, 0);
        loop {
            tokio::select! {
                n = inbox.recv_many(&mut batch, TOGETHER) => {
                    if n == 0 {
                        return Ok(());
                    }
                    self.take(batch.drain(..)).await?;
                }
                told = news.recv() => match told {
                    Ok(SheetNotification::Updated { document, seq }) if *document == self.name && seq > self.seq => self.catch_up(&[]).await?,
                    Ok(SheetNotification::Presence { document, frame }) if *document == self.name => self.hear_presence(&frame),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up(&[]).await?,
                    Err(broadcast::error::RecvError::Closed) => return Ok(()),
                },
                changed = latest_seq.changed() => {
                    changed?;
                    rights_old = true;
                }
                _ = ask.tick(), if rights_old => {
                    rights_old = false;
                    // The log has grown; only what happened to this project concerns its people.
                    let now = service::project::version(&self.service, &self.project).await?;
                    if std::mem::replace(&mut version, now) != now {
                        self.ask_rights(None).await;
                    }
                }
                _ = look.tick() => {
                    if self.service.sheets.last(&self.name).await? > self.seq {
                        self.catch_up(&[]).await?;
                    }
                    self.let_go_of_the_gone().await;
                    looks += 1;
                    if looks % LOOKS_PER_ASKING == 0 {
                        self.ask_rights(None).await;
                    }
                    empty_looks = if self.members.is_empty() { empty_looks + 1 } else { 0 };
                    if empty_looks > LINGER {
                        // Who comes just now finds the room closed and comes again.
                        return Ok(());
                    }
                }
                () = async { let _ = stopping.wait_for(|stopping| *stopping).await; } => {
                    self.dismiss(CloseReason { code: close_code::AWAY, why: "the server is stopping" });
                    return Ok(());
                }
            }
        }
    }

    async fn take(&mut self, batch: impl Iterator<Item = ToRoom>) -> Result<(), Fault> {
        let mut pending = Vec::new();
        for message in batch {
            match message {
                ToRoom::Join { joining, out, close, number } => self.join(*joining, out, close, number),
                ToRoom::Leave { me } => self.leave(me).await,
                ToRoom::AskRights { me } => self.ask_rights(Some(me)).await,
                ToRoom::Said { me, frame } => match frame {
                    Frame::Have(vector) => {
                        // What is not stored yet nobody is told: first the one, then the other.
                        self.store(std::mem::take(&mut pending)).await?;
                        self.put_on_record(vec![me]).await;
                        match self.document.missing(&vector) {
                            Ok(missing) => self.send(me, Frame::answer(&missing).into()),
                            Err(_) => self.close(me, CloseReason { code: close_code::UNSUPPORTED, why: "not a state vector" }),
                        }
                    }
                    Frame::Update(update) => self.written(me, &update, &mut pending).await?,
                    Frame::Presence(list) => self.moved(me, list).await,
                    Frame::AskPresence => self.tell_presence(me),
                    Frame::Denied(_) | Frame::Stored(_) | Frame::Other => {}
                },
            }
        }
        self.store(pending).await
    }

    fn join(&mut self, joining: Joining, out: mpsc::Sender<Bytes>, close: oneshot::Sender<CloseReason>, number: oneshot::Sender<u64>) {
        let me = self.next;
        self.next += 1;
        let Joining { guest, access, address, read_on, told } = joining;
        let read_only = guest.fields.is_empty();
        // Coming in is no use: who comes anew before each minute is over and writes is using it nevertheless.
        let (noted, close) = (access.used.unwrap_or(Instant::from_unix_micros(0)), Some(close));
        let (clients, frames, acknowledged, rejected) = (Vec::new(), 0, 0, false);
        let member = Member { guest, access, address, read_on, noted, told, out, close, clients, frames, acknowledged, rejected };
        self.members.insert(me, member);
        if number.send(me).is_err() {
            self.members.remove(&me);
            return;
        }
        self.send(me, Frame::Have(self.document.state()).encode().into());
        self.tell_presence(me);
        if read_only {
            self.send(me, Frame::Denied(READ_ONLY.into()).encode().into());
        }
    }

    async fn leave(&mut self, me: u64) {
        let Some(member) = self.members.remove(&me) else { return };
        let gone: Vec<Presence> = member
            .clients
            .iter()
            .filter_map(|client| self.presence.remove(client))
            .map(|(_, was)| Presence { client: was.client, clock: was.clock + 1, state: "null".into() })
            .collect();
        self.spread(gone, me).await;
    }

    /// Members whose connection has ended without a word: nobody hears what is sent to them, and they would keep the room open.
    async fn let_go_of_the_gone(&mut self) {
        let gone: Vec<u64> = self.members.iter().filter(|(_, member)| member.out.is_closed()).map(|(id, _)| *id).collect();
        for id in gone {
            self.leave(id).await;
        }
    }

    fn close(&mut self, me: u64, reason: CloseReason) {
        if let Some(close) = self.members.get_mut(&me).and_then(|m| m.close.take()) {
            let _ = close.send(reason);
        }
    }

    fn dismiss(&mut self, reason: CloseReason) {
        for member in self.members.values_mut() {
            if let Some(close) = member.close.take() {
                let _ = close.send(reason);
            }
        }
        self.members.clear();
    }

    /// A connection whose frames pile up is let go: it comes back and gets the whole.
    fn send(&mut self, to: u64, bytes: Bytes) {
        let Some(member) = self.members.get_mut(&to) else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = member.out.try_send(bytes)
            && let Some(close) = member.close.take()
        {
            let _ = close.send(CloseReason { code: close_code::AGAIN, why: "too slow; connect again" });
        }
    }

    fn send_all(&mut self, except: Option<u64>, bytes: &Bytes) {
        let others: Vec<u64> = self.members.keys().copied().filter(|id| Some(*id) != except).collect();
        for other in others {
            self.send(other, bytes.clone());
        }
    }

    /// Asks anew who may be here, all or one: people change, sessions end.
    async fn ask_rights(&mut self, one: Option<u64>) {
        let asked = self.members.iter().filter(|(id, _)| one.is_none_or(|one| one == **id));
        let who: Vec<(u64, Access)> = asked.map(|(id, m)| (*id, m.access.clone())).collect();
        for (id, access) in who {
            let answer = enter(&self.service, &access, &self.project, &self.section).await;
            let Some(member) = self.members.get_mut(&id) else { continue };
            match answer {
                Ok(guest) => member.guest = guest,
                Err(error) => {
                    let status = error.into_public().status();
                    // A fault of ours is nobody's end.
                    if status < 500
                        && let Some(close) = member.close.take()
                    {
                        let _ = close.send(CloseReason { code: close_code::POLICY, why: "you may not be here any more" });
                    }
                }
            }
        }
    }
}
