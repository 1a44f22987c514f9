//! Who is where. A client says which field it is in; who it is, the server says.

use super::Room;
use axum::body::Bytes;
use domain::sheet::protocol::{Frame, Presence};

/// Clients one connection may have in presence: a browser has one, a program few.
const CLIENTS: usize = 8;
/// Longest that a client may say of itself.
const LONGEST_PRESENCE: usize = 4096;

impl Room {
    pub(super) fn tell_presence(&mut self, to: u64) {
        let all: Vec<Presence> = self.presence.values().map(|(_, p)| p.clone()).collect();
        if !all.is_empty() {
            self.send(to, Frame::Presence(all).encode().into());
        }
    }

    /// Who somebody is, is said by the server: a name cannot be made up.
    pub(super) async fn moved(&mut self, me: u64, list: Vec<Presence>) {
        let Some(member) = self.members.get_mut(&me) else { return };
        let mut heard = Vec::new();
        for mut presence in list {
            let known = self.presence.get(&presence.client);
            // Clients also send on what they hear of others; that we know ourselves.
            if known.is_some_and(|(whose, was)| *whose != Some(me) || was.clock > presence.clock) {
                continue;
            }
            if known.is_none() {
                // A client that somebody else has written with is not this connection's to speak for.
                if self.writers.get(&presence.client).is_some_and(|account| *account != member.guest.actor.account) {
                    continue;
                }
                if presence.state == "null" || member.clients.len() >= CLIENTS {
                    continue;
                }
                member.clients.push(presence.client);
            }
            if presence.state.len() > LONGEST_PRESENCE {
                continue;
            }
            if presence.state != "null" {
                let Ok(serde_json::Value::Object(mut state)) = serde_json::from_str(&presence.state) else { continue };
                let person = &member.guest.person;
                state.insert(
                    "user".into(),
                    serde_json::json!({ "account": person.account, "name": person.name, "role": person.role, "firm": person.firm }),
                );
                presence.state = serde_json::Value::Object(state).to_string();
            }
            self.presence.insert(presence.client, (Some(me), presence.clone()));
            heard.push(presence);
        }
        self.spread(heard, me).await;
    }

    /// Tells everybody but the one who said it, on all servers.
    pub(super) async fn spread(&mut self, list: Vec<Presence>, from: u64) {
        if list.is_empty() {
            return;
        }
        let frame: Bytes = Frame::Presence(list).encode().into();
        self.send_all(Some(from), &frame);
        if let Err(fault) = self.service.sheets.tell_presence(&self.name, &frame).await {
            tracing::warn!(%fault, "other servers do not hear who is where");
        }
    }

    /// What another server says of its people.
    pub(super) fn hear_presence(&mut self, frame: &[u8]) {
        let Ok(Frame::Presence(mut list)) = Frame::decode(frame) else { return };
        list.retain(|presence| self.presence.get(&presence.client).is_none_or(|(whose, _)| whose.is_none()));
        for presence in &list {
            if presence.state == "null" {
                self.presence.remove(&presence.client);
            } else {
                self.presence.insert(presence.client, (None, presence.clone()));
            }
        }
        self.send_all(None, &Frame::Presence(list).encode().into());
    }
}
