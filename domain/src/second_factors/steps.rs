//! Sign-ins whose password was right and that wait for the second factor.
//!
//! - What waits is found by a random text in a cookie of the browser that typed the password, for ten minutes. It is no
//!   sign-in: nothing but this module looks at it, and nothing opens before it is completed.
//! - Wrong codes in a row are counted in the database, so that neither a restart nor several processes give more. From
//!   the fifth on each makes the next wait, twice as long each time up to an hour; a hundred end codes until the member
//!   proves to be the member in another way. Only who knows the password gets to guess at all, and the member is told.
//! - Recovery codes and passkeys cannot be guessed, so nobody is locked out of these by wrong codes.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use webauthn_rs::prelude::{PasskeyAuthentication, PublicKeyCredential};

use super::actions::{find, no_code, unseal};
use super::passkeys::{credentials, realm, refused};
use super::recovery::RecoveryCode;
use super::store::{self, passkeys, steps};
use super::{Ways, totp};
use crate::audit::{self, Event, Who};
use crate::background::News;
use crate::guard::Purpose;
use crate::mail::{self, letters};
use crate::members::{self, Member, MemberId};
use crate::{Backend, Error, Secret, hashing};

/// How long a sign-in waits.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);
/// 186 bits.
const TOKEN_LENGTH: usize = 32;
/// Wrong codes in a row that cost no waiting: typing errors.
const FREE_FAILURES: u32 = 4;
/// SP 800-63B-4 section 3.2.2.
const MOST_FAILURES: u32 = 100;
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// Finds a sign-in that waits; lies in the browser's cookie. Masked in `Debug`.
#[derive(Debug, Clone)]
pub struct StepToken(Secret);

impl StepToken {
    /// As it came back from a browser.
    pub fn new(cookie: &str) -> Self {
        Self(Secret::new(cookie))
    }

    /// What the cookie holds.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.reveal().as_bytes()).to_vec()
    }
}

/// Somebody has proved everything that is asked for.
#[derive(Debug, Clone)]
pub struct Passed {
    pub member: Member,
    /// Path to go to.
    pub next: String,
    /// Where a recovery code was used: how many are left.
    pub codes_left: Option<i64>,
}

/// After a right password: a sign-in that waits, if the member has a second factor. None: there is none to ask for.
pub async fn begin(
    backend: &Backend,
    member: &Member,
    next: &str,
) -> Result<Option<StepToken>, Error> {
    let mut db = backend.db.acquire().await?;
    if !find(&mut db, member.id).await?.are_on() {
        return Ok(None);
    }
    let token = StepToken(hashing::random_text(TOKEN_LENGTH));
    let ends = backend.clock.now() + LIFE;
    steps::insert(&mut db, &token.hash(), member.id, next, ends).await?;
    Ok(Some(token))
}

/// What the sign-in that waits may be completed with. None: there is none, or no longer.
pub async fn look(backend: &Backend, token: &StepToken) -> Result<Option<Ways>, Error> {
    let mut db = backend.db.acquire().await?;
    let Some(step) = steps::find(&mut db, &token.hash(), backend.clock.now()).await? else {
        return Ok(None);
    };
    let has = find(&mut db, step.member).await?;
    Ok(Some(Ways {
        app: has.app.is_some(),
        passkey: !has.passkeys.is_empty() && realm(backend).is_ok(),
        recovery_code: has.codes_left > 0,
    }))
}

/// Completes it with a code of the authenticator app.
pub async fn check_code(
    backend: &Backend,
    address: IpAddr,
    token: &StepToken,
    typed: &str,
) -> Result<Passed, Error> {
    let waiting = Waiting::find(backend, address, token).await?;
    let code = totp::read(typed).ok_or_else(no_code)?;
    let name = waiting.member.id.to_string();
    let guess = backend.guard.admit(Purpose::SecondFactor, &name, address)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let app = store::lock_app(&mut tx, waiting.member.id)
        .await?
        .ok_or_else(|| Error::Conflict("You have no authenticator app any more.".to_owned()))?;
    let failures = u32::try_from(app.failures).unwrap_or(u32::MAX);
    if let Err(error) = may_guess(failures, app.failed_at, now) {
        guess.void();
        return Err(error);
    }
    let secret = unseal(backend, waiting.member.id, &app.sealed)?;
    let Some(step) = secret.step_of(&code, now, app.last_step) else {
        store::update_app_failed(&mut tx, waiting.member.id, now).await?;
        waiting.note_refusal(backend, &mut tx, failures + 1).await?;
        tx.commit().await?;
        backend.nudge(News::Letters);
        return Err(Error::invalid(
            "code",
            "This code is wrong, or was used already. Enter the next one that your app shows.",
        ));
    };
    store::update_app_used(&mut tx, waiting.member.id, step, now).await?;
    let passed = waiting.pass(&mut tx, None).await?;
    tx.commit().await?;
    guess.right();
    Ok(passed)
}

