//! What is written. It is applied, stored with its author, and only then told to the others; what comes while it is
//! being stored waits and is stored together.

use super::{CloseReason, Member, Room};
use axum::body::Bytes;
use axum::extract::ws::close_code;
use domain::account::Account;
use domain::catalogue::Field;
use domain::id::Id;
use domain::project::sheet::is_own;
use domain::sheet::document::{Applied, LARGEST_DOCUMENT};
use domain::sheet::protocol::Frame;
use domain::sheet::scan::{self, NotLetIn, Scanned};
use domain::sheet::{Changed, Entry, Stored};
use service::Fault;
use service::sheet::{Update, WriteOutcome};
use yrs::StateVector;
use yrs::block::ClientID;

/// An update that is applied and waits to be stored.
pub(super) struct PendingUpdate {
    from: u64,
    author: Id<Account>,
    own: bool,
    data: Vec<u8>,
    fields: Vec<Id<Field>>,
    scanned: Scanned,
    /// Clients that write for the first time.
    clients: Vec<u64>,
}

/// What comes of looking over an update before it is applied.
enum Looked {
    /// It may be applied.
    Good(Scanned),
    /// Something that comes before it is not here yet.
    Early,
    /// There is nothing in it that is not here.
    Known,
    Refused(&'static str),
    NoUpdate,
}

const NOT_THEIR_FIELD: &str = "this field is for others to fill in";
const NOT_THEIR_CLIENT: &str = "this is another person's writing";

impl Room {
    /// Applies an update, or refuses it: then the document is as it was, and only its writer is told.
    pub(super) async fn written(&mut self, me: u64, data: &[u8], pending: &mut Vec<PendingUpdate>) -> Result<(), Fault> {
        let Some(member) = self.members.get_mut(&me) else { return Ok(()) };
        member.frames += 1;
        // Clients answer "this is what I have" with an update even when there is nothing in it.
        if data == [0, 0] || member.rejected {
            self.acknowledge(me, pending);
            return Ok(());
        }
        let scanned = match self.look_over(me, data) {
            Looked::Good(scanned) => scanned,
            Looked::Known => {
                self.acknowledge(me, pending);
                return Ok(());
            }
            // Asked what it has, a client sends all that is missing here.
            Looked::Early => {
                self.send(me, Frame::Have(self.document.state()).encode().into());
                return Ok(());
            }
            Looked::Refused(why) => {
                self.refuse(me, why);
                self.acknowledge(me, pending);
                return Ok(());
            }
            Looked::NoUpdate => {
                self.close(me, CloseReason { code: close_code::UNSUPPORTED, why: "not an update" });
                return Ok(());
            }
        };
        let before = self.gaps.then(|| self.document.state());
        let applied = match self.document.try_apply(data) {
            Ok(applied) if !applied.incomplete => applied,
            bad => {
                self.reload(pending).await?;
                match bad {
                    Ok(_) => self.send(me, Frame::Have(self.document.state()).encode().into()),
                    Err(_) => self.close(me, CloseReason { code: close_code::UNSUPPORTED, why: "not an update" }),
                }
                return Ok(());
            }
        };
        if applied.nothing {
            self.acknowledge(me, pending);
            return Ok(());
        }
        match self.admit(me, &applied, &scanned, before, data.len()) {
            Ok(fields) => {
                let Some(Member { guest, .. }) = self.members.get(&me) else { return Ok(()) };
                let (author, own) = (guest.actor.account.clone(), is_own(&guest.actor));
                let clients: Vec<u64> = scanned.blocks.keys().copied().filter(|client| !self.writers.contains_key(client)).collect();
                self.writers.extend(clients.iter().map(|client| (*client, author.clone())));
                pending.push(PendingUpdate { from: me, author, own, data: data.to_vec(), fields, scanned, clients });
            }
            // The document has it and must not: it is read again, with what was rightly written since.
            Err(why) => {
                self.reload(pending).await?;
                self.refuse(me, why);
                self.acknowledge(me, pending);
            }
        }
        Ok(())
    }

