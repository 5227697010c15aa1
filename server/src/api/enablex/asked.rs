//! What an address of the archive asks for. Pure.

use std::borrow::Cow;

use domain::sessions::SessionFilter;
use percent_encoding::percent_decode_str;

use super::envelope::{Envelope, Kind};
use crate::api::days;

/// What the path and the query narrow the archive to. Filters are segments of the path; only `/archive` itself takes
/// them from the query.
pub(super) fn filter(path: &str, query: &str) -> Result<SessionFilter, Envelope> {
    let path = path.strip_suffix('/').unwrap_or(path);
    // Behind "", "video" and the version.
    let segments: Vec<&str> = path.split('/').skip(3).collect();
    match segments[..] {
        ["archive"] => of_query(query),
        ["archive", "period", from, to] => period(SessionFilter::default(), from, to),
        ["archive", "room", room] => Ok(of_room(room)),
        // The second is what one public client writes.
        ["archive", "room-period", room, from, to]
        | ["archive", "room-period", room, "period", from, to] => period(of_room(room), from, to),
        ["archive", "conf", number] => Ok(SessionFilter {
            conference_number: Some(decoded(number).into_owned()),
            ..SessionFilter::default()
        }),
        ["archive", "period" | "room" | "room-period" | "conf", ..] => {
            Err(Envelope::of(Kind::Incomplete))
        }
        _ => Err(Envelope::of(Kind::NoSuchRoute)),
    }
}

fn of_query(query: &str) -> Result<SessionFilter, Envelope> {
    let given = |wanted: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, value)| *name == wanted && !value.is_empty())
            .map(|(_, value)| decoded(&value.replace('+', " ")).into_owned())
    };
    let from = given("from_date");
    let to = given("to_date");
    let filter = SessionFilter {
        room: given("room_id"),
        conference_number: given("conf_num"),
        from: from.as_deref().map(from_date).transpose()?,
        until: to.as_deref().map(to_date).transpose()?,
        ..SessionFilter::default()
    };
    in_order(filter)
}

fn of_room(segment: &str) -> SessionFilter {
    SessionFilter {
        room: Some(decoded(segment).into_owned()),
        ..SessionFilter::default()
    }
}

fn period(filter: SessionFilter, from: &str, to: &str) -> Result<SessionFilter, Envelope> {
    in_order(SessionFilter {
        from: Some(from_date(from)?),
        until: Some(to_date(to)?),
        ..filter
    })
}

fn from_date(text: &str) -> Result<chrono::DateTime<chrono::Utc>, Envelope> {
    days::start(text).ok_or(Envelope::of(Kind::Malformed("from_date")))
}

/// The last day is within (compat.md 1.2).
fn to_date(text: &str) -> Result<chrono::DateTime<chrono::Utc>, Envelope> {
    days::end(text).ok_or(Envelope::of(Kind::Malformed("to_date")))
}

fn in_order(filter: SessionFilter) -> Result<SessionFilter, Envelope> {
    if filter
        .from
        .zip(filter.until)
        .is_some_and(|(from, until)| until <= from)
    {
        return Err(Envelope::of(Kind::Reversed));
    }
    Ok(filter)
}

/// Rooms may hold any character. The layers have refused what does not decode to UTF-8.
fn decoded(segment: &str) -> Cow<'_, str> {
    Cow::Owned(percent_decode_str(segment).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> SessionFilter {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        filter(path, query)
            .map_err(|envelope| envelope.kind())
            .unwrap()
    }

    fn refused(path: &str) -> Kind {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        filter(path, query).unwrap_err().kind()
    }

    fn days() -> SessionFilter {
        SessionFilter {
            from: days::start("2026-03-01"),
            until: days::end("2026-03-31"),
            ..SessionFilter::default()
        }
    }

    fn room(room: &str) -> SessionFilter {
        SessionFilter {
            room: Some(room.to_owned()),
            ..SessionFilter::default()
        }
    }

    #[test]
    fn every_route_in_both_spellings_says_what_it_says() {
        let room_period = SessionFilter {
            room: Some("r1".to_owned()),
            ..days()
        };
        let conference = SessionFilter {
            conference_number: Some("42".to_owned()),
            ..SessionFilter::default()
        };
        for (path, expected) in [
            ("/video/v2/archive/period/2026-03-01/2026-03-31", days()),
            ("/video/v2/archive/period/2026-03-01/2026-03-31/", days()),
            ("/video/v1/archive/room/r1", room("r1")),
            ("/video/v2/archive/room/a%2Fb%20%C3%BC", room("a/b ü")),
            ("/video/v2/archive/room/a+b", room("a+b")),
            (
                "/video/v2/archive/room-period/r1/2026-03-01/2026-03-31",
                room_period.clone(),
            ),
            (
                "/video/v2/archive/room-period/r1/period/2026-03-01/2026-03-31",
                room_period.clone(),
            ),
            ("/video/v2/archive/conf/42", conference.clone()),
            ("/video/v2/archive", SessionFilter::default()),
            (
                "/video/v2/archive?from_date=2026-03-01&to_date=2026-03-31&room_id=r1",
                room_period,
            ),
            (
                "/video/v2/archive/?conf_num=42&from_date=&unknown=1",
                conference,
            ),
            ("/video/v2/archive?room_id=a+b%2Fc", room("a b/c")),
        ] {
            assert_eq!(read(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_date_or_no_route_is_told() {
        for (path, expected) in [
            (
                "/video/v2/archive/period/2026-3-1/2026-03-31",
                Kind::Malformed("from_date"),
            ),
            (
                "/video/v2/archive/period/2026-03-01/31-03-2026",
                Kind::Malformed("to_date"),
            ),
            (
                "/video/v2/archive/period/2026-04-01/2026-03-31",
                Kind::Reversed,
            ),
            (
                "/video/v2/archive?to_date=yesterday",
                Kind::Malformed("to_date"),
            ),
            ("/video/v2/archive/period/2026-03-01", Kind::Incomplete),
            ("/video/v2/archive/room", Kind::Incomplete),
            (
                "/video/v2/archive/room-period/r1/2026-03-01",
                Kind::Incomplete,
            ),
            ("/video/v2/archive/rooms/r1", Kind::NoSuchRoute),
            ("/video/v2/cdr/room/r1", Kind::NoSuchRoute),
            ("/video/v2/", Kind::NoSuchRoute),
        ] {
            assert_eq!(refused(path), expected, "{path}");
        }
        // One day is a period.
        read("/video/v2/archive/period/2026-03-01/2026-03-01");
    }
}
