//! SQL of the report. No decisions.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row};

use super::actions::Position;
use super::{SessionFilter, SessionId, SessionOrder, words};
use crate::accounts::AccountId;
use crate::projects::ProjectId;

/// A line of the report without its files.
pub(super) struct SessionRow {
    pub(super) id: SessionId,
    pub(super) project_name: String,
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) title: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) has_poster: bool,
    pub(super) started_at: DateTime<Utc>,
    pub(super) duration_ms: i64,
    pub(super) size_bytes: i64,
}

/// Rows of an order's index that are looked through for matches before the matches are looked up instead. What more
/// than one in a hundred sessions has is found by the walk; what fewer have is little to gather and sort. So neither
/// costs more with more sessions.
const WALK: i64 = 4_000;
/// The same where each row's words must be looked at.
const WALK_OF_TEXT: i64 = 1_000;

/// Planning for the values at hand: how common a text or kind is decides the way. Compiling a query takes longer than
/// any of these should.
pub(super) async fn plan_each(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select set_config('plan_cache_mode', 'force_custom_plan', true) as planning, set_config('jit', 'off', true) as compiling"
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// One page of the report: which rows are wanted, and how many at most.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) account: AccountId,
    pub(super) filter: &'a SessionFilter,
    pub(super) order: SessionOrder,
    pub(super) position: Option<&'a Position>,
    pub(super) limit: i64,
}

/// Rows beyond the position, walking forward or backward in the order, and how they were found.
///
/// Built at run time: column, direction and comparison of the keyset vary with the order, and a form of
/// `$1 is null or …` would keep PostgreSQL from walking the index.
pub(super) async fn list(
    db: &mut PgConnection,
    wanted: Wanted<'_>,
) -> Result<(Vec<SessionRow>, Found), sqlx::Error> {
    let (mut rows, mut found) = (fetch(db, walk(wanted)).await?, Found::Walking);
    if wanted.must_look() && (rows.len() as u64) < wanted.limit.cast_unsigned() {
        rows = fetch(db, gather(wanted)).await?;
        found = Found::Gathering;
    }
    if wanted.is_backward() {
        rows.reverse();
    }
    Ok((rows, found))
}

/// How a page's rows were found, which says how common they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Enough of them lie close together in the order.
    Walking,
    /// They are few and far between.
    Gathering,
}

const COLUMNS: &str = "s.id, p.name, s.room, s.conference_number, s.title, s.tags, s.poster = 'made', s.started_at, s.duration_ms, s.size_bytes";

/// Looks through the order's index for what matches, for [`WALK`] rows at most.
fn walk(wanted: Wanted<'_>) -> QueryBuilder<Postgres> {
    let (column, direction) = (wanted.column(), wanted.direction());
    let mut query = QueryBuilder::new(format!(
        "select {COLUMNS} from (select * from sessions s where s.account_id = "
    ));
    query.push_bind(wanted.account);
    push_project(&mut query, wanted.filter);
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
    push_text(&mut query, wanted.filter, Found::Walking);
    query.push(format!(
        " order by {column} {direction}, s.id {direction} limit "
    ));
    query.push_bind(wanted.limit);
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
        "select {COLUMNS} from sessions s join projects p on p.id = s.project_id where s.account_id = "
    ));
    query.push_bind(wanted.account);
    push_project(&mut query, wanted.filter);
    push_time(&mut query, wanted.filter);
    push_kinds(&mut query, wanted.filter);
    push_text(&mut query, wanted.filter, Found::Walking);
    wanted.push_position(&mut query, column, "s.id");
    query.push(format!(
        " order by {column} {direction}, s.id {direction} limit "
    ));
    query.push_bind(wanted.limit);
    fetch(db, query).await
}

