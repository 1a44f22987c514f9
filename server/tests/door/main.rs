//! The door: HTTP in, HTTP out, no browser. The live feed over loopback.

mod command_line;
mod live;
mod pages;
mod portal;
