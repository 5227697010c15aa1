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

#[cfg(feature = "postgres")]
pub(crate) use by_time::{Position, limit};

#[cfg(feature = "postgres")]
mod by_time {
    //! Lists that are ordered by a moment, and by an id where moments are the same; latest first.

    use chrono::{DateTime, Datelike as _, Utc};
    use uuid::Uuid;

    use super::{Page, PageRequest};
    use crate::Error;

    /// The row that a page begins behind, or ends before.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Position {
        /// The page before this row.
        pub(crate) is_backward: bool,
        pub(crate) at: DateTime<Utc>,
        pub(crate) id: Uuid,
    }

    impl Position {
        /// Of a page's cursor. `Invalid` names the field `cursor`.
        pub(crate) fn asked(request: &PageRequest) -> Result<Option<Self>, Error> {
            request.cursor.as_deref().map(Self::parse).transpose()
        }

        fn parse(cursor: &str) -> Result<Self, Error> {
            let parse = || {
                let (direction, rest) = cursor.split_once('.')?;
                let (time, id) = rest.split_once('.')?;
                let is_backward = match direction {
                    "after" => false,
                    "before" => true,
                    _ => return None,
                };
                // Beyond these years PostgreSQL's times end.
                let time = time.parse().ok().and_then(DateTime::from_timestamp_micros);
                Some(Self {
                    is_backward,
                    at: time.filter(|time| (0..10_000).contains(&time.year()))?,
                    id: id.parse().ok()?,
                })
            };
            parse().ok_or_else(|| {
                Error::invalid(
                    "cursor",
                    "This page's address is damaged. Start from the newest.",
                )
            })
        }
    }

    impl std::fmt::Display for Position {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let direction = if self.is_backward { "before" } else { "after" };
            write!(f, "{direction}.{}.{}", self.at.timestamp_micros(), self.id)
        }
    }

    /// Rows to read: one more than the page has tells whether there are more.
    pub(crate) fn limit(request: &PageRequest) -> i64 {
        i64::from(request.size.clamp(1, PageRequest::MAX_SIZE)) + 1
    }

    impl<T> Page<T> {
        /// The page of up to [`limit`] rows beyond `position`, latest first; `place` says where a row stands.
        pub(crate) fn by_time(
            mut items: Vec<T>,
            request: &PageRequest,
            position: Option<&Position>,
            total: u64,
            place: impl Fn(&T) -> (DateTime<Utc>, Uuid),
        ) -> Self {
            let has_more = i64::try_from(items.len()) == Ok(limit(request));
            let is_backward = position.is_some_and(|position| position.is_backward);
            if has_more {
                // The row too many lies at the far end of the walk.
                if is_backward {
                    items.remove(0);
                } else {
                    items.pop();
                }
            }
            let cursor = |row: Option<&T>, is_backward| {
                let (at, id) = place(row?);
                Some(
                    Position {
                        is_backward,
                        at,
                        id,
                    }
                    .to_string(),
                )
            };
            let has_next = is_backward || has_more;
            let has_previous = if is_backward {
                has_more
            } else {
                position.is_some()
            };
            Self {
                next: cursor(items.last().filter(|_| has_next), false),
                previous: cursor(items.first().filter(|_| has_previous), true),
                items,
                total,
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_cursor_reads_back_and_nonsense_is_refused() {
            let position = Position {
                is_backward: true,
                at: DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap(),
                id: Uuid::from_u128(7),
            };
            assert_eq!(Position::parse(&position.to_string()).unwrap(), position);
            for nonsense in [
                "",
                "after",
                "after.1",
                "after.x.y",
                "on.1.1",
                "after.9223372036854775807.0",
            ] {
                assert!(Position::parse(nonsense).is_err(), "{nonsense}");
            }
        }
    }
}
