//! Every method by every proof, and role by role (R143, R138, R141, R146, R147).

use domain::api_secrets::actions::limit;
use domain::service_accounts::actions::revoke;
use domain::{accounts, files};

use super::*;

/// R143: the rows of the table; the columns are the forms.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_method_by_every_proof_in_every_form(db: PgPool) {
    let platform = Platform::new(db).await;
    let stranger = given_account(platform.backend(), "other").await;
    let foreign = given_service_account(
        platform.backend(),
        &actor(&stranger),
        "x",
        Some(Role::Owner),
    )
    .await;
    let revoked = platform.key(Some(Role::Owner)).await;
    let of_revoked = platform.bearer(&revoked);
    revoke(
        platform.backend(),
        &actor(&platform.owner),
        revoked.service_account,
    )
    .await
    .unwrap();
    let right = platform.bearer(&platform.key);
    let of_other = platform.bearer(&foreign);
    let own = platform.key.account_number.to_string();
    let account = [("account_id", own.as_str())];
    let broken = format!("{}x", &right[..right.len() - 1]);
    for command in METHODS {
        for form in FORMS {
            let rows: [(Option<&str>, &[Pair<'_>]); 9] = [
                (None, &account[..]),
                (Some("Bearer nonsense"), &[]),
                (Some(broken.as_str()), &[]),
                (Some(of_revoked.as_str()), &account),
                (Some("Basic YTpi"), &account),
                // Somebody else's token for this account.
                (Some(of_other.as_str()), &account),
                (Some(right.as_str()), &[("account_id", "1")]),
                (Some(right.as_str()), &[("account_id", "mine")]),
                (Some(right.as_str()), &[("api_key", "rgk_x")]),
            ];
            for (proof, pairs) in rows {
                let answer = json(&platform.send(form, proof, command, pairs).await);
                assert_eq!(
                    answer,
                    serde_json::json!({ "error": { "code": 100, "msg": "Authorization failed" } }),
                    "{command} {form:?} {proof:?} {pairs:?}"
                );
            }
        }
        // Right, in each form: whatever else it says.
        let nothing = json(
            &platform
                .send(Form::Query, Some(&right), command, &account)
                .await,
        );
        assert_ne!(code(&nothing), 100, "{command}");
    }
    // A cookie is nobody's proof.
    let browser = platform.app.signed_in_as("owner@acme.example").await;
    let cookies = browser.cookies.iter();
    let line: Vec<_> = cookies
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let request = platform
        .app
        .request(Method::GET, "/platform_api/GetApplications")
        .header("cookie", line.join("; "));
    let answer = platform
        .app
        .send(request.body(Body::empty()).unwrap())
        .await;
    assert_eq!(code(&json(&answer)), 100);
}

/// What each role may, as docs/platform-api.md says it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_role_may_what_its_members_may(db: PgPool) {
    let platform = Platform::new(db).await;
    let application = platform.application().await.to_string();
    let (app, any) = (application.as_str(), "1");
    let roles: Vec<Option<Role>> = std::iter::once(None).chain(Role::ALL.map(Some)).collect();
    for role in roles {
        let key = platform.key(role).await;
        let bearer = platform.bearer(&key);
        let builds = matches!(role, Some(Role::Owner | Role::Admin | Role::Developer));
        let governs = matches!(role, Some(Role::Owner | Role::Admin));
        let name = format!("app-of-{}", role.map_or("none", Role::as_str));
        let open = format!("open-{name}");
        // What is allowed ends as the last column says: 0 is done, 9001 that there is no such thing.
        let rows: [(&str, Vec<Pair<'_>>, bool, i64); 11] = [
            ("GetApplications", vec![], role.is_some(), 0),
            (
                "GetCallHistory",
                vec![
                    ("from_date", "2026-01-01 00:00:00"),
                    ("to_date", "2026-12-31 00:00:00"),
                ],
                role.is_some(),
                0,
            ),
            (
                "AddApplication",
                vec![("application_name", name.as_str())],
                builds,
                0,
            ),
            (
                "AddApplication",
                vec![
                    ("application_name", open.as_str()),
                    ("secure_record_storage", "false"),
                ],
                governs,
                0,
            ),
            (
                "SetApplicationInfo",
                vec![("application_id", app)],
                builds,
                0,
            ),
            (
                "SetApplicationInfo",
                vec![("application_id", app), ("secure_record_storage", "0")],
                governs,
                0,
            ),
            (
                "DelApplication",
                vec![("application_id", "999999")],
                builds,
                9001,
            ),
            ("DeleteRecord", vec![("record_id", any)], governs, 9001),
            ("CreateKey", vec![("key_name", "made")], governs, 0),
            ("GetKeys", vec![], governs, 0),
            ("DeleteKey", vec![("key_id", any)], governs, 9001),
        ];
        for (command, pairs, is_allowed, end) in rows {
            platform
                .done(
                    "SetApplicationInfo",
                    &[("application_id", app), ("secure_record_storage", "1")],
                )
                .await;
            let answer = platform
                .send(Form::Multipart, Some(&bearer), command, &pairs)
                .await;
            let expected = if is_allowed { end } else { 104 };
            assert_eq!(
                code(&json(&answer)),
                expected,
                "{role:?} {command} {pairs:?}"
            );
        }
    }
    // Of a request that may not be carried out as a whole, nothing is.
    let names = platform.done("GetApplications", &[("count", "1000")]).await;
    assert!(!names.to_string().contains("open-app-of-developer"));
}

/// Only owners hand out an owner's power.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_admins_key_makes_and_ends_no_owners_key(db: PgPool) {
    let platform = Platform::new(db).await;
    let admin = platform.key(Some(Role::Admin)).await;
    let bearer = platform.bearer(&admin);
    let id = platform.key.key.to_string();
    for (command, pairs) in [
        ("CreateKey", [("role_name", "Owner")]),
        ("CreateKey", [("role_id", "1")]),
        ("DeleteKey", [("key_id", id.as_str())]),
    ] {
        let answer = platform
            .send(Form::Urlencoded, Some(&bearer), command, &pairs)
            .await;
        assert_eq!(code(&json(&answer)), 104, "{command} {pairs:?}");
    }
}

