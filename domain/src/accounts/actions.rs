//! What can be done with accounts, and the first set-up.

use std::net::IpAddr;

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{Account, AccountId, Challenge, NewAccount, store};
use crate::audit::{self, Event, Who};
use crate::guard::Purpose;
use crate::members::{Email, Member};
use crate::{Actor, Backend, Error, NewPassword, Permission, Role, Secret, credentials, members};

/// How long a set-up code is good.
pub const SET_UP_CODE_LIFE: TimeDelta = TimeDelta::minutes(60);

/// Makes an account, its owner and its preset access credential. For the operator's command line.
pub async fn create(backend: &Backend, new: NewAccount) -> Result<Member, Error> {
    let checked = CheckedAccount::check(backend, new).await?;
    let mut tx = backend.db.begin().await?;
    let owner = insert(backend, &mut tx, checked).await?;
    tx.commit().await?;
    Ok(owner)
}

/// The actor's own account.
pub async fn get(backend: &Backend, actor: &Actor) -> Result<Account, Error> {
    let mut db = backend.db.acquire().await?;
    store::find(&mut db, actor.account)
        .await?
        .ok_or(Error::NotFound("account"))
}

/// All accounts of the installation, by name. For the operator's command line.
pub async fn list(backend: &Backend) -> Result<Vec<Account>, Error> {
    let mut db = backend.db.acquire().await?;
    Ok(store::list(&mut db).await?)
}

/// The account of this id or name. For the operator's command line.
pub async fn find(backend: &Backend, id_or_name: &str) -> Result<Account, Error> {
    let mut found: Vec<Account> = list(backend)
        .await?
        .into_iter()
        .filter(|account| account.name == id_or_name || account.id.to_string() == id_or_name)
        .collect();
    match (found.pop(), found.len()) {
        (None, _) => Err(Error::NotFound("account")),
        (Some(account), 0) => Ok(account),
        (Some(_), _) => Err(Error::Conflict(format!(
            "several accounts are named {id_or_name:?}: give the id instead"
        ))),
    }
}

/// How the gate answers callers of this account without a valid proof. An unknown account answers as a new
/// one would, so that the answer tells nothing.
pub async fn challenge_of(backend: &Backend, account: AccountId) -> Result<Challenge, Error> {
    let asked = async {
        let mut db = backend.db.acquire().await?;
        Ok::<_, Error>(store::challenge(&mut db, account).await?)
    };
    let found = backend.recent.challenges.get(&account, asked).await?;
    Ok(found.unwrap_or_default())
}

