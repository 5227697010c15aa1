//! Proofs: right, wrong, odd, old, in place of each other, and too many. R036 to R042, R088, R090.

use std::time::Instant;

use domain::credentials::{Grace, Reset};
use domain::testing::{ACCOUNT_PASSWORD, actor};
use domain::{Hashing, PasswordText, Secret};
use futures::future::join_all;

use super::*;

/// R090.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn basic_is_read_leniently(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let encoded = gate.authorization.strip_prefix("Basic ").unwrap();
    for value in [
        format!("Basic {encoded}"),
        format!("basic {encoded}"),
        format!("BASIC   {encoded}"),
        format!("Basic {}", encoded.trim_end_matches('=')),
    ] {
        let answer = gate
            .get_anonymously(&file.path, &[CURL, ("authorization", &value)])
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{value}");
        assert_eq!(answer.body, BYTES);
    }
}

/// R090: none of it is ever a 500, and none is ignored in favour of another.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn odd_authorizations_are_wrong(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let long = format!("Basic {}", "QUFB".repeat(25_000));
    let long_but_read = basic(&"u".repeat(2000), &"p".repeat(3000));
    let with_nul = format!("Basic {}", STANDARD.encode(b"us\0er:password"));
    let not_utf8 = format!("Basic {}", STANDARD.encode(b"us\xff\xfeer:pass\xf1word"));
    for value in [
        "",
        "Basic",
        "Basic !!!",
        "Basic QWxhZGRpbg==",
        "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "Digest username=\"x\"",
        "Basic Og==",
        &long,
        &long_but_read,
        &with_nul,
        &not_utf8,
    ] {
        let answer = gate
            .get_anonymously(&file.path, &[BROWSER, ("authorization", value)])
            .await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{}",
            &value[..value.len().min(60)]
        );
    }
    let twice = [
        CURL,
        ("authorization", gate.authorization.as_str()),
        ("authorization", gate.authorization.as_str()),
    ];
    assert_eq!(
        gate.get_anonymously(&file.path, &twice).await.status,
        StatusCode::FORBIDDEN,
        "two headers are no proof"
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_credential_is_valid_but_finds_nothing(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let (_, foreign) = gate.neighbour().await;
    for caller in [BROWSER, WGET, CURL] {
        let answer = gate
            .get_anonymously(&file.path, &[caller, ("authorization", &foreign)])
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

/// R023: at once, also for passwords that were remembered a moment ago; R012: blanks count; non-ASCII in both codes.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_reset_takes_effect_at_once(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    assert_eq!(gate.get(&file, &[]).await.status, StatusCode::OK);
    let username = credentials::actions::get(&gate.backend, &actor(&gate.owner))
        .await
        .unwrap()
        .username;
    let new = " señal: de: prueba 7 ";
    let reset = Reset {
        account_password: Secret::new(ACCOUNT_PASSWORD),
        new_password: Secret::new(new),
        confirmation: Secret::new(new),
        grace: Grace::None,
    };
    credentials::actions::reset(&gate.backend, &actor(&gate.owner), reset)
        .await
        .unwrap();
    assert_eq!(
        gate.get(&file, &[CURL]).await.status,
        StatusCode::FORBIDDEN,
        "the old one"
    );
    let decomposed = new.replace('ñ', "n\u{303}");
    let mut latin1 = username.clone().into_bytes();
    latin1.push(b':');
    latin1.extend(new.chars().map(|c| u8::try_from(u32::from(c)).unwrap()));
    for value in [
        basic(&username, new),
        basic(&username, &decomposed),
        format!("Basic {}", STANDARD.encode(latin1)),
    ] {
        let answer = gate
            .get_anonymously(&file.path, &[CURL, ("authorization", &value)])
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{value}");
    }
    let trimmed = basic(&username, new.trim());
    assert_eq!(
        gate.get_anonymously(&file.path, &[CURL, ("authorization", &trimmed)])
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}

/// R036, R039, R042: wrong guesses are throttled, and the same one again is none; R041: the right one never is.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn guesses_are_throttled_but_not_the_right_password(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    assert_eq!(gate.get(&file, &[]).await.status, StatusCode::OK);

    // Fifty at once with one wrong password are one computation, so one guess.
    let same = basic("nobody", "the same each time");
    let headers = [CURL, ("authorization", same.as_str())];
    let answers = join_all((0..50).map(|_| gate.get_anonymously(&file.path, &headers))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == StatusCode::FORBIDDEN)
    );

    let mut tried = 1;
    let throttled = loop {
        let value = basic("nobody", &format!("guess {tried}"));
        let answer = gate
            .get_anonymously(&file.path, &[CURL, ("authorization", &value)])
            .await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        tried += 1;
        assert!(tried <= 20, "never throttled");
    };
    assert_eq!(
        tried, 10,
        "the budget of an address; the fifty cost one of it"
    );
    let wait: i64 = throttled.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(throttled.header("cache-control"), "no-store");
    assert_eq!(throttled.header("www-authenticate"), "");

    for _ in 0..100 {
        assert_eq!(
            gate.get(&file, &[("range", "bytes=0-0")]).await.status,
            StatusCode::PARTIAL_CONTENT
        );
    }
    gate.backend.clock.advance(chrono::TimeDelta::seconds(wait));
    let value = basic("nobody", "after the wait");
    let answer = gate
        .get_anonymously(&file.path, &[CURL, ("authorization", &value)])
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "judged again");
}