    /// What can be said of an update by its bytes alone: nothing has decoded them yet.
    fn look_over(&self, me: u64, data: &[u8]) -> Looked {
        let Some(Member { guest, .. }) = self.members.get(&me) else { return Looked::NoUpdate };
        let scanned = match self.document.look_over(data) {
            Ok(scanned) => scanned,
            Err(NotLetIn::Malformed(_)) => return Looked::NoUpdate,
            Err(NotLetIn::Unwanted(why)) => return Looked::Refused(why),
        };
        if guest.fields.is_empty() {
            return if self.document.holds(data) { Looked::Known } else { Looked::Refused("you may look, not write") };
        }
        let vector = self.document.state();
        let state = |client: u64| u64::from(vector.get(&ClientID::new(client)));
        if !scanned.follows(state) {
            return Looked::Early;
        }
        if scanned.writers(state).any(|client| self.writer(client).is_some_and(|account| account != guest.actor.account)) {
            return Looked::Refused(NOT_THEIR_CLIENT);
        }
        let new = |(client, clocks, _): &&(u64, std::ops::Range<u64>, String)| clocks.end > state(*client);
        if scanned.named.iter().filter(new).any(|(_, _, root)| !guest.fields.contains(&Id::from(root.as_str()))) {
            return Looked::Refused(NOT_THEIR_FIELD);
        }
        Looked::Good(scanned)
    }

    /// Whose a client is: who wrote with it, or who says of itself that it is here.
    pub(super) fn writer(&self, client: u64) -> Option<Id<Account>> {
        if let Some(account) = self.writers.get(&client) {
            return Some(account.clone());
        }
        let (whose, presence) = self.presence.get(&client)?;
        match whose {
            Some(member) => self.members.get(member).map(|m| m.guest.actor.account.clone()),
            // Another server has said who that is.
            None => serde_json::from_str::<serde_json::Value>(&presence.state).ok()?.get("user")?.get("account")?.as_str().map(Id::from),
        }
    }

    /// Which fields an update has changed, if the writer may change all of them and they hold what they should.
    fn admit(
        &mut self,
        me: u64,
        applied: &Applied,
        scanned: &Scanned,
        before: Option<StateVector>,
        bytes: usize,
    ) -> Result<Vec<Id<Field>>, &'static str> {
        let Some(Member { guest, .. }) = self.members.get(&me) else { return Err("you are not here") };
        let fields: Option<Vec<&Field>> = applied.changed.iter().map(Option::as_ref).collect();
        let fields = fields.ok_or("the form has no such field")?;
        if fields.iter().any(|field| !guest.fields.contains(&field.id)) {
            return Err(NOT_THEIR_FIELD);
        }
        // A clock that goes on without a field that changes is somebody's writing that will vanish.
        if fields.is_empty() {
            return Err("it changes no field");
        }
        self.document.fits(&fields, scanned)?;
        if let Some(before) = before {
            let new = self.document.missing(&before).map_err(|_| "not an update")?;
            if scan::of_stored(&new).map_or(true, |scanned| scanned.gaps) {
                return Err("it stands beside what is gone");
            }
        }
        self.size += bytes;
        if self.size > LARGEST_DOCUMENT {
            self.size = self.document.whole().len();
            if self.size > LARGEST_DOCUMENT {
                return Err("this section is full");
            }
        }
        Ok(fields.into_iter().map(|field| field.id.clone()).collect())
    }

    /// A frame that leaves nothing to store is done with, unless one before it waits.
    fn acknowledge(&mut self, me: u64, pending: &[PendingUpdate]) {
        let waits = pending.iter().any(|f| f.from == me);
        let Some(member) = self.members.get_mut(&me).filter(|_| !waits) else { return };
        member.acknowledged = member.frames;
        if member.told {
            let frame = Frame::Stored(Box::new(Stored { frames: member.acknowledged, changed: Vec::new() })).encode();
            self.send(me, frame.into());
        }
    }

