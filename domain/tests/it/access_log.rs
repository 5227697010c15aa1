//! The access log: batches, months, chains, what is done to them, and a database that goes away.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};
use domain::access_log::chain::{Broken, Head};
use domain::access_log::report::{CallerFilter, EntryFilter, Outcome};
use domain::access_log::{AccessLog, Attempt, Caller, EntryId, NO_ACCOUNT, Reason, Way, actions};
use domain::accounts::AccountId;
use domain::files::FileId;
use domain::sessions::SessionId;
use domain::testing::{actor, given_account, given_backend};
use domain::{Actor, Backend, Error, PageRequest, Role};
use sqlx::PgPool;

fn backend(db: &PgPool) -> (Backend, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (given_backend(db.clone(), folder.path()), folder)
}

/// A refusal of somebody without a proof.
pub(crate) fn attempt(account: Option<AccountId>, now: DateTime<Utc>) -> Attempt {
    Attempt {
        id: EntryId::new(now),
        occurred_at: now,
        account,
        caller_account: None,
        file: Some((FileId::new(now), "live.mp4".to_owned())),
        caller: Caller::NOBODY,
        way: Way::Nothing,
        client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)),
        user_agent: Some("curl/7.88.1".to_owned()),
        method: "GET".to_owned(),
        status: 403,
        bytes_sent: 12,
        reason: Some(Reason::NoProof),
    }
}

async fn given_rows(backend: &Backend, account: Option<AccountId>, rows: usize) {
    for _ in 0..rows {
        backend
            .access_log
            .record(attempt(account, backend.clock.now()));
    }
    backend.access_log.flush(&backend.db).await.unwrap();
}

/// What is wrong with the chain of an account.
async fn broken(backend: &Backend, account: AccountId, kept: Vec<Head>) -> Option<Broken> {
    let findings = actions::verify(backend, kept).await.unwrap();
    let finding = findings
        .iter()
        .find(|finding| finding.head.account == account);
    finding.unwrap().broken
}

async fn count(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from access_log")
        .fetch_one(db)
        .await
        .unwrap()
}

/// Does what only the owner of the tables can, and only after switching off what hinders him.
async fn tamper(db: &PgPool, statement: &str) {
    let mut tx = db.begin().await.unwrap();
    sqlx::query("set local session_replication_role = replica")
        .execute(&mut *tx)
        .await
        .unwrap();
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(&mut *tx)
        .await
        .unwrap();
    assert!(done.rows_affected() > 0, "{statement}");
    tx.commit().await.unwrap();
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn rows_are_written_in_batches_with_consecutive_numbers(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let owner = given_account(&backend, "acme").await;
    // More than one batch.
    given_rows(&backend, Some(owner.account), 4_100).await;
    given_rows(&backend, Some(AccountId::new(backend.clock.now())), 2).await;
    given_rows(&backend, None, 1).await;
    let counts = backend.access_log.counts();
    assert_eq!(
        (counts.waiting, counts.written, counts.dropped),
        (0, 4_103, 0)
    );
    let findings = actions::verify(&backend, vec![]).await.unwrap();
    let found: Vec<_> = findings
        .iter()
        .map(|one| (one.head.account, one.head.count, one.broken))
        .collect();
    assert_eq!(
        found,
        [(NO_ACCOUNT, 3, None), (owner.account, 4_100, None)],
        "an account that is none goes to nobody's chain"
    );
}

/// What callers choose is cut, and what PostgreSQL cannot keep is left out.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn texts_of_callers_are_bounded(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let mut long = attempt(None, backend.clock.now());
    long.user_agent = Some(format!("a\0b\n{}", "ü".repeat(10_000)));
    long.file = long.file.map(|(id, _)| (id, "x".repeat(9_000)));
    long.method = "BREW".repeat(100);
    backend.access_log.record(long);
    backend.access_log.flush(&db).await.unwrap();
    let row: (String, i32, i32) =
        sqlx::query_as("select left(user_agent, 3), length(user_agent), length(file_name) + length(method) from access_log")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(row, ("abü".to_owned(), 256, 255 + 16));
}

