//! The pages of projects, without JavaScript: what each role sees, and forms that say what is wrong.

use domain::Backend;
use domain::members::Member;
use domain::projects::{ProjectId, actions, policies};
use domain::testing::{actor, given_account, given_file, given_session};
use http::StatusCode;
use sqlx::PgPool;

use crate::support::{Browser, TestApp};

const API: &str = "/rpc/app/features/projects/api";

struct Given {
    owner: Member,
    project: ProjectId,
    page: String,
    session_page: String,
}

async fn given(backend: &Backend) -> Given {
    let owner = given_account(backend, "acme").await;
    let project = actions::create(backend, &actor(&owner), "Care")
        .await
        .unwrap()
        .id;
    let session = given_session(backend, &owner, project, "1").await;
    given_file(backend, &owner, session, "live.mp4", &[7; 2000]).await;
    Given {
        owner,
        project,
        page: format!("/projects/{project}"),
        session_page: format!("/video/insights/recordings/{session}"),
    }
}

/// Posts a form; the page that answers it, or that it leads to.
async fn posted(
    browser: &mut Browser<'_>,
    page: &str,
    name: &str,
    fields: &[(&str, &str)],
) -> String {
    let answer = browser.post(page, &format!("{API}/{name}"), fields).await;
    // What was typed is kept by the answer itself.
    if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
        return answer.body;
    }
    assert!(
        answer.status.is_redirection(),
        "{} {}",
        answer.status,
        answer.body
    );
    let location = answer.header("location").unwrap().to_owned();
    let path = location
        .strip_prefix("http://127.0.0.1:3000")
        .unwrap_or(&location);
    let shown = browser.get(path).await;
    if shown.status.is_redirection() {
        // The layer that takes a form's problems out of the address.
        let location = shown.header("location").unwrap().to_owned();
        return browser.get(&location).await.body;
    }
    shown.body
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_rule_is_tried_before_it_is_saved(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    let mut browser = app.signed_in_as(&given.owner.email).await;
    // The session ended when it was made: a second less than an hour ago.
    app.backend
        .clock
        .advance(chrono::TimeDelta::seconds(60 * 60 - 1));
    let tried = format!(
        "{}?retention=hours&retention_hours=1&deletes_bytes=true",
        given.page
    );
    let before = browser.get(&tried).await;
    assert!(
        before.body.contains("No further file would expire"),
        "{}",
        before.body
    );
    app.backend.clock.advance(chrono::TimeDelta::seconds(1));
    let tried = browser.get(&tried).await;
    assert_eq!(tried.status, StatusCode::OK);
    for part in [
        "This rule would expire",
        "1 file",
        "2.0 kB",
        "cannot be undone",
        "Save this rule",
    ] {
        assert!(tried.body.contains(part), "{part}: {}", tried.body);
    }
    let policy = async || {
        let found = actions::get(&app.backend, &actor(&given.owner), given.project).await;
        found.unwrap().policy
    };
    assert_eq!(
        policy().await.retention_hours,
        None,
        "trying changes nothing"
    );
    let id = given.project.to_string();
    let fields = [
        ("project", id.as_str()),
        ("retention", "hours"),
        ("retention_hours", "1"),
        ("deletes_bytes", "true"),
    ];
    let saved = posted(&mut browser, &given.page, "set_project_retention", &fields).await;
    assert!(saved.contains("The rule is saved"), "{saved}");
    assert_eq!(policy().await.retention_hours, Some(1));
    let report = browser.get("/video/insights/recordings").await;
    assert!(report.body.contains("Expired"), "{}", report.body);

    let nonsense = format!("{}?retention=hours&retention_hours=soon", given.page);
    let answer = browser.get(&nonsense).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Enter a whole number of hours"),
        "{}",
        answer.body
    );
}

