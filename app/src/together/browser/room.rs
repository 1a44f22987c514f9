//! A section's document in the browser, and its connection.

use crate::ending::Ending;
use crate::live::Connection;
use crate::together::{Link, Sheet};
use domain::catalogue::Field;
use domain::date::Instant;
use domain::sheet::document::Document;
use domain::sheet::protocol::{Frame, READ_ONLY};
use domain::sheet::{Changed, Stored, Values, writing};
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use web_sys::WebSocket;
use yrs::undo::UndoManager;
use yrs::updates::decoder::Decode;
use yrs::{ReadTxn, StateVector, Transact};

/// What the person does here, as the undo knows it; everything else came from others.
pub(super) const MINE: &str = "mine";
pub(super) const THEIRS: &str = "theirs";
pub(super) const REOPEN_MILLIS: u32 = 500;

pub struct Room {
    pub(super) sheet: Sheet,
    pub(super) ending: Ending,
    pub(super) address: String,
    /// Where what is not stored yet is kept while the page is away: a place for each tab of the person.
    pub(super) keep: String,
    /// Places of tabs that were closed before it was stored; theirs is ours to store now.
    pub(super) adopted: RefCell<Vec<String>>,
    pub(super) section: String,
    pub(super) document: Document,
    pub(super) undo: RefCell<UndoManager<()>>,
    pub(super) outgoing: Rc<RefCell<Vec<Vec<u8>>>>,
    pub(super) socket: RefCell<Option<WebSocket>>,
    pub(super) handlers: RefCell<Vec<Box<dyn std::any::Any>>>,
    pub(super) timer: RefCell<Option<Interval>>,
    pub(super) client: u64,
    pub(super) clock: Cell<u64>,
    pub(super) field: RefCell<Option<String>>,
    pub(super) heard: RefCell<BTreeMap<u64, (u64, f64)>>,
    /// Update frames sent on this connection, the last of them that says something, those that are stored.
    pub(super) sent: Cell<u64>,
    pub(super) says: Cell<u64>,
    pub(super) stored: Cell<u64>,
    /// What the server had when all was stored.
    pub(super) base: RefCell<StateVector>,
    pub(super) patience: Cell<u32>,
    pub(super) left: Cell<bool>,
    /// It is to be opened again in a while.
    pub(super) waiting: Cell<bool>,
    /// We have answered what the server has: from then on every update is sent as it comes.
    pub(super) answered: Cell<bool>,
}

impl Room {
    pub(super) fn link(&self, change: impl FnOnce(&mut Link)) {
        let _ = self.sheet.links.try_update(|links| {
            if let Some(link) = links.get_mut(&self.section) {
                change(link);
            }
        });
    }

    pub(super) fn opened(&self) {
        self.patience.set(REOPEN_MILLIS);
        self.sent.set(0);
        self.says.set(0);
        self.stored.set(0);
        let vector = self.document.doc.transact().state_vector();
        self.send(&Frame::Have(vector).encode());
        self.say_here();
    }

    pub(super) fn closed(&self) {
        self.answered.set(false);
        self.heard.borrow_mut().clear();
        let section = self.section.clone();
        let _ = self.sheet.here.try_update(|here| here.retain(|_, one| one.section != section));
        self.link(|link| {
            if !matches!(link.connection, Connection::Away(_)) {
                link.connection = Connection::Away(Instant::from_unix_micros((js_sys::Date::now() * 1000.0) as i64));
            }
        });
    }

    pub(super) fn leave(&self) {
        self.left.set(true);
        self.timer.borrow_mut().take();
        if let Some(socket) = self.socket.borrow_mut().take() {
            socket.set_onclose(None);
            let _ = socket.close();
        }
    }

    pub(super) fn send(&self, bytes: &[u8]) -> bool {
        let socket = self.socket.borrow();
        socket.as_ref().is_some_and(|s| s.ready_state() == WebSocket::OPEN && s.send_with_u8_array(bytes).is_ok())
    }

    fn send_update(&self, frame: &[u8], says_something: bool) {
        if self.send(frame) {
            self.sent.set(self.sent.get() + 1);
            if says_something {
                self.says.set(self.sent.get());
            }
        }
    }

