//! SQL of the history. No decisions.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::conditions::{push_scope, push_time};
use super::{COLUMNS, SessionRow, row};
use crate::accounts::AccountId;
use crate::sessions::SessionFilter;
use crate::sessions::history::HistoryFilter;

pub(in crate::sessions) async fn list(
    db: &mut PgConnection,
    account: AccountId,
    filter: &HistoryFilter,
) -> Result<Vec<SessionRow>, sqlx::Error> {
    let direction = if filter.is_newest_first {
        "desc"
    } else {
        "asc"
    };
    let order = format!(" order by s.started_at {direction}, s.id {direction}");
    let mut query = QueryBuilder::new(format!(
        "select {COLUMNS} from (select * from sessions s where "
    ));
    push(&mut query, account, filter);
    query
        .push(&order)
        .push(" offset ")
        .push_bind(i64::from(filter.offset))
        .push(" limit ")
        .push_bind(i64::from(filter.count))
        .push(") s join projects p on p.id = s.project_id")
        .push(&order);
    query.build().try_map(row).fetch_all(db).await
}

pub(in crate::sessions) async fn count(
    db: &mut PgConnection,
    account: AccountId,
    filter: &HistoryFilter,
) -> Result<i64, sqlx::Error> {
    let mut query = QueryBuilder::new("select count(*) from sessions s where ");
    push(&mut query, account, filter);
    query.build_query_scalar().fetch_one(db).await
}

fn push(query: &mut QueryBuilder<Postgres>, account: AccountId, filter: &HistoryFilter) {
    let narrowed = SessionFilter {
        project: filter.project,
        room: filter.room.clone(),
        conference_number: filter.conference_number.clone(),
        from: Some(filter.from),
        until: Some(filter.until),
        ..SessionFilter::default()
    };
    push_scope(query, account, &narrowed);
    push_time(query, &narrowed);
    // Indexes of rooms and conference numbers begin with the project. Without one, those of all of them are asked.
    if filter.project.is_none() && (filter.room.is_some() || filter.conference_number.is_some()) {
        query
            .push(" and s.project_id in (select id from projects where account_id = ")
            .push_bind(account)
            .push(")");
    }
    if !filter.numbers.is_empty() {
        query
            .push(" and s.number = any(")
            .push_bind(filter.numbers.clone())
            .push(")");
    }
    for (milliseconds, comparison) in [(filter.min_duration, ">="), (filter.max_duration, "<=")] {
        if let Some(milliseconds) = milliseconds {
            query
                .push(format!(" and s.duration_ms {comparison} "))
                .push_bind(i64::try_from(milliseconds).unwrap_or(i64::MAX));
        }
    }
}
