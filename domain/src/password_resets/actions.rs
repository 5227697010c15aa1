//! What can be done with password resets.

use std::net::IpAddr;

use chrono::TimeDelta;
use sqlx::PgConnection;

use super::{NewChoice, PATH, store};
use crate::audit::{self, Event, Who};
use crate::background::{More, News};
use crate::guard::Purpose;
use crate::mail::{self, letters};
use crate::members::actions::{check_confirmation, check_new_password};
use crate::members::{Email, Member, MemberId, roster};
use crate::{Actor, Backend, Error, LinkToken, Permission, Secret, id, members};

/// How long a link is good.
pub const LIFE: TimeDelta = TimeDelta::hours(1);

/// Somebody who signs in with this address forgot the password, or says so. The answer tells nothing of whether
/// there is such a member; the mail follows (R027). Limited for each address and each caller (R032).
pub async fn request(backend: &Backend, address: IpAddr, email: &str) -> Result<(), Error> {
    let email = Email::parse(email)?;
    if !backend.post.is_set_up() {
        return Err(Error::Conflict(
            "This installation sends no mail. Ask an owner or admin of your account for a link."
                .to_owned(),
        ));
    }
    // Dropped without being right: each request costs its tokens.
    let _ = backend
        .guard
        .admit(Purpose::PasswordResetMail, email.as_str(), address)?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let (id, address) = (id::version_7(now), address.to_string());
    store::insert_request(&mut db, id, email.as_str(), &address, now).await?;
    backend.nudge(News::ResetRequests);
    Ok(())
}

/// Answers one request: looks the member up and puts the mail into the outbox. Background work.
pub async fn answer_request(backend: &Backend) -> Result<More, Error> {
    let mut tx = backend.db.begin().await?;
    let Some((email, address)) = store::take_request(&mut tx).await? else {
        return Ok(More::Later);
    };
    let member = members::actions::find_by_email(&mut tx, &Email::parse(&email)?).await?;
    if let Some(member) = member {
        let link = renew(backend, &mut tx, member.id).await?;
        let letter = letters::forgotten_password(&member, &link);
        mail::outbox::put(backend, &mut tx, &member.email, &letter).await?;
        let who = Who {
            account: Some(member.account),
            member: Some(member.id),
            api_secret: None,
            service_account: None,
            address: address.parse().ok(),
        };
        let now = backend.clock.now();
        audit::record(&mut tx, who, Event::AccountPasswordResetAsked, now).await?;
    }
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(More::Now)
}

/// Starts a reset for a member of the account. Where mail is set up the link is mailed to the member and handed to
/// nobody else (R034); without mail it is handed back, for the member to be given.
pub async fn start(
    backend: &Backend,
    actor: &Actor,
    id: MemberId,
) -> Result<Option<Secret>, Error> {
    actor.may(Permission::ManageMembers)?;
    let mut tx = backend.db.begin().await?;
    let listed = roster::lock(&mut tx, actor, id).await?;
    if listed.is_disabled {
        return Err(Error::Conflict(
            "This member is disabled. Enable the member first.".to_owned(),
        ));
    }
    let link = renew(backend, &mut tx, id).await?;
    let letter = letters::started_reset(&listed.name, &link);
    mail::outbox::put(backend, &mut tx, &listed.email, &letter).await?;
    let now = backend.clock.now();
    audit::record_on(
        &mut tx,
        actor,
        Event::AccountPasswordResetStarted,
        *id.as_uuid(),
        now,
    )
    .await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok((!backend.post.is_set_up()).then_some(link))
}

/// A link for whoever signs in with this address. For the operator's command line.
pub async fn make_link(backend: &Backend, email: &str) -> Result<(Member, Secret), Error> {
    let mut tx = backend.db.begin().await?;
    let member = members::actions::find_by_email(&mut tx, &Email::parse(email)?)
        .await?
        .ok_or(Error::NotFound("member"))?;
    let link = renew(backend, &mut tx, member.id).await?;
    let operator = Who {
        account: Some(member.account),
        member: None,
        api_secret: None,
        service_account: None,
        address: None,
    };
    let (now, subject) = (backend.clock.now(), *member.id.as_uuid());
    audit::record_on(
        &mut tx,
        operator,
        Event::AccountPasswordResetStarted,
        subject,
        now,
    )
    .await?;
    tx.commit().await?;
    Ok((member, link))
}

/// Whose password the link sets. `NotFound`: used, expired, replaced, or never made.
pub async fn look(backend: &Backend, token: &LinkToken) -> Result<Member, Error> {
    let found = store::find(
        &mut *backend.db.acquire().await?,
        &token.hash(),
        backend.clock.now(),
    )
    .await?;
    match found {
        Some(id) => members::actions::find(backend, id).await?,
        None => None,
    }
    .ok_or(Error::NotFound("reset link"))
}

/// Sets the new password and ends all of the member's sign-ins; signs nobody in (R031).
pub async fn complete(
    backend: &Backend,
    address: IpAddr,
    token: &LinkToken,
    typed: NewChoice,
) -> Result<(), Error> {
    // Asked first, so that who holds no link costs no hash; taken below.
    let member = look(backend, token).await?;
    let words = [
        member.name.as_str(),
        member.email.as_str(),
        member.account_name.as_str(),
    ];
    let mut problems = Vec::new();
    let new = match check_new_password("new_password", &typed.password, &words) {
        Ok(new) => Some(new),
        Err(Error::Invalid(found)) => {
            problems.extend(found);
            None
        }
        Err(error) => return Err(error),
    };
    problems.extend(check_confirmation(&typed.password, &typed.confirmation));
    let (Some(new), true) = (new, problems.is_empty()) else {
        return Err(Error::Invalid(problems));
    };
    let hash = backend.hashing.hash(new.text()).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let taken = store::take(&mut tx, &token.hash(), now).await?;
    let id = taken.ok_or(Error::NotFound("reset link"))?;
    if !members::actions::replace_password(&mut tx, id, &hash, now).await? {
        return Err(Error::NotFound("reset link"));
    }
    let who = Who {
        account: Some(member.account),
        member: Some(id),
        api_secret: None,
        service_account: None,
        address: Some(address),
    };
    audit::record(&mut tx, who, Event::AccountPasswordReset, now).await?;
    let letter = letters::password_changed(&member, Some(address), now);
    mail::outbox::put(backend, &mut tx, &member.email, &letter).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(())
}

/// Makes the member's link worth nothing.
pub(crate) async fn void(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    Ok(store::delete_of(tx, member).await?)
}

/// A new link; the earlier one is worth nothing from then on.
async fn renew(
    backend: &Backend,
    tx: &mut PgConnection,
    member: MemberId,
) -> Result<Secret, Error> {
    let token = LinkToken::random();
    let now = backend.clock.now();
    store::replace(tx, member, &token.hash(), now, now + LIFE).await?;
    Ok(token.link(backend, PATH))
}
