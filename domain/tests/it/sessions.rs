//! The report: filters, orders, and paging without gaps.

use chrono::{DateTime, TimeDelta, Utc};
use domain::files::FileKind;
use domain::members::Member;
use domain::projects::{Project, actions as projects};
use domain::sessions::{SessionFilter, SessionOrder, SessionSummary, actions};
use domain::testing::{actor, given_account, given_backend, operator};
use domain::{Backend, Error, PageRequest};
use sqlx::PgPool;

/// Sessions 0..count, each a minute later; durations and sizes repeat, so that orders have ties.
async fn given_sessions(backend: &Backend, owner: &Member, project: &Project, count: i64) {
    for n in 0..count {
        let session = uuid::Uuid::from_u128(
            u128::from(n.cast_unsigned()) << 64 | u128::from(project.id.as_uuid().as_u64_pair().1),
        );
        sqlx::query(
            "insert into sessions (id, account_id, project_id, room, conference_number, started_at, duration_ms, size_bytes, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, now())",
        )
        .bind(session)
        .bind(*owner.account.as_uuid())
        .bind(*project.id.as_uuid())
        .bind(format!("room-{}", n % 7))
        .bind(format!("{:012}", 100_000 + n))
        .bind(start() + TimeDelta::minutes(n))
        .bind(n % 5 * 1000)
        .bind(n % 3 * 1024)
        .execute(&backend.db)
        .await
        .unwrap();
        let kind = FileKind::ALL[usize::try_from(n % 3).unwrap()];
        for (name, kind) in [("chat.json", FileKind::Chat), ("recording", kind)] {
            sqlx::query(
                "insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at)
                values ($1, $2, $3, $4, $5, 'video/mp4', 1, sha256(''), now())",
            )
            .bind(uuid::Uuid::new_v4())
            .bind(*owner.account.as_uuid())
            .bind(session)
            .bind(kind.as_str())
            .bind(name)
            .execute(&backend.db)
            .await
            .unwrap();
        }
    }
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn page(cursor: Option<String>) -> PageRequest {
    PageRequest { cursor, size: 10 }
}

async fn all_forward(
    backend: &Backend,
    owner: &Member,
    order: SessionOrder,
) -> Vec<SessionSummary> {
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let found = actions::report(
            backend,
            &actor(owner),
            &SessionFilter::default(),
            order,
            &page(cursor),
        )
        .await
        .unwrap();
        assert_eq!(found.total, 43);
        items.extend(found.items);
        cursor = found.next;
        if cursor.is_none() {
            return items;
        }
    }
}

