//! Sign-ins: the cookie, its record, and how it ends.

use axum::body::Body;
use chrono::TimeDelta;
use domain::testing::{ACCOUNT_PASSWORD, given_account};
use http::{Method, StatusCode};
use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, Row as _};

use crate::support::{HTML, RECORDINGS, SIGN_IN, SIGN_OUT, TestApp};

const EMAIL: &str = "owner@acme.example";
const SENTENCE: &str = "E-mail or password is wrong.";

/// R062: over https.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn over_https_the_cookie_is_bound_to_the_host(db: PgPool) {
    let app = TestApp::at(db, "https://rec.example.com");
    given_account(&app.backend, "acme").await;
    let mut browser = app.browser();
    let answer = browser.sign_in(EMAIL, ACCOUNT_PASSWORD).await;
    let cookie = answer.cookie("__Host-reelgate").unwrap();
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Domain") && !cookie.contains("Max-Age"),
        "{cookie}"
    );
    assert!(browser.is_signed_in().await);

    let answer = browser.post("/account", SIGN_OUT, &[]).await;
    let removal = answer.cookie("__Host-reelgate").unwrap();
    assert!(
        removal.contains("Max-Age=0") && removal.contains("; Secure") && removal.contains("Path=/"),
        "{removal}"
    );
}

/// R062: over plain http, where browsers would refuse the prefix and Secure.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn over_http_the_cookie_is_as_strict_as_it_can_be(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let answer = app.browser().sign_in(EMAIL, ACCOUNT_PASSWORD).await;
    let cookie = answer.cookie("reelgate").unwrap();
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
            && !cookie.contains("Secure"),
        "{cookie}"
    );
}

/// R063: what the database holds signs nobody in.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_database_holds_only_the_hash_of_the_id(db: PgPool) {
    let app = TestApp::new(db.clone());
    given_account(&app.backend, "acme").await;
    let browser = app.signed_in_as(EMAIL).await;
    let id = &browser.cookies["reelgate"];
    assert_eq!(id.len(), 22, "128 bits in base64: {id}");
    let row = sqlx::raw_sql("select id_hash, data::text as data from sign_ins")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(
        row.get::<Vec<u8>, _>("id_hash"),
        Sha256::digest(id.as_bytes()).to_vec()
    );
    assert!(!row.get::<String, _>("data").contains(id));
}

/// R064: an id that was planted before the sign-in is never adopted, and an old one is worth nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn signing_in_makes_a_new_id_and_ends_the_old_one(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    let mut browser = app.browser();
    browser
        .cookies
        .insert("reelgate".to_owned(), planted.to_owned());
    browser.sign_in(EMAIL, ACCOUNT_PASSWORD).await;
    let first = browser.cookies["reelgate"].clone();
    assert_ne!(first, planted);

    browser.sign_in(EMAIL, ACCOUNT_PASSWORD).await;
    assert_ne!(browser.cookies["reelgate"], first);
    assert!(browser.is_signed_in().await);
    for old in [planted, &first] {
        let mut other = app.browser();
        other.cookies.insert("reelgate".to_owned(), old.to_owned());
        assert!(!other.is_signed_in().await, "{old}");
    }
}

/// R065: an id counts in the cookie only.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_id_in_the_address_is_ignored(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let browser = app.signed_in_as(EMAIL).await;
    let id = &browser.cookies["reelgate"];
    let answer = app
        .browser()
        .get(&format!("{RECORDINGS}?reelgate={id}&session={id}"))
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
}

/// R066: without a request for an hour.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_idle_sign_in_ends(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut browser = app.signed_in_as(EMAIL).await;
    app.backend.clock.advance(TimeDelta::minutes(59));
    assert!(browser.is_signed_in().await);
    app.backend.clock.advance(TimeDelta::minutes(59));
    assert!(
        browser.is_signed_in().await,
        "the request before counts as being there"
    );
    app.backend.clock.advance(TimeDelta::minutes(61));
    assert!(!browser.is_signed_in().await);
}

/// R066: in any case after a day, by the server's clock.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_busy_sign_in_ends_after_a_day(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut browser = app.signed_in_as(EMAIL).await;
    for _ in 0..47 {
        app.backend.clock.advance(TimeDelta::minutes(30));
        assert!(browser.is_signed_in().await);
    }
    app.backend.clock.advance(TimeDelta::minutes(31));
    assert!(!browser.is_signed_in().await);
}

/// R067.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn after_signing_out_a_kept_cookie_is_worth_nothing(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut browser = app.signed_in_as(EMAIL).await;
    let kept = browser.cookies.clone();
    let answer = browser.post(RECORDINGS, SIGN_OUT, &[]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, Some("/sign-in"))
    );
    assert!(
        !browser.cookies.contains_key("reelgate"),
        "the browser is told to forget it"
    );
    browser.cookies = kept;
    assert!(!browser.is_signed_in().await);
}

/// R068: by the operator's reset.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_reset_of_the_account_password_ends_every_sign_in(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut browser = app.signed_in_as(EMAIL).await;
    let new = domain::Secret::new("nine green umbrellas");
    domain::members::actions::reset_password(&app.backend, EMAIL, &new)
        .await
        .unwrap();
    assert!(!browser.is_signed_in().await);
    assert!(
        app.browser()
            .sign_in(EMAIL, "nine green umbrellas")
            .await
            .cookie("reelgate")
            .is_some()
    );
}

/// A wrong password says so on the page it came from, once, in a clean address, and without what was typed.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_refused_form_comes_back_with_its_problem_once(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut browser = app.browser();
    let page = "/sign-in?next=%2Faccount";
    let answer = browser
        .post(
            page,
            SIGN_IN,
            &[("email", EMAIL), ("password", "not the password")],
        )
        .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, Some(page))
    );
    let flash = answer.cookie("flash").unwrap();
    assert!(
        flash.contains("HttpOnly") && flash.contains("Max-Age=60") && !flash.contains("not%20the"),
        "{flash}"
    );
    assert!(answer.cookie("reelgate").is_none(), "nobody is signed in");

    let shown = browser.get(page).await;
    assert!(shown.body.contains(SENTENCE), "{}", shown.body);
    assert!(!shown.body.contains("not the password"));
    let typed = format!("value=\"{EMAIL}\"");
    assert!(shown.body.contains(&typed), "typed once is enough");
    assert!(!browser.cookies.contains_key("flash"));
    assert!(!browser.get(page).await.body.contains(SENTENCE), "once");
}

/// A flash that is none of ours is ignored and deleted.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_forged_flash_is_dropped(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    for junk in [
        "<script>",
        "%FF",
        "%7B%22Notice%22%3A%22pwned%22%7D",
        &"a".repeat(5000),
    ] {
        let mut browser = app.browser();
        browser.cookies.insert("flash".to_owned(), junk.to_owned());
        let answer = browser.get("/sign-in").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains("pwned"));
        assert!(!browser.cookies.contains_key("flash"));
    }
}

/// Also for programs, which do not ask for `text/html`.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_page_sends_everybody_who_is_not_signed_in_to_the_sign_in(db: PgPool) {
    let app = TestApp::new(db);
    for page in ["/", "/account", RECORDINGS] {
        for accept in [HTML, "*/*"] {
            let request = app.request(Method::GET, page).header("accept", accept);
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FOUND, "{page} {accept}");
            let location = answer.header("location").unwrap();
            assert!(location.starts_with("/sign-in"), "{page}: {location}");
        }
    }
}
