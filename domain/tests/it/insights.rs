//! The figures of the Overview: always what a naive count over everything gives, whatever happened on the way.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};
use domain::access_log::{Attempt, Caller, EntryId, Reason, Way};
use domain::background::More;
use domain::credentials::CredentialId;
use domain::files::FileId;
use domain::insights::actions::{by_day, overview};
use domain::insights::counting::count_some;
use domain::insights::judging::judge_some;
use domain::insights::{Figures, Gaps, Overview, Period, Scope};
use domain::members::Member;
use domain::projects::ProjectId;
use domain::sessions::SessionId;
use domain::testing::{actor, given_account, given_backend, given_file, given_session};
use domain::{Backend, Clock, projects};
use sqlx::PgPool;

/// An account with a session of one file in each of two projects.
struct Given {
    backend: Backend,
    owner: Member,
    projects: [ProjectId; 2],
    sessions: [SessionId; 2],
    files: [FileId; 2],
    _folder: tempfile::TempDir,
}

async fn given(db: &PgPool, name: &str) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, name).await;
    let mut projects = Vec::new();
    let mut sessions = Vec::new();
    let mut files = Vec::new();
    for name in ["care", "sales"] {
        let project = projects::actions::create(&backend, &actor(&owner), name)
            .await
            .unwrap();
        let session = given_session(&backend, &owner, project.id, name).await;
        files.push(given_file(&backend, &owner, session, "live.mp4", name.as_bytes()).await);
        projects.push(project.id);
        sessions.push(session);
    }
    Given {
        backend,
        owner,
        projects: projects.try_into().unwrap(),
        sessions: sessions.try_into().unwrap(),
        files: files.try_into().unwrap(),
        _folder: folder,
    }
}

impl Given {
    fn now(&self) -> DateTime<Utc> {
        self.backend.clock.now()
    }

    /// A granted piece of a file.
    fn grant(&self, file: usize, caller: Caller, at: DateTime<Utc>) -> Attempt {
        Attempt {
            id: EntryId::new(at),
            occurred_at: at,
            account: Some(self.owner.account),
            caller_account: Some(self.owner.account),
            file: Some((self.files[file], "live.mp4".to_owned())),
            caller,
            way: Way::Basic,
            client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            user_agent: None,
            method: "GET".to_owned(),
            status: 206,
            bytes_sent: 10,
            reason: None,
        }
    }

    fn refusal(&self, reason: Reason, at: DateTime<Utc>) -> Attempt {
        Attempt {
            caller: Caller::NOBODY,
            status: 403,
            bytes_sent: 3,
            reason: Some(reason),
            ..self.grant(0, Caller::NOBODY, at)
        }
    }

    async fn record(&self, attempts: impl IntoIterator<Item = Attempt>) {
        for attempt in attempts {
            self.backend.access_log.record(attempt);
        }
        self.backend
            .access_log
            .flush(&self.backend.db)
            .await
            .unwrap();
    }

    /// Counts until nothing is left.
    async fn count(&self) {
        while count_some(&self.backend).await.unwrap() == More::Now {}
    }

    /// The last 30 days.
    async fn overview(&self, project: Option<ProjectId>) -> Overview {
        let period = Period::ending(self.now().date_naive(), 30);
        overview(
            &self.backend,
            &actor(&self.owner),
            &Scope { period, project },
        )
        .await
        .unwrap()
    }
}

fn somebody(now: DateTime<Utc>) -> Caller {
    Caller::credential(CredentialId::new(now))
}

/// What the definitions say, over everything there is.
async fn naive(given: &Given, project: Option<ProjectId>) -> (i64, i64, i64, i64) {
    let row: (i64, i64, i64, i64) = sqlx::query_as(
        "with log as (
            select * from access_log where account_id = $1 and ($2::uuid is null or project_id = $2)
                and occurred_at >= $3::timestamptz - interval '29 days')
        select (select count(*) from (select distinct file_id, (occurred_at at time zone 'UTC')::date, caller_kind,
                caller_id, client_address
            from log where reason is null and method = 'GET' and status in (200, 206) and bytes_sent > 0) d),
            (select coalesce(sum(bytes_sent), 0)::bigint from log where reason is null),
            (select count(*) from log where reason is not null),
            (select coalesce(sum(f.size_bytes), 0)::bigint from files f join sessions s on s.id = f.session_id
                where f.account_id = $1 and f.deleted_at is null and ($2::uuid is null or s.project_id = $2))",
    )
    .bind(given.owner.account)
    .bind(project)
    .bind(given.now())
    .fetch_one(&given.backend.db)
    .await
    .unwrap();
    row
}

