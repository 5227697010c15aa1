//! What a member does with the own passkeys. The ceremonies are those of `webauthn-rs`; what a challenge needs until it
//! is answered lies in PostgreSQL, never in the browser.

use webauthn_rs::prelude::{
    Passkey as Credential, PasskeyRegistration, RegisterPublicKeyCredential, Url, Webauthn,
    WebauthnBuilder,
};

use super::PasskeyId;
use super::actions::{DRAFT_LIFE, confirm, find, leave, own, tell, too_late, turn_on};
use super::store::{self, passkeys};
use crate::audit::{self, Event};
use crate::background::News;
use crate::error::OnConstraint;
use crate::sign_ins::actions::SignInKey;
use crate::{Actor, Backend, Error, Secret};

/// More than anybody has devices.
const MOST: usize = 20;
const LONGEST_NAME: usize = 100;

/// Whether browsers make passkeys for this installation: under a host name, over https or on the same machine.
pub fn are_possible(backend: &Backend) -> bool {
    realm(backend).is_ok()
}

/// Begins to add a passkey. What comes back is for the browser: `PublicKeyCredentialCreationOptionsJSON`.
pub async fn begin(
    backend: &Backend,
    actor: &Actor,
    sign_in: &SignInKey,
    name: &str,
    password: &Secret,
) -> Result<String, Error> {
    let realm = realm(backend)?;
    let name = read_name(name)?;
    let member = confirm(backend, actor, password).await?;
    let mut db = backend.db.acquire().await?;
    let known = credentials(passkeys::list_credentials(&mut db, member.id).await?)?;
    if known.len() >= MOST {
        return Err(Error::Conflict(
            "You have twenty passkeys. Remove one that you no longer use first.".to_owned(),
        ));
    }
    // A device that has one already says so in place of making another.
    let excluded = known.iter().map(|known| known.cred_id().clone()).collect();
    let (options, ceremony) = realm
        .start_passkey_registration(
            *member.id.as_uuid(),
            &member.email,
            &member.name,
            Some(excluded),
        )
        .map_err(Error::internal)?;
    let draft = passkeys::PasskeyDraft {
        name,
        ceremony: serde_json::to_value(&ceremony).map_err(Error::internal)?,
    };
    let ends = backend.clock.now() + DRAFT_LIFE;
    passkeys::put_draft(&mut db, member.id, sign_in.hash(), &draft, ends).await?;
    serde_json::to_string(&options.public_key).map_err(Error::internal)
}

/// Adds the passkey that the browser made: `RegistrationResponseJSON`. Recovery codes come back if these were made,
/// which is so with the first second factor.
pub async fn finish(
    backend: &Backend,
    actor: &Actor,
    sign_in: &SignInKey,
    answer: &str,
) -> Result<Vec<Secret>, Error> {
    let member = own(backend, actor).await?;
    let id = member.id;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    store::lock_member(&mut tx, id).await?;
    let draft = passkeys::take_draft(&mut tx, id, sign_in.hash(), now)
        .await?
        .ok_or_else(too_late)?;
    let ceremony: PasskeyRegistration =
        serde_json::from_value(draft.ceremony).map_err(Error::internal)?;
    let answer: RegisterPublicKeyCredential =
        serde_json::from_str(answer).map_err(|_| refused())?;
    let made = realm(backend)?
        .finish_passkey_registration(&answer, &ceremony)
        .map_err(|error| {
            tracing::info!(%error, "a new passkey was refused");
            refused()
        })?;
    let was_on = find(&mut tx, id).await?.are_on();
    let new = passkeys::NewPasskey {
        id: PasskeyId::new(now),
        member: id,
        name: &draft.name,
        credential_id: made.cred_id().as_ref(),
        credential: &serde_json::to_value(&made).map_err(Error::internal)?,
        now,
    };
    passkeys::insert(&mut tx, &new)
        .await
        .on_constraint("passkeys_credential_id_key", || {
            Error::Conflict("This passkey is there already.".to_owned())
        })?;
    let subject = *new.id.as_uuid();
    audit::record_on(&mut tx, actor, Event::PasskeyAdded, subject, now).await?;
    let codes = turn_on(backend, &mut tx, actor, sign_in, &member, was_on).await?;
    let what = format!("The passkey {} was added", draft.name);
    tell(backend, &mut tx, actor, &member, &what).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(codes)
}

/// Calls one of one's own passkeys something else.
pub async fn rename(
    backend: &Backend,
    actor: &Actor,
    id: PasskeyId,
    name: &str,
) -> Result<(), Error> {
    let member = actor.member().ok_or(Error::Forbidden)?;
    let name = read_name(name)?;
    let mut tx = backend.db.begin().await?;
    if !passkeys::rename(&mut tx, member, id, &name).await? {
        return Err(Error::NotFound("passkey"));
    }
    let now = backend.clock.now();
    audit::record_on(&mut tx, actor, Event::PasskeyRenamed, *id.as_uuid(), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes one of one's own passkeys. If it was the last factor, sign-ins ask for the password only.
pub async fn remove(
    backend: &Backend,
    actor: &Actor,
    id: PasskeyId,
    password: &Secret,
) -> Result<(), Error> {
    let member = confirm(backend, actor, password).await?;
    let mut tx = backend.db.begin().await?;
    store::lock_member(&mut tx, member.id).await?;
    let name = passkeys::delete(&mut tx, member.id, id)
        .await?
        .ok_or(Error::NotFound("passkey"))?;
    let now = backend.clock.now();
    audit::record_on(&mut tx, actor, Event::PasskeyRemoved, *id.as_uuid(), now).await?;
    leave(backend, &mut tx, actor, &member).await?;
    let what = format!("The passkey {name} was removed");
    tell(backend, &mut tx, actor, &member, &what).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(())
}

/// For whom passkeys are made: the host and origin of the public address (WebAuthn section 13.4.9).
pub(super) fn realm(backend: &Backend) -> Result<Webauthn, Error> {
    let impossible = || {
        Error::Conflict(
            "Browsers make passkeys only for a host name over https. Ask the operator to set public_url to one."
                .to_owned(),
        )
    };
    let origin = Url::parse(&backend.public_url).map_err(|_| impossible())?;
    let host = origin.domain().ok_or_else(impossible)?;
    let is_secure = origin.scheme() == "https" || host == "localhost";
    if !is_secure {
        return Err(impossible());
    }
    WebauthnBuilder::new(host, &origin)
        .and_then(|builder| builder.rp_name("Reelgate").build())
        .map_err(|_| impossible())
}

/// As the library wrote them.
pub(super) fn credentials(stored: Vec<serde_json::Value>) -> Result<Vec<Credential>, Error> {
    stored
        .into_iter()
        .map(|one| serde_json::from_value(one).map_err(Error::internal))
        .collect()
}

pub(super) fn refused() -> Error {
    Error::Conflict("This passkey was not accepted. Try again.".to_owned())
}

fn read_name(typed: &str) -> Result<String, Error> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Error::invalid(
            "name",
            "Give it a name, such as the device that it is on.",
        ));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "name",
            "Use 100 characters at most, on one line.",
        ));
    }
    Ok(name)
}
