//! BigBlueButton: the recording-ready callback, and its API, which says where the files are.
//!
//! The callback is sent once for each format, in a token that never ends: the recording and the format together are
//! taken once. The API is asked every few minutes as well, since a callback that is lost is not sent again.

mod answer;

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(crate) use self::answer::recordings;
use super::{Announced, Call, Expected, Refusal, Sender, label, text};
use crate::Secret;
use crate::files::FileKind;
use crate::intake::{Verdict, jwt};

/// The format that is one file: the others are pages of a player.
const VIDEO: &str = "video";
/// What that file is called in the session, whatever the format is configured to.
const FILE_NAME: &str = "video.mp4";

pub(super) fn read(
    sender: &Sender<'_>,
    call: Call<'_>,
    now: DateTime<Utc>,
) -> Result<Announced, Refusal> {
    let token = field(call.body, "signed_parameters")
        .ok_or(Refusal::Unproven("signed_parameters is missing"))?;
    let claims = jwt::verify(&token, &sender.secrets.api, now).map_err(Refusal::Unproven)?;
    let payload = Value::Object(claims);
    let record = text(&payload, "record_id").to_owned();
    let meeting = text(&payload, "meeting_id");
    if record.is_empty() || meeting.is_empty() {
        return Err(Refusal::Unreadable("the token names no recording"));
    }
    // Older servers say the format in the query or not at all; then only the API knows.
    let format = match text(&payload, "type") {
        "" => call.format.unwrap_or_default().to_owned(),
        format => format.to_owned(),
    };
    let mut announced = Announced {
        key: format!("{record} {format}"),
        name: if format.is_empty() {
            "recording ready".to_owned()
        } else {
            format!("recording ready: {format}")
        },
        external_id: record.clone(),
        verdict: Verdict::Taken,
        reason: None,
        files: Vec::new(),
        payload,
    };
    if !format.is_empty() && format != VIDEO {
        announced.verdict = Verdict::Ignored;
        announced.reason = Some(format!(
            "The format {format} is a player's page, no file; the format video is taken."
        ));
        return Ok(announced);
    }
    let meeting = label(text(&announced.payload, "meeting_id"));
    announced.files.push(Expected {
        conference_number: label(&record),
        external_id: record,
        name: FILE_NAME.to_owned(),
        room: meeting,
        kind: Some(FileKind::Transcoded),
        started_at: None,
        ended_at: None,
        path: None,
        address: None,
        expires_at: None,
    });
    Ok(announced)
}

/// A field of a form.
fn field(body: &[u8], name: &str) -> Option<String> {
    let pairs = body.split(|&byte| byte == b'&');
    let (_, value) = pairs
        .filter_map(|pair| {
            let at = pair.iter().position(|&byte| byte == b'=')?;
            Some((&pair[..at], &pair[at + 1..]))
        })
        .find(|(found, _)| *found == name.as_bytes())?;
    let value = percent_decode(value).decode_utf8().ok()?;
    Some(value.into_owned())
}

