//! Contents are compared with their digest when they are read, and what was compared is remembered.

use super::sealed::{Head, Layout, unopened};
use super::{Contents, changed};
use crate::crypto::Unopened;
use bytes::Bytes;
use domain::log::Digest;
use futures::{StreamExt, TryStreamExt};
use object_store::{Error, ObjectMeta};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Contents that are remembered as checked; the oldest go first.
const MOST: usize = 20_000;

/// What the store says of contents: as long as it stays, they are the ones that were checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    size: u64,
    tag: Option<String>,
    modified: i64,
    /// How the contents are sealed; `None`: they are from before contents were.
    head: Option<Head>,
}

impl Seen {
    /// What the store says of contents, and how they begin where they are sealed.
    pub fn of(meta: &ObjectMeta, head: Option<Head>) -> Seen {
        Seen { size: meta.size, tag: meta.e_tag.clone(), modified: meta.last_modified.timestamp_micros(), head }
    }

    /// Whether the store still has the same.
    pub fn is_still(&self, meta: &ObjectMeta) -> bool {
        *self == Seen::of(meta, self.head)
    }

    /// Whether they are stored sealed.
    pub fn is_sealed(&self) -> bool {
        self.head.is_some()
    }

    /// Where the chunks of what is sealed stand.
    pub fn layout(&self) -> Option<Layout> {
        Layout::of(self.head?, self.size)
    }
}

/// What this server has checked.
#[derive(Clone, Default, Debug)]
pub(super) struct Checked(Arc<Mutex<Known>>);

#[derive(Default, Debug)]
struct Known {
    seen: HashMap<Digest, Seen>,
    order: VecDeque<Digest>,
}

impl Checked {
    pub fn get(&self, digest: Digest) -> Option<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seen.get(&digest).cloned()
    }

    pub fn remember(&self, digest: Digest, seen: Seen) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.seen.insert(digest, seen).is_none() {
            known.order.push_back(digest);
            while known.order.len() > MOST
                && let Some(oldest) = known.order.pop_front()
            {
                known.seen.remove(&oldest);
            }
        }
    }

    pub fn forget(&self, digest: Digest) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.seen.remove(&digest);
        known.order.retain(|one| *one != digest);
    }
}

struct Going {
    stream: Contents,
    hasher: Sha256,
    /// The piece that waits until it is known not to be the last, or that the whole holds.
    held: Option<Bytes>,
    over: bool,
}

/// The same contents, ended by an error where they are not what their digest says: the last piece never goes out then.
pub(super) fn verified(digest: Digest, seen: Seen, checked: Checked, stream: Contents) -> Contents {
    let going = Going { stream, hasher: Sha256::new(), held: None, over: false };
    let step = move |mut going: Going| {
        let (checked, seen) = (checked.clone(), seen.clone());
        async move {
            if going.over {
                return Ok(None);
            }
            let not_so = || {
                checked.forget(digest);
                tracing::error!(%digest, "contents are not what their digest says");
                Error::Generic { store: "contents", source: changed(digest).into() }
            };
            // A key that is not here says nothing of the contents.
            let of_the_bytes = |error: &Error| unopened(error).is_some_and(|why| why != Unopened::NoKey);
            while let Some(piece) = going.stream.try_next().await.map_err(|e| if of_the_bytes(&e) { not_so() } else { e })? {
                going.hasher.update(&piece);
                if let Some(before) = going.held.replace(piece) {
                    return Ok(Some((before, going)));
                }
            }
            going.over = true;
            if Digest(std::mem::take(&mut going.hasher).finalize().into()) != digest {
                return Err(not_so());
            }
            checked.remember(digest, seen);
            Ok(going.held.take().map(|last| (last, going)))
        }
    };
    futures::stream::try_unfold(going, step).boxed()
}
