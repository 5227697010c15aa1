//! The step of a sign-in after the right password, for members with a second factor.

mod api;
mod page;

pub(crate) use page::{RecoveryStepPage, SecondStepPage};
