//! Account › API without JavaScript: a secret is shown once, revoked, and never given more rights than its maker has;
//! allow-list and quota.

use domain::api_secrets::{ApiRights, actions, verification};
use domain::members::Member;
use domain::projects::{self, ProjectId};
use domain::testing::{ADDRESS, actor, given_account, given_member};
use domain::{Backend, Role};
use http::StatusCode;
use sqlx::PgPool;

use crate::support::{Browser, TestApp};

const API: &str = "/rpc/app/features/api_secrets/api";
const PAGE: &str = "/account/api";

struct Given {
    owner: Member,
    project: ProjectId,
    identifier: String,
    page: String,
}

async fn given(backend: &Backend) -> Given {
    let owner = given_account(backend, "acme").await;
    let made = projects::actions::create(backend, &actor(&owner), "Care").await;
    let project = made.unwrap().id;
    let access = actions::of_project(backend, &actor(&owner), project).await;
    Given {
        owner,
        project,
        identifier: access.unwrap().identifier,
        page: format!("{PAGE}/{project}"),
    }
}

/// Posts the form that makes a secret, from its page.
async fn make(browser: &mut Browser<'_>, given: &Given, fields: &[(&str, &str)]) -> String {
    let project = given.project.to_string();
    let fields = [&[("project", project.as_str())], fields].concat();
    let page = format!("{}/new", given.page);
    let answer = browser
        .post(&page, &format!("{API}/make_api_secret"), &fields)
        .await;
    // What stands in the answer must not be kept by a browser.
    assert_eq!(
        answer.header("cache-control"),
        Some("no-store"),
        "{answer:?}"
    );
    assert!(answer.cookie("flash").is_none(), "{answer:?}");
    answer.body
}

/// The secret on a page; None if there is none.
fn secret_in(page: &str) -> Option<String> {
    let at = page.find("rgs_")?;
    Some(page[at..at + 44].to_owned())
}

async fn is_admitted(backend: &Backend, given: &Given, secret: &str) -> bool {
    let (identifier, secret) = (given.identifier.as_bytes(), secret.as_bytes());
    let admitted = verification::admit(backend, identifier, secret, ADDRESS).await;
    admitted.is_ok()
}