/// Several processes write one chain.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn processes_that_write_at_once_make_one_chain(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let accounts = [
        given_account(&backend, "acme").await,
        given_account(&backend, "other").await,
    ];
    let mut writing = tokio::task::JoinSet::new();
    for process in 0..6 {
        let (log, db, now) = (AccessLog::default(), db.clone(), backend.clock.now());
        for row in 0..200 {
            let member = &accounts[(row + process) % 2];
            log.record(attempt(Some(member.account), now));
        }
        writing.spawn(async move { log.flush(&db).await });
    }
    for written in writing.join_all().await {
        written.unwrap();
    }
    let findings = actions::verify(&backend, vec![]).await.unwrap();
    assert!(
        findings
            .iter()
            .all(|one| one.broken.is_none() && one.head.count == 600),
        "{findings:?}"
    );
    assert_eq!(findings.len(), 2);
}

/// R182: kept while the database is away, written when it is back, and each once.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn rows_wait_for_a_database_that_is_away(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let closed =
        sqlx::pool::PoolOptions::new().connect_lazy_with(sqlx::postgres::PgConnectOptions::new());
    closed.close().await;
    for _ in 0..3 {
        backend
            .access_log
            .record(attempt(None, backend.clock.now()));
    }
    assert!(backend.access_log.flush(&closed).await.is_err());
    assert_eq!(backend.access_log.counts().waiting, 3);
    backend.access_log.flush(&db).await.unwrap();
    assert_eq!(count(&db).await, 3);
    assert_eq!(broken(&backend, NO_ACCOUNT, vec![]).await, None);
}

/// A commit whose answer was lost: the rows are there, and are not written again.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_batch_that_may_have_been_written_is_not_written_twice(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let (first, second) = (
        attempt(None, backend.clock.now()),
        attempt(None, backend.clock.now()),
    );
    backend.access_log.record(first.clone());
    backend.access_log.flush(&db).await.unwrap();
    backend.access_log.record(first);
    backend.access_log.record(second);
    sqlx::query("alter table access_log_heads rename to away")
        .execute(&db)
        .await
        .unwrap();
    assert!(backend.access_log.flush(&db).await.is_err());
    sqlx::query("alter table away rename to access_log_heads")
        .execute(&db)
        .await
        .unwrap();
    backend.access_log.flush(&db).await.unwrap();
    assert_eq!(count(&db).await, 2);
    assert_eq!(broken(&backend, NO_ACCOUNT, vec![]).await, None);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_row_that_cannot_be_stored_does_not_hold_up_the_others(db: PgPool) {
    let (backend, _folder) = backend(&db);
    sqlx::query("alter table access_log add constraint no_pots check (status <> 418)")
        .execute(&db)
        .await
        .unwrap();
    for status in [403, 418, 404] {
        let mut one = attempt(None, backend.clock.now());
        one.status = status;
        backend.access_log.record(one);
    }
    backend.access_log.flush(&db).await.unwrap();
    let counts = backend.access_log.counts();
    assert_eq!((counts.waiting, counts.written, counts.dropped), (0, 2, 1));
    assert_eq!(broken(&backend, NO_ACCOUNT, vec![]).await, None);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn rows_without_room_are_counted(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let one = attempt(None, backend.clock.now());
    for _ in 0..domain::access_log::writer::CAPACITY + 7 {
        backend.access_log.record(one.clone());
    }
    let counts = backend.access_log.counts();
    assert_eq!((counts.waiting, counts.dropped), (100_000, 7));
}

/// What waits when the process ends is written; nothing has to wait for its turn.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_writer_writes_by_itself_and_drains_at_the_end(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let log = backend.access_log.clone();
    let writer = tokio::spawn(log.run(db.clone(), async { drop(ended.await) }));
    backend
        .access_log
        .record(attempt(None, backend.clock.now()));
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while count(&db).await == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    backend
        .access_log
        .record(attempt(None, backend.clock.now()));
    drop(end);
    writer.await.unwrap();
    assert_eq!(count(&db).await, 2);
}

