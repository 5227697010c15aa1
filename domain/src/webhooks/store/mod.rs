//! SQL of webhooks. No decisions.

pub(super) mod endpoints;
pub(super) mod events;
pub(super) mod log;
pub(super) mod queue;
