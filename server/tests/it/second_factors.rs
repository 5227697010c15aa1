//! Second factors, as a browser without scripts meets them, and what a half-done sign-in is worth.

use chrono::TimeDelta;
use domain::members::Member;
use domain::projects::actions as projects;
use domain::testing::{
    ACCOUNT_PASSWORD, actor, app_code, given_account, given_app, given_file, given_member,
    given_session,
};
use domain::{Role, Secret};
use http::StatusCode;
use sqlx::PgPool;

use crate::support::{Answer, Browser, SIGN_IN, TestApp};

const OWNER: &str = "owner@acme.example";
const STEP: &str = "/sign-in/second-factor";
const CHECK: &str = "/rpc/app/features/second_factors/step/api/check_code";
const RECOVER: &str = "/rpc/app/features/second_factors/step/api/check_recovery_code";
const CHECK_PASSKEY: &str = "/rpc/app/features/second_factors/step/api/check_passkey";
const ASK_PASSKEY: &str = "/rpc/app/features/second_factors/step/api/begin_passkey_step";
const OWN: &str = "/account/second-factor";
const APP: &str = "/account/second-factor/app";
const API: &str = "/rpc/app/features/second_factors/api";

fn went_to(answer: &Answer, path: &str) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, Some(path)),
        "{}",
        answer.body
    );
}

/// A browser that has shown the right password.
async fn half_signed_in<'a>(app: &'a TestApp, next: &str) -> Browser<'a> {
    let mut browser = app.browser();
    let fields = [
        ("email", OWNER),
        ("password", ACCOUNT_PASSWORD),
        ("next", next),
    ];
    let answer = browser.post("/sign-in", SIGN_IN, &fields).await;
    went_to(&answer, STEP);
    browser
}

async fn given_owner_with_app(app: &TestApp) -> (Member, Secret, Vec<Secret>) {
    let owner = given_account(&app.backend, "acme").await;
    let (secret, codes) = given_app(&app.backend, &owner).await;
    (owner, secret, codes)
}

