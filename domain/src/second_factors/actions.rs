//! What a member does with the own second factors: authenticator app, recovery codes, turning all off.

use chrono::TimeDelta;
use sqlx::PgConnection;

use super::recovery::RecoveryCode;
use super::store::{self, passkeys, steps};
use super::totp::{self, SharedSecret};
use super::{RECOVERY_CODES, SecondFactors};
use crate::audit::{self, Event};
use crate::background::News;
use crate::mail::{self, letters};
use crate::members::actions::confirm_password;
use crate::members::{self, Member, MemberId};
use crate::sign_ins::actions::SignInKey;
use crate::{Actor, Backend, Error, Secret, sign_ins};

/// How long something that was shown waits to be confirmed.
pub(super) const DRAFT_LIFE: TimeDelta = TimeDelta::minutes(15);
/// The same for app and draft: the sealed text moves from one to the other.
const PURPOSE: &str = "authenticator secret";

/// What an authenticator app is set up with. Masked in `Debug`.
#[derive(Debug, Clone)]
pub struct AppDraft {
    /// `otpauth://…`, for a QR code.
    pub address: Secret,
    /// The secret in groups of four, for people who type it.
    pub grouped: Secret,
}

/// What one has.
pub async fn get(backend: &Backend, actor: &Actor) -> Result<SecondFactors, Error> {
    let member = actor.member().ok_or(Error::Forbidden)?;
    find(&mut *backend.db.acquire().await?, member).await
}

/// Begins to set up an authenticator app. One that is there works until the new one is confirmed.
pub async fn begin_app(
    backend: &Backend,
    actor: &Actor,
    sign_in: &SignInKey,
    password: &Secret,
) -> Result<(), Error> {
    let member = confirm(backend, actor, password).await?;
    let sealed = seal(backend, member.id, &SharedSecret::random());
    let ends = backend.clock.now() + DRAFT_LIFE;
    let mut db = backend.db.acquire().await?;
    store::put_app_draft(&mut db, member.id, &sealed, sign_in.hash(), ends).await?;
    Ok(())
}

/// What [`begin_app`] began, for the sign-in that began it. None: nothing, or too long ago.
pub async fn app_draft(
    backend: &Backend,
    actor: &Actor,
    sign_in: &SignInKey,
) -> Result<Option<AppDraft>, Error> {
    let id = actor.member().ok_or(Error::Forbidden)?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let Some(sealed) = store::find_app_draft(&mut db, id, sign_in.hash(), now).await? else {
        return Ok(None);
    };
    drop(db);
    let member = own(backend, actor).await?;
    let secret = unseal(backend, id, &sealed)?;
    let issuer = format!("Reelgate ({})", member.account_name);
    Ok(Some(AppDraft {
        address: secret.address(&issuer, &member.email),
        grouped: secret.grouped(),
    }))
}

/// Confirms the app with a code that it shows: from now on sign-ins ask for one. Recovery codes come back if these were
/// made, which is so with the first second factor.
pub async fn confirm_app(
    backend: &Backend,
    actor: &Actor,
    sign_in: &SignInKey,
    typed: &str,
) -> Result<Vec<Secret>, Error> {
    let member = own(backend, actor).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    store::lock_member(&mut tx, member.id).await?;
    let sealed = store::find_app_draft(&mut tx, member.id, sign_in.hash(), now)
        .await?
        .ok_or_else(too_late)?;
    let code = totp::read(typed).ok_or_else(no_code)?;
    let secret = unseal(backend, member.id, &sealed)?;
    let step = secret.step_of(&code, now, 0).ok_or_else(|| {
        Error::invalid(
            "code",
            "This is not the code of now. See that the clock of your device is right, and enter the next one.",
        )
    })?;
    let was_on = find(&mut tx, member.id).await?.are_on();
    store::put_app(&mut tx, member.id, &sealed, step, now).await?;
    store::delete_app_draft(&mut tx, member.id).await?;
    audit::record(&mut tx, actor, Event::AuthenticatorAdded, now).await?;
    let codes = turn_on(backend, &mut tx, actor, sign_in, &member, was_on).await?;
    tell(
        backend,
        &mut tx,
        actor,
        &member,
        "An authenticator app was set up",
    )
    .await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(codes)
}

/// Removes the authenticator app. If it was the last factor, recovery codes go with it and sign-ins ask for the
/// password only.
pub async fn remove_app(backend: &Backend, actor: &Actor, password: &Secret) -> Result<(), Error> {
    let member = confirm(backend, actor, password).await?;
    let mut tx = backend.db.begin().await?;
    store::lock_member(&mut tx, member.id).await?;
    if !store::delete_app(&mut tx, member.id).await? {
        return Err(Error::NotFound("authenticator app"));
    }
    let now = backend.clock.now();
    audit::record(&mut tx, actor, Event::AuthenticatorRemoved, now).await?;
    leave(backend, &mut tx, actor, &member).await?;
    let what = "The authenticator app was removed";
    tell(backend, &mut tx, actor, &member, what).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(())
}

/// Makes new recovery codes; the present ones are worth nothing from then on.
pub async fn renew_codes(
    backend: &Backend,
    actor: &Actor,
    password: &Secret,
) -> Result<Vec<Secret>, Error> {
    let member = confirm(backend, actor, password).await?;
    let mut tx = backend.db.begin().await?;
    store::lock_member(&mut tx, member.id).await?;
    if !find(&mut tx, member.id).await?.are_on() {
        return Err(Error::Conflict(
            "Recovery codes come with an authenticator app or a passkey. Set up one of these first."
                .to_owned(),
        ));
    }
    let codes = make_codes(backend, &mut tx, actor, member.id).await?;
    let what = "New recovery codes were made, and the earlier ones no longer work";
    tell(backend, &mut tx, actor, &member, what).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(codes)
}

