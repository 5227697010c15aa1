//! The gate: the one path of every request for a session file, GET and HEAD below `/files`.
//!
//! 1. [`locate`]: which file does the address name?
//! 2. [`proof`]: what does the caller show? ([`basic`] and [`bearer`] read the header, [`browser`] knows whom to ask again.)
//! 3. [`decide`]: who gets what, as a table. ([`caller`] knows browsers and programs.)
//! 4. log: one row of the access log for each answer, written when the answer has ended ([`entry`]).
//! 5. [`serve`]: [`precondition`], [`range`], headers, and the bytes ([`body`]) — or a [`refusal`].
//!
//! Nothing of a request but its method, address, proof and kind of caller is looked at before step 5, so a caller
//! without a valid proof learns nothing from conditions or ranges (R089), and gets the same bytes whether the file
//! exists or not. Verification, throttling and permissions are `domain`'s; there is no rule here but the table.

pub mod basic;
pub mod bearer;
pub mod body;
pub mod browser;
pub mod caller;
pub mod content_type;
pub mod disposition;
pub mod entry;
pub mod locate;
pub mod precondition;
pub mod proof;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod range;
pub mod refusal;
pub mod serve;

mod pipeline;

// The table is the domain's, because the preview of the portal asks it as well.
pub use caller::accepts_html;
pub use disposition::{Disposition, content_disposition};
use domain::access::decide;
pub use entry::Outcome;
pub use pipeline::router;
