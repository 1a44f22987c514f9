//! The door: HTTP in, HTTP out, no browser. The live feed over loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

mod command_line;
mod crash;
mod files;
mod live;
mod pages;
mod papers;
mod rpc;
