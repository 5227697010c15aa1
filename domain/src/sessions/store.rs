//! SQL of the report. No decisions.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row};

use super::actions::Position;
use super::{SessionFilter, SessionId, SessionOrder};
use crate::accounts::AccountId;
use crate::projects::ProjectId;

/// A line of the report without its files.
pub(super) struct SessionRow {
    pub(super) id: SessionId,
    pub(super) project_name: String,
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) started_at: DateTime<Utc>,
    pub(super) duration_ms: i64,
    pub(super) size_bytes: i64,
}

/// At most `limit` rows beyond `position`, walking forward or backward in `order`.
///
/// Built at run time: column, direction and comparison of the keyset vary with the order, and a form of
/// `$1 is null or …` would keep PostgreSQL from walking the index.
pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
    filter: &SessionFilter,
    order: SessionOrder,
    position: Option<&Position>,
    limit: i64,
) -> Result<Vec<SessionRow>, sqlx::Error> {
    let column = match order {
        SessionOrder::Newest | SessionOrder::Oldest => "s.started_at",
        SessionOrder::Longest => "s.duration_ms",
        SessionOrder::Largest => "s.size_bytes",
    };
    let is_backward = position.is_some_and(|position| position.is_backward);
    let is_ascending = (order == SessionOrder::Oldest) != is_backward;
    let mut query = QueryBuilder::<Postgres>::new(
        "select s.id, p.name, s.room, s.conference_number, s.started_at, s.duration_ms, s.size_bytes
        from sessions s join projects p on p.id = s.project_id where s.account_id = ",
    );
    query.push_bind(account);
    push_filter(&mut query, filter);
    if let Some(position) = position {
        query.push(format!(
            " and ({column}, s.id) {} (",
            if is_ascending { ">" } else { "<" }
        ));
        match order {
            SessionOrder::Newest | SessionOrder::Oldest => query.push_bind(position.time()),
            SessionOrder::Longest | SessionOrder::Largest => query.push_bind(position.key),
        };
        query.push(", ").push_bind(position.id).push(")");
    }
    let direction = if is_ascending { "asc" } else { "desc" };
    query
        .push(format!(
            " order by {column} {direction}, s.id {direction} limit "
        ))
        .push_bind(limit);
    let mut rows = query.build().try_map(row).fetch_all(db).await?;
    if is_backward {
        rows.reverse();
    }
    Ok(rows)
}

pub(super) async fn count(
    db: &mut PgConnection,
    account: AccountId,
    filter: &SessionFilter,
) -> Result<i64, sqlx::Error> {
    let mut query =
        QueryBuilder::<Postgres>::new("select count(*) from sessions s where s.account_id = ");
    query.push_bind(account);
    push_filter(&mut query, filter);
    query.build_query_scalar().fetch_one(db).await
}

pub(super) async fn exist(db: &mut PgConnection, account: AccountId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from sessions where account_id = $1) as "exists!""#,
        account as AccountId
    )
    .fetch_one(db)
    .await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter) {
    if let Some(project) = filter.project {
        query
            .push(" and s.project_id = ")
            .push_bind::<ProjectId>(project);
    }
    if let Some(from) = filter.from {
        query.push(" and s.started_at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" and s.started_at < ").push_bind(until);
    }
    if !filter.kinds.is_empty() {
        let kinds: Vec<String> = filter
            .kinds
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect();
        query.push(" and exists (select from files f where f.session_id = s.id and f.kind = any(");
        query.push_bind(kinds).push("))");
    }
    if let Some(text) = &filter.text {
        let pattern = format!(
            "%{}%",
            text.replace('\\', r"\\")
                .replace('%', r"\%")
                .replace('_', r"\_")
        );
        query.push(" and (s.room ilike ").push_bind(pattern.clone());
        query
            .push(" or s.conference_number ilike ")
            .push_bind(pattern)
            .push(")");
    }
}

fn row(row: PgRow) -> Result<SessionRow, sqlx::Error> {
    Ok(SessionRow {
        id: row.try_get(0)?,
        project_name: row.try_get(1)?,
        room: row.try_get(2)?,
        conference_number: row.try_get(3)?,
        started_at: row.try_get(4)?,
        duration_ms: row.try_get(5)?,
        size_bytes: row.try_get(6)?,
    })
}
