//! What is sent in place of a file: a status, the headers that go with it, and a few words on what to do.
//!
//! SECURITY: a refusal depends on who asks, never on what exists. It is stored nowhere, and its realm is constant.

use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::caller::accepts;

/// Why no file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 401: user name and password, please, or a token.
    Challenge,
    /// 401: the token is no good.
    ChallengeToken,
    /// 403 to a program without a valid proof.
    Forbid,
    /// 403 to a member whose role may not open files.
    ForbidMember,
    /// 403 to a service account whose role is too small for this kind of file.
    ForbidRole,
    NotFound,
    /// 410: the project's retention is over.
    Expired,
    /// 410: the file is in the trash.
    Trashed,
    /// 410: its bytes are deleted.
    Deleted,
    /// 405: files are only read here.
    MethodNotAllowed,
    /// 412.
    PreconditionFailed,
    /// 416; `size` is that of the file, in bytes.
    RangeNotSatisfiable {
        size: u64,
    },
    /// 429.
    Throttled {
        retry_after: Duration,
    },
    /// 503: something that comes back by itself is away.
    Unavailable,
    /// 500: logged where it was met.
    Internal,
}

/// The one challenge for all files of all accounts: a browser asks once, and learns nothing from it (R091).
pub const CHALLENGE: &str = "Basic realm=\"Reelgate session files\", charset=\"UTF-8\"";

/// The second one, in a line of its own: some clients read no further than the first of a line.
pub const CHALLENGE_BEARER: &str = "Bearer realm=\"Reelgate session files\"";

/// The same to a caller who sent a token (RFC 6750 section 3.1). It does not say what is wrong with it.
pub const CHALLENGE_TOKEN: &str =
    "Bearer realm=\"Reelgate session files\", error=\"invalid_token\"";

/// Seconds after which it is worth asking a server again that had no room.
const UNAVAILABLE_RETRY: u64 = 2;

