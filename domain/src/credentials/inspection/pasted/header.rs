//! A value of `Authorization`.

use super::{Finding, Reading, decode, split};

/// What the gate would take it for, and what is wrong with it.
pub(super) fn header(value: &str) -> Reading {
    let mut reading = Reading::default();
    let value = value.trim().trim_matches(['"', '\'']);
    let Some((scheme, token)) = value.split_once([' ', '\t']) else {
        reading.findings.push(Finding::SchemeMissing);
        return reading;
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        reading.findings.push(Finding::OtherScheme);
        return reading;
    }
    let token = token.trim();
    let dense: String = token.split_whitespace().collect();
    let Some(bytes) = decode(&dense.replace('-', "+").replace('_', "/")) else {
        reading.findings.push(Finding::NotBase64);
        if let Some(pair) = split(token.as_bytes()) {
            reading.meant.push((Finding::NotBase64, pair));
        }
        return reading;
    };
    if dense != token {
        reading.findings.push(Finding::Base64Wrapped);
    }
    if dense.contains(['-', '_']) {
        reading.findings.push(Finding::Base64ForAddresses);
    }
    let is_sound = reading.findings.is_empty();
    let Some(pair) = split(&bytes) else {
        let inner = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|t| decode(t.trim()));
        match inner.as_deref().and_then(split) {
            Some(pair) => reading.meant.push((Finding::Base64Twice, pair)),
            None => reading.findings.push(Finding::NoColon),
        }
        return reading;
    };
    if bytes.iter().any(u8::is_ascii_control) {
        // The gate takes no control characters at all.
        let is_at_end = bytes.trim_ascii_end().iter().all(|b| !b.is_ascii_control());
        let finding = if is_at_end {
            Finding::LineBreakAtEnd
        } else {
            Finding::ControlCharacter
        };
        reading.findings.push(finding);
        if let Some(pair) = split(bytes.trim_ascii_end()).filter(|_| is_at_end) {
            reading.meant.push((finding, pair));
        }
    } else if is_sound {
        reading.sent = Some(pair);
    } else {
        let finding = reading.findings[0];
        reading.meant.push((finding, pair));
    }
    reading
}
