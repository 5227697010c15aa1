//! What can be done with invitations.

use chrono::TimeDelta;

use super::{Acceptance, Invitation, InvitationId, PATH, Welcome, store};
use crate::audit::{self, Event, Who};
use crate::background::News;
use crate::mail::{self, Letter, letters};
use crate::members::actions::{NewMember, check_confirmation, check_new_password};
use crate::members::{Email, Member, roster};
use crate::{
    Actor, Backend, Error, LinkToken, NewPassword, Permission, Problem, Role, Secret, accounts,
    members,
};

/// How long a link is good.
pub const LIFE: TimeDelta = TimeDelta::days(7);

/// The account's invitations that nobody has accepted yet, expired ones included.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<Invitation>, Error> {
    actor.may(Permission::ManageMembers)?;
    let mut db = backend.db.acquire().await?;
    Ok(store::list(&mut db, actor.account).await?)
}

/// Invites an address under a role. The link is handed back once, and mailed where mail is set up.
pub async fn invite(
    backend: &Backend,
    actor: &Actor,
    email: &str,
    role: Role,
) -> Result<Secret, Error> {
    actor.may(Permission::ManageMembers)?;
    roster::may_govern(actor, role)?;
    let email = Email::parse(email)?;
    let inviter = Inviter::of(backend, actor).await?;
    let mut tx = backend.db.begin().await?;
    if members::actions::is_member(&mut tx, actor.account, &email).await? {
        return Err(Error::invalid(
            "email",
            "This address belongs to a member of the account already.",
        ));
    }
    let token = LinkToken::random();
    let now = backend.clock.now();
    let new = store::NewInvitation {
        id: InvitationId::new(now),
        account: actor.account,
        email: email.as_str(),
        role,
        token_hash: &token.hash(),
        invited_by: actor.member(),
        now,
        expires_at: now + LIFE,
    };
    if !store::insert(&mut tx, &new).await? {
        return Err(Error::invalid(
            "email",
            "This address is invited already. Send that invitation again, or withdraw it first.",
        ));
    }
    let link = token.link(backend, PATH);
    let letter = inviter.letter(role, &link);
    mail::outbox::put(backend, &mut tx, email.as_str(), &letter).await?;
    audit::record_on(&mut tx, actor, Event::MemberInvited, *new.id.as_uuid(), now).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(link)
}

/// Makes a new link for an invitation; the earlier one is worth nothing from then on.
pub async fn resend(backend: &Backend, actor: &Actor, id: InvitationId) -> Result<Secret, Error> {
    actor.may(Permission::ManageMembers)?;
    let inviter = Inviter::of(backend, actor).await?;
    let mut tx = backend.db.begin().await?;
    let (email, role) = store::lock(&mut tx, actor.account, id)
        .await?
        .ok_or(Error::NotFound("invitation"))?;
    roster::may_govern(actor, role)?;
    let token = LinkToken::random();
    let now = backend.clock.now();
    store::update_token(&mut tx, id, &token.hash(), now, now + LIFE).await?;
    let link = token.link(backend, PATH);
    let letter = inviter.letter(role, &link);
    mail::outbox::put(backend, &mut tx, &email, &letter).await?;
    audit::record_on(&mut tx, actor, Event::InvitationResent, *id.as_uuid(), now).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(link)
}

/// Takes an invitation back: its link is worth nothing from then on.
pub async fn withdraw(backend: &Backend, actor: &Actor, id: InvitationId) -> Result<(), Error> {
    actor.may(Permission::ManageMembers)?;
    let mut tx = backend.db.begin().await?;
    let (_, role) = store::lock(&mut tx, actor.account, id)
        .await?
        .ok_or(Error::NotFound("invitation"))?;
    roster::may_govern(actor, role)?;
    store::delete(&mut tx, id).await?;
    let now = backend.clock.now();
    audit::record_on(
        &mut tx,
        actor,
        Event::InvitationWithdrawn,
        *id.as_uuid(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// What the link's holder is invited to. `NotFound`: used, expired, withdrawn, or never made.
pub async fn look(backend: &Backend, token: &LinkToken) -> Result<Welcome, Error> {
    let mut db = backend.db.acquire().await?;
    store::find_welcome(&mut db, &token.hash(), backend.clock.now())
        .await?
        .ok_or(Error::NotFound("invitation"))
}

/// Makes the link's holder a member, who can sign in from then on. Signs nobody in or out.
pub async fn accept(
    backend: &Backend,
    token: &LinkToken,
    typed: Acceptance,
) -> Result<Member, Error> {
    // Asked first, so that who holds no link learns nothing and costs no hash; taken below.
    let welcome = look(backend, token).await?;
    let (name, password) = check(&typed, &welcome)?;
    let password_hash = backend.hashing.hash(password.text()).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let (id, account, email, role) = store::take(&mut tx, &token.hash(), now)
        .await?
        .ok_or(Error::NotFound("invitation"))?;
    let new = NewMember {
        account,
        account_name: welcome.account_name,
        name,
        email: Email::parse(&email)?,
        role,
        password_hash,
    };
    let member = members::actions::insert(backend, &mut tx, new).await?;
    let who = Who {
        account: Some(account),
        member: Some(member.id),
        api_secret: None,
        service_account: None,
        address: None,
    };
    audit::record_on(&mut tx, who, Event::MemberJoined, *id.as_uuid(), now).await?;
    tx.commit().await?;
    Ok(member)
}

/// Every wrong field at once.
fn check(typed: &Acceptance, welcome: &Welcome) -> Result<(String, NewPassword), Error> {
    let mut problems: Vec<Problem> = Vec::new();
    let name = accounts::actions::name_of("name", &typed.name);
    let words = [
        typed.name.as_str(),
        welcome.email.as_str(),
        welcome.account_name.as_str(),
    ];
    let password = check_new_password("password", &typed.password, &words);
    for found in [name.as_ref().err(), password.as_ref().err()] {
        if let Some(Error::Invalid(found)) = found {
            problems.extend_from_slice(found);
        }
    }
    problems.extend(check_confirmation(&typed.password, &typed.confirmation));
    if problems.is_empty() {
        Ok((name?, password?))
    } else {
        Err(Error::Invalid(problems))
    }
}

/// Who invites, for the letter.
struct Inviter {
    account_name: String,
    name: Option<String>,
}

impl Inviter {
    async fn of(backend: &Backend, actor: &Actor) -> Result<Self, Error> {
        let member = match actor.member() {
            Some(id) => members::actions::find(backend, id).await?,
            None => None,
        };
        Ok(Self {
            account_name: accounts::actions::get(backend, actor).await?.name,
            name: member.map(|member| member.name),
        })
    }

    fn letter(&self, role: Role, link: &Secret) -> Letter {
        letters::invitation(&self.account_name, self.name.as_deref(), role, link)
    }
}
