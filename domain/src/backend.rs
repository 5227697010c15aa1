//! What every action is handed: the database, the clock, the vault, the master key, and the guards of passwords.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use chrono::TimeDelta;
use sqlx::PgPool;
use tokio::sync::futures::Notified;

use crate::access_log::AccessLog;
use crate::background::{News, Nudges};
use crate::credentials::callers::Noted;
use crate::credentials::verification::Remembered;
use crate::files::vault::Vault;
use crate::intake::refusals::Refusals;
use crate::mail::Post;
use crate::outbound::Outbound;
use crate::recent::Recent;
use crate::service_accounts::verification::Tokens;
use crate::{Clock, Error, Guard, GuardSettings, Hashing, MasterKey, MasterKeyError, Secret};

/// How long a sign-in lasts.
#[derive(Debug, Clone, Copy)]
pub struct SignInLimits {
    /// Without any request.
    pub idle: TimeDelta,
    /// In all.
    pub absolute: TimeDelta,
}

impl Default for SignInLimits {
    fn default() -> Self {
        // SP 800-63B-4 section 2.2.3.
        Self {
            idle: TimeDelta::hours(1),
            absolute: TimeDelta::hours(24),
        }
    }
}

/// Cheap to clone: each request does so several times. Changing a part of one clone leaves the others as they are.
#[derive(Debug, Clone)]
pub struct Backend(Arc<Parts>);

/// What a [`Backend`] is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    pub db: PgPool,
    pub clock: Clock,
    pub vault: Vault,
    pub master_key: MasterKey,
    pub hashing: Hashing,
    pub guard: Guard,
    pub sign_in_limits: SignInLimits,
    /// Scheme and host of the portal, without a slash at the end: what every link begins with (R029).
    pub public_url: String,
    /// Sends letters, where a mail server is set up.
    pub post: Post,
    /// Calls other people's servers, as far as the operator lets it.
    pub outbound: Outbound,
    /// Folders of this machine that sources may read, with all beneath them: the operator's decision.
    pub intake_folders: Vec<std::path::PathBuf>,
    background: Arc<Nudges>,
    /// Where the gate leaves a row for each answer. Somebody must run it.
    pub access_log: AccessLog,
    /// Somebody must listen for it ([`crate::recent::listen`]); until then it remembers nothing.
    pub recent: Recent,
    pub(crate) remembered: Remembered,
    pub(crate) noted: Noted,
    pub(crate) tokens: Tokens,
    pub(crate) refusals: Refusals,
}

impl Backend {
    pub fn new(db: PgPool, clock: Clock, vault: Vault, master_key: MasterKey) -> Self {
        Self(Arc::new(Parts {
            db,
            vault,
            master_key,
            hashing: Hashing::default(),
            guard: Guard::new(GuardSettings::default(), clock.clone()),
            sign_in_limits: SignInLimits::default(),
            public_url: "http://127.0.0.1:3000".to_owned(),
            post: Post::default(),
            outbound: Outbound::default(),
            intake_folders: Vec::new(),
            background: Arc::default(),
            access_log: AccessLog::default(),
            recent: Recent::default(),
            remembered: Remembered::default(),
            noted: Noted::default(),
            tokens: Tokens::default(),
            refusals: Refusals::default(),
            clock,
        }))
    }

    /// Tells those of this process's background work who wait for such news that there is something to do now.
    pub(crate) fn nudge(&self, news: News) {
        self.background.of(news).notify_waiters();
    }

    /// Waits for the next nudge with such news.
    pub fn nudged(&self, news: News) -> Notified<'_> {
        self.background.of(news).notified()
    }

    /// Whether secrets in this database were sealed with a key already, so that making a new one would lose them.
    pub async fn has_master_key(db: &PgPool) -> Result<bool, Error> {
        Ok(
            sqlx::query_scalar!(r#"select exists (select from master_key_checks) as "exists!""#)
                .fetch_one(db)
                .await?,
        )
    }

    /// Proves that the key is this database's; on the first start it becomes so.
    pub async fn check_master_key(&self) -> Result<Result<(), MasterKeyError>, Error> {
        const PURPOSE: &str = "master key check";
        const TEXT: &str = "this database belongs to this master key";
        let mut tx = self.db.begin().await?;
        // Two processes may start at once: the second waits and then checks.
        sqlx::query!("lock table master_key_checks in exclusive mode")
            .execute(&mut *tx)
            .await?;
        let row = sqlx::query!("select key_id, sealed from master_key_checks")
            .fetch_optional(&mut *tx)
            .await?;
        let key = &self.master_key;
        let Some(row) = row else {
            sqlx::query!(
                "insert into master_key_checks (key_id, sealed, created_at) values ($1, $2, $3)",
                key.id(),
                key.seal(PURPOSE, key.id(), &Secret::new(TEXT)),
                self.clock.now(),
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            return Ok(Ok(()));
        };
        let is_right = key
            .unseal(PURPOSE, &row.key_id, &row.sealed)
            .is_some_and(|text| text.reveal() == TEXT);
        Ok(if is_right {
            Ok(())
        } else {
            Err(MasterKeyError::Wrong(key.path().to_owned()))
        })
    }
}

impl Deref for Backend {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Backend {
    fn deref_mut(&mut self) -> &mut Parts {
        Arc::make_mut(&mut self.0)
    }
}