fn counted(figures: &Figures) -> (i64, i64, i64, i64) {
    (
        figures.downloads.cast_signed(),
        figures.delivered.cast_signed(),
        figures.refusals.cast_signed(),
        figures.stored.cast_signed(),
    )
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_figures_are_what_a_naive_count_gives(db: PgPool) {
    let given = given(&db, "north").await;
    let now = given.now();
    let (one, other) = (somebody(now), somebody(now));
    let head = Attempt {
        method: "HEAD".to_owned(),
        status: 200,
        bytes_sent: 0,
        ..given.grant(0, other, now)
    };
    let had_it = Attempt {
        status: 304,
        bytes_sent: 0,
        ..given.grant(1, other, now)
    };
    let elsewhere = Attempt {
        client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)),
        ..given.grant(0, one, now)
    };
    given
        .record([
            // Three pieces, and one more tomorrow: two downloads.
            given.grant(0, one, now - TimeDelta::days(1)),
            given.grant(0, one, now - TimeDelta::days(1)),
            given.grant(0, one, now),
            elsewhere,
            given.grant(1, other, now),
            given.grant(1, Caller::NOBODY, now),
            head,
            had_it,
            given.refusal(Reason::NoProof, now),
            given.refusal(Reason::WrongPassword, now - TimeDelta::days(3)),
            given.refusal(Reason::WrongPassword, now),
            given.refusal(Reason::WrongPassword, now - TimeDelta::days(40)),
        ])
        .await;
    given.count().await;
    let shown = given.overview(None).await;
    assert_eq!(counted(&shown.total), naive(&given, None).await);
    assert_eq!(shown.total.downloads, 5);
    assert_eq!((shown.total.sessions, shown.before.refusals), (2, 1));
    for project in given.projects {
        let of_project = given.overview(Some(project)).await;
        assert_eq!(
            counted(&of_project.total),
            naive(&given, Some(project)).await
        );
    }
    let refusals: Vec<_> = shown
        .refusals
        .iter()
        .map(|one| (one.reason.as_str(), one.requests))
        .collect();
    assert_eq!(refusals, [("wrong_password", 2), ("no_proof", 1)]);
    let top: Vec<_> = shown
        .top_files
        .iter()
        .map(|top| (top.file, top.downloads, top.callers, top.delivered))
        .collect();
    assert_eq!(
        top,
        [(given.files[0], 3, 2, 40), (given.files[1], 2, 2, 20)]
    );
    assert_eq!(shown.counted_at, Some(now));
    // The plots add up to the headlines.
    let sum = |figure: fn(&Figures) -> u64| {
        shown
            .buckets
            .iter()
            .map(|bucket| figure(&bucket.figures))
            .sum::<u64>()
    };
    assert_eq!(sum(|one| one.downloads), shown.total.downloads);
    assert_eq!(sum(|one| one.refusals), shown.total.refusals);
    assert_eq!(sum(|one| one.sessions), shown.total.sessions);
    let scope = Scope {
        period: shown.period,
        project: None,
    };
    let days = by_day(&given.backend, &actor(&given.owner), &scope)
        .await
        .unwrap();
    assert_eq!(days, shown.buckets, "thirty days are cut by the day");
}

