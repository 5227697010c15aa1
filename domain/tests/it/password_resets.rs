//! Forgotten passwords: asking, the link, and the new password.

use chrono::TimeDelta;
use domain::background::More;
use domain::mail::outbox;
use domain::password_resets::{NewChoice, actions};
use domain::sign_ins::actions as sign_ins;
use domain::sign_ins::actions::SignInKey;
use domain::testing::mail_server::MailServer;
use domain::testing::{
    ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend, given_member, token_of,
};
use domain::{Backend, Error, LinkToken, Role, Secret};
use sqlx::PgPool;

const NEW: &str = "a quiet harbour at noon";

fn choice() -> NewChoice {
    NewChoice {
        password: Secret::new(NEW),
        confirmation: Secret::new(NEW),
    }
}

async fn work_off(backend: &Backend) {
    while actions::answer_request(backend).await.unwrap() == More::Now {}
    while outbox::send_next(backend).await.unwrap() == More::Now {}
}

/// The address of the link in the text of a letter.
fn link_in(letter: &str) -> Secret {
    let parsed = mailparse::parse_mail(letter.as_bytes()).unwrap();
    let text = parsed.subparts[0].get_body().unwrap();
    let link = text.lines().find(|line| line.contains("?token=")).unwrap();
    Secret::new(link)
}

async fn made(backend: &Backend, email: &str) -> LinkToken {
    token_of(&actions::make_link(backend, email).await.unwrap().1)
}

async fn signs_in(backend: &Backend, email: &str, password: &str) -> bool {
    sign_ins::check_password(backend, ADDRESS, email, &Secret::new(password))
        .await
        .is_ok()
}

/// R027, R029: what is answered at once is the same; the mail comes from a queue, its host from the settings.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn known_and_unknown_get_the_same_answer_and_only_the_known_a_mail(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    assert!(
        matches!(
            actions::request(&backend, ADDRESS, &owner.email).await,
            Err(Error::Conflict(_))
        ),
        "without mail it says what to do"
    );
    let server = MailServer::start().await;
    backend.post = server.post();
    backend.public_url = "https://rec.example.com".to_owned();
    actions::request(&backend, ADDRESS, "nobody@north.example")
        .await
        .unwrap();
    actions::request(&backend, ADDRESS, " OWNER@north.example")
        .await
        .unwrap();
    let rows: Vec<(bool, i64)> =
        sqlx::query_as("select exists (select from outbox), count(*) from password_reset_requests")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(rows, [(false, 2)], "both did the same work");

    work_off(&backend).await;
    let letters = server.take();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].contains("To: owner@north.example"),
        "{}",
        letters[0]
    );
    let link = link_in(&letters[0]);
    assert!(
        link.reveal()
            .starts_with("https://rec.example.com/reset-password?token=")
    );
    assert!(
        signs_in(&backend, &owner.email, ACCOUNT_PASSWORD).await,
        "asking changes nothing (R031)"
    );
    actions::complete(&backend, ADDRESS, &token_of(&link), choice())
        .await
        .unwrap();
    assert!(signs_in(&backend, &owner.email, NEW).await);
    work_off(&backend).await;
    let told = server.take();
    assert_eq!(told.len(), 1, "the member is told (R024)");
    assert!(!told[0].contains("token=") && !told[0].contains(NEW));
}

/// R028.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_link_works_once_for_an_hour_and_a_newer_one_voids_it(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let is_good = async |token: &LinkToken| actions::look(&backend, token).await.is_ok();
    let first = made(&backend, &owner.email).await;
    let link = actions::make_link(&backend, &owner.email).await.unwrap().1;
    let second = token_of(&link);
    assert!(!is_good(&first).await && is_good(&second).await);
    let dump: String = sqlx::query_scalar("select string_agg(r::text, ' ') from password_resets r")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!dump.contains(link.reveal().split_once("token=").unwrap().1));
    backend.clock.advance(TimeDelta::hours(1));
    assert!(!is_good(&second).await);

    let third = made(&backend, &owner.email).await;
    let (one, two) = tokio::join!(
        actions::complete(&backend, ADDRESS, &third, choice()),
        actions::complete(&backend, ADDRESS, &third, choice())
    );
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    assert!(!is_good(&third).await);
}

/// R031.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_new_password_ends_every_sign_in_and_starts_none(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let key = SignInKey::of(b"cookie");
    sign_ins::create(&backend, &key, Some(owner.id), serde_json::json!({}))
        .await
        .unwrap();
    let token = made(&backend, &owner.email).await;
    let weak = NewChoice {
        password: Secret::new("short"),
        confirmation: Secret::new("else"),
    };
    match actions::complete(&backend, ADDRESS, &token, weak).await {
        Err(Error::Invalid(problems)) => assert_eq!(problems.len(), 2),
        other => panic!("{other:?}"),
    }
    assert!(sign_ins::load(&backend, &key).await.unwrap().is_some());
    actions::complete(&backend, ADDRESS, &token, choice())
        .await
        .unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from sign_ins")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert!(!signs_in(&backend, &owner.email, ACCOUNT_PASSWORD).await);
    assert!(signs_in(&backend, &owner.email, NEW).await);
}

/// R032.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn mails_are_limited_for_each_address_and_each_caller(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db, folder.path());
    backend.post = MailServer::start().await.post();
    let ask = async |caller: u8, email: &str| {
        actions::request(&backend, [192, 0, 2, caller].into(), email).await
    };
    for _ in 0..3 {
        ask(1, "a@north.example").await.unwrap();
    }
    for (caller, email) in [(1, "b@north.example"), (2, "a@north.example")] {
        assert!(
            matches!(ask(caller, email).await, Err(Error::Throttled { .. })),
            "{email}"
        );
    }
    ask(2, "b@north.example").await.unwrap();
    backend.clock.advance(TimeDelta::minutes(21));
    ask(1, "b@north.example").await.unwrap();
    assert!(
        ask(2, "a@north.example").await.is_err(),
        "an address recovers more slowly"
    );
}

/// R034: where mail is sent, the link goes to the member and to nobody else.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn whoever_starts_a_reset_for_a_member_never_sees_the_password(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let member = given_member(&backend, &owner, Role::Support, "ada").await;
    let me = actor(&owner);
    let shown = actions::start(&backend, &me, member.id).await.unwrap();
    assert!(shown.is_some(), "without mail somebody has to hand it over");
    let server = MailServer::start().await;
    backend.post = server.post();
    assert!(
        actions::start(&backend, &me, member.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        actions::look(&backend, &token_of(&shown.unwrap()))
            .await
            .is_err()
    );
    work_off(&backend).await;
    let letters = server.take();
    assert_eq!(letters.len(), 1);
    assert!(
        actions::look(&backend, &token_of(&link_in(&letters[0])))
            .await
            .is_ok()
    );
}