/// R147: what is another account's is answered like what does not exist.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_things_are_not_there(db: PgPool) {
    let platform = Platform::new(db).await;
    let session = platform.session("1", "2026-03-04T10:00:00Z").await;
    let file = platform.file(session, "transcoded", "transcoded.mp4").await;
    let application = platform.application().await.to_string();
    let history = platform
        .done(
            "GetCallHistory",
            &[
                ("from_date", "2026-03-04 10:00:00"),
                ("to_date", "2026-03-04 10:00:00"),
                ("with_records", "true"),
            ],
        )
        .await;
    let record = &history["result"][0]["records"][0];
    let (id, url) = (
        record["record_id"].to_string(),
        record["record_url"].as_str().unwrap(),
    );
    let key = platform.key.key.to_string();
    let stranger = given_account(platform.backend(), "other").await;
    let foreign = given_service_account(
        platform.backend(),
        &actor(&stranger),
        "x",
        Some(Role::Owner),
    )
    .await;
    let bearer = platform.bearer(&foreign);
    let nothing = "http://127.0.0.1:3000/files/a/b/c";
    for (command, name, theirs, none) in [
        (
            "SetApplicationInfo",
            "application_id",
            application.as_str(),
            "999999",
        ),
        (
            "SetApplicationInfo",
            "required_application_name",
            "care-team-1",
            "care-team-999999",
        ),
        (
            "DelApplication",
            "application_id",
            application.as_str(),
            "999999",
        ),
        ("DeleteRecord", "record_id", id.as_str(), "999999"),
        ("DeleteRecord", "record_url", url, nothing),
        ("DeleteKey", "key_id", key.as_str(), "999999"),
    ] {
        let ask = |value| {
            let (platform, bearer) = (&platform, &bearer);
            async move {
                let answer = platform
                    .send(Form::Urlencoded, Some(bearer), command, &[(name, value)])
                    .await;
                json(&answer)
            }
        };
        let found = ask(theirs).await;
        assert_eq!(code(&found), 9001, "{command} {name}");
        assert_eq!(found, ask(none).await, "{command} {name}");
    }
    let mine = files::actions::get(platform.backend(), &actor(&platform.owner), file).await;
    assert!(!mine.unwrap().lifecycle.is_trashed);
}