/// Completes it with a recovery code, which is used up.
pub async fn check_recovery_code(
    backend: &Backend,
    address: IpAddr,
    token: &StepToken,
    typed: &str,
) -> Result<Passed, Error> {
    let waiting = Waiting::find(backend, address, token).await?;
    let wrong = |message: &str| Error::invalid("recovery_code", message);
    let code = RecoveryCode::read(typed)
        .ok_or_else(|| wrong("Enter one of your recovery codes: six groups of four characters."))?;
    let name = waiting.member.id.to_string();
    let guess = backend.guard.admit(Purpose::RecoveryCode, &name, address)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    if !store::use_code(&mut tx, waiting.member.id, &code.hash(), now).await? {
        waiting.note_refusal(backend, &mut tx, 0).await?;
        tx.commit().await?;
        return Err(wrong("This code is wrong, or was used already."));
    }
    store::forgive_app(&mut tx, waiting.member.id).await?;
    let (left, _) = store::count_codes(&mut tx, waiting.member.id).await?;
    let who = waiting.who();
    audit::record(&mut tx, who, Event::RecoveryCodeUsed, now).await?;
    let letter = letters::recovery_code_used(&waiting.member.name, left, address, now);
    mail::outbox::put(backend, &mut tx, &waiting.member.email, &letter).await?;
    let passed = waiting.pass(&mut tx, Some(left)).await?;
    tx.commit().await?;
    guess.right();
    backend.nudge(News::Letters);
    Ok(passed)
}

/// Begins to ask for a passkey. What comes back is for the browser: `PublicKeyCredentialRequestOptionsJSON`.
pub async fn begin_passkey(backend: &Backend, token: &StepToken) -> Result<String, Error> {
    let mut db = backend.db.acquire().await?;
    let step = steps::find(&mut db, &token.hash(), backend.clock.now())
        .await?
        .ok_or_else(too_late)?;
    let known = credentials(passkeys::list_credentials(&mut db, step.member).await?)?;
    if known.is_empty() {
        return Err(Error::Conflict("You have no passkey any more.".to_owned()));
    }
    let (options, ceremony) = realm(backend)?
        .start_passkey_authentication(&known)
        .map_err(Error::internal)?;
    let ceremony = serde_json::to_value(&ceremony).map_err(Error::internal)?;
    steps::update_ceremony(&mut db, &token.hash(), Some(&ceremony)).await?;
    serde_json::to_string(&options.public_key).map_err(Error::internal)
}

/// Completes it with the answer of a passkey: `AuthenticationResponseJSON`. A challenge is answered once.
pub async fn finish_passkey(
    backend: &Backend,
    address: IpAddr,
    token: &StepToken,
    answer: &str,
) -> Result<Passed, Error> {
    let waiting = Waiting::find(backend, address, token).await?;
    let Some(ceremony) = waiting.ceremony.clone() else {
        return Err(refused());
    };
    let ceremony: PasskeyAuthentication =
        serde_json::from_value(ceremony).map_err(Error::internal)?;
    let mut tx = backend.db.begin().await?;
    steps::update_ceremony(&mut tx, &waiting.token, None).await?;
    if !accept_passkey(backend, &mut tx, &waiting, &ceremony, answer).await? {
        waiting.note_refusal(backend, &mut tx, 0).await?;
        tx.commit().await?;
        return Err(refused());
    }
    store::forgive_app(&mut tx, waiting.member.id).await?;
    let passed = waiting.pass(&mut tx, None).await?;
    tx.commit().await?;
    Ok(passed)
}

