//! The old password's grace period: its edges, its callers, and its end.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::credentials::verification::{Grant, Verdict, Why, verify};
use domain::credentials::{Grace, OldCallerState, Reset, actions, callers, jobs};
use domain::members::Member;
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend};
use domain::{Actor, Backend, Caller, Clock, Error, Role, Secret};
use sqlx::PgPool;

const FIRST: &str = "tulip engine marble";
const SECOND: &str = "harbour lantern sixty";
const THIRD: &str = "window pepper gravel";

async fn reset(backend: &Backend, owner: &Member, new: &str, grace: Grace) {
    let reset = Reset {
        account_password: Secret::new(ACCOUNT_PASSWORD),
        new_password: Secret::new(new),
        confirmation: Secret::new(new),
        grace,
    };
    actions::reset(backend, &actor(owner), reset).await.unwrap();
}

async fn judged(backend: &Backend, username: &str, password: &str) -> Verdict {
    verify(backend, ADDRESS, username.as_bytes(), password.as_bytes())
        .await
        .unwrap()
}

async fn grant(backend: &Backend, username: &str, password: &str) -> Option<Grant> {
    match judged(backend, username, password).await {
        Verdict::Valid(grant) => Some(grant),
        Verdict::Refused(refused) => {
            assert_eq!(refused.why, Why::WrongPassword);
            None
        }
        other @ Verdict::Throttled { .. } => panic!("{other:?}"),
    }
}

async fn hashes(db: &PgPool) -> (bool, bool) {
    sqlx::query_as(
        "select old_password_hash is not null, preset_sealed is not null from credentials",
    )
    .fetch_one(db)
    .await
    .unwrap()
}

