//! Vonage and OpenTok archives: a callback at every change of state.
//!
//! Callbacks of older projects have no signature: the address has a secret part, and the archive is read again over the
//! API before anything is fetched from the vendor's cloud. Where a signature secret is set, only signed ones count.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Announced, Call, Expected, Refusal, Sender, VENDOR_KEEPS, believed, is_same, json, label,
    millis, number, prove_by_address, text,
};
use crate::Secret;
use crate::files::FileKind;
use crate::intake::{SourceSecrets, SourceSettings, Verdict, jwt};

/// Where the API is, unless a source says otherwise.
pub(crate) const API: &str = "https://api.opentok.com";

pub(super) fn read(
    sender: &Sender<'_>,
    call: Call<'_>,
    now: DateTime<Utc>,
) -> Result<Announced, Refusal> {
    if sender.secrets.signature.reveal().is_empty() {
        prove_by_address(sender, call)?;
    } else {
        prove_by_signature(sender, call, now).map_err(Refusal::Unproven)?;
    }
    let payload = json(call.body)?;
    let archive = text(&payload, "id").to_owned();
    let status = text(&payload, "status").to_owned();
    if archive.is_empty() || status.is_empty() {
        return Err(Refusal::Unreadable(
            "the callback names no archive or no status",
        ));
    }
    let mut announced = Announced {
        key: format!("{archive} {status}"),
        name: format!("archive {status}"),
        external_id: archive,
        verdict: Verdict::Ignored,
        reason: None,
        files: Vec::new(),
        payload,
    };
    judge(sender.settings, &status, &mut announced, now);
    Ok(announced)
}

/// A token over the body's hash, as the vendor's signed webhooks have it (compat.md 5.8).
fn prove_by_signature(
    sender: &Sender<'_>,
    call: Call<'_>,
    now: DateTime<Utc>,
) -> Result<(), &'static str> {
    /// How long a callback may be on its way: its token has no end.
    const FRESH: TimeDelta = TimeDelta::minutes(5);
    let header = call.authorization.ok_or("the signature is missing")?;
    let token = header
        .strip_prefix("Bearer ")
        .ok_or("the signature is missing")?;
    let claims = Value::Object(jwt::verify(token.trim(), &sender.secrets.signature, now)?);
    let hash: String = Sha256::digest(call.body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if !is_same(
        &text(&claims, "payload_hash").to_ascii_lowercase(),
        &Secret::new(hash),
    ) {
        return Err("the signature is for another body");
    }
    let made = number(&claims, "iat").and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    match made {
        Some(made) if (now - made).abs() <= FRESH => Ok(()),
        _ => Err("the signature was not made just now"),
    }
}

fn judge(settings: &SourceSettings, status: &str, announced: &mut Announced, now: DateTime<Utc>) {
    let why = text(&announced.payload, "reason").to_owned();
    let why = if why.is_empty() {
        String::new()
    } else {
        format!(": {}", why.trim_end_matches('.'))
    };
    let failed = match status {
        "uploaded" | "available" => None,
        "failed" => Some(format!("The archive failed{why}.")),
        "expired" => Some("The vendor deleted its copy before it was fetched.".to_owned()),
        _ => {
            announced.reason = Some(format!(
                "The archive is {}; it is fetched when it is complete.",
                label(status)
            ));
            return;
        }
    };
    let failed = failed.or_else(|| unsupported(&announced.payload));
    if let Some(reason) = failed {
        announced.verdict = Verdict::Failed;
        announced.reason = Some(reason);
        return;
    }
    announced.verdict = Verdict::Taken;
    announced
        .files
        .push(expected(settings, &announced.payload, status, now));
}

/// Why its file would be none of a session.
fn unsupported(archive: &Value) -> Option<String> {
    if text(archive, "outputMode") == "individual" {
        return Some(
            "Archives of individual streams are ZIP files, which are not taken; use composed archives.".to_owned(),
        );
    }
    let is_encrypted = !text(archive, "password").is_empty();
    is_encrypted.then(|| {
        "Encrypted archives are not opened; switch encryption off for this project.".to_owned()
    })
}