/// Killed at any moment, a step has counted nothing; done twice, it counts nothing twice.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn counting_again_counts_nothing_twice(db: PgPool) {
    let given = given(&db, "north").await;
    let now = given.now();
    let caller = somebody(now);
    given.record([given.grant(0, caller, now)]).await;
    given.count().await;
    let before = given.overview(None).await;
    given.count().await;
    assert_eq!(given.overview(None).await, before);
    // It fails after some of its rows were added: the log's own sum of bytes cannot be stored.
    sqlx::query("alter table access_days add constraint broken check (bytes < 15)")
        .execute(&db)
        .await
        .unwrap();
    given
        .record([
            given.grant(0, caller, now),
            given.grant(0, somebody(now), now),
        ])
        .await;
    assert!(count_some(&given.backend).await.is_err());
    assert_eq!(given.overview(None).await.total, before.total);
    sqlx::query("alter table access_days drop constraint broken")
        .execute(&db)
        .await
        .unwrap();
    given.count().await;
    let shown = given.overview(None).await;
    assert_eq!((shown.total.downloads, shown.total.delivered), (2, 30));
}

/// A download that lasted, or a process that could not write for a while: its row comes last and tells of an old day.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn rows_that_come_late_are_counted_on_their_day(db: PgPool) {
    let given = given(&db, "north").await;
    let now = given.now();
    let caller = somebody(now);
    given.record([given.grant(0, caller, now)]).await;
    given.count().await;
    let late = now - TimeDelta::days(20);
    given
        .record([given.grant(0, caller, late), given.grant(0, caller, late)])
        .await;
    given.count().await;
    let shown = given.overview(None).await;
    assert_eq!(shown.total.downloads, 2);
    let of_day = shown
        .buckets
        .iter()
        .find(|bucket| bucket.first == late.date_naive());
    assert_eq!(of_day.unwrap().figures.downloads, 1);
}

/// The loop lets one process work at a time; should two do it all the same, each row is counted once.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn processes_that_count_at_once_count_each_row_once(db: PgPool) {
    let given = given(&db, "north").await;
    let now = given.now();
    let callers: Vec<Caller> = (0..40).map(|_| somebody(now)).collect();
    let attempts = (0..2_000_usize).map(|n| {
        given.grant(
            n % 2,
            callers[n % 40],
            now - TimeDelta::hours(i64::try_from(n % 60).unwrap()),
        )
    });
    given.record(attempts.collect::<Vec<_>>()).await;
    let mut counting = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let backend = given.backend.clone();
        counting.spawn(async move { while count_some(&backend).await.unwrap() == More::Now {} });
    }
    counting.join_all().await;
    let shown = given.overview(None).await;
    assert_eq!(counted(&shown.total), naive(&given, None).await);
    assert_eq!((shown.total.delivered, shown.total.sessions), (20_000, 2));
}

/// What is not committed yet must not be passed over for good.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_change_that_is_committed_late_is_not_missed(db: PgPool) {
    let given = given(&db, "north").await;
    let mut slow = db.begin().await.unwrap();
    sqlx::query("update sessions set duration_ms = 60000 where id = $1")
        .bind(given.sessions[0])
        .execute(&mut *slow)
        .await
        .unwrap();
    given_session(&given.backend, &given.owner, given.projects[0], "third").await;
    given.count().await;
    let shown = given.overview(None).await.total;
    assert_eq!((shown.sessions, shown.duration_ms), (3, 0));
    slow.commit().await.unwrap();
    given.count().await;
    let shown = given.overview(None).await.total;
    assert_eq!((shown.sessions, shown.duration_ms), (3, 60_000));
}