/// The first and last moment of a month, long ago and far ahead; and a month that an operator removed.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_month_has_its_partition(db: PgPool) {
    let (backend, _folder) = backend(&db);
    actions::make_months(&backend).await.unwrap();
    actions::make_months(&backend).await.unwrap();
    let made: i64 = sqlx::query_scalar(
        "select count(*) from pg_inherits where inhparent = 'access_log'::regclass",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(made, 4, "this month and the next three");
    for (moment, partition) in [
        ("2026-12-31T23:59:59.999999Z", "access_log_2026_12"),
        ("2027-01-01T00:00:00Z", "access_log_2027_01"),
        ("1999-02-28T12:00:00Z", "access_log_1999_02"),
        ("2099-06-01T00:00:00Z", "access_log_2099_06"),
    ] {
        let one = attempt(None, moment.parse().unwrap());
        let id = one.id;
        backend.access_log.record(one);
        backend.access_log.flush(&db).await.unwrap();
        let found: String =
            sqlx::query_scalar("select tableoid::regclass::text from access_log where id = $1")
                .bind(id)
                .fetch_one(&db)
                .await
                .unwrap();
        assert_eq!(found, partition);
    }
    sqlx::query("drop table access_log_2099_06")
        .execute(&db)
        .await
        .unwrap();
    backend
        .access_log
        .record(attempt(None, "2099-06-30T00:00:00Z".parse().unwrap()));
    backend.access_log.flush(&db).await.unwrap();
    assert_eq!(backend.access_log.counts().dropped, 0);
}

/// R180: whoever asks, by the table or by a partition.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn rows_can_neither_be_changed_nor_removed(db: PgPool) {
    let (backend, _folder) = backend(&db);
    given_rows(&backend, None, 2).await;
    let month = backend.clock.now().format("access_log_%Y_%m").to_string();
    for table in ["access_log", &month, "access_log_heads"] {
        for statement in [
            format!("update {table} set account_id = gen_random_uuid()"),
            format!("delete from {table}"),
            format!("truncate {table}"),
        ] {
            let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))
                .execute(&db)
                .await
                .unwrap_err();
            assert!(
                refused.to_string().contains("only"),
                "{statement}: {refused}"
            );
        }
    }
    assert!(
        sqlx::query("update access_log_heads set count = 1")
            .execute(&db)
            .await
            .is_err()
    );
}

/// X12: with the rights of the database's owner, and every other trace left as it was.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn whatever_is_done_to_the_rows_is_found(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let mut accounts = Vec::new();
    for name in [
        "edited",
        "deleted",
        "swapped",
        "shortened",
        "headless",
        "whole",
    ] {
        let owner = given_account(&backend, name).await;
        given_rows(&backend, Some(owner.account), 5).await;
        accounts.push(owner.account);
    }
    let [edited, deleted, swapped, shortened, headless, whole] = accounts.try_into().unwrap();
    let of = |account| format!("account_id = '{account}'");
    let kept = actions::heads(&backend).await.unwrap();
    assert_eq!(broken(&backend, edited, kept.clone()).await, None);

    tamper(
        &db,
        &format!(
            "update access_log set client_address = '192.0.2.10' where seq = 2 and {}",
            of(edited)
        ),
    )
    .await;
    assert_eq!(
        broken(&backend, edited, vec![]).await,
        Some(Broken::Changed { seq: 2 })
    );

    tamper(
        &db,
        &format!("delete from access_log where seq = 3 and {}", of(deleted)),
    )
    .await;
    assert_eq!(
        broken(&backend, deleted, vec![]).await,
        Some(Broken::Missing { from: 3, to: 3 })
    );

    tamper(
        &db,
        &format!(
            "update access_log set seq = 7 - seq where seq in (3, 4) and {}",
            of(swapped)
        ),
    )
    .await;
    assert_eq!(
        broken(&backend, swapped, vec![]).await,
        Some(Broken::Changed { seq: 3 })
    );

    tamper(
        &db,
        &format!("delete from access_log where seq > 3 and {}", of(shortened)),
    )
    .await;
    assert_eq!(
        broken(&backend, shortened, vec![]).await,
        Some(Broken::Missing { from: 4, to: 5 })
    );
    // With its recorded end it looks whole, except to whoever wrote the end down.
    tamper(
        &db,
        &format!(
            "update access_log_heads h set count = 3, hash = l.hash from access_log l
            where l.account_id = h.account_id and l.seq = 3 and h.{}",
            of(shortened)
        ),
    )
    .await;
    assert_eq!(broken(&backend, shortened, vec![]).await, None);
    assert_eq!(
        broken(&backend, shortened, kept.clone()).await,
        Some(Broken::Missing { from: 4, to: 5 })
    );

    tamper(
        &db,
        &format!("delete from access_log_heads where {}", of(headless)),
    )
    .await;
    assert_eq!(
        broken(&backend, headless, vec![]).await,
        Some(Broken::NoHead)
    );
    tamper(
        &db,
        &format!("delete from access_log where {}", of(headless)),
    )
    .await;
    assert_eq!(
        broken(&backend, headless, kept.clone()).await,
        Some(Broken::Missing { from: 1, to: 5 })
    );

    assert_eq!(
        broken(&backend, whole, kept).await,
        None,
        "what was not touched is whole"
    );
}

