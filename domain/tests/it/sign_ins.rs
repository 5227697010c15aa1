//! Signing in, and how long it lasts.

use chrono::TimeDelta;
use domain::sign_ins::actions;
use domain::sign_ins::actions::SignInKey;
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend};
use domain::{Error, Secret};
use sqlx::PgPool;

/// R025.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn unknown_wrong_and_disabled_get_the_same_answer(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let gone = given_account(&backend, "gone").await;
    sqlx::query("update members set disabled_at = now() where id = $1")
        .bind(*gone.id.as_uuid())
        .execute(&db)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for (email, password) in [
        (owner.email.as_str(), "wrong wrong wrong"),
        ("nobody@north.example", ACCOUNT_PASSWORD),
        (gone.email.as_str(), ACCOUNT_PASSWORD),
        ("not an address", "x"),
    ] {
        match actions::check_password(&backend, ADDRESS, email, &Secret::new(password)).await {
            Err(Error::Invalid(problems)) => answers.push(problems),
            other => panic!("{email}: {other:?}"),
        }
    }
    let refused: Vec<bool> = sqlx::query_scalar(
        "select member_id is not null from audit_events where event = 'sign_in.refused' order by member_id is null",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(
        refused,
        [true, false, false],
        "a text that is no address is not even looked up"
    );
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert!(
        actions::check_password(
            &backend,
            ADDRESS,
            " OWNER@north.example ",
            &Secret::new(ACCOUNT_PASSWORD)
        )
        .await
        .is_ok()
    );
}

/// R036, R039.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn guessing_runs_out(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let guess = |n: usize| {
        let (backend, email) = (backend.clone(), owner.email.clone());
        async move {
            actions::check_password(
                &backend,
                ADDRESS,
                &email,
                &Secret::new(format!("guess {n}")),
            )
            .await
        }
    };
    for n in 0..10 {
        assert!(matches!(guess(n).await, Err(Error::Invalid(_))));
    }
    assert!(matches!(guess(10).await, Err(Error::Throttled { .. })));
    backend.clock.advance(TimeDelta::minutes(5));
    assert!(
        actions::check_password(
            &backend,
            ADDRESS,
            &owner.email,
            &Secret::new(ACCOUNT_PASSWORD)
        )
        .await
        .is_ok()
    );
}

/// R063, R066, R067.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_sign_in_ends_when_idle_when_old_and_when_ended(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let new = |name: &'static str| {
        let backend = backend.clone();
        async move {
            let key = SignInKey::of(name.as_bytes());
            assert!(
                actions::create(&backend, &key, Some(owner.id), serde_json::json!({}))
                    .await
                    .unwrap()
            );
            key
        }
    };
    let idle = new("idle").await;
    assert!(
        !actions::create(&backend, &idle, None, serde_json::json!({}))
            .await
            .unwrap(),
        "the id is taken"
    );
    backend.clock.advance(TimeDelta::minutes(59));
    assert!(
        actions::load(&backend, &idle).await.unwrap().is_some(),
        "being asked for keeps it"
    );
    backend.clock.advance(TimeDelta::minutes(60));
    assert!(actions::load(&backend, &idle).await.unwrap().is_none());

    let busy = new("busy").await;
    for _ in 0..47 {
        backend.clock.advance(TimeDelta::minutes(30));
        assert!(actions::load(&backend, &busy).await.unwrap().is_some());
    }
    backend.clock.advance(TimeDelta::minutes(30));
    assert!(
        actions::load(&backend, &busy).await.unwrap().is_none(),
        "24 hours in all"
    );

    let ended = new("ended").await;
    actions::end(&backend, &ended).await.unwrap();
    actions::save(&backend, &ended, None, serde_json::json!({}))
        .await
        .unwrap();
    assert!(
        actions::load(&backend, &ended).await.unwrap().is_none(),
        "saving does not revive it"
    );
    assert_eq!(actions::delete_expired(&backend).await.unwrap(), 2);

    let stored: Vec<Vec<u8>> = sqlx::query_scalar("select id_hash from sign_ins")
        .fetch_all(&db)
        .await
        .unwrap();
    assert!(stored.is_empty());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn one_sees_and_ends_ones_own_sign_ins_only(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let neighbour = given_account(&backend, "south").await;
    let (me, stranger) = (actor(&owner), actor(&neighbour));
    let key = |name: &str| SignInKey::of(name.as_bytes());
    let data = serde_json::json!({
        "user_agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0",
        "address": "192.0.2.7",
    });
    for name in ["here", "there", "third"] {
        let member = Some(owner.id);
        actions::create(&backend, &key(name), member, data.clone())
            .await
            .unwrap();
    }
    let listed = actions::list_own(&backend, &me, &key("here"))
        .await
        .unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|sign_in| sign_in.is_this)
            .collect::<Vec<_>>(),
        [true, false, false]
    );
    assert_eq!(listed[0].device, "Firefox on Windows");
    assert_eq!(listed[0].address.as_deref(), Some("192.0.2.7"));
    let theirs = actions::list_own(&backend, &stranger, &key("here"))
        .await
        .unwrap();
    assert!(theirs.is_empty());

    assert!(matches!(
        actions::end_own(&backend, &stranger, listed[1].id).await,
        Err(Error::NotFound(_))
    ));
    actions::end_own(&backend, &me, listed[1].id).await.unwrap();
    let left = actions::list_own(&backend, &me, &key("here"))
        .await
        .unwrap();
    assert_eq!(left.len(), 2);
    actions::end_others(&backend, &me, &key("here"))
        .await
        .unwrap();
    assert!(
        actions::load(&backend, &key("here"))
            .await
            .unwrap()
            .is_some()
    );
    for name in ["there", "third"] {
        assert!(actions::load(&backend, &key(name)).await.unwrap().is_none());
    }
}
