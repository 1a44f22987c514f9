//! The door: HTTP in, HTTP out, no browser. The live feed over loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

mod command_line;
mod crash;
mod files;
#[path = "../../../service/tests/story/filing.rs"]
mod filing;
mod live;
mod pages;
mod papers;
mod portal;
mod rpc;
#[path = "../../../service/tests/story/world.rs"]
mod world;
