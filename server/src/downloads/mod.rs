//! What pages show, as tables for other programs.

mod access_log;

pub use access_log::access_log;
