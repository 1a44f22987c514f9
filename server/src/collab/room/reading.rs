//! Who reads an identity number by being here while it is written, and who uses their session by writing.

use super::{CloseReason, Member, Room};
use axum::extract::ws::close_code;
use domain::access::USE_NOTED_SECONDS;
use domain::account::Account;
use domain::catalogue::Field;
use domain::id::Id;
use service::Context;
use std::collections::BTreeSet;

impl Room {
    /// Members to whom somebody else's writing in a field with an identity number is about to go.
    pub(super) fn readers_of<'w>(&self, written: impl Iterator<Item = (&'w Id<Field>, &'w Id<Account>)>) -> Vec<u64> {
        let personal = |field: &Id<Field>| self.document.field(field.as_str()).is_some_and(|f| f.readers.is_some());
        let authors: Vec<&Id<Account>> = written.filter(|(field, _)| personal(field)).map(|(_, author)| author).collect();
        let reads = |account: &Id<Account>| authors.iter().any(|author| *author != account);
        self.members.iter().filter(|(_, member)| reads(&member.guest.actor.account)).map(|(id, _)| *id).collect()
    }

    /// Everybody who is here.
    pub(super) fn everybody(&self) -> Vec<u64> {
        self.members.keys().copied().collect()
    }

    /// Puts on record that these members read the whole identity numbers of the section, before they are sent: once for each
    /// connection and day. To whom it cannot be put on record nothing is sent.
    pub(super) async fn put_on_record(&mut self, readers: Vec<u64>) {
        let holds = |field: &&Field| field.readers.is_some() && !self.document.value(field).trim().is_empty();
        let numbers: BTreeSet<Id<Field>> = self.document.fields().iter().filter(holds).map(|field| field.id.clone()).collect();
        if numbers.is_empty() {
            return;
        }
        let today = self.service.clock.now().date();
        let news = |id: &u64| self.members.get(id).filter(|member| member.read_on != Some(today)).map(|member| (*id, member));
        let context = |member: &Member| self.service.context(Some(member.guest.actor.clone())).from(&member.address);
        let (readers, contexts): (Vec<u64>, Vec<Context>) =
            readers.iter().filter_map(news).map(|(id, member)| (id, context(member))).unzip();
        if readers.is_empty() {
            return;
        }
        match service::sheet::record_readers(&self.service, &contexts, &self.project, &numbers).await {
            Ok(()) => {
                for id in readers {
                    if let Some(member) = self.members.get_mut(&id) {
                        member.read_on = Some(today);
                    }
                }
            }
            Err(error) => {
                // A fault is logged by this.
                error.into_public();
                for id in &readers {
                    self.close(*id, CloseReason { code: close_code::AGAIN, why: "it could not be put on record; connect again" });
                }
                for id in readers {
                    self.leave(id).await;
                }
            }
        }
    }

    /// Notes that the people of these members use what they came in by: they write. That a page is open is no use.
    pub(super) async fn note_use(&mut self, writers: Vec<u64>) {
        let now = self.service.clock.now();
        for id in writers {
            let Some(member) = self.members.get_mut(&id).filter(|m| m.noted.plus_seconds(USE_NOTED_SECONDS) <= now) else { continue };
            member.noted = now;
            let access = member.access.clone();
            if let Err(fault) = service::account::note_use(&self.service, &access).await {
                tracing::warn!(%fault, "that a session is in use was not noted");
            }
        }
    }
}
