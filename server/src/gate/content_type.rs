//! How the bytes of a file may present themselves in a browser: by an allow-list, never by what a file claims. Pure.

use super::disposition::Disposition;

/// What the headers of a file say about its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presentation {
    pub content_type: &'static str,
    pub disposition: Disposition,
    /// What a browser lets the file do, should it open it as a document (R105).
    pub content_security_policy: &'static str,
}

/// Nothing runs and nothing loads but the recording itself. A sandbox would give the document an origin of its own,
/// from which Chromium's player may not load it.
const ONLY_ITSELF: &str = "default-src 'none'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SANDBOX: &str = "sandbox; default-src 'none'";

/// Types that a browser plays or shows as text, and cannot be made to run.
const KNOWN_SAFE: [(&str, &str); 15] = [
    ("video/mp4", "video/mp4"),
    ("video/webm", "video/webm"),
    ("video/quicktime", "video/quicktime"),
    ("video/x-matroska", "video/x-matroska"),
    ("video/ogg", "video/ogg"),
    ("audio/mp4", "audio/mp4"),
    ("audio/mpeg", "audio/mpeg"),
    ("audio/ogg", "audio/ogg"),
    ("audio/webm", "audio/webm"),
    ("audio/wav", "audio/wav"),
    ("audio/flac", "audio/flac"),
    // JSON is UTF-8 by definition and knows no charset parameter (RFC 8259 section 11).
    ("application/json", "application/json"),
    ("text/plain", "text/plain; charset=utf-8"),
    ("text/csv", "text/csv; charset=utf-8"),
    ("text/vtt", "text/vtt; charset=utf-8"),
];

/// How a file that was stored with this type is presented; `download` asks to save it whatever it is.
pub fn present(stored_type: &str, download: bool) -> Presentation {
    let essence = stored_type.split(';').next().unwrap_or_default().trim();
    let known = KNOWN_SAFE
        .iter()
        .find(|(stored, _)| essence.eq_ignore_ascii_case(stored));
    match known {
        Some(&(_, content_type)) => {
            let disposition = if download {
                Disposition::Attachment
            } else {
                Disposition::Inline
            };
            Presentation {
                content_type,
                disposition,
                content_security_policy: ONLY_ITSELF,
            }
        }
        None => Presentation {
            content_type: "application/octet-stream",
            disposition: Disposition::Attachment,
            content_security_policy: SANDBOX,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R104.
    #[test]
    fn known_types_are_shown_and_text_says_how_it_is_written() {
        let shown = |stored| present(stored, false);
        assert_eq!(shown("video/mp4").content_type, "video/mp4");
        assert_eq!(
            shown("VIDEO/MP4; codecs=\"avc1\"").content_type,
            "video/mp4"
        );
        assert_eq!(
            shown("text/plain; charset=latin1").content_type,
            "text/plain; charset=utf-8"
        );
        for stored in ["video/mp4", "application/json", "text/plain"] {
            assert_eq!(shown(stored).disposition, Disposition::Inline);
            assert_eq!(present(stored, true).disposition, Disposition::Attachment);
            assert_eq!(shown(stored).content_security_policy, ONLY_ITSELF);
        }
    }

    /// R105.
    #[test]
    fn everything_else_is_saved_as_bytes() {
        for stored in [
            "text/html",
            "image/svg+xml",
            "text/xml",
            "application/xhtml+xml",
            "application/pdf",
            "text/javascript",
            "",
            "video",
            "video/mp4x",
            "multipart/byteranges",
        ] {
            let found = present(stored, false);
            assert_eq!(found.content_type, "application/octet-stream", "{stored}");
            assert_eq!(found.disposition, Disposition::Attachment, "{stored}");
            assert_eq!(found.content_security_policy, SANDBOX, "{stored}");
        }
    }
}
