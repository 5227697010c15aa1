//! A curl command, as a POSIX shell and curl would read it.

use super::address::address;
use super::header::header;
use super::{Finding, Reading, split};

/// What curl would send.
pub(super) fn command(text: &str) -> Reading {
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
