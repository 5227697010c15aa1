//! The portal and the program from outside, one module for each part.

#![expect(
    clippy::unwrap_used,
    reason = "a stage that cannot be set is a failed test"
)]

mod cli;
mod config;
mod gate;
mod import_faults;
mod import_kill;
mod layers;
mod listener;
mod sign_ins;
mod support;
