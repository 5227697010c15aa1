//! The gate's parsers and their properties, compiled from the very files of `server`, without the rest of it:
//! building the whole server with a sanitizer would take longer than fuzzing.

#[path = "../server/src/gate/basic.rs"]
pub mod basic;
#[path = "../server/src/gate/disposition.rs"]
pub mod disposition;
#[path = "../server/src/gate/properties.rs"]
pub mod properties;
#[path = "../server/src/gate/range.rs"]
pub mod range;