/// Assurance finding 5: many requests with the same fresh password cost one hash, not one each.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_fresh_password_is_hashed_once(db: PgPool) {
    let mut gate = Gate::new(db).await;
    let file = gate.recording().await;
    // One place for hashing, so that 200 hashes take 200 times as long as one on any machine.
    gate.backend.hashing = Hashing::new(1);
    gate.router = router_of(&gate.backend);
    let started = Instant::now();
    let password = PasswordText::new("one hash, for scale").unwrap();
    gate.backend.hashing.hash(&password).await.unwrap();
    let one_hash = started.elapsed();

    let started = Instant::now();
    let answers = join_all((0..200).map(|_| gate.get(&file, &[("range", "bytes=0-0")]))).await;
    let elapsed = started.elapsed();
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == StatusCode::PARTIAL_CONTENT)
    );
    assert!(
        elapsed < one_hash * 100,
        "{elapsed:?} for 200 requests, {one_hash:?} for a hash"
    );
}

/// A sign-in opens the files of its own account, and never speaks for a wrong `Authorization`.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_sign_in_is_a_proof_unless_another_is_given(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let (neighbour, foreign_credential) = gate.neighbour().await;
    let own = gate.sign_in(&gate.owner).await;
    let foreign = gate.sign_in(&neighbour).await;
    let wrong = basic("nobody", "nothing at all");
    let unknown = "reelgate=AAAAAAAAAAAAAAAAAAAAAA";
    for (name, headers, expected) in [
        (
            "own sign-in",
            vec![("cookie", own.as_str())],
            StatusCode::OK,
        ),
        (
            "another account's sign-in",
            vec![("cookie", &foreign)],
            StatusCode::NOT_FOUND,
        ),
        (
            "a cookie of no sign-in",
            vec![("cookie", unknown)],
            StatusCode::FORBIDDEN,
        ),
        (
            "no text of ours",
            vec![("cookie", "reelgate=x; y")],
            StatusCode::FORBIDDEN,
        ),
        (
            "wrong password beside it",
            vec![("cookie", &own), ("authorization", &wrong)],
            StatusCode::FORBIDDEN,
        ),
        (
            "unreadable header beside it",
            vec![("cookie", &own), ("authorization", "Basic !")],
            StatusCode::FORBIDDEN,
        ),
        (
            "another account's credential beside it",
            vec![("cookie", &own), ("authorization", &foreign_credential)],
            StatusCode::NOT_FOUND,
        ),
        (
            "own credential, another's sign-in",
            vec![("cookie", &foreign), ("authorization", &gate.authorization)],
            StatusCode::OK,
        ),
    ] {
        assert_eq!(
            gate.get_anonymously(&file.path, &headers).await.status,
            expected,
            "{name}"
        );
    }
}
