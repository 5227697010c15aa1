//! The database at one moment: which files there are, and what pg_dump is to dump.

use std::collections::BTreeMap;

use sqlx::{PgPool, Postgres, Transaction};

use super::{Object, store};
use crate::Error;
use crate::files::FileId;

/// Rows that are read at once.
const PAGE: i64 = 10_000;

/// A moment that stays readable until this is dropped.
#[derive(Debug)]
pub struct Snapshot {
    tx: Transaction<'static, Postgres>,
    id: String,
}

impl Snapshot {
    pub async fn take(db: &PgPool) -> Result<Self, Error> {
        let mut tx = db.begin().await?;
        store::freeze(&mut tx).await?;
        let id = store::export_snapshot(&mut tx).await?;
        Ok(Self { tx, id })
    }

    /// What `pg_dump --snapshot` takes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Every file whose bytes must be in the vault, by id.
    pub async fn objects(&mut self) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        let mut last = FileId::from_uuid(uuid::Uuid::nil());
        loop {
            let rows = store::objects_behind(&mut self.tx, last, PAGE).await?;
            let Some(newest) = rows.last() else {
                return Ok(objects);
            };
            last = newest.id;
            for row in rows {
                let sha256 = row.sha256.try_into().map_err(|_| {
                    Error::internal(format!("the hash of file {} is not one", row.id))
                })?;
                objects.push(Object {
                    id: row.id,
                    size: row.size_bytes.cast_unsigned(),
                    sha256,
                });
            }
        }
    }

    pub async fn row_counts(&mut self) -> Result<BTreeMap<String, u64>, Error> {
        count_all(&mut self.tx).await
    }

    pub async fn postgres_version(&mut self) -> Result<String, Error> {
        Ok(store::server_version(&mut self.tx).await?)
    }
}

/// Rows of each table.
pub async fn row_counts(db: &PgPool) -> Result<BTreeMap<String, u64>, Error> {
    count_all(&mut *db.acquire().await?).await
}

async fn count_all(db: &mut sqlx::PgConnection) -> Result<BTreeMap<String, u64>, Error> {
    let mut counts = BTreeMap::new();
    for table in store::tables(db).await? {
        let count = store::count(db, &table).await?;
        counts.insert(table, count.cast_unsigned());
    }
    Ok(counts)
}

/// Whether a database has any table, ours or not.
pub async fn has_tables(db: &PgPool) -> Result<bool, Error> {
    Ok(!store::tables(&mut *db.acquire().await?).await?.is_empty())
}

/// The newest migration that a database has had.
pub async fn schema_of(db: &PgPool) -> Result<Option<i64>, Error> {
    Ok(store::schema(&mut *db.acquire().await?).await?)
}
