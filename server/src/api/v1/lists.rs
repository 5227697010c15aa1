//! What lists have in common: a cursor, a limit, moments.

use chrono::{DateTime, Datelike as _, Utc};
use domain::PageRequest;

use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::query::Reader;

/// Of cursors in the document. They are not sealed: one says where a page begins in a list that the caller may read
/// anyway, and each request is confined to the caller's project whatever the cursor says (R151).
const CURSOR_PATTERN: &str = "^(after|before)\\.(0|-?[1-9][0-9]{0,15})\\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

pub(super) fn cursor_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(CURSOR_PATTERN))
}

/// Items of a page when nothing else is asked for.
pub(super) const DEFAULT_LIMIT: u16 = 50;

/// The page that is asked for.
pub(super) fn page(reader: &mut Reader) -> PageRequest {
    let cursor = reader.one("cursor", "the cursor of an earlier answer", |text| {
        is_cursor(text).then(|| text.to_owned())
    });
    let limit = reader.one("limit", "a number from 1 to 200", |text| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let limit = text.parse().ok().filter(|_| is_number);
        limit.filter(|limit| (1..=PageRequest::MAX_SIZE).contains(limit))
    });
    PageRequest {
        cursor,
        size: limit.unwrap_or(DEFAULT_LIMIT),
    }
}

/// As [`CURSOR_PATTERN`] has it; what it means is the domain's business.
fn is_cursor(text: &str) -> bool {
    let mut parts = text.split('.');
    let is_direction = matches!(parts.next(), Some("after" | "before"));
    let is_key = parts.next().is_some_and(|key| {
        let digits = key.strip_prefix('-').unwrap_or(key);
        digits.len() <= 16
            && key
                .parse::<i64>()
                .is_ok_and(|number| number.to_string() == key)
    });
    let is_id = parts
        .next()
        .is_some_and(|id| id.parse::<domain::files::FileId>().is_ok());
    is_direction && is_key && is_id && parts.next().is_none()
}

/// A moment (RFC 3339).
pub(super) fn moment(reader: &mut Reader, name: &'static str) -> Option<DateTime<Utc>> {
    let expected = "a moment such as 2026-11-30T09:00:00Z; a + in it is written as %2B";
    reader.one(name, expected, |text| {
        let moment = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
        // Beyond, PostgreSQL's calendar and ours part.
        (0..=10_000).contains(&moment.year()).then_some(moment)
    })
}