/// A parent's key acts in the child, as a token or a parameter says; the other way round nobody does.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_parents_key_acts_in_the_child(db: PgPool) {
    use domain::testing::tokens::{header, signed};
    let platform = Platform::new(db).await;
    let child = given_account(platform.backend(), "child").await;
    let child_key =
        given_service_account(platform.backend(), &actor(&child), "x", Some(Role::Owner)).await;
    let (parent, backend) = (&platform.key, platform.backend());
    let now = backend.clock.now().timestamp();
    let as_child = |key: &MadeKey, number: i64| {
        let claims = serde_json::json!({ "iss": number, "iat": now, "exp": now + 60 });
        format!("Bearer {}", signed(key, &header(key), &claims))
    };
    let bearer = as_child(parent, child_key.account_number);
    let add = [("application_name", "of-the-child")];
    let ask = |bearer: String| {
        let platform = &platform;
        async move {
            let answer = platform
                .send(Form::Urlencoded, Some(&bearer), "AddApplication", &add)
                .await;
            json(&answer)
        }
    };
    assert_eq!(code(&ask(bearer.clone()).await), 100, "not its parent yet");
    accounts::actions::set_parent(backend, child.account, Some(platform.owner.account))
        .await
        .unwrap();
    let made = ask(bearer).await;
    assert_eq!(made["application_name"], "of-the-child.child.127.0.0.1");
    let upwards = as_child(&child_key, parent.account_number);
    assert_eq!(code(&ask(upwards).await), 100);
    assert_eq!(
        platform.done("GetApplications", &[]).await["total_count"],
        1
    );
}

/// R146, and the quota that all APIs of an account share.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_accounts_limits_hold(db: PgPool) {
    let platform = Platform::new(db).await;
    let owner = actor(&platform.owner);
    // Tests without a port come from 127.0.0.1.
    limit(platform.backend(), &owner, "192.0.2.0/24", "2")
        .await
        .unwrap();
    assert_eq!(platform.refused("GetKeys", &[]).await, 9003);
    limit(platform.backend(), &owner, "0.0.0.0", "2")
        .await
        .unwrap();
    platform.done("GetKeys", &[]).await;
    platform.done("GetKeys", &[]).await;
    let bearer = platform.bearer(&platform.key);
    let answer = platform
        .send(Form::Query, Some(&bearer), "GetKeys", &[])
        .await;
    assert_eq!(code(&json(&answer)), 9005);
    assert!(answer.header("retry-after").is_some());
}

/// R149.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_token_that_anybody_could_read_is_refused(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let app = TestApp::on(backend, folder, "https://rec.example.com");
    let owner = given_account(&app.backend, "acme").await;
    let key = given_service_account(&app.backend, &actor(&owner), "x", Some(Role::Owner)).await;
    for (said, expected) in [("http", 9007), ("https", 0)] {
        let bearer = format!("Bearer {}", token(&app.backend, &key));
        let request = app
            .request(Method::GET, "/platform_api/GetKeys")
            .header("x-forwarded-proto", said)
            .header(AUTHORIZATION, bearer);
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(code(&json(&answer)), expected, "{said}");
    }
}
