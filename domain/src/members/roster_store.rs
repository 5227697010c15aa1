//! SQL of an account's members as a whole. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{ListedMember, MemberId};
use crate::Role;
use crate::accounts::AccountId;

pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ListedMember>, sqlx::Error> {
    sqlx::query_as!(
        ListedMember,
        r#"
        select id as "id: MemberId", name, email, role as "role: Role", disabled_at is not null as "is_disabled!",
            last_seen_at,
            exists (select from authenticator_apps where member_id = members.id)
                or exists (select from passkeys where member_id = members.id) as "has_second_factor!"
        from members
        where account_id = $1 and removed_at is null
        order by lower(name), id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn find(
    db: &mut PgConnection,
    account: AccountId,
    id: MemberId,
) -> Result<Option<ListedMember>, sqlx::Error> {
    sqlx::query_as!(
        ListedMember,
        r#"
        select id as "id: MemberId", name, email, role as "role: Role", disabled_at is not null as "is_disabled!",
            last_seen_at,
            exists (select from authenticator_apps where member_id = members.id)
                or exists (select from passkeys where member_id = members.id) as "has_second_factor!"
        from members
        where account_id = $1 and id = $2 and removed_at is null
        "#,
        account as AccountId,
        id as MemberId,
    )
    .fetch_optional(db)
    .await
}

/// Until the transaction ends nobody else changes who is in the account.
pub(super) async fn lock_account(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<(), sqlx::Error> {
    // Not `for update`: rows that refer to the account are inserted meanwhile.
    sqlx::query!(
        "select id from accounts where id = $1 for no key update",
        account as AccountId
    )
    .fetch_optional(db)
    .await?;
    Ok(())
}

/// Of a member who may sign in.
pub(super) async fn find_role(
    db: &mut PgConnection,
    id: MemberId,
) -> Result<Option<Role>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select role as "role: Role" from members where id = $1 and disabled_at is null"#,
        id as MemberId,
    )
    .fetch_optional(db)
    .await
}

/// Owners who may sign in, without this member.
pub(super) async fn count_other_owners(
    db: &mut PgConnection,
    account: AccountId,
    id: MemberId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from members
        where account_id = $1 and id <> $2 and role = 'owner' and disabled_at is null
        "#,
        account as AccountId,
        id as MemberId,
    )
    .fetch_one(db)
    .await
}

pub(super) async fn update_role(
    db: &mut PgConnection,
    id: MemberId,
    role: Role,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update members set role = $2 where id = $1",
        id as MemberId,
        role.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn disable(
    db: &mut PgConnection,
    id: MemberId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update members set disabled_at = coalesce(disabled_at, $2) where id = $1",
        id as MemberId,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn enable(db: &mut PgConnection, id: MemberId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update members set disabled_at = null where id = $1 and removed_at is null",
        id as MemberId
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn remove(
    db: &mut PgConnection,
    id: MemberId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update members set removed_at = $2, disabled_at = coalesce(disabled_at, $2) where id = $1",
        id as MemberId,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
