//! The pages of webhooks, without JavaScript: who sees them, what a wrong form says, and when a secret is shown.

use domain::Role;
use domain::projects::actions;
use domain::testing::{actor, given_account, given_member};
use http::StatusCode;
use sqlx::PgPool;

use crate::support::TestApp;

const API: &str = "/rpc/app/features/webhooks/api";

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn owners_admins_and_developers_see_webhooks(db: PgPool) {
    let app = TestApp::new(db);
    let owner = given_account(&app.backend, "acme").await;
    let project = actions::create(&app.backend, &actor(&owner), "Care")
        .await
        .unwrap()
        .id;
    let page = format!("/projects/{project}/webhooks");
    for role in Role::ALL {
        let name = format!("a-{}", role.as_str());
        let member = given_member(&app.backend, &owner, role, &name).await;
        let mut browser = app.signed_in_as(&member.email).await;
        let may = matches!(role, Role::Owner | Role::Admin | Role::Developer);
        let expected = if may {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(browser.get(&page).await.status, expected, "{role:?}");
        let new = format!("{page}/new");
        assert_eq!(browser.get(&new).await.status, expected, "{role:?}");
        let link = format!("href=\"{page}\"");
        let settings = browser.get(&format!("/projects/{project}")).await;
        assert_eq!(settings.body.contains(&link), may, "{role:?}");
    }
    let stranger = given_account(&app.backend, "other").await;
    let mut browser = app.signed_in_as(&stranger.email).await;
    assert_eq!(browser.get(&page).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_wrong_form_comes_back_as_it_was_and_a_secret_is_shown_when_asked_for(db: PgPool) {
    let app = TestApp::new(db);
    let owner = given_account(&app.backend, "acme").await;
    let project = actions::create(&app.backend, &actor(&owner), "Care")
        .await
        .unwrap()
        .id
        .to_string();
    let page = format!("/projects/{project}/webhooks");
    let mut browser = app.signed_in_as(&owner.email).await;
    let fields = |url: &'static str| {
        [
            ("project", project.clone()),
            ("url", url.to_owned()),
            ("description", "Our <b>billing</b>".to_owned()),
            ("form", "standard".to_owned()),
            ("event_types[]", "session.ended".to_owned()),
            ("event_types[]", "file.deleted".to_owned()),
            ("username", "ada".to_owned()),
            ("password", "never echoed".to_owned()),
        ]
    };
    let new = format!("{page}/new");
    let add = format!("{API}/add_webhook");
    for (url, problem) in [
        ("http://127.0.0.1:8080/", "private network"),
        ("http://0x7f.1/", "private network"),
        ("https://a:b@example.com/", "Leave user name and password"),
        ("nonsense", "This is no address"),
    ] {
        let typed = fields(url);
        let typed: Vec<_> = typed.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = browser.post(&new, &add, &typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        assert!(answer.body.contains(problem), "{url}: {}", answer.body);
        assert!(answer.body.contains("Our &lt;b&gt;billing"), "{url}");
        assert!(!answer.body.contains("never echoed"), "{url}");
    }
    let typed = fields("https://hooks.example/reelgate");
    let typed: Vec<_> = typed.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let added = browser.post(&new, &add, &typed).await;
    assert_eq!(added.status, StatusCode::OK);
    assert!(added.body.contains("whsec_"), "{}", added.body);
    let listed = browser.get(&page).await.body;
    let (_, rest) = listed.split_once(&format!("href=\"{page}/0")).unwrap();
    let id = format!("0{}", rest.split_once('"').unwrap().0);
    let own = format!("{page}/{id}");
    let shown = browser.get(&own).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(!shown.body.contains("whsec_"));
    for part in ["session.ended", "file.deleted", "ada", "Nothing was sent"] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    let fields = [("project", project.as_str()), ("endpoint", id.as_str())];
    let secret = format!("{API}/show_webhook_secret");
    let shown = browser.post(&own, &secret, &fields).await;
    assert!(shown.body.contains("whsec_"), "{}", shown.body);
    assert_eq!(shown.header("cache-control"), Some("no-store"));
}