fn expected(
    settings: &SourceSettings,
    archive: &Value,
    status: &str,
    now: DateTime<Utc>,
) -> Expected {
    let id = text(archive, "id");
    let started_at = millis(archive, "createdAt");
    let seconds = number(archive, "duration").filter(|seconds| (0..=10_000_000).contains(seconds));
    let ended_at = started_at
        .zip(seconds)
        .and_then(|(start, seconds)| start.checked_add_signed(TimeDelta::seconds(seconds)))
        .and_then(believed);
    let name = label(text(archive, "name"));
    let room = if name.is_empty() {
        label(text(archive, "sessionId"))
    } else {
        name
    };
    let is_in_cloud = status == "available";
    Expected {
        external_id: id.to_owned(),
        name: "archive.mp4".to_owned(),
        room: if room.is_empty() {
            "archive".to_owned()
        } else {
            room
        },
        conference_number: label(id),
        kind: Some(FileKind::Transcoded),
        started_at,
        ended_at,
        path: (!is_in_cloud).then(|| format!("{}/{id}/archive.mp4", project(settings, archive))),
        address: Some(text(archive, "url"))
            .filter(|url| is_in_cloud && !url.is_empty())
            .map(str::to_owned),
        expires_at: is_in_cloud
            .then(|| millis(archive, "updatedAt").unwrap_or(now).min(now) + VENDOR_KEEPS),
    }
}

/// What the bucket's folder is called.
fn project(settings: &SourceSettings, archive: &Value) -> String {
    if !settings.api_key.is_empty() {
        return settings.api_key.clone();
    }
    ["projectId", "partnerId"]
        .iter()
        .find_map(|name| number(archive, name))
        .map(|number| number.to_string())
        .unwrap_or_default()
}

/// The address that reads an archive, and the value of the header that lets us.
pub(crate) fn query(
    settings: &SourceSettings,
    secrets: &SourceSecrets,
    archive: &str,
    now: DateTime<Utc>,
) -> Result<(String, Secret), &'static str> {
    let base = if settings.server_url.is_empty() {
        API
    } else {
        &settings.server_url
    };
    let claims = json!({
        "iss": settings.api_key, "ist": "project", "iat": now.timestamp(), "exp": now.timestamp() + 180,
        "jti": crate::hashing::random_text(20).reveal(),
    });
    let token = jwt::sign(&claims, &secrets.api)?;
    let archive =
        percent_encoding::utf8_percent_encode(archive, percent_encoding::NON_ALPHANUMERIC);
    let address = format!(
        "{}/v2/project/{}/archive/{archive}",
        base.trim_end_matches('/'),
        settings.api_key
    );
    Ok((address, token))
}

/// Where the archive's file is now, as the API says, or why it is nowhere. The address is good for ten minutes.
pub(crate) fn address_of(answer: &[u8]) -> Result<String, String> {
    let archive: Value = serde_json::from_slice(answer)
        .map_err(|_| "the vendor's answer is not what it answers for an archive".to_owned())?;
    let url = text(&archive, "url");
    match text(&archive, "status") {
        "available" if !url.is_empty() => Ok(url.to_owned()),
        "expired" | "deleted" => Err(GONE.to_owned()),
        status => Err(format!(
            "the vendor says that the archive is {}",
            label(status)
        )),
    }
}

