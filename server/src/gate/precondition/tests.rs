//! R097 to R099, row by row.

use super::*;

const TAG: &str = "\"0101010101010101010101010101010101010101010101010101010101010101\"";
const STORED: &str = "Sun, 01 Mar 2026 10:15:00 GMT";
const BEFORE: &str = "Sun, 01 Mar 2026 10:14:59 GMT";
const AFTER: &str = "Sun, 01 Mar 2026 10:15:01 GMT";
const OTHER: &str = "\"another\"";

fn file() -> Validators {
    let stored = httpdate::parse_http_date(STORED).unwrap() + Duration::from_millis(900);
    Validators::new(&[1; 32], stored)
}

fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    map
}

fn check(lines: &[(HeaderName, &str)]) -> Precondition {
    file().check(&headers(lines))
}

#[test]
fn validators_are_written_as_http_wants_them() {
    assert_eq!(file().etag(), TAG);
    assert_eq!(file().last_modified(), STORED);
}

#[test]
fn if_match_compares_strongly() {
    let weak = format!("W/{TAG}");
    let listed = format!("{OTHER}, {TAG}");
    for (value, expected) in [
        (TAG, Precondition::Proceed),
        ("*", Precondition::Proceed),
        (listed.as_str(), Precondition::Proceed),
        (OTHER, Precondition::Failed),
        (weak.as_str(), Precondition::Failed),
        ("nonsense", Precondition::Failed),
        ("", Precondition::Failed),
    ] {
        assert_eq!(check(&[(IF_MATCH, value)]), expected, "{value}");
    }
    assert_eq!(
        check(&[(IF_MATCH, OTHER), (IF_MATCH, TAG)]),
        Precondition::Proceed,
        "lines of one list"
    );
}

#[test]
fn if_none_match_compares_weakly() {
    let weak = format!("W/{TAG}");
    let listed = format!("\"a,b\" ,, W/{TAG}");
    let unquoted = TAG.trim_matches('"');
    for (value, expected) in [
        (TAG, Precondition::NotModified),
        ("*", Precondition::NotModified),
        (weak.as_str(), Precondition::NotModified),
        (listed.as_str(), Precondition::NotModified),
        (OTHER, Precondition::Proceed),
        (unquoted, Precondition::Proceed),
        ("\"open", Precondition::Proceed),
        ("\"\"", Precondition::Proceed),
    ] {
        assert_eq!(check(&[(IF_NONE_MATCH, value)]), expected, "{value}");
    }
}

#[test]
fn dates_compare_by_the_second() {
    for (field, value, expected) in [
        (IF_MODIFIED_SINCE, STORED, Precondition::NotModified),
        (IF_MODIFIED_SINCE, AFTER, Precondition::NotModified),
        (IF_MODIFIED_SINCE, BEFORE, Precondition::Proceed),
        (IF_MODIFIED_SINCE, "yesterday", Precondition::Proceed),
        (IF_UNMODIFIED_SINCE, STORED, Precondition::Proceed),
        (IF_UNMODIFIED_SINCE, AFTER, Precondition::Proceed),
        (IF_UNMODIFIED_SINCE, BEFORE, Precondition::Failed),
        (IF_UNMODIFIED_SINCE, "yesterday", Precondition::Proceed),
    ] {
        assert_eq!(
            check(&[(field.clone(), value)]),
            expected,
            "{field}: {value}"
        );
    }
    let twice = [(IF_UNMODIFIED_SINCE, BEFORE), (IF_UNMODIFIED_SINCE, BEFORE)];
    assert_eq!(
        check(&twice),
        Precondition::Proceed,
        "a date given twice is no date"
    );
}

/// What it shows, what is sent, what comes of it.
type Row<'a> = (&'a str, &'a [(HeaderName, &'a str)], Precondition);

#[test]
fn the_order_is_that_of_the_rfc() {
    let rows: [Row; 6] = [
        (
            "If-Match before If-None-Match",
            &[(IF_MATCH, OTHER), (IF_NONE_MATCH, TAG)],
            Precondition::Failed,
        ),
        (
            "If-Match in place of a date",
            &[(IF_MATCH, TAG), (IF_UNMODIFIED_SINCE, BEFORE)],
            Precondition::Proceed,
        ),
        (
            "the date before If-None-Match",
            &[(IF_UNMODIFIED_SINCE, BEFORE), (IF_NONE_MATCH, TAG)],
            Precondition::Failed,
        ),
        (
            "then If-None-Match",
            &[(IF_MATCH, TAG), (IF_NONE_MATCH, TAG)],
            Precondition::NotModified,
        ),
        (
            "If-None-Match in place of a date",
            &[(IF_NONE_MATCH, OTHER), (IF_MODIFIED_SINCE, STORED)],
            Precondition::Proceed,
        ),
        ("nothing", &[], Precondition::Proceed),
    ];
    for (name, lines, expected) in rows {
        assert_eq!(check(lines), expected, "{name}");
    }
}

#[test]
fn if_range_wants_exactly_this_file() {
    let weak = format!("W/{TAG}");
    let two = format!("{TAG}, {OTHER}");
    for (value, expected) in [
        (TAG, true),
        (OTHER, false),
        (weak.as_str(), false),
        (two.as_str(), false),
        (STORED, true),
        (BEFORE, false),
        (AFTER, false),
        ("yesterday", false),
        ("*", false),
        ("", false),
    ] {
        assert_eq!(
            file().allow_range(&headers(&[(IF_RANGE, value)])),
            expected,
            "{value}"
        );
    }
    assert!(file().allow_range(&HeaderMap::new()));
    assert!(
        !file().allow_range(&headers(&[(IF_RANGE, TAG), (IF_RANGE, TAG)])),
        "given twice"
    );
}
