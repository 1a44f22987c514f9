//! What is written. It is applied, stored with its author, and only then told to the others; what comes while it is
//! being stored waits and is stored together.

use super::{Leaving, Member, Room};
use axum::body::Bytes;
use axum::extract::ws::close_code;
use domain::account::Account;
use domain::catalogue::Field;
use domain::id::Id;
use domain::sheet::protocol::Frame;
use domain::sheet::{Changed, Entry, LONGEST_VALUE, Stored, is_own};
use service::Fault;
use service::sheet::{Update, Written};
use yrs::{ReadTxn, Transact};

/// An update that is applied and waits to be stored.
pub(super) struct Fresh {
    from: u64,
    author: Id<Account>,
    own: bool,
    data: Vec<u8>,
    fields: Vec<Id<Field>>,
}

impl Room {
    /// Applies an update, or refuses it: then the document is as it was, and only its writer is told.
    pub(super) async fn written(&mut self, me: u64, data: &[u8], fresh: &mut Vec<Fresh>) -> Result<(), Fault> {
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
        let (author, own) = (member.guest.actor.account.clone(), is_own(&member.guest.actor));
        let Ok(applied) = self.document.try_apply(data) else {
            self.reload(fresh).await?;
            if let Some(bye) = self.members.get_mut(&me).and_then(|m| m.bye.take()) {
                let _ = bye.send(Leaving { code: close_code::UNSUPPORTED, why: "not an update" });
            }
            return Ok(());
        };
        if applied.incomplete {
            // Asked what it has, a client sends all that is missing here.
            self.reload(fresh).await?;
            let vector = self.document.doc.transact().state_vector();
            self.send(me, Frame::Have(vector).encode().into());
            return Ok(());
        }
        let Some(Member { guest, .. }) = self.members.get(&me) else { return Ok(()) };
        let mut wrong = None;
        let mut fields = Vec::new();
        for field in applied.changed {
            match field {
                None => wrong = Some("the form has no such field"),
                Some(field) if !guest.fields.contains(&field.id) => wrong = Some("this field is for others to fill in"),
                Some(field) => {
                    if self.document.is_longer(&field, LONGEST_VALUE) {
                        wrong = Some("a value is too long");
                    }
                    fields.push(field.id);
                }
            }
        }
        match wrong {
            None if applied.nothing => self.settle(me, fresh),
            None => fresh.push(Fresh { from: me, author, own, data: data.to_vec(), fields }),
            // The document has it and must not: it is read again, with what was rightly written since.
            Some(why) => {
                self.reload(fresh).await?;
                self.refuse(me, why);
                self.settle(me, fresh);
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
        let before = std::mem::replace(&mut self.seq, loaded.seq);
        (self.document, self.loose) = (loaded.document, loaded.loose);
        // What other servers stored meanwhile came along, and nobody here has been told of it.
        match self.service.sheets.since(&self.name, before).await? {
            Some(new) => {
                for (_, _, data) in new.into_iter().filter(|(seq, _, _)| *seq <= loaded.seq) {
                    self.send_all(None, &Frame::Update(data).encode().into());
                }
            }
            None => self.send_all(None, &Frame::Update(self.document.whole()).encode().into()),
        }
        let again = self.document.apply_all(fresh.iter().map(|f| f.data.as_slice()));
        again.map_err(|_| "an update that was applied cannot be applied again")?;
        if self.seq > before {
            let changed = self.service.sheets.changed_since(&self.name, before).await?;
            self.tell_stored(changed);
        }
        Ok(())
    }

    /// Stores what is applied; then everybody is told.
    pub(super) async fn store(&mut self, fresh: Vec<Fresh>) -> Result<(), Fault> {
        if fresh.is_empty() {
            return Ok(());
        }
        let changed = loop {
            let rows = self.rows(&fresh);
            let changed = if self.members.values().any(|m| m.told) { told(&rows, self.seq + 1) } else { Vec::new() };
            match self.service.sheets.write(&self.name, &self.project, self.seq, rows).await {
                Ok(Written::Done { seq }) => {
                    self.loose += seq - self.seq;
                    self.seq = seq;
                    break changed;
                }
                // Another server was first: its updates are applied, and ours are stored after them.
                Ok(Written::Behind) => self.catch_up(&fresh).await?,
                Err(fault) => {
                    // What is applied here is not on disk. Everybody comes back with what they have.
                    self.dismiss(Leaving { code: close_code::AGAIN, why: "it could not be stored; connect again" });
                    return Err(fault);
                }
            }
        };
        for update in &fresh {
            let frame: Bytes = Frame::Update(update.data.clone()).encode().into();
            self.send_all(Some(update.from), &frame);
            if let Some(member) = self.members.get_mut(&update.from) {
                member.settled = member.frames;
            }
        }
        self.tell_stored(changed);
        let document = &self.document;
        if self.service.sheets.compact(&self.name, &self.project, self.seq, self.loose, || document.whole()).await? {
            self.loose = 0;
        }
        Ok(())
    }

    /// What is stored of a batch: each update with its author, and each field once for each author, as it is in the end.
    fn rows(&self, fresh: &[Fresh]) -> Vec<Update> {
        let at = self.service.clock.now();
        let again = |i: usize, field: &Id<Field>| {
            fresh[i + 1..].iter().any(|later| later.author == fresh[i].author && later.fields.contains(field))
        };
        let value = |field: &Id<Field>| self.document.field(field.as_str()).map(|f| self.document.value(f)).unwrap_or_default();
        let row = |(i, one): (usize, &Fresh)| Update {
            author: one.author.clone(),
            own: one.own,
            at,
            data: one.data.clone(),
            changes: one.fields.iter().filter(|field| !again(i, field)).map(|field| (field.clone(), value(field))).collect(),
        };
        fresh.iter().enumerate().map(row).collect()
    }

    /// Applies and tells what other servers, or programs on this one, have stored.
    /// `fresh` is applied here and not stored yet.
    pub(super) async fn catch_up(&mut self, fresh: &[Fresh]) -> Result<(), Fault> {
        let Some(new) = self.service.sheets.since(&self.name, self.seq).await? else { return self.reload(fresh).await };
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
