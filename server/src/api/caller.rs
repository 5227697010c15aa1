//! Who asks: the project's application behind an API identifier and secret over Basic (RFC 7617).

use std::time::Duration;

use domain::api_secrets::verification::{NotAdmitted, admit, expose};
use domain::{Actor, Backend, Error};
use http::header::AUTHORIZATION;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::gate::basic;
use crate::layers::address::ClientAddress;

/// What an API challenges with.
pub const CHALLENGE: &str = r#"Basic realm="Reelgate API", charset="UTF-8""#;

/// Why a request goes no further. Each API says it in its own words.
#[derive(Debug)]
pub enum Refusal {
    /// No identifier and secret, or ones that cannot be read.
    Missing,
    /// An identifier and secret that are not right together.
    Wrong,
    /// A secret stood in the address.
    InQuery,
    /// Too many wrong secrets came from there.
    Throttled {
        retry_after: Duration,
    },
    /// Not from this address.
    Address,
    /// No requests are left in this hour.
    Quota {
        retry_after: Duration,
    },
    Failed(Error),
}

impl From<NotAdmitted> for Refusal {
    fn from(refused: NotAdmitted) -> Self {
        match refused {
            NotAdmitted::Wrong => Self::Wrong,
            NotAdmitted::Throttled { retry_after } => Self::Throttled { retry_after },
            NotAdmitted::Address => Self::Address,
            NotAdmitted::Quota { retry_after } => Self::Quota { retry_after },
            NotAdmitted::Failed(error) => Self::Failed(error),
        }
    }
}

/// The application that sent this request. Counts the request against its account's quota, so it is asked once.
pub async fn authenticate(backend: &Backend, parts: &Parts) -> Result<Actor, Refusal> {
    let address = ClientAddress::of(&parts.extensions).0;
    // SECURITY: before anything else, also where the header is right: an address stands in logs and histories (R148).
    for secret in secrets_in(parts.uri.query().unwrap_or_default()) {
        if expose(backend, &secret, address)
            .await
            .map_err(Refusal::Failed)?
        {
            return Err(Refusal::InQuery);
        }
    }
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Refusal::Missing);
    };
    let sent = basic::parse(&unfolded(value.as_bytes())).map_err(|_| Refusal::Missing)?;
    Ok(admit(backend, &sent.username, &sent.password, address).await?)
}

/// The value without blanks in its base64. RFC 2045 breaks that into lines of 76 characters, which an identifier and a
/// secret exceed, and a proxy makes the folded header one line with blanks (RFC 9112 section 5.2).
fn unfolded(value: &[u8]) -> Vec<u8> {
    let value = value.trim_ascii();
    let end = value.iter().position(u8::is_ascii_whitespace);
    let (scheme, rest) = value.split_at(end.unwrap_or(value.len()));
    let rest = rest.iter().filter(|byte| !byte.is_ascii_whitespace());
    [scheme, b" "]
        .concat()
        .into_iter()
        .chain(rest.copied())
        .collect()
}

/// Values in a query that begin as secrets do.
fn secrets_in(query: &str) -> Vec<String> {
    query
        .split(['&', ';'])
        .map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value))
        .map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned())
        .filter(|value| value.starts_with(domain::api_secrets::actions::PREFIX))
        .take(4)
        .collect()
}
