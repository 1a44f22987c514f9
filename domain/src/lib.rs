//! What an approval *is*: the catalogue of matters, the working-day calendar, the guide map, and a
//! project with its rules. Pure: no I/O, no clock, no randomness, no async. It runs in the browser and
//! on the server alike, so both always agree on what is allowed.

#![warn(missing_docs)]

pub mod access;
pub mod account;
pub mod audit;
pub mod browser;
pub mod calendar;
#[cfg(feature = "yaml")]
pub mod case;
pub mod catalogue;
pub mod condition;
pub mod date;
pub mod deputy;
pub mod error;
pub mod guide;
pub mod id;
pub mod limit;
pub mod log;
pub mod media;
pub mod password;
pub mod plan;
pub mod project;
pub mod refusal;
pub mod role;
pub mod rule;
pub mod sheet;
pub mod text;

pub use error::Error;
pub use id::Id;
pub use refusal::Refusal;
pub use text::{Lang, Text};
