//! Reads what somebody pasted of a request: a header, an address, a curl command, a pair. Pure.
//!
//! Besides what the program sends as it stands, it collects what it might have meant to send. Which of those is right
//! says what is wrong.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

use super::Finding;

/// User name and password as bytes. `Debug` shows neither, and they are wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) username: Vec<u8>,
    pub(super) password: Vec<u8>,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair(***)")
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.username);
        zeroize::Zeroize::zeroize(&mut self.password);
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Scheme and host, with the port if there is one; lower case.
    pub(super) origin: String,
    pub(super) path: String,
}

/// What was pasted, read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// What reaches the server as it stands; None if nothing does.
    pub(super) sent: Option<Pair>,
    /// What may have been meant, each with what would be wrong then.
    pub(super) meant: Vec<(Finding, Pair)>,
    /// What can be said without knowing the password.
    pub(super) findings: Vec<Finding>,
    pub(super) target: Option<Target>,
    /// It is curl, which sends its password at once.
    pub(super) is_curl: bool,
}

/// Reads a text of any of the kinds.
pub(super) fn read(text: &str) -> Reading {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let mut reading = if lower.starts_with("curl ") || lower.starts_with("curl.exe ") {
        command(text)
    } else if let Some(at) = lower.find("authorization:") {
        let value = &text[at + "authorization:".len()..];
        header(value.lines().next().unwrap_or_default())
    } else if lower.starts_with("basic ")
        || lower.starts_with("bearer ")
        || lower.starts_with("digest ")
    {
        header(text)
    } else if text.contains("://") {
        address(text.lines().next().unwrap_or_default().trim())
    } else if text.contains(':') {
        pair_of_text(text)
    } else if decode(text).is_some_and(|bytes| bytes.contains(&b':')) {
        let mut reading = header(&format!("Basic {text}"));
        reading.findings.push(Finding::SchemeMissing);
        reading
    } else {
        Reading::default()
    };
    reading.also_meant();
    reading
}

/// Reads the two fields. Blanks at their ends are kept: they are what is looked for.
pub(super) fn read_fields(username: &str, password: &str) -> Reading {
    let mut reading = Reading {
        sent: Some(Pair {
            username: username.into(),
            password: password.into(),
        }),
        ..Reading::default()
    };
    reading.also_meant();
    reading
}

/// What people do to both halves of a pair.
type Change = fn(&[u8]) -> Vec<u8>;

impl Reading {
    /// Adds what people mean in whatever form they send it.
    fn also_meant(&mut self) {
        let Some(sent) = self.sent.clone() else {
            return;
        };
        if std::str::from_utf8(&sent.password).is_err() {
            self.findings.push(Finding::Latin1);
        }
        let changes: [(Finding, Change); 3] = [
            (Finding::BlankAround, |bytes| bytes.trim_ascii().to_vec()),
            (Finding::PercentEncoded, |bytes| {
                percent_decode(bytes).collect()
            }),
            (Finding::EncodedTwice, mended),
        ];
        for (finding, change) in changes {
            let meant = Pair {
                username: change(&sent.username),
                password: change(&sent.password),
            };
            if meant != sent {
                self.meant.push((finding, meant));
            }
        }
    }
}

/// UTF-8 that was taken for Latin-1 and encoded once more, undone; anything else as it is.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let undone = std::str::from_utf8(bytes).ok().and_then(|text| {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).ok())
            .collect::<Option<Vec<u8>>>()
    });
    undone
        .filter(|undone| std::str::from_utf8(undone).is_ok())
        .unwrap_or_else(|| bytes.to_vec())
}