/// Whether the answer is that of one of the member's passkeys; its counter moves on.
async fn accept_passkey(
    backend: &Backend,
    tx: &mut PgConnection,
    waiting: &Waiting,
    ceremony: &PasskeyAuthentication,
    answer: &str,
) -> Result<bool, Error> {
    let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer) else {
        return Ok(false);
    };
    let outcome = match realm(backend)?.finish_passkey_authentication(&answer, ceremony) {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::info!(%error, "a passkey was refused");
            return Ok(false);
        }
    };
    let id: &[u8] = outcome.cred_id().as_ref();
    // It may have been removed since the challenge was made.
    let stored = passkeys::lock_credential(tx, waiting.member.id, id).await?;
    let Some(mut known) = credentials(stored.into_iter().collect())?.pop() else {
        return Ok(false);
    };
    known.update_credential(&outcome);
    let credential = serde_json::to_value(&known).map_err(Error::internal)?;
    passkeys::update_used(tx, id, &credential, backend.clock.now()).await?;
    Ok(true)
}

/// Ends what waits for a member.
pub(crate) async fn void(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    Ok(steps::delete_of(tx, member).await?)
}

/// Removes what nobody completed in time. Background work.
pub async fn delete_expired(backend: &Backend) -> Result<(), Error> {
    let mut db = backend.db.acquire().await?;
    Ok(steps::delete_expired(&mut db, backend.clock.now()).await?)
}

/// A sign-in that waits, and whose it is.
struct Waiting {
    token: Vec<u8>,
    member: Member,
    next: String,
    ceremony: Option<serde_json::Value>,
    address: IpAddr,
}

impl Waiting {
    async fn find(backend: &Backend, address: IpAddr, token: &StepToken) -> Result<Self, Error> {
        let token = token.hash();
        let mut db = backend.db.acquire().await?;
        let step = steps::find(&mut db, &token, backend.clock.now())
            .await?
            .ok_or_else(too_late)?;
        drop(db);
        let member = members::actions::find(backend, step.member).await?;
        Ok(Self {
            token,
            member: member.ok_or_else(too_late)?,
            next: step.next,
            ceremony: step.ceremony,
            address,
        })
    }

    const fn who(&self) -> Who {
        Who {
            account: Some(self.member.account),
            member: Some(self.member.id),
            api_secret: None,
            service_account: None,
            address: Some(self.address),
        }
    }

    /// `failures`: wrong codes of the app in a row, this one included.
    async fn note_refusal(
        &self,
        backend: &Backend,
        tx: &mut PgConnection,
        failures: u32,
    ) -> Result<(), Error> {
        let now = backend.clock.now();
        audit::record(&mut *tx, self.who(), Event::SecondFactorRefused, now).await?;
        if failures == FREE_FAILURES + 1 {
            let letter = letters::wrong_codes(&self.member.name, self.address, now);
            mail::outbox::put(backend, tx, &self.member.email, &letter).await?;
        }
        Ok(())
    }

    /// Takes it, so that it is completed once.
    async fn pass(self, tx: &mut PgConnection, codes_left: Option<i64>) -> Result<Passed, Error> {
        if !steps::delete(tx, &self.token).await? {
            return Err(too_late());
        }
        Ok(Passed {
            member: self.member,
            next: self.next,
            codes_left,
        })
    }
}

/// Whether one more code is judged after so many wrong ones in a row.
fn may_guess(
    failures: u32,
    failed_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if failures >= MOST_FAILURES {
        return Err(Error::Conflict(
            "Too many wrong codes in a row: none is taken any more. Use a recovery code or a passkey, or ask an owner or \
             admin of your account to reset your second factor."
                .to_owned(),
        ));
    }
    let over = failed_at.map(|at| at + wait_after(failures));
    match over.map(|over| (over - now).to_std()) {
        Some(Ok(left)) if !left.is_zero() => Err(Error::Throttled {
            retry_after: Duration::from_secs(left.as_secs() + 1),
        }),
        _ => Ok(()),
    }
}

fn wait_after(failures: u32) -> TimeDelta {
    match failures.checked_sub(FREE_FAILURES + 1) {
        None => TimeDelta::zero(),
        Some(more) => (FIRST_WAIT * (1 << more.min(10))).min(LONGEST_WAIT),
    }
}

fn too_late() -> Error {
    Error::Conflict("Your sign-in was not finished in time. Sign in again.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_with_the_fifth_wrong_code_and_grow_up_to_an_hour() {
        let seconds =
            [0, 1, 4, 5, 6, 7, 11, 12, 50].map(|failures| wait_after(failures).num_seconds());
        assert_eq!(seconds, [0, 0, 0, 30, 60, 120, 1920, 3600, 3600]);
    }
}