/// R053: the sealed copy goes at once, whatever the grace.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_old_password_is_accepted_until_its_time_and_not_a_moment_longer(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let here = given_backend(db.clone(), folder.path());
    let elsewhere = given_backend(db.clone(), folder.path());
    let owner = given_account(&here, "north").await;
    let me = actor(&owner);
    let username = actions::get(&here, &me).await.unwrap().username;
    let preset = actions::reveal_preset(&here, &me).await.unwrap().unwrap();
    let old = preset.reveal();
    reset(&here, &owner, FIRST, Grace::Hour).await;
    assert_eq!(hashes(&db).await, (true, false));
    assert!(actions::reveal_preset(&here, &me).await.unwrap().is_none());
    let until = actions::get(&here, &me).await.unwrap().old_accepted_until;
    assert_eq!(until, Some(here.clock.now() + TimeDelta::hours(1)));

    for backend in [&here, &elsewhere] {
        backend.clock.advance(TimeDelta::minutes(59));
        assert!(
            grant(backend, &username, old)
                .await
                .unwrap()
                .is_old_password
        );
        assert!(
            !grant(backend, &username, FIRST)
                .await
                .unwrap()
                .is_old_password
        );
        assert_eq!(grant(backend, &username, "neither of them").await, None);
        backend.clock.advance(TimeDelta::seconds(59));
        assert!(grant(backend, &username, old).await.is_some());
        // What is remembered as right a second ago, and though nobody has deleted the hash yet.
        backend.clock.advance(TimeDelta::seconds(1));
        assert_eq!(grant(backend, &username, old).await, None);
        assert!(grant(backend, &username, FIRST).await.is_some());
    }
    assert_eq!(hashes(&db).await, (true, false), "nobody deleted it yet");
    // Nor with nothing remembered.
    let mut fresh = given_backend(db.clone(), folder.path());
    fresh.clock = Clock::fixed(here.clock.now());
    assert_eq!(grant(&fresh, &username, old).await, None);

    assert_eq!(jobs::delete_what_is_over(&here).await.unwrap(), 1);
    assert_eq!(hashes(&db).await, (false, false));
    assert_eq!(jobs::delete_what_is_over(&here).await.unwrap(), 0);
    assert_eq!(
        actions::get(&here, &me).await.unwrap().old_accepted_until,
        None
    );
    // A clock that is set back, or another process's, brings nothing back.
    let early = given_backend(db.clone(), folder.path());
    assert_eq!(grant(&early, &username, old).await, None);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_later_reset_leaves_at_most_one_old_password(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let username = actions::get(&backend, &actor(&owner))
        .await
        .unwrap()
        .username;
    reset(&backend, &owner, FIRST, Grace::None).await;
    assert_eq!(hashes(&db).await, (false, false));
    reset(&backend, &owner, SECOND, Grace::ThreeDays).await;
    assert!(grant(&backend, &username, FIRST).await.is_some());
    reset(&backend, &owner, THIRD, Grace::Day).await;
    assert_eq!(grant(&backend, &username, FIRST).await, None);
    assert!(
        grant(&backend, &username, SECOND)
            .await
            .unwrap()
            .is_old_password
    );
    assert!(grant(&backend, &username, THIRD).await.is_some());
    backend.clock.advance(TimeDelta::hours(24));
    assert_eq!(
        grant(&backend, &username, SECOND).await,
        None,
        "the day, not the three days"
    );
    reset(&backend, &owner, FIRST, Grace::None).await;
    assert_eq!(hashes(&db).await, (false, false));
    assert_eq!(grant(&backend, &username, THIRD).await, None);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn ended_now_it_is_refused_at_once_on_every_process(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let here = given_backend(db.clone(), folder.path());
    let elsewhere = given_backend(db.clone(), folder.path());
    let owner = given_account(&here, "north").await;
    let credential = actions::get(&here, &actor(&owner)).await.unwrap();
    let username = &credential.username;
    reset(&here, &owner, FIRST, Grace::None).await;
    reset(&here, &owner, SECOND, Grace::ThreeDays).await;
    for backend in [&here, &elsewhere] {
        assert!(
            grant(backend, username, FIRST).await.is_some(),
            "remembered as right"
        );
    }
    actions::end_grace(&here, &actor(&owner), credential.id)
        .await
        .unwrap();
    for backend in [&here, &elsewhere] {
        assert_eq!(grant(backend, username, FIRST).await, None);
        assert!(grant(backend, username, SECOND).await.is_some());
    }
    assert_eq!(hashes(&db).await, (false, false));
    // Twice does no harm and is one event; another account's credential is not touched.
    actions::end_grace(&here, &actor(&owner), credential.id)
        .await
        .unwrap();
    let events: i64 = sqlx::query_scalar(
        "select count(*) from audit_events where event = 'credential.old_password_ended'",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(events, 1);
    reset(&here, &owner, THIRD, Grace::Hour).await;
    let stranger = given_account(&here, "south").await;
    actions::end_grace(&here, &actor(&stranger), credential.id)
        .await
        .unwrap();
    assert!(grant(&here, username, SECOND).await.is_some());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn callers_still_on_the_old_password_are_told_from_those_that_switched(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let credential = actions::get(&backend, &me).await.unwrap();
    let username = &credential.username;
    reset(&backend, &owner, FIRST, Grace::None).await;
    let (near, far): (IpAddr, IpAddr) =
        ("192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap());
    let old = grant(&backend, username, FIRST).await.unwrap();
    for (address, agent) in [
        (near, "curl/8.1"),
        (near, "Wget/1.21.3"),
        (far, "nightly/1 (a job)"),
    ] {
        callers::note(&backend, &old, address, agent.as_bytes());
    }
    assert_eq!(
        callers::list_old(&backend, &me, credential.id)
            .await
            .unwrap(),
        []
    );

    backend.clock.advance(TimeDelta::minutes(1));
    reset(&backend, &owner, SECOND, Grace::Day).await;
    backend.clock.advance(TimeDelta::minutes(1));
    let (old, new) = (
        grant(&backend, username, FIRST).await.unwrap(),
        grant(&backend, username, SECOND).await.unwrap(),
    );
    for _ in 0..3 {
        callers::note(&backend, &old, near, b"curl/8.1");
    }
    let last_old = backend.clock.now();
    backend.clock.advance(TimeDelta::minutes(1));
    callers::note(&backend, &new, near, b"Wget/1.21.3");
    let listed = callers::list_old(&backend, &me, credential.id)
        .await
        .unwrap();
    let told: Vec<_> = listed
        .iter()
        .map(|caller| {
            (
                caller.client.as_str(),
                caller.address.as_str(),
                caller.requests,
                caller.state,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("curl/8.1", "192.0.2.1", 3, OldCallerState::Still),
            ("nightly/1", "2001:db8::1", 0, OldCallerState::Unseen),
            ("Wget/1.21.3", "192.0.2.1", 0, OldCallerState::Switched),
        ]
    );
    assert_eq!(listed[0].last_seen_at, last_old);

    // With the end of the period the list is over, and what was noted of the old password before is not kept.
    callers::note(&backend, &old, far, b"late/1");
    actions::end_grace(&backend, &me, credential.id)
        .await
        .unwrap();
    assert_eq!(
        callers::list_old(&backend, &me, credential.id)
            .await
            .unwrap(),
        []
    );
    let kept: Vec<String> = sqlx::query_scalar("select client from credential_callers")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(kept, ["Wget/1.21.3"]);
}

/// A caller that takes another name for each request cannot fill memory or database.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn callers_are_bounded_and_forgotten(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let username = actions::get(&backend, &actor(&owner))
        .await
        .unwrap()
        .username;
    reset(&backend, &owner, FIRST, Grace::None).await;
    let grant = grant(&backend, &username, FIRST).await.unwrap();
    for n in 0..10_000 {
        callers::note(&backend, &grant, ADDRESS, format!("client/{n}").as_bytes());
    }
    callers::write_down(&backend).await.unwrap();
    let count = || async {
        sqlx::query_scalar::<_, i64>("select count(*) from credential_callers")
            .fetch_one(&db)
            .await
            .unwrap()
    };
    assert_eq!(count().await, 4_096);
    callers::note(&backend, &grant, ADDRESS, b"one too many");
    callers::write_down(&backend).await.unwrap();
    assert_eq!(count().await, 4_096);
    jobs::delete_what_is_over(&backend).await.unwrap();
    assert_eq!(count().await, 500);
    backend.clock.advance(TimeDelta::days(91));
    jobs::delete_what_is_over(&backend).await.unwrap();
    assert_eq!(count().await, 1, "the last one stays as the last use");
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_owner_and_admin_see_callers_or_end_a_grace_period(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let id = actions::get(&backend, &actor(&owner)).await.unwrap().id;
    for role in Role::ALL {
        let member = Actor {
            caller: Caller::Member { id: owner.id, role },
            ..actor(&owner)
        };
        let may = matches!(role, Role::Owner | Role::Admin);
        let seen = callers::list_old(&backend, &member, id).await;
        assert_eq!(matches!(seen, Err(Error::Forbidden)), !may, "{role:?}");
        let ended = actions::end_grace(&backend, &member, id).await;
        assert_eq!(matches!(ended, Err(Error::Forbidden)), !may, "{role:?}");
    }
}
