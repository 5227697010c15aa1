//! The pages of projects, without JavaScript: what each role sees, and forms that say what is wrong.

use domain::Backend;
use domain::members::Member;
use domain::projects::{ProjectId, actions};
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
        assert!(
            list.body
                .contains("Only members, and programs with the access password")
        );
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
