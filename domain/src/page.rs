//! Keyset paging: a page is asked for by where the last one ended, so it costs the same at any depth.

use serde::{Deserialize, Serialize};

/// Which page is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Cursor from an earlier page's `next` or `previous`; None for the first page.
    pub cursor: Option<String>,
    /// Rows at most.
    pub size: u16,
}

impl PageRequest {
    pub const DEFAULT_SIZE: u16 = 25;
    pub const MAX_SIZE: u16 = 200;
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Cursor of the page after this one; None on the last.
    pub next: Option<String>,
    /// Cursor of the page before this one; None on the first.
    pub previous: Option<String>,
    /// Rows of the whole list; a list that counts only up to some number says so.
    pub total: u64,
}
