//! What can be done with the access credential of an account.

use sqlx::PgConnection;

use super::{Credential, CredentialId, Reset, Strength, store, strength};
use crate::accounts::AccountId;
use crate::audit::{self, Event, Subject};
use crate::background::News;
use crate::mail::{self, Letter, letters};
use crate::members::actions::{check_confirmation, confirm_password};
use crate::{
    Actor, Backend, Error, NewPassword, PasswordText, Permission, Problem, Secret, accounts,
    hashing, members, projects,
};

const PRESET: &str = "preset access password";
/// 139 bits in the alphabet of `hashing::random_text` (R049).
pub(super) const PRESET_LENGTH: usize = 24;

/// What is known of the credential. Never a password.
pub async fn get(backend: &Backend, actor: &Actor) -> Result<Credential, Error> {
    actor.may(Permission::SeePreset)?;
    let mut db = backend.db.acquire().await?;
    store::find(&mut db, actor.account, backend.clock.now())
        .await?
        .ok_or(Error::NotFound("credential"))
}

/// The preset password, while it is unchanged; None for good after a reset. Each view is an audit event (R057).
pub async fn reveal_preset(backend: &Backend, actor: &Actor) -> Result<Option<Secret>, Error> {
    actor.may(Permission::SeePreset)?;
    let mut tx = backend.db.begin().await?;
    let Some((id, sealed)) = store::find_preset(&mut tx, actor.account).await? else {
        return Ok(None);
    };
    let preset = backend
        .master_key
        .unseal(PRESET, &id.to_string(), &sealed)
        .ok_or_else(|| {
            Error::internal("the sealed preset password does not open with this master key")
        })?;
    audit::record_on(
        &mut tx,
        actor,
        Event::PresetShown,
        Subject::Credential(id),
        backend.clock.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(Some(preset))
}

/// How hard a new access password would be to guess.
pub async fn judge(backend: &Backend, actor: &Actor, password: &str) -> Result<Strength, Error> {
    actor.may(Permission::ResetCredential)?;
    let words = telling_words(backend, actor).await?;
    let text = PasswordText::new(password)
        .ok_or_else(|| Error::invalid("new_password", "This is too long."))?;
    Ok(strength::of(
        text.reveal(),
        &words.iter().map(String::as_str).collect::<Vec<_>>(),
    ))
}

/// Sets the access password. The old one is refused from the moment this returns, on every node, or from the end of the
/// grace period; any older one in any case. The sealed preset is gone for good, whatever the grace. Every wrong field is told at once; then nothing was changed.
pub async fn reset(backend: &Backend, actor: &Actor, reset: Reset) -> Result<(), Error> {
    actor.may(Permission::ResetCredential)?;
    let mut problems = Vec::new();
    let new = check_new(backend, actor, &reset, &mut problems).await?;
    problems.extend(check_confirmation(&reset.new_password, &reset.confirmation));
    let judged = confirm_password(
        backend,
        actor,
        "account_password",
        &reset.account_password,
        &mut problems,
    )
    .await?;
    let now = backend.clock.now();
    let (Some(new), Some(_), true) = (new, judged, problems.is_empty()) else {
        if problems
            .iter()
            .any(|problem| problem.message == members::actions::WRONG_PASSWORD)
        {
            let mut db = backend.db.acquire().await?;
            audit::record(&mut db, actor, Event::CredentialResetRefused, now).await?;
        }
        return Err(Error::Invalid(problems));
    };
    let hash = backend.hashing.hash(new.text()).await?;
    let letter = news(backend, actor).await?;
    let mut tx = backend.db.begin().await?;
    let id = store::lock(&mut tx, actor.account)
        .await?
        .ok_or(Error::NotFound("credential"))?;
    let until = reset.grace.until(now);
    store::update_password(&mut tx, id, &hash, until, actor.member(), now).await?;
    store::callers::begin_anew(&mut tx, id).await?;
    audit::record_on(
        &mut tx,
        actor,
        Event::CredentialReset,
        Subject::Credential(id),
        now,
    )
    .await?;
    for email in members::actions::owner_emails(&mut tx, actor.account).await? {
        mail::outbox::put(backend, &mut tx, &email, &letter).await?;
    }
    tx.commit().await?;
    backend.nudge(News::Letters);
    backend.recent.settle().await;
    Ok(())
}

/// Ends the grace period of a credential, the main one or another: its old password is refused from the moment this
/// returns, on every node. Nothing happens if there is none any more.
pub async fn end_grace(backend: &Backend, actor: &Actor, id: CredentialId) -> Result<(), Error> {
    actor.may(Permission::ManageCredentials)?;
    let mut tx = backend.db.begin().await?;
    if store::delete_old_password(&mut tx, actor.account, id).await? {
        store::callers::begin_anew(&mut tx, id).await?;
        audit::record_on(
            &mut tx,
            actor,
            Event::OldPasswordEnded,
            Subject::Credential(id),
            backend.clock.now(),
        )
        .await?;
    }
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// What the account's owners are told (R024).
async fn news(backend: &Backend, actor: &Actor) -> Result<Letter, Error> {
    let account = accounts::actions::get(backend, actor).await?.name;
    let member = match actor.member() {
        Some(id) => members::actions::find(backend, id).await?,
        None => None,
    };
    let by = member.map_or_else(|| "The operator".to_owned(), |member| member.name);
    let now = backend.clock.now();
    Ok(letters::credential_reset(&account, &by, actor.address, now))
}

/// The rules of a new access password (R006 to R017), beside the field `new_password`.
async fn check_new(
    backend: &Backend,
    actor: &Actor,
    reset: &Reset,
    problems: &mut Vec<Problem>,
) -> Result<Option<NewPassword>, Error> {
    let mut refuse = |message: String| {
        problems.push(Problem {
            field: "new_password".to_owned(),
            message,
        });
        Ok(None)
    };
    let new = match NewPassword::parse(reset.new_password.reveal(), NewPassword::ACCESS_MIN) {
        Ok(new) => new,
        Err(message) => return refuse(message),
    };
    let text = new.text();
    if PasswordText::new(reset.account_password.reveal()).as_ref() == Some(text) {
        return refuse(
            "Use another password than the one of your account: this one is handed to programs."
                .to_owned(),
        );
    }
    let mut db = backend.db.acquire().await?;
    let credential = store::find(&mut db, actor.account, backend.clock.now())
        .await?
        .ok_or(Error::NotFound("credential"))?;
    let preset = store::find_preset(&mut db, actor.account).await?;
    drop(db);
    if credential.username == text.reveal() {
        return refuse("Use something else than the user name.".to_owned());
    }
    let preset =
        preset.and_then(|(id, sealed)| backend.master_key.unseal(PRESET, &id.to_string(), &sealed));
    if preset.is_some_and(|preset| preset.reveal() == text.reveal()) {
        return refuse("This is the preset password. Choose a new one.".to_owned());
    }
    let mut words = telling_words(backend, actor).await?;
    words.push(credential.username);
    let strength = strength::of(
        text.reveal(),
        &words.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    if strength.is_accepted {
        Ok(Some(new))
    } else {
        refuse(strength.advice)
    }
}

/// What an attacker who knows the account would try first.
async fn telling_words(backend: &Backend, actor: &Actor) -> Result<Vec<String>, Error> {
    let mut words = vec![accounts::actions::get(backend, actor).await?.name];
    words.extend(
        projects::actions::list(backend, actor)
            .await?
            .into_iter()
            .map(|project| project.name),
    );
    if let Some(member) = actor.member()
        && let Some(member) = members::actions::find(backend, member).await?
    {
        words.extend([member.name, member.email]);
    }
    Ok(words)
}

/// The credential that a new account begins with.
pub(crate) async fn insert_preset(
    backend: &Backend,
    tx: &mut PgConnection,
    account: AccountId,
) -> Result<(), Error> {
    let now = backend.clock.now();
    let id = CredentialId::new(now);
    let preset = hashing::random_text(PRESET_LENGTH);
    let text = PasswordText::new(preset.reveal())
        .ok_or_else(|| Error::internal("a preset is never too long"))?;
    let password_hash = backend.hashing.hash(&text).await?;
    let username = new_username();
    store::insert(
        tx,
        store::NewCredential {
            id,
            account,
            username: username.reveal(),
            password_hash: &password_hash,
            preset_sealed: &backend.master_key.seal(PRESET, &id.to_string(), &preset),
            now,
        },
    )
    .await?;
    Ok(())
}

/// A user name that says what it is for.
pub(super) fn new_username() -> Secret {
    Secret::new(format!("rec-{}", hashing::random_text(8).reveal()))
}