/// Sessions that move to another day, files that are deleted, and a recording that claims to last for ages.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn changes_and_deletions_are_followed(db: PgPool) {
    let given = given(&db, "north").await;
    let now = given.now();
    given.count().await;
    let shown = given.overview(None).await.total;
    assert_eq!((shown.sessions, shown.stored), (2, 9));
    sqlx::query("update sessions set started_at = started_at - interval '10 days', duration_ms = $2 where id = $1")
        .bind(given.sessions[0])
        .bind(i64::MAX)
        .execute(&db)
        .await
        .unwrap();
    let tombstone = "update files set trashed_at = $2, trash_cause = 'manual', trash_reason = 'x', deleted_at = $2 where id = $1";
    sqlx::query(tombstone)
        .bind(given.files[1])
        .bind(now)
        .execute(&db)
        .await
        .unwrap();
    given.count().await;
    let shown = given.overview(None).await;
    assert_eq!((shown.total.sessions, shown.total.stored), (2, 4));
    assert_eq!(shown.total.duration_ms, 365 * 86_400_000);
    let levels: Vec<u64> = shown
        .buckets
        .iter()
        .map(|bucket| bucket.figures.stored)
        .collect();
    assert_eq!(levels.first(), Some(&0), "nothing lay there 30 days ago");
    assert_eq!(levels.last(), Some(&4));
    let day = (now - TimeDelta::days(10)).date_naive();
    let moved = shown.buckets.iter().find(|bucket| bucket.first == day);
    assert_eq!(moved.unwrap().figures.sessions, 1);
    for id in given.files {
        sqlx::query("delete from files where id = $1")
            .bind(id)
            .execute(&db)
            .await
            .unwrap();
    }
    for id in given.sessions {
        sqlx::query("delete from sessions where id = $1")
            .bind(id)
            .execute(&db)
            .await
            .unwrap();
    }
    given.count().await;
    let gone = given.overview(None).await.total;
    assert_eq!((gone.sessions, gone.duration_ms), (0, 0));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_account_sees_nothing_of_it(db: PgPool) {
    let given = given(&db, "north").await;
    given
        .record([given.grant(0, somebody(given.now()), given.now())])
        .await;
    given.count().await;
    let stranger = given_account(&given.backend, "south").await;
    let period = Period::ending(given.now().date_naive(), 30);
    for project in [None, Some(given.projects[0])] {
        let shown = overview(
            &given.backend,
            &actor(&stranger),
            &Scope { period, project },
        )
        .await
        .unwrap();
        assert_eq!(shown.total, Figures::default());
        assert!(shown.top_files.is_empty() && !shown.is_any);
    }
}

/// X17: judged as the session's page does, two hours after the end, and again when files come.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn sessions_with_gaps_are_counted_and_named(db: PgPool) {
    let mut given = given(&db, "north").await;
    let judge = async |given: &Given| {
        while judge_some(&given.backend).await.unwrap() == More::Now {}
        given.count().await;
        given.overview(None).await
    };
    let early = judge(&given).await.completeness;
    assert_eq!((early.sessions, early.judged, early.waiting()), (2, 0, 2));
    given.backend.clock = Clock::fixed(given.now() + TimeDelta::hours(2) + TimeDelta::seconds(1));
    // Two took part, and only the first one's recording came.
    let people = br#"{"participants": [{"name": "Ada"}, {"name": "Bo"}]}"#;
    let track = given_file(
        &given.backend,
        &given.owner,
        given.sessions[0],
        "individual_1.webm",
        b"webm",
    )
    .await;
    let metadata = given_file(
        &given.backend,
        &given.owner,
        given.sessions[0],
        "metadata.json",
        people,
    )
    .await;
    for (file, kind) in [(track, "individual"), (metadata, "metadata")] {
        sqlx::query("update files set kind = $2 where id = $1")
            .bind(file)
            .bind(kind)
            .execute(&db)
            .await
            .unwrap();
    }
    let shown = judge(&given).await;
    let all = shown.completeness;
    assert_eq!((all.judged, all.incomplete, all.complete()), (2, 2, 0));
    assert_eq!(
        (
            all.without_track,
            all.without_chat,
            all.without_metadata,
            all.without_recording
        ),
        (1, 2, 1, 0)
    );
    let first = shown
        .with_gaps
        .iter()
        .find(|one| one.id == given.sessions[0])
        .unwrap();
    assert_eq!(first.gaps, Gaps(Gaps::TRACK | Gaps::CHAT));
    // The rest comes after all.
    for (name, kind) in [("individual_2.webm", "individual"), ("chat.json", "chat")] {
        let file = given_file(&given.backend, &given.owner, given.sessions[0], name, b"{}").await;
        sqlx::query("update files set kind = $2 where id = $1")
            .bind(file)
            .bind(kind)
            .execute(&db)
            .await
            .unwrap();
    }
    let all = judge(&given).await.completeness;
    assert_eq!((all.judged, all.incomplete, all.complete()), (2, 1, 1));
}

