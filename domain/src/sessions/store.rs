//! SQL of the report. No decisions.

mod conditions; // what narrows it
pub(super) mod history; // by place

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row};

use self::conditions::{
    push_document, push_filter, push_kinds, push_label, push_scope, push_text, push_time, sets_of,
};
use super::{SessionFilter, SessionId, SessionOrder, words};
use crate::Scope;
use crate::accounts::AccountId;
use crate::page::Position;
use crate::projects::ProjectId;

/// A line of the report without its files.
pub(super) struct SessionRow {
    pub(super) id: SessionId,
    pub(super) project: ProjectId,
    pub(super) project_name: String,
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) title: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) has_poster: bool,
    pub(super) started_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) duration_ms: i64,
    pub(super) size_bytes: i64,
}

/// Rows of an order's index that are looked through for matches before the matches are looked up instead. What more
/// than one in a hundred sessions has is found by the walk; what fewer have is little to gather and sort. So neither
/// costs more with more sessions.
const WALK: i64 = 4_000;
/// The same where each row's words must be looked at.
const WALK_OF_TEXT: i64 = 1_000;
/// Characters of a stretch in the labels' index (`sixgrams`). Stretches are rarer than the trigrams that `like` goes by.
const STRETCH: usize = 6;

/// One page of the report: which rows are wanted, and how many at most.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) account: AccountId,
    pub(super) filter: &'a SessionFilter,
    pub(super) order: SessionOrder,
    pub(super) position: Option<&'a Position>,
    pub(super) limit: i64,
}

/// Rows beyond the position, walking forward or backward in the order; and how many there are in all, where finding
/// them has told.
///
/// Built at run time: column, direction and comparison of the keyset vary with the order, and a form of
/// `$1 is null or …` would keep PostgreSQL from walking the index.
pub(super) async fn list(
    db: &mut PgConnection,
    wanted: Wanted<'_>,
) -> Result<(Vec<SessionRow>, Option<i64>), sqlx::Error> {
    let is_short = |rows: &[SessionRow]| (rows.len() as u64) < wanted.limit.cast_unsigned();
    let (mut rows, mut total) = (fetch(db, walk(wanted)).await?, None);
    if wanted.must_look() && is_short(&rows) {
        let gathered = gather(wanted).build().fetch_all(db).await?;
        total = gathered.first().map(|row| row.try_get(COUNT)).transpose()?;
        rows = gathered.into_iter().map(row).collect::<Result<_, _>>()?;
    }
    if wanted.position.is_none() && is_short(&rows) {
        total = i64::try_from(rows.len()).ok();
    }
    if wanted.is_backward() {
        rows.reverse();
    }
    Ok((rows, total))
}

const COLUMNS: &str = "s.id, p.name, s.room, s.conference_number, s.title, s.tags, s.poster = 'made', s.started_at, s.duration_ms, s.size_bytes, s.project_id, s.ended_at";

/// Where the count stands behind them.
const COUNT: usize = 12;

/// Looks through the order's index for what matches, for [`WALK`] rows at most where not all do.
fn walk(wanted: Wanted<'_>) -> QueryBuilder<Postgres> {
    if !wanted.filter.kinds.is_empty() && !wanted.must_look() {
        return walk_each_set(wanted);
    }
    let (column, direction) = (wanted.column(), wanted.direction());
    let mut query = QueryBuilder::new(format!(
        "select {COLUMNS} from (select * from sessions s where "
    ));
    push_scope(&mut query, wanted.account, wanted.filter);
    if wanted.is_by_time() {
        push_time(&mut query, wanted.filter);
    }
    wanted.push_position(&mut query, column, "s.id");
    query.push(format!(
        " order by {column} {direction}, s.id {direction} limit "
    ));
    query.push_bind(if !wanted.must_look() {
        wanted.limit
    } else if wanted.filter.text.is_some() {
        WALK_OF_TEXT
    } else {
        WALK
    });
    query.push(") s join projects p on p.id = s.project_id where true");
    if !wanted.is_by_time() {
        push_time(&mut query, wanted.filter);
    }
    push_kinds(&mut query, wanted.filter);
    push_text(&mut query, wanted.filter);
    query.push(format!(
        " order by {column} {direction}, s.id {direction} limit "
    ));
    query.push_bind(wanted.limit);
    query
}

