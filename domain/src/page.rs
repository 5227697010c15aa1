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
pub use keyset::Position;
#[cfg(feature = "postgres")]
pub(crate) use keyset::limit;

#[cfg(feature = "postgres")]
mod keyset {
    //! Lists that are ordered by a number, such as the microseconds of a moment, and by an id where numbers are the same.

    use chrono::{DateTime, Datelike as _, Utc};
    use uuid::Uuid;

    use super::{Page, PageRequest};
    use crate::Error;

    /// The row that a page begins behind, or ends before.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Position {
        /// The page before this row.
        pub(crate) is_backward: bool,
        /// What the list is ordered by.
        pub(crate) key: i64,
        pub(crate) id: Uuid,
    }

    impl Position {
        /// Of what comes behind a row of this key and id.
        pub(crate) const fn behind((key, id): (i64, Uuid)) -> Self {
            Self {
                is_backward: false,
                key,
                id,
            }
        }

        /// Of a cursor; None if it is damaged.
        pub(crate) fn parse(cursor: &str) -> Option<Self> {
            let (direction, rest) = cursor.split_once('.')?;
            let (key, text) = rest.split_once('.')?;
            let id: Uuid = text.parse().ok()?;
            let is_backward = match direction {
                "after" => false,
                "before" => true,
                _ => return None,
            };
            let number: i64 = key.parse().ok()?;
            // Only the canonical form: one page has one address.
            (id.to_string() == text && number.to_string() == key).then_some(Self {
                is_backward,
                key: number,
                id,
            })
        }

        /// Of the page of a list by time, latest first. `Invalid` names the field `cursor`.
        pub(crate) fn asked_by_time(request: &PageRequest) -> Result<Option<Self>, Error> {
            let Some(cursor) = &request.cursor else {
                return Ok(None);
            };
            let position = Self::parse(cursor).filter(|position| {
                // Beyond these years PostgreSQL's times end.
                DateTime::from_timestamp_micros(position.key)
                    .is_some_and(|time| (0..10_000).contains(&time.year()))
            });
            position.map(Some).ok_or_else(|| {
                Error::invalid(
                    "cursor",
                    "This page's address is damaged. Start from the newest.",
                )
            })
        }

        /// The key of a list by time.
        pub(crate) fn time(&self) -> DateTime<Utc> {
            DateTime::from_timestamp_micros(self.key).unwrap_or_default()
        }
    }

    impl std::fmt::Display for Position {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let direction = if self.is_backward { "before" } else { "after" };
            write!(f, "{direction}.{}.{}", self.key, self.id)
        }
    }

    /// Rows to read: one more than the page has tells whether there are more.
    pub(crate) fn limit(request: &PageRequest) -> i64 {
        i64::from(request.size.clamp(1, PageRequest::MAX_SIZE)) + 1
    }

    impl<T> Page<T> {
        /// The page of up to [`limit`] rows beyond `position`, in the order of the list; `place` says where a row stands.
        pub(crate) fn keyset(
            mut items: Vec<T>,
            request: &PageRequest,
            position: Option<&Position>,
            total: u64,
            place: impl Fn(&T) -> (i64, Uuid),
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
                let position = Position {
                    is_backward,
                    ..Position::behind(place(row?))
                };
                Some(position.to_string())
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
            let asked = |cursor: &str| {
                Position::asked_by_time(&PageRequest {
                    cursor: Some(cursor.to_owned()),
                    size: 1,
                })
            };
            let position = Position {
                is_backward: true,
                key: 1_795_000_000_123_456,
                id: Uuid::from_u128(7),
            };
            assert_eq!(asked(&position.to_string()).unwrap(), Some(position));
            for nonsense in [
                "",
                "after",
                "after.1",
                "after.x.y",
                "on.1.1",
                "after.9223372036854775807.0",
            ] {
                assert!(asked(nonsense).is_err(), "{nonsense}");
            }
        }
    }
}
