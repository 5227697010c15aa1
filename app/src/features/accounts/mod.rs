//! The account: first set-up, and how callers without a credential are answered.

mod api;
mod challenge;
mod set_up;

pub(crate) use api::{get_account, is_set_up};
pub(crate) use challenge::ChallengeForm;
pub(crate) use set_up::SetUpPage;
