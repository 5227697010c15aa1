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
