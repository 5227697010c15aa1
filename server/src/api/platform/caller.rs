//! Who asks: a service account, by a token (`Authorization: Bearer`) or, deprecated, by the parameters `account_id` and
//! `api_key`.

use axum::http::request::Parts;
use domain::api_keys::verification as api_keys;
use domain::api_secrets::verification::admit_otherwise_proven;
use domain::service_accounts::verification::{Verdict, verify};
use domain::{Actor, accounts};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::errors::{Code, Refused};
use super::parameters::Parameters;
use crate::api::caller::{Refusal, came_in_the_clear};
use crate::gate::bearer as gate;
use crate::layers::address::ClientAddress;
use crate::state::AppState;

/// The parameter with the key.
pub(super) const API_KEY: &str = "api_key";
/// The parameter with the account's number.
pub(super) const ACCOUNT: &str = "account_id";

const AUTHORIZATION_FAILED: Refused = Refused::of(Code::Authorization);

/// The service account behind the token, if there is a header at all. One that is wrong is never ignored.
pub(super) async fn by_token(state: &AppState, parts: &Parts) -> Result<Option<Actor>, Refused> {
    let Some(token) = bearer(&parts.headers)? else {
        return Ok(None);
    };
    in_private(state, parts)?;
    let address = ClientAddress::of(&parts.extensions).0;
    match verify(&state.backend, address, token).await? {
        Verdict::Valid(grant) => Ok(Some(grant.actor(address))),
        Verdict::Refused(_) => Err(AUTHORIZATION_FAILED),
        Verdict::Throttled { retry_after } => Err(Refusal::Throttled { retry_after }.into()),
    }
}

/// On whose behalf the request is, within the limits of the account. Counts the request, so it is asked once.
pub(super) async fn admit(
    state: &AppState,
    parts: &Parts,
    token: Option<Actor>,
    parameters: &Parameters,
) -> Result<Actor, Refused> {
    let backend = &state.backend;
    let address = ClientAddress::of(&parts.extensions).0;
    let account = parameters.text(ACCOUNT);
    let actor = match (token, parameters.text(API_KEY)) {
        (Some(actor), None) => {
            // What a token acts in is said by the token; a parameter that says otherwise is a mistake.
            if let Some(account) = account {
                let own = accounts::actions::get(backend, &actor).await?;
                if account != own.number.to_string() {
                    return Err(AUTHORIZATION_FAILED);
                }
            }
            actor
        }
        (None, Some(key)) => {
            in_private(state, parts)?;
            let Some(account) = account else {
                return Err(AUTHORIZATION_FAILED);
            };
            api_keys::verify(backend, account, key, address)
                .await
                .map_err(Refusal::from)?
        }
        // Two proofs: whichever were looked at, the other one would be ignored.
        (Some(_), Some(_)) | (None, None) => return Err(AUTHORIZATION_FAILED),
    };
    admit_otherwise_proven(backend, actor.account, address)
        .await
        .map_err(Refusal::from)?;
    Ok(actor)
}

fn in_private(state: &AppState, parts: &Parts) -> Result<(), Refused> {
    if came_in_the_clear(&state.http, parts) {
        return Err(Refused::new(
            Code::NotEncrypted,
            "the request came without TLS, so its token or key may have been read on the way; use https.",
        ));
    }
    Ok(())
}

/// What stands behind `Bearer` (RFC 6750 section 2.1); None without the header.
fn bearer(headers: &HeaderMap) -> Result<Option<&[u8]>, Refused> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.as_bytes(),
        (Some(_), Some(_)) => return Err(AUTHORIZATION_FAILED),
    };
    gate::token(value).map(Some).ok_or(AUTHORIZATION_FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bearer_is_a_token_and_everything_else_is_wrong() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers)
                .map(|found| found.map(<[u8]>::to_vec))
                .map_err(|refused| refused.code())
        };
        assert_eq!(read(&[]), Ok(None));
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c "] {
            assert_eq!(read(&[value]), Ok(Some(b"a.b.c".to_vec())), "{value}");
        }
        for values in [
            &["Basic YTpi"][..],
            &[""],
            &["a.b.c"],
            &["Bearer a", "Bearer a"],
        ] {
            assert_eq!(read(values), Err(Code::Authorization), "{values:?}");
        }
    }
}
