//! Who asks: a browser, a program, or a program that sends its password only after a challenge. Pure.
//!
//! Such programs hold the right password, but the documented 403 gives them nothing to answer (reference: RFC 9110
//! section 15.5.2), so they are challenged like a browser. They are known by how their `User-Agent` begins.
//! A new one is a row of [`CHALLENGE_FIRST`] and a test that runs the real client.

pub use domain::access::CallerKind;
use http::HeaderMap;
use http::header::{ACCEPT, USER_AGENT};

/// A client that waits for a challenge.
#[derive(Debug, Clone, Copy)]
pub struct ChallengeFirst {
    /// How its `User-Agent` begins; compared without case.
    pub product: &'static str,
    /// What people call it.
    pub client: &'static str,
    /// Why it is here.
    pub because: &'static str,
}

const fn row(product: &'static str, client: &'static str, because: &'static str) -> ChallengeFirst {
    ChallengeFirst {
        product,
        client,
        because,
    }
}

/// Every program that is challenged although it is one.
pub const CHALLENGE_FIRST: [ChallengeFirst; 12] = [
    row(
        "Wget/",
        "GNU Wget and Wget2",
        "sends nothing before a 401 unless told --auth-no-challenge",
    ),
    row(
        "Lavf/",
        "ffmpeg, ffprobe, ffplay",
        "libavformat asks without credentials first, for each segment anew",
    ),
    row("mpv", "mpv", "libavformat under its own name"),
    row(
        "libmpv",
        "players built on mpv",
        "libavformat under mpv's name",
    ),
    row(
        "VLC/",
        "VLC",
        "its HTTP access asks for a password after a 401 only",
    ),
    row("LibVLC/", "players built on VLC", "the same"),
    row(
        "Java/",
        "java.net.HttpURLConnection",
        "an Authenticator is asked after a 401 only",
    ),
    row(
        "Java-http-client/",
        "java.net.http.HttpClient",
        "an Authenticator is asked after a 401 only",
    ),
    row(
        "Apache-HttpClient/",
        "Apache HttpClient 4 and 5",
        "not preemptive by default",
    ),
    row(
        "Apache-HttpAsyncClient/",
        "Apache HttpAsyncClient",
        "not preemptive by default",
    ),
    row(
        "Jakarta Commons-HttpClient/",
        "Apache HttpClient 3",
        "not preemptive by default",
    ),
    row(
        "Python-urllib/",
        "urllib.request",
        "HTTPBasicAuthHandler answers a 401 only",
    ),
];

/// What kind of caller sent these headers.
pub fn classify(headers: &HeaderMap) -> CallerKind {
    if headers
        .keys()
        .any(|name| name.as_str().starts_with("sec-fetch-"))
        || accepts(headers, "text/html")
    {
        CallerKind::Browser
    } else if user_agent(headers).is_some_and(waits_for_challenge) {
        CallerKind::ChallengeFirst
    } else {
        CallerKind::Program
    }
}

/// Whether somebody looks at the answer in a browser's window.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    accepts(headers, "text/html")
}

/// Whether `Accept` names this media type itself; a wildcard names nothing.
pub fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|element| {
            let named = element.split_once(';').map_or(element, |(named, _)| named);
            named.trim().eq_ignore_ascii_case(media_type)
        })
}

fn user_agent(headers: &HeaderMap) -> Option<&[u8]> {
    headers
        .get(USER_AGENT)
        .map(|value| value.as_bytes().trim_ascii())
}

fn waits_for_challenge(user_agent: &[u8]) -> bool {
    CHALLENGE_FIRST.iter().any(|client| {
        user_agent
            .get(..client.product.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(client.product.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn kind(lines: &[(&'static str, &'static str)]) -> CallerKind {
        let headers = lines
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        classify(&headers)
    }

    #[test]
    fn browsers_are_known_by_what_they_say_of_the_fetch_or_by_asking_for_html() {
        let chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";
        assert_eq!(
            kind(&[("sec-fetch-mode", "no-cors"), ("user-agent", chromium)]),
            CallerKind::Browser
        );
        assert_eq!(kind(&[("sec-fetch-dest", "video")]), CallerKind::Browser);
        assert_eq!(
            kind(&[("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")]),
            CallerKind::Browser
        );
        assert_eq!(
            kind(&[("accept", "*/*, Text/HTML;q=0.5")]),
            CallerKind::Browser
        );
        assert_eq!(
            kind(&[("accept", "*/*"), ("user-agent", chromium)]),
            CallerKind::Program,
            "a name is no browser"
        );
    }

    #[test]
    fn clients_that_wait_for_a_challenge_are_known_by_name() {
        for agent in [
            "Wget/1.21.3",
            "Lavf/59.27.100",
            "libmpv",
            "mpv 0.35.1",
            "VLC/3.0.20 LibVLC/3.0.20",
            "LibVLC/4.0.0",
            "Java/17.0.13",
            "Java-http-client/17.0.13",
            "Apache-HttpClient/5.3 (Java/17.0.13)",
            "Apache-HttpAsyncClient/4.1.5 (Java/17.0.13)",
            "Jakarta Commons-HttpClient/3.1",
            "Python-urllib/3.11",
            "wget/1.0",
        ] {
            assert_eq!(
                kind(&[("user-agent", agent), ("accept", "*/*")]),
                CallerKind::ChallengeFirst,
                "{agent}"
            );
        }
    }

    #[test]
    fn every_other_caller_is_a_program() {
        for agent in [
            "curl/7.88.1",
            "python-requests/2.34.0",
            "aria2/1.36.0",
            "node",
            "",
            "Not Wget/1.21",
            "Java",
            "Wge",
        ] {
            assert_eq!(
                kind(&[("user-agent", agent), ("accept", "*/*")]),
                CallerKind::Program,
                "{agent:?}"
            );
        }
        assert_eq!(kind(&[]), CallerKind::Program);
    }

    #[test]
    fn no_row_hides_another() {
        for (index, client) in CHALLENGE_FIRST.iter().enumerate() {
            for earlier in &CHALLENGE_FIRST[..index] {
                assert!(
                    !client.product.starts_with(earlier.product),
                    "{} is covered by {}",
                    client.client,
                    earlier.client
                );
            }
            assert!(!client.because.is_empty());
        }
    }
}