/// A session has one set of kinds, so each row is in one of these walks, and the page is the first of all their rows.
fn walk_each_set(wanted: Wanted<'_>) -> QueryBuilder<Postgres> {
    let (column, direction) = (wanted.column(), wanted.direction());
    let order = format!(" order by {column} {direction}, s.id {direction} limit ");
    let mut query = QueryBuilder::new(format!("select {COLUMNS} from unnest("));
    query.push_bind(sets_of(wanted.filter));
    query.push(") as chosen (kinds) cross join lateral (select * from sessions s where ");
    push_scope(&mut query, wanted.account, wanted.filter);
    query.push(" and s.kinds = chosen.kinds");
    push_time(&mut query, wanted.filter);
    wanted.push_position(&mut query, column, "s.id");
    query.push(&order).push_bind(wanted.limit);
    query.push(") s join projects p on p.id = s.project_id");
    query.push(&order).push_bind(wanted.limit);
    query
}

/// The next rows of a list that is read to its end. Only ever walks on from the position, so that all batches together
/// cost one walk, however common the matches are.
pub(super) async fn batch(
    db: &mut PgConnection,
    wanted: Wanted<'_>,
) -> Result<Vec<SessionRow>, sqlx::Error> {
    sqlx::query!(
        "select set_config('enable_bitmapscan', 'off', true) as bitmaps, set_config('enable_seqscan', 'off', true) as tables"
    )
    .fetch_one(&mut *db)
    .await?;
    let (column, direction) = (wanted.column(), wanted.direction());
    let mut query = QueryBuilder::new(format!(
        "select {COLUMNS} from sessions s join projects p on p.id = s.project_id where "
    ));
    push_scope(&mut query, wanted.account, wanted.filter);
    push_time(&mut query, wanted.filter);
    push_kinds(&mut query, wanted.filter);
    push_text(&mut query, wanted.filter);
    wanted.push_position(&mut query, column, "s.id");
    query.push(format!(
        " order by {column} {direction}, s.id {direction} limit "
    ));
    query.push_bind(wanted.limit);
    fetch(db, query).await
}

/// Looks up everything that matches by the filter's own indexes, counts and sorts it.
fn gather(wanted: Wanted<'_>) -> QueryBuilder<Postgres> {
    let (column, direction) = (wanted.column(), wanted.direction());
    let mut query = QueryBuilder::new("with matching as materialized (");
    push_matching(&mut query, wanted);
    query.push("), wanted as (select m.id from matching m where true");
    wanted.push_position(&mut query, "m.key", "m.id");
    query.push(format!(
        " order by m.key {direction}, m.id {direction} limit "
    ));
    query.push_bind(wanted.limit);
    query.push(format!(
        ") select {COLUMNS}, (select count(*) from matching) from wanted w join sessions s on s.id = w.id join projects p on p.id = s.project_id
        order by {column} {direction}, s.id {direction}"
    ));
    query
}

/// Id and key of everything that matches. One index finds labels and another documents: each is asked by itself, for
/// with `or` between them PostgreSQL would look at every row again, and the stretches of a label take long to make.
fn push_matching(query: &mut QueryBuilder<Postgres>, wanted: Wanted<'_>) {
    let filter = wanted.filter;
    let branch = format!(
        "select s.id, {} as key from sessions s where ",
        wanted.column()
    );
    let begin = |query: &mut QueryBuilder<Postgres>| {
        query.push(&branch);
        push_scope(query, wanted.account, filter);
        push_time(query, filter);
        push_kinds(query, filter);
    };
    begin(query);
    let Some(text) = &filter.text else { return };
    query.push(" and ");
    push_label(query, text);
    if text.chars().count() >= STRETCH {
        query
            .push(" and sixgrams(s.label) @> sixgrams(folded(")
            .push_bind(text.clone())
            .push("))");
    }
    if let Some(words) = words::query(text) {
        query.push(" union ");
        begin(query);
        query.push(" and ");
        push_document(query, words);
    }
}

async fn fetch(
    db: &mut PgConnection,
    mut query: QueryBuilder<Postgres>,
) -> Result<Vec<SessionRow>, sqlx::Error> {
    query.build().try_map(row).fetch_all(db).await
}

