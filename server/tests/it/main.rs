//! The portal and the program from outside, one module for each part.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod access_log;
mod api_secrets;
mod backup;
mod backup_faults;
mod cli;
mod config;
mod facades;
mod gate;
mod import_faults;
mod import_kill;
mod intake;
mod layers;
mod listener;
mod members;
mod platform;
mod projects;
mod recordings;
mod second_factors;
mod session_page;
mod sign_ins;
mod support;
mod tls;
mod uploads;
mod v1;
mod webhooks;
