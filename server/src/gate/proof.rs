//! Step two: what the caller shows, judged. One proof is looked at; one that is wrong is never replaced by another.
//!
//! 1. `Authorization`, if there is one, alone decides. Two of them are wrong, and so is a scheme we do not know.
//! 2. Else the cookie of a sign-in.
//! 3. Else there is nothing.
//!
//! Tokens will be a second reading of 1, links a step before 3.

use domain::credentials::callers;
use domain::credentials::verification::{Verdict, verify};
use domain::{Actor, Backend, Error, Permission};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;

use super::decide::Proof;
use super::{basic, browser};
use crate::layers::address::ClientAddress;
use crate::layers::sign_in;

/// The proof of a request.
pub async fn collect(backend: &Backend, parts: &Parts) -> Result<Proof, Error> {
    let mut lines = parts.headers.get_all(AUTHORIZATION).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => of_authorization(backend, parts, line.as_bytes()).await,
        (Some(_), Some(_)) => Ok(Proof::Wrong),
        (None, _) => Ok(sign_in::actor_of(backend, &parts.extensions)
            .await?
            .map_or(Proof::Nothing, of_member)),
    }
}

async fn of_authorization(backend: &Backend, parts: &Parts, value: &[u8]) -> Result<Proof, Error> {
    let sent = match basic::parse(value) {
        Ok(sent) => sent,
        Err(reason) => {
            tracing::debug!(?reason, "unreadable Authorization");
            return Ok(Proof::Wrong);
        }
    };
    let address = ClientAddress::of(&parts.extensions).0;
    Ok(
        match verify(backend, address, &sent.username, &sent.password).await? {
            Verdict::Valid(grant)
                if browser::must_ask(backend, &parts.headers, grant.browser_access_ended_at) =>
            {
                Proof::Wrong
            }
            Verdict::Valid(grant) => {
                let agent = parts.headers.get(USER_AGENT);
                let agent = agent.map_or(&b""[..], http::HeaderValue::as_bytes);
                callers::note(backend, &grant, address, agent);
                Proof::Credential {
                    account: grant.account,
                }
            }
            Verdict::Refused(_) => Proof::Wrong,
            Verdict::Throttled { retry_after } => Proof::Throttled { retry_after },
        },
    )
}

fn of_member(actor: Actor) -> Proof {
    Proof::Member {
        account: actor.account,
        may_open: actor.is_allowed(Permission::OpenFiles),
    }
}
