//! The frame around every page, and the pages that stand for an error.

mod account_menu;
mod failure;
mod frame;
mod home;
mod load;
mod navigation;
mod place;
mod plain;

pub(crate) use failure::{Failure, NotFound, Outage};
pub(crate) use frame::Frame;
pub(crate) use home::Home;
pub(crate) use load::load;
pub(crate) use place::Place;
pub(crate) use plain::PlainFrame;
