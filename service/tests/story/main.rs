//! What the portal does, told as stories, each on SQLite and on PostgreSQL.

mod account;
mod case;
mod log;
mod project;
mod verify;
mod world;