/// The export holds what the proof needs, and nothing of other accounts.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_export_proves_itself(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let (owner, other) = (
        given_account(&backend, "acme").await,
        given_account(&backend, "other").await,
    );
    given_rows(&backend, Some(owner.account), 3).await;
    given_rows(&backend, Some(other.account), 2).await;
    backend.clock.advance(TimeDelta::days(40));
    given_rows(&backend, Some(owner.account), 3).await;
    let mut proof = domain::access_log::chain::Proof::new(vec![]);
    let mut rows = 0;
    let heads = actions::export(&backend, Some(owner.account), |link| {
        rows += 1;
        let line = serde_json::to_string(&link).unwrap();
        proof.add(&serde_json::from_str(&line).unwrap());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!((rows, heads.len()), (6, 1));
    assert!(
        proof
            .finish(&heads)
            .iter()
            .all(|finding| finding.broken.is_none())
    );
}

/// Everyone but support, each role by itself.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn support_does_not_see_who_opened_what(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let owner = given_account(&backend, "acme").await;
    let page = PageRequest {
        cursor: None,
        size: 25,
    };
    for role in Role::ALL {
        let actor = Actor {
            caller: domain::Caller::Member { id: owner.id, role },
            ..actor(&owner)
        };
        let filter = EntryFilter::default();
        let expected = role != Role::Support;
        assert_eq!(
            actions::report(&backend, &actor, &filter, &page)
                .await
                .is_ok(),
            expected,
            "{role:?}"
        );
        assert_eq!(
            actions::list_after(&backend, &actor, &filter, None, 5)
                .await
                .is_ok(),
            expected,
            "{role:?}"
        );
        assert_eq!(
            actions::callers(&backend, &actor).await.is_ok(),
            expected,
            "{role:?}"
        );
        assert_eq!(
            actions::exist(&backend, &actor).await.is_ok(),
            expected,
            "{role:?}"
        );
    }
}

