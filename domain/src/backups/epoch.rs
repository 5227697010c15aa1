//! A restored database begins a new epoch: what was ended after the backup must not live again (R191).
//!
//! A database of last week knows last week's sign-ins and one-time secrets as good. Since nobody can tell which of
//! them were ended or used meanwhile, none of them survives. What people chose themselves (passwords, credentials)
//! stays as the backup has it, and is named, so that nobody overlooks it.

use chrono::{DateTime, Utc};

use super::store;
use crate::audit::{self, Event, Who};
use crate::{Backend, Error};

/// What the new epoch ended, and what somebody should look at.
#[derive(Debug, Default)]
pub struct Epoch {
    pub sign_ins: u64,
    pub one_time_secrets: u64,
    /// Access passwords that had been replaced and were still accepted for a while.
    pub old_passwords: u64,
    /// Accounts whose preset password opens files in this database, though it may have been replaced since.
    pub presets: Vec<(String, DateTime<Utc>)>,
    /// API secrets that programs are admitted with in this database, though they may have been revoked since.
    pub api_secrets: Vec<ApiSecretInForce>,
    /// Service accounts whose tokens open files in this database, though they may have been revoked since: account and
    /// name.
    pub service_accounts: Vec<(String, String)>,
}

/// An API secret, as an operator finds it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSecretInForce {
    pub account: String,
    pub project: String,
    pub name: String,
    /// Its last characters.
    pub hint: String,
}

/// Ends every sign-in, every grace of an old access password or key of a service account, and voids every one-time secret. What was under way (letters,
/// webhooks, uploads) is not taken up. Doing it twice does no harm.
pub async fn begin_epoch(backend: &Backend) -> Result<Epoch, Error> {
    let mut tx = backend.db.begin().await?;
    let sign_ins = store::delete_sign_ins(&mut tx).await?;
    let one_time_secrets = store::delete_set_up_codes(&mut tx).await?
        + store::delete_half_done(&mut tx).await?
        + store::delete_recovery_codes(&mut tx).await?
        + store::delete_invitations(&mut tx).await?
        + store::delete_password_resets(&mut tx).await?;
    store::empty_outbox(&mut tx).await?;
    store::settle_webhooks(&mut tx).await?;
    // Their bytes are in no backup.
    store::delete_uploads(&mut tx).await?;
    let old_passwords = store::end_old_passwords(&mut tx).await?;
    let now = backend.clock.now();
    store::end_old_keys(&mut tx, now).await?;
    for account in store::accounts(&mut tx).await? {
        let who = Who {
            account: Some(account),
            member: None,
            api_secret: None,
            service_account: None,
            address: None,
        };
        audit::record(&mut tx, who, Event::BackupRestored, now).await?;
    }
    let presets = store::presets(&mut tx).await?;
    let api_secrets = store::api_secrets(&mut tx).await?;
    let service_accounts = store::service_accounts(&mut tx).await?;
    tx.commit().await?;
    Ok(Epoch {
        sign_ins,
        one_time_secrets,
        old_passwords,
        presets,
        api_secrets,
        service_accounts,
    })
}