/// What was there before the sums were kept is in them: the migration counts it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_was_there_before_is_counted_by_the_migration(db: PgPool) {
    let given = given(&db, "north").await;
    given.count().await;
    let sums =
        "select account_id, project_id, day, sessions, duration_ms, added_bytes - removed_bytes
        from recording_days order by 1, 2, 3";
    let rows = async |sql: String| {
        sqlx::query_as::<_, (uuid::Uuid, uuid::Uuid, chrono::NaiveDate, i64, i64, i64)>(
            sqlx::AssertSqlSafe(sql),
        )
        .fetch_all(&db)
        .await
        .unwrap()
    };
    let kept = rows(sums.to_owned()).await;
    assert_eq!(kept.len(), 2);
    let migration = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../migrations/20261121150100_sum_up_days.sql"
    ))
    .unwrap();
    let (_, fill) = migration
        .split_once("\ninsert into recording_days\n")
        .unwrap();
    sqlx::query("truncate recording_days")
        .execute(&db)
        .await
        .unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "insert into recording_days {fill}"
    )))
    .execute(&db)
    .await
    .unwrap();
    assert_eq!(rows(sums.to_owned()).await, kept);
}

/// Few downloads are summed up, of many the search goes down from the top: both find the same files.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_top_files_are_those_with_most_downloads_however_they_are_found(db: PgPool) {
    let given = given(&db, "north").await;
    let today = given.now().date_naive();
    let fill = "
        insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at)
        select md5('f' || n)::uuid, $1, $2, 'live', n || '.mp4', 'video/mp4', 1, sha256('x'), now()
        from generate_series(1, 3000) n";
    sqlx::query(fill)
        .bind(given.owner.account)
        .bind(given.sessions[0])
        .execute(&db)
        .await
        .unwrap();
    // Most files have one download or two, many have the same number, a few have many, on two days each.
    let days = "
        insert into file_days (account_id, file_id, day, project_id, downloads, bytes, last_at)
        select $1, md5('f' || n)::uuid, $3::date - ((n * 7 + k * 100) % 200), case when n % 3 = 0 then $2 else $1 end,
            1 + n * 7919 % 3 + case when n % 100 = 7 then n / 100 else 0 end, 10, now()
        from generate_series(1, 3000) n, generate_series(1, 2) k";
    sqlx::query(days)
        .bind(given.owner.account)
        .bind(given.projects[0])
        .bind(today)
        .execute(&db)
        .await
        .unwrap();
    let ever = "
        insert into file_downloads (account_id, file_id, project_id, downloads, first_day, last_day)
        select account_id, file_id, (array_agg(project_id))[1], sum(downloads), min(day), max(day)
        from file_days group by account_id, file_id";
    sqlx::query(ever).execute(&db).await.unwrap();
    for many in [0, 1_000_000_i64] {
        sqlx::query(
            "insert into access_days (account_id, day, project_id, reason, requests, bytes, downloads)
            select $1, $2::date - 100, project, '', 0, 0, $4 from unnest(array[$1, $3]) as project
            on conflict (account_id, day, project_id, reason) do update set downloads = excluded.downloads",
        )
        .bind(given.owner.account)
        .bind(today)
        .bind(given.projects[0])
        .bind(many)
        .execute(&db)
        .await
        .unwrap();
        for (first, last) in [(100, 100), (120, 60), (150, 0), (199, 90)] {
            for project in [None, Some(given.projects[0])] {
                let day = |ago| today - TimeDelta::days(ago);
                let scope = Scope {
                    period: Period::new(day(first), day(last)).unwrap(),
                    project,
                };
                let shown = overview(&given.backend, &actor(&given.owner), &scope)
                    .await
                    .unwrap();
                let found: Vec<_> = shown
                    .top_files
                    .iter()
                    .map(|top| (top.file, top.downloads.cast_signed()))
                    .collect();
                let naive: Vec<(FileId, i64)> = sqlx::query_as(
                    "select d.file_id, sum(d.downloads) from file_days d join file_downloads f using (account_id, file_id)
                    where d.day between $1 and $2 and ($3::uuid is null or d.project_id = $3)
                    group by d.file_id order by 2 desc, max(f.downloads) desc, 1 limit 10",
                )
                .bind(day(first))
                .bind(day(last))
                .bind(project)
                .fetch_all(&db)
                .await
                .unwrap();
                assert_eq!(found, naive, "{first} to {last}, {many}");
            }
        }
    }
}
