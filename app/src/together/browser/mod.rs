//! The documents behind a page's sheet: one connection a section, opened again whenever it breaks.

mod keep;
mod presence;
mod room;

use super::{Link, Sheet};
use crate::ending::Ending;
use crate::live::Connection;
use domain::sheet::document::Document;
use domain::sheet::protocol::SIGNED_OUT;
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use room::{MINE, REOPEN_MILLIS, Room, THEIRS};
use send_wrapper::SendWrapper;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};
use yrs::StateVector;
use yrs::undo::{Options, UndoManager};

const REOPEN_MOST_MILLIS: u32 = 20_000;
/// Clients say again that they are here. As y-protocols has it.
const RENEW_MILLIS: u32 = 15_000;
/// Typing within this time is taken back together.
const UNDO_TOGETHER_MILLIS: u64 = 800;
/// What a browser says of a connection that was refused or cut, and not of why.
const CUT: u16 = 1006;

type Open = Rc<RefCell<BTreeMap<String, Rc<Room>>>>;

#[derive(Clone)]
pub struct Rooms(SendWrapper<Open>);

impl Default for Rooms {
    fn default() -> Rooms {
        Rooms(SendWrapper::new(Rc::default()))
    }
}

impl Rooms {
    pub fn of(&self, section: &str, act: impl FnOnce(&Rc<Room>)) {
        let room = self.0.borrow().get(section).cloned();
        if let Some(room) = room {
            act(&room);
        }
    }
}

pub fn connect(sheet: Sheet, project: &str, me: &str, ending: Ending) {
    let form = sheet.form.get_value();
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|p| p == "https:") { "wss" } else { "ws" };
    let host = location.host().unwrap_or_default();
    for group in form.groups.iter().filter(|group| !sheet.is_masked(&group.id)) {
        let client = (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
        let document = Document::new(&form, &group.id, client);
        let options = Options {
            capture_timeout_millis: UNDO_TOGETHER_MILLIS,
            tracked_origins: Default::default(),
            capture_transaction: None,
            timestamp: Arc::new(|| js_sys::Date::now() as u64),
            init_undo_stack: Vec::new(),
            init_redo_stack: Vec::new(),
        };
        let mut undo = UndoManager::with_options(options);
        for field in document.fields() {
            if field.kind.is_written() {
                undo.expand_scope(&document.doc, &document.doc.get_or_insert_text(field.id.as_str()));
            } else {
                undo.expand_scope(&document.doc, &document.doc.get_or_insert_array(field.id.as_str()));
            }
        }
        undo.include_origin(MINE);
        let outgoing: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
        let queue = outgoing.clone();
        let observed = document.doc.observe_update_v1("out", move |txn, event| {
            if txn.origin() != Some(&THEIRS.into()) {
                queue.borrow_mut().push(event.update.clone());
            }
        });
        if observed.is_err() {
            continue;
        }
        let room = Rc::new(Room {
            sheet,
            ending,
            address: format!("{scheme}://{host}/collab/{project}.{}?told=1&account={me}", group.id),
            keep: format!("quanlian-sheet:{project}.{}:{me}:{client}", group.id),
            adopted: RefCell::default(),
            section: group.id.clone(),
            document,
            undo: RefCell::new(undo),
            outgoing,
            socket: RefCell::new(None),
            handlers: RefCell::default(),
            timer: RefCell::new(None),
            client,
            clock: Cell::new(0),
            field: RefCell::new(None),
            heard: RefCell::default(),
            sent: Cell::new(0),
            says: Cell::new(0),
            stored: Cell::new(0),
            base: RefCell::new(StateVector::default()),
            patience: Cell::new(REOPEN_MILLIS),
            left: Cell::new(false),
            waiting: Cell::new(false),
            answered: Cell::new(false),
        });
        sheet.links.update(|links| {
            links.insert(group.id.clone(), Link { connection: Connection::Connecting, unsaved: false, read_only: false, refused: false });
        });
        room.adopt(&format!("quanlian-sheet:{project}.{}:{me}:", group.id));
        let weak = Rc::downgrade(&room);
        *room.timer.borrow_mut() = Some(Interval::new(RENEW_MILLIS, move || {
            if let Some(room) = weak.upgrade() {
                room.renew();
            }
        }));
        sheet.rooms.with_value(|rooms| rooms.0.borrow_mut().insert(group.id.clone(), room.clone()));
        open(room);
    }
    let rooms = sheet.rooms.get_value();
    // Whoever is back goes on where they were; what they wrote meanwhile goes out with the first answer.
    let back = rooms.clone();
    Effect::new(move |before: Option<bool>| {
        let ended = ending.has_ended();
        if before == Some(true) && !ended {
            for room in back.0.borrow().values().filter(|room| !room.waiting.get()) {
                room.patience.set(REOPEN_MILLIS);
                open(room.clone());
            }
        }
        ended
    });
    on_cleanup(move || {
        for (_, room) in std::mem::take(&mut *rooms.0.borrow_mut()) {
            room.leave();
        }
    });
}

fn open(room: Rc<Room>) {
    if room.left.get() || room.ending.stops() {
        return;
    }
    let Ok(socket) = WebSocket::new(&room.address) else { return };
    socket.set_binary_type(BinaryType::Arraybuffer);
    let opened = {
        let room = room.clone();
        Closure::<dyn FnMut()>::new(move || room.opened())
    };
    let heard = {
        let room = room.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Ok(buffer) = event.data().dyn_into::<js_sys::ArrayBuffer>() {
                room.hear(&js_sys::Uint8Array::new(&buffer).to_vec());
            }
        })
    };
    let closed = {
        let room = room.clone();
        Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            room.closed();
            if matches!(event.code(), SIGNED_OUT | CUT) {
                room.ending.ask();
            }
            room.waiting.set(true);
            let room = room.clone();
            leptos::task::spawn_local(async move {
                let wait = room.patience.get();
                room.patience.set((wait * 2).min(REOPEN_MOST_MILLIS));
                gloo_timers::future::TimeoutFuture::new(wait).await;
                room.waiting.set(false);
                open(room);
            });
        })
    };
    socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
    *room.socket.borrow_mut() = Some(socket);
    // The handler that is running just now is the one before: it goes at the next opening.
    let mut handlers = room.handlers.borrow_mut();
    if handlers.len() > 3 {
        handlers.drain(..3);
    }
    handlers.extend([Box::new(opened) as Box<dyn std::any::Any>, Box::new(heard), Box::new(closed)]);
}