impl Refusal {
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Challenge | Self::ChallengeToken => StatusCode::UNAUTHORIZED,
            Self::Forbid | Self::ForbidMember | Self::ForbidRole => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Expired | Self::Trashed | Self::Deleted => StatusCode::GONE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer, in the form that the request's `Accept` names.
    pub fn into_response(self, request: &HeaderMap) -> Response {
        let (content_type, body) = if accepts(request, "text/html") {
            ("text/html; charset=utf-8", self.page())
        } else if accepts(request, "application/json") {
            (
                "application/json",
                serde_json::json!({ "error": self.sentence() }).to_string(),
            )
        } else {
            (
                "text/plain; charset=utf-8",
                format!("{}\n", self.sentence()),
            )
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
        for challenge in self.challenges() {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some((name, value)) = self.own_header() {
            headers.insert(name, value);
        }
        *response.body_mut() = Body::from(body);
        response
    }

    /// Basic first: browsers and most programs know no other.
    const fn challenges(self) -> &'static [&'static str] {
        match self {
            Self::Challenge => &[CHALLENGE, CHALLENGE_BEARER],
            Self::ChallengeToken => &[CHALLENGE, CHALLENGE_TOKEN],
            _ => &[],
        }
    }

    fn own_header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::MethodNotAllowed => Some((ALLOW, HeaderValue::from_static("GET, HEAD"))),
            Self::RangeNotSatisfiable { size } => {
                let value = HeaderValue::try_from(format!("bytes */{size}")).expect("digits");
                Some((CONTENT_RANGE, value))
            }
            Self::Throttled { retry_after } => {
                Some((RETRY_AFTER, HeaderValue::from(whole_seconds(retry_after))))
            }
            Self::Unavailable => Some((RETRY_AFTER, HeaderValue::from(UNAVAILABLE_RETRY))),
            _ => None,
        }
    }

    /// For a heading.
    const fn title(self) -> &'static str {
        match self {
            Self::Challenge | Self::Forbid => "This file needs a user name and a password",
            Self::ChallengeToken => "The token is not valid",
            Self::ForbidMember => "Your role may not open session files",
            Self::ForbidRole => "This file needs a service account with a role",
            Self::NotFound => "There is no such file",
            Self::Expired => "This file has expired",
            Self::Trashed => "This file is in the trash",
            Self::Deleted => "This file was deleted",
            Self::MethodNotAllowed => "Session files can only be read",
            Self::PreconditionFailed => "The file is not the one you have",
            Self::RangeNotSatisfiable { .. } => "The file has no such part",
            Self::Throttled { .. } => "Too many wrong passwords or tokens",
            Self::Unavailable => "The server is busy",
            Self::Internal => "Something went wrong",
        }
    }

    /// What to do about it.
    const fn advice(self) -> &'static str {
        match self {
            Self::Challenge | Self::Forbid => {
                "No valid user name and password came with the request: send those of the account's session files \
                 with HTTP Basic authentication."
            }
            Self::ChallengeToken => {
                "Sign a new one, with a key that is in force: RS256, a life of an hour at most, the account's number as \
                 iss and the key's id as kid. The account's access log says what was wrong with this one."
            }
            Self::ForbidMember => "Ask an owner or admin of the account to change your role.",
            Self::ForbidRole => {
                "Recordings need none. For logs, chat, metadata and captions, an owner or admin can choose one under \
                 Settings > Service accounts."
            }
            Self::NotFound => "Check the address, or copy it again from the Recordings report.",
            Self::Expired => {
                "The project keeps files for a limited time, and that of this file is over. Owners and admins set it \
                 under Projects."
            }
            Self::Trashed => {
                "Owners and admins of the account can restore it under Projects for 30 days after it was put there."
            }
            Self::Deleted => {
                "Its bytes are gone for good. The project's page under Projects says who deleted it, when and why."
            }
            Self::MethodNotAllowed => "Use GET or HEAD.",
            Self::PreconditionFailed => "Ask for it again without the condition.",
            Self::RangeNotSatisfiable { .. } => {
                "Ask for a part within its size, or for the whole file."
            }
            Self::Throttled { .. } => {
                "Wait a little and try again with the right user name and password, or a valid token."
            }
            Self::Unavailable => "Try again in a few seconds.",
            Self::Internal => {
                "Try again. If it happens again, tell the operator of this server when it happened."
            }
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Challenge | Self::Forbid => {
                format!("{}. {} {WHERE}", self.title(), self.advice())
            }
            _ => format!("{}. {}", self.title(), self.advice()),
        }
    }

    /// A page that needs nothing but itself.
    fn page(self) -> String {
        let title = self.title();
        let text = match self {
            Self::Challenge | Self::Forbid => {
                let place = WHERE.replace('&', "&amp;").replace('>', "&gt;");
                format!(
                    "<p>Reload this page and enter those of the account's session files.</p>\n<p>{place}</p>\n\
                     <p>Members of the account can also <a href=\"{RECORDINGS}\">sign in to the portal</a>.</p>"
                )
            }
            _ => format!(
                "<p>{}</p>\n<p><a class=\"button\" href=\"{RECORDINGS}\">Go to the recordings</a></p>",
                self.advice()
            ),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title} · Reelgate</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n<p class=\"brand\">Reelgate</p>\n<div>\n<p class=\"status\">{status}</p>\n\
             <h1>{title}</h1>\n{text}\n</div>\n</main>\n</body>\n</html>\n",
            status = self.status()
        )
    }
}

/// Where the credential of an account is found.
const WHERE: &str = "Owners and admins find the user name and the preset password above the report Video > Insights & \
                     Reports > Recordings, and set a new password under Video > Settings > Recording.";
const RECORDINGS: &str = "/video/insights/recordings";

/// `Retry-After` has whole seconds; rounded up, so that who waits as told is let in.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