/// A page, a form on it, what is sent, and what the page then says.
type Refused<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn forms_say_what_is_wrong_beside_the_field(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    let mut browser = app.signed_in_as(&given.owner.email).await;
    let id = given.project.to_string();
    let session = given.session_page.rsplit('/').next().unwrap().to_owned();
    let rows: [Refused; 6] = [
        (
            "/projects",
            "create_project",
            &[("name", "Care")],
            "has a project of this name",
        ),
        (
            &given.page,
            "rename_project",
            &[("project", &id), ("name", " ")],
            "Enter a name.",
        ),
        (
            &given.page,
            "set_project_access",
            &[("project", &id), ("access", "open"), ("public_hours", "0")],
            "Enter whole hours from 1",
        ),
        (
            &given.page,
            "set_project_limits",
            &[("project", &id), ("file_limit", "much"), ("quota", "")],
            "Enter a number of GB",
        ),
        (
            &given.page,
            "hold_project",
            &[("project", &id), ("reason", "")],
            "Say why",
        ),
        (
            &given.session_page,
            "discard_files",
            &[("session", &session), ("target", ""), ("reason", "x")],
            "Choose a file",
        ),
    ];
    for (page, form, fields, expected) in rows {
        let shown = posted(&mut browser, page, form, fields).await;
        assert!(shown.contains(expected), "{form}: {shown}");
        assert!(shown.contains("class=\"problem\""), "{form}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_pages_offer_each_role_what_it_may_do(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    for (role, manages, governs) in [
        ("owner", true, true),
        ("admin", true, true),
        ("developer", true, false),
        ("supervisor", false, false),
        ("support", false, false),
    ] {
        set_role(&app.backend, &given.owner, role).await;
        let mut browser = app.signed_in_as(&given.owner.email).await;
        let list = browser.get("/projects").await;
        assert_eq!(list.status, StatusCode::OK, "{role}");
        assert!(list.body.contains("Only with a credential or a sign-in"));
        assert_eq!(list.body.contains("Create a project"), manages, "{role}");
        let settings = browser.get(&given.page).await.body;
        assert_eq!(settings.contains("Archive the project"), manages, "{role}");
        assert_eq!(
            settings.contains("See what this would do"),
            governs,
            "{role}"
        );
        assert_eq!(settings.contains("Place a legal hold"), governs, "{role}");
        let files = browser.get(&given.session_page).await.body;
        assert!(files.contains("live.mp4"), "{role}");
        assert_eq!(files.contains("Move to the trash"), governs, "{role}");
        let trash = browser.get(&format!("{}/trash", given.page)).await;
        assert!(trash.body.contains("The trash is empty."), "{role}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_no_project_of_ours_is_404(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    let other = given_account(&app.backend, "other").await;
    let mut browser = app.signed_in_as(&other.email).await;
    let trash = format!("{}/trash", given.page);
    for page in [
        &given.page,
        &trash,
        &given.session_page,
        "/projects/x",
        "/projects/x/trash",
    ] {
        assert_eq!(
            browser.get(page).await.status,
            StatusCode::NOT_FOUND,
            "{page}"
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "no action of this part changes roles"
)]
async fn set_role(backend: &Backend, member: &Member, role: &str) {
    sqlx::query("update members set role = $1 where id = $2")
        .bind(role)
        .bind(member.id)
        .execute(&backend.db)
        .await
        .unwrap();
}

/// X18. The page for those who test credentials; what it says follows what is decided, for each caller and moment.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_preview_says_who_can_open_what_and_why(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    let address = format!("/projects/access?project={}", given.project);
    for (role, may_preview) in [
        ("supervisor", false),
        ("support", false),
        ("developer", true),
        ("admin", true),
        ("owner", true),
    ] {
        set_role(&app.backend, &given.owner, role).await;
        let mut browser = app.signed_in_as(&given.owner.email).await;
        let page = browser.get(&address).await;
        let expected = if may_preview {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(page.status, expected, "{role}");
        for (place, link) in [
            ("/projects", "href=\"/projects/access\""),
            (&given.page, "href=\"/projects/access?project="),
            (&given.session_page, "href=\"/projects/access?session="),
        ] {
            let shown = browser.get(place).await.body;
            assert_eq!(shown.contains(link), may_preview, "{role} at {place}");
        }
    }
    let mut owner = app.signed_in_as(&given.owner.email).await;
    let closed = owner.get(&address).await.body;
    for part in [
        "live.mp4",
        "Needs a credential: its project is in secure mode",
        "0 of the 1 on this page",
    ] {
        assert!(closed.contains(part), "{part}: {closed}");
    }
    let me = format!("{address}&caller=member.{}", given.owner.id);
    let mine = owner.get(&me).await.body;
    assert!(
        mine.contains("Signed-in members open the account's files"),
        "{mine}"
    );

    policies::set_access(&app.backend, &actor(&given.owner), given.project, false, 72)
        .await
        .unwrap();
    let open = owner.get(&address).await.body;
    assert!(
        open.contains("Anyone with its address can, until"),
        "{open}"
    );
    assert!(open.contains("1 of the 1 on this page"), "{open}");
    let later = owner
        .get(&format!("{address}&at=2199-01-01T00:00"))
        .await
        .body;
    assert!(later.contains("the public window closed on"), "{later}");
    let earlier = owner
        .get(&format!("{address}&at=2001-01-01T00:00"))
        .await
        .body;
    assert!(
        earlier.contains("opens it when the session ends"),
        "{earlier}"
    );
    let list = owner.get("/projects").await.body;
    assert!(
        list.contains("Anyone with the address for 72 hours after a session&#x27;s end")
            || list.contains("Anyone with the address for 72 hours after a session's end"),
        "{list}"
    );

    // What means nothing is said beside its field, and the rest is shown.
    let slips = owner
        .get("/projects/access?caller=root&project=x&session=y&at=z&cursor=w")
        .await;
    assert_eq!(slips.status, StatusCode::OK);
    for part in [
        "There is no such caller",
        "There is no such project",
        "This is no session",
        "This is no moment",
        "page&#x27;s address is damaged",
    ] {
        let plain = part.replace("&#x27;", "'");
        assert!(
            slips.body.contains(part) || slips.body.contains(&plain),
            "{part}: {}",
            slips.body
        );
    }
    let nobody = uuid::Uuid::nil();
    let unknown = owner
        .get(&format!("/projects/access?caller=member.{nobody}"))
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    // The empty fields of a form leave the address.
    let tidied = owner
        .get("/projects/access?caller=&project=&session=&at=")
        .await;
    assert_eq!(tidied.header("location"), Some("/projects/access"));
}