/// Chooses how the gate answers callers without a valid proof.
pub async fn set_challenge(
    backend: &Backend,
    actor: &Actor,
    challenge: Challenge,
) -> Result<(), Error> {
    actor.may(Permission::SetChallenge)?;
    let mut tx = backend.db.begin().await?;
    store::update_challenge(&mut tx, actor.account, challenge).await?;
    audit::record(&mut tx, actor, Event::ChallengeChanged, backend.clock.now()).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Makes another account the parent, or none: its service accounts act in this one from then on. For the operator's
/// command line, since it concerns two accounts that need not know each other.
pub async fn set_parent(
    backend: &Backend,
    account: AccountId,
    parent: Option<AccountId>,
) -> Result<(), Error> {
    let mut tx = backend.db.begin().await?;
    store::lock_parents(&mut tx).await?;
    if let Some(parent) = parent {
        let found = store::find(&mut tx, parent)
            .await?
            .ok_or(Error::NotFound("account"))?;
        // One level, so there is never a circle.
        if parent == account || found.parent.is_some() {
            return Err(Error::Conflict(
                "The parent must be another account, and have no parent of its own.".to_owned(),
            ));
        }
        if store::has_children(&mut tx, account).await? {
            return Err(Error::Conflict(
                "The account is a parent itself, so it can have none.".to_owned(),
            ));
        }
    }
    store::set_parent(&mut tx, account, parent).await?;
    let who = Who {
        account: Some(account),
        member: None,
        api_secret: None,
        service_account: None,
        address: None,
    };
    audit::record(&mut tx, who, Event::ParentChanged, backend.clock.now()).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Whether the installation has an account.
pub async fn is_set_up(backend: &Backend) -> Result<bool, Error> {
    let mut db = backend.db.acquire().await?;
    Ok(store::exist(&mut db).await?)
}

/// A fresh one-time code for the first set-up, good for an hour; None once there is an account. It replaces an
/// earlier one.
pub async fn new_set_up_code(backend: &Backend) -> Result<Option<Secret>, Error> {
    let mut tx = backend.db.begin().await?;
    store::lock_set_up(&mut tx).await?;
    if store::exist(&mut tx).await? {
        return Ok(None);
    }
    let code = crate::hashing::random_text(32);
    store::replace_set_up_code(
        &mut tx,
        &hash_code(code.reveal()),
        backend.clock.now() + SET_UP_CODE_LIFE,
    )
    .await?;
    tx.commit().await?;
    Ok(Some(code))
}

/// Whether the set-up page may be shown for this code.
pub async fn is_set_up_code(backend: &Backend, address: IpAddr, code: &str) -> Result<bool, Error> {
    let guess = backend.guard.admit(Purpose::SetUpCode, "", address)?;
    let mut db = backend.db.acquire().await?;
    let is_good = store::has_set_up_code(&mut db, &hash_code(code), backend.clock.now()).await?;
    if is_good {
        guess.right();
    }
    Ok(is_good)
}

/// The first account, by whoever holds the one-time code. `NotFound` if the code is used, old or wrong.
pub async fn set_up(
    backend: &Backend,
    address: IpAddr,
    code: &str,
    new: NewAccount,
) -> Result<Member, Error> {
    // Asked first, so that a stranger without the code learns nothing and costs no hash; taken below.
    if !is_set_up_code(backend, address, code).await? {
        return Err(Error::NotFound("set-up code"));
    }
    let checked = CheckedAccount::check(backend, new).await?;
    let mut tx = backend.db.begin().await?;
    store::lock_set_up(&mut tx).await?;
    let is_first = !store::exist(&mut tx).await?;
    if !is_first || !store::take_set_up_code(&mut tx, &hash_code(code), backend.clock.now()).await?
    {
        return Err(Error::NotFound("set-up code"));
    }
    let owner = insert(backend, &mut tx, checked).await?;
    tx.commit().await?;
    Ok(owner)
}

/// A new account whose every field was found good.
struct CheckedAccount {
    account_name: String,
    owner_name: String,
    email: Email,
    password_hash: String,
}

impl CheckedAccount {
    async fn check(backend: &Backend, new: NewAccount) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let mut keep = |result: Result<String, Error>| match result {
            Ok(text) => text,
            Err(Error::Invalid(found)) => {
                problems.extend(found);
                String::new()
            }
            Err(_) => String::new(),
        };
        let account_name = keep(name_of("account_name", &new.account_name));
        let owner_name = keep(name_of("owner_name", &new.owner_name));
        let email = keep(Email::parse(&new.email).map(|email| email.as_str().to_owned()));
        let words = [account_name.as_str(), owner_name.as_str(), email.as_str()];
        let password = members::actions::check_new_password("password", &new.password, &words);
        let password = match password {
            Ok(password) if problems.is_empty() => password,
            Ok(_) => return Err(Error::Invalid(problems)),
            Err(Error::Invalid(found)) => {
                problems.extend(found);
                return Err(Error::Invalid(problems));
            }
            Err(error) => return Err(error),
        };
        let password_hash = backend.hashing.hash(NewPassword::text(&password)).await?;
        Ok(Self {
            account_name,
            owner_name,
            email: Email::parse(&email)?,
            password_hash,
        })
    }
}

/// A name as people write it: trimmed, not empty, printable.
pub(crate) fn name_of(field: &str, typed: &str) -> Result<String, Error> {
    let name = typed.trim();
    if name.is_empty() {
        return Err(Error::invalid(field, "Enter a name."));
    }
    if name.chars().count() > 100 {
        return Err(Error::invalid(field, "Use at most 100 characters."));
    }
    if name.chars().any(is_deceptive) {
        return Err(Error::invalid(
            field,
            "Leave out control and invisible characters.",
        ));
    }
    Ok(name.to_owned())
}

/// Control characters, and those that turn or hide the text beside them (R080).
pub(crate) const fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

async fn insert(
    backend: &Backend,
    tx: &mut PgConnection,
    new: CheckedAccount,
) -> Result<Member, Error> {
    let now = backend.clock.now();
    let account = AccountId::new(now);
    store::insert(tx, account, &new.account_name, now).await?;
    let owner = members::actions::insert(
        backend,
        tx,
        members::actions::NewMember {
            account,
            account_name: new.account_name,
            name: new.owner_name,
            email: new.email,
            role: Role::Owner,
            password_hash: new.password_hash,
        },
    )
    .await?;
    credentials::actions::insert_preset(backend, tx, account).await?;
    audit::record(
        tx,
        Who {
            account: Some(account),
            member: Some(owner.id),
            api_secret: None,
            service_account: None,
            address: None,
        },
        Event::AccountCreated,
        now,
    )
    .await?;
    Ok(owner)
}

fn hash_code(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}