/// R025 and R064 for the second factor: the right password alone is worth nothing, whatever is tried with what it left.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_half_done_sign_in_opens_nothing(db: PgPool) {
    let app = TestApp::new(db);
    let (owner, _, _) = given_owner_with_app(&app).await;
    let project = projects::create(&app.backend, &actor(&owner), "Talks")
        .await
        .unwrap();
    let session = given_session(&app.backend, &owner, project.id, "1").await;
    let file = given_file(&app.backend, &owner, session, "live.mp4", b"bytes").await;
    let file = format!("/files/{}/{file}/live.mp4", owner.account);
    let report = format!("/video/insights/recordings/{session}");

    let mut half = half_signed_in(&app, "/").await;
    assert!(!half.cookies.contains_key("reelgate"), "no sign-in yet");
    let step = half.cookies["step"].clone();
    let mut planted = half_signed_in(&app, "/").await;
    planted.cookies.insert("reelgate".to_owned(), step);
    let mut whole = app.browser();
    whole.sign_in(OWNER, ACCOUNT_PASSWORD).await;
    for browser in [&mut half, &mut planted] {
        for page in [
            "/",
            "/account",
            "/account/sign-ins",
            OWN,
            APP,
            "/members",
            "/projects",
            "/video/insights/recordings",
            "/video/insights/access",
            "/video/settings/recording",
            &report,
        ] {
            let answer = browser.get(page).await;
            let target = answer.header("location").unwrap_or_default();
            assert!(
                target.starts_with("/sign-in") || target.starts_with("/video"),
                "{page}: {} {target}",
                answer.status
            );
            assert!(!answer.body.contains(OWNER), "{page}");
        }
        for path in [
            "/video/insights/recordings/export",
            "/video/insights/access/export",
            &file,
            &format!("{report}/poster"),
        ] {
            let answer = browser.get(path).await;
            assert!(!answer.status.is_success(), "{path}: {}", answer.status);
            assert_ne!(answer.body, "bytes", "{path}");
        }
        for function in [
            "/rpc/app/features/sign_ins/api/list_sign_ins",
            "/rpc/app/features/members/api/list_members",
            "/rpc/app/features/second_factors/api/get_second_factors",
            "/rpc/app/features/second_factors/api/get_app_draft",
            "/rpc/app/features/second_factors/api/turn_off_second_factor",
            "/rpc/app/features/members/api/change_password",
        ] {
            let fields = [("account_password", ACCOUNT_PASSWORD)];
            let answer = browser.post("/account", function, &fields).await;
            assert!(
                !answer.status.is_success() && !answer.body.contains(OWNER),
                "{function}: {}",
                answer.status
            );
        }
        assert!(!browser.is_signed_in().await);
    }
    assert_eq!(half.get(STEP).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_code_completes_the_sign_in_with_a_new_id_and_goes_on(db: PgPool) {
    let app = TestApp::new(db);
    let (_, secret, _) = given_owner_with_app(&app).await;
    let mut browser = half_signed_in(&app, "/account?a=b").await;
    let page = browser.get(STEP).await;
    assert!(page.body.contains("Code of your authenticator app"));
    assert!(!page.body.contains(OWNER), "{}", page.body);

    for wrong in ["", "12345x"] {
        let answer = browser.post(STEP, CHECK, &[("code", wrong)]).await;
        went_to(&answer, STEP);
        assert!(
            browser
                .get(STEP)
                .await
                .body
                .contains("Enter the six digits")
        );
    }
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    browser
        .cookies
        .insert("reelgate".to_owned(), planted.to_owned());
    let code = app_code(&secret, app.backend.clock.now());
    let code = format!("{} {}", &code[..3], &code[3..]);
    let mut thief = app.browser();
    let stolen = thief.post(STEP, CHECK, &[("code", &code)]).await;
    went_to(&stolen, STEP);
    assert!(!thief.is_signed_in().await, "bound to the browser");
    let answer = browser.post(STEP, CHECK, &[("code", &code)]).await;
    went_to(&answer, "/account?a=b");
    assert!(!browser.cookies.contains_key("step"), "it is forgotten");
    assert_ne!(browser.cookies["reelgate"], planted);
    assert!(browser.is_signed_in().await);
    let answer = browser.get(STEP).await;
    assert_eq!(answer.header("location"), Some("/"));

    // The same code again, in another browser that knows the password.
    let mut second = half_signed_in(&app, "/").await;
    second.post(STEP, CHECK, &[("code", &code)]).await;
    assert!(second.get(STEP).await.body.contains("used already"));
    assert!(!second.is_signed_in().await);
    app.backend.clock.advance(TimeDelta::minutes(10));
    let late = app_code(&secret, app.backend.clock.now());
    second.post(STEP, CHECK, &[("code", &late)]).await;
    assert!(
        second
            .get(STEP)
            .await
            .body
            .contains("No sign-in waits here")
    );
    assert!(!second.is_signed_in().await);
}

/// R062 for the cookie of what waits.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn over_https_what_waits_is_bound_to_the_host(db: PgPool) {
    let app = TestApp::at(db, "https://rec.example.com");
    let (_, secret, _) = given_owner_with_app(&app).await;
    let mut browser = app.browser();
    let answer = browser.sign_in(OWNER, ACCOUNT_PASSWORD).await;
    let cookie = answer.cookie("__Host-step").unwrap();
    for part in ["; Secure", "; HttpOnly", "; Path=/", "; Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let code = app_code(&secret, app.backend.clock.now());
    let answer = browser.post(STEP, CHECK, &[("code", &code)]).await;
    went_to(&answer, "/");
    assert!(browser.is_signed_in().await);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn guessing_runs_out_and_passkeys_need_an_answer(db: PgPool) {
    let app = TestApp::new(db);
    let (_, secret, codes) = given_owner_with_app(&app).await;
    let mut browser = half_signed_in(&app, "/").await;
    let now = app.backend.clock.now();
    let near: Vec<_> = (-4..=4)
        .map(|step| app_code(&secret, now + TimeDelta::seconds(30 * step)))
        .collect();
    let wrong = [
        "111111", "222222", "333333", "444444", "555555", "666666", "777777", "888888", "999999",
        "000000",
    ];
    let wrong = wrong
        .iter()
        .find(|code| !near.contains(&(**code).to_owned()));
    for _ in 0..5 {
        browser.post(STEP, CHECK, &[("code", wrong.unwrap())]).await;
    }
    browser.post(STEP, CHECK, &[("code", &near[4])]).await;
    assert!(browser.get(STEP).await.body.contains("Too many attempts"));
    assert!(!browser.is_signed_in().await);

    for (function, field) in [(ASK_PASSKEY, "x"), (CHECK_PASSKEY, "credential")] {
        let answer = browser.post(STEP, function, &[(field, "{}")]).await;
        assert!(!answer.status.is_success() && !answer.status.is_server_error());
        assert!(!browser.is_signed_in().await);
    }

    // Nobody is locked out of the recovery codes.
    let page = "/sign-in/recovery-code";
    assert!(browser.get(page).await.body.contains("Recovery code"));
    browser
        .post(page, RECOVER, &[("recovery_code", "abcd")])
        .await;
    assert!(browser.get(page).await.body.contains("six groups of four"));
    let typed = codes[3].reveal().to_uppercase();
    let answer = browser
        .post(page, RECOVER, &[("recovery_code", &typed)])
        .await;
    went_to(&answer, "/");
    let page = browser.get(OWN).await;
    assert!(page.body.contains("9 are left."), "{}", page.body);
    assert!(browser.is_signed_in().await);
    let mut again = half_signed_in(&app, "/").await;
    again
        .post(
            "/sign-in/recovery-code",
            RECOVER,
            &[("recovery_code", &typed)],
        )
        .await;
    assert!(!again.is_signed_in().await);
}

/// What a page shows between two marks.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let rest = page.split_once(before).expect(before).1;
    rest.split_once(after).expect(after).0
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_app_is_set_up_replaced_and_removed_without_scripts(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut browser = app.signed_in_as(OWNER).await;
    let password = [("account_password", ACCOUNT_PASSWORD)];
    assert!(
        browser
            .get(OWN)
            .await
            .body
            .contains("Your account password alone signs you in.")
    );
    assert!(
        !browser.get(APP).await.body.contains("otpauth"),
        "the password first"
    );

    let begin = format!("{API}/begin_app");
    let refused = browser
        .post(APP, &begin, &[("account_password", "x")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("This is not your account password."));
    went_to(&browser.post(APP, &begin, &password).await, APP);
    let page = browser.get(APP).await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let secret = Secret::new(
        between(&page.body, "otpauth://", "\"")
            .split_once("secret=")
            .unwrap()
            .1
            .split_once('&')
            .unwrap()
            .0,
    );
    assert!(page.body.contains("<svg") && page.body.contains("class=\"qr\""));
    let islands: Vec<_> = page.body.split("data-props=").skip(1).collect();
    assert!(
        islands
            .iter()
            .all(|props| !props.split('>').next().unwrap().contains(secret.reveal()))
    );
    let mut elsewhere = app.signed_in_as(OWNER).await;
    assert!(
        !elsewhere.get(APP).await.body.contains("otpauth"),
        "shown where it was asked for"
    );

    let confirm = format!("{API}/confirm_app");
    let refused = browser.post(APP, &confirm, &[("code", "12 34")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Enter the six digits") && refused.body.contains("otpauth"));
    let code = app_code(&secret, app.backend.clock.now());
    let shown = browser.post(APP, &confirm, &[("code", &code)]).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    assert_eq!(shown.body.matches("<li><code>").count(), 10);
    assert!(
        !elsewhere.is_signed_in().await,
        "signed in before there was one"
    );
    let again = browser.get("/account/second-factor/codes").await;
    assert!(!again.body.contains("<li><code>"), "shown once");
    let first = between(&shown.body, "<li><code>", "<").to_owned();
    let page = browser.get(OWN).await;
    assert!(page.body.contains("10") && !page.body.contains(&first));

    // A new password leaves this browser signed in, and the second factor as it is.
    let change = [
        ("current_password", ACCOUNT_PASSWORD),
        ("new_password", "another fine long password"),
        ("confirmation", "another fine long password"),
    ];
    went_to(
        &browser
            .post(
                "/account",
                "/rpc/app/features/members/api/change_password",
                &change,
            )
            .await,
        "/account",
    );
    let mut other = app.browser();
    went_to(
        &other.sign_in(OWNER, "another fine long password").await,
        STEP,
    );

    let new = [("account_password", "another fine long password")];
    let codes = format!("{API}/renew_recovery_codes");
    let shown = browser
        .post("/account/second-factor/codes", &codes, &new)
        .await;
    assert_eq!(shown.body.matches("<li><code>").count(), 10);
    assert!(!shown.body.contains(&first));
    for (page, function) in [
        ("/account/second-factor/app/remove", "remove_app"),
        ("/account/second-factor/off", "turn_off_second_factor"),
    ] {
        let form = browser.get(page).await;
        assert!(
            form.body
                .contains("Your account password alone signs you in from then on"),
            "{page}"
        );
        let refused = browser
            .post(page, &format!("{API}/{function}"), &password)
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    }
    let off = format!("{API}/turn_off_second_factor");
    went_to(
        &browser.post("/account/second-factor/off", &off, &new).await,
        OWN,
    );
    assert!(
        browser
            .get(OWN)
            .await
            .body
            .contains("Your second factor is off.")
    );
    let mut other = app.browser();
    went_to(
        &other.sign_in(OWNER, "another fine long password").await,
        "/",
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_owner_resets_a_members_second_factor(db: PgPool) {
    let app = TestApp::new(db);
    let owner = given_account(&app.backend, "acme").await;
    let support = given_member(&app.backend, &owner, Role::Support, "support").await;
    let (secret, _) = given_app(&app.backend, &support).await;
    let mut member = app.browser();
    went_to(
        &member.sign_in(&support.email, ACCOUNT_PASSWORD).await,
        STEP,
    );
    let code = app_code(&secret, app.backend.clock.now());
    member.post(STEP, CHECK, &[("code", &code)]).await;
    assert!(member.is_signed_in().await);

    let reset = format!("{API}/reset_second_factor");
    let page = format!("/members/{}", support.id);
    let id = support.id.to_string();
    let fields = [
        ("member", id.as_str()),
        ("account_password", ACCOUNT_PASSWORD),
    ];
    let mut browser = app.signed_in_as(OWNER).await;
    assert!(
        browser
            .get("/members")
            .await
            .body
            .contains("Second factor on")
    );
    assert!(
        browser
            .get(&page)
            .await
            .body
            .contains("Reset the second factor")
    );
    let wrong = [("member", id.as_str()), ("account_password", "x")];
    let refused = browser.post(&page, &reset, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("This is not your account password."));
    went_to(&browser.post(&page, &reset, &fields).await, &page);
    assert!(
        !browser
            .get(&page)
            .await
            .body
            .contains("Reset the second factor")
    );
    assert!(!member.is_signed_in().await);
    went_to(&member.sign_in(&support.email, ACCOUNT_PASSWORD).await, "/");
    assert!(member.is_signed_in().await);
    let answer = member.post("/account", &reset, &fields).await;
    assert!(!answer.status.is_success());
}
