//! Writing together: the sheet a page shows, and in the browser the documents behind it, one connection a section.
//! On the server and until the connections stand, the page shows what it began with.

#[cfg(feature = "hydrate")]
mod browser;

use crate::ending::Ending;
use crate::live::Connection;
use domain::catalogue::{Field, Form};
use domain::project::sheet::SheetView;
use domain::role::Role;
use domain::sheet::{Entries, Values, writing};
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The person may look and not write.
    pub read_only: bool,
    /// The server did not take something that was written here.
    pub refused: bool,
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
    /// Sections that are shown masked: as they were when the page was loaded, to be read only.
    pub masked: StoredValue<BTreeSet<String>>,
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
            masked: StoredValue::new(view.masked),
            rooms: StoredValue::new(Rooms::default()),
        }
    }

    /// Opens the connections of a project's sections; they end with the page, and rest while its person is signed out.
    pub fn connect(self, project: String, me: String, ending: Ending) {
        #[cfg(feature = "hydrate")]
        browser::connect(self, &project, &me, ending);
        #[cfg(not(feature = "hydrate"))]
        let _ = (project, me, ending);
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

    pub fn is_masked(self, section: &str) -> bool {
        self.masked.with_value(|masked| masked.contains(section))
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
