//! Every call that Reelgate makes to somebody else's HTTP server: webhooks, and the fetching of recordings.
//!
//! Where it goes is chosen by customers, so all of it is vetted (R161 to R164): http and https only, no user name in
//! the address, no private network unless the operator allows it, each answer of the name's look-up judged and the
//! connection made to a judged address and no other, no redirect, no proxy, no unpacking, limits of time and size.
//! Nothing else in the program may open a connection to an address that a customer wrote.

mod client;
mod reach;
mod resolver;
mod target;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout, timeout_at};

pub use resolver::{Answer, Lookup};
pub use target::Target;

use crate::credentials::Network;
use reach::Reach;
use resolver::Vetting;

/// Look-up, connection and TLS together.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A whole exchange of [`Outbound::send`] (Standard Webhooks asks for 15 to 30 seconds).
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Of a [`Fetch`]: from the request to its answer, and until the next [`LEAST`] bytes are there.
const IDLE_AT_MOST: Duration = Duration::from_mins(1);
/// Bytes that a [`Fetch`] brings in that time at least, as uploads must.
const LEAST: usize = 32 * 1024;
/// Bytes of an answer that are read at most, if the request does not say otherwise (R164).
pub const SMALL_REPLY: usize = 16 * 1024;

/// What went wrong, in words that name no address and repeat nothing that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address is not one that we call; a sentence that says what to do.
    #[error("{0}")]
    Address(String),
    /// A private network, this machine, or a name that leads there.
    #[error(
        "This address leads into a private network, which Reelgate does not call unless its operator allows it."
    )]
    Refused,
    #[error("No host of this name was found.")]
    UnknownHost,
    #[error("The host cannot be reached: no connection.")]
    Connect,
    /// In the words of the TLS library, which speak of certificates only.
    #[error("No secure connection: {0}.")]
    Tls(String),
    #[error("No answer in time.")]
    Timeout,
    #[error("The connection ended in the middle of the answer, or the answer was no HTTP.")]
    Broken,
    /// Ours to repair.
    #[error("The request could not be made: {0}.")]
    Internal(String),
}

/// How a request begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// One request whose answer is small.
#[derive(Clone)]
pub struct Request<'a> {
    pub method: Method,
    pub url: &'a str,
    /// Names and values, sent as they are. `Authorization` is kept out of every Debug.
    pub headers: &'a [(String, String)],
    /// Exactly the bytes that go out.
    pub body: Vec<u8>,
    /// Bytes of the answer that are read at most.
    pub max_reply: usize,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status; a redirect is an answer like any other (R163).
    pub status: u16,
    /// Names in small letters; a value that is no text has its odd bytes replaced.
    pub headers: Vec<(String, String)>,
    /// The first bytes of the answer, as sent: nothing is unpacked (R164).
    pub body: Vec<u8>,
    /// False where more came than was read, or the rest did not come.
    pub is_whole: bool,
}

/// An answer whose body is read piece by piece.
#[derive(Debug)]
pub struct Fetch {
    /// The HTTP status; only the caller knows which are good.
    pub status: u16,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// Bytes that the other side announced.
    pub length: Option<u64>,
    response: Response,
    idle: Duration,
    /// How long was waited for the bytes that count towards the next [`LEAST`], and how many there are.
    waited: Duration,
    counted: usize,
}

