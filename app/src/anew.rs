//! Who asks for what a page reads: its person, who opened it or clicked, or the page itself, because others changed something.
//! What it reads by itself keeps nobody signed in. A page says which it is by the name of the server function: one whose name
//! ends in `_anew` does the same as its namesake, and the gate counts it as no use of the session.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Knows of a project's pages whether they are being read anew as a whole.
#[derive(Clone, Copy)]
pub struct Anew {
    path: Memo<String>,
    /// The path at which the whole page was read anew; forgotten when its person goes elsewhere.
    at: StoredValue<Option<String>>,
}

impl Anew {
    pub fn of_page() -> Anew {
        let (path, at) = (use_location().pathname, StoredValue::new(None::<String>));
        Effect::new(move |_| {
            let here = path.get();
            at.update_value(|at| {
                at.take_if(|at| *at != here);
            });
        });
        Anew { path, at }
    }

    /// The whole page is about to be read anew, and all that is on it.
    pub fn begin(self) {
        let _ = self.at.try_set_value(self.path.try_get_untracked());
    }

    /// Whether what is asked for now is asked for by the page itself.
    pub fn is(self) -> bool {
        let here = self.path.try_get_untracked();
        self.at.try_get_value().flatten().is_some_and(|at| Some(at) == here)
    }

    /// For what is read when it is first shown and again whenever something has become another than it was at `first`: whether
    /// a reading is the page's own.
    pub fn unless<T: PartialEq>(self, first: T) -> impl Fn(&T) -> bool {
        let own = StoredValue::new(self.is());
        move |now| {
            if *now != first {
                own.try_update_value(|own| *own = true);
            }
            own.try_get_value().unwrap_or(true)
        }
    }
}
