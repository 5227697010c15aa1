//! What is taken out of an event before it is stored: passwords, tokens, keys, and addresses that let somebody in.
//!
//! Senders echo the settings of the recorder (Jibri's `upload_credentials`, LiveKit's `s3.secret`), and link to files
//! by addresses that are signed. None of it is needed to know what happened.

use serde_json::Value;

/// What stands in place of it.
const REMOVED: &str = "[removed]";

/// Takes the secrets out of a payload. Also NUL, which the database cannot hold.
pub fn redact(payload: &mut Value) {
    match payload {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                if is_secret(name) && !is_nothing(value) {
                    *value = Value::String(REMOVED.to_owned());
                } else {
                    redact(value);
                }
            }
            let with_nul: Vec<String> = members
                .keys()
                .filter(|name| name.contains('\0'))
                .cloned()
                .collect();
            for name in with_nul {
                members.remove(&name);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        Value::String(text) => *text = redact_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An empty field says only that nothing was set.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Number(_) => false,
    }
}

/// Parts of names of fields that hold a secret, without separators and in lower case.
const SECRET: [&str; 14] = [
    "password",
    "passwd",
    "passcode",
    "passphrase",
    "secret",
    "token",
    "credential",
    "accesskey",
    "signature",
    "authorization",
    "cookie",
    "signedurl",
    "connectionstring",
    "privatekey",
];

fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let is_key = plain.len() > 3 && plain.ends_with("key") && plain != "objectkey";
    is_key || plain == "pwd" || SECRET.iter().any(|part| plain.contains(part))
}

fn redact_text(text: &str) -> String {
    let text = text.replace('\0', "\u{FFFD}");
    // Some put JSON into a text: a room's metadata, a request.
    if text.starts_with(['{', '['])
        && let Ok(mut inner) = serde_json::from_str::<Value>(&text)
    {
        redact(&mut inner);
        return inner.to_string();
    }
    if is_token(&text) {
        return REMOVED.to_owned();
    }
    redact_address(&text).unwrap_or(text)
}

/// A JWT begins with `{"` in base64url and has dots.
fn is_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.matches('.').count() == 2 && !text.contains(' ')
}

/// The address without user, password, query and fragment: any of them may be what opens the file. None if the text is
/// no address, or has nothing of it.
fn redact_address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, query) = rest.split_at(end);
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = authority.rsplit_once('@').map(|(_, host)| host);
    // The last part of a stream's address is its key.
    let is_stream = ["rtmp", "rtmps", "srt"]
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name));
    if host.is_none() && query.is_empty() && !is_stream {
        return None;
    }
    let path = match path.rsplit_once('/') {
        Some((folder, _)) if is_stream => format!("{folder}/{REMOVED}"),
        _ => path.to_owned(),
    };
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{REMOVED}")
    };
    Some(format!(
        "{scheme}://{}{path}{query}",
        host.unwrap_or(authority)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redacted(mut payload: Value) -> Value {
        redact(&mut payload);
        payload
    }

    /// X16.
    #[test]
    fn what_senders_are_known_to_echo_is_taken_out() {
        let livekit = json!({
            "event": "egress_ended",
            "egressInfo": {
                "egressId": "EG_1", "roomName": "board",
                "roomComposite": { "fileOutputs": [ { "filepath": "a.mp4",
                    "s3": { "accessKey": "AKIA", "secret": "s3cr3t", "sessionToken": "tok", "bucket": "recordings" },
                    "azure": { "accountName": "n", "accountKey": "k3y" },
                    "gcp": { "credentials": "{\"private_key\":\"pem\"}" } } ],
                    "streamOutputs": [ { "urls": ["rtmp://live.example/app/str3am"] } ] },
                "fileResults": [ { "location": "https://user:pa55@b.example/a.mp4?X-Amz-Signature=s1g&x=1" } ]
            }
        });
        let jibri = json!({
            "meeting_url": "https://meet.example.org/Board",
            "upload_credentials": { "service_name": "dropbox", "token": "dr0p" },
            "share": true
        });
        let vonage =
            json!({ "id": "75f3", "password": "bG9j", "passcode": "1234", "certificate": "" });
        let nested = json!({ "metadata": "{\"user\":\"ada\",\"apiKey\":\"inner\"}", "jwt": "eyJh.eyJi.c2ln" });
        let stored = redacted(json!([livekit, jibri, vonage, nested])).to_string();
        for secret in [
            "AKIA", "s3cr3t", "\"tok\"", "k3y", "pem", "str3am", "pa55", "s1g", "dr0p", "dropbox",
            "bG9j", "1234", "inner", "eyJh",
        ] {
            assert!(!stored.contains(secret), "{secret} is in {stored}");
        }
        for kept in [
            "EG_1",
            "board",
            "recordings",
            "https://b.example/a.mp4?[removed]",
            "https://meet.example.org/Board",
            "rtmp://live.example/app/[removed]",
            "ada",
            "75f3",
        ] {
            assert!(stored.contains(kept), "{kept} is not in {stored}");
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        let plain = json!({
            "id": "x", "key": "rec/a.mp4", "object_key": "rec/a.mp4", "hasPassword": false, "token": "", "n": 5,
            "url": "https://b.example/a%20b.mp4", "text": "see a://b c", "list": [null, true]
        });
        assert_eq!(redacted(plain.clone()), plain);
    }

    #[test]
    fn nul_does_not_reach_the_database() {
        let payload = redacted(json!({ "a\0b": 1, "c": "x\0y" }));
        assert_eq!(payload, json!({ "c": "x\u{FFFD}y" }));
    }
}
