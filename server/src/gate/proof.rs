//! Step two: what the caller shows, judged. One proof is looked at; one that is wrong is never replaced by another.
//!
//! 1. `Authorization`, if there is one, alone decides. Two of them are wrong, and so is a scheme we do not know.
//! 2. Else a link, if the address holds one: what somebody put there counts before what a browser sends by itself.
//! 3. Else the cookie of a sign-in.
//! 4. Else there is nothing.
//!
//! `Authorization` is read as Basic, or as Bearer.

use domain::access_log::{Caller, Reason, Way};
use domain::accounts::AccountId;
use domain::credentials::verification::{Refused, Verdict, Why, verify};
use domain::credentials::{CredentialId, callers};
use domain::files::view::{self, Opened};
use domain::service_accounts::{self, ServiceAccountId};
use domain::{Actor, Backend, Error, Permission};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;

use super::decide::Proof;
use super::locate::Address;
use super::{basic, bearer, browser};
use crate::layers::address::ClientAddress;
use crate::layers::sign_in;

/// What a caller showed, and what the access log says of it.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub proof: Proof,
    pub way: Way,
    pub caller: Caller,
    /// Of a valid proof.
    pub account: Option<AccountId>,
    /// Why it opens nothing, where the proof alone does not say.
    pub reason: Option<Reason>,
}

impl Shown {
    /// Something that makes the caller nobody.
    const fn by_nobody(proof: Proof, way: Way) -> Self {
        Self {
            proof,
            way,
            caller: Caller::NOBODY,
            account: None,
            reason: None,
        }
    }

    /// A user name and password that open nothing. Who sent a right password is known, whatever else is wrong.
    fn refused(credential: Option<CredentialId>, why: Why) -> Self {
        let (is_known, reason) = match why {
            Why::Unreadable => (false, Reason::UnreadableProof),
            Why::UnknownName => (false, Reason::UnknownName),
            Why::WrongPassword => (false, Reason::WrongPassword),
            Why::Expired => (true, Reason::CredentialExpired),
            Why::Revoked => (true, Reason::CredentialRevoked),
            Why::AddressNotAllowed => (true, Reason::AddressNotAllowed),
            Why::BrowserAccessEnded => (true, Reason::BrowserAccessEnded),
        };
        let known = credential.filter(|_| is_known);
        Self {
            caller: known.map_or(Caller::NOBODY, Caller::credential),
            reason: Some(reason),
            ..Self::by_nobody(Proof::Wrong, Way::Basic)
        }
    }

    /// A token that opens nothing. Whose key signed it is known, whatever else is wrong.
    fn refused_token(
        signer: Option<ServiceAccountId>,
        why: service_accounts::verification::Why,
    ) -> Self {
        use service_accounts::verification::Why;

        let reason = match why {
            Why::Unreadable => Reason::UnreadableToken,
            Why::UnknownKey => Reason::UnknownKey,
            Why::WrongSignature => Reason::WrongSignature,
            Why::WrongClaims => Reason::WrongClaims,
            Why::WrongIssuer => Reason::WrongIssuer,
            Why::Expired => Reason::TokenExpired,
            Why::NotYetValid => Reason::TokenNotYetValid,
            Why::KeyEnded => Reason::KeyEnded,
            Why::Revoked => Reason::KeyRevoked,
        };
        Self {
            caller: signer.map_or(Caller::NOBODY, Caller::service_account),
            reason: Some(reason),
            ..Self::by_nobody(Proof::WrongToken, Way::Bearer)
        }
    }
}

/// The proof of a request.
pub async fn collect(backend: &Backend, parts: &Parts, address: &Address) -> Result<Shown, Error> {
    let mut lines = parts.headers.get_all(AUTHORIZATION).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => of_authorization(backend, parts, line.as_bytes()).await,
        (Some(_), Some(_)) => Ok(Shown::by_nobody(Proof::Wrong, Way::Other)),
        (None, _) if let Some(token) = token_in(parts) => of_link(backend, address, token).await,
        (None, _) => Ok(sign_in::actor_of(backend, &parts.extensions)
            .await?
            .map_or(Shown::by_nobody(Proof::Nothing, Way::Nothing), of_member)),
    }
}

