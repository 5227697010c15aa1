//! What is taken out of an event before it is stored: passwords, tokens, keys, and addresses that let somebody in.
//!
//! Senders echo the settings of the recorder (Jibri's `upload_credentials`, LiveKit's `s3.secret`), and link to files
//! by addresses that are signed. None of it is needed to know what happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Addresses in one word that are looked at; what follows is taken out whole.
const WITHIN: usize = 8;

/// What stands in place of it.
const REMOVED: &str = "[removed]";

/// Takes the secrets out of a payload. Also NUL, which the database cannot hold.
pub fn redact(payload: &mut Value) {
    match payload {
        Value::Object(members) => redact_members(members),
        Value::Array(values) => values.iter_mut().for_each(redact),
        Value::String(text) => *text = redact_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn redact_members(members: &mut Map<String, Value>) {
    let names_a_secret = ["name", "key", "header"].iter().any(|name| {
        let said = members.get(*name).and_then(Value::as_str);
        said.is_some_and(is_secret)
    });
    for (name, value) in members.iter_mut() {
        if is_secret(name) || names_a_secret && name == "value" {
            remove(value);
        } else if is_headers(name) {
            remove_each(value);
        } else {
            redact(value);
        }
    }
    members.retain(|name, _| !name.contains('\0'));
}

fn remove(value: &mut Value) {
    // An empty field says only that nothing was set.
    let is_nothing = match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Number(_) => false,
    };
    if !is_nothing {
        *value = Value::String(REMOVED.to_owned());
    }
}

/// What a sender shows to others: which names it has says enough.
fn remove_each(headers: &mut Value) {
    match headers {
        Value::Object(members) => {
            members.values_mut().for_each(remove);
            members.retain(|name, _| !name.contains('\0'));
        }
        other => remove(other),
    }
}

/// Parts of names of fields that hold a secret, without separators and in lower case.
const SECRET: [&str; 15] = [
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
    "sharedaccess",
];

fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

fn is_secret(name: &str) -> bool {
    let plain = plain(name);
    let is_key = plain.len() > 3 && plain.ends_with("key") && plain != "objectkey";
    is_key
        || matches!(plain.as_str(), "pwd" | "sas" | "sig")
        || plain.ends_with("auth")
        || SECRET.iter().any(|part| plain.contains(part))
}

fn is_headers(name: &str) -> bool {
    let plain = plain(name);
    plain.ends_with("headers") || plain == "header"
}

/// A text without the secrets in it, wherever they stand: signed addresses in the words of an error, tokens, `name=value`
/// with the name of a secret. NUL becomes a sign that the database can hold.
pub(super) fn redact_text(text: &str) -> String {
    let text = text.replace('\0', "\u{FFFD}");
    // Some put JSON into a text: a room's metadata, a request.
    if text.starts_with(['{', '['])
        && let Ok(mut inner) = serde_json::from_str::<Value>(&text)
    {
        redact(&mut inner);
        return inner.to_string();
    }
    let mut redacted = String::with_capacity(text.len());
    let mut scheme = None;
    for word in text.split_inclusive(ends_word) {
        let end = word.trim_end_matches(ends_word).len();
        let (word, after) = word.split_at(end);
        match scheme {
            Some(scheme) if is_proof(scheme, word) => redacted.push_str(REMOVED),
            _ => redacted.push_str(&redact_word(word, WITHIN)),
        }
        redacted.push_str(after);
        // Not forgotten over a blank more.
        if !word.is_empty() {
            scheme = Some(word);
        }
    }
    redacted
}

/// No address has one of these in it (RFC 3986 section 2); all others may belong to one, or to the password in it.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '<' | '>')
}

/// Whether the word after the name of a scheme of HTTP is what proves who somebody is (RFC 9110 section 11.4).
fn is_proof(scheme: &str, word: &str) -> bool {
    const SHORTEST: usize = 8;
    let is = |name: &str| {
        let end = scheme.len().checked_sub(name.len());
        end.and_then(|end| scheme.get(end..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    // "Basic" is a word of every day; user name and password have a colon between them.
    let is_pair = || {
        let bytes = STANDARD.decode(word.trim_end_matches([',', '.', ';', '\'', ')']));
        bytes.is_ok_and(|bytes| bytes.contains(&b':'))
    };
    (is("bearer") && word.len() >= SHORTEST) || (is("basic") && is_pair())
}

fn redact_word(word: &str, within: usize) -> String {
    let Some((before, rest)) = word.split_once("://") else {
        return redact_pairs(word);
    };
    let Some(within) = within.checked_sub(1) else {
        return REMOVED.to_owned();
    };
    let begin = before
        .rfind(|letter: char| {
            !(letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
        })
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    let (before, scheme) = before.split_at(begin);
    format!(
        "{}{scheme}://{}",
        redact_pairs(before),
        redact_rest(scheme, rest, within)
    )
}

/// What follows `://`, without user, password, query and fragment: any of them may be what opens the file.
fn redact_rest(scheme: &str, rest: &str, within: usize) -> String {
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, query) = rest.split_at(end);
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{REMOVED}")
    };
    let (authority, path) = split_authority(place);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    // The last part of a stream's address is its key.
    let is_stream = ["rtmp", "rtmps", "srt"]
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name));
    let path = match path.rsplit_once('/') {
        Some((folder, _)) if is_stream => format!("{folder}/{REMOVED}"),
        // Another address may follow, behind a comma.
        _ => redact_word(path, within),
    };
    format!("{host}{path}{query}")
}

