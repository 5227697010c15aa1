//! SQL of invitations. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Invitation, InvitationId, Welcome};
use crate::Role;
use crate::accounts::AccountId;
use crate::members::MemberId;

pub(super) struct NewInvitation<'a> {
    pub(super) id: InvitationId,
    pub(super) account: AccountId,
    pub(super) email: &'a str,
    pub(super) role: Role,
    pub(super) token_hash: &'a [u8],
    pub(super) invited_by: Option<MemberId>,
    pub(super) now: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

/// False if the address has an open invitation already.
pub(super) async fn insert(
    db: &mut PgConnection,
    new: &NewInvitation<'_>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into invitations (id, account_id, email, role, token_hash, invited_by, created_at, sent_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7, $8)
        on conflict on constraint invitations_account_id_email_key do nothing",
        new.id as InvitationId,
        new.account as AccountId,
        new.email,
        new.role.as_str(),
        new.token_hash,
        new.invited_by as Option<MemberId>,
        new.now,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// All that are open or expired, the latest first.
pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Invitation>, sqlx::Error> {
    sqlx::query_as!(
        Invitation,
        r#"
        select i.id as "id: InvitationId", i.email, i.role as "role: Role", m.name as "invited_by?",
            i.sent_at, i.expires_at
        from invitations i
        left join members m on m.id = i.invited_by
        where i.account_id = $1
        order by i.sent_at desc, i.id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await
}

/// Address and role, with the row locked.
pub(super) async fn lock(
    db: &mut PgConnection,
    account: AccountId,
    id: InvitationId,
) -> Result<Option<(String, Role)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select email, role as "role: Role" from invitations where account_id = $1 and id = $2 for update"#,
        account as AccountId,
        id as InvitationId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.email, row.role)))
}

pub(super) async fn update_token(
    db: &mut PgConnection,
    id: InvitationId,
    token_hash: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update invitations set token_hash = $2, sent_at = $3, expires_at = $4 where id = $1",
        id as InvitationId,
        token_hash,
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, id: InvitationId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from invitations where id = $1", id as InvitationId)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn find_welcome(
    db: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Welcome>, sqlx::Error> {
    sqlx::query_as!(
        Welcome,
        r#"
        select a.name as account_name, i.email, i.role as "role: Role", m.name as "invited_by?"
        from invitations i
        join accounts a on a.id = i.account_id
        left join members m on m.id = i.invited_by
        where i.token_hash = $1 and i.expires_at > $2
        "#,
        token_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Takes the invitation, so that nobody else can: its id, account, address and role.
pub(super) async fn take(
    db: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(InvitationId, AccountId, String, Role)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        delete from invitations where token_hash = $1 and expires_at > $2
        returning id as "id: InvitationId", account_id as "account: AccountId", email, role as "role: Role"
        "#,
        token_hash,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.id, row.account, row.email, row.role)))
}
