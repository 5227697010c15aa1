//! Members, invitations and password resets, as a browser without scripts meets them.

use domain::mail::outbox;
use domain::testing::mail_server::MailServer;
use domain::testing::{ACCOUNT_PASSWORD, given_account, given_member};
use domain::{Role, background::More, password_resets};
use http::{Method, StatusCode};
use sqlx::PgPool;

use crate::support::{Answer, Browser, HTML, TestApp};

const OWNER: &str = "owner@acme.example";
const INVITE: &str = "/rpc/app/features/invitations/api/invite_member";
const ACCEPT: &str = "/rpc/app/features/invitations/api/accept_invitation";
const ASK: &str = "/rpc/app/features/password_resets/api/request_reset";
const SET: &str = "/rpc/app/features/password_resets/api/set_password";

/// The one-time link that a page shows, without its origin.
fn link_on(page: &Answer) -> Option<String> {
    let start = page.body.find("?token=")?;
    let from = page.body[..start].rfind("http")?;
    let end = start + page.body[start..].find(['<', '"'])?;
    let link = page.body[from..end].strip_prefix("http://127.0.0.1:3000")?;
    Some(link.to_owned())
}

async fn invite(browser: &mut Browser<'_>, email: &str, role: &str) -> String {
    let answer = browser
        .post("/members", INVITE, &[("email", email), ("role", role)])
        .await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, Some("/members"))
    );
    let page = browser.get("/members").await;
    link_on(&page).expect("the link is shown")
}

/// R030: the secret leaves the address before any page sees it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_link_leads_to_a_page_whose_address_holds_no_secret(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let mut owner = app.signed_in_as(OWNER).await;
    let link = invite(&mut owner, "ada@acme.example", "support").await;
    assert!(
        link_on(&owner.get("/members").await).is_none(),
        "it is shown once"
    );

    let mut ada = app.browser();
    let answer = ada.get(&link).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, Some("/invitation"))
    );
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let cookie = answer.cookie("link").unwrap();
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"),
        "{cookie}"
    );
    let page = ada.get("/invitation").await;
    assert!(page.body.contains("ada@acme.example"), "{}", page.body);
    assert!(!page.body.contains(link.split_once("token=").unwrap().1));

    let short = [("name", "Ada \"L\""), ("password", "short one")];
    ada.post("/invitation", ACCEPT, &short).await;
    let page = ada.get("/invitation").await.body;
    assert!(page.contains("value=\"Ada &quot;L&quot;\""), "{page}");
    assert!(!page.contains("short one"));
    let refused = ada.post("/invitation", ACCEPT, &[("name", "")]).await;
    assert_eq!(refused.header("location"), Some("/invitation"));
    assert!(ada.get("/invitation").await.body.contains("Enter a name."));
    let fields = [
        ("name", "Ada"),
        ("password", ACCOUNT_PASSWORD),
        ("confirmation", ACCOUNT_PASSWORD),
    ];
    let answer = ada.post("/invitation", ACCEPT, &fields).await;
    assert_eq!(answer.header("location"), Some("/sign-in"));
    assert!(!ada.cookies.contains_key("link"), "and is forgotten");
    assert!(!ada.is_signed_in().await);
    assert!(owner.is_signed_in().await);
    ada.sign_in("ada@acme.example", ACCOUNT_PASSWORD).await;
    assert!(ada.is_signed_in().await);
    let members = ada.get("/members").await;
    assert_eq!(members.status, StatusCode::FORBIDDEN);
    assert!(!members.body.contains(OWNER));

    let mut late = app.browser();
    late.get(&link).await;
    assert!(
        late.get("/invitation")
            .await
            .body
            .contains("This link does not work")
    );
}

/// A link that is shown once is sealed for whoever made it: a planted cookie shows nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_shown_link_is_its_makers_alone(db: PgPool) {
    let app = TestApp::new(db);
    let owner = given_account(&app.backend, "acme").await;
    let admin = given_member(&app.backend, &owner, Role::Admin, "admin").await;
    let mut first = app.signed_in_as(OWNER).await;
    let mut second = app.signed_in_as(&admin.email).await;
    let fields = [("email", "ada@acme.example"), ("role", "support")];
    first.post("/members", INVITE, &fields).await;
    let planted = first.cookies["flash"].clone();
    assert!(!planted.contains("token"));
    second.cookies.insert("flash".to_owned(), planted);
    assert!(link_on(&second.get("/members").await).is_none());
    assert!(link_on(&first.get("/members").await).is_some());
}

/// R029, R031: whatever the request calls itself, the link begins with the public address.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_forgotten_password_is_reset_by_mail(db: PgPool) {
    let server = MailServer::start().await;
    let mut app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let page = app.browser().get("/forgot-password").await;
    assert!(
        page.body.contains("reelgate member reset-link"),
        "without mail it says what to do"
    );
    app.set_post(server.post());

    let body = "email=owner%40acme.example";
    let request = app
        .request(Method::POST, ASK)
        .header("accept", HTML)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "http://127.0.0.1:3000")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .body(body.into())
        .unwrap();
    assert_eq!(app.send(request).await.status, StatusCode::SEE_OTHER);
    while password_resets::actions::answer_request(&app.backend)
        .await
        .unwrap()
        == More::Now
    {}
    while outbox::send_next(&app.backend).await.unwrap() == More::Now {}
    let letter = server.take().remove(0);
    assert!(!letter.contains("evil"), "{letter}");
    let parsed = mailparse::parse_mail(letter.as_bytes()).unwrap();
    let text = parsed.subparts[0].get_body().unwrap();
    let link = text.lines().find(|line| line.contains("?token=")).unwrap();
    let link = link.strip_prefix("http://127.0.0.1:3000").unwrap();

    let mut elsewhere = app.signed_in_as(OWNER).await;
    let mut browser = app.browser();
    browser.get(link).await;
    assert!(browser.get("/reset-password").await.body.contains(OWNER));
    let new = "nine green umbrellas";
    let fields = [("new_password", new), ("confirmation", new)];
    let answer = browser.post("/reset-password", SET, &fields).await;
    assert_eq!(answer.header("location"), Some("/sign-in"));
    assert!(!browser.is_signed_in().await, "it signs nobody in");
    assert!(!elsewhere.is_signed_in().await, "and ends all sign-ins");
    browser.sign_in(OWNER, new).await;
    assert!(browser.is_signed_in().await);
    let again = browser.post("/reset-password", SET, &fields).await;
    assert_ne!(
        again.header("location"),
        Some("/sign-in"),
        "the link is used"
    );
}
