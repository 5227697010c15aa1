//! What can be done with members and their account passwords.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::store;
use super::{Email, Member, MemberId, PasswordChange};
use crate::accounts::AccountId;
use crate::audit::{self, Event, Who};
use crate::background::News;
use crate::credentials::strength;
use crate::error::OnConstraint;
use crate::guard::Purpose;
use crate::mail::{self, letters};
use crate::{
    Actor, Backend, Caller, Error, NewPassword, PasswordText, Problem, Role, Secret, hashing,
    password_resets, sign_ins,
};

/// The sentence for a wrong current account password, wherever it is asked for.
pub const WRONG_PASSWORD: &str = "This is not your account password.";

/// The member's row on the page that shows who one is. None: removed or disabled meanwhile.
pub async fn find(backend: &Backend, id: MemberId) -> Result<Option<Member>, Error> {
    let mut db = backend.db.acquire().await?;
    Ok(store::find(&mut db, id).await?)
}

/// Addresses of the account's owners who may sign in: whom to tell of what concerns the whole account.
pub(crate) async fn owner_emails(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<String>, Error> {
    Ok(store::owner_emails(db, account).await?)
}

/// Addresses of the account's owners and admins who may sign in: whom to tell of what goes wrong by itself.
pub(crate) async fn governor_emails(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<String>, Error> {
    Ok(store::governor_emails(db, account).await?)
}

/// Whether the address belongs to a member of the account, one that is disabled included.
pub(crate) async fn is_member(
    db: &mut PgConnection,
    account: AccountId,
    email: &Email,
) -> Result<bool, Error> {
    Ok(store::is_member(db, account, email).await?)
}

/// The member who signs in with this address.
pub(crate) async fn find_by_email(
    db: &mut PgConnection,
    email: &Email,
) -> Result<Option<Member>, Error> {
    Ok(store::find_login(db, email)
        .await?
        .map(|login| login.member))
}

/// Sets the password of a member who may sign in, and ends all of the member's sign-ins. False: there is none.
pub(crate) async fn replace_password(
    tx: &mut PgConnection,
    id: MemberId,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if store::find_password_hash(tx, id).await?.is_none() {
        return Ok(false);
    }
    store::update_password(tx, id, None, hash, now).await?;
    sign_ins::actions::end_all_of(tx, id, None).await?;
    Ok(true)
}

/// Changes one's own account password and ends one's other sign-ins (R068). `keep` is the sign-in that asks.
pub async fn change_password(
    backend: &Backend,
    actor: &Actor,
    change: PasswordChange,
    keep: Option<&sign_ins::actions::SignInKey>,
) -> Result<(), Error> {
    let Caller::Member { id, .. } = actor.caller else {
        return Err(Error::Forbidden);
    };
    let member = find(backend, id).await?.ok_or(Error::Unauthenticated)?;
    let mut problems = Vec::new();
    let words = [
        member.name.as_str(),
        member.email.as_str(),
        member.account_name.as_str(),
    ];
    let new = match check_new_password("new_password", &change.new, &words) {
        Ok(new) => Some(new),
        Err(Error::Invalid(found)) => {
            problems.extend(found);
            None
        }
        Err(error) => return Err(error),
    };
    let current = PasswordText::new(change.current.reveal());
    if new.as_ref().map(NewPassword::text) == current.as_ref() && new.is_some() {
        problems.push(Problem {
            field: "new_password".to_owned(),
            message: "This is the password that you have. Choose a new one.".to_owned(),
        });
    }
    problems.extend(check_confirmation(&change.new, &change.confirmation));
    let judged = confirm_password(
        backend,
        actor,
        "current_password",
        &change.current,
        &mut problems,
    )
    .await?;
    let (Some(new), Some(judged), true) = (new, judged, problems.is_empty()) else {
        return Err(Error::Invalid(problems));
    };
    let hash = backend.hashing.hash(new.text()).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    if !store::update_password(&mut tx, id, Some(&judged), &hash, now).await? {
        return Err(Error::Conflict(
            "the account password was changed elsewhere at this moment".to_owned(),
        ));
    }
    sign_ins::actions::end_all_of(&mut tx, id, keep).await?;
    password_resets::actions::void(&mut tx, id).await?;
    audit::record(&mut tx, actor, Event::AccountPasswordChanged, now).await?;
    let letter = letters::password_changed(&member, actor.address, now);
    mail::outbox::put(backend, &mut tx, &member.email, &letter).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(())
}

/// Sets a member's account password and ends all sign-ins. For the operator's command line.
pub async fn reset_password(backend: &Backend, email: &str, new: &Secret) -> Result<Member, Error> {
    let email = Email::parse(email)?;
    let login = store::find_login(&mut *backend.db.acquire().await?, &email)
        .await?
        .ok_or(Error::NotFound("member"))?;
    let member = login.member;
    let words = [
        member.name.as_str(),
        member.email.as_str(),
        member.account_name.as_str(),
    ];
    let new = check_new_password("password", new, &words)?;
    let hash = backend.hashing.hash(new.text()).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    replace_password(&mut tx, member.id, &hash, now).await?;
    password_resets::actions::void(&mut tx, member.id).await?;
    let who = Who {
        account: Some(member.account),
        member: Some(member.id),
        api_secret: None,
        service_account: None,
        address: None,
    };
    audit::record(&mut tx, who, Event::AccountPasswordReset, now).await?;
    tx.commit().await?;
    Ok(member)
}

/// Judges e-mail and account password. Wrong, unknown and disabled are one answer, in the same time (R025, R026).
pub(crate) async fn authenticate(
    backend: &Backend,
    address: IpAddr,
    email: &str,
    password: &Secret,
) -> Result<Option<Member>, Error> {
    let (Ok(email), Some(password)) = (Email::parse(email), PasswordText::new(password.reveal()))
    else {
        return Ok(None);
    };
    let login = store::find_login(&mut *backend.db.acquire().await?, &email).await?;
    let guess = backend
        .guard
        .admit(Purpose::AccountPassword, email.as_str(), address)?;
    let hash = login.as_ref().map(|login| login.password_hash.as_str());
    match backend.hashing.verify(&password, hash).await {
        Ok(false) => {
            // Not what was typed: people type passwords into this field too (R047). An unknown address gets its row
            // as well, or the time would tell it from a known one (R026).
            let member = login.as_ref().map(|login| &login.member);
            let who = Who {
                account: member.map(|member| member.account),
                member: member.map(|member| member.id),
                api_secret: None,
                service_account: None,
                address: Some(address),
            };
            let mut db = backend.db.acquire().await?;
            audit::record(&mut db, who, Event::SignInRefused, backend.clock.now()).await?;
            Ok(None)
        }
        Ok(true) => {
            guess.right();
            let Some(login) = login else { return Ok(None) };
            renew_hash(backend, login.member.id, &login.password_hash, &password).await?;
            Ok(Some(login.member))
        }
        Err(error) => {
            guess.void();
            Err(error)
        }
    }
}

/// Asks for the actor's account password again. The hash that was judged, or a problem beside `field`; either way
/// it counts in the limiter of signing in (R019).
pub(crate) async fn confirm_password(
    backend: &Backend,
    actor: &Actor,
    field: &str,
    typed: &Secret,
    problems: &mut Vec<Problem>,
) -> Result<Option<String>, Error> {
    let (Caller::Member { id, .. }, Some(address)) = (actor.caller, actor.address) else {
        return Err(Error::Forbidden);
    };
    let mut problem = |message: &str| {
        problems.push(Problem {
            field: field.to_owned(),
            message: message.to_owned(),
        });
    };
    if typed.reveal().is_empty() {
        problem("Enter your account password.");
        return Ok(None);
    }
    let Some(password) = PasswordText::new(typed.reveal()) else {
        problem(WRONG_PASSWORD);
        return Ok(None);
    };
    let mut db = backend.db.acquire().await?;
    let member = store::find(&mut db, id)
        .await?
        .ok_or(Error::Unauthenticated)?;
    let hash = store::find_password_hash(&mut db, id)
        .await?
        .ok_or(Error::Unauthenticated)?;
    drop(db);
    let guess = backend
        .guard
        .admit(Purpose::AccountPassword, &member.email, address)?;
    match backend.hashing.verify(&password, Some(&hash)).await {
        Ok(true) => {
            guess.right();
            Ok(Some(hash))
        }
        Ok(false) => {
            problem(WRONG_PASSWORD);
            Ok(None)
        }
        Err(error) => {
            guess.void();
            Err(error)
        }
    }
}

/// An account password that may be set: long enough and not easy to guess.
pub(crate) fn check_new_password(
    field: &str,
    typed: &Secret,
    words: &[&str],
) -> Result<NewPassword, Error> {
    let new = NewPassword::parse(typed.reveal(), NewPassword::ACCOUNT_MIN)
        .map_err(|message| Error::invalid(field, message))?;
    let strength = strength::of(new.text().reveal(), words);
    if strength.is_accepted {
        Ok(new)
    } else {
        Err(Error::invalid(field, strength.advice))
    }
}

/// The problem of a confirmation that differs (R020).
pub(crate) fn check_confirmation(new: &Secret, confirmation: &Secret) -> Option<Problem> {
    let text = |secret: &Secret| PasswordText::new(secret.reveal());
    (text(new) != text(confirmation)).then(|| Problem {
        field: "confirmation".to_owned(),
        message: "The two passwords differ. Type the new one again.".to_owned(),
    })
}

async fn renew_hash(
    backend: &Backend,
    id: MemberId,
    old: &str,
    password: &PasswordText,
) -> Result<(), Error> {
    if hashing::is_outdated(old) {
        let new = backend.hashing.hash(password).await?;
        store::update_hash(&mut *backend.db.acquire().await?, id, old, &new).await?;
    }
    Ok(())
}

/// What makes a member, checked.
pub(crate) struct NewMember {
    pub(crate) account: AccountId,
    pub(crate) account_name: String,
    pub(crate) name: String,
    pub(crate) email: Email,
    pub(crate) role: Role,
    pub(crate) password_hash: String,
}

pub(crate) async fn insert(
    backend: &Backend,
    tx: &mut PgConnection,
    new: NewMember,
) -> Result<Member, Error> {
    let now = backend.clock.now();
    let member = Member {
        id: MemberId::new(now),
        account: new.account,
        account_name: new.account_name,
        name: new.name,
        email: new.email.as_str().to_owned(),
        role: new.role,
    };
    store::insert(tx, &member, &new.password_hash, now)
        .await
        .on_constraint("members_email_key", || {
            Error::invalid(
                "email",
                "Somebody signs in with this address already. Use another one.",
            )
        })?;
    Ok(member)
}
