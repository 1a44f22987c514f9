//! What the portal does, told as stories, each on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

mod account;
mod case;
mod history;
mod jobs;
mod keys;
mod log;
mod material;
mod password;
mod project;
mod s3;
mod sealed;
mod sheet;
mod storage_keys;
mod submission;
mod verify;
mod work;
