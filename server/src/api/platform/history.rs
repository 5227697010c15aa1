//! The call history: sessions with their recordings and their log.

use axum::response::Response;
use chrono::TimeDelta;
use chrono_tz::Tz;
use domain::accounts;
use domain::files::{FileKind, FileState, FileSummary, file_path};
use domain::sessions::SessionSummary;
use domain::sessions::history::{History, HistoryFilter, history};
use serde::Serialize;

use super::applications::Applications;
use super::errors::Refused;
use super::values::written;
use super::{Asked, success};

/// Sessions in one answer, if the request does not say how many; and at most. The hosted service's numbers.
const PRESET: u32 = 20;
const MOST: u32 = 1000;
/// Sessions that can be passed over. Whoever wants more narrows the time.
const MOST_PASSED: u32 = 10_000;

/// In the order of the documentation (compat.md 2.2).
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the documentation")]
struct CallSession<'a> {
    call_session_history_id: i64,
    account_id: i64,
    application_id: i64,
    application_name: String,
    /// The room.
    rule_name: &'a str,
    /// The conference number.
    custom_data: &'a str,
    start_date: String,
    /// Seconds.
    duration: u64,
    finish_reason: &'static str,
    log_file_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_resource_usage: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<Record<'a>>>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the documentation")]
struct Record<'a> {
    record_id: i64,
    record_name: &'a str,
    /// A vault bills nothing.
    cost: u8,
    start_time: String,
    /// Seconds.
    duration: u64,
    record_url: String,
    transaction_id: u8,
    /// Bytes.
    file_size: u64,
    transcription_url: String,
    transcription_status: &'static str,
}

#[derive(Serialize)]
struct Answer<'a> {
    count: usize,
    result: Vec<CallSession<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_count: Option<u64>,
    timezone: &'static str,
}

/// `GetCallHistory`.
pub(super) async fn get(asked: &Asked<'_>) -> Result<Response, Refused> {
    let zone = asked.parameters.zone()?;
    let applications = Applications::of(asked).await?;
    let filter = filter(asked, zone, &applications)?;
    let wanted = |name| Ok::<_, Refused>(asked.parameters.boolean(name)? == Some(true));
    let (with_records, with_calls) = (wanted("with_records")?, wanted("with_calls")?);
    let with_others = wanted("with_other_resources")?;
    let found = history(asked.backend, &asked.actor, &filter).await?;
    let account = accounts::actions::get(asked.backend, &asked.actor).await?;
    let writing = Writing {
        asked,
        zone,
        found: &found,
    };
    let sessions = found.sessions.iter().filter_map(|session| {
        let application = applications.get(session.project)?;
        Some(CallSession {
            call_session_history_id: *found.numbers.sessions.get(&session.id)?,
            account_id: account.number,
            application_id: application.number,
            application_name: applications.full_name(application),
            rule_name: &session.room,
            custom_data: &session.conference_number,
            start_date: written(session.started_at, zone),
            duration: seconds(session.duration_ms),
            finish_reason: "Normal termination",
            log_file_url: writing.first(session, FileKind::Log),
            // A vault knows of no calls and of nothing that was paid for.
            calls: with_calls.then_some([]),
            other_resource_usage: with_others.then_some([]),
            records: with_records.then(|| writing.records(session)),
        })
    });
    let result: Vec<_> = sessions.collect();
    success(&Answer {
        count: result.len(),
        result,
        total_count: found.total,
        timezone: zone.name(),
    })
}

fn filter(
    asked: &Asked<'_>,
    zone: Tz,
    applications: &Applications,
) -> Result<HistoryFilter, Refused> {
    let given = asked.parameters;
    let required = |name| {
        let moment = given.moment(name, zone)?;
        moment.ok_or_else(|| Refused::parameter(name, "is required."))
    };
    let (from, to) = (required("from_date")?, required("to_date")?);
    if to < from {
        return Err(Refused::parameter("to_date", "is before 'from_date'."));
    }
    let application = applications.meant(asked, "application_id", "application_name")?;
    let milliseconds = |name| {
        let seconds = given.number_up_to(name, u32::MAX)?;
        Ok::<_, Refused>(seconds.map(|seconds| u64::from(seconds) * 1000))
    };
    Ok(HistoryFilter {
        project: application.map(|project| project.id),
        from,
        // The second itself is within.
        until: to + TimeDelta::seconds(1),
        numbers: given.numbers("call_session_history_id")?,
        room: given.text("rule_name").map(ToOwned::to_owned),
        conference_number: given
            .text("call_session_history_custom_data")
            .map(ToOwned::to_owned),
        min_duration: milliseconds("min_duration")?,
        // Answers have whole seconds, so all of the last one is within.
        max_duration: milliseconds("max_duration")?.map(|most| most + 999),
        is_newest_first: given.boolean("desc_order")? == Some(true),
        offset: given.number_up_to("offset", MOST_PASSED)?.unwrap_or(0),
        count: given.number_up_to("count", MOST)?.unwrap_or(PRESET),
        is_counted: given.boolean("with_total_count")? != Some(false),
    })
}

struct Writing<'a> {
    asked: &'a Asked<'a>,
    zone: Tz,
    found: &'a History,
}

impl<'a> Writing<'a> {
    /// What can be opened: what is in the trash or has expired does not exist here.
    fn there(session: &SessionSummary) -> impl Iterator<Item = &FileSummary> {
        let files = session.files.iter();
        files.filter(|file| file.state == FileState::There)
    }

    fn url(&self, file: &FileSummary) -> String {
        let path = file_path(self.asked.actor.account, file.id, &file.name);
        format!("{}{path}", self.asked.backend.public_url)
    }

    /// The address of the first file of a kind; empty if there is none.
    fn first(&self, session: &SessionSummary, kind: FileKind) -> String {
        let mut found = Self::there(session).filter(|file| file.kind == kind);
        found.next().map(|file| self.url(file)).unwrap_or_default()
    }

    fn records(&self, session: &'a SessionSummary) -> Vec<Record<'a>> {
        let transcription_url = self.first(session, FileKind::Captions);
        let recordings =
            Self::there(session).filter(|file| FileKind::RECORDINGS.contains(&file.kind));
        let record = |file: &'a FileSummary| {
            let (record_id, _) = *self.found.numbers.files.get(&file.id)?;
            Some(Record {
                record_id,
                record_name: &file.name,
                cost: 0,
                start_time: written(session.started_at, self.zone),
                duration: seconds(file.duration_ms.unwrap_or(session.duration_ms)),
                record_url: self.url(file),
                transaction_id: 0,
                file_size: file.size,
                transcription_status: if transcription_url.is_empty() {
                    "Not required"
                } else {
                    "Complete"
                },
                transcription_url: transcription_url.clone(),
            })
        };
        recordings.filter_map(record).collect()
    }
}

/// Begun ones do not count.
const fn seconds(milliseconds: u64) -> u64 {
    milliseconds / 1000
}
