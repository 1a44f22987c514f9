//! Writing together: the sheet a page shows, and in the browser the documents behind it, one connection a section.
//! On the server and until the connections stand, the page shows what it began with.

use crate::live::Connection;
use domain::account::Role;
use domain::catalogue::{Field, Form};
use domain::sheet::{Entries, SheetView, Values, writing};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// Somebody else who has the sheet open.
#[derive(Clone, PartialEq, Debug)]
pub struct Here {
    pub name: String,
    pub role: Role,
    pub section: String,
    /// The field they are in.
    pub field: Option<String>,
}

/// How a section's connection stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Link {
    pub connection: Connection,
    /// Something written here is not stored yet.
    pub unsaved: bool,
    /// The server does not take what is written here.
    pub denied: bool,
}

/// The sheet of a page.
#[derive(Clone, Copy)]
pub struct Sheet {
    pub form: StoredValue<Form>,
    pub values: RwSignal<Values>,
    /// What a value took the place of, where values are not written together.
    pub before: RwSignal<Values>,
    pub entries: RwSignal<Entries>,
    pub here: RwSignal<BTreeMap<u64, Here>>,
    pub links: RwSignal<BTreeMap<String, Link>>,
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser writes"))]
    rooms: StoredValue<Rooms>,
}

impl Sheet {
    pub fn new(view: SheetView) -> Sheet {
        let values = view.entries.iter().map(|(id, entry)| (id.clone(), entry.value.clone())).collect();
        Sheet {
            form: StoredValue::new(view.form),
            values: RwSignal::new(values),
            before: RwSignal::new(Values::new()),
            entries: RwSignal::new(view.entries),
            here: RwSignal::new(BTreeMap::new()),
            links: RwSignal::new(BTreeMap::new()),
            rooms: StoredValue::new(Rooms::default()),
        }
    }

    /// Opens the connections of a project's sections; they end with the page.
    pub fn connect(self, project: String, me: String) {
        #[cfg(feature = "hydrate")]
        browser::connect(self, &project, &me);
        #[cfg(not(feature = "hydrate"))]
        let _ = (project, me);
    }

    /// Sets a field as a whole.
    pub fn set(self, field: &Field, to: &str) {
        #[cfg(feature = "hydrate")]
        self.rooms.with_value(|rooms| rooms.of(&field.group, |room| room.set(field, to)));
        #[cfg(not(feature = "hydrate"))]
        let _ = (field, to);
    }

    /// Makes an edit in a text.
    pub fn edit(self, field: &Field, edit: &writing::Edit) {
        #[cfg(feature = "hydrate")]
        self.rooms.with_value(|rooms| rooms.of(&field.group, |room| room.edit(field, edit)));
        #[cfg(not(feature = "hydrate"))]
        let _ = (field, edit);
    }

    /// Says which field the person is in.
    pub fn enter(self, section: &str, field: Option<&str>) {
        #[cfg(feature = "hydrate")]
        self.rooms.with_value(|rooms| rooms.of(section, |room| room.enter(field)));
        #[cfg(not(feature = "hydrate"))]
        let _ = (section, field);
    }

    /// Takes back, or makes again, what the person did last in a section; nobody else's.
    pub fn undo(self, section: &str, again: bool) {
        #[cfg(feature = "hydrate")]
        self.rooms.with_value(|rooms| rooms.of(section, |room| room.undo(again)));
        #[cfg(not(feature = "hydrate"))]
        let _ = (section, again);
    }

    pub fn value(self, field: &str) -> String {
        self.values.with(|values| values.get(field).cloned()).unwrap_or_default()
    }
}

#[cfg(not(feature = "hydrate"))]
#[derive(Clone, Default)]
struct Rooms {}

#[cfg(feature = "hydrate")]
use browser::Rooms;

#[cfg(feature = "hydrate")]
mod browser {
    use super::*;
    use domain::date::Instant;
    use domain::sheet::document::Document;
    use domain::sheet::protocol::{Frame, Presence};
    use domain::sheet::{Changed, Stored};
    use gloo_timers::callback::Interval;
    use send_wrapper::SendWrapper;
    use serde::Deserialize;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::sync::Arc;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;
    use web_sys::{BinaryType, MessageEvent, WebSocket};
    use yrs::undo::{Options, UndoManager};
    use yrs::updates::decoder::Decode;
    use yrs::{ReadTxn, StateVector, Transact};

