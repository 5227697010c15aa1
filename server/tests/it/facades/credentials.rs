//! Every route with no, a bad, a revoked, another account's and the right secret; from where and how often. R143.

use chrono::TimeDelta;
use domain::api_secrets::actions::{limit, revoke};
use server::api::securevideo::routes::{Operation, ROUTES, Resource};

use super::*;

const ARCHIVE: [&str; 6] = [
    "/video/v2/archive",
    "/video/v2/archive/period/2026-03-01/2026-03-31",
    "/video/v1/archive/room/room",
    "/video/v2/archive/room-period/room/2026-03-01/2026-03-31",
    "/video/v2/archive/room-period/room/period/2026-03-01/2026-03-31",
    "/video/v2/archive/conf/1",
];

/// Each route of both APIs: method, path, and what the right secret gets. Numbers are those of the account itself.
async fn routes(vault: &Vault, file: FileId) -> Vec<(Method, String, u16)> {
    let (host, file) = (
        vault.number_of_member(&vault.owner).await,
        vault.number_of_file(file).await,
    );
    let mut routes: Vec<_> = ARCHIVE
        .map(|path| (Method::GET, path.to_owned(), 200))
        .into();
    for (resource, has_id, method, operation) in ROUTES {
        let of_file = matches!(operation, Operation::View | Operation::DeleteRecording);
        let id = if of_file { file } else { host };
        let path = if has_id {
            format!("/{}/{id}", resource.as_str())
        } else {
            format!("/{}", resource.as_str())
        };
        let status = match operation {
            Operation::NotHere => 501,
            Operation::DeleteUser => 403,
            Operation::DeleteRecording => 204,
            _ => 200,
        };
        routes.push((method, path, status));
    }
    // Last, or nothing would be left to view.
    routes.sort_by_key(|(_, _, status)| *status == 204);
    routes
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_route_with_every_kind_of_secret(db: PgPool) {
    let vault = Vault::new(db).await;
    let backend = &vault.app.backend;
    let session = vault.session("room", "1", "2026-03-04T00:00:00Z").await;
    let file = vault.file(session, "live", "live.mp4").await;
    let (_, ended, revoked) =
        given_secret(&vault.app, &vault.owner, vault.project, EVERY_RIGHT).await;
    revoke(backend, &actor(&vault.owner), ended).await.unwrap();
    let neighbour = given_account(backend, "neighbour").await;
    let project = projects::actions::create(backend, &actor(&neighbour), "Sales")
        .await
        .unwrap();
    let (_, _, foreign) = given_secret(&vault.app, &neighbour, project.id, EVERY_RIGHT).await;
    let wrong = basic(&vault.identifier, "rgs_wrong");
    let in_query = {
        let decoded = STANDARD
            .decode(revoked.strip_prefix("Basic ").unwrap())
            .unwrap();
        String::from_utf8(decoded)
            .unwrap()
            .split_once(':')
            .unwrap()
            .1
            .to_owned()
    };
    for (method, path, expected) in routes(&vault, file).await {
        // Guesses run out, and come back with time.
        backend.clock.advance(TimeDelta::minutes(1));
        let ask = |authorization| vault.ask(method.clone(), &path, authorization);
        for (name, authorization) in [
            ("none", None),
            ("another scheme", Some("Bearer x")),
            ("unreadable", Some("Basic !!!")),
            ("revoked", Some(revoked.as_str())),
            ("wrong", Some(wrong.as_str())),
        ] {
            let answer = ask(authorization).await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{method} {path}: {name}"
            );
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(
                challenge.starts_with("Basic realm=\"Reelgate API\""),
                "{challenge}"
            );
            assert!(
                answer.headers.get("set-cookie").is_none()
                    && answer.headers.get("location").is_none()
            );
            json(&answer);
        }
        // Another account's own secret: its own, empty, lists; nothing of ours.
        let answer = ask(Some(foreign.as_str())).await;
        let foreign_status = answer.status.as_u16();
        if path.ends_with(char::is_numeric) && !path.starts_with("/video") && expected != 501 {
            assert_eq!(foreign_status, 403, "{method} {path}");
            assert!(json(&answer)["Message"].is_string());
        } else {
            assert_eq!(foreign_status, expected, "{method} {path}");
            assert!(
                !answer.body.contains("live.mp4") && !answer.body.contains("acme"),
                "{}",
                answer.body
            );
        }
        // A secret that is no more does not count, wherever it stands.
        let with_query = vault
            .ask(method.clone(), &format!("{path}?key={in_query}"), None)
            .await;
        assert_eq!(with_query.status, StatusCode::UNAUTHORIZED);
        let answer = ask(Some(vault.authorization.as_str())).await;
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
    }
}

