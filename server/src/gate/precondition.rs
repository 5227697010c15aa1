//! Preconditions of a request against one file, in the order of RFC 9110 section 13.2.2. Pure.
//!
//! The entity tag is strong and made of the bytes (`domain::files`), so it is the same on every node and for ever.
//! The bytes of a file never change, so its date is a strong validator too (section 8.8.2.2).

use std::time::{Duration, SystemTime};

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What a client can compare its copy of a file with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validators {
    /// What stands between the quotes.
    opaque_tag: String,
    last_modified: SystemTime,
}

/// Whether the request goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    Proceed,
    /// 304: the client's copy is good.
    NotModified,
    /// 412: the client wants a file that is not this one.
    Failed,
}

impl Validators {
    /// Of a file with these bytes, stored at this time. Dates of HTTP have whole seconds.
    pub fn new(sha256: &[u8; 32], stored_at: SystemTime) -> Self {
        use std::fmt::Write as _;
        let mut opaque_tag = String::with_capacity(64);
        for byte in sha256 {
            // Writing to a String cannot fail.
            let _ = write!(opaque_tag, "{byte:02x}");
        }
        let seconds = stored_at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        Self {
            opaque_tag,
            last_modified: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        }
    }

    /// Value of `ETag`.
    pub fn etag(&self) -> HeaderValue {
        HeaderValue::try_from(format!("\"{}\"", self.opaque_tag))
            .expect("hexadecimal digits in quotes")
    }

    /// What separates the parts of an answer with several ranges. No file holds its own hash, so none holds this.
    pub fn boundary(&self) -> &str {
        &self.opaque_tag[..32]
    }

    /// Value of `Last-Modified`.
    pub fn last_modified(&self) -> HeaderValue {
        HeaderValue::try_from(httpdate::fmt_http_date(self.last_modified)).expect("a date is ASCII")
    }

    /// Steps 1 to 4 of RFC 9110 section 13.2.2, for GET and HEAD.
    pub fn check(&self, headers: &HeaderMap) -> Precondition {
        if headers.contains_key(IF_MATCH) {
            if !self.is_listed(headers, &IF_MATCH, Comparison::Strong) {
                return Precondition::Failed;
            }
        } else if date(headers, &IF_UNMODIFIED_SINCE)
            .is_some_and(|since| self.last_modified > since)
        {
            return Precondition::Failed;
        }
        if headers.contains_key(IF_NONE_MATCH) {
            if self.is_listed(headers, &IF_NONE_MATCH, Comparison::Weak) {
                return Precondition::NotModified;
            }
        } else if date(headers, &IF_MODIFIED_SINCE).is_some_and(|since| self.last_modified <= since)
        {
            return Precondition::NotModified;
        }
        Precondition::Proceed
    }

    /// Step 5: whether `If-Range` lets the `Range` beside it count. Without `If-Range` it does.
    ///
    /// RFC 9110 section 13.1.5: a weak tag never matches, and a date only if it is exactly this one.
    pub fn allow_range(&self, headers: &HeaderMap) -> bool {
        let mut lines = headers.get_all(IF_RANGE).iter();
        let (Some(value), None) = (lines.next(), lines.next()) else {
            return !headers.contains_key(IF_RANGE);
        };
        match EntityTag::read(value.as_bytes().trim_ascii()) {
            Some((tag, rest)) => {
                rest.is_empty() && tag.matches(&self.opaque_tag, Comparison::Strong)
            }
            None => date(headers, &IF_RANGE) == Some(self.last_modified),
        }
    }

    /// Whether one of the tags in the field, or `*`, stands for this file. A malformed rest of a list names nothing.
    fn is_listed(&self, headers: &HeaderMap, field: &HeaderName, comparison: Comparison) -> bool {
        headers.get_all(field).iter().any(|line| {
            let mut rest = line.as_bytes().trim_ascii();
            if rest == b"*" {
                return true;
            }
            loop {
                rest = skip_separators(rest);
                let Some((tag, after)) = EntityTag::read(rest) else {
                    return false;
                };
                if tag.matches(&self.opaque_tag, comparison) {
                    return true;
                }
                rest = after;
            }
        })
    }
}

/// RFC 9110 section 8.8.3.2.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

struct EntityTag<'a> {
    is_weak: bool,
    opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// The tag at the start of the text, and what follows it.
    fn read(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        // The `W` has a case, section 8.8.3.
        let (is_weak, quoted) = text
            .strip_prefix(b"W/")
            .map_or((false, text), |quoted| (true, quoted));
        let opened = quoted.strip_prefix(b"\"")?;
        let end = opened.iter().position(|&byte| byte == b'"')?;
        Some((
            Self {
                is_weak,
                opaque: &opened[..end],
            },
            &opened[end + 1..],
        ))
    }

    fn matches(&self, opaque: &str, comparison: Comparison) -> bool {
        self.opaque == opaque.as_bytes() && (comparison == Comparison::Weak || !self.is_weak)
    }
}

fn skip_separators(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|byte| !b", \t".contains(byte))
        .unwrap_or(text.len());
    &text[start..]
}

/// The date in a field; None if there is none, more than one or no date: such a field is ignored.
fn date(headers: &HeaderMap, field: &HeaderName) -> Option<SystemTime> {
    let mut lines = headers.get_all(field).iter();
    let (line, None) = (lines.next()?, lines.next()) else {
        return None;
    };
    httpdate::parse_http_date(line.to_str().ok()?.trim()).ok()
}

#[cfg(test)]
mod tests;
