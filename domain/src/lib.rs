//! What an approval *is*: the catalogue of matters, the working-day calendar, the guide map, and a
//! project with its rules. Pure: no I/O, no clock, no randomness, no async. It runs in the browser and
//! on the server alike, so both always agree on what is allowed.

pub mod access;
pub mod account;
pub mod audit;
pub mod browser;
pub mod calendar;
#[cfg(feature = "yaml")]
pub mod case;
pub mod catalogue;
pub mod certificate;
pub mod condition;
pub mod consultation;
pub mod date;
pub mod difficulty;
pub mod error;
pub mod guide;
pub mod id;
pub mod limit;
pub mod log;
pub mod material;
pub mod matter;
pub mod password;
pub mod plan;
pub mod policy;
pub mod project;
pub mod project_card;
pub mod refusal;
pub mod review;
pub mod sheet;
pub mod standing;
pub mod submission;
pub mod team;
pub mod text;
pub mod timeline;
pub mod view;
pub mod work;

pub use error::Error;
pub use id::Id;
pub use refusal::Refusal;
pub use text::{Lang, Text};