/// A secret that only reads deletes nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn deleting_needs_the_right_to_delete(db: PgPool) {
    let vault = Vault::new(db).await;
    let session = vault.session("room", "1", "2026-03-04T00:00:00Z").await;
    let file = vault.file(session, "live", "live.mp4").await;
    let number = vault.number_of_file(file).await;
    let (_, _, reading) = given_secret(
        &vault.app,
        &vault.owner,
        vault.project,
        ApiRights::default(),
    )
    .await;
    let path = format!("/StoredRecording/{number}");
    assert_eq!(
        vault
            .ask(Method::DELETE, &path, Some(&reading))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        vault
            .json("/StoredRecording")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// R148: refused although the header is right, in each API's own words.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_in_the_address_is_refused(db: PgPool) {
    let vault = Vault::new(db).await;
    let decoded = STANDARD
        .decode(vault.authorization.strip_prefix("Basic ").unwrap())
        .unwrap();
    let decoded = String::from_utf8(decoded).unwrap();
    let secret = decoded.split_once(':').unwrap().1;
    for path in ["/video/v2/archive", "/Usage"] {
        let answer = vault.get(&format!("{path}?api_key={secret}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(!answer.body.contains(secret));
    }
}

/// The address comes after the secret and before the quota, and the quota before everything else.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_allow_list_and_the_quota_are_answered_as_documented(db: PgPool) {
    let vault = Vault::new(db).await;
    let backend = &vault.app.backend;
    let owner = actor(&vault.owner);
    // Tests without a port come from 127.0.0.1.
    limit(backend, &owner, "192.0.2.0/24", "2").await.unwrap();
    let refused = vault.get("/Usage").await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    assert!(
        json(&refused)["Message"]
            .as_str()
            .unwrap()
            .contains("allow-list")
    );
    let refused = vault.get("/video/v2/archive").await;
    assert_eq!(
        (refused.status, &json(&refused)["error_code"]),
        (StatusCode::FORBIDDEN, &Value::from("FORBIDDEN"))
    );
    // Whoever has no secret does not learn of the list.
    assert_eq!(
        vault.ask(Method::GET, "/Usage", None).await.status,
        StatusCode::UNAUTHORIZED
    );

    limit(backend, &owner, "0.0.0.0", "2").await.unwrap();
    assert_eq!(vault.json("/Usage").await["ApiHourlyQuota"], 2);
    vault.json("/video/v2/archive").await;
    // Before it is looked at what the address is, or whether the method is there.
    for (method, path) in [
        (Method::GET, "/Usage"),
        (Method::DELETE, "/Usage"),
        (Method::GET, "/StoredRecordingView/x"),
        (Method::GET, "/video/v2/archive/period/x/y"),
    ] {
        let answer = vault.ask(method, path, Some(&vault.authorization)).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3600).contains(&seconds));
        json(&answer);
    }
    backend.clock.advance(TimeDelta::hours(1));
    vault.json("/Usage").await;
}

/// What the documentation and the table name is one.
#[test]
fn every_resource_has_a_route() {
    for resource in Resource::ALL {
        assert!(
            ROUTES.iter().any(|(found, ..)| *found == resource),
            "{resource:?}"
        );
    }
}
