//! Account passwords: signing in, changing, and the operator's reset.

use domain::members::{PasswordChange, actions};
use domain::sign_ins::actions as sign_ins;
use domain::sign_ins::actions::SignInKey;
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend};
use domain::{Error, Secret};
use sqlx::PgPool;

const NEW: &str = "a quiet harbour at noon";

fn change_to(new: &str) -> PasswordChange {
    PasswordChange {
        current: Secret::new(ACCOUNT_PASSWORD),
        new: Secret::new(new),
        confirmation: Secret::new(new),
    }
}

fn fields(outcome: Result<(), Error>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid(problems)) => {
            problems.into_iter().map(|problem| problem.field).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// R005, R019, R020, R068.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_change_ends_the_other_sign_ins_and_a_wrong_one_changes_nothing(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let (here, there) = (SignInKey::of(b"here"), SignInKey::of(b"there"));
    for key in [&here, &there] {
        assert!(
            sign_ins::create(&backend, key, Some(owner.id), serde_json::json!({}))
                .await
                .unwrap()
        );
    }
    let change = |change| actions::change_password(&backend, &me, change, Some(&here));

    assert_eq!(
        fields(change(change_to("fourteen chars")).await),
        ["new_password"]
    );
    assert_eq!(
        fields(change(change_to(ACCOUNT_PASSWORD)).await),
        ["new_password"],
        "the same again"
    );
    let wrong = PasswordChange {
        current: Secret::new("wrong"),
        ..change_to(NEW)
    };
    assert_eq!(fields(change(wrong).await), ["current_password"]);
    let differs = PasswordChange {
        confirmation: Secret::new("else"),
        ..change_to(NEW)
    };
    assert_eq!(fields(change(differs).await), ["confirmation"]);
    assert!(sign_ins::load(&backend, &there).await.unwrap().is_some());
    let old = Secret::new(ACCOUNT_PASSWORD);
    sign_ins::check_password(&backend, ADDRESS, &owner.email, &old)
        .await
        .unwrap();

    change(change_to(NEW)).await.unwrap();
    assert!(sign_ins::load(&backend, &here).await.unwrap().is_some());
    assert!(sign_ins::load(&backend, &there).await.unwrap().is_none());
    assert!(
        sign_ins::check_password(&backend, ADDRESS, &owner.email, &old)
            .await
            .is_err()
    );
    sign_ins::check_password(&backend, ADDRESS, &owner.email, &Secret::new(NEW))
        .await
        .unwrap();
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_operator_resets_a_password_and_ends_every_sign_in(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let key = SignInKey::of(b"cookie");
    sign_ins::create(&backend, &key, Some(owner.id), serde_json::json!({}))
        .await
        .unwrap();
    assert!(matches!(
        actions::reset_password(&backend, "nobody@north.example", &Secret::new(NEW)).await,
        Err(Error::NotFound("member"))
    ));
    actions::reset_password(&backend, "OWNER@north.example", &Secret::new(NEW))
        .await
        .unwrap();
    assert!(sign_ins::load(&backend, &key).await.unwrap().is_none());
    sign_ins::check_password(&backend, ADDRESS, &owner.email, &Secret::new(NEW))
        .await
        .unwrap();
}
