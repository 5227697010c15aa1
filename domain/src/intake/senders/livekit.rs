//! LiveKit Egress: webhooks signed by a token over the body's hash, in the JSON of protobuf.
//!
//! 64-bit numbers come as texts, and fields that are zero or empty are left out: a missing status is `EGRESS_STARTING`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Announced, Call, Expected, Refusal, Sender, base_name, believed, in_order, is_same, json,
    label, number, text,
};
use crate::Secret;
use crate::files::FileKind;
use crate::intake::{Verdict, jwt};

pub(super) fn read(
    sender: &Sender<'_>,
    call: Call<'_>,
    now: DateTime<Utc>,
) -> Result<Announced, Refusal> {
    prove(sender, call, now).map_err(Refusal::Unproven)?;
    let payload = json(call.body)?;
    let event = text(&payload, "event").to_owned();
    let id = text(&payload, "id");
    let info = payload.get("egressInfo").cloned().unwrap_or(Value::Null);
    let egress = text(&info, "egressId").to_owned();
    let status = status(&info);
    // Old servers send no id; then an event is the same when it tells of the same state of the same egress.
    let key = if id.is_empty() {
        format!("{event} {egress} {status}")
    } else {
        id.to_owned()
    };
    let mut announced = Announced {
        key,
        name: event.clone(),
        external_id: egress,
        payload,
        verdict: Verdict::Ignored,
        reason: None,
        files: Vec::new(),
    };
    if event != "egress_ended" {
        announced.reason =
            Some("Only egress_ended tells of a recording that is complete.".to_owned());
        return Ok(announced);
    }
    if announced.external_id.is_empty() {
        return Err(Refusal::Unreadable("the event names no egress"));
    }
    judge(&info, status, &mut announced);
    Ok(announced)
}

/// The header is the bare token, without `Bearer`; some proxies and libraries add it.
fn prove(sender: &Sender<'_>, call: Call<'_>, now: DateTime<Utc>) -> Result<(), &'static str> {
    let token = call.authorization.ok_or("the token is missing")?;
    let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
    let claims = jwt::verify(token, &sender.secrets.api, now)?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if claim("iss") != sender.settings.api_key {
        return Err("the token was made with another API key");
    }
    if !claims.get("exp").is_some_and(Value::is_number) {
        return Err("the token does not say when it ends");
    }
    let hash = Secret::new(STANDARD.encode(Sha256::digest(call.body)));
    if !is_same(claim("sha256"), &hash) {
        return Err("the token is for another body");
    }
    Ok(())
}

/// As its name, wherever a server writes the number.
fn status(info: &Value) -> &str {
    const NAMES: [&str; 7] = [
        "EGRESS_STARTING",
        "EGRESS_ACTIVE",
        "EGRESS_ENDING",
        "EGRESS_COMPLETE",
        "EGRESS_FAILED",
        "EGRESS_ABORTED",
        "EGRESS_LIMIT_REACHED",
    ];
    match info.get("status") {
        Some(Value::String(name)) => name,
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|number| NAMES.get(usize::try_from(number).ok()?))
            .copied()
            .unwrap_or("EGRESS_STARTING"),
        _ => NAMES[0],
    }
}

/// Status first: the same event comes when the recording failed.
fn judge(info: &Value, status: &str, announced: &mut Announced) {
    let details = details(info);
    match status {
        // A recording that reached its limit is cut, and sound.
        "EGRESS_COMPLETE" | "EGRESS_LIMIT_REACHED" => {}
        "EGRESS_FAILED" | "EGRESS_ABORTED" => {
            announced.verdict = Verdict::Failed;
            let what = if status == "EGRESS_FAILED" {
                "The recording failed"
            } else {
                "The recording was aborted"
            };
            announced.reason = Some(format!("{what}{details}."));
            return;
        }
        _ => {
            announced.reason = Some(format!("The recording is not complete: {status}."));
            return;
        }
    }
    announced.files = files(info);
    if !announced.files.is_empty() {
        announced.verdict = Verdict::Taken;
        return;
    }
    announced.verdict = Verdict::Failed;
    let has_segments = ["segmentResults", "segments"]
        .iter()
        .any(|name| info.get(name).is_some_and(|found| !found.is_null()));
    announced.reason = Some(if has_segments {
        "The recording consists of segments (HLS) only; add a file output to the egress.".to_owned()
    } else {
        format!("The recording ended without a file{details}.")
    });
}