/// R151.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn paging_has_neither_gaps_nor_repetitions_in_any_order_both_ways(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let project = projects::create(&backend, &operator(&owner), "Care")
        .await
        .unwrap();
    given_sessions(&backend, &owner, &project, 43).await;
    for order in SessionOrder::ALL {
        let items = all_forward(&backend, &owner, order).await;
        let mut ids: Vec<_> = items.iter().map(|item| item.id).collect();
        let sorted = items.windows(2).all(|pair| match order {
            SessionOrder::Newest => pair[0].started_at >= pair[1].started_at,
            SessionOrder::Oldest => pair[0].started_at <= pair[1].started_at,
            SessionOrder::Longest => pair[0].duration_ms >= pair[1].duration_ms,
            SessionOrder::Largest => pair[0].size >= pair[1].size,
        });
        assert!(sorted, "{order:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 43, "{order:?}");

        let filter = SessionFilter::default();
        let me = actor(&owner);
        let ask = |cursor| {
            let (backend, me, filter) = (&backend, &me, &filter);
            async move {
                actions::report(backend, me, filter, order, &page(cursor))
                    .await
                    .unwrap()
            }
        };
        let first = ask(None).await;
        assert!(first.previous.is_none());
        let second = ask(first.next.clone()).await;
        let third = ask(second.next.clone()).await;
        assert_eq!(ask(third.previous).await.items, second.items, "{order:?}");
        let back = ask(second.previous).await;
        assert_eq!(back.items, first.items);
        assert!(
            back.previous.is_none(),
            "the first page knows that it is the first"
        );
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_filter_narrows_and_files_are_grouped(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let care = projects::create(&backend, &operator(&owner), "Care")
        .await
        .unwrap();
    let sales = projects::create(&backend, &operator(&owner), "Sales")
        .await
        .unwrap();
    given_sessions(&backend, &owner, &care, 21).await;
    given_sessions(&backend, &owner, &sales, 9).await;
    let me = actor(&owner);
    let total = |filter: SessionFilter| {
        let (backend, me) = (&backend, &me);
        async move {
            actions::report(backend, me, &filter, SessionOrder::Newest, &page(None))
                .await
                .unwrap()
                .total
        }
    };
    let none = SessionFilter::default;
    assert_eq!(total(none()).await, 30);
    assert_eq!(
        total(SessionFilter {
            project: Some(sales.id),
            ..none()
        })
        .await,
        9
    );
    assert_eq!(
        total(SessionFilter {
            kinds: vec![FileKind::Individual],
            ..none()
        })
        .await,
        10
    );
    assert_eq!(
        total(SessionFilter {
            kinds: FileKind::RECORDINGS.to_vec(),
            ..none()
        })
        .await,
        30
    );
    let (from, until) = (
        Some(start() + TimeDelta::minutes(5)),
        Some(start() + TimeDelta::minutes(9)),
    );
    assert_eq!(
        total(SessionFilter {
            from,
            until,
            ..none()
        })
        .await,
        8,
        "from is inside, until outside"
    );
    assert_eq!(
        total(SessionFilter {
            text: Some("ROOM-3".into()),
            ..none()
        })
        .await,
        4
    );
    assert_eq!(
        total(SessionFilter {
            text: Some("100020".into()),
            ..none()
        })
        .await,
        1
    );
    for odd in ["%", "_", "\\", "nul\0", "' or true --"] {
        assert_eq!(
            total(SessionFilter {
                text: Some(odd.into()),
                ..none()
            })
            .await,
            0,
            "{odd:?}"
        );
    }
    let found = actions::report(&backend, &me, &none(), SessionOrder::Newest, &page(None))
        .await
        .unwrap();
    assert!(
        found
            .items
            .iter()
            .all(|session| session.files.len() == 2 && session.files[1].kind == FileKind::Chat)
    );
}

/// R088.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_sessions_and_projects_are_not_there(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let (one, two) = (
        given_account(&backend, "one").await,
        given_account(&backend, "two").await,
    );
    let project = projects::create(&backend, &operator(&one), "Care")
        .await
        .unwrap();
    given_sessions(&backend, &one, &project, 3).await;
    let filter = SessionFilter {
        project: Some(project.id),
        ..SessionFilter::default()
    };
    let found = actions::report(
        &backend,
        &actor(&two),
        &filter,
        SessionOrder::Newest,
        &page(None),
    )
    .await
    .unwrap();
    assert_eq!((found.total, found.items.len()), (0, 0));
    assert!(
        projects::list(&backend, &actor(&two))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(!actions::exist(&backend, &actor(&two)).await.unwrap());
    assert!(actions::exist(&backend, &actor(&one)).await.unwrap());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_damaged_cursor_is_a_problem_and_no_failure(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "one").await;
    let id = uuid::Uuid::nil();
    for bad in [
        "",
        "x",
        "after.1.2",
        "sideways.1.0",
        &format!("after.9223372036854775807.{id}"),
        "after..'",
    ] {
        let request = page(Some(bad.to_owned()));
        let outcome = actions::report(
            &backend,
            &actor(&owner),
            &SessionFilter::default(),
            SessionOrder::Newest,
            &request,
        )
        .await;
        assert!(matches!(outcome, Err(Error::Invalid(_))), "{bad}");
    }
    let far = page(Some(format!(
        "after.{}.{id}",
        8_000_000_000_000_000_000_i64
    )));
    let outcome = actions::report(
        &backend,
        &actor(&owner),
        &SessionFilter::default(),
        SessionOrder::Newest,
        &far,
    )
    .await;
    assert!(!matches!(outcome, Err(Error::Internal(_))), "{outcome:?}");
}

/// What one in thousands of sessions has lies beyond what is walked through, and must be found all the same.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_rare_is_found_among_thousands_in_every_order(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let project = projects::create(&backend, &operator(&owner), "Care")
        .await
        .unwrap();
    // The three oldest, shortest and smallest of 12,000 have an individual recording, a title and a word of chat.
    sqlx::query(
        "insert into sessions (id, account_id, project_id, room, conference_number, started_at, duration_ms, size_bytes,
            created_at, title, document)
        select gen_random_uuid(), $1, $2, 'room', n::text, $3 + n * interval '1 minute', n, n, now(),
            case when n < 3 then 'Übergabe ' || n end, case when n < 3 then array_to_tsvector(array['zebra', 'ana']) end
        from generate_series(0, 11999) n",
    )
    .bind(owner.account)
    .bind(project.id)
    .bind(start())
    .execute(&backend.db)
    .await
    .unwrap();
    sqlx::query(
        "insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at)
        select gen_random_uuid(), $1, id, 'individual', 'a.mkv', 'video/x-matroska', 1, sha256(''), now()
        from sessions where duration_ms < 3",
    )
    .bind(owner.account)
    .execute(&backend.db)
    .await
    .unwrap();
    let narrowed = [
        SessionFilter {
            kinds: vec![FileKind::Individual],
            ..SessionFilter::default()
        },
        SessionFilter {
            text: Some("ubergabe".into()),
            ..SessionFilter::default()
        },
        SessionFilter {
            text: Some("ZEB".into()),
            ..SessionFilter::default()
        },
        SessionFilter {
            text: Some("ana zebra".into()),
            ..SessionFilter::default()
        },
        SessionFilter {
            until: Some(start() + TimeDelta::minutes(3)),
            ..SessionFilter::default()
        },
    ];
    for filter in narrowed {
        for order in SessionOrder::ALL {
            let request = PageRequest {
                cursor: None,
                size: 2,
            };
            let first = actions::report(&backend, &actor(&owner), &filter, order, &request)
                .await
                .unwrap();
            assert_eq!(
                (first.items.len(), first.total),
                (2, 3),
                "{filter:?} {order:?}"
            );
            let request = PageRequest {
                cursor: first.next,
                size: 2,
            };
            let second = actions::report(&backend, &actor(&owner), &filter, order, &request)
                .await
                .unwrap();
            assert_eq!(
                (second.items.len(), second.next),
                (1, None),
                "{filter:?} {order:?}"
            );
            assert!(!first.items.contains(&second.items[0]));
            let request = PageRequest {
                cursor: second.previous,
                size: 2,
            };
            let back = actions::report(&backend, &actor(&owner), &filter, order, &request)
                .await
                .unwrap();
            assert_eq!(back.items, first.items, "{filter:?} {order:?}");
        }
    }
    let filter = SessionFilter::default();
    let all = actions::report(
        &backend,
        &actor(&owner),
        &filter,
        SessionOrder::Newest,
        &page(None),
    )
    .await
    .unwrap();
    assert_eq!(all.total, filter.count_limit() + 1, "more than are counted");
}

