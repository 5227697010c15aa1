//! Accounts and the first set-up.

use chrono::TimeDelta;
use domain::accounts::{Challenge, NewAccount, actions};
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend};
use domain::{Error, Role, Secret};
use sqlx::PgPool;

fn new_account() -> NewAccount {
    NewAccount {
        account_name: "Northwind".into(),
        owner_name: "Ada".into(),
        email: "Ada@Northwind.example".into(),
        password: Secret::new(ACCOUNT_PASSWORD),
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_wrong_field_of_a_new_account_is_told_at_once(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let bad = NewAccount {
        account_name: "  ".into(),
        owner_name: "a\u{202e}b".into(),
        email: "nobody".into(),
        password: Secret::new("short"),
    };
    let Err(Error::Invalid(problems)) = actions::create(&backend, bad).await else {
        panic!("accepted")
    };
    let fields: Vec<_> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["account_name", "owner_name", "email", "password"]);
    assert!(!actions::is_set_up(&backend).await.unwrap());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_address_signs_in_to_one_account_in_any_case(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = actions::create(&backend, new_account()).await.unwrap();
    assert_eq!(
        (owner.email.as_str(), owner.role),
        ("ada@northwind.example", Role::Owner)
    );
    let Err(Error::Invalid(problems)) = actions::create(&backend, new_account()).await else {
        panic!("accepted")
    };
    assert_eq!(problems[0].field, "email");
    assert_eq!(
        actions::list(&backend).await.unwrap().len(),
        1,
        "nothing is left of the second"
    );
}

/// R033.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_set_up_code_is_random_works_once_and_only_for_an_hour(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let first = actions::new_set_up_code(&backend).await.unwrap().unwrap();
    let second = actions::new_set_up_code(&backend).await.unwrap().unwrap();
    assert_ne!(first, second);
    assert!(
        !actions::is_set_up_code(&backend, ADDRESS, first.reveal())
            .await
            .unwrap(),
        "replaced"
    );
    backend.clock.advance(TimeDelta::minutes(60));
    assert!(
        !actions::is_set_up_code(&backend, ADDRESS, second.reveal())
            .await
            .unwrap(),
        "too old"
    );

    let third = actions::new_set_up_code(&backend).await.unwrap().unwrap();
    let set_up = |code: String| {
        let backend = backend.clone();
        async move { actions::set_up(&backend, ADDRESS, &code, new_account()).await }
    };
    assert!(matches!(
        set_up("wrong".into()).await,
        Err(Error::NotFound(_))
    ));
    let both = tokio::join!(set_up(third.reveal().into()), set_up(third.reveal().into()));
    assert_eq!(
        usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()),
        1,
        "used once: {both:?}"
    );
    assert!(actions::new_set_up_code(&backend).await.unwrap().is_none());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_bad_field_does_not_use_up_the_set_up_code(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let code = actions::new_set_up_code(&backend).await.unwrap().unwrap();
    let bad = NewAccount {
        password: Secret::new("short"),
        ..new_account()
    };
    assert!(matches!(
        actions::set_up(&backend, ADDRESS, code.reveal(), bad).await,
        Err(Error::Invalid(_))
    ));
    assert!(
        actions::set_up(&backend, ADDRESS, code.reveal(), new_account())
            .await
            .is_ok()
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_challenge_setting_is_the_accounts_own(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let (one, two) = (
        given_account(&backend, "one").await,
        given_account(&backend, "two").await,
    );
    actions::set_challenge(&backend, &actor(&one), Challenge::Everyone)
        .await
        .unwrap();
    assert_eq!(
        actions::challenge_of(&backend, one.account).await.unwrap(),
        Challenge::Everyone
    );
    assert_eq!(
        actions::challenge_of(&backend, two.account).await.unwrap(),
        Challenge::Documented
    );
    let support = domain::Actor {
        caller: domain::Caller::Member {
            id: one.id,
            role: Role::Support,
        },
        ..actor(&one)
    };
    assert!(matches!(
        actions::set_challenge(&backend, &support, Challenge::NeverPrograms).await,
        Err(Error::Forbidden)
    ));
    assert_eq!(
        actions::challenge_of(&backend, one.account).await.unwrap(),
        Challenge::Everyone
    );
}