fn details(info: &Value) -> String {
    let said = [text(info, "error"), text(info, "details")];
    let said = said.iter().find(|text| !text.is_empty());
    said.map(|text| format!(": {}", text.trim_end_matches('.')))
        .unwrap_or_default()
}

/// `fileResults`, or what servers of before had in its place.
fn files(info: &Value) -> Vec<Expected> {
    let of_now = info.get("fileResults").and_then(Value::as_array);
    match of_now.filter(|results| !results.is_empty()) {
        Some(results) => results
            .iter()
            .filter_map(|file| expected(info, file))
            .collect(),
        None => info
            .get("file")
            .and_then(|file| expected(info, file))
            .into_iter()
            .collect(),
    }
}

fn expected(info: &Value, file: &Value) -> Option<Expected> {
    let (path, location) = (text(file, "filename"), text(file, "location"));
    let named = if path.is_empty() { location } else { path };
    let name = base_name(named);
    if name.is_empty() {
        return None;
    }
    let (started_at, ended_at) = in_order(
        nanos(file, "startedAt").or_else(|| nanos(info, "startedAt")),
        nanos(file, "endedAt").or_else(|| nanos(info, "endedAt")),
    );
    let is_address = location.starts_with("https://") || location.starts_with("http://");
    let room = label(text(info, "roomName"));
    let egress = text(info, "egressId");
    let session = label(text(info, "roomId"));
    Some(Expected {
        external_id: egress.to_owned(),
        kind: kind(info, &name),
        name,
        room: if room.is_empty() {
            "web".to_owned()
        } else {
            room
        },
        // All recordings of one room's life are one session; a recorded page has no room.
        conference_number: if session.is_empty() {
            label(egress)
        } else {
            session
        },
        started_at,
        ended_at,
        path: Some(named)
            .filter(|path| !path.contains("://"))
            .map(str::to_owned),
        address: is_address.then(|| location.to_owned()),
        expires_at: None,
    })
}

/// What was asked for says whether it is one participant or the mix.
fn kind(info: &Value, name: &str) -> Option<FileKind> {
    let asked = |name: &str| info.get(name).is_some_and(|request| !request.is_null());
    let is_one = ["participant", "track", "trackComposite"]
        .iter()
        .any(|name| asked(name));
    let is_mix = asked("roomComposite") || asked("web");
    let is_webm = name.to_ascii_lowercase().ends_with(".webm");
    match (is_one, is_mix) {
        (true, _) => Some(FileKind::Individual),
        (_, true) if !is_webm => Some(FileKind::Transcoded),
        _ => None,
    }
}

