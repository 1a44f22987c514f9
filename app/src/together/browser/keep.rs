//! What is not stored yet, kept by the browser: a page that is closed, or a browser that ends, loses nothing.

use super::room::Room;
use leptos::prelude::*;
use yrs::{ReadTxn, Transact};

impl Room {
    /// What is not stored is kept by the browser, so that a page that is closed loses nothing.
    pub(super) fn tell_unsaved(&self) {
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

    pub(super) fn keep(&self) {
        if let Some(storage) = storage() {
            let diff = self.document.doc.transact().encode_diff_v1(&self.base.borrow());
            let _ = storage.set_item(&self.keep, &hex(&diff));
        }
    }

    /// Whether something is kept that may not be stored.
    pub(super) fn keeps(&self) -> bool {
        !self.adopted.borrow().is_empty() || storage().is_some_and(|s| s.get_item(&self.keep).ok().flatten().is_some())
    }

    /// Takes over what was typed and not stored when a page was left, also that of other tabs.
    pub(super) fn adopt(&self, places: &str) {
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
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
