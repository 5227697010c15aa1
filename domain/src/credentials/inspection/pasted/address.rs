//! An address with a user name and a password in it.

use percent_encoding::percent_decode;

use super::{Finding, Pair, Reading, Target, split};

/// As browsers, curl and the libraries read an address: the host begins behind the last `@` before the path.
pub(super) fn address(text: &str) -> Reading {
    let mut reading = Reading::default();
    let Some((scheme, rest)) = text.split_once("://") else {
        return reading;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (userinfo, host, path) = match authority.rsplit_once('@') {
        Some((userinfo, host)) if is_host(host) => (Some(userinfo), host, path),
        None if is_host(authority) => (None, authority, path),
        // A slash, question mark or hash in the password: for a client the host ends there.
        other => match rest.rsplit_once('@').filter(|(u, _)| u.contains(':')) {
            Some((userinfo, behind)) => {
                reading.findings.push(Finding::NotPercentEncoded);
                if let Some(pair) = split(userinfo.as_bytes()) {
                    reading.meant.push((Finding::NotPercentEncoded, pair));
                }
                let end = behind.find('/').unwrap_or(behind.len());
                (None, &behind[..end], &behind[end..])
            }
            None => (other.map(|(userinfo, _)| userinfo), authority, path),
        },
    };
    reading.target = Some(Target {
        origin: format!("{scheme}://{host}").to_ascii_lowercase(),
        path: path.split(['?', '#']).next().unwrap_or_default().to_owned(),
    });
    let Some(userinfo) = userinfo else {
        if reading.findings.is_empty() {
            reading.findings.push(Finding::NoPasswordInAddress);
        }
        return reading;
    };
    let Some(raw) = split(userinfo.as_bytes()) else {
        reading.findings.push(Finding::NoColon);
        return reading;
    };
    if userinfo.bytes().any(|byte| !is_plain_in_address(byte)) || has_stray_percent(userinfo) {
        reading.findings.push(Finding::NotPercentEncoded);
    }
    let sent = Pair {
        username: percent_decode(&raw.username).collect(),
        password: percent_decode(&raw.password).collect(),
    };
    if raw != sent {
        reading.meant.push((Finding::NotPercentEncoded, raw));
    }
    reading.sent = Some(sent);
    reading
}

/// Whether this can be a host, perhaps with a port (RFC 3986 section 3.2.2).
fn is_host(text: &str) -> bool {
    let name_end = text.rfind(']').map_or(0, |at| at + 1);
    let (name, port) = match text[name_end..].split_once(':') {
        Some((rest, port)) => (&text[..name_end + rest.len()], port),
        None => (text, ""),
    };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b) || !b.is_ascii();
    !name.is_empty()
        && name.bytes().all(is_name)
        && !name.contains(char::is_whitespace)
        && port.bytes().all(|b| b.is_ascii_digit())
}

/// RFC 3986 section 3.2.1: unreserved, sub-delims, colon and percent.
fn is_plain_in_address(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%".contains(&byte)
}

fn has_stray_percent(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let is_hex = |n: usize| bytes.get(at + n).is_some_and(u8::is_ascii_hexdigit);
        *byte == b'%' && !(is_hex(1) && is_hex(2))
    })
}