    fn refuse(&mut self, me: u64, why: &'static str) {
        let Some(member) = self.members.get_mut(&me) else { return };
        member.rejected = true;
        tracing::warn!(document = self.name, account = member.guest.actor.account.as_str(), why, "an update was refused");
        self.send(me, Frame::Denied(why.into()).encode().into());
    }

    async fn reload(&mut self, pending: &[PendingUpdate]) -> Result<(), Fault> {
        let form = self.service.catalogue.form.clone();
        let loaded = self.service.sheets.load(&form, &self.name, &self.section).await?.ok_or("the sheet is gone")?;
        let before = std::mem::replace(&mut self.seq, loaded.seq);
        (self.document, self.loose, self.writers, self.gaps) = (loaded.document, loaded.loose, loaded.writers, loaded.gaps);
        for update in pending {
            for client in update.scanned.blocks.keys() {
                self.writers.entry(*client).or_insert_with(|| update.author.clone());
            }
        }
        // What other servers stored meanwhile came along, and nobody here has been told of it.
        let since = self.service.sheets.since(&self.name, before).await?;
        if since.as_ref().is_none_or(|new| !new.is_empty()) {
            self.put_on_record(self.everybody()).await;
        }
        match since {
            Some(new) => {
                for (_, _, data) in new.into_iter().filter(|(seq, _, _)| *seq <= loaded.seq) {
                    self.send_all(None, &Frame::Update(data).encode().into());
                }
            }
            None => self.send_all(None, &Frame::Update(self.document.whole()).encode().into()),
        }
        let again = self.document.apply_all(pending.iter().map(|f| f.data.as_slice()));
        again.map_err(|_| "an update that was applied cannot be applied again")?;
        if self.seq > before {
            let changed = self.service.sheets.changed_since(&self.name, before).await?;
            self.tell_stored(changed);
        }
        Ok(())
    }

    /// Stores what is applied; then everybody is told.
    pub(super) async fn store(&mut self, mut pending: Vec<PendingUpdate>) -> Result<(), Fault> {
        let changed = loop {
            if pending.is_empty() {
                return Ok(());
            }
            let rows = self.rows(&pending);
            let changed = if self.members.values().any(|m| m.told) { told(&rows, self.seq + 1) } else { Vec::new() };
            match self.service.sheets.write(&self.name, &self.project, self.seq, rows).await {
                Ok(WriteOutcome::Done { seq }) => {
                    self.loose += seq - self.seq;
                    self.seq = seq;
                    break changed;
                }
                // Another server was first: its updates are applied, and ours are stored after them.
                Ok(WriteOutcome::Conflict) => {
                    let before = self.seq;
                    self.catch_up(&pending).await?;
                    if self.seq == before {
                        self.dismiss(CloseReason { code: close_code::AGAIN, why: "it could not be stored; connect again" });
                        return Err("updates that the sheet counts are not stored".into());
                    }
                    self.give_way(&mut pending).await?;
                }
                Err(fault) => {
                    // What is applied here is not on disk. Everybody comes back with what they have.
                    self.dismiss(CloseReason { code: close_code::AGAIN, why: "it could not be stored; connect again" });
                    return Err(fault);
                }
            }
        };
        self.note_use(pending.iter().map(|update| update.from).collect()).await;
        let written = pending.iter().flat_map(|update| update.fields.iter().map(|field| (field, &update.author)));
        self.put_on_record(self.readers_of(written)).await;
        for update in &pending {
            let frame: Bytes = Frame::Update(update.data.clone()).encode().into();
            self.send_all(Some(update.from), &frame);
            if let Some(member) = self.members.get_mut(&update.from) {
                member.acknowledged = member.frames;
            }
        }
        self.tell_stored(changed);
        let document = &self.document;
        if self.service.sheets.compact(&self.name, &self.project, self.seq, self.loose, || document.whole()).await? {
            self.loose = 0;
        }
        Ok(())
    }

