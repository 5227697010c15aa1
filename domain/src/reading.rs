//! How a transaction that reads much is begun.

use sqlx::PgConnection;

/// Everything that this transaction reads is of one moment, however long it takes. Its first statement.
pub(crate) async fn freeze(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(db)
        .await?;
    Ok(())
}

/// Queries of this transaction are planned for the values at hand: how common a value is decides the way. Compiling
/// one takes longer than any of these should.
pub(crate) async fn plan_each(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select set_config('plan_cache_mode', 'force_custom_plan', true) as planning, set_config('jit', 'off', true) as compiling"
    )
    .fetch_one(db)
    .await?;
    Ok(())
}
