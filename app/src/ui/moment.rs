//! A moment in the viewer's zone, with UTC at hand.

use chrono::{DateTime, TimeZone, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A moment, written out for one viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    /// In the viewer's zone: `21 Nov 2026, 14:03`.
    shown: String,
    /// `2026-11-21 13:03:22 UTC`.
    utc: String,
    /// RFC 3339, for machines.
    machine: String,
}

#[cfg_attr(
    not(feature = "ssr"),
    expect(dead_code, reason = "only the server makes one")
)]
impl Moment {
    pub(crate) fn new<Z: TimeZone>(at: DateTime<Utc>, zone: &Z) -> Self
    where
        Z::Offset: std::fmt::Display,
    {
        Self::shown_as(at, zone, "%-d %b %Y, %H:%M")
    }

    /// The same with its second: `21 Nov 2026, 14:03:22`.
    pub(crate) fn precise<Z: TimeZone>(at: DateTime<Utc>, zone: &Z) -> Self
    where
        Z::Offset: std::fmt::Display,
    {
        Self::shown_as(at, zone, "%-d %b %Y, %H:%M:%S")
    }

    fn shown_as<Z: TimeZone>(at: DateTime<Utc>, zone: &Z, format: &str) -> Self
    where
        Z::Offset: std::fmt::Display,
    {
        Self {
            shown: at.with_timezone(zone).format(format).to_string(),
            utc: at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            machine: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        }
    }
}

#[component]
pub(crate) fn Time(moment: Moment) -> impl IntoView {
    view! { <time datetime=moment.machine title=moment.utc>{moment.shown}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_the_zone_and_kept_in_utc() {
        let at = DateTime::from_timestamp(1_795_266_202, 0).unwrap();
        let zone = chrono::FixedOffset::east_opt(3600).unwrap();
        let moment = Moment::new(at, &zone);
        assert_eq!(moment.shown, "21 Nov 2026, 14:03");
        assert_eq!(moment.utc, "2026-11-21 13:03:22 UTC");
        assert_eq!(moment.machine, "2026-11-21T13:03:22Z");
    }
}