/// A moment in nanoseconds; None for nothing, zero and less, which all have been seen.
fn nanos(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    number(value, name)
        .filter(|&nanos| nanos > 0)
        .map(DateTime::from_timestamp_nanos)
        .and_then(believed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::intake::senders::read;
    use crate::intake::{SourceKind, SourceSecrets, SourceSettings};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_731_668_995, 0).unwrap()
    }

    /// As the server makes it.
    const ENDED: &str = r#"{"event":"egress_ended","id":"EV_uniqueEventId","createdAt":"1731668994","egressInfo":{
        "egressId":"EG_gyrUCPGmCQKw","roomId":"RM_7A62FjVFwWw5","roomName":"board-meeting","status":"EGRESS_COMPLETE",
        "startedAt":"1731660518186023947","endedAt":"1731668993605577585","updatedAt":"1731668994105577585",
        "details":"end reason: source closed",
        "roomComposite":{"roomName":"board-meeting","layout":"grid","fileOutputs":[
            {"filepath":"rec/{room_name}-{time}.mp4","s3":{"bucket":"recordings"}}]},
        "fileResults":[{"filename":"rec/board-meeting-2024-11-15T084838.mp4","startedAt":"1731660518186023947",
            "endedAt":"1731668993605577585","duration":"8475419553638","size":"61941096",
            "location":"https://recordings.s3.eu-west-1.example/rec/board-meeting-2024-11-15T084838.mp4"}],
        "manifestLocation":"https://m.example/EG_gyrUCPGmCQKw.json","backupStorageUsed":true}}"#;

    fn claims(body: &str) -> Value {
        json!({
            "iss": "APIkey", "exp": now().timestamp() + 300, "nbf": now().timestamp(),
            "sha256": STANDARD.encode(Sha256::digest(body)),
        })
    }

    fn heard(body: &str, claims: &Value, secret: &str) -> Result<Announced, Refusal> {
        let token = jwt::sign(claims, &Secret::new(secret)).unwrap();
        heard_with(body, token.reveal())
    }

    fn heard_with(body: &str, authorization: &str) -> Result<Announced, Refusal> {
        let settings = SourceSettings {
            api_key: "APIkey".to_owned(),
            ..SourceSettings::default()
        };
        let secrets = SourceSecrets {
            api: Secret::new("APIsecret"),
            ..SourceSecrets::default()
        };
        let sender = Sender {
            kind: SourceKind::Livekit,
            settings: &settings,
            secrets: &secrets,
        };
        let call = Call {
            authorization: Some(authorization),
            key: None,
            format: None,
            body: body.as_bytes(),
        };
        read(&sender, call, now())
    }

    fn said(info: &Value) -> Announced {
        let body = json!({ "event": "egress_ended", "id": "EV_1", "egressInfo": info }).to_string();
        heard(&body, &claims(&body), "APIsecret").unwrap()
    }

    #[test]
    fn a_complete_recording_is_expected() {
        let announced = heard(ENDED, &claims(ENDED), "APIsecret").unwrap();
        assert_eq!(announced.verdict, Verdict::Taken);
        assert_eq!(announced.key, "EV_uniqueEventId");
        let [file] = &announced.files[..] else {
            panic!("{announced:?}")
        };
        assert_eq!(file.external_id, "EG_gyrUCPGmCQKw");
        assert_eq!(file.name, "board-meeting-2024-11-15T084838.mp4");
        assert_eq!(
            (&*file.room, &*file.conference_number),
            ("board-meeting", "RM_7A62FjVFwWw5")
        );
        assert_eq!(file.kind, Some(FileKind::Transcoded));
        assert_eq!(
            file.started_at.unwrap().to_rfc3339(),
            "2024-11-15T08:48:38.186023947+00:00"
        );
        assert_eq!(
            file.path.as_deref(),
            Some("rec/board-meeting-2024-11-15T084838.mp4")
        );
        assert!(
            file.address
                .as_deref()
                .unwrap()
                .starts_with("https://recordings.s3.")
        );
    }

    #[test]
    fn only_the_sender_is_believed() {
        let claims = claims(ENDED);
        let with = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            heard(ENDED, &claims, "APIsecret")
        };
        let hex: String = Sha256::digest(ENDED)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let table = [
            (heard(ENDED, &claims, "wrong"), "the signature is wrong"),
            (
                with("iss", json!("other")),
                "the token was made with another API key",
            ),
            (
                with("exp", json!(now().timestamp() - 120)),
                "the token has expired",
            ),
            (
                with("exp", Value::Null),
                "the token does not say when it ends",
            ),
            (with("sha256", json!("x")), "the token is for another body"),
            // URL-safe base64 and hexadecimal are what receivers get wrong.
            (with("sha256", json!(hex)), "the token is for another body"),
            (
                heard(&ENDED.replace("board", "Board"), &claims, "APIsecret"),
                "the token is for another body",
            ),
            (heard_with(ENDED, "Basic eDp5"), "the token is malformed"),
        ];
        for (number, (outcome, why)) in table.into_iter().enumerate() {
            assert_eq!(outcome, Err(Refusal::Unproven(why)), "row {number}");
        }
        let token = jwt::sign(&claims, &Secret::new("APIsecret")).unwrap();
        assert!(heard_with(ENDED, &format!("Bearer {}", token.reveal())).is_ok());
    }

    #[test]
    fn status_comes_first() {
        let file = json!([{ "filename": "a.mp4" }]);
        let verdict = |status: Value| {
            let said = said(
                &json!({ "egressId": "EG_1", "status": status, "error": "no room.", "fileResults": file }),
            );
            (said.verdict, said.files.len(), said.reason)
        };
        let failed = |reason: &str| (Verdict::Failed, 0, Some(reason.to_owned()));
        assert_eq!(verdict(json!("EGRESS_COMPLETE")), (Verdict::Taken, 1, None));
        assert_eq!(verdict(json!(3)), (Verdict::Taken, 1, None));
        assert_eq!(
            verdict(json!("EGRESS_LIMIT_REACHED")),
            (Verdict::Taken, 1, None)
        );
        assert_eq!(
            verdict(json!("EGRESS_FAILED")),
            failed("The recording failed: no room.")
        );
        assert_eq!(
            verdict(json!("EGRESS_ABORTED")),
            failed("The recording was aborted: no room.")
        );
        // Left out because it is zero: EGRESS_STARTING.
        assert_eq!(verdict(Value::Null).0, Verdict::Ignored);
        assert_eq!(verdict(json!("EGRESS_ENDING")).0, Verdict::Ignored);
    }

    #[test]
    fn what_servers_leave_out_or_get_wrong_does_no_harm() {
        // egress#809: complete, a negative duration and no end.
        let odd = said(
            &json!({ "egressId": "EG_1", "roomName": "r", "roomId": "RM_1", "status": "EGRESS_COMPLETE",
            "participant": { "identity": "ada" },
            "fileResults": [ { "filename": "/out/rec/a.mp4", "location": "/out/rec/a.mp4", "duration": "-62135596800",
                "startedAt": "1731660518186023947" } ] }),
        );
        let file = &odd.files[0];
        assert_eq!(file.kind, Some(FileKind::Individual));
        assert_eq!(
            (file.path.as_deref(), file.address.as_deref()),
            (Some("/out/rec/a.mp4"), None)
        );
        assert_eq!(file.ended_at, None);
        // Older servers fill `file`; node-sdks#625: empty fileResults.
        let old = said(
            &json!({ "egressId": "EG_1", "status": "EGRESS_COMPLETE", "fileResults": [],
            "file": { "filename": "b.mp4", "location": "https://h.example/b.mp4" } }),
        );
        assert_eq!(old.files[0].name, "b.mp4");
        assert_eq!(
            (&*old.files[0].room, &*old.files[0].conference_number),
            ("web", "EG_1")
        );
        let none = said(&json!({ "egressId": "EG_1", "status": "EGRESS_COMPLETE" }));
        assert_eq!(
            none.reason.as_deref(),
            Some("The recording ended without a file.")
        );
        let hls = said(
            &json!({ "egressId": "EG_1", "status": "EGRESS_COMPLETE", "segmentResults": [ {} ] }),
        );
        assert!(hls.reason.unwrap().contains("HLS"));
    }

    #[test]
    fn other_events_are_kept_and_nothing_comes_of_them() {
        let body = r#"{"event":"room_started","id":"EV_2","room":{"sid":"RM_1"}}"#;
        let other = heard(body, &claims(body), "APIsecret").unwrap();
        assert_eq!((other.verdict, other.files.len()), (Verdict::Ignored, 0));
        let nameless = r#"{"event":"egress_ended","id":"EV_3","egressInfo":{}}"#;
        assert_eq!(
            heard(nameless, &claims(nameless), "APIsecret"),
            Err(Refusal::Unreadable("the event names no egress"))
        );
        for body in ["", "[]", "x", "1"] {
            assert_eq!(
                heard(body, &claims(body), "APIsecret"),
                Err(Refusal::Unreadable("the body is no JSON object"))
            );
        }
    }
}
