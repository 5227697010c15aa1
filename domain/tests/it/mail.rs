//! The outbox: sealed, tried again, given up.

use chrono::TimeDelta;
use domain::background::More;
use domain::credentials::Reset;
use domain::mail::outbox::send_next;
use domain::sign_ins::actions::{Origin, complete};
use domain::testing::mail_server::MailServer;
use domain::testing::{
    ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend, given_member,
};
use domain::{Backend, Role, Secret, credentials, invitations};
use sqlx::PgPool;

async fn invite(backend: &Backend, email: &str) -> Secret {
    let owner = given_account(backend, email.split('@').next().unwrap()).await;
    invitations::actions::invite(backend, &actor(&owner), email, Role::Support)
        .await
        .unwrap()
}

async fn state(db: &PgPool) -> Vec<(i32, bool, bool)> {
    sqlx::query_as("select attempts, sealed is null, failure is null from outbox")
        .fetch_all(db)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_letter_waits_sealed_and_is_sent_once(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    invite(&backend, "early@one.example").await;
    assert!(
        state(&db).await.is_empty(),
        "without a mail server nothing waits"
    );
    let server = MailServer::start().await;
    backend.post = server.post();
    let link = invite(&backend, "new@two.example").await;
    let dump: String = sqlx::query_scalar("select encode(sealed, 'escape') from outbox")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!dump.contains("token="));

    assert_eq!(send_next(&backend).await.unwrap(), More::Now);
    assert_eq!(send_next(&backend).await.unwrap(), More::Later);
    let letters = server.take();
    assert_eq!(letters.len(), 1);
    let parsed = mailparse::parse_mail(letters[0].as_bytes()).unwrap();
    for (part, kind) in parsed.subparts.iter().zip(["text/plain", "text/html"]) {
        assert_eq!(part.ctype.mimetype, kind);
        assert!(part.get_body().unwrap().contains(link.reveal()), "{kind}");
    }
    assert!(state(&db).await.is_empty());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_mail_server_in_trouble_is_asked_again_for_a_day(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    let server = MailServer::start().await;
    backend.post = server.post();
    invite(&backend, "new@two.example").await;
    server.refuse(Some("451 not now"));
    assert_eq!(send_next(&backend).await.unwrap(), More::Now);
    assert_eq!(send_next(&backend).await.unwrap(), More::Later, "it pauses");
    assert_eq!(state(&db).await, [(1, false, false)]);
    backend.clock.advance(TimeDelta::minutes(1));
    server.refuse(None);
    assert_eq!(send_next(&backend).await.unwrap(), More::Now);
    assert_eq!(server.take().len(), 1);

    invite(&backend, "other@three.example").await;
    server.refuse(Some("451 not now"));
    for _ in 0..30 {
        while send_next(&backend).await.unwrap() == More::Now {}
        backend.clock.advance(TimeDelta::hours(2));
    }
    let [(attempts, is_erased, false)] = state(&db).await[..] else {
        panic!("{:?}", state(&db).await)
    };
    assert!(is_erased && (10..=25).contains(&attempts), "{attempts}");
    backend.clock.advance(TimeDelta::days(31));
    send_next(&backend).await.unwrap();
    assert!(state(&db).await.is_empty());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_refused_for_good_is_given_up_at_once(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    let server = MailServer::start().await;
    backend.post = server.post();
    invite(&backend, "new@two.example").await;
    server.refuse(Some("550 nobody here"));
    send_next(&backend).await.unwrap();
    assert_eq!(state(&db).await, [(1, true, false)]);
}

/// R024.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_member_is_told_of_a_new_browser_but_not_of_a_known_one(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let server = MailServer::start().await;
    backend.post = server.post();
    let mut told = Vec::new();
    for device in [
        Some("first"),
        Some("first"),
        Some("second"),
        Some("second"),
        None,
    ] {
        let origin = Origin {
            address: ADDRESS,
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned()),
            device: device.map(Secret::new),
        };
        complete(&backend, &owner, &origin).await.unwrap();
        while send_next(&backend).await.unwrap() == More::Now {}
        told.push(server.take().len());
    }
    assert_eq!(told, [0, 0, 1, 0, 1], "the first of all is no news");
}

/// R024.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_owners_are_told_of_a_reset_of_the_access_password(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let admin = given_member(&backend, &owner, Role::Admin, "admin").await;
    let server = MailServer::start().await;
    backend.post = server.post();
    let secret = || Secret::new("tulip engine marble");
    let reset = Reset {
        account_password: Secret::new(ACCOUNT_PASSWORD),
        new_password: secret(),
        confirmation: secret(),
        grace: domain::credentials::Grace::None,
    };
    credentials::actions::reset(&backend, &actor(&admin), reset)
        .await
        .unwrap();
    while send_next(&backend).await.unwrap() == More::Now {}
    let letters = server.take();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].contains("To: owner@north.example"),
        "{}",
        letters[0]
    );
    assert!(!letters[0].contains(secret().reveal()));
}
