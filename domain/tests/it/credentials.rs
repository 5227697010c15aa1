//! The preset, its reset, and what a user name and password are worth.

use std::net::IpAddr;

use domain::credentials::verification::{Verdict, verify};
use domain::credentials::{Grace, Reset, actions};
use domain::members::Member;
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend};
use domain::{Actor, Backend, Caller, Error, Role, Secret};
use sqlx::PgPool;

const NEW: &str = "tulip engine marble";

fn reset_to(new: &str) -> Reset {
    Reset {
        account_password: Secret::new(ACCOUNT_PASSWORD),
        new_password: Secret::new(new),
        confirmation: Secret::new(new),
        grace: Grace::None,
    }
}

async fn preset(backend: &Backend, owner: &Member) -> (String, String) {
    let username = actions::get(backend, &actor(owner)).await.unwrap().username;
    let preset = actions::reveal_preset(backend, &actor(owner))
        .await
        .unwrap()
        .unwrap();
    (username, preset.reveal().to_owned())
}

async fn is_valid(backend: &Backend, username: &str, password: &str) -> bool {
    let verdict = verify(backend, ADDRESS, username.as_bytes(), password.as_bytes())
        .await
        .unwrap();
    matches!(verdict, Verdict::Valid(_))
}

async fn fields_of(backend: &Backend, actor: &Actor, reset: Reset) -> Vec<String> {
    match actions::reset(backend, actor, reset).await {
        Err(Error::Invalid(problems)) => {
            problems.into_iter().map(|problem| problem.field).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn audit_count(db: &PgPool, event: &str) -> i64 {
    sqlx::query_scalar("select count(*) from audit_events where event = $1")
        .bind(event)
        .fetch_one(db)
        .await
        .unwrap()
}

/// R049, R057.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_preset_is_shown_until_the_reset_and_each_view_is_audited(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let (username, password) = preset(&backend, &owner).await;
    assert!(is_valid(&backend, &username, &password).await);
    assert!(
        actions::get(&backend, &actor(&owner))
            .await
            .unwrap()
            .is_preset
    );
    preset(&backend, &owner).await;
    assert_eq!(audit_count(&db, "credential.preset_shown").await, 2);

    actions::reset(&backend, &actor(&owner), reset_to(NEW))
        .await
        .unwrap();
    assert!(
        actions::reveal_preset(&backend, &actor(&owner))
            .await
            .unwrap()
            .is_none()
    );
    let credential = actions::get(&backend, &actor(&owner)).await.unwrap();
    assert!(!credential.is_preset);
    assert_eq!(credential.changed_at, Some(backend.clock.now()));
    assert_eq!(credential.changed_by.as_deref(), Some("Owner of north"));
    assert_eq!(audit_count(&db, "credential.reset").await, 1);
}

/// R023 and R053: also what a process remembers of the old password is void, on another process too.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn after_the_reset_the_old_password_is_refused_at_once_everywhere(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let here = given_backend(db.clone(), folder.path());
    let elsewhere = given_backend(db.clone(), folder.path());
    let owner = given_account(&here, "north").await;
    let (username, old) = preset(&here, &owner).await;
    for backend in [&here, &elsewhere] {
        assert!(is_valid(backend, &username, &old).await);
        assert!(
            !is_valid(backend, &username, NEW).await,
            "remembered as wrong"
        );
    }
    actions::reset(&here, &actor(&owner), reset_to(NEW))
        .await
        .unwrap();
    for backend in [&here, &elsewhere] {
        assert!(!is_valid(backend, &username, &old).await);
        assert!(is_valid(backend, &username, NEW).await);
    }
    let sealed: Option<Vec<u8>> = sqlx::query_scalar("select preset_sealed from credentials")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(sealed, None);
}

/// R006, R017, R019, R020.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_wrong_field_is_told_and_nothing_changes(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let (username, old) = preset(&backend, &owner).await;

    let wrong = Reset {
        account_password: Secret::new("not my password"),
        ..reset_to(NEW)
    };
    assert_eq!(fields_of(&backend, &me, wrong).await, ["account_password"]);
    let missing = Reset {
        account_password: Secret::new(""),
        ..reset_to(NEW)
    };
    assert_eq!(
        fields_of(&backend, &me, missing).await,
        ["account_password"]
    );
    let differs = Reset {
        confirmation: Secret::new("tulip engine marbles"),
        ..reset_to(NEW)
    };
    assert_eq!(fields_of(&backend, &me, differs).await, ["confirmation"]);
    for bad in [
        "nine char",
        "1234567890",
        &username,
        &old,
        ACCOUNT_PASSWORD,
        "line\nbreak in here",
        "Owner of north",
    ] {
        assert_eq!(
            fields_of(&backend, &me, reset_to(bad)).await,
            ["new_password"],
            "{bad:?}"
        );
    }
    let all = Reset {
        account_password: Secret::new("wrong"),
        new_password: Secret::new("short"),
        confirmation: Secret::new("other"),
        grace: Grace::None,
    };
    assert_eq!(
        fields_of(&backend, &me, all).await,
        ["new_password", "confirmation", "account_password"]
    );

    assert!(is_valid(&backend, &username, &old).await);
    assert!(!is_valid(&backend, &username, NEW).await);
    assert_eq!(audit_count(&db, "credential.reset").await, 0);
    assert_eq!(audit_count(&db, "credential.reset_refused").await, 2);
}

