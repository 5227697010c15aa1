//! Numbers and days in an address. Pure, but for looking up whom a number names.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use domain::members::directory::{Person, list};
use domain::numbers::{Named, actions as numbers};
use domain::sessions::SessionFilter;
use percent_encoding::percent_decode_str;

use super::Asked;
use super::message::{Kind, Message};
use crate::api::days;

/// The timestamps of this API are UTC and do not say so.
pub(super) const TIMESTAMP: &str = "%Y-%m-%dT%H:%M:%S";

impl Asked<'_> {
    /// The id of the path.
    pub(super) fn number(&self) -> Result<i64, Message> {
        let id = self.id.unwrap_or_default();
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| id.parse().ok()).flatten();
        number.ok_or(Message::of(Kind::Invalid(
            "The ID in the path must be a number.",
        )))
    }

    /// A parameter of the query. Names are known in any case; what is empty is not there.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let value = pairs
            .filter(|(found, value)| found.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value)
            .next()?;
        let value = value.replace('+', " ");
        Some(Cow::Owned(
            percent_decode_str(&value).decode_utf8_lossy().into_owned(),
        ))
    }

    /// `startDt` and `endDt`, the last day within.
    pub(super) fn period(&self) -> Result<SessionFilter, Message> {
        let read = |name, read: fn(&str) -> Option<DateTime<Utc>>| {
            let moment = self.parameter(name).map(|text| read(&text));
            match moment {
                Some(None) => Err(Message::of(Kind::Invalid(
                    "startDt and endDt must be days: yyyy-mm-dd.",
                ))),
                Some(moment) => Ok(moment),
                None => Ok(None),
            }
        };
        let (from, until) = (read("startDt", days::start)?, read("endDt", days::end)?);
        if from.zip(until).is_some_and(|(from, until)| until <= from) {
            return Err(Message::of(Kind::Invalid("endDt is before startDt.")));
        }
        Ok(SessionFilter {
            from,
            until,
            ..SessionFilter::default()
        })
    }

    /// The member whom the path names: by number, or `0` and the parameter `externalId`. None: no id in the path.
    pub(super) async fn person(&self) -> Result<Option<Person>, Message> {
        if self.id.is_none() {
            return Ok(None);
        }
        let number = self.number()?;
        let external = self.parameter("externalId").filter(|_| number == 0);
        let people = list(self.backend, &self.actor).await?;
        let mut people = people.into_iter();
        if let Some(external) = external {
            // The id that a customer's own system has for a person: the e-mail address.
            let found = people.find(|person| person.email.eq_ignore_ascii_case(external.trim()));
            return found
                .map(Some)
                .ok_or(Message::of(Kind::Missing("User", None)));
        }
        match numbers::member(self.backend, &self.actor, number).await? {
            Named::Own(id) => Ok(people.find(|person| person.id == id)),
            Named::Foreign => Err(Message::of(Kind::Forbidden(
                "This User belongs to another company.",
            ))),
            Named::Nothing => Err(Message::of(Kind::Missing("User", Some(number)))),
        }
    }
}
