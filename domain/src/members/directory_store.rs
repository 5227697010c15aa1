//! SQL of the directory. No decisions.

use sqlx::PgConnection;

use super::MemberId;
use super::directory::Person;
use crate::Role;
use crate::accounts::AccountId;

pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Person>, sqlx::Error> {
    sqlx::query_as!(
        Person,
        r#"
        select id as "id: MemberId", number, name, email, role as "role: Role", disabled_at is null as "is_enabled!"
        from members
        where account_id = $1 and removed_at is null
        order by created_at, number
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await
}