/// R058: shown in one answer, and in no other.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_is_made_shown_once_used_and_revoked(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    let mut browser = app.signed_in_as(&given.owner.email).await;
    let empty = browser.get(PAGE).await;
    assert_eq!(empty.status, StatusCode::OK);
    for part in [
        "Care",
        given.identifier.as_str(),
        "No API secret",
        "100\u{202f}000",
    ] {
        assert!(empty.body.contains(part), "{part}: {}", empty.body);
    }

    let shown = make(
        &mut browser,
        &given,
        &[("name", "Archiver"), ("may_write", "true")],
    )
    .await;
    let secret = secret_in(&shown).unwrap();
    for command in [
        format!("curl --fail --user &#x27;{}&#x27;", given.identifier),
        "/api/v1/sessions".to_owned(),
        "/video/v2/archive/period/".to_owned(),
        "/StoredRecording".to_owned(),
        "umask 077".to_owned(),
    ] {
        let has = shown.contains(&command) || shown.contains(&command.replace("&#x27;", "'"));
        assert!(has, "{command}: {shown}");
    }
    assert_eq!(
        shown.matches(&secret).count(),
        2,
        "the text and its copy button"
    );
    assert!(is_admitted(&app.backend, &given, &secret).await);

    for page in [PAGE, given.page.as_str()] {
        let again = browser.get(page).await.body;
        assert_eq!(secret_in(&again), None, "{page}");
        for part in ["Archiver", &secret[40..], "Write", "192.0.2.7"] {
            assert!(again.contains(part), "{page}: {part}: {again}");
        }
        assert!(!again.contains("Access credentials</span>"), "{again}");
    }
    // Seen in an address, it says so.
    verification::expose(&app.backend, &[&secret], ADDRESS)
        .await
        .unwrap();
    assert!(browser.get(PAGE).await.body.contains("seen in an address"));

    let access = actions::of_project(&app.backend, &actor(&given.owner), given.project).await;
    let id = access.unwrap().secrets[0].id.to_string();
    let revoked = browser
        .post(PAGE, &format!("{API}/revoke_api_secret"), &[("id", &id)])
        .await;
    assert_eq!(revoked.header("location"), Some(PAGE), "{revoked:?}");
    let after = browser.get(PAGE).await.body;
    assert!(after.contains("The API secret is revoked") && after.contains("1 revoked secret"));
    assert!(!is_admitted(&app.backend, &given, &secret).await);
    let project = browser.get(&format!("/projects/{}", given.project)).await;
    assert!(project.body.contains(&given.identifier) && project.body.contains("0 secrets"));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_wrong_stands_beside_its_field_with_what_was_typed(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    let mut browser = app.signed_in_as(&given.owner.email).await;
    let refused = make(
        &mut browser,
        &given,
        &[("name", " "), ("may_delete", "true")],
    )
    .await;
    assert!(refused.contains("id=\"name-problem\""), "{refused}");
    assert!(refused.contains("aria-invalid=\"true\""), "{refused}");
    let delete = &refused[refused.find("id=\"may_delete\"").unwrap()..];
    assert!(
        delete[..delete.find('>').unwrap()].contains("checked"),
        "{refused}"
    );
    assert_eq!(secret_in(&refused), None);

    let fields = [
        ("allow_list", "10.0.0.0/8\nintranet"),
        ("hourly_quota", "100001"),
    ];
    let limits = browser
        .post(PAGE, &format!("{API}/set_api_limits"), &fields)
        .await;
    assert_eq!(limits.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["Line 2", "from 1 to 100,000", "intranet", "100001"] {
        assert!(limits.body.contains(part), "{part}: {}", limits.body);
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_list_that_shuts_out_says_so(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    let mut browser = app.signed_in_as(&given.owner.email).await;
    let shown = make(&mut browser, &given, &[("name", "Archiver")]).await;
    let secret = secret_in(&shown).unwrap();
    let mut save = async |list: &str, quota: &str| {
        let fields = [("allow_list", list), ("hourly_quota", quota)];
        let action = format!("{API}/set_api_limits");
        let saved = browser.post(PAGE, &action, &fields).await;
        assert_eq!(saved.header("location"), Some(PAGE), "{saved:?}");
        browser.get(PAGE).await.body
    };
    let other = save("203.0.113.0/24", "2").await;
    assert!(other.contains("You are at 127.0.0.1"), "{other}");
    assert!(!is_admitted(&app.backend, &given, &secret).await);
    assert!(save("", "2").await.contains("The list is empty"));
    assert!(!is_admitted(&app.backend, &given, &secret).await);
    let open = save("0.0.0.0", "2").await;
    assert!(
        !open.contains("You are at") && !open.contains("The list is empty"),
        "{open}"
    );
    for admitted in [true, true, false, false] {
        assert_eq!(is_admitted(&app.backend, &given, &secret).await, admitted);
    }
    let used_up = save("0.0.0.0", "2").await;
    assert!(
        used_up.contains("The quota is used up") && used_up.contains("<strong>2<"),
        "{used_up}"
    );
}

/// Nobody gives a right that they do not have, and who may not look after the API does not see it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_role_is_offered_what_it_may_give(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend).await;
    for role in Role::ALL {
        let member = match role {
            Role::Owner => given.owner.clone(),
            _ => given_member(&app.backend, &given.owner, role, role.as_str()).await,
        };
        let mut browser = app.signed_in_as(&member.email).await;
        let may_look = matches!(role, Role::Owner | Role::Admin | Role::Developer);
        let may_govern = matches!(role, Role::Owner | Role::Admin);
        let new = format!("{}/new", given.page);
        for page in [PAGE, given.page.as_str(), new.as_str()] {
            let found = browser.get(page).await;
            let expected = if may_look {
                StatusCode::OK
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(found.status, expected, "{role:?} {page}");
            assert_eq!(
                found.body.contains(&given.identifier),
                may_look && page != new,
                "{role:?} {page}"
            );
        }
        let project = browser.get(&format!("/projects/{}", given.project)).await;
        assert_eq!(
            project.body.contains(&given.identifier),
            may_look,
            "{role:?}"
        );
        if may_look {
            let form = browser.get(&new).await.body;
            assert!(form.contains("name=\"may_write\""), "{role:?}");
            for field in ["name=\"may_delete\"", "name=\"may_manage_credentials\""] {
                assert_eq!(form.contains(field), may_govern, "{role:?} {field}");
            }
        }
        // Also where the form is not the one that was offered.
        let fields = [("name", "Sweeper"), ("may_delete", "true")];
        let answer = make(&mut browser, &given, &fields).await;
        assert_eq!(
            secret_in(&answer).is_some(),
            may_govern,
            "{role:?}: {answer}"
        );
    }
    let access = actions::of_project(&app.backend, &actor(&given.owner), given.project).await;
    let made = access.unwrap().secrets;
    assert_eq!(made.len(), 2, "an owner's and an admin's");
    let sweeping = ApiRights {
        may_delete: true,
        ..ApiRights::default()
    };
    assert!(made.iter().all(|secret| secret.rights == sweeping));
}