impl Wanted<'_> {
    const fn is_by_time(&self) -> bool {
        matches!(self.order, SessionOrder::Newest | SessionOrder::Oldest)
    }

    /// The order's index does not tell by itself which rows match.
    const fn must_look(&self) -> bool {
        let has_time = self.filter.from.is_some() || self.filter.until.is_some();
        self.filter.text.is_some() || (has_time && !self.is_by_time())
    }

    const fn column(&self) -> &'static str {
        match self.order {
            SessionOrder::Newest | SessionOrder::Oldest => "s.started_at",
            SessionOrder::Longest => "s.duration_ms",
            SessionOrder::Largest => "s.size_bytes",
        }
    }

    fn is_backward(&self) -> bool {
        self.position.is_some_and(|position| position.is_backward)
    }

    fn is_ascending(&self) -> bool {
        (self.order == SessionOrder::Oldest) != self.is_backward()
    }

    fn direction(&self) -> &'static str {
        if self.is_ascending() { "asc" } else { "desc" }
    }

    fn push_position(&self, query: &mut QueryBuilder<Postgres>, key: &str, id: &str) {
        let Some(position) = self.position else {
            return;
        };
        let comparison = if self.is_ascending() { ">" } else { "<" };
        query.push(format!(" and ({key}, {id}) {comparison} ("));
        if self.is_by_time() {
            query.push_bind(position.time());
        } else {
            query.push_bind(position.key);
        }
        query.push(", ").push_bind(position.id).push(")");
    }
}

/// How many sessions match; counting ends one beyond the filter's limit.
pub(super) async fn count(
    db: &mut PgConnection,
    account: AccountId,
    filter: &SessionFilter,
) -> Result<i64, sqlx::Error> {
    let limit = filter.count_limit().cast_signed() + 1;
    if filter.text.is_some() {
        // A common word: its index would list every session that has it before the first is counted.
        let mut query = QueryBuilder::<Postgres>::new(
            "select count(*) from (select from (select * from sessions s where ",
        );
        push_scope(&mut query, account, filter);
        push_time(&mut query, filter);
        query
            .push(" order by s.started_at desc, s.id desc limit ")
            .push_bind(WALK);
        query.push(") s where true");
        push_kinds(&mut query, filter);
        push_text(&mut query, filter);
        query.push(" limit ").push_bind(limit).push(") counted");
        let counted: i64 = query.build_query_scalar().fetch_one(&mut *db).await?;
        if counted == limit {
            return Ok(counted);
        }
    }
    let mut query =
        QueryBuilder::<Postgres>::new("select count(*) from (select from sessions s where ");
    push_filter(&mut query, account, filter);
    query.push(" limit ").push_bind(limit).push(") counted");
    query.build_query_scalar().fetch_one(db).await
}

/// One of them.
pub(super) async fn find(
    db: &mut PgConnection,
    account: AccountId,
    project: Option<ProjectId>,
    id: SessionId,
) -> Result<Option<SessionRow>, sqlx::Error> {
    let mut query = QueryBuilder::new(format!(
        "select {COLUMNS} from sessions s join projects p on p.id = s.project_id where s.id = "
    ));
    query.push_bind(id).push(" and ");
    let own = SessionFilter {
        project,
        ..SessionFilter::default()
    };
    push_scope(&mut query, account, &own);
    query.build().try_map(row).fetch_optional(db).await
}

pub(super) async fn exist(db: &mut PgConnection, account: AccountId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from sessions where account_id = $1) as "exists!""#,
        account as AccountId
    )
    .fetch_one(db)
    .await
}

/// How many sessions started in a stretch of time, their milliseconds and their bytes.
pub(super) async fn usage(
    db: &mut PgConnection,
    scope: Scope,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(i64, i64, i64), sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select count(*) as "sessions!", coalesce(sum(duration_ms), 0)::bigint as "duration_ms!",
            coalesce(sum(size_bytes), 0)::bigint as "size_bytes!"
        from sessions
        where account_id = $1 and ($2::uuid is null or project_id = $2) and started_at >= $3 and started_at < $4
        "#,
        scope.account as AccountId,
        scope.project as Option<ProjectId>,
        from,
        until,
    )
    .fetch_one(db)
    .await?;
    Ok((row.sessions, row.duration_ms, row.size_bytes))
}

fn row(row: PgRow) -> Result<SessionRow, sqlx::Error> {
    Ok(SessionRow {
        id: row.try_get(0)?,
        project_name: row.try_get(1)?,
        room: row.try_get(2)?,
        conference_number: row.try_get(3)?,
        title: row.try_get(4)?,
        tags: row.try_get(5)?,
        has_poster: row.try_get(6)?,
        started_at: row.try_get(7)?,
        duration_ms: row.try_get(8)?,
        size_bytes: row.try_get(9)?,
        project: row.try_get(10)?,
        ended_at: row.try_get(11)?,
    })
}
