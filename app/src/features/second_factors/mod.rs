//! Second factors: one's own, and the step of a sign-in that asks for one.

mod api;
mod app;
mod codes;
mod forms;
mod overview;
mod passkeys;
#[cfg(feature = "ssr")]
mod qr;
mod reset;
mod step;

pub(crate) use app::{RemoveAppPage, SetUpApp};
pub(crate) use codes::RecoveryCodes;
pub(crate) use forms::TurnOffPage;
pub(crate) use overview::OwnSecondFactors;
pub(crate) use passkeys::{NewPasskey, OnePasskey};
pub(crate) use reset::ResetSecondFactorForm;
pub(crate) use step::{RecoveryStepPage, SecondStepPage};
