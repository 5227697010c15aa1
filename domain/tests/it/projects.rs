//! Projects: roles, names, archiving, policies, the dry run of retention, and legal holds.

use chrono::TimeDelta;
use domain::files::FileState;
use domain::members::Member;
use domain::projects::{
    HoldTarget, Limits, Policy, ProjectId, Retention, RetentionForecast, actions, holds, policies,
};
use domain::sessions::{SessionFilter, SessionId, SessionOrder};
use domain::testing::{actor, given_account, given_backend, given_file, given_session, operator};
use domain::{Actor, Backend, Caller, Error, PageRequest, Role, sessions};
use sqlx::PgPool;

/// The same member in another role.
fn in_role(member: &Member, role: Role) -> Actor {
    Actor {
        caller: Caller::Member {
            id: member.id,
            role,
        },
        ..actor(member)
    }
}

fn expire(hours: u32) -> Retention {
    Retention {
        hours: Some(hours),
        deletes_bytes: false,
    }
}

/// States of all files of the account, as the report shows them.
async fn states(backend: &Backend, owner: &Member) -> Vec<FileState> {
    sessions::actions::report(
        backend,
        &actor(owner),
        &SessionFilter::default(),
        SessionOrder::Oldest,
        &PageRequest {
            cursor: None,
            size: 50,
        },
    )
    .await
    .unwrap()
    .items
    .into_iter()
    .flat_map(|session| session.files)
    .map(|file| file.state)
    .collect()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_role_may_what_the_table_says(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = actions::create(&backend, &actor(&owner), "Care")
        .await
        .unwrap()
        .id;
    let session = given_session(&backend, &owner, project, "1").await;
    for role in Role::ALL {
        let actor = in_role(&owner, role);
        let manages = matches!(role, Role::Owner | Role::Admin | Role::Developer);
        let governs = matches!(role, Role::Owner | Role::Admin);
        let allowed = |outcome: Result<(), Error>| match outcome {
            Ok(()) => true,
            Err(Error::Forbidden) => false,
            Err(other) => panic!("{role:?}: {other}"),
        };
        let name = format!("by {}", role.as_str());
        let created = actions::create(&backend, &actor, &name).await.map(|_| ());
        assert_eq!(allowed(created), manages, "{role:?} creates");
        let renamed = actions::rename(&backend, &actor, project, "Care").await;
        assert_eq!(allowed(renamed), manages, "{role:?} renames");
        let archived = actions::set_archived(&backend, &actor, project, false).await;
        assert_eq!(allowed(archived), manages, "{role:?} archives");
        let opened = policies::set_access(&backend, &actor, project, true, 72).await;
        assert_eq!(allowed(opened), governs, "{role:?} sets secure mode");
        let limited = policies::set_limits(&backend, &actor, project, Limits::default()).await;
        assert_eq!(allowed(limited), governs, "{role:?} sets limits");
        let told = policies::forecast(&backend, &actor, project, expire(1)).await;
        assert_eq!(allowed(told.map(|_| ())), governs, "{role:?} tries a rule");
        let kept = policies::set_retention(&backend, &actor, project, expire(1)).await;
        assert_eq!(allowed(kept), governs, "{role:?} sets retention");
        for target in [HoldTarget::Project(project), HoldTarget::Session(session)] {
            let held = holds::place(&backend, &actor, target, "Case 7").await;
            assert_eq!(allowed(held), governs, "{role:?} holds");
            let lifted = holds::lift(&backend, &actor, target).await;
            assert_eq!(allowed(lifted), governs, "{role:?} lifts");
        }
        assert!(
            actions::get(&backend, &actor, project).await.is_ok(),
            "{role:?} looks"
        );
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_project_is_not_there(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let stranger = actor(&given_account(&backend, "other").await);
    let project = actions::create(&backend, &actor(&owner), "Care")
        .await
        .unwrap()
        .id;
    let session = given_session(&backend, &owner, project, "1").await;
    let before = actions::get(&backend, &actor(&owner), project)
        .await
        .unwrap();
    let outcomes = [
        actions::get(&backend, &stranger, project).await.map(|_| ()),
        actions::rename(&backend, &stranger, project, "Mine").await,
        actions::set_archived(&backend, &stranger, project, true).await,
        policies::set_access(&backend, &stranger, project, false, 1).await,
        policies::set_limits(&backend, &stranger, project, Limits::default()).await,
        policies::forecast(&backend, &stranger, project, expire(1))
            .await
            .map(|_| ()),
        policies::set_retention(&backend, &stranger, project, expire(1)).await,
        holds::place(&backend, &stranger, HoldTarget::Project(project), "x").await,
        holds::place(&backend, &stranger, HoldTarget::Session(session), "x").await,
        holds::lift(&backend, &stranger, HoldTarget::Session(session)).await,
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(Error::NotFound(_))), "{outcome:?}");
    }
    assert_eq!(
        actions::get(&backend, &actor(&owner), project)
            .await
            .unwrap(),
        before
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn names_are_one_of_a_kind_and_archiving_deletes_nothing(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let one = actions::create(&backend, &actor(&owner), " Care ")
        .await
        .unwrap();
    let two = actions::create(&backend, &actor(&owner), "Sales")
        .await
        .unwrap();
    assert_eq!(one.name, "Care");
    for outcome in [
        actions::create(&backend, &actor(&owner), "Care")
            .await
            .map(|_| ()),
        actions::rename(&backend, &actor(&owner), two.id, "Care").await,
        actions::rename(&backend, &actor(&owner), two.id, "  ").await,
        actions::rename(&backend, &actor(&owner), two.id, "a\0b").await,
    ] {
        assert!(
            matches!(&outcome, Err(Error::Invalid(problems)) if problems[0].field == "name"),
            "{outcome:?}"
        );
    }
    let session = given_session(&backend, &owner, one.id, "1").await;
    given_file(&backend, &owner, session, "live.mp4", b"bytes").await;
    actions::set_archived(&backend, &actor(&owner), one.id, true)
        .await
        .unwrap();
    let archived = actions::get(&backend, &actor(&owner), one.id)
        .await
        .unwrap();
    assert_eq!(archived.archived_at, Some(backend.clock.now()));
    assert_eq!(
        (
            archived.holdings.sessions,
            archived.holdings.files,
            archived.holdings.bytes
        ),
        (1, 1, 5)
    );
    assert_eq!(states(&backend, &owner).await, [FileState::There]);

    // Closed to imports, with a word on what to do; open again afterwards.
    let import = async || {
        sessions::import::import(
            &backend,
            &operator(&owner),
            one.id,
            &folder.path().join("delivery"),
            sessions::import::ImportOptions::default(),
            &sessions::import::Progress::default(),
        )
        .await
    };
    std::fs::create_dir(folder.path().join("delivery")).unwrap();
    let refused = import().await;
    assert!(
        matches!(&refused, Err(Error::Conflict(why)) if why.contains("archived")),
        "{refused:?}"
    );
    actions::set_archived(&backend, &actor(&owner), one.id, false)
        .await
        .unwrap();
    assert!(import().await.is_ok());
    assert_eq!(
        actions::get(&backend, &actor(&owner), one.id)
            .await
            .unwrap()
            .archived_at,
        None
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn hours_have_limits(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner).await;
    let me = actor(&owner);
    for hours in [0, 87_601, u32::MAX] {
        let outcome = policies::set_access(&backend, &me, project, false, hours).await;
        assert!(matches!(outcome, Err(Error::Invalid(_))), "{hours}");
    }
    for hours in [0, 876_001, u32::MAX] {
        let outcome = policies::set_retention(&backend, &me, project, expire(hours)).await;
        assert!(matches!(outcome, Err(Error::Invalid(_))), "{hours}");
    }
    for bytes in [0, u64::MAX] {
        let limits = Limits {
            file_bytes: None,
            total_bytes: Some(bytes),
        };
        let outcome = policies::set_limits(&backend, &me, project, limits).await;
        assert!(matches!(outcome, Err(Error::Invalid(_))), "{bytes}");
    }
    let limits = Limits {
        file_bytes: Some(20_000_000_000),
        total_bytes: None,
    };
    policies::set_limits(&backend, &me, project, limits)
        .await
        .unwrap();
    let now = actions::get(&backend, &me, project).await.unwrap();
    assert_eq!(now.limits, limits);
    let senseless = Retention {
        hours: None,
        deletes_bytes: true,
    };
    assert!(matches!(
        policies::set_retention(&backend, &me, project, senseless).await,
        Err(Error::Invalid(_))
    ));
    assert_eq!(
        actions::get(&backend, &me, project).await.unwrap().policy,
        Policy::default()
    );
    policies::set_access(&backend, &me, project, false, 87_600)
        .await
        .unwrap();
    policies::set_retention(&backend, &me, project, expire(876_000))
        .await
        .unwrap();
    let policy = actions::get(&backend, &me, project).await.unwrap().policy;
    assert_eq!((policy.is_secure, policy.public_hours), (false, 87_600));
    assert_eq!(policy.retention_hours, Some(876_000));
}

async fn given_project(backend: &Backend, owner: &Member) -> ProjectId {
    actions::create(backend, &actor(owner), "Care")
        .await
        .unwrap()
        .id
}

/// What the dry run says is what the report says once the rule is saved, at the very edge of the hour.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_dry_run_tells_what_then_happens(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner).await;
    let me = actor(&owner);
    // Sessions end when they are made: three of them an hour apart, with one file each.
    let mut made = Vec::new();
    for n in ["1", "2", "3"] {
        let session = given_session(&backend, &owner, project, n).await;
        given_file(
            &backend,
            &owner,
            session,
            "live.mp4",
            n.repeat(10).as_bytes(),
        )
        .await;
        made.push((session, backend.clock.now()));
        backend.clock.advance(TimeDelta::hours(1));
    }
    // Their ages are now 3, 2 and 1 hours, to the microsecond.
    let forecast = policies::forecast(&backend, &me, project, expire(2))
        .await
        .unwrap();
    assert_eq!(
        forecast,
        RetentionForecast {
            expiring_files: 2,
            expiring_bytes: 20,
            oldest: Some(made[0].1),
            ..RetentionForecast::default()
        }
    );
    assert_eq!(
        states(&backend, &owner).await,
        [FileState::There; 3],
        "a dry run changes nothing"
    );
    policies::set_retention(&backend, &me, project, expire(2))
        .await
        .unwrap();
    let (there, expired) = (FileState::There, FileState::Expired);
    assert_eq!(states(&backend, &owner).await, [expired, expired, there]);

    // From here a longer rule brings one back, a shorter one expires one more; what stays expired is not news.
    let longer = policies::forecast(&backend, &me, project, expire(3))
        .await
        .unwrap();
    assert_eq!((longer.expiring_files, longer.returning_files), (0, 1));
    let never = Retention {
        hours: None,
        deletes_bytes: false,
    };
    let never = policies::forecast(&backend, &me, project, never)
        .await
        .unwrap();
    assert_eq!((never.expiring_files, never.returning_files), (0, 2));
    let deleting = Retention {
        hours: Some(1),
        deletes_bytes: true,
    };
    let shorter = policies::forecast(&backend, &me, project, deleting)
        .await
        .unwrap();
    assert_eq!(
        (shorter.expiring_files, shorter.oldest),
        (1, Some(made[2].1))
    );
    assert_eq!((shorter.trashing_files, shorter.trashing_bytes), (3, 30));

    // A hold keeps its session out of the rule, and out of the count.
    holds::place(&backend, &me, HoldTarget::Session(made[0].0), "Case 7")
        .await
        .unwrap();
    assert_eq!(states(&backend, &owner).await, [there, expired, there]);
    let held = policies::forecast(&backend, &me, project, deleting)
        .await
        .unwrap();
    assert_eq!(
        (held.expiring_files, held.held_files, held.trashing_files),
        (1, 1, 2)
    );
    policies::set_retention(&backend, &me, project, expire(3))
        .await
        .unwrap();
    assert_eq!(states(&backend, &owner).await, [there, there, there]);
    holds::lift(&backend, &me, HoldTarget::Session(made[0].0))
        .await
        .unwrap();
    assert_eq!(states(&backend, &owner).await, [expired, there, there]);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_hold_says_who_when_and_why_and_its_record_stays(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner).await;
    let target = HoldTarget::Project(project);
    let me = actor(&owner);
    let unexplained = holds::place(&backend, &me, target, "  ").await;
    assert!(matches!(unexplained, Err(Error::Invalid(_))));
    assert!(matches!(
        holds::lift(&backend, &me, target).await,
        Err(Error::Conflict(_))
    ));
    holds::place(&backend, &me, target, "Case 7").await.unwrap();
    let again = holds::place(&backend, &me, target, "Case 8").await;
    assert!(matches!(again, Err(Error::Conflict(_))));
    let hold = actions::get(&backend, &me, project)
        .await
        .unwrap()
        .hold
        .unwrap();
    assert_eq!(hold.reason, "Case 7");
    assert_eq!(hold.placed_at, backend.clock.now());
    assert_eq!(hold.placed_by.as_deref(), Some(owner.name.as_str()));
    backend.clock.advance(TimeDelta::hours(1));
    holds::lift(&backend, &me, target).await.unwrap();
    assert_eq!(
        actions::get(&backend, &me, project).await.unwrap().hold,
        None
    );
    let kept: (String, uuid::Uuid) =
        sqlx::query_as("select reason, lifted_by from holds where lifted_at > placed_at")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(kept, ("Case 7".to_owned(), *owner.id.as_uuid()));
    let events: Vec<String> =
        sqlx::query_scalar("select event from audit_events where event like 'hold.%' order by id")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(events, ["hold.placed", "hold.lifted"]);
}

/// A session without an end in its metadata ends with its longest recording; a damaged length breaks nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_end_of_a_session_is_found_in_any_case(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner).await;
    let me = actor(&owner);
    let session: SessionId = given_session(&backend, &owner, project, "1").await;
    given_file(&backend, &owner, session, "live.mp4", b"x").await;
    let set_length = async |ms: i64| {
        sqlx::query("update sessions set ended_at = null, duration_ms = $1")
            .bind(ms)
            .execute(&db)
            .await
            .unwrap();
    };
    set_length(1000).await;
    backend.clock.advance(TimeDelta::hours(1));
    policies::set_retention(&backend, &me, project, expire(1))
        .await
        .unwrap();
    assert_eq!(
        states(&backend, &owner).await,
        [FileState::There],
        "a second is left"
    );
    backend.clock.advance(TimeDelta::seconds(1));
    assert_eq!(states(&backend, &owner).await, [FileState::Expired]);
    set_length(i64::MAX).await;
    assert_eq!(states(&backend, &owner).await, [FileState::There]);
    policies::forecast(&backend, &me, project, expire(1))
        .await
        .unwrap();
}
