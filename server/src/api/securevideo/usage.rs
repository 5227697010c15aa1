//! Use: what a month recorded, and the API's own requests.

use axum::response::Response;
use chrono::{DateTime, Datelike as _, Months, NaiveTime, Utc};
use domain::{api_secrets, sessions};
use serde::Serialize;

use super::asked::TIMESTAMP;
use super::message::{Kind, Message};
use super::{Asked, object};
use crate::api::days;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Usage {
    /// Its first moment.
    month: String,
    sessions: u64,
    /// Begun ones count, of all sessions together.
    minutes: u64,
    bytes: u64,
    /// Of the account, this one included.
    api_requests_this_hour: u64,
    api_hourly_quota: u32,
}

/// `GET /Usage?month=yyyy-mm-01`; without a month, of this one.
pub(super) async fn get(asked: &Asked<'_>) -> Result<Response, Message> {
    let wrong = || {
        Message::of(Kind::Invalid(
            "month must be a day of the month: yyyy-mm-01.",
        ))
    };
    let within = match asked.parameter("month") {
        Some(day) => days::start(&day).ok_or_else(wrong)?,
        None => asked.backend.clock.now(),
    };
    let (from, until) = month_of(within).ok_or_else(wrong)?;
    let usage = sessions::usage::usage(asked.backend, &asked.actor, from, until).await?;
    let (used, quota) = api_secrets::actions::use_of_hour(asked.backend, &asked.actor).await?;
    object(&Usage {
        month: from.format(TIMESTAMP).to_string(),
        sessions: usage.sessions,
        minutes: usage.duration_ms.div_ceil(60_000),
        bytes: usage.size,
        api_requests_this_hour: used,
        api_hourly_quota: quota,
    })
}

/// The first moment of a moment's month, and of the next.
fn month_of(moment: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let first = moment.date_naive().with_day(1)?;
    let next = first.checked_add_months(Months::new(1))?;
    let start = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    Some((start(first), start(next)))
}
