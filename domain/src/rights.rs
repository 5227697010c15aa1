//! What the server's database user may do where somebody else owns the tables: use them, and neither make nor change
//! them; and never change or remove what is only ever added (R180, R196).

use sqlx::{Connection as _, PgConnection, PgPool};

use crate::Error;

/// Gives this user of the database exactly the rights that the server needs, on every table there is. Run by their
/// owner after each migration; the rules are in the database function `allow_server`.
pub async fn grant(db: &mut PgConnection, user: &str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    // A running server may be adding a month to the access log: both would change the same entries of the catalogue.
    sqlx::query!("lock table access_log in share update exclusive mode")
        .execute(&mut *tx)
        .await?;
    sqlx::query!("select allow_server($1)", user)
        .fetch_one(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// Takes from everybody what the schema gives to nobody but [`grant`]'s user, for a database that was restored without
/// its rights: PostgreSQL lets everyone run a new function, and this one runs as its owner.
pub async fn close(db: &PgPool) -> Result<(), Error> {
    sqlx::query!("revoke execute on function make_access_log_month(timestamptz) from public")
        .execute(db)
        .await?;
    Ok(())
}
