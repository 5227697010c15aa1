//! The report: rows of one account, newest first, narrowed and paged.
//!
//! Built at run time and planned for each call: which index is walked depends on the filter, and a form of
//! `$1 is null or …` would keep PostgreSQL from walking any, and from passing over the months that cannot match.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _};
use uuid::Uuid;

use crate::Scope;
use crate::access_log::CallerKind;
use crate::access_log::report::{CallerFilter, Entry, EntryFilter, KnownCaller, Outcome};
use crate::accounts::AccountId;
use crate::page::Position;

/// At most `limit` rows beyond `position`, newest first.
pub(in crate::access_log) async fn list(
    db: &mut PgConnection,
    scope: Scope,
    filter: &EntryFilter,
    position: Option<&Position>,
    limit: i64,
) -> Result<Vec<Entry>, sqlx::Error> {
    let is_backward = position.is_some_and(|position| position.is_backward);
    let direction = if is_backward { "asc" } else { "desc" };
    // The names are looked up for the rows of the page only.
    let mut query = QueryBuilder::<Postgres>::new(
        "select l.id, l.occurred_at, l.file_id, l.file_name, f.id is not null, l.session_id, s.room,
            s.conference_number, l.caller_kind, l.caller_id, coalesce(m.name, c.username, a.name, x.name), l.proof, l.client_address,
            l.user_agent, l.method, l.status, l.bytes_sent, l.reason
        from (select * from access_log where ",
    );
    push_filter(&mut query, scope, filter);
    if let Some(position) = position {
        query
            .push(if is_backward {
                " and (occurred_at, id) > ("
            } else {
                " and (occurred_at, id) < ("
            })
            .push_bind(position.time())
            .push(", ")
            .push_bind(position.id)
            .push(")");
    }
    query
        .push(format!(
            " order by occurred_at {direction}, id {direction} limit "
        ))
        .push_bind(limit)
        .push(
            ") l
        left join files f on f.id = l.file_id and f.account_id = l.account_id and f.name = l.file_name
        left join sessions s on s.id = l.session_id and s.account_id = l.account_id
        left join members m on l.caller_kind = 'member' and m.id = l.caller_id and m.account_id = l.account_id
        left join credentials c
            on l.caller_kind = 'credential' and c.id = l.caller_id and c.account_id = l.account_id
        left join api_secrets a
            on l.caller_kind = 'application' and a.id = l.caller_id and a.account_id = l.account_id
        left join service_accounts x on l.caller_kind = 'service_account' and x.id = l.caller_id
            and x.account_id in (l.account_id, (select parent_id from accounts where id = l.account_id))
        order by l.occurred_at desc, l.id desc",
        );
    query
        .build()
        .persistent(false)
        .try_map(entry)
        .fetch_all(db)
        .await
}

/// How many rows there are, counted up to `most`.
pub(in crate::access_log) async fn count(
    db: &mut PgConnection,
    scope: Scope,
    filter: &EntryFilter,
    most: i64,
) -> Result<i64, sqlx::Error> {
    let mut query =
        QueryBuilder::<Postgres>::new("select count(*) from (select from access_log where ");
    push_filter(&mut query, scope, filter);
    query.push(" limit ").push_bind(most).push(") l");
    query
        .build_query_scalar()
        .persistent(false)
        .fetch_one(db)
        .await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, scope: Scope, filter: &EntryFilter) {
    query.push("account_id = ").push_bind(scope.account);
    if let Some(project) = scope.project {
        query.push(" and project_id = ").push_bind(project);
    }
    if let Some(file) = filter.file {
        query.push(" and file_id = ").push_bind(file);
    }
    if let Some(session) = filter.session {
        query.push(" and session_id = ").push_bind(session);
    }
    match filter.caller {
        None => {}
        Some(CallerFilter::Nobody) => {
            query.push(" and caller_id is null");
        }
        Some(CallerFilter::Id(id)) => {
            query.push(" and caller_id = ").push_bind(id);
        }
    }
    if let Some(address) = &filter.client_address {
        query
            .push(" and client_address = ")
            .push_bind(address.clone());
    }
    match filter.outcome {
        None => {}
        Some(Outcome::Granted) => {
            query.push(" and reason is null");
        }
        Some(Outcome::Refused) => {
            query.push(" and reason is not null");
        }
        Some(Outcome::Because(reason)) => {
            query.push(" and reason = ").push_bind(reason.as_str());
        }
    }
    if let Some(from) = filter.from {
        query.push(" and occurred_at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" and occurred_at < ").push_bind(until);
    }
}

fn entry(row: PgRow) -> Result<Entry, sqlx::Error> {
    let room: Option<String> = row.try_get(6)?;
    Ok(Entry {
        id: row.try_get(0)?,
        occurred_at: row.try_get(1)?,
        file: row.try_get(2)?,
        file_name: row.try_get(3)?,
        is_file_there: row.try_get(4)?,
        session: row.try_get(5)?,
        call: room.zip(row.try_get(7)?),
        caller_kind: row.try_get(8)?,
        caller: row.try_get(9)?,
        caller_name: row.try_get(10)?,
        proof: row.try_get(11)?,
        client_address: row.try_get(12)?,
        user_agent: row.try_get(13)?,
        method: row.try_get(14)?,
        status: u16::try_from(row.try_get::<i16, _>(15)?).unwrap_or(0),
        bytes_sent: row.try_get::<i64, _>(16)?.cast_unsigned(),
        reason: row.try_get(17)?,
    })
}

pub(in crate::access_log) async fn exist(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from access_log where account_id = $1) as "exists!""#,
        account as AccountId
    )
    .fetch_one(db)
    .await
}

/// Credentials, service accounts and members of the account, by name.
pub(in crate::access_log) async fn callers(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<KnownCaller>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id!: Uuid", username as "name!", 'credential' as "kind!"
        from credentials where account_id = $1
        union all
        select id, name, 'service_account' from service_accounts where account_id = $1
        union all
        select id, name, 'service_account' from service_accounts s
        where account_id = (select parent_id from accounts where id = $1)
            and exists (select from access_log l where l.account_id = $1 and l.caller_id = s.id)
        union all
        select id, name, 'member' from members where account_id = $1
        order by 3, 2, 1
        "#,
        account as AccountId
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| KnownCaller {
            id: row.id,
            name: row.name,
            kind: CallerKind::parse(&row.kind).unwrap_or(CallerKind::Nobody),
        })
        .collect())
}