/// Host with user and password, and the path. A password may have a slash that nobody escaped.
fn split_authority(place: &str) -> (&str, &str) {
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let has_port = authority.rsplit_once(':').is_none_or(|(host, port)| {
        host.starts_with('[') || port.bytes().all(|byte| byte.is_ascii_digit())
    });
    match (authority.contains('@') || has_port, place.rfind('@')) {
        (false, Some(at)) => {
            let end = place[at..].find('/').map_or(place.len(), |end| at + end);
            place.split_at(end)
        }
        _ => (authority, path),
    }
}

/// A word that is no address: a JWT, which begins with `{"` in base64url and has dots, or `name=value`.
fn redact_pairs(word: &str) -> String {
    const SEPARATORS: [char; 5] = ['&', '?', ';', ',', '#'];
    if let Some(at) = word.find("eyJ")
        && word[at..].matches('.').count() >= 2
    {
        return format!("{}{REMOVED}", &word[..at]);
    }
    let mut pairs = Vec::new();
    for pair in word.split_inclusive(SEPARATORS) {
        match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() && is_secret(name) => {
                let end = value.trim_end_matches(SEPARATORS).len();
                pairs.push(format!("{name}={REMOVED}{}", &value[end..]));
            }
            _ => pairs.push(pair.to_owned()),
        }
    }
    pairs.concat()
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

    /// X16: senders put addresses into the words of an error, and those words are shown and kept.
    #[test]
    fn secrets_within_a_text_are_taken_out() {
        for (text, expected) in [
            (
                r#"Put "https://b.s3.example/a.mp4?X-Amz-Signature=SECRET&x=1": 403"#,
                r#"Put "https://b.s3.example/a.mp4?[removed]": 403"#,
            ),
            (
                "no https://user:SECRET@b.example/a?X-Amz-Signature=SECRET",
                "no https://b.example/a?[removed]",
            ),
            (
                " https://b.example/a?sig=SECRET",
                " https://b.example/a?[removed]",
            ),
            (
                "(url=https://b.example/a),s3://k:SECRET@c/d",
                "(url=https://b.example/a),s3://c/d",
            ),
            ("https://u:SE/CR@ET@b.example/a", "https://b.example/a"),
            (
                "failed: X-Amz-Signature=SECRET&part=2",
                "failed: X-Amz-Signature=[removed]&part=2",
            ),
            ("a eyJhSECRET.eyJiSECRET.SECRET b", "a [removed] b"),
            (
                "Authorization: Bearer SECRETSECRET x",
                "Authorization: Bearer [removed] x",
            ),
            ("sent  Basic  dTpTRUNSRVQ= x", "sent  Basic  [removed] x"),
            (
                "rtmp://live.example/app/SECRET",
                "rtmp://live.example/app/[removed]",
            ),
        ] {
            assert_eq!(redact_text(text), expected);
        }
        for text in [
            "Basic recordings of https://h.example:8443/@ada/a.mp4, page=2",
            "",
            " a\t b\u{2003}c ",
        ] {
            assert_eq!(redact_text(text), text);
        }
    }

    #[test]
    fn addresses_within_addresses_without_end_are_taken_out() {
        let text = redact_text(&"a://".repeat(100_000));
        assert!(text.ends_with(REMOVED) && text.len() < 100, "{text}");
    }

    /// X16.
    #[test]
    fn what_opens_a_storage_is_taken_out_by_its_name() {
        let stored = redacted(json!({
            "auth": "Basic x", "proxy_auth": { "user": "u" }, "sas": "sv=1", "sig": "s",
            "headers": { "X-Auth": "x", "Empty": "" }, "http_headers": ["X: y"],
            "env": [ { "name": "S3_SECRET", "value": "z" }, { "name": "room", "value": "board" } ]
        }));
        assert_eq!(
            stored,
            json!({
                "auth": REMOVED, "proxy_auth": REMOVED, "sas": REMOVED, "sig": REMOVED,
                "headers": { "X-Auth": REMOVED, "Empty": "" }, "http_headers": REMOVED,
                "env": [ { "name": "S3_SECRET", "value": REMOVED }, { "name": "room", "value": "board" } ]
            })
        );
    }
}
