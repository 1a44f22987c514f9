//! A room: everybody who has a section open on this server. One task owns its document; no lock.
//!
//! What somebody writes is applied, stored with its author, and only then told to the others. What comes while it
//! is being stored waits and is stored together.

use crate::AppState;
use axum::body::Bytes;
use axum::extract::ws::close_code;
use domain::account::Account;
use domain::catalogue::Field;
use domain::id::Id;
use domain::project::Project;
use domain::sheet::document::Document;
use domain::sheet::protocol::{Frame, Presence};
use domain::sheet::{Changed, Entry, LONGEST_VALUE, Stored};
use service::sheet::{Guest, Told, Update, Written, enter};
use service::{Fault, Service};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use yrs::{ReadTxn, Transact};

/// Messages that may wait for a room.
const INBOX: usize = 1024;
/// Most messages that are taken together.
const TOGETHER: usize = 256;
/// Looks for which an empty room stays open: people come back after a reload.
const LINGER: u32 = 4;
/// How often a room looks by itself: whether other servers were there, whether its people still may be.
const LOOK: Duration = Duration::from_secs(5);
/// Rights are asked anew when something happened to a project, and after so many looks anyway: sessions end.
const LOOKS_PER_ASKING: u32 = 6;
/// Clients one connection may have in presence: a browser has one, a program few.
const CLIENTS: usize = 8;
/// Longest that a client may say of itself.
const LONGEST_PRESENCE: usize = 4096;

const INCOMPLETE: &str = "something before it is missing";

/// Why the room closes a connection.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    pub code: u16,
    pub why: &'static str,
}

pub struct Joining {
    pub guest: Guest,
    pub token: String,
    pub told: bool,
}

pub enum ToRoom {
    Join { joining: Joining, out: mpsc::Sender<Bytes>, bye: oneshot::Sender<Leaving>, number: oneshot::Sender<u64> },
    Said { me: u64, frame: Frame, bytes: Bytes },
    Leave { me: u64 },
}

struct Member {
    guest: Guest,
    token: String,
    told: bool,
    out: mpsc::Sender<Bytes>,
    bye: Option<oneshot::Sender<Leaving>>,
    clients: Vec<u64>,
    /// Update frames heard, and of these the last whose fate is settled.
    frames: u64,
    settled: u64,
    /// What it wrote was refused: its document differs from ours for good.
    astray: bool,
}

