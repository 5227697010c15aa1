//! The page of the access log, and its export: who sees it, what it says of each refusal, and what a spreadsheet gets.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

use axum::body::Body;
use domain::testing::given_account;
use http::{Method, StatusCode};
use sqlx::PgPool;

use crate::support::TestApp;

const PAGE: &str = "/video/insights/access";
const EXPORT: &str = "/video/insights/access/export";

/// An account, and one refusal of a file that a program with this name asked for.
async fn given_refusal(app: &TestApp, user_agent: &str) {
    let owner = given_account(&app.backend, "acme").await;
    let path = format!("/files/{0}/{0}/=HYPERLINK(1).mp4", owner.account);
    let request = app
        .request(Method::GET, &path)
        .header("user-agent", user_agent);
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    app.backend.access_log.flush(&app.backend.db).await.unwrap();
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_refusal_says_why_and_what_to_do(db: PgPool) {
    let app = TestApp::new(db);
    given_refusal(&app, "curl/8 <script>").await;
    let mut owner = app.signed_in_as("owner@acme.example").await;
    let page = owner.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "=HYPERLINK(1).mp4",
        "No user name and password",
        "set the access user name and password in the program",
        "curl/8 &lt;script&gt;",
        "1 request",
        "127.0.0.1",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let granted = owner.get(&format!("{PAGE}?outcome=granted")).await;
    assert!(granted.body.contains("No request matches"));
    let nonsense = owner.get(&format!("{PAGE}?address=nowhere&cursor=x")).await;
    assert_eq!(nonsense.status, StatusCode::OK);
    assert!(
        nonsense.body.contains("This is no address")
            && nonsense.body.contains("Start from the newest")
    );
    // What a form sends of empty fields leaves the address.
    let empty = owner.get(&format!("{PAGE}?outcome=refused&file=")).await;
    assert_eq!(
        empty.header("location"),
        Some("/video/insights/access?outcome=refused")
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_account_without_requests_is_told_what_will_stand_here(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut owner = app.signed_in_as("owner@acme.example").await;
    let page = owner.get(PAGE).await;
    assert!(
        page.body.contains("Nobody has asked for a file yet"),
        "{}",
        page.body
    );
}

/// R083: what a caller chose is no formula for whoever opens the file.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_export_is_a_table_that_computes_nothing(db: PgPool) {
    let app = TestApp::new(db);
    given_refusal(&app, "=cmd|'/C calc'!A0, \"quoted\"").await;
    let mut owner = app.signed_in_as("owner@acme.example").await;
    let export = owner.get(EXPORT).await;
    assert_eq!(export.status, StatusCode::OK);
    assert_eq!(
        export.header("content-type"),
        Some("text/csv; charset=utf-8; header=present")
    );
    assert!(
        export
            .header("content-disposition")
            .unwrap()
            .starts_with("attachment; filename=\"access-log-")
    );
    assert_eq!(export.header("cache-control"), Some("no-store"));
    let lines: Vec<&str> = export.body.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 2, "{}", export.body);
    assert!(lines[0].starts_with("\u{feff}time,outcome,reason,status,"));
    assert!(
        lines[1].contains(",refused,no_proof,403,GET,"),
        "{}",
        lines[1]
    );
    assert!(
        lines[1].contains(",\"'=HYPERLINK(1).mp4\","),
        "{}",
        lines[1]
    );
    assert!(
        lines[1].ends_with(",\"'=cmd|'/C calc'!A0, \"\"quoted\"\"\""),
        "{}",
        lines[1]
    );
    // The same filter as the page.
    let none = owner.get(&format!("{EXPORT}?outcome=granted")).await;
    assert_eq!(none.body.lines().count(), 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
#[expect(
    clippy::disallowed_methods,
    reason = "roles are not given by any action here"
)]
async fn only_who_may_sees_it(db: PgPool) {
    let app = TestApp::new(db.clone());
    given_refusal(&app, "curl").await;
    let mut nobody = app.browser();
    for path in [PAGE, EXPORT] {
        let answer = nobody.get(path).await;
        assert!(
            answer
                .header("location")
                .unwrap()
                .starts_with("/sign-in?next="),
            "{path}"
        );
    }
    let mut member = app.signed_in_as("owner@acme.example").await;
    assert!(
        member
            .get("/video/insights/recordings")
            .await
            .body
            .contains(PAGE)
    );
    sqlx::query("update members set role = 'support'")
        .execute(&db)
        .await
        .unwrap();
    let page = member.get(PAGE).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!page.body.contains("HYPERLINK"));
    assert_eq!(member.get(EXPORT).await.status, StatusCode::FORBIDDEN);
    let report = member.get("/video/insights/recordings").await;
    assert!(
        !report.body.contains(PAGE),
        "no tab that leads to a refusal"
    );
}
