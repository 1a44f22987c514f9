//! Who is where, as a browser says and hears it.

use super::room::Room;
use crate::together::Here;
use domain::role::Role;
use domain::sheet::protocol::{Frame, Presence};
use leptos::prelude::*;
use serde::Deserialize;

/// Who says nothing for long is gone. As y-protocols has it.
const GONE_MILLIS: f64 = 35_000.0;

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
    pub(super) fn hear_presence(&self, list: Vec<Presence>) {
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

    pub(super) fn say_here(&self) {
        self.clock.set(self.clock.get() + 1);
        let state = match self.field.borrow().as_deref() {
            Some(field) => format!("{{\"field\":\"{field}\"}}"),
            None => "{}".to_string(),
        };
        let presence = Presence { client: self.client, clock: self.clock.get(), state };
        self.send(&Frame::Presence(vec![presence]).encode());
    }

    pub(super) fn renew(&self) {
        self.say_here();
        let now = js_sys::Date::now();
        let gone: Vec<u64> = self.heard.borrow().iter().filter(|(_, (_, at))| now - at > GONE_MILLIS).map(|(client, _)| *client).collect();
        if gone.is_empty() {
            return;
        }
        let _ = self.sheet.here.try_update(|here| gone.iter().for_each(|client| drop(here.remove(client))));
        self.heard.borrow_mut().retain(|client, _| !gone.contains(client));
    }
}