/// Calls other people's servers. Cheap to clone; connections are shared.
#[derive(Clone)]
pub struct Outbound {
    reach: Arc<Reach>,
    lookup: Lookup,
    answer_within: Duration,
    idle_at_most: Duration,
    /// Made at the first call: reading a machine's certificates takes a while, and most processes never call.
    client: Arc<OnceLock<Client>>,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound")
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl Default for Outbound {
    /// The public internet only.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Outbound {
    /// `allowed`: networks that may be called although they are not the public internet.
    pub fn new(allowed: Vec<Network>) -> Self {
        Self {
            reach: Arc::new(Reach::new(allowed)),
            lookup: resolver::system(),
            answer_within: ANSWER_WITHIN,
            idle_at_most: IDLE_AT_MOST,
            client: Arc::default(),
        }
    }

    /// Looks names up elsewhere than the machine does.
    #[must_use]
    pub fn with_lookup(mut self, lookup: Lookup) -> Self {
        self.lookup = lookup;
        self.client = Arc::default();
        self
    }

    /// Other limits of time: for a whole exchange, and for a pause of a [`Fetch`].
    #[must_use]
    pub fn with_patience(mut self, answer_within: Duration, idle_at_most: Duration) -> Self {
        self.answer_within = answer_within;
        self.idle_at_most = idle_at_most;
        self
    }

    /// Judges what can be judged without a look-up, for the person who typed it. Every call does so again.
    pub fn check(&self, url: &str) -> Result<Target, OutboundError> {
        Target::parse(url, &self.reach)
    }

    /// Sends a request and reads its answer, both whole within 20 seconds.
    pub async fn send(&self, request: Request<'_>) -> Result<Reply, OutboundError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let until = Instant::now() + self.answer_within;
        let call = self.call(method, request.url, request.headers, request.body);
        let response = timeout_at(until, call)
            .await
            .unwrap_or(Err(OutboundError::Timeout))?;
        let status = response.status().as_u16();
        let headers = texts(response.headers());
        let (body, is_whole) = start_of(response, request.max_reply, until).await;
        Ok(Reply {
            status,
            headers,
            body,
            is_whole,
        })
    }

    /// Begins a GET whose answer may be as large as it likes and take as long, as long as it keeps coming: 32 KiB in each
    /// minute.
    pub async fn fetch(
        &self,
        url: &str,
        headers: &[(String, String)],
    ) -> Result<Fetch, OutboundError> {
        let begun = self.call(reqwest::Method::GET, url, headers, Vec::new());
        let response = timeout(self.idle_at_most, begun)
            .await
            .unwrap_or(Err(OutboundError::Timeout))?;
        Ok(Fetch {
            status: response.status().as_u16(),
            headers: texts(response.headers()),
            length: response.content_length(),
            response,
            idle: self.idle_at_most,
            waited: Duration::ZERO,
            counted: 0,
        })
    }

    async fn call(
        &self,
        method: reqwest::Method,
        url: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<Response, OutboundError> {
        let target = self.check(url)?;
        let mut request = self
            .client()?
            .request(method.clone(), target.url().clone())
            .headers(header_map(headers)?);
        if method == reqwest::Method::POST {
            request = request.body(body);
        }
        request
            .send()
            .await
            .map_err(|error| client::meaning(&error))
    }

    fn client(&self) -> Result<&Client, OutboundError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = client::build(Vetting {
            reach: Arc::clone(&self.reach),
            lookup: Arc::clone(&self.lookup),
        })?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl Fetch {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// The next piece; None at the end. An answer that is shorter than announced is an error.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, OutboundError> {
        // SECURITY: only the time that the other side takes counts, and a byte now and then does not start it anew: whoever
        // drips holds a worker for a minute, and not for ever (R164).
        let left = self.idle.saturating_sub(self.waited);
        let begun = Instant::now();
        match timeout(left, self.response.chunk()).await {
            Ok(Ok(piece)) => {
                let piece = piece.map(Vec::from);
                self.count(begun.elapsed(), piece.as_ref().map_or(0, Vec::len));
                Ok(piece)
            }
            Ok(Err(error)) => Err(client::meaning(&error)),
            Err(_) => Err(OutboundError::Timeout),
        }
    }

    fn count(&mut self, waited: Duration, bytes: usize) {
        self.waited += waited;
        self.counted += bytes;
        if self.counted >= LEAST {
            (self.waited, self.counted) = (Duration::ZERO, 0);
        }
    }
}

impl Reply {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// Whether the other side took it (2xx).
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

fn value_of<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(own, _)| own == name)?;
    Some(&found.1)
}

/// As much of the body as may be read. A status has come already: a body that breaks off or drips changes nothing about
/// it.
async fn start_of(mut response: Response, max: usize, until: Instant) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(piece))) => {
                let room = max - body.len();
                body.extend_from_slice(piece.get(..room).unwrap_or(&piece));
                if piece.len() > room {
                    return (body, false);
                }
            }
            Ok(Ok(None)) => return (body, true),
            Ok(Err(_)) | Err(_) => return (body, false),
        }
    }
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, OutboundError> {
    let wrong = || OutboundError::Internal("a header cannot be sent".to_owned());
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| wrong())?;
        value.set_sensitive(name == AUTHORIZATION);
        map.append(name, value);
    }
    Ok(map)
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        })
        .collect()
}
