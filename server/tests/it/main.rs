//! The portal and the program from outside, one module for each part.

mod cli;
mod config;
mod gate;
mod import_kill;
mod layers;
mod listener;
mod sign_ins;
mod support;
