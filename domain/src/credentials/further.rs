//! What can be done with the further credentials of an account, one for each integration.

use chrono::{DateTime, Utc};

use super::store::further as rows;
use super::{
    CredentialId, FurtherCredential, FurtherDraft, Grace, LastUse, Made, Network, actions, callers,
    store,
};
use crate::accounts::actions::is_deceptive;
use crate::audit::{self, Event, Subject};
use crate::error::OnConstraint;
use crate::members::actions::{WRONG_PASSWORD, confirm_password};
use crate::{Actor, Backend, Error, PasswordText, Permission, Problem, Secret, hashing};

/// Further credentials of one account at most.
pub const MAX: i64 = 100;
/// Characters of a name at most.
pub const NAME_MAX: usize = 60;

/// All of them that are not revoked, by name.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<FurtherCredential>, Error> {
    actor.may(Permission::ManageCredentials)?;
    // What this process saw a moment ago counts as a last use already.
    callers::write_down(backend).await?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let found = rows::list(&mut db, actor.account, None, now).await?;
    Ok(found.into_iter().map(noun_of).collect())
}

/// One of them.
pub async fn get(
    backend: &Backend,
    actor: &Actor,
    id: CredentialId,
) -> Result<FurtherCredential, Error> {
    actor.may(Permission::ManageCredentials)?;
    callers::write_down(backend).await?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let mut found = rows::list(&mut db, actor.account, Some(id), now).await?;
    found
        .pop()
        .map(noun_of)
        .ok_or(Error::NotFound("credential"))
}

