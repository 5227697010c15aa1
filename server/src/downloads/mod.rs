//! What pages show, as tables for other programs.

mod access_log;
mod csv;

pub use access_log::access_log;