    /// Takes back what was applied here with a client that turned out to be somebody else's at another server.
    async fn give_way(&mut self, pending: &mut Vec<PendingUpdate>) -> Result<(), Fault> {
        let writers = self.service.sheets.writers(&self.name).await?;
        let theirs = |update: &PendingUpdate| update.clients.iter().all(|client| writers.get(client).is_none_or(|a| *a == update.author));
        let (good, bad): (Vec<PendingUpdate>, Vec<PendingUpdate>) = std::mem::take(pending).into_iter().partition(theirs);
        *pending = good;
        if bad.is_empty() {
            return Ok(());
        }
        self.reload(pending).await?;
        for update in bad {
            self.refuse(update.from, NOT_THEIR_CLIENT);
            self.acknowledge(update.from, pending);
        }
        Ok(())
    }

    /// What is stored of a batch: each update with its author, and each field once for each author, as it is in the end.
    fn rows(&self, pending: &[PendingUpdate]) -> Vec<Update> {
        let at = self.service.clock.now();
        let again = |i: usize, field: &Id<Field>| {
            pending[i + 1..].iter().any(|later| later.author == pending[i].author && later.fields.contains(field))
        };
        let value = |field: &Id<Field>| self.document.field(field.as_str()).map(|f| self.document.value(f)).unwrap_or_default();
        let row = |(i, one): (usize, &PendingUpdate)| Update {
            author: one.author.clone(),
            clients: one.clients.clone(),
            own: one.own,
            at,
            data: one.data.clone(),
            changes: one.fields.iter().filter(|field| !again(i, field)).map(|field| (field.clone(), value(field))).collect(),
        };
        pending.iter().enumerate().map(row).collect()
    }

    /// Applies and tells what other servers, or programs on this one, have stored.
    /// `pending` is applied here and not stored yet.
    pub(super) async fn catch_up(&mut self, pending: &[PendingUpdate]) -> Result<(), Fault> {
        let Some(new) = self.service.sheets.since(&self.name, self.seq).await? else { return self.reload(pending).await };
        let Some((last, _, _)) = new.last() else { return Ok(()) };
        let first = std::mem::replace(&mut self.seq, *last);
        self.loose += new.len() as u64;
        let changed = self.service.sheets.changed_since(&self.name, first).await?;
        for (_, author, data) in &new {
            let scanned = scan::of_stored(data).unwrap_or_default();
            self.gaps |= scanned.gaps;
            for client in scanned.blocks.keys() {
                self.writers.insert(*client, author.clone());
            }
            self.document.apply(data).map_err(|_| "a stored update cannot be read")?;
        }
        self.put_on_record(self.readers_of(changed.iter().map(|one| (&one.field, &one.entry.by)))).await;
        for (_, _, data) in new {
            self.send_all(None, &Frame::Update(data).encode().into());
        }
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
            .map(|(id, m)| (*id, Frame::Stored(Box::new(Stored { frames: m.acknowledged, changed: changed.clone() })).encode().into()))
            .collect();
        for (to, frame) in frames {
            self.send(to, frame);
        }
    }
}

/// What is told of updates, the first of which has this number: who changed what. The document has the values.
fn told(rows: &[Update], first: u64) -> Vec<Changed> {
    let of = |(row, seq): (&Update, u64)| {
        let (by, at, own) = (row.author.clone(), row.at, row.own);
        let entry = Entry { value: String::new(), by, at, seq, own };
        row.changes.iter().map(move |(field, _)| Changed { field: field.clone(), entry: entry.clone() }).collect::<Vec<_>>()
    };
    rows.iter().zip(first..).flat_map(of).collect()
}