/// Makes one. Its password exists in the answer alone; afterwards there is only the hash.
pub async fn add(backend: &Backend, actor: &Actor, draft: FurtherDraft) -> Result<Made, Error> {
    actor.may(Permission::ManageCredentials)?;
    let checked = check(backend, actor, &draft, None).await?;
    let now = backend.clock.now();
    let id = CredentialId::new(now);
    let (username, password, hash) = generate(backend).await?;
    let mut tx = backend.db.begin().await?;
    if rows::count(&mut tx, actor.account).await? >= MAX {
        return Err(Error::Conflict(format!(
            "An account has at most {MAX} credentials. Revoke one that is no longer used."
        )));
    }
    let new = rows::NewFurther {
        id,
        account: actor.account,
        name: &checked.name,
        username: username.reveal(),
        password_hash: &hash,
        expires_at: draft.expires_at,
        networks: &checked.networks,
        by: actor.member(),
        now,
    };
    rows::insert(&mut tx, new)
        .await
        .on_constraint("credentials_account_id_name_key", name_taken)?;
    audit::record_on(
        &mut tx,
        actor,
        Event::CredentialAdded,
        Subject::Credential(id),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(Made {
        id,
        name: checked.name,
        username: username.reveal().to_owned(),
        password,
    })
}

/// Changes name, end and addresses. They hold for the next request.
pub async fn edit(
    backend: &Backend,
    actor: &Actor,
    id: CredentialId,
    draft: FurtherDraft,
) -> Result<(), Error> {
    actor.may(Permission::ManageCredentials)?;
    let before = get(backend, actor, id).await?;
    let checked = check(backend, actor, &draft, before.expires_at).await?;
    let mut tx = backend.db.begin().await?;
    let is_there = rows::update(
        &mut tx,
        actor.account,
        id,
        &checked.name,
        draft.expires_at,
        &checked.networks,
    )
    .await
    .on_constraint("credentials_account_id_name_key", name_taken)?;
    if !is_there {
        return Err(Error::NotFound("credential"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::CredentialEdited,
        Subject::Credential(id),
        backend.clock.now(),
    )
    .await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Gives it a new password; the old one is accepted as long as `grace` says.
pub async fn rotate(
    backend: &Backend,
    actor: &Actor,
    id: CredentialId,
    grace: Grace,
    account_password: &Secret,
) -> Result<Made, Error> {
    actor.may(Permission::ManageCredentials)?;
    let credential = get(backend, actor, id).await?;
    let mut problems = Vec::new();
    confirm(backend, actor, account_password, &mut problems).await?;
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    renew(backend, actor, credential, grace).await
}

/// The same for an application, which has no account password: that its secret may do this was confirmed by whoever
/// made it.
pub async fn rotate_unasked(
    backend: &Backend,
    actor: &Actor,
    id: CredentialId,
    grace: Grace,
) -> Result<Made, Error> {
    actor.may(Permission::ManageCredentials)?;
    // SECURITY: a person is asked for the account password, always.
    if actor.api_secret().is_none() {
        return Err(Error::Forbidden);
    }
    let credential = get(backend, actor, id).await?;
    renew(backend, actor, credential, grace).await
}

async fn renew(
    backend: &Backend,
    actor: &Actor,
    credential: FurtherCredential,
    grace: Grace,
) -> Result<Made, Error> {
    let id = credential.id;
    let (_, password, hash) = generate(backend).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let until = grace.until(now);
    if !store::update_password(&mut tx, id, &hash, until, actor.member(), now).await? {
        return Err(Error::NotFound("credential"));
    }
    store::callers::begin_anew(&mut tx, id).await?;
    audit::record_on(
        &mut tx,
        actor,
        Event::CredentialRotated,
        Subject::Credential(id),
        now,
    )
    .await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(Made {
        id,
        name: credential.name,
        username: credential.username,
        password,
    })
}

/// Ends it for good, on every process, from the next request on. Asks for no password: see the module.
pub async fn revoke(backend: &Backend, actor: &Actor, id: CredentialId) -> Result<(), Error> {
    actor.may(Permission::ManageCredentials)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    if !rows::revoke(&mut tx, actor.account, id, now).await? {
        return Err(Error::NotFound("credential"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::CredentialRevoked,
        Subject::Credential(id),
        now,
    )
    .await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

fn noun_of(row: rows::FurtherRow) -> FurtherCredential {
    let last_use =
        row.used_at
            .zip(row.used_from.zip(row.used_by))
            .map(|(at, (address, client))| LastUse {
                at,
                address,
                client,
            });
    FurtherCredential {
        id: row.id,
        name: row.name,
        username: row.username,
        expires_at: row.expires_at,
        networks: row
            .networks
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        created_at: row.created_at,
        changed_at: row.changed_at,
        old_accepted_until: row.old_accepted_until,
        last_use,
    }
}

fn name_taken() -> Error {
    Error::invalid(
        "name",
        "Another credential of the account has this name. Use another one.",
    )
}

/// A user name, a password and its hash, made like the preset.
async fn generate(backend: &Backend) -> Result<(Secret, Secret, String), Error> {
    let password = hashing::random_text(actions::PRESET_LENGTH);
    let text = PasswordText::new(password.reveal())
        .ok_or_else(|| Error::internal("a generated password is never too long"))?;
    let hash = backend.hashing.hash(&text).await?;
    Ok((actions::new_username(), password, hash))
}

/// A draft without anything wrong in it.
struct Checked {
    name: String,
    networks: Vec<String>,
}

/// Every wrong field at once. An end that stands there already may lie in the past; a new one may not.
async fn check(
    backend: &Backend,
    actor: &Actor,
    draft: &FurtherDraft,
    expires_already: Option<DateTime<Utc>>,
) -> Result<Checked, Error> {
    let mut problems = Vec::new();
    let mut problem = |field: &str, message: String| {
        problems.push(Problem {
            field: field.to_owned(),
            message,
        });
    };
    let name = check_name(&draft.name).unwrap_or_else(|message| {
        problem("name", message);
        String::new()
    });
    let is_past = draft
        .expires_at
        .is_some_and(|end| end <= backend.clock.now());
    if is_past && draft.expires_at != expires_already {
        problem("expires_on", "Choose a day that is not over.".to_owned());
    }
    let networks = Network::parse_list(&draft.networks).unwrap_or_else(|message| {
        problem("networks", message);
        Vec::new()
    });
    confirm(backend, actor, &draft.account_password, &mut problems).await?;
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    Ok(Checked {
        name,
        networks: networks.iter().map(ToString::to_string).collect(),
    })
}

fn check_name(typed: &str) -> Result<String, String> {
    let name = typed.trim();
    if name.is_empty() {
        return Err("Enter a name, such as that of the program that will use it.".to_owned());
    }
    if name.chars().any(is_deceptive) {
        return Err("Use one line, without control and invisible characters.".to_owned());
    }
    let length = name.chars().count();
    if length > NAME_MAX {
        return Err(format!(
            "Use at most {NAME_MAX} characters; this has {length}."
        ));
    }
    Ok(name.to_owned())
}

/// Asks for the account password again, and audits a wrong one.
async fn confirm(
    backend: &Backend,
    actor: &Actor,
    typed: &Secret,
    problems: &mut Vec<Problem>,
) -> Result<(), Error> {
    confirm_password(backend, actor, "account_password", typed, problems).await?;
    if problems
        .iter()
        .any(|problem| problem.message == WRONG_PASSWORD)
    {
        let mut db = backend.db.acquire().await?;
        let now = backend.clock.now();
        audit::record(&mut db, actor, Event::CredentialChangeRefused, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R080.
    #[test]
    fn a_name_can_be_seen() {
        assert_eq!(
            check_name(" Nightly 🦊 مرحبا ").unwrap(),
            "Nightly 🦊 مرحبا"
        );
        for nothing in ["", "  ", "\u{200B}\u{202E}", "a\nb", "pay\u{202E}lap"] {
            assert!(check_name(nothing).is_err(), "{nothing:?}");
        }
    }
}
