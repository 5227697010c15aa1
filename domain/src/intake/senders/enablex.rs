//! EnableX: the project's webhook, and the archive API, which is asked as well since nobody repeats a lost webhook.
//!
//! The vendor keeps its copies for 72 hours. The webhook's `recording` is an array or a text; the archive has objects.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Announced, Call, Expected, Refusal, Sender, VENDOR_KEEPS, base_name, believed, json, label,
    number, prove_by_address, text,
};
use crate::files::FileKind;
use crate::intake::{SourceSettings, Verdict};

/// Where the API is, unless a source says otherwise.
pub(crate) const API: &str = "https://api.enablex.io";

pub(super) fn read(
    sender: &Sender<'_>,
    call: Call<'_>,
    now: DateTime<Utc>,
) -> Result<Announced, Refusal> {
    prove_by_address(sender, call)?;
    let payload = json(call.body)?;
    let app = text(&payload, "app_id");
    if !sender.settings.api_key.is_empty() && !app.is_empty() && app != sender.settings.api_key {
        return Err(Refusal::Unproven("the event is of another project"));
    }
    let name = text(&payload, "type").to_owned();
    if name.is_empty() {
        return Err(Refusal::Unreadable("the event has no type"));
    }
    let conference = plain(&payload, "conf_num");
    let mut announced = Announced {
        // Events have no id; one that says exactly the same is the same.
        key: Sha256::digest(call.body)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        name: name.clone(),
        external_id: conference.clone(),
        verdict: Verdict::Ignored,
        reason: None,
        files: Vec::new(),
        payload,
    };
    let kind = match name.as_str() {
        "recording" => FileKind::Individual,
        "transcoded" => FileKind::Transcoded,
        "roomdrop" => {
            announced.reason =
                Some("The call has ended; its files are announced when they are there.".to_owned());
            return Ok(announced);
        }
        _ => {
            announced.reason = Some("Only recording and transcoded tell of files.".to_owned());
            return Ok(announced);
        }
    };
    if conference.is_empty() {
        return Err(Refusal::Unreadable("the event names no conference"));
    }
    let began = moment(&announced.payload, "trans_date");
    announced.files = addresses(announced.payload.get("recording"))
        .iter()
        .filter_map(|url| expected(&announced.payload, url, kind, began.unwrap_or(now).min(now)))
        .collect();
    if announced.files.is_empty() {
        announced.verdict = Verdict::Failed;
        announced.reason = Some("The event names no file.".to_owned());
    } else {
        announced.verdict = Verdict::Taken;
    }
    Ok(announced)
}

/// A text, an array of texts, or an array of objects with `url`: all have been seen.
fn addresses(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(url)) => vec![url.clone()],
        Some(Value::Array(values)) => values
            .iter()
            .filter_map(|one| one.as_str().or_else(|| one.get("url")?.as_str()))
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
    .into_iter()
    .filter(|url| !url.is_empty())
    .collect()
}

fn expected(event: &Value, url: &str, kind: FileKind, known_at: DateTime<Utc>) -> Option<Expected> {
    let name = base_name(url);
    let conference = plain(event, "conf_num");
    if name.is_empty() || conference.is_empty() {
        return None;
    }
    let room = label(&plain(event, "room_id"));
    Some(Expected {
        external_id: conference.clone(),
        name,
        room: if room.is_empty() {
            "room".to_owned()
        } else {
            room
        },
        conference_number: label(&conference),
        kind: Some(kind),
        // `trans_date` is when the file was ready, so the media's own length and time tell more.
        started_at: None,
        ended_at: None,
        path: None,
        address: Some(url.to_owned()),
        expires_at: Some(known_at + VENDOR_KEEPS),
    })
}