/// The set of kinds in a session's row is that of its files, whoever writes them.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn kinds_follow_the_files_and_agree_with_sql(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let project = projects::create(&backend, &operator(&owner), "Care")
        .await
        .unwrap();
    given_sessions(&backend, &owner, &project, 1).await;
    let kinds =
        || sqlx::query_scalar::<_, i16>("select kinds from sessions").fetch_one(&backend.db);
    assert_eq!(
        kinds().await.unwrap(),
        FileKind::Individual.bit() | FileKind::Chat.bit()
    );
    sqlx::query("delete from files where kind = 'chat'")
        .execute(&backend.db)
        .await
        .unwrap();
    assert_eq!(kinds().await.unwrap(), FileKind::Individual.bit());
    for kind in FileKind::ALL {
        let bit: i16 = sqlx::query_scalar("select file_kind_bit($1)")
            .bind(kind.as_str())
            .fetch_one(&backend.db)
            .await
            .unwrap();
        assert_eq!(bit, kind.bit(), "{kind:?}");
    }
}

/// One room and one conference are found exactly, in every order, by pages and by exports; parts of them are not.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_room_and_a_conference_are_found_exactly(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let mut ids = Vec::new();
    for name in ["Care", "Sales"] {
        let made = projects::create(&backend, &operator(&owner), name).await;
        let project = made.unwrap();
        given_sessions(&backend, &owner, &project, 30).await;
        ids.push(project.id);
    }
    let some = |text: &str| Some(text.to_owned());
    for (project, room, number, expected) in [
        (None, some("room-3"), None, 8),
        (Some(ids[0]), some("room-3"), None, 4),
        (Some(ids[1]), None, some("000000100003"), 1),
        (Some(ids[1]), some("room-3"), some("000000100003"), 1),
        (Some(ids[1]), some("room-4"), some("000000100003"), 0),
        (Some(ids[0]), some("room-"), None, 0),
        (Some(ids[0]), some("ROOM-3"), None, 0),
        (Some(ids[0]), None, some("100003"), 0),
        (Some(ids[0]), some("room\0"), None, 0),
    ] {
        let filter = SessionFilter {
            project,
            room,
            conference_number: number,
            ..SessionFilter::default()
        };
        for order in SessionOrder::ALL {
            let found =
                actions::report(&backend, &actor(&owner), &filter, order, &page(None)).await;
            let found = found.unwrap();
            assert_eq!(
                (found.items.len(), found.total),
                (expected, expected as u64),
                "{filter:?}"
            );
        }
        let exported = actions::export(
            &backend,
            &actor(&owner),
            &filter,
            SessionOrder::Newest,
            None,
        )
        .await;
        assert_eq!(exported.unwrap().0.len(), expected, "{filter:?}");
    }
}