fn header(value: &str) -> Reading {
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

/// As browsers, curl and the libraries read an address: the host begins behind the last `@` before the path.
fn address(text: &str) -> Reading {
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

fn command(text: &str) -> Reading {
    let words = words(text);
    let mut reading = Reading::default();
    let mut of_url = Reading::default();
    let mut of_proof = None;
    let mut waits = false;
    let mut index = 1;
    while let Some(word) = words.get(index) {
        let next = words.get(index + 1);
        let (value, is_next) = match word.text.as_str() {
            "-u" | "--user" | "-H" | "--header" => (next.map(|w| w.text.clone()), true),
            text => (
                text.strip_prefix("--user=")
                    .or_else(|| text.strip_prefix("--header="))
                    .or_else(|| text.strip_prefix("-u"))
                    .or_else(|| text.strip_prefix("-H"))
                    .map(str::to_owned),
                false,
            ),
        };
        let is_user = word.text.starts_with("-u")
            || word.text.starts_with("--user=")
            || word.text == "--user";
        if let Some(value) = value {
            let is_expanded = word.is_expanded || (is_next && next.is_some_and(|w| w.is_expanded));
            if is_user {
                let mut found = Reading::default();
                match split(value.as_bytes()) {
                    Some(pair) => found.sent = Some(pair),
                    None => found.findings.push(Finding::NoColon),
                }
                if is_expanded {
                    found.findings.push(Finding::ShellExpands);
                }
                of_proof = Some(found);
            } else if let Some(rest) = strip_name(&value) {
                of_proof = Some(header(rest));
            }
            index += if is_next { 2 } else { 1 };
            continue;
        }
        if ["--anyauth", "--digest", "--ntlm", "--negotiate"].contains(&word.text.as_str()) {
            waits = true;
        }
        if word.text.contains("://") {
            of_url = address(&word.text);
            if word.is_expanded {
                of_url.findings.push(Finding::ShellExpands);
            }
        }
        index += 1;
    }
    reading.target = of_url.target.take();
    // curl takes what stands in -u or a header before what stands in the address.
    let proof = match of_proof {
        Some(proof) => proof,
        None => of_url,
    };
    reading.sent = proof.sent;
    reading.meant = proof.meant;
    reading.findings = proof.findings;
    if waits {
        reading.findings.push(Finding::CurlWaits);
    }
    reading.is_curl = true;
    reading
}

fn strip_name(header: &str) -> Option<&str> {
    let (name, value) = header.split_once(':')?;
    name.trim()
        .eq_ignore_ascii_case("authorization")
        .then_some(value)
}

/// A word of a command line.
struct Word {
    text: String,
    /// A POSIX shell would put something else in place of a part of it.
    is_expanded: bool,
}

/// Splits a command as a POSIX shell would, without expanding anything.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word {
        text: String::new(),
        is_expanded: false,
    };
    let mut is_open = false;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') if chars.peek().is_some_and(|n| "\"\\$`".contains(*n)) => {
                word.text.extend(chars.next());
            }
            (Some(open), c) => {
                word.is_expanded |= open == '"' && "$`!".contains(c);
                word.text.push(c);
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                is_open = true;
            }
            (None, '\\') => {
                // At the end of a line it only goes on.
                if let Some(next) = chars.next().filter(|n| *n != '\n') {
                    word.text.push(next);
                    is_open = true;
                }
            }
            (None, c) if c.is_whitespace() => {
                if is_open {
                    words.push(std::mem::replace(
                        &mut word,
                        Word {
                            text: String::new(),
                            is_expanded: false,
                        },
                    ));
                }
                is_open = false;
            }
            (None, c) => {
                word.is_expanded |= "$`!&;|<>()#*".contains(c);
                word.text.push(c);
                is_open = true;
            }
        }
    }
    if is_open {
        words.push(word);
    }
    words
}

fn pair_of_text(text: &str) -> Reading {
    Reading {
        sent: split(text.as_bytes()),
        ..Reading::default()
    }
}

/// RFC 7617 section 2: the first colon ends the user name.
fn split(bytes: &[u8]) -> Option<Pair> {
    let colon = bytes.iter().position(|&byte| byte == b':')?;
    Some(Pair {
        username: bytes[..colon].to_vec(),
        password: bytes[colon + 1..].to_vec(),
    })
}