/// A member that is a text or a number.
fn plain(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Seconds since 1970 as number or text, or a date of ISO 8601.
fn moment(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    let moment = match number(value, name) {
        Some(seconds) => DateTime::from_timestamp(seconds, 0),
        None => DateTime::parse_from_rfc3339(text(value, name))
            .ok()
            .map(|moment| moment.with_timezone(&Utc)),
    };
    moment.and_then(believed)
}

/// The address that lists the archives of the days that the vendor still has.
pub(crate) fn query(settings: &SourceSettings, now: DateTime<Utc>) -> String {
    let base = if settings.server_url.is_empty() {
        API
    } else {
        &settings.server_url
    };
    let day = |day: NaiveDate| format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
    let today = now.date_naive();
    // 72 hours reach into the fourth day.
    let first = today - TimeDelta::days(3);
    format!(
        "{}/video/v2/archive/period/{}/{}",
        base.trim_end_matches('/'),
        day(first),
        day(today)
    )
}

/// The files that an answer of the archive API tells of, or why there is no answer.
pub(crate) fn archives(answer: &[u8], now: DateTime<Utc>) -> Result<Vec<Expected>, String> {
    let unreadable = || "EnableX's answer is not what the archive API answers".to_owned();
    let answer: Value = serde_json::from_slice(answer).map_err(|_| unreadable())?;
    let result = plain(&answer, "result");
    if !matches!(result.as_str(), "0" | "") {
        let said = [text(&answer, "desc"), text(&answer, "error")];
        let said = said.iter().find(|text| !text.is_empty()).copied();
        return Err(format!(
            "EnableX refused: {}",
            label(said.unwrap_or(&result))
        ));
    }
    let archives = answer
        .get("archive")
        .and_then(Value::as_array)
        .ok_or_else(unreadable)?;
    Ok(archives
        .iter()
        .flat_map(|archive| files(archive, now))
        .collect())
}

fn files(archive: &Value, now: DateTime<Utc>) -> Vec<Expected> {
    const MEMBERS: [(&str, FileKind); 4] = [
        ("recording", FileKind::Individual),
        ("transcoded", FileKind::Transcoded),
        ("chatdata", FileKind::Chat),
        ("metadata", FileKind::Metadata),
    ];
    let known_at = moment(archive, "trans_date").unwrap_or(now).min(now);
    let mut found = Vec::new();
    for (member, kind) in MEMBERS {
        for url in addresses(archive.get(member)) {
            let Some(mut file) = expected(archive, &url, kind, known_at) else {
                continue;
            };
            // Their addresses may end with anything; in a session these two have one name each.
            match kind {
                FileKind::Chat => "chatdata.json".clone_into(&mut file.name),
                FileKind::Metadata => "metadata.json".clone_into(&mut file.name),
                _ => {}
            }
            found.push(file);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::intake::senders::read;
    use crate::intake::{SourceKind, SourceSecrets};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_640_000, 0).unwrap()
    }

    fn heard(body: &str) -> Result<Announced, Refusal> {
        let settings = SourceSettings {
            api_key: "6a".to_owned(),
            ..SourceSettings::default()
        };
        let secrets = SourceSecrets {
            address: Secret::new("path"),
            ..SourceSecrets::default()
        };
        let sender = Sender {
            kind: SourceKind::Enablex,
            settings: &settings,
            secrets: &secrets,
        };
        let call = Call {
            authorization: None,
            key: Some("path"),
            format: None,
            body: body.as_bytes(),
        };
        read(&sender, call, now())
    }

    #[test]
    fn the_webhook_names_files_in_a_text_or_an_array() {
        let recording = heard(
            r#"{"type":"recording","trans_date":1772619330,"app_id":"6a","room_id":"6b","conf_num":"123456789012",
            "recording":["https://portal.example.org/rec/a.mkv","https://portal.example.org/rec/b.mkv"]}"#,
        )
        .unwrap();
        let names: Vec<&str> = recording.files.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["a.mkv", "b.mkv"]);
        assert_eq!(recording.files[0].kind, Some(FileKind::Individual));
        assert_eq!(
            (
                &*recording.files[0].room,
                &*recording.files[0].conference_number
            ),
            ("6b", "123456789012")
        );
        assert_eq!(
            recording.files[0].expires_at.unwrap().timestamp(),
            1_772_619_330 + 72 * 3600
        );
        let transcoded = heard(
            r#"{"type":"transcoded","trans_date":"1772619330","app_id":"6a","room_id":"6b","conf_num":123456789012,
            "recording":"https://portal.example.org/rec/transcoded.mp4","stage":"1","file_size":"1048576"}"#,
        )
        .unwrap();
        assert_eq!(transcoded.files[0].kind, Some(FileKind::Transcoded));
        assert_eq!(transcoded.files[0].external_id, "123456789012");
        assert_ne!(transcoded.key, recording.key);
    }

    #[test]
    fn other_events_bring_nothing() {
        let roomdrop = r#"{"type":"roomdrop","trans_date":1772619330,"app_id":"6a","room_id":"6b","conf_num":"1"}"#;
        assert_eq!(heard(roomdrop).unwrap().verdict, Verdict::Ignored);
        let transfer = r#"{"type":"file-transfer","conf_num":"1","destination":{"name":"awss3"}}"#;
        assert_eq!(heard(transfer).unwrap().verdict, Verdict::Ignored);
        let empty = r#"{"type":"recording","conf_num":"1","recording":[]}"#;
        assert_eq!(heard(empty).unwrap().verdict, Verdict::Failed);
        assert_eq!(
            heard(r#"{"type":"recording","recording":["https://x/a.mkv"]}"#),
            Err(Refusal::Unreadable("the event names no conference"))
        );
        assert_eq!(
            heard("{}"),
            Err(Refusal::Unreadable("the event has no type"))
        );
        assert_eq!(
            heard(r#"{"type":"recording","app_id":"other"}"#),
            Err(Refusal::Unproven("the event is of another project"))
        );
    }

    #[test]
    fn the_archive_is_asked_for_what_the_vendor_still_has() {
        let settings = SourceSettings {
            server_url: "https://white.example/".to_owned(),
            ..SourceSettings::default()
        };
        assert_eq!(
            query(&settings, now()),
            "https://white.example/video/v2/archive/period/2026-03-01/2026-03-04"
        );
        assert!(query(&SourceSettings::default(), now()).starts_with(API));
        let answer = br#"{ "result": "0", "archive": [ {
            "_id": "65f0", "trans_date": "2026-03-04T10:15:30.123Z", "conf_num": "123456789012", "app_id": "6a",
            "room_id": "6b", "recording": [ {"url": "https://p.example/individual_recording_1.mkv"} ],
            "transcoded": [ {"url": "https://p.example/transcoded.mp4"} ],
            "chatdata": "https://p.example/x/chat.json", "metadata": "" } ] }"#;
        let found = archives(answer, now()).unwrap();
        let names: Vec<&str> = found.iter().map(|file| &*file.name).collect();
        assert_eq!(
            names,
            [
                "individual_recording_1.mkv",
                "transcoded.mp4",
                "chatdata.json"
            ]
        );
        assert_eq!(
            found[0].expires_at.unwrap().to_rfc3339(),
            "2026-03-07T10:15:30.123+00:00"
        );
    }

    #[test]
    fn refusals_of_the_archive_are_told() {
        let refused = br#"{ "result": 40002, "error": "unauthorized", "desc": "Wrong APP_KEY" }"#;
        assert_eq!(
            archives(refused, now()),
            Err("EnableX refused: Wrong APP_KEY".to_owned())
        );
        assert_eq!(
            archives(br#"{"result":0,"archive":[]}"#, now()),
            Ok(Vec::new())
        );
        for odd in [&b"<html>"[..], b"{}", b"[]"] {
            assert!(archives(odd, now()).is_err());
        }
    }

    /// Moments that no calendar has say nothing about the vendor's copy.
    #[test]
    fn odd_moments_are_not_believed() {
        for moment in [
            "-8334601228800",
            "-300000000000",
            "8210266876799",
            "253402300800",
            "\"-0300-01-01T00:00:00Z\"",
        ] {
            let body = format!(
                r#"{{"type":"recording","trans_date":{moment},"app_id":"6a","room_id":"6b","conf_num":"1",
                "recording":"https://portal.example.org/rec/a.mkv"}}"#
            );
            let file = heard(&body).unwrap().files.pop().unwrap();
            assert_eq!(file.expires_at, Some(now() + VENDOR_KEEPS), "{moment}");
        }
    }
}