/// Looks up everything that matches by the filter's own indexes, and sorts it.
fn gather(wanted: Wanted<'_>) -> QueryBuilder<Postgres> {
    let (column, direction) = (wanted.column(), wanted.direction());
    let mut query = QueryBuilder::new(format!(
        "with matching as materialized (select s.id, {column} as key from sessions s where s.account_id = "
    ));
    query.push_bind(wanted.account);
    push_filter(&mut query, wanted.filter);
    query.push("), wanted as (select m.id from matching m where true");
    wanted.push_position(&mut query, "m.key", "m.id");
    query.push(format!(
        " order by m.key {direction}, m.id {direction} limit "
    ));
    query.push_bind(wanted.limit);
    query.push(format!(
        ") select {COLUMNS} from wanted w join sessions s on s.id = w.id join projects p on p.id = s.project_id
        order by {column} {direction}, s.id {direction}"
    ));
    query
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
        !self.filter.kinds.is_empty()
            || self.filter.text.is_some()
            || (has_time && !self.is_by_time())
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
    found: Found,
) -> Result<i64, sqlx::Error> {
    let limit = filter.count_limit().cast_signed() + 1;
    if filter.text.is_some() && found == Found::Walking {
        // A common word: its index would list every session that has it before the first is counted.
        let mut query = QueryBuilder::<Postgres>::new(
            "select count(*) from (select from (select * from sessions s where s.account_id = ",
        );
        query.push_bind(account);
        push_project(&mut query, filter);
        push_time(&mut query, filter);
        query
            .push(" order by s.started_at desc, s.id desc limit ")
            .push_bind(WALK);
        query.push(") s where true");
        push_kinds(&mut query, filter);
        push_text(&mut query, filter, Found::Walking);
        query.push(" limit ").push_bind(limit).push(") counted");
        let counted: i64 = query.build_query_scalar().fetch_one(&mut *db).await?;
        if counted == limit {
            return Ok(counted);
        }
    }
    let mut query = QueryBuilder::<Postgres>::new(
        "select count(*) from (select from sessions s where s.account_id = ",
    );
    query.push_bind(account);
    push_filter(&mut query, filter);
    query.push(" limit ").push_bind(limit).push(") counted");
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
    push_project(query, filter);
    push_time(query, filter);
    push_kinds(query, filter);
    push_text(query, filter, Found::Gathering);
}

fn push_project(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter) {
    if let Some(project) = filter.project {
        query
            .push(" and s.project_id = ")
            .push_bind::<ProjectId>(project);
    }
}

fn push_time(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter) {
    if let Some(from) = filter.from {
        query.push(" and s.started_at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" and s.started_at < ").push_bind(until);
    }
}

/// Every set of kinds that has one of these: the index on sets then finds them.
fn push_kinds(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter) {
    if filter.kinds.is_empty() {
        return;
    }
    let chosen = filter.kinds.iter().fold(0, |set, kind| set | kind.bit());
    let sets: Vec<i16> = (0..=i16::from(u8::MAX >> 1))
        .filter(|set| set & chosen != 0)
        .collect();
    query.push(" and s.kinds = any(").push_bind(sets).push(")");
}

/// A part of the label, or every word at the beginning of a word of the document.
fn push_text(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter, way: Found) {
    let Some(text) = &filter.text else { return };
    let pattern = format!(
        "%{}%",
        text.replace('\\', r"\\")
            .replace('%', r"\%")
            .replace('_', r"\_")
    );
    query
        .push(" and ((s.label like folded(")
        .push_bind(pattern)
        .push(")");
    if way == Found::Gathering && text.chars().count() >= 6 {
        // For its index: longer stretches are rarer than the trigrams that `like` goes by.
        query
            .push(" and sixgrams(s.label) @> sixgrams(folded(")
            .push_bind(text.clone())
            .push("))");
    }
    query.push(")");
    if let Some(words) = words::query(text) {
        query
            .push(" or s.document @@ ")
            .push_bind(words)
            .push("::tsquery");
    }
    query.push(")");
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
    })
}