fn decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pair: &Pair) -> String {
        format!(
            "{}|{}",
            String::from_utf8_lossy(&pair.username),
            String::from_utf8_lossy(&pair.password)
        )
    }

    fn encoded(text: &[u8]) -> String {
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    #[test]
    fn each_form_says_what_it_sends() {
        for (text, sent) in [
            (
                format!("Authorization: Basic {}", encoded(b"rec:p:w")),
                "rec|p:w",
            ),
            (
                format!(
                    "GET /x HTTP/1.1\nauthorization: basic {}\nHost: x",
                    encoded(b"rec:pw")
                ),
                "rec|pw",
            ),
            (
                format!("Basic {}", encoded(b"rec:pw").trim_end_matches('=')),
                "rec|pw",
            ),
            (
                "https://rec:p%40w@files.example/files/x".to_owned(),
                "rec|p@w",
            ),
            ("rec:pw".to_owned(), "rec|pw"),
            (
                "curl -u rec:pw https://files.example/x".to_owned(),
                "rec|pw",
            ),
            ("curl -urec:pw https://files.example/x".to_owned(), "rec|pw"),
            (
                "curl -sS \\\n  --user 'rec:p w' -o x https://files.example/x".to_owned(),
                "rec|p w",
            ),
            (
                "curl --user=\"rec:p\\$w\" https://files.example/x".to_owned(),
                "rec|p$w",
            ),
            (
                format!(
                    "curl -H 'Authorization: Basic {}' http://x/",
                    encoded(b"rec:pw")
                ),
                "rec|pw",
            ),
            ("curl https://rec:pw@files.example/x".to_owned(), "rec|pw"),
        ] {
            let reading = read(&text);
            assert_eq!(
                reading.sent.as_ref().map(shown).as_deref(),
                Some(sent),
                "{text}"
            );
            assert_eq!(reading.findings, [], "{text}");
        }
    }

    #[test]
    fn each_mistake_is_told_with_what_was_meant() {
        use Finding as F;
        for (text, finding, meant) in [
            (
                format!("Basic {}", encoded(b"rec:pw\n")),
                F::LineBreakAtEnd,
                "rec|pw",
            ),
            (
                format!("Basic {}", encoded(b"rec:pw ")),
                F::BlankAround,
                "rec|pw",
            ),
            (
                format!("Basic {}", encoded(b"rec:p%40w")),
                F::PercentEncoded,
                "rec|p@w",
            ),
            (
                format!("Basic {}", encoded("rec:maÃ±ana".as_bytes())),
                F::EncodedTwice,
                "rec|mañana",
            ),
            (
                format!("Basic {}", encoded(encoded(b"rec:pw").as_bytes())),
                F::Base64Twice,
                "rec|pw",
            ),
            ("Basic rec:pw".to_owned(), F::NotBase64, "rec|pw"),
            (
                "https://rec:p/w@files.example/x".to_owned(),
                F::NotPercentEncoded,
                "rec|p/w",
            ),
            (
                "https://rec:p?w#@files.example/x".to_owned(),
                F::NotPercentEncoded,
                "rec|p?w#",
            ),
            (
                "https://rec:100%25@files.example/x".to_owned(),
                F::NotPercentEncoded,
                "rec|100%25",
            ),
            (
                "https://rec:p%2540w@files.example/x".to_owned(),
                F::PercentEncoded,
                "rec|p@w",
            ),
            (
                format!(
                    "Basic {}\n  {}",
                    &encoded(b"rec:pw")[..4],
                    &encoded(b"rec:pw")[4..]
                ),
                F::Base64Wrapped,
                "rec|pw",
            ),
        ] {
            let reading = read(&text);
            let found = reading.meant.iter().find(|(f, _)| *f == finding);
            assert_eq!(
                found.map(|(_, pair)| shown(pair)).as_deref(),
                Some(meant),
                "{text}"
            );
        }
        for (text, finding) in [
            (format!("Basic {}", encoded(b"no colon here")), F::NoColon),
            (
                format!("Basic {}", encoded(b"rec:p\0w")),
                F::ControlCharacter,
            ),
            (format!("Basic {}", encoded(b"rec:ma\xf1ana")), F::Latin1),
            ("Bearer abc".to_owned(), F::OtherScheme),
            (encoded(b"rec:pw"), F::SchemeMissing),
            ("https://files.example/x".to_owned(), F::NoPasswordInAddress),
            (
                "https://rec:p@w@files.example/x".to_owned(),
                F::NotPercentEncoded,
            ),
            (
                "https://rec:p%w@files.example/x".to_owned(),
                F::NotPercentEncoded,
            ),
            ("curl -u \"rec:p$w\" http://x/".to_owned(), F::ShellExpands),
            ("curl -u rec:p&w http://x/".to_owned(), F::ShellExpands),
            (
                "curl --anyauth -u rec:pw http://x/".to_owned(),
                F::CurlWaits,
            ),
            ("curl -u rec http://x/".to_owned(), F::NoColon),
        ] {
            assert!(
                read(&text).findings.contains(&finding),
                "{text}: {:?}",
                read(&text).findings
            );
        }
    }

    #[test]
    fn an_address_is_taken_apart_as_clients_do() {
        let target = |text: &str| read(text).target.unwrap();
        let found = target("HTTPS://rec:p@w@Files.Example:8443/files/a/b?download#x");
        assert_eq!(
            (found.origin.as_str(), found.path.as_str()),
            ("https://files.example:8443", "/files/a/b")
        );
        assert_eq!(target("http://rec:p/w@host/files/a").path, "/files/a");
        assert_eq!(
            target("http://host:8443/files/a/x@y.mp4").origin,
            "http://host:8443"
        );
        assert_eq!(
            target("http://a:b@[::1]:80/files/a/x@y.mp4").origin,
            "http://[::1]:80"
        );
        assert_eq!(target("curl -u a:b 'http://host'").path, "");
    }

    #[test]
    fn nothing_pasted_is_in_what_is_printed() {
        let reading = read("curl -u rec:geheim https://h/geheim2");
        assert!(!format!("{:?}", reading.sent).contains("geheim"));
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_pasted(text in "\\PC*", prefix in "(curl -u |Basic |https://|Authorization: )?") {
            read(&format!("{prefix}{text}"));
        }
    }
}
