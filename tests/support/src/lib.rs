//! What the tests of several crates share. Nothing of it is in a release.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

pub mod catalogue;
#[cfg(feature = "service")]
pub mod filing;
pub mod kinds;
pub mod people;
#[cfg(feature = "server")]
pub mod portal;
pub mod rules;
#[cfg(feature = "service")]
pub mod world;