    /// What the person does here, as the undo knows it; everything else came from others.
    const MINE: &str = "mine";
    const THEIRS: &str = "theirs";
    const REOPEN_MILLIS: u32 = 500;
    const REOPEN_MOST_MILLIS: u32 = 20_000;
    /// Clients say again that they are here; who says nothing for long is gone. As y-protocols has it.
    const RENEW_MILLIS: u32 = 15_000;
    const GONE_MILLIS: f64 = 35_000.0;
    /// Typing within this time is taken back together.
    const UNDO_TOGETHER_MILLIS: u64 = 800;

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

    pub struct Room {
        sheet: Sheet,
        address: String,
        /// Where what is not stored yet is kept while the page is away: a place for each tab of the person.
        keep: String,
        /// Places of tabs that were closed before it was stored; theirs is ours to store now.
        adopted: RefCell<Vec<String>>,
        section: String,
        document: Document,
        undo: RefCell<UndoManager<()>>,
        outgoing: Rc<RefCell<Vec<Vec<u8>>>>,
        socket: RefCell<Option<WebSocket>>,
        handlers: RefCell<Vec<Box<dyn std::any::Any>>>,
        timer: RefCell<Option<Interval>>,
        client: u64,
        clock: Cell<u64>,
        field: RefCell<Option<String>>,
        heard: RefCell<BTreeMap<u64, (u64, f64)>>,
        /// Update frames sent on this connection, the last of them that says something, those that are stored.
        sent: Cell<u64>,
        says: Cell<u64>,
        stored: Cell<u64>,
        /// What the server had when all was stored.
        base: RefCell<StateVector>,
        patience: Cell<u32>,
        left: Cell<bool>,
        /// We have answered what the server has: from then on every update is sent as it comes.
        answered: Cell<bool>,
    }