/// The token of a link. Two of them are wrong, as two `Authorization` are.
fn token_in(parts: &Parts) -> Option<&str> {
    let pairs = parts.uri.query()?.split('&');
    let mut values = pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == view::PARAMETER)
        .map(|(_, token)| token);
    let first = values.next()?;
    Some(values.next().map_or(first, |_| ""))
}

async fn of_link(backend: &Backend, address: &Address, token: &str) -> Result<Shown, Error> {
    let opened = match (address.account, &address.file) {
        (Some(account), Some((file, _))) => {
            let opened = view::open(backend, account, *file, token).await?;
            (opened, Some(account))
        }
        _ => (Opened::Wrong, None),
    };
    let wrong = |caller, account, reason| Shown {
        caller,
        account,
        reason: Some(reason),
        ..Shown::by_nobody(Proof::Wrong, Way::Link)
    };
    Ok(match opened {
        (Opened::Valid(secret), Some(account)) => Shown {
            proof: Proof::Link { account },
            way: Way::Link,
            caller: Caller::application(secret),
            account: Some(account),
            reason: None,
        },
        (Opened::Ended(secret), account) => {
            wrong(Caller::application(secret), account, Reason::LinkEnded)
        }
        _ => wrong(Caller::NOBODY, None, Reason::WrongLink),
    })
}

async fn of_token(backend: &Backend, parts: &Parts, token: &[u8]) -> Result<Shown, Error> {
    use service_accounts::verification::{Verdict, verify};

    let address = ClientAddress::of(&parts.extensions).0;
    Ok(match verify(backend, address, token).await? {
        Verdict::Valid(grant) => Shown {
            proof: Proof::ServiceAccount {
                account: grant.account,
                role: grant.role,
            },
            way: Way::Bearer,
            caller: Caller::service_account(grant.service_account),
            account: Some(grant.account),
            reason: None,
        },
        Verdict::Refused(refused) => {
            Shown::refused_token(refused.of.map(|(id, _)| id), refused.why)
        }
        Verdict::Throttled { retry_after } => {
            Shown::by_nobody(Proof::Throttled { retry_after }, Way::Bearer)
        }
    })
}

async fn of_authorization(backend: &Backend, parts: &Parts, value: &[u8]) -> Result<Shown, Error> {
    if let Some(token) = bearer::token(value) {
        return of_token(backend, parts, token).await;
    }
    let sent = match basic::parse(value) {
        Ok(sent) => sent,
        Err(reason) => {
            tracing::debug!(?reason, "unreadable Authorization");
            return Ok(Shown::by_nobody(Proof::Wrong, Way::Other));
        }
    };
    let address = ClientAddress::of(&parts.extensions).0;
    Ok(
        match verify(backend, address, &sent.username, &sent.password).await? {
            Verdict::Valid(grant)
                if browser::must_ask(backend, &parts.headers, grant.browser_access_ended_at) =>
            {
                Shown::refused(Some(grant.credential), Why::BrowserAccessEnded)
            }
            Verdict::Valid(grant) => {
                let agent = parts.headers.get(USER_AGENT);
                let agent = agent.map_or(&b""[..], http::HeaderValue::as_bytes);
                callers::note(backend, &grant, address, agent);
                Shown {
                    proof: Proof::Credential {
                        account: grant.account,
                    },
                    way: Way::Basic,
                    caller: Caller::credential(grant.credential),
                    account: Some(grant.account),
                    reason: None,
                }
            }
            Verdict::Refused(Refused { why, of }) => {
                Shown::refused(of.map(|(credential, _)| credential), why)
            }
            Verdict::Throttled { retry_after } => {
                Shown::by_nobody(Proof::Throttled { retry_after }, Way::Basic)
            }
        },
    )
}

fn of_member(actor: Actor) -> Shown {
    Shown {
        proof: Proof::Member {
            account: actor.account,
            may_open: actor.is_allowed(Permission::OpenFiles),
        },
        way: Way::Cookie,
        caller: actor.member().map_or(Caller::NOBODY, Caller::member),
        account: Some(actor.account),
        reason: None,
    }
}
