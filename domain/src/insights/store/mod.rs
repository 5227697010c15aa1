//! SQL of insights: counting, judging, and what the page reads. No decisions.

pub(super) mod count;
pub(super) mod judge;
pub(super) mod read;
