//! Deprecated API keys: off until they are switched on, and marked on every answer.

use domain::api_keys::actions::{list, make, revoke, set_taken};
use domain::{accounts, service_accounts};

use super::*;

/// A call with these parameters and no header.
async fn call(platform: &Platform, form: Form, pairs: &[Pair<'_>]) -> (i64, bool) {
    let answer = platform.send(form, None, "GetApplications", pairs).await;
    // RFC 9745: a date of the past.
    let mark = answer.header("deprecation");
    assert!(mark.is_none_or(|mark| mark == "@1767225600"), "{mark:?}");
    (code(&json(&answer)), mark.is_some())
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_key_calls_only_while_the_account_takes_keys(db: PgPool) {
    let platform = Platform::new(db).await;
    let (backend, owner) = (platform.backend(), actor(&platform.owner));
    assert!(!list(backend, &owner).await.unwrap().are_taken);
    assert!(
        make(backend, &owner, platform.key.service_account)
            .await
            .is_err()
    );
    set_taken(backend, &owner, true).await.unwrap();
    let made = make(backend, &owner, platform.key.service_account)
        .await
        .unwrap();
    let number = made.account_number.to_string();
    let right = [
        ("account_id", number.as_str()),
        ("api_key", made.key.reveal()),
    ];
    for form in FORMS {
        assert_eq!(call(&platform, form, &right).await, (0, true), "{form:?}");
        for wrong in [
            vec![("api_key", made.key.reveal())],
            vec![("account_id", "1"), ("api_key", made.key.reveal())],
            vec![("account_id", "x"), ("api_key", made.key.reveal())],
            vec![("account_id", number.as_str()), ("api_key", "rgk_wrong")],
        ] {
            assert_eq!(
                call(&platform, form, &wrong).await,
                (100, true),
                "{form:?} {wrong:?}"
            );
        }
        // Without a key nothing is deprecated.
        assert_eq!(
            call(&platform, form, &right[..1]).await,
            (100, false),
            "{form:?}"
        );
    }
    let used = list(backend, &owner).await.unwrap().keys;
    assert_eq!(used[0].last_used_from.as_deref(), Some("127.0.0.1"));

    set_taken(backend, &owner, false).await.unwrap();
    assert_eq!(
        call(&platform, Form::Query, &right).await,
        (100, true),
        "off"
    );
    set_taken(backend, &owner, true).await.unwrap();
    assert_eq!(
        call(&platform, Form::Query, &right).await,
        (0, true),
        "on again"
    );
    revoke(backend, &owner, made.id).await.unwrap();
    assert_eq!(
        call(&platform, Form::Query, &right).await,
        (100, true),
        "revoked"
    );
}

/// It may what its service account may, and ends with it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_key_has_its_service_accounts_role_and_life(db: PgPool) {
    let platform = Platform::new(db).await;
    let (backend, owner) = (platform.backend(), actor(&platform.owner));
    set_taken(backend, &owner, true).await.unwrap();
    let support = platform.key(Some(Role::Support)).await;
    let made = make(backend, &owner, support.service_account)
        .await
        .unwrap();
    let number = made.account_number.to_string();
    let pairs = [
        ("account_id", number.as_str()),
        ("api_key", made.key.reveal()),
    ];
    let answer = platform
        .send(Form::Urlencoded, None, "GetKeys", &pairs)
        .await;
    assert_eq!(code(&json(&answer)), 104);
    assert_eq!(call(&platform, Form::Urlencoded, &pairs).await.0, 0);
    service_accounts::actions::revoke(backend, &owner, support.service_account)
        .await
        .unwrap();
    assert_eq!(call(&platform, Form::Urlencoded, &pairs).await.0, 100);
}

/// A parent's key acts in a child, if both take keys.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_parents_key_acts_in_a_child_that_takes_keys(db: PgPool) {
    let platform = Platform::new(db).await;
    let (backend, owner) = (platform.backend(), actor(&platform.owner));
    let child = given_account(backend, "child").await;
    let number = accounts::actions::get(backend, &actor(&child))
        .await
        .unwrap()
        .number
        .to_string();
    set_taken(backend, &owner, true).await.unwrap();
    let made = make(backend, &owner, platform.key.service_account)
        .await
        .unwrap();
    let pairs = [
        ("account_id", number.as_str()),
        ("api_key", made.key.reveal()),
    ];
    assert_eq!(
        call(&platform, Form::Query, &pairs).await.0,
        100,
        "a stranger's account"
    );
    accounts::actions::set_parent(backend, child.account, Some(platform.owner.account))
        .await
        .unwrap();
    assert_eq!(
        call(&platform, Form::Query, &pairs).await.0,
        100,
        "the child takes none"
    );
    set_taken(backend, &actor(&child), true).await.unwrap();
    assert_eq!(call(&platform, Form::Query, &pairs).await.0, 0);
}

/// Guesses are slowed down; a right key never is.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn wrong_keys_are_throttled(db: PgPool) {
    let mut platform = Platform::new(db).await;
    let mut backend = platform.app.backend.clone();
    backend.guard = Guard::new(GuardSettings::default(), backend.clock.clone());
    platform.app = TestApp::on(
        backend,
        tempfile::tempdir().unwrap(),
        "http://127.0.0.1:3000",
    );
    let (backend, owner) = (platform.backend(), actor(&platform.owner));
    set_taken(backend, &owner, true).await.unwrap();
    let made = make(backend, &owner, platform.key.service_account)
        .await
        .unwrap();
    let number = made.account_number.to_string();
    let mut last = 0;
    for n in 0..200 {
        let guess = format!("rgk_{n}");
        let pairs = [("account_id", number.as_str()), ("api_key", guess.as_str())];
        last = call(&platform, Form::Urlencoded, &pairs).await.0;
        if last != 100 {
            break;
        }
    }
    assert_eq!(last, 9004);
    let right = [
        ("account_id", number.as_str()),
        ("api_key", made.key.reveal()),
    ];
    assert_eq!(call(&platform, Form::Urlencoded, &right).await.0, 0);
}