/// The address that asks for one recording, or for all.
pub(crate) fn query(server_url: &str, shared_secret: &Secret, record: Option<&str>) -> Secret {
    let parameters = record.map_or_else(String::new, |record| {
        format!("recordID={}", utf8_percent_encode(record, NON_ALPHANUMERIC))
    });
    let checksum = Sha256::digest(format!(
        "getRecordings{parameters}{}",
        shared_secret.reveal()
    ));
    let checksum: String = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
    let separator = if parameters.is_empty() { "" } else { "&" };
    let base = server_url.trim_end_matches('/').trim_end_matches("/api");
    // The address that `bbb-conf --secret` prints ends with /bigbluebutton; people leave it out.
    let base = if base.ends_with("/bigbluebutton") {
        base.to_owned()
    } else {
        format!("{base}/bigbluebutton")
    };
    Secret::new(format!(
        "{base}/api/getRecordings?{parameters}{separator}checksum={checksum}"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::intake::senders::read;
    use crate::intake::{SourceKind, SourceSecrets, SourceSettings};

    const RECORD: &str = "183f0bf3a0982a127bdb8161e0c44eb696b3e75c-1531240585189";

    fn heard(claims: &Value, secret: &str, format: Option<&str>) -> Result<Announced, Refusal> {
        let token = jwt::sign(claims, &Secret::new(secret)).unwrap();
        heard_as(&format!("signed_parameters={}", token.reveal()), format)
    }

    fn heard_as(body: &str, format: Option<&str>) -> Result<Announced, Refusal> {
        let settings = SourceSettings::default();
        let secrets = SourceSecrets {
            api: Secret::new("shared"),
            ..SourceSecrets::default()
        };
        let sender = Sender {
            kind: SourceKind::Bigbluebutton,
            settings: &settings,
            secrets: &secrets,
        };
        let call = Call {
            authorization: None,
            key: None,
            format,
            body: body.as_bytes(),
        };
        read(
            &sender,
            call,
            DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        )
    }

    #[test]
    fn a_callback_is_proved_and_means_the_video_file() {
        let claims = json!({ "meeting_id": "ext/7", "record_id": RECORD, "type": "video" });
        let announced = heard(&claims, "shared", None).unwrap();
        assert_eq!(announced.key, format!("{RECORD} video"));
        let file = &announced.files[0];
        assert_eq!(
            (&*file.room, &*file.conference_number, &*file.name),
            ("ext_7", RECORD, "video.mp4")
        );
        assert_eq!(
            heard(&claims, "other", None),
            Err(Refusal::Unproven("the signature is wrong"))
        );
        for body in ["", "signed_parameters", "x=1"] {
            assert_eq!(
                heard_as(body, None),
                Err(Refusal::Unproven("signed_parameters is missing"))
            );
        }
        assert_eq!(
            heard(&json!({ "record_id": RECORD }), "shared", None),
            Err(Refusal::Unreadable("the token names no recording"))
        );
    }

    #[test]
    fn each_format_calls_for_itself() {
        let new = |format: &str| json!({ "meeting_id": "m", "record_id": RECORD, "type": format });
        let old = json!({ "meeting_id": "m", "record_id": RECORD });
        assert_eq!(
            heard(&new("presentation"), "shared", None).unwrap().verdict,
            Verdict::Ignored
        );
        assert_eq!(
            heard(&old, "shared", Some("notes")).unwrap().verdict,
            Verdict::Ignored
        );
        assert_eq!(
            heard(&old, "shared", Some("video")).unwrap().verdict,
            Verdict::Taken
        );
        // Nothing says which it is: the API will.
        assert_eq!(heard(&old, "shared", None).unwrap().files.len(), 1);
    }

    /// The checksum was computed by `printf 'getRecordings%s%s' 'recordID=r%2D1' shared | sha256sum`.
    #[test]
    fn the_api_is_asked_with_a_checksum() {
        let ask = |url: &str| {
            query(url, &Secret::new("shared"), Some("r-1"))
                .reveal()
                .to_owned()
        };
        let address = ask("https://bbb.example/bigbluebutton/");
        assert!(
            address.starts_with(
                "https://bbb.example/bigbluebutton/api/getRecordings?recordID=r%2D1&checksum="
            ),
            "{address}"
        );
        assert_eq!(address.rsplit_once('=').unwrap().1.len(), 64);
        assert_eq!(ask("https://bbb.example"), address);
        assert_eq!(ask("https://bbb.example/bigbluebutton/api"), address);
        let all = query("https://bbb.example", &Secret::new("shared"), None);
        assert!(all.reveal().contains("getRecordings?checksum="));
    }

    #[test]
    fn its_answer_says_where_the_file_is() {
        let answer = br#"<response><returncode>SUCCESS</returncode><recordings>
            <recording><recordID>r-1</recordID><meetingID>Board &amp; more</meetingID><name><![CDATA[Board]]></name>
              <startTime>1690191327912</startTime><endTime>1690191377418</endTime>
              <metadata><type>video</type><url>https://evil.example/x.mp4</url></metadata>
              <playback>
                <format><type>presentation</type><url>https://bbb.example/playback/presentation/2.3/r-1</url></format>
                <format><type>video</type><url>https://bbb.example/playback/video/r-1/</url><length>0</length>
                  <preview><images><image alt="a" width="176">https://bbb.example/t.png</image></images></preview></format>
              </playback></recording>
            <recording><recordID>r-2</recordID><meetingID>m</meetingID><startTime>0</startTime><playback>
                <format><type>video</type><url>https://bbb.example/presentation/r-2/meeting.mp4</url></format>
              </playback></recording>
            <recording><recordID>r-3</recordID><playback><format><type>presentation</type><url>https://x/</url></format>
              </playback></recording>
            </recordings></response>"#;
        let found = recordings(answer).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].address.as_deref(),
            Some("https://bbb.example/playback/video/r-1/video-0.m4v")
        );
        assert_eq!(found[0].room, "Board & more");
        assert_eq!(
            found[0].started_at.unwrap().timestamp_millis(),
            1_690_191_327_912
        );
        assert_eq!(
            found[1].address.as_deref(),
            Some("https://bbb.example/presentation/r-2/meeting.mp4")
        );
        assert_eq!(found[1].started_at, None);
    }

    #[test]
    fn bad_answers_are_told() {
        let failed = b"<response><returncode>FAILED</returncode><message>Checksums do not match</message></response>";
        assert_eq!(
            recordings(failed),
            Err("BigBlueButton refused: Checksums do not match".to_owned())
        );
        let none = b"<response><returncode>SUCCESS</returncode><recordings/></response>";
        assert_eq!(recordings(none), Ok(Vec::new()));
        for odd in [
            &b"<html><body>404</body></html>"[..],
            b"",
            b"<response",
            b"<a>&own;</a>",
        ] {
            assert!(recordings(odd).is_err());
        }
    }
}
