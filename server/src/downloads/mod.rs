//! What pages show, as tables for other programs.

mod access_log;
mod overview;

pub use access_log::access_log;
pub use overview::overview;