/// R056.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_owner_and_admin_see_or_reset_it(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    for role in Role::ALL {
        let member = Actor {
            caller: Caller::Member { id: owner.id, role },
            ..actor(&owner)
        };
        let may = matches!(role, Role::Owner | Role::Admin);
        assert_eq!(
            actions::reveal_preset(&backend, &member).await.is_ok(),
            may,
            "{role:?}"
        );
        assert_eq!(
            actions::get(&backend, &member).await.is_ok(),
            may,
            "{role:?}"
        );
        let outcome = actions::reset(&backend, &member, reset_to("short")).await;
        assert_eq!(matches!(outcome, Err(Error::Forbidden)), !may, "{role:?}");
        assert_eq!(
            actions::judge(&backend, &member, "x").await.is_ok(),
            may,
            "{role:?}"
        );
    }
}

/// R021.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn of_two_resets_at_once_one_is_the_password(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let (username, _) = preset(&backend, &owner).await;
    let me = actor(&owner);
    let (a, b) = tokio::join!(
        actions::reset(&backend, &me, reset_to("first orange bicycle")),
        actions::reset(&backend, &me, reset_to("second green bicycle")),
    );
    a.unwrap();
    b.unwrap();
    let first = is_valid(&backend, &username, "first orange bicycle").await;
    let second = is_valid(&backend, &username, "second green bicycle").await;
    assert_ne!(first, second);
    let version: i64 = sqlx::query_scalar("select version from credentials")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(version, 3);
}

/// R050.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_dump_holds_no_preset_in_clear(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let (_, password) = preset(&backend, &owner).await;
    let dump: String = sqlx::query_scalar(
        "select concat((select json_agg(c)::text from credentials c), (select json_agg(a)::text from audit_events a),
        (select string_agg(encode(preset_sealed, 'escape'), '') from credentials))",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert!(dump.contains("$argon2id$"), "{dump}");
    assert!(!dump.contains(&password));
}

/// R011, R012, and the Latin-1 that some clients send.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn one_password_in_the_spellings_that_clients_send(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let (username, _) = preset(&backend, &owner).await;
    actions::reset(&backend, &actor(&owner), reset_to(" mañana tulip engine "))
        .await
        .unwrap();
    assert!(is_valid(&backend, &username, " man\u{303}ana tulip engine ").await);
    assert!(!is_valid(&backend, &username, "mañana tulip engine").await);
    let latin1 = b" ma\xF1ana tulip engine ";
    let verdict = verify(&backend, ADDRESS, username.as_bytes(), latin1)
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Valid(_)));
}

/// R042 and R041: repeated, right or wrong, it is one guess; and wrong guesses run out for that address alone.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn guesses_run_out_but_a_right_password_still_opens(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let (username, password) = preset(&backend, &owner).await;
    for _ in 0..100 {
        assert!(!is_valid(&backend, &username, "the same wrong one").await);
    }
    assert!(is_valid(&backend, &username, &password).await);
    let stranger: IpAddr = "198.51.100.9".parse().unwrap();
    let mut throttled = 0;
    for n in 0..30 {
        let guess = format!("guess number {n}");
        match verify(&backend, stranger, username.as_bytes(), guess.as_bytes())
            .await
            .unwrap()
        {
            Verdict::Refused(_) => {}
            Verdict::Throttled { retry_after } => {
                assert!(retry_after.as_secs() > 0);
                throttled += 1;
            }
            Verdict::Valid(_) => panic!("{guess}"),
        }
    }
    assert_eq!(throttled, 20);
    assert!(
        is_valid(&backend, &username, &password).await,
        "the owner's network is not touched"
    );
}

/// R025.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn odd_names_and_passwords_are_simply_wrong(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let long = vec![b'x'; 100_000];
    for (username, password) in [
        (&b""[..], &b""[..]),
        (b"nobody", b"x"),
        (b"nul\0", b"nul\0"),
        (&long, b"x"),
        (b"x", &long),
        (b"\xff", b"\xfe"),
    ] {
        let verdict = verify(&backend, ADDRESS, username, password).await.unwrap();
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
}