/// Removes app, passkeys and recovery codes: sign-ins ask for the password only.
pub async fn turn_off(backend: &Backend, actor: &Actor, password: &Secret) -> Result<(), Error> {
    let member = confirm(backend, actor, password).await?;
    let mut tx = backend.db.begin().await?;
    store::lock_member(&mut tx, member.id).await?;
    if !find(&mut tx, member.id).await?.are_on() {
        return Err(Error::NotFound("second factor"));
    }
    forget(&mut tx, member.id).await?;
    let now = backend.clock.now();
    audit::record(&mut tx, actor, Event::SecondFactorTurnedOff, now).await?;
    let what = "Your second factor was turned off: your account password alone signs you in";
    tell(backend, &mut tx, actor, &member, what).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(())
}

/// What a member has.
pub(super) async fn find(db: &mut PgConnection, member: MemberId) -> Result<SecondFactors, Error> {
    let (codes_left, codes_made_at) = store::count_codes(db, member).await?;
    Ok(SecondFactors {
        app: store::find_app(db, member).await?,
        passkeys: passkeys::list(db, member).await?,
        codes_left,
        codes_made_at,
    })
}

/// Removes all that a member has, with what is under way.
pub(crate) async fn forget(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    store::delete_app(tx, member).await?;
    store::delete_app_draft(tx, member).await?;
    passkeys::delete_all(tx, member).await?;
    passkeys::delete_draft(tx, member).await?;
    store::delete_codes(tx, member).await?;
    Ok(steps::delete_of(tx, member).await?)
}

/// After a factor was added: recovery codes with the first one, and an end of sign-ins that never showed one.
pub(super) async fn turn_on(
    backend: &Backend,
    tx: &mut PgConnection,
    actor: &Actor,
    sign_in: &SignInKey,
    member: &Member,
    was_on: bool,
) -> Result<Vec<Secret>, Error> {
    if was_on {
        return Ok(Vec::new());
    }
    let now = backend.clock.now();
    audit::record(&mut *tx, actor, Event::SecondFactorTurnedOn, now).await?;
    sign_ins::actions::end_all_of(tx, member.id, Some(sign_in)).await?;
    make_codes(backend, tx, actor, member.id).await
}

/// After a factor was removed: without any, recovery codes have nothing to recover.
pub(super) async fn leave(
    backend: &Backend,
    tx: &mut PgConnection,
    actor: &Actor,
    member: &Member,
) -> Result<(), Error> {
    if find(tx, member.id).await?.are_on() {
        return Ok(());
    }
    forget(tx, member.id).await?;
    let now = backend.clock.now();
    audit::record(tx, actor, Event::SecondFactorTurnedOff, now).await
}

async fn make_codes(
    backend: &Backend,
    tx: &mut PgConnection,
    actor: &Actor,
    member: MemberId,
) -> Result<Vec<Secret>, Error> {
    let codes: Vec<_> = std::iter::repeat_with(RecoveryCode::random)
        .take(RECOVERY_CODES)
        .collect();
    let hashes: Vec<_> = codes.iter().map(RecoveryCode::hash).collect();
    let now = backend.clock.now();
    store::replace_codes(tx, member, &hashes, now).await?;
    audit::record(tx, actor, Event::RecoveryCodesMade, now).await?;
    Ok(codes.iter().map(RecoveryCode::shown).collect())
}

/// Tells the member what happened, where mail is set up.
pub(super) async fn tell(
    backend: &Backend,
    tx: &mut PgConnection,
    actor: &Actor,
    member: &Member,
    what: &str,
) -> Result<(), Error> {
    let now = backend.clock.now();
    let letter = letters::second_factor_changed(&member.name, what, actor.address, now);
    mail::outbox::put(backend, tx, &member.email, &letter).await
}

/// The member who acts.
pub(super) async fn own(backend: &Backend, actor: &Actor) -> Result<Member, Error> {
    let id = actor.member().ok_or(Error::Forbidden)?;
    members::actions::find(backend, id)
        .await?
        .ok_or(Error::Unauthenticated)
}

/// The member who acts, if the account password is right. A wrong one is recorded.
pub(super) async fn confirm(
    backend: &Backend,
    actor: &Actor,
    password: &Secret,
) -> Result<Member, Error> {
    let member = own(backend, actor).await?;
    let mut problems = Vec::new();
    let field = "account_password";
    if confirm_password(backend, actor, field, password, &mut problems)
        .await?
        .is_some()
    {
        return Ok(member);
    }
    let mut db = backend.db.acquire().await?;
    let now = backend.clock.now();
    audit::record(&mut db, actor, Event::SecondFactorChangeRefused, now).await?;
    Err(Error::Invalid(problems))
}

fn seal(backend: &Backend, member: MemberId, secret: &SharedSecret) -> Vec<u8> {
    backend
        .master_key
        .seal(PURPOSE, &member.to_string(), secret.base32())
}

pub(super) fn unseal(
    backend: &Backend,
    member: MemberId,
    sealed: &[u8],
) -> Result<SharedSecret, Error> {
    backend
        .master_key
        .unseal(PURPOSE, &member.to_string(), sealed)
        .map(SharedSecret::from_base32)
        .ok_or_else(|| {
            Error::internal("an authenticator secret does not open with this master key")
        })
}

pub(super) fn no_code() -> Error {
    Error::invalid("code", "Enter the six digits that your app shows.")
}

pub(super) fn too_late() -> Error {
    Error::Conflict("This took too long. Begin again.".to_owned())
}
