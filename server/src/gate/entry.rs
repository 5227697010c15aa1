//! The row that a request leaves in the access log: filled in step by step, and handed over when its answer has ended.
//!
//! An answer ends when its last byte was handed to the connection, or when it is dropped before: then the caller went
//! away, and the row says how far it came. What the system still buffers for the connection counts as sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::access_log::{AccessLog, Attempt, Caller, EntryId, Reason, Way};
use domain::accounts::AccountId;
use http::header::USER_AGENT;
use http::request::Parts;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::locate::Address;
use super::proof::Shown;
use super::refusal::Refusal;
use crate::layers::address::ClientAddress;

/// How the gate answered, for the metrics: why not, or None for a grant.
#[derive(Debug, Clone, Copy)]
pub struct Outcome(pub Option<Reason>);

/// A row under way.
#[derive(Debug)]
pub struct Entry(Attempt);

impl Entry {
    /// Of a request that has just come.
    pub fn begin(parts: &Parts, now: DateTime<Utc>) -> Self {
        let user_agent = parts.headers.get(USER_AGENT);
        Self(Attempt {
            id: EntryId::new(now),
            occurred_at: now,
            account: None,
            caller_account: None,
            file: None,
            caller: Caller::NOBODY,
            way: Way::Nothing,
            client: ClientAddress::of(&parts.extensions).0,
            user_agent: user_agent
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            method: parts.method.as_str().to_owned(),
            status: 0,
            bytes_sent: 0,
            reason: None,
        })
    }

    pub fn locate(&mut self, address: &Address) {
        self.0.account = address.account;
        self.0.file.clone_from(&address.file);
    }

    pub const fn show(&mut self, shown: &Shown) {
        self.0.caller = shown.caller;
        self.0.way = shown.way;
        self.0.caller_account = shown.account;
        self.0.reason = shown.reason;
    }

    /// Says why, where the refusal alone does not.
    pub const fn because(&mut self, reason: Reason) {
        self.0.reason = Some(reason);
    }

    /// Says why from the refusal, unless that is known better already.
    pub fn refuse(&mut self, refusal: &Refusal) {
        let reason = reason(refusal, self.0.way, self.0.account, self.0.caller_account);
        self.0.reason.get_or_insert(reason);
    }

    /// Goes along with the answer's body, and into the log at its end.
    pub fn accompany(mut self, mut response: Response, log: &AccessLog) -> Response {
        self.0.status = response.status().as_u16();
        response.extensions_mut().insert(Outcome(self.0.reason));
        let log = log.clone();
        response.map(|body| {
            Body::new(Counted {
                body,
                entry: Some(self.0),
                log,
            })
        })
    }
}

/// Why a request was refused.
fn reason(
    refusal: &Refusal,
    way: Way,
    account: Option<AccountId>,
    caller_account: Option<AccountId>,
) -> Reason {
    match refusal {
        Refusal::Challenge | Refusal::Forbid => match way {
            Way::Nothing | Way::Cookie => Reason::NoProof,
            Way::Basic => Reason::WrongPassword,
            Way::Link => Reason::WrongLink,
            Way::Bearer => Reason::UnreadableToken,
            Way::Other => Reason::UnreadableProof,
        },
        // What is wrong with it, its proof says.
        Refusal::ChallengeToken => Reason::UnreadableToken,
        Refusal::ForbidMember | Refusal::ForbidRole => Reason::Role,
        Refusal::NotFound if account.is_some() && account != caller_account => Reason::OtherAccount,
        Refusal::NotFound => Reason::NoSuchFile,
        Refusal::Expired => Reason::Expired,
        Refusal::Trashed => Reason::Trashed,
        Refusal::Deleted => Reason::Deleted,
        Refusal::MethodNotAllowed => Reason::Method,
        Refusal::PreconditionFailed => Reason::Precondition,
        Refusal::RangeNotSatisfiable { .. } => Reason::Range,
        Refusal::Throttled { .. } => Reason::Throttled,
        Refusal::Unavailable => Reason::Unavailable,
        Refusal::Internal => Reason::Failed,
    }
}

/// A body that counts what is taken of it. Dropped, it hands in its row: every answer is, and only once.
struct Counted {
    body: Body,
    entry: Option<Attempt>,
    log: AccessLog,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let (Some(data), Some(entry)) = (frame.data_ref(), &mut this.entry)
        {
            entry.bytes_sent += data.len() as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.log.record(entry);
        }
    }
}
