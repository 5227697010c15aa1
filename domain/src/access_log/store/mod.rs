//! SQL of the access log: adding rows, reading chains, and the report. No decisions.

pub(super) mod chain;
pub(super) mod report;
pub(super) mod write;
