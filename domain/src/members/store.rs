//! SQL of members. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Email, Member, MemberId};
use crate::Role;
use crate::accounts::AccountId;

/// What signing in compares with. Not serialisable: a hash must not leave by accident.
pub(super) struct Login {
    pub(super) member: Member,
    pub(super) password_hash: String,
}

pub(super) async fn insert(
    db: &mut PgConnection,
    member: &Member,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into members (id, account_id, name, email, role, password_hash, password_changed_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)",
        member.id as MemberId,
        member.account as AccountId,
        member.name,
        member.email,
        member.role.as_str(),
        password_hash,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut PgConnection,
    id: MemberId,
) -> Result<Option<Member>, sqlx::Error> {
    sqlx::query_as!(
        Member,
        r#"
        select m.id as "id: MemberId", m.account_id as "account: AccountId", a.name as account_name,
            m.name, m.email, m.role as "role: Role"
        from members m
        join accounts a on a.id = m.account_id
        where m.id = $1 and m.disabled_at is null
        "#,
        id as MemberId,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn find_login(
    db: &mut PgConnection,
    email: &Email,
) -> Result<Option<Login>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select m.id as "id: MemberId", m.account_id as "account: AccountId", a.name as account_name,
            m.name, m.email, m.role as "role: Role", m.password_hash
        from members m
        join accounts a on a.id = m.account_id
        where m.email = $1 and m.disabled_at is null
        "#,
        email.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Login {
        member: Member {
            id: row.id,
            account: row.account,
            account_name: row.account_name,
            name: row.name,
            email: row.email,
            role: row.role,
        },
        password_hash: row.password_hash,
    }))
}

pub(super) async fn owner_emails(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select email from members where account_id = $1 and role = 'owner' and disabled_at is null order by email",
        account as AccountId,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn governor_emails(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select email from members where account_id = $1 and role in ('owner', 'admin') and disabled_at is null
        order by email",
        account as AccountId,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn is_member(
    db: &mut PgConnection,
    account: AccountId,
    email: &Email,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from members where account_id = $1 and email = $2 and removed_at is null
        ) as "exists!"
        "#,
        account as AccountId,
        email.as_str(),
    )
    .fetch_one(db)
    .await
}

pub(super) async fn find_password_hash(
    db: &mut PgConnection,
    id: MemberId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select password_hash from members where id = $1 and disabled_at is null",
        id as MemberId
    )
    .fetch_optional(db)
    .await
}

/// Replaces the hash if it still is the one that was judged: of two changes at once the second fails.
pub(super) async fn update_password(
    db: &mut PgConnection,
    id: MemberId,
    judged: Option<&str>,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update members set password_hash = $3, password_changed_at = $4
        where id = $1 and ($2::text is null or password_hash = $2)",
        id as MemberId,
        judged,
        hash,
        now,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// The same password under today's parameters: no change of the password.
pub(super) async fn update_hash(
    db: &mut PgConnection,
    id: MemberId,
    old: &str,
    new: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update members set password_hash = $3 where id = $1 and password_hash = $2",
        id as MemberId,
        old,
        new
    )
    .execute(db)
    .await?;
    Ok(())
}
