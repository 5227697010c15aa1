//! SQL of backups. No decisions.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::accounts::AccountId;
use crate::backups::epoch::ApiSecretInForce;
use crate::files::FileId;
use crate::reading;

/// A file's row, as a backup needs it.
pub(super) struct ObjectRow {
    pub(super) id: FileId,
    pub(super) size_bytes: i64,
    pub(super) sha256: Vec<u8>,
}

/// Everything that this transaction reads is of one moment, however long it takes.
pub(super) async fn freeze(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    reading::freeze(db).await?;
    // The transaction idles while pg_dump works, for hours where there is much.
    sqlx::query!("set local idle_in_transaction_session_timeout = 0")
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn export_snapshot(db: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(r#"select pg_export_snapshot() as "id!""#)
        .fetch_one(db)
        .await
}

/// The next files by id, behind `after`.
pub(super) async fn objects_behind(
    db: &mut PgConnection,
    after: FileId,
    limit: i64,
) -> Result<Vec<ObjectRow>, sqlx::Error> {
    sqlx::query_as!(
        ObjectRow,
        r#"
        select id as "id: FileId", size_bytes, sha256
        from files
        where id > $1 and deleted_at is null
        order by id
        limit $2
        "#,
        after as FileId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Which of these files still have bytes that must be there.
pub(super) async fn still_there(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<FileId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: FileId" from files where id = any($1) and deleted_at is null order by id"#,
        ids
    )
    .fetch_all(db)
    .await
}

pub(super) async fn server_version(db: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(r#"select current_setting('server_version') as "version!""#)
        .fetch_one(db)
        .await
}

/// The newest migration; none in a database that has had none.
pub(super) async fn schema(db: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let has_any =
        sqlx::query_scalar!(r#"select to_regclass('_sqlx_migrations') is not null as "has_any!""#)
            .fetch_one(&mut *db)
            .await?;
    if !has_any {
        return Ok(None);
    }
    // Not checked when compiled: the table is not one of the schema's.
    sqlx::query_scalar(AssertSqlSafe(
        "select max(version) from _sqlx_migrations where success",
    ))
    .fetch_one(db)
    .await
}

/// Names of all tables, each with its partitions, quoted for a statement.
pub(super) async fn tables(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select format('%I', relname) as "name!"
        from pg_class
        where relkind in ('r', 'p') and not relispartition and relnamespace = current_schema()::regnamespace
        order by relname
        "#
    )
    .fetch_all(db)
    .await
}

/// Rows of a table of [`tables`].
pub(super) async fn count(db: &mut PgConnection, table: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(db)
        .await
}

/// Sign-ins that wait for a second factor, and second factors that were not confirmed.
pub(super) async fn delete_half_done(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let steps = sqlx::query!("delete from sign_in_steps")
        .execute(&mut *db)
        .await?;
    let apps = sqlx::query!("delete from authenticator_drafts")
        .execute(&mut *db)
        .await?;
    let passkeys = sqlx::query!("delete from passkey_drafts")
        .execute(db)
        .await?;
    Ok(steps.rows_affected() + apps.rows_affected() + passkeys.rows_affected())
}

/// Which of them were used since the backup nobody can tell.
pub(super) async fn delete_recovery_codes(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from recovery_codes")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

pub(super) async fn delete_sign_ins(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from sign_ins").execute(db).await?;
    Ok(done.rows_affected())
}

pub(super) async fn delete_set_up_codes(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from set_up_codes").execute(db).await?;
    Ok(done.rows_affected())
}

pub(super) async fn delete_invitations(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from invitations").execute(db).await?;
    Ok(done.rows_affected())
}

pub(super) async fn delete_password_resets(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    sqlx::query!("delete from password_reset_requests")
        .execute(&mut *db)
        .await?;
    let done = sqlx::query!("delete from password_resets")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// Letters that waited at the moment of the backup: they went out since, and their links are void.
pub(super) async fn empty_outbox(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from outbox").execute(db).await?;
    Ok(())
}

/// Webhooks that waited at the moment of the backup: they went out since, or stand in the log to be sent again. Secrets
/// that were replaced no longer sign.
pub(super) async fn settle_webhooks(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from webhook_events")
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from webhook_sessions_awaited")
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "update webhook_deliveries
        set state = 'failed', next_attempt_at = null, leased_until = null,
            last_error = 'It waited when the backup was made from which this installation was restored.'
        where state = 'waiting'"
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update webhook_endpoints set former_secret_sealed = null, former_secret_until = null
        where former_secret_sealed is not null"
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uploads that were going on, and what is remembered of those that ended: senders begin anew.
pub(super) async fn delete_uploads(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from uploads").execute(db).await?;
    Ok(())
}

/// Old access passwords that were accepted for a while beside the new ones.
pub(super) async fn end_old_passwords(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update credentials set old_password_hash = null, old_accepted_until = null, version = version + 1
        where old_password_hash is not null"
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Replaced keys of service accounts are refused from now on.
pub(super) async fn end_old_keys(
    db: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update service_account_keys set ends_at = $1 where revoked_at is null and ends_at > $1",
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Service accounts that are not revoked, with the names of their accounts.
pub(super) async fn service_accounts(
    db: &mut PgConnection,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select accounts.name as account, service_accounts.name
        from service_accounts
        join accounts on accounts.id = service_accounts.account_id
        where service_accounts.revoked_at is null
        order by accounts.name, service_accounts.name, service_accounts.id"
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account, row.name))
        .collect())
}

pub(super) async fn accounts(db: &mut PgConnection) -> Result<Vec<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(r#"select id as "id: AccountId" from accounts order by id"#)
        .fetch_all(db)
        .await
}

/// Accounts whose preset password opens files, and since when.
pub(super) async fn presets(
    db: &mut PgConnection,
) -> Result<Vec<(String, DateTime<Utc>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select accounts.name, credentials.created_at
        from credentials join accounts on accounts.id = credentials.account_id
        where credentials.preset_sealed is not null
        order by accounts.name
        "#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.name, row.created_at))
        .collect())
}

/// API secrets that are not revoked, by account, project and name.
pub(super) async fn api_secrets(
    db: &mut PgConnection,
) -> Result<Vec<ApiSecretInForce>, sqlx::Error> {
    sqlx::query_as!(
        ApiSecretInForce,
        "select accounts.name as account, projects.name as project, api_secrets.name, api_secrets.hint
        from api_secrets
        join accounts on accounts.id = api_secrets.account_id
        join projects on projects.id = api_secrets.project_id
        where api_secrets.revoked_at is null
        order by accounts.name, projects.name, api_secrets.name, api_secrets.id"
    )
    .fetch_all(db)
    .await
}