/// Forth and back over all pages, also where many rows have one time, and over the end of a month.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn pages_follow_each_other_and_hold_every_row_once(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let owner = given_account(&backend, "acme").await;
    let other = given_account(&backend, "other").await;
    for _ in 0..4 {
        given_rows(&backend, Some(owner.account), 6).await;
        given_rows(&backend, Some(other.account), 1).await;
        backend.clock.advance(TimeDelta::days(11));
    }
    let (actor, filter) = (actor(&owner), EntryFilter::default());
    let mut request = PageRequest {
        cursor: None,
        size: 5,
    };
    let mut forth: Vec<Vec<EntryId>> = Vec::new();
    let last = loop {
        let page = actions::report(&backend, &actor, &filter, &request)
            .await
            .unwrap();
        assert_eq!(page.total, 24);
        assert!(
            page.items
                .is_sorted_by_key(|entry| std::cmp::Reverse((entry.occurred_at, entry.id)))
        );
        forth.push(page.items.iter().map(|entry| entry.id).collect());
        match page.next.clone() {
            Some(next) => request.cursor = Some(next),
            None => break page,
        }
    };
    let all: std::collections::HashSet<_> = forth.iter().flatten().collect();
    assert_eq!((forth.len(), all.len()), (5, 24));
    let (mut back, mut previous) = (vec![forth[4].clone()], last.previous);
    while let Some(cursor) = previous {
        request.cursor = Some(cursor);
        let page = actions::report(&backend, &actor, &filter, &request)
            .await
            .unwrap();
        back.push(page.items.iter().map(|entry| entry.id).collect());
        previous = page.previous;
    }
    back.reverse();
    assert_eq!(back, forth);
    for damaged in [
        "x",
        "after.1.x",
        "after.9223372036854775807.00000000-0000-0000-0000-000000000000",
    ] {
        request.cursor = Some(damaged.to_owned());
        let refused = actions::report(&backend, &actor, &filter, &request).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{damaged}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_filter_narrows_to_what_it_names(db: PgPool) {
    let (backend, _folder) = backend(&db);
    let owner = given_account(&backend, "acme").await;
    let begin = backend.clock.now();
    let plain = attempt(Some(owner.account), begin);
    let file = plain.file.as_ref().map(|(id, _)| *id);
    let mut by_member = attempt(Some(owner.account), begin + TimeDelta::hours(1));
    by_member.caller = Caller::member(owner.id);
    by_member.reason = None;
    let mut elsewhere = attempt(Some(owner.account), begin + TimeDelta::hours(2));
    elsewhere.client = "2001:db8::1".parse().unwrap();
    elsewhere.reason = Some(Reason::Throttled);
    let ids = [plain.id, by_member.id, elsewhere.id];
    for one in [plain, by_member, elsewhere] {
        backend.access_log.record(one);
    }
    backend.access_log.flush(&db).await.unwrap();
    let none = EntryFilter::default;
    for (filter, expected) in [
        (none(), &[2, 1, 0][..]),
        (EntryFilter { file, ..none() }, &[0]),
        (
            EntryFilter {
                session: Some(SessionId::new(begin)),
                ..none()
            },
            &[],
        ),
        (
            EntryFilter {
                caller: Some(CallerFilter::Nobody),
                ..none()
            },
            &[2, 0],
        ),
        (
            EntryFilter {
                caller: Some(CallerFilter::Id(*owner.id.as_uuid())),
                ..none()
            },
            &[1],
        ),
        (
            EntryFilter {
                client_address: Some("2001:db8::1".to_owned()),
                ..none()
            },
            &[2],
        ),
        (
            EntryFilter {
                outcome: Some(Outcome::Granted),
                ..none()
            },
            &[1],
        ),
        (
            EntryFilter {
                outcome: Some(Outcome::Refused),
                ..none()
            },
            &[2, 0],
        ),
        (
            EntryFilter {
                outcome: Some(Outcome::Because(Reason::Throttled)),
                ..none()
            },
            &[2],
        ),
        (
            EntryFilter {
                from: Some(begin + TimeDelta::hours(1)),
                ..none()
            },
            &[2, 1],
        ),
        (
            EntryFilter {
                until: Some(begin + TimeDelta::hours(1)),
                ..none()
            },
            &[0],
        ),
    ] {
        let page = PageRequest {
            cursor: None,
            size: 25,
        };
        let found = actions::report(&backend, &actor(&owner), &filter, &page)
            .await
            .unwrap();
        let found: Vec<EntryId> = found.items.iter().map(|entry| entry.id).collect();
        let expected: Vec<EntryId> = expected.iter().map(|&place| ids[place]).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    let names = actions::callers(&backend, &actor(&owner)).await.unwrap();
    assert!(names.iter().any(|known| known.id == *owner.id.as_uuid()));
}
