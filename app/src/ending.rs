//! Whether the person whose page this is is still signed in. A feed or a socket that fails does not say why; so it is asked,
//! once for all connections of the page. When the session has ended none of them tries again until the person is back.

use domain::account::Account;
use domain::id::Id;
use leptos::prelude::*;

/// How the session of a page stands.
#[derive(Clone, Copy)]
pub struct Ending {
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser asks"))]
    account: StoredValue<Id<Account>>,
    ended: RwSignal<bool>,
    /// It is being asked just now.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser asks"))]
    asking: StoredValue<bool>,
}

impl Ending {
    /// Of the page of this account. A person who signs in elsewhere and comes back to the page is asked for again.
    pub fn of(account: Id<Account>) -> Ending {
        let ending = Ending { account: StoredValue::new(account), ended: RwSignal::new(false), asking: StoredValue::new(false) };
        #[cfg(feature = "hydrate")]
        {
            let back = window_event_listener(leptos::ev::focus, move |_| {
                if ending.ended.try_get_untracked() == Some(true) {
                    ending.ask();
                }
            });
            on_cleanup(move || back.remove());
        }
        ending
    }

    /// Whether it has ended: nobody is signed in, or somebody else is.
    pub fn has_ended(self) -> bool {
        self.ended.get()
    }
}

#[cfg(feature = "hydrate")]
impl Ending {
    /// The same for who comes later than the page: gone with it, it has ended too.
    pub fn stops(self) -> bool {
        self.ended.try_get_untracked().unwrap_or(true)
    }

    /// Asks who is signed in. A server that cannot be reached says nothing of it.
    pub fn ask(self) {
        if self.asking.try_get_value().unwrap_or(true) {
            return;
        }
        self.asking.set_value(true);
        leptos::task::spawn_local(async move {
            let answer = crate::session::me_anew().await;
            let _ = self.asking.try_set_value(false);
            let Ok(person) = answer else { return };
            let Some(account) = self.account.try_get_value() else { return };
            let ended = person.is_none_or(|person| person.account != account);
            if self.ended.try_get_untracked().is_some_and(|before| before != ended) {
                let _ = self.ended.try_set(ended);
            }
        });
    }
}
