//! One generic identifier: `Id<Project>` cannot be given where `Id<Account>` is wanted.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

/// An identifier of a `K`: a slug from the catalogue or a UUIDv7 made by the server.
pub struct Id<K: ?Sized>(Arc<str>, PhantomData<fn() -> Box<K>>);

impl<K: ?Sized> Id<K> {
    /// An identifier from its text, which is not checked.
    pub fn new(text: impl AsRef<str>) -> Id<K> {
        Id(Arc::from(text.as_ref()), PhantomData)
    }

    /// The text, as it is stored and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<K: ?Sized> Clone for Id<K> {
    fn clone(&self) -> Self {
        Id(self.0.clone(), PhantomData)
    }
}
impl<K: ?Sized> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K: ?Sized> Eq for Id<K> {}
impl<K: ?Sized> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K: ?Sized> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K: ?Sized> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
/// Lets a map keyed by `Id` be asked with a `&str`.
impl<K: ?Sized> Borrow<str> for Id<K> {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl<K: ?Sized> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<K: ?Sized> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<K: ?Sized> From<&str> for Id<K> {
    fn from(text: &str) -> Self {
        Id::new(text)
    }
}
impl<K: ?Sized> From<String> for Id<K> {
    fn from(text: String) -> Self {
        Id::new(text)
    }
}
impl<K: ?Sized> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de, K: ?Sized> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Id::from)
    }
}
