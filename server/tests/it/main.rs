//! The process from outside, at the paths of its URLs.

mod gate;