    pub(super) fn hear(&self, bytes: &[u8]) {
        let Ok(frame) = Frame::decode(bytes) else { return };
        match frame {
            Frame::Have(vector) => {
                let missing = self.document.doc.transact().encode_diff_v1(&vector);
                let ours = self.document.doc.transact().state_vector();
                // What was deleted does not show in the vector.
                let says = self.keeps() || ours.iter().any(|(client, clock)| vector.get(client) < *clock);
                self.send_update(&Frame::answer(&missing), says);
                *self.base.borrow_mut() = vector;
                self.answered.set(true);
                self.tell_unsaved();
            }
            Frame::Update(update) => {
                if let Ok(update) = yrs::Update::decode_v1(&update) {
                    let _ = self.document.doc.transact_mut_with(THEIRS).apply_update(update);
                    self.refresh();
                }
                if Frame::is_answer(bytes) {
                    let before = self.sheet.links.with_untracked(|l| l.get(&self.section).map(|l| l.connection));
                    let next = if matches!(before, Some(Connection::Away(_))) { Connection::Back } else { Connection::Live };
                    self.link(|link| link.connection = next);
                    self.refresh();
                }
            }
            Frame::Presence(list) => self.hear_presence(list),
            Frame::Stored(stored) => self.hear_stored(*stored),
            Frame::Denied(why) if why == READ_ONLY => self.link(|link| link.read_only = true),
            Frame::Denied(_) => self.link(|link| link.refused = true),
            Frame::AskPresence => self.say_here(),
            Frame::Other => {}
        }
    }

    fn hear_stored(&self, stored: Stored) {
        self.stored.set(stored.frames);
        if !stored.changed.is_empty() {
            let _ = self.sheet.entries.try_update(|entries| {
                for Changed { field, mut entry } in stored.changed {
                    entry.value = self.document.field(field.as_str()).map(|f| self.document.value(f)).unwrap_or_default();
                    entries.insert(field, entry);
                }
            });
        }
        self.tell_unsaved();
    }

    /// Sends what was done here, or keeps it until there is a connection.
    fn flush(&self) {
        let fresh = std::mem::take(&mut *self.outgoing.borrow_mut());
        if fresh.is_empty() {
            return;
        }
        let connected = self.answered.get();
        for update in fresh {
            if connected {
                self.send_update(&Frame::Update(update).encode(), true);
            }
        }
        self.refresh();
        if connected {
            self.tell_unsaved();
        } else {
            self.keep();
            self.link(|link| link.unsaved = true);
        }
    }

    /// Brings what the page shows up to what the document holds.
    fn refresh(&self) {
        let is = self.document.values();
        let sheet = self.sheet;
        let fields = self.document.fields();
        let differs = |shown: &Values| fields.iter().any(|f| shown.get(&f.id).map_or("", |v| v) != is.get(&f.id).map_or("", |v| v));
        if sheet.values.try_with_untracked(differs).unwrap_or(false) {
            let _ = sheet.values.try_update(|shown| {
                for field in fields {
                    match is.get(&field.id) {
                        Some(value) => shown.insert(field.id.clone(), value.clone()),
                        None => shown.remove(&field.id),
                    };
                }
            });
        }
        let before = fields.iter().filter(|f| !f.kind.is_written());
        let before: Vec<_> = before.map(|f| (f.id.clone(), self.document.before(f))).collect();
        let moved = |shown: &Values| before.iter().any(|(id, value)| shown.get(id) != value.as_ref());
        if sheet.before.try_with_untracked(moved).unwrap_or(false) {
            let _ = sheet.before.try_update(|shown| {
                for (id, value) in before {
                    match value {
                        Some(value) => shown.insert(id, value),
                        None => shown.remove(&id),
                    };
                }
            });
        }
    }

    pub fn set(&self, field: &Field, to: &str) {
        self.document.set(&mut self.document.doc.transact_mut_with(MINE), field, to);
        self.flush();
    }

    pub fn edit(&self, field: &Field, edit: &writing::Edit) {
        self.document.edit(&mut self.document.doc.transact_mut_with(MINE), field, edit);
        self.flush();
    }

    pub fn undo(&self, again: bool) {
        let mut undo = self.undo.borrow_mut();
        if again {
            undo.redo_blocking();
        } else {
            undo.undo_blocking();
        }
        drop(undo);
        self.flush();
    }

    pub fn enter(&self, field: Option<&str>) {
        self.undo.borrow_mut().reset();
        *self.field.borrow_mut() = field.map(str::to_string);
        self.say_here();
    }
}