    pub fn connect(sheet: Sheet, project: &str, me: &str) {
        let form = sheet.form.get_value();
        let location = window().location();
        let scheme = if location.protocol().is_ok_and(|p| p == "https:") { "wss" } else { "ws" };
        let host = location.host().unwrap_or_default();
        for group in &form.groups {
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
                address: format!("{scheme}://{host}/collab/{project}.{}?told=1", group.id),
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
                answered: Cell::new(false),
            });
            sheet.links.update(|links| {
                links.insert(group.id.clone(), Link { connection: Connection::Connecting, unsaved: false, denied: false });
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
        on_cleanup(move || {
            for (_, room) in std::mem::take(&mut *rooms.0.borrow_mut()) {
                room.leave();
            }
        });
    }

    fn open(room: Rc<Room>) {
        if room.left.get() {
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
            Closure::<dyn FnMut()>::new(move || {
                room.closed();
                let room = room.clone();
                leptos::task::spawn_local(async move {
                    let wait = room.patience.get();
                    room.patience.set((wait * 2).min(REOPEN_MOST_MILLIS));
                    gloo_timers::future::TimeoutFuture::new(wait).await;
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

    /// What the server says of a person in presence.
    #[derive(Deserialize)]
    struct Said {
        user: User,
        #[serde(default)]
        field: Option<String>,
    }

    #[derive(Deserialize)]
    struct User {
        name: String,
        role: Role,
    }

    impl Room {
        fn link(&self, change: impl FnOnce(&mut Link)) {
            let _ = self.sheet.links.try_update(|links| {
                if let Some(link) = links.get_mut(&self.section) {
                    change(link);
                }
            });
        }

        fn opened(&self) {
            self.patience.set(REOPEN_MILLIS);
            self.sent.set(0);
            self.says.set(0);
            self.stored.set(0);
            let vector = self.document.doc.transact().state_vector();
            self.send(&Frame::Have(vector).encode());
            self.say_here();
        }

        fn closed(&self) {
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

        fn leave(&self) {
            self.left.set(true);
            self.timer.borrow_mut().take();
            if let Some(socket) = self.socket.borrow_mut().take() {
                socket.set_onclose(None);
                let _ = socket.close();
            }
        }

        fn send(&self, bytes: &[u8]) -> bool {
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

        fn hear(&self, bytes: &[u8]) {
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
                Frame::Denied(_) => self.link(|link| link.denied = true),
                Frame::AskPresence => self.say_here(),
                Frame::Other => {}
            }
        }

        fn hear_presence(&self, list: Vec<Presence>) {
            let now = js_sys::Date::now();
            for presence in list.into_iter().filter(|p| p.client != self.client) {
                let known = self.heard.borrow().get(&presence.client).map(|(clock, _)| *clock);
                if known.is_some_and(|clock| clock > presence.clock) {
                    continue;
                }
                self.heard.borrow_mut().insert(presence.client, (presence.clock, now));
                let said: Option<Said> = serde_json::from_slice(presence.state.as_bytes()).ok();
                let section = self.section.clone();
                let _ = self.sheet.here.try_update(|here| match said {
                    Some(Said { user, field }) => {
                        here.insert(presence.client, Here { name: user.name, role: user.role, section, field });
                    }
                    None => {
                        here.remove(&presence.client);
                    }
                });
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

        /// What is not stored is kept by the browser, so that a page that is closed loses nothing.
        fn tell_unsaved(&self) {
            let unsaved = self.stored.get() < self.says.get();
            if unsaved {
                self.keep();
            } else if let Some(storage) = storage() {
                for place in self.adopted.take().iter().chain([&self.keep]) {
                    let _ = storage.remove_item(place);
                }
                *self.base.borrow_mut() = self.document.doc.transact().state_vector();
            }
            self.link(|link| link.unsaved = unsaved);
        }

        fn keep(&self) {
            if let Some(storage) = storage() {
                let diff = self.document.doc.transact().encode_diff_v1(&self.base.borrow());
                let _ = storage.set_item(&self.keep, &hex(&diff));
            }
        }

        /// Whether something is kept that may not be stored.
        fn keeps(&self) -> bool {
            !self.adopted.borrow().is_empty() || storage().is_some_and(|s| s.get_item(&self.keep).ok().flatten().is_some())
        }

        /// Takes over what was typed and not stored when a page was left, also that of other tabs.
        fn adopt(&self, places: &str) {
            let Some(storage) = storage() else { return };
            let all = (0..storage.length().unwrap_or(0)).filter_map(|i| storage.key(i).ok().flatten());
            let found: Vec<String> = all.filter(|place| place.starts_with(places)).collect();
            for place in found {
                let text = storage.get_item(&place).ok().flatten().unwrap_or_default();
                let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect();
                if bytes.is_some_and(|bytes| self.document.apply(&bytes).is_ok()) {
                    self.adopted.borrow_mut().push(place);
                }
            }
            // It goes out with our answer to what the server has.
            self.outgoing.borrow_mut().clear();
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
                let _ = sheet.before.try_update(|before| {
                    for field in fields.iter().filter(|f| !f.kind.is_written()) {
                        match self.document.before(field) {
                            Some(value) => before.insert(field.id.clone(), value),
                            None => before.remove(&field.id),
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

        fn say_here(&self) {
            self.clock.set(self.clock.get() + 1);
            let state = match self.field.borrow().as_deref() {
                Some(field) => format!("{{\"field\":\"{field}\"}}"),
                None => "{}".to_string(),
            };
            let presence = Presence { client: self.client, clock: self.clock.get(), state };
            self.send(&Frame::Presence(vec![presence]).encode());
        }

        fn renew(&self) {
            self.say_here();
            let now = js_sys::Date::now();
            let gone: Vec<u64> =
                self.heard.borrow().iter().filter(|(_, (_, at))| now - at > GONE_MILLIS).map(|(client, _)| *client).collect();
            if gone.is_empty() {
                return;
            }
            let _ = self.sheet.here.try_update(|here| gone.iter().for_each(|client| drop(here.remove(client))));
            self.heard.borrow_mut().retain(|client, _| !gone.contains(client));
        }
    }

    fn storage() -> Option<web_sys::Storage> {
        window().local_storage().ok().flatten()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }
}