/// The colours are those of the portal's `style/tokens.css`.
const STYLE: &str = ":root{color-scheme:light dark}\
body{margin:0;background:light-dark(#f6f7f9,#14161a);color:light-dark(#16191f,#e8eaee);\
font:.875rem/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",Arial,sans-serif}\
main{max-width:30rem;margin:0 auto;padding:clamp(1.5rem,12vh,7rem) 1rem 2rem}\
div{padding:1.5rem;border:1px solid light-dark(#e1e4ea,#2e333d);border-radius:10px;background:light-dark(#fff,#1b1e24)}\
h1{font-size:1.375rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 .75rem}\
p{margin:0 0 1rem}\
div>p:last-child{margin-bottom:0}\
a{color:light-dark(#3147b8,#a3b2ff);text-underline-offset:2px}\
a:focus-visible{outline:2px solid;outline-offset:2px;border-radius:4px}\
.brand{font-size:1.125rem;font-weight:680;text-align:center}\
.status{margin-bottom:.25rem;font-size:.8125rem;color:light-dark(#575e6b,#a4abb8)}\
.button{display:inline-block;padding:.3125rem .875rem;border:1px solid light-dark(#868e9c,#717a8a);border-radius:6px;\
color:inherit;font-weight:550;text-decoration:none}";

/// Nothing loads and nothing runs; the one style is known by its hash.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 is ASCII")
});

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;
    use http_body_util::BodyExt as _;

    use super::*;

    const ALL: [Refusal; 15] = [
        Refusal::Challenge,
        Refusal::ChallengeToken,
        Refusal::ForbidRole,
        Refusal::Forbid,
        Refusal::ForbidMember,
        Refusal::NotFound,
        Refusal::Expired,
        Refusal::Trashed,
        Refusal::Deleted,
        Refusal::MethodNotAllowed,
        Refusal::PreconditionFailed,
        Refusal::RangeNotSatisfiable { size: 10 },
        Refusal::Throttled {
            retry_after: Duration::from_millis(1500),
        },
        Refusal::Unavailable,
        Refusal::Internal,
    ];

    fn asking_for(accept: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))])
    }

    async fn text(response: Response) -> String {
        let announced = response.headers()[CONTENT_LENGTH]
            .to_str()
            .unwrap()
            .parse::<usize>()
            .unwrap();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes.len(), announced);
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_refusal_speaks_the_callers_language_and_is_stored_nowhere() {
        for refusal in ALL {
            for (accept, expected) in [
                ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
                ("application/json", "application/json"),
                ("*/*", "text/plain; charset=utf-8"),
            ] {
                let response = refusal.into_response(&asking_for(accept));
                assert_eq!(response.headers()[CONTENT_TYPE], expected);
                assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
                assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
                assert_eq!(response.status(), refusal.status());
                let body = text(response).await;
                assert!(body.contains(refusal.title()), "{body}");
            }
            let json = text(refusal.into_response(&asking_for("application/json"))).await;
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert!(json["error"].as_str().unwrap().ends_with('.'));
        }
    }

    #[test]
    fn each_carries_the_header_of_its_status() {
        let header = |refusal: Refusal, name| {
            refusal
                .into_response(&HeaderMap::new())
                .headers()
                .get(name)
                .cloned()
        };
        assert_eq!(
            header(Refusal::Challenge, WWW_AUTHENTICATE).unwrap(),
            CHALLENGE
        );
        assert_eq!(
            header(Refusal::MethodNotAllowed, ALLOW).unwrap(),
            "GET, HEAD"
        );
        assert_eq!(
            header(Refusal::RangeNotSatisfiable { size: 10 }, CONTENT_RANGE).unwrap(),
            "bytes */10"
        );
        assert_eq!(header(Refusal::Unavailable, RETRY_AFTER).unwrap(), "2");
        let wait = |millis| {
            header(
                Refusal::Throttled {
                    retry_after: Duration::from_millis(millis),
                },
                RETRY_AFTER,
            )
            .unwrap()
        };
        assert_eq!(
            (wait(0), wait(2000), wait(2001)),
            (
                "1".parse().unwrap(),
                "2".parse().unwrap(),
                "3".parse().unwrap()
            )
        );
        for refusal in ALL {
            let response = refusal.into_response(&HeaderMap::new());
            let lines: Vec<_> = response
                .headers()
                .get_all(WWW_AUTHENTICATE)
                .iter()
                .collect();
            let expected: &[&str] = match refusal {
                Refusal::Challenge => &[CHALLENGE, CHALLENGE_BEARER],
                Refusal::ChallengeToken => &[CHALLENGE, CHALLENGE_TOKEN],
                _ => &[],
            };
            assert_eq!(lines, expected, "{refusal:?}");
        }
    }

    #[tokio::test]
    async fn the_page_uses_no_style_but_the_one_its_policy_allows() {
        let response = Refusal::Challenge.into_response(&asking_for("text/html"));
        let policy = response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        let page = text(response).await;
        let (_, style) = page.split_once("<style>").unwrap();
        let (style, rest) = style.split_once("</style>").unwrap();
        assert!(policy.contains(&format!(
            "'sha256-{}'",
            STANDARD.encode(Sha256::digest(style))
        )));
        assert!(!rest.contains("style") && !page.contains("<script"));
        assert!(page.contains("Insights &amp; Reports"));
    }
}