/// Of [`address_of`]: there is no use in asking again.
pub(crate) const GONE: &str = "the vendor deleted its copy before it was fetched";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::intake::SourceKind;
    use crate::intake::senders::read;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    fn archive(status: &str) -> Value {
        json!({
            "id": "75f30a36-df0f-471b-88b0-c56ad26b4473", "event": "archive", "status": status, "name": "",
            "reason": "user initiated", "sessionId": "2_MX4x", "projectId": 123_456, "partnerId": 123_456,
            "createdAt": 1_470_317_864_000_i64, "updatedAt": 1_470_318_005_000_i64, "size": 19_262_817, "duration": 66,
            "outputMode": "composed", "resolution": "640x480", "hasAudio": true, "hasVideo": true, "url": null,
            "certificate": "", "sha256sum": "4l6MKdPe=", "password": ""
        })
    }

    fn secrets(signature: &str) -> SourceSecrets {
        SourceSecrets {
            api: Secret::new("api"),
            callback: Secret::new("pass"),
            signature: Secret::new(signature),
            address: Secret::new("path"),
            ..SourceSecrets::default()
        }
    }

    fn heard(
        body: &str,
        key: Option<&str>,
        authorization: Option<&str>,
        user: &str,
        signature: &str,
    ) -> Result<Announced, Refusal> {
        let settings = SourceSettings {
            callback_user: user.to_owned(),
            ..SourceSettings::default()
        };
        let secrets = secrets(signature);
        let sender = Sender {
            kind: SourceKind::Vonage,
            settings: &settings,
            secrets: &secrets,
        };
        let call = Call {
            authorization,
            key,
            format: None,
            body: body.as_bytes(),
        };
        read(&sender, call, now())
    }

    fn said(archive: &Value) -> Announced {
        heard(&archive.to_string(), Some("path"), None, "", "").unwrap()
    }

    #[test]
    fn a_secret_address_or_basic_or_both_prove_it() {
        let body = archive("uploaded").to_string();
        let basic = |text: &str| {
            use base64::Engine as _;
            format!(
                "Basic {}",
                base64::engine::general_purpose::STANDARD.encode(text)
            )
        };
        let outcome = |key, authorization: Option<&str>, user| {
            heard(&body, key, authorization, user, "").map(|announced| announced.files.len())
        };
        let address = "the secret part of the address is missing or wrong";
        let right = basic("ada:pass");
        assert_eq!(outcome(Some("path"), None, ""), Ok(1));
        assert_eq!(
            outcome(Some("Path"), None, ""),
            Err(Refusal::Unproven(address))
        );
        assert_eq!(
            outcome(None, Some(&right), "ada"),
            Err(Refusal::Unproven(address))
        );
        assert_eq!(outcome(Some("path"), Some(&right), "ada"), Ok(1));
        assert_eq!(
            outcome(Some("path"), Some(&basic("ada:wrong")), "ada"),
            Err(Refusal::Unproven("user name or password is wrong"))
        );
        assert_eq!(
            outcome(Some("path"), None, "ada"),
            Err(Refusal::Unproven("user name and password are missing"))
        );
    }

    #[test]
    fn where_a_signature_is_set_only_signed_callbacks_count() {
        let body = archive("uploaded").to_string();
        let hash = |body: &str| -> String {
            Sha256::digest(body)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        };
        let outcome = |claims: &Value, secret: &str| {
            let token = jwt::sign(claims, &Secret::new(secret)).unwrap();
            let header = format!("Bearer {}", token.reveal());
            heard(&body, None, Some(&header), "", "sig").map(|announced| announced.files.len())
        };
        let claims = json!({ "iss": "Vonage", "iat": now().timestamp(), "jti": "1", "payload_hash": hash(&body) });
        assert_eq!(outcome(&claims, "sig"), Ok(1));
        assert_eq!(
            outcome(&claims, "x"),
            Err(Refusal::Unproven("the signature is wrong"))
        );
        let mut other = claims.clone();
        other["payload_hash"] = json!(hash("{}"));
        assert_eq!(
            outcome(&other, "sig"),
            Err(Refusal::Unproven("the signature is for another body"))
        );
        let mut old = claims;
        old["iat"] = json!(now().timestamp() - 301);
        assert_eq!(
            outcome(&old, "sig"),
            Err(Refusal::Unproven("the signature was not made just now"))
        );
        assert_eq!(
            heard(&body, Some("path"), None, "", "sig"),
            Err(Refusal::Unproven("the signature is missing"))
        );
    }

    #[test]
    fn uploaded_lies_in_the_bucket_and_available_in_the_cloud_for_three_days() {
        let uploaded = said(&archive("uploaded"));
        let file = &uploaded.files[0];
        assert_eq!(
            file.path.as_deref(),
            Some("123456/75f30a36-df0f-471b-88b0-c56ad26b4473/archive.mp4")
        );
        assert_eq!((file.address.as_deref(), file.expires_at), (None, None));
        assert_eq!((&*file.room, file.name.as_str()), ("2_MX4x", "archive.mp4"));
        assert_eq!(file.started_at.unwrap().timestamp(), 1_470_317_864);
        assert_eq!(file.ended_at.unwrap().timestamp(), 1_470_317_930);
        let mut available = archive("available");
        available["url"] = json!("https://cloud.example/a.mp4?sig=1");
        available["updatedAt"] = json!((now() - TimeDelta::hours(1)).timestamp_millis());
        let file = &said(&available).files[0];
        assert_eq!(file.expires_at, Some(now() + TimeDelta::hours(71)));
        assert_eq!((file.path.as_deref(), file.address.is_some()), (None, true));
    }

    #[test]
    fn other_states_are_told_for_what_they_are() {
        for status in ["started", "paused", "stopped", "deleted"] {
            assert_eq!(said(&archive(status)).verdict, Verdict::Ignored, "{status}");
        }
        for status in ["failed", "expired"] {
            assert_eq!(said(&archive(status)).verdict, Verdict::Failed, "{status}");
        }
        let with = |name: &str, value: &str| {
            let mut archive = archive("uploaded");
            archive[name] = json!(value);
            said(&archive).reason.unwrap_or_default()
        };
        assert!(with("outputMode", "individual").contains("ZIP"));
        assert!(with("password", "bG9ja2Vk").contains("Encrypted"));
    }

    #[test]
    fn an_archive_is_read_again() {
        let settings = SourceSettings {
            api_key: "123".to_owned(),
            server_url: "http://127.0.0.1:1/".to_owned(),
            ..SourceSettings::default()
        };
        let (address, token) = query(&settings, &secrets(""), "a/b", now()).unwrap();
        assert_eq!(address, "http://127.0.0.1:1/v2/project/123/archive/a%2Fb");
        let claims = jwt::verify(token.reveal(), &Secret::new("api"), now()).unwrap();
        assert_eq!(
            (&claims["iss"], &claims["ist"]),
            (&json!("123"), &json!("project"))
        );
        let address = |answer: Value| address_of(answer.to_string().as_bytes());
        assert_eq!(
            address(json!({ "status": "available", "url": "https://x/" })),
            Ok("https://x/".to_owned())
        );
        assert_eq!(
            address(json!({ "status": "expired" })),
            Err(GONE.to_owned())
        );
        assert!(address(json!({ "status": "available", "url": null })).is_err());
        assert!(address_of(b"<html>").is_err());
    }

    /// Moments that no calendar has are left out.
    #[test]
    fn odd_moments_are_not_believed() {
        let archive =
            |created: i64| json!({ "id": "a", "createdAt": created, "duration": 9_999_999 });
        let times = |created| {
            let file = expected(
                &SourceSettings::default(),
                &archive(created),
                "available",
                now(),
            );
            (file.started_at.is_some(), file.ended_at.is_some())
        };
        assert_eq!(times(8_210_266_876_799_999), (false, false));
        // The last second of the year 9999.
        assert_eq!(times(253_402_300_799_000), (true, false));
        assert_eq!(times(1_794_996_000_000), (true, true));
    }
}
