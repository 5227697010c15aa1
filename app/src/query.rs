//! What the address of a page says: read without trusting it, and written for links.

use chrono::{DateTime, Datelike as _, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta};
use chrono::{TimeZone, Utc};
use leptos_router::params::ParamsMap;

use crate::routes::paths;

/// The value of this name. Control characters match nothing, and have no place in the page that repeats the query.
pub(crate) fn one(map: &ParamsMap, name: &str) -> String {
    let text = map.get(name).unwrap_or_default();
    text.trim().replace(char::is_control, "")
}

/// None for a field that was left empty.
pub(crate) fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The address of a page with everything that is not empty of these names and values.
pub(crate) fn address<'a, 'b>(
    path: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'b str)>,
) -> String {
    let pairs: Vec<String> = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", paths::encoded(value)))
        .collect();
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

/// The first day that browsers know.
pub(crate) const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");

/// A day as browsers write it, `2026-11-30`; what is none, or too early, is complained about under the field's name.
pub(crate) fn day(
    field: &str,
    text: &str,
    earliest: NaiveDate,
    complain: &mut impl FnMut(&str, &str),
) -> Option<NaiveDate> {
    let day = given(text)?.parse::<NaiveDate>().ok();
    // Neither browsers nor PostgreSQL know the far ends of the calendar.
    let day = day.filter(|day| *day >= earliest && day.year() <= 9999);
    if day.is_none() {
        complain(
            field,
            "This is no date and was left out. Write it as 2026-11-30.",
        );
    }
    day
}

/// The fields `from` and `to`: from the first moment of one day to the last of the other, in a zone.
pub(crate) fn days<Z: TimeZone>(
    from: &str,
    to: &str,
    zone: &Z,
    complain: &mut impl FnMut(&str, &str),
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let mut day = |field, text| day(field, text, FIRST_DAY, complain);
    let (first, last) = (day("from", from), day("to", to));
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        complain(
            "to",
            "The last day is before the first, so nothing can match.",
        );
    }
    let behind = last.and_then(|day| day.checked_add_days(Days::new(1)));
    (
        first.and_then(|day| start_of(day, zone)),
        behind.and_then(|day| start_of(day, zone)),
    )
}

/// The field `project`.
pub(crate) fn project<T: std::str::FromStr>(
    text: &str,
    complain: &mut impl FnMut(&str, &str),
) -> Option<T> {
    let project = given(text)?.parse().ok();
    if project.is_none() {
        complain("project", "There is no such project. All are shown.");
    }
    project
}

/// The first moment of a day in a zone. Where the clocks jump over midnight the day begins after the gap.
pub(crate) fn start_of<Z: TimeZone>(day: NaiveDate, zone: &Z) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=4)
        .map(|half_hours| midnight + TimeDelta::minutes(30 * half_hours))
        .find_map(|local| match zone.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
            LocalResult::None => None,
        })
}