/// An update that is applied and waits to be stored.
struct Fresh {
    from: u64,
    author: Id<Account>,
    own: bool,
    data: Vec<u8>,
    changes: Vec<(Id<Field>, String)>,
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
                    document: loaded.document,
                    seq: loaded.seq,
                    loose: loaded.loose,
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
        let mut grown = self.service.log.watch();
        let mut stopping: watch::Receiver<bool> = self.state.stopping.clone();
        let mut batch = Vec::with_capacity(TOGETHER);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
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
                    Ok(Told::Grown { document, seq }) if *document == self.name && seq > self.seq => self.catch_up().await?,
                    Ok(Told::Presence { document, frame }) if *document == self.name => self.hear_presence(&frame),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(broadcast::error::RecvError::Closed) => return Ok(()),
                },
                changed = grown.changed() => {
                    changed?;
                    rights_old = true;
                }
                _ = look.tick() => {
                    if self.service.sheets.last(&self.name).await? > self.seq {
                        self.catch_up().await?;
                    }
                    looks += 1;
                    if std::mem::take(&mut rights_old) || looks % LOOKS_PER_ASKING == 0 {
                        self.ask_rights().await;
                    }
                    self.drop_quiet();
                    empty_looks = if self.members.is_empty() { empty_looks + 1 } else { 0 };
                    if empty_looks > LINGER {
                        // Who comes just now finds the room closed and comes again.
                        return Ok(());
                    }
                }
                () = async { let _ = stopping.wait_for(|stopping| *stopping).await; } => {
                    self.dismiss(Leaving { code: close_code::AWAY, why: "the server is stopping" });
                    return Ok(());
                }
            }
        }
    }

    async fn take(&mut self, batch: impl Iterator<Item = ToRoom>) -> Result<(), Fault> {
        let mut fresh = Vec::new();
        for message in batch {
            match message {
                ToRoom::Join { joining, out, bye, number } => self.join(joining, out, bye, number),
                ToRoom::Leave { me } => self.leave(me).await,
                ToRoom::Said { me, frame, bytes } => match frame {
                    Frame::Have(vector) => {
                        // What is not stored yet nobody is told: first the one, then the other.
                        self.store(std::mem::take(&mut fresh)).await?;
                        let missing = self.document.doc.transact().encode_diff_v1(&vector);
                        self.send(me, Frame::answer(&missing).into());
                    }
                    Frame::Update(update) => self.written(me, &update, &mut fresh).await?,
                    Frame::Presence(list) => self.moved(me, list).await,
                    Frame::AskPresence => self.tell_presence(me),
                    Frame::Denied(_) | Frame::Stored(_) | Frame::Other => {
                        let _ = bytes;
                    }
                },
            }
        }
        self.store(fresh).await
    }

    fn join(&mut self, joining: Joining, out: mpsc::Sender<Bytes>, bye: oneshot::Sender<Leaving>, number: oneshot::Sender<u64>) {
        let me = self.next;
        self.next += 1;
        let Joining { guest, token, told } = joining;
        let read_only = guest.fields.is_empty();
        let member = Member { guest, token, told, out, bye: Some(bye), clients: Vec::new(), frames: 0, settled: 0, astray: false };
        self.members.insert(me, member);
        if number.send(me).is_err() {
            self.members.remove(&me);
            return;
        }
        let vector = self.document.doc.transact().state_vector();
        self.send(me, Frame::Have(vector).encode().into());
        self.tell_presence(me);
        if read_only {
            self.send(me, Frame::Denied("read-only".into()).encode().into());
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
        self.spread(gone, Some(me), true).await;
    }

    /// Closes connections whose outgoing frames pile up: they come back and get the whole.
    fn drop_quiet(&mut self) {
        self.members.retain(|_, member| !member.out.is_closed());
    }

    fn dismiss(&mut self, leaving: Leaving) {
        for member in self.members.values_mut() {
            if let Some(bye) = member.bye.take() {
                let _ = bye.send(leaving);
            }
        }
        self.members.clear();
    }

    fn send(&mut self, to: u64, bytes: Bytes) {
        let Some(member) = self.members.get_mut(&to) else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = member.out.try_send(bytes)
            && let Some(bye) = member.bye.take()
        {
            let _ = bye.send(Leaving { code: close_code::AGAIN, why: "too slow; connect again" });
        }
    }

    fn send_all(&mut self, except: Option<u64>, bytes: &Bytes) {
        let others: Vec<u64> = self.members.keys().copied().filter(|id| Some(*id) != except).collect();
        for other in others {
            self.send(other, bytes.clone());
        }
    }

    // ---- what is written -----------------------------------------------------------------------

    /// Applies an update, or refuses it: then the document is as it was, and only its writer is told.
    async fn written(&mut self, me: u64, data: &[u8], fresh: &mut Vec<Fresh>) -> Result<(), Fault> {
        let Some(member) = self.members.get_mut(&me) else { return Ok(()) };
        member.frames += 1;
        // Clients answer "this is what I have" with an update even when there is nothing in it.
        if data == [0, 0] || member.astray {
            self.settle(me, fresh);
            return Ok(());
        }
        if member.guest.fields.is_empty() {
            if !self.document.holds(data) {
                self.refuse(me, "you may look, not write");
            }
            self.settle(me, fresh);
            return Ok(());
        }
        let (author, own) = (member.guest.actor.account.clone(), member.guest.own());
        let allowed = member.guest.fields.clone();
        let Ok(applied) = self.document.try_apply(data) else {
            self.reload(fresh).await?;
            if let Some(bye) = self.members.get_mut(&me).and_then(|m| m.bye.take()) {
                let _ = bye.send(Leaving { code: close_code::UNSUPPORTED, why: "not an update" });
            }
            return Ok(());
        };
        let mut wrong = applied.incomplete.then_some(INCOMPLETE);
        let mut changes = Vec::new();
        for field in applied.changed {
            match field {
                None => wrong = Some("the form has no such field"),
                Some(field) if !allowed.contains(&field.id) => wrong = Some("this field is for others to fill in"),
                Some(field) => {
                    let value = self.document.value(&field);
                    if value.chars().count() > LONGEST_VALUE {
                        wrong = Some("a value is too long");
                    }
                    changes.push((field.id, value));
                }
            }
        }
        match wrong {
            None if applied.nothing => self.settle(me, fresh),
            None => fresh.push(Fresh { from: me, author, own, data: data.to_vec(), changes }),
            Some(why) => {
                // The document has it and must not: it is read again, with what was rightly written since.
                self.reload(fresh).await?;
                self.refuse(me, why);
                if why == INCOMPLETE {
                    // A client that has more than it sent will send it all.
                    if let Some(member) = self.members.get_mut(&me) {
                        member.astray = false;
                    }
                    let vector = self.document.doc.transact().state_vector();
                    self.send(me, Frame::Have(vector).encode().into());
                }
            }
        }
        Ok(())
    }

    /// A frame that leaves nothing to store is done with, unless one before it waits.
    fn settle(&mut self, me: u64, fresh: &[Fresh]) {
        let waits = fresh.iter().any(|f| f.from == me);
        let Some(member) = self.members.get_mut(&me).filter(|_| !waits) else { return };
        member.settled = member.frames;
        if member.told {
            let frame = Frame::Stored(Box::new(Stored { frames: member.settled, changed: Vec::new() })).encode();
            self.send(me, frame.into());
        }
    }

    fn refuse(&mut self, me: u64, why: &'static str) {
        let Some(member) = self.members.get_mut(&me) else { return };
        member.astray = true;
        tracing::warn!(document = self.name, account = member.guest.actor.account.as_str(), why, "an update was refused");
        self.send(me, Frame::Denied(why.into()).encode().into());
    }

    async fn reload(&mut self, fresh: &[Fresh]) -> Result<(), Fault> {
        let form = self.service.catalogue.form.clone();
        let loaded = self.service.sheets.load(&form, &self.name, &self.section).await?.ok_or("the sheet is gone")?;
        let before = self.seq;
        self.document = loaded.document;
        (self.seq, self.loose) = (loaded.seq, loaded.loose);
        let again = self.document.apply_all(fresh.iter().map(|f| f.data.as_slice()));
        again.map_err(|_| "an update that was applied cannot be applied again")?;
        // What other servers stored meanwhile came along, and nobody here has been told of it.
        for (_, _, data) in self.service.sheets.since(&self.name, before).await?.into_iter().filter(|(seq, _, _)| *seq <= loaded.seq) {
            self.send_all(None, &Frame::Update(data).encode().into());
        }
        Ok(())
    }

    /// Stores what is applied; then everybody is told.
    async fn store(&mut self, fresh: Vec<Fresh>) -> Result<(), Fault> {
        if fresh.is_empty() {
            return Ok(());
        }
        let rows = self.rows(&fresh);
        loop {
            match self.service.sheets.write(&self.name, &self.project, self.seq, rows.clone()).await {
                Ok(Written::Done { seq }) => {
                    self.seq = seq;
                    self.loose += rows.len() as u64;
                    break;
                }
                // Another server was first: its updates are applied, and ours are stored after them.
                Ok(Written::Behind) => self.catch_up().await?,
                Err(fault) => {
                    // What is applied here is not on disk. Everybody comes back with what they have.
                    self.dismiss(Leaving { code: close_code::AGAIN, why: "it could not be stored; connect again" });
                    return Err(fault);
                }
            }
        }
        for update in &fresh {
            let frame: Bytes = Frame::Update(update.data.clone()).encode().into();
            self.send_all(Some(update.from), &frame);
            if let Some(member) = self.members.get_mut(&update.from) {
                member.settled = member.frames;
            }
        }
        if self.members.values().any(|m| m.told) {
            let first = self.seq + 1 - rows.len() as u64;
            let changed = rows.iter().zip(first..).flat_map(|(row, seq)| {
                row.changes.iter().map(move |(field, _)| Changed {
                    field: field.clone(),
                    entry: Entry { value: String::new(), by: row.author.clone(), at: row.at, seq, own: row.own },
                })
            });
            self.tell_stored(changed.collect());
        }
        let document = &self.document;
        if self.service.sheets.compact(&self.name, self.seq, self.loose, || document.whole()).await? {
            self.loose = 0;
        }
        Ok(())
    }

    /// The rows of a batch: neighbours of one author are one update, with each field's last value.
    fn rows(&self, fresh: &[Fresh]) -> Vec<Update> {
        let at = self.service.clock.now();
        let mut rows: Vec<(Update, Vec<&[u8]>)> = Vec::new();
        for one in fresh {
            match rows.last_mut() {
                Some((row, data)) if row.author == one.author => {
                    row.changes.retain(|(field, _)| !one.changes.iter().any(|(other, _)| other == field));
                    row.changes.extend(one.changes.iter().cloned());
                    data.push(&one.data);
                }
                _ => {
                    let row = Update { author: one.author.clone(), own: one.own, at, data: Vec::new(), changes: one.changes.clone() };
                    rows.push((row, vec![&one.data]));
                }
            }
        }
        rows.into_iter()
            .map(|(mut row, data)| {
                row.data = match data[..] {
                    [one] => one.to_vec(),
                    _ => yrs::merge_updates_v1(&data).unwrap_or_default(),
                };
                row
            })
            .collect()
    }

    /// Applies and tells what other servers, or programs on this one, have stored.
    async fn catch_up(&mut self) -> Result<(), Fault> {
        let new = self.service.sheets.since(&self.name, self.seq).await?;
        let Some((last, _, _)) = new.last() else { return Ok(()) };
        let first = std::mem::replace(&mut self.seq, *last);
        self.loose += new.len() as u64;
        for (_, _, data) in &new {
            self.document.apply(data).map_err(|_| "a stored update cannot be read")?;
            let frame: Bytes = Frame::Update(data.clone()).encode().into();
            self.send_all(None, &frame);
        }
        let changed = self.service.sheets.changed_since(&self.name, first).await?;
        self.tell_stored(changed);
        Ok(())
    }

    /// Tells those who asked for it what is on disk, and who changed what. The document has the values.
    fn tell_stored(&mut self, changed: Vec<Changed>) {
        let changed: Vec<Changed> =
            changed.into_iter().map(|c| Changed { entry: Entry { value: String::new(), ..c.entry }, ..c }).collect();
        let frames: Vec<(u64, Bytes)> = self
            .members
            .iter()
            .filter(|(_, m)| m.told)
            .map(|(id, m)| (*id, Frame::Stored(Box::new(Stored { frames: m.settled, changed: changed.clone() })).encode().into()))
            .collect();
        for (to, frame) in frames {
            self.send(to, frame);
        }
    }

    // ---- who is where --------------------------------------------------------------------------

    fn tell_presence(&mut self, to: u64) {
        let all: Vec<Presence> = self.presence.values().map(|(_, p)| p.clone()).collect();
        if !all.is_empty() {
            self.send(to, Frame::Presence(all).encode().into());
        }
    }

    /// Who somebody is, is said by the server: a name cannot be made up.
    async fn moved(&mut self, me: u64, list: Vec<Presence>) {
        let Some(member) = self.members.get_mut(&me) else { return };
        let mut heard = Vec::new();
        for mut presence in list {
            let known = self.presence.get(&presence.client);
            // Clients also send on what they hear of others; that we know ourselves.
            if known.is_some_and(|(whose, was)| *whose != Some(me) || was.clock > presence.clock) {
                continue;
            }
            if known.is_none() {
                if presence.state == "null" || member.clients.len() >= CLIENTS {
                    continue;
                }
                member.clients.push(presence.client);
            }
            if presence.state.len() > LONGEST_PRESENCE {
                continue;
            }
            if presence.state != "null" {
                let Ok(serde_json::Value::Object(mut says)) = serde_json::from_str(&presence.state) else { continue };
                let person = &member.guest.person;
                says.insert(
                    "user".into(),
                    serde_json::json!({ "account": person.account, "name": person.name, "role": person.role, "firm": person.firm }),
                );
                presence.state = serde_json::Value::Object(says).to_string();
            }
            self.presence.insert(presence.client, (Some(me), presence.clone()));
            heard.push(presence);
        }
        self.spread(heard, Some(me), true).await;
    }

    async fn spread(&mut self, list: Vec<Presence>, except: Option<u64>, everywhere: bool) {
        if list.is_empty() {
            return;
        }
        let frame: Bytes = Frame::Presence(list).encode().into();
        self.send_all(except, &frame);
        if everywhere && let Err(fault) = self.service.sheets.tell_presence(&self.name, &frame).await {
            tracing::warn!(%fault, "other servers do not hear who is where");
        }
    }

    /// What another server says of its people.
    fn hear_presence(&mut self, frame: &[u8]) {
        let Ok(Frame::Presence(list)) = Frame::decode(frame) else { return };
        for presence in &list {
            if self.presence.get(&presence.client).is_some_and(|(whose, _)| whose.is_some()) {
                return;
            }
            if presence.state == "null" {
                self.presence.remove(&presence.client);
            } else {
                self.presence.insert(presence.client, (None, presence.clone()));
            }
        }
        self.send_all(None, &Frame::Presence(list).encode().into());
    }

    /// Asks anew who may be here: people change, sessions end.
    async fn ask_rights(&mut self) {
        let who: Vec<(u64, String)> = self.members.iter().map(|(id, m)| (*id, m.token.clone())).collect();
        for (id, token) in who {
            let answer = enter(&self.service, &token, &self.project, &self.section).await;
            let Some(member) = self.members.get_mut(&id) else { continue };
            match answer {
                Ok(guest) => member.guest = guest,
                Err(error) => {
                    let status = error.into_public().status();
                    // A fault of ours is nobody's end.
                    if status < 500
                        && let Some(bye) = member.bye.take()
                    {
                        let _ = bye.send(Leaving { code: close_code::POLICY, why: "you may not be here any more" });
                    }
                }
            }
        }
    }
}
