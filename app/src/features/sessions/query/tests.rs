//! The report's address, read and written.

use chrono::Utc;

use super::*;

fn query(pairs: &[(&str, &str)]) -> ReportQuery {
    let mut map = ParamsMap::new();
    for (name, value) in pairs {
        map.insert((*name).to_owned(), (*value).to_owned());
    }
    ReportQuery::of(&map)
}

fn complaints(pairs: &[(&str, &str)]) -> Vec<String> {
    query(pairs)
        .read(&Utc)
        .problems
        .into_iter()
        .map(|problem| problem.field)
        .collect()
}

#[test]
fn nothing_in_the_address_is_everything_newest_first() {
    let request = query(&[]).read(&Utc);
    assert_eq!(request.filter, SessionFilter::default());
    assert_eq!(request.order, SessionOrder::Newest);
    assert_eq!(request.page.cursor, None);
    assert!(request.problems.is_empty());
    assert!(!query(&[]).is_narrowed());
    assert_eq!(query(&[("from", " ")]), ReportQuery::default());
}

#[test]
fn days_begin_and_end_in_the_zone_of_the_viewer() {
    let zone = chrono::FixedOffset::east_opt(2 * 3600).unwrap();
    let request = query(&[("from", "2026-03-01"), ("to", "2026-03-01")]).read(&zone);
    assert_eq!(
        request.filter.from.unwrap().to_rfc3339(),
        "2026-02-28T22:00:00+00:00"
    );
    assert_eq!(
        request.filter.until.unwrap().to_rfc3339(),
        "2026-03-01T22:00:00+00:00"
    );
}

/// In Beirut the clocks jumped from 0:00 to 1:00.
#[test]
#[cfg(feature = "ssr")]
fn a_day_without_midnight_begins_after_the_gap() {
    let request = query(&[("from", "2022-03-27")]).read(&chrono_tz::Asia::Beirut);
    assert_eq!(
        request.filter.from.unwrap().to_rfc3339(),
        "2022-03-26T22:00:00+00:00"
    );
}

#[test]
fn nonsense_is_left_out_and_named_by_its_field() {
    let long = "x".repeat(201);
    assert_eq!(complaints(&[("project", "1 or 1=1")]), ["project"]);
    assert_eq!(
        complaints(&[("from", "yesterday"), ("to", "2026-02-30")]),
        ["from", "to"]
    );
    assert_eq!(
        complaints(&[("from", "2026-02-02"), ("to", "2026-02-01")]),
        ["to"]
    );
    assert_eq!(
        complaints(&[("kind", "live"), ("kind", "secret")]),
        ["kind"]
    );
    assert_eq!(complaints(&[("sort", "drop table")]), ["sort"]);
    assert_eq!(complaints(&[("q", &long)]), ["q"]);
    for far in [
        "+262142-12-31",
        "-262143-01-01",
        "0000-01-01",
        "10000-01-01",
    ] {
        assert_eq!(complaints(&[("to", far)]), ["to"], "{far}");
    }
    assert!(complaints(&[("from", "0001-01-01"), ("to", "9999-12-31")]).is_empty());
}

#[test]
fn an_address_read_and_written_is_the_same() {
    let one = query(&[
        ("q", "Raum 1 & \"2\"?#"),
        ("kind", "live"),
        ("kind", "individual"),
        ("sort", "longest"),
    ]);
    let address = one.address();
    assert_eq!(
        address,
        "/video/insights/recordings?q=Raum%201%20%26%20%222%22%3F%23&sort=longest&kind=live&kind=individual"
    );
    assert!(one.is_narrowed());
    assert_eq!(
        ReportQuery::default().address(),
        "/video/insights/recordings"
    );
}

#[test]
fn another_order_begins_at_the_first_page() {
    let one = query(&[("q", "a"), ("cursor", "xyz")]);
    assert_eq!(
        one.sorted(SessionOrder::Largest),
        "/video/insights/recordings?q=a&sort=largest"
    );
    assert_eq!(
        one.sorted(SessionOrder::Newest),
        "/video/insights/recordings?q=a"
    );
    assert_eq!(one.at("next"), "/video/insights/recordings?q=a&cursor=next");
}
