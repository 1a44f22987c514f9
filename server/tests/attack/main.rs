//! The attack: hostile inputs over the real doors. Each file is one kind; each test failed on a release before it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect fails")]

mod accounts;
mod audit;
mod deceit;
mod documents;
mod doors;
mod frames;
mod identity;
mod keys;
mod making;
mod network;
mod pages;
mod rights;
mod sessions;
mod sign_in;
mod trust;
