//! View links at the gate: what they open, for how long, and what the access log says of it.

use chrono::TimeDelta;
use domain::api_secrets::actions::revoke;
use domain::files::view;
use domain::{Actor, Caller};
use http::header::RANGE;

use super::*;

fn application(vault: &Vault) -> Actor {
    Actor {
        account: vault.owner.account,
        caller: Caller::Application {
            project: vault.project,
            secret: vault.secret,
            rights: ApiRights::default(),
        },
        address: None,
    }
}

/// A recording and the path of a link to it.
async fn given_link(vault: &Vault) -> (FileId, String) {
    let session = vault.session("room", "1", "2026-03-04T00:00:00Z").await;
    let file = vault.file(session, "live", "live.mp4").await;
    let link = view::make(&vault.app.backend, &application(vault), file)
        .await
        .unwrap();
    (file, link.path.reveal().to_owned())
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_link_opens_its_file_and_no_other_until_its_time_is_over(db: PgPool) {
    let vault = Vault::new(db).await;
    let (_, path) = given_link(&vault).await;
    let status = |path: String| async {
        let path = path;
        vault.ask(Method::GET, &path, None).await.status
    };
    let answer = vault.ask(Method::GET, &path, None).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "live.mp4")
    );
    let head = vault.ask(Method::HEAD, &path, None).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (StatusCode::OK, Some("8"))
    );
    let part = vault
        .app
        .request(Method::GET, &path)
        .header(RANGE, "bytes=5-7");
    let part = vault.app.send(part.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (part.status, part.body.as_str()),
        (StatusCode::PARTIAL_CONTENT, "mp4")
    );
    assert_eq!(status(format!("{path}&download")).await, StatusCode::OK);

    let (plain, token) = path.split_once("?view=").unwrap();
    let session = vault.session("room", "2", "2026-03-04T00:00:00Z").await;
    let other = vault.file(session, "live", "live.mp4").await;
    let other = domain::files::file_path(vault.owner.account, other, "live.mp4");
    let mut changed = token.to_owned();
    changed.replace_range(30..31, if &token[30..31] == "A" { "B" } else { "A" });
    for (name, path) in [
        ("no token", plain.to_owned()),
        ("an empty one", format!("{plain}?view=")),
        ("a changed one", format!("{plain}?view={changed}")),
        ("a cut one", format!("{plain}?view={}", &token[..60])),
        ("two", format!("{plain}?view={token}&view={token}")),
        (
            "an endless one",
            format!("{plain}?view={}", "A".repeat(4000)),
        ),
        ("of another file", format!("{other}?view={token}")),
    ] {
        assert_eq!(status(path).await, StatusCode::FORBIDDEN, "{name}");
    }
    vault
        .app
        .backend
        .clock
        .advance(view::LIFE - TimeDelta::seconds(1));
    assert_eq!(status(path.clone()).await, StatusCode::OK);
    vault.app.backend.clock.advance(TimeDelta::seconds(1));
    assert_eq!(status(path.clone()).await, StatusCode::FORBIDDEN);
}

/// A right link is not looked at beside a wrong password: one proof counts.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn authorization_counts_before_a_link_and_a_revoked_secret_ends_it(db: PgPool) {
    let vault = Vault::new(db).await;
    let (file, path) = given_link(&vault).await;
    let wrong = basic("nobody", "wrong");
    assert_eq!(
        vault.ask(Method::GET, &path, Some(&wrong)).await.status,
        StatusCode::FORBIDDEN
    );
    let (username, password) = vault.preset().await;
    let plain = path.split_once('?').unwrap().0;
    let beside = format!("{plain}?view=wrong");
    let right = basic(&username, &password);
    assert_eq!(
        vault.ask(Method::GET, &beside, Some(&right)).await.status,
        StatusCode::OK
    );

    revoke(&vault.app.backend, &actor(&vault.owner), vault.secret)
        .await
        .unwrap();
    assert_eq!(
        vault.ask(Method::GET, &path, None).await.status,
        StatusCode::FORBIDDEN
    );

    // Members have sign-ins; only applications ask for links.
    let made = view::make(&vault.app.backend, &actor(&vault.owner), file).await;
    assert!(matches!(made, Err(domain::Error::Forbidden)));
}
/// Way, caller, id, status and reason of a row of the access log.
type Row = (String, String, Option<uuid::Uuid>, i16, Option<String>);

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_access_log_names_the_way_and_the_secret_and_never_the_token(db: PgPool) {
    let vault = Vault::new(db).await;
    let (_, path) = given_link(&vault).await;
    let token = path.split_once("?view=").unwrap().1.to_owned();
    vault.ask(Method::GET, &path, None).await;
    vault.app.backend.clock.advance(view::LIFE);
    vault.ask(Method::GET, &path, None).await;
    vault
        .ask(
            Method::GET,
            &format!("{}?view=x", path.split_once('?').unwrap().0),
            None,
        )
        .await;
    let backend = &vault.app.backend;
    backend.access_log.flush(&backend.db).await.unwrap();
    let rows: Vec<Row> = sqlx::query_as(
        "select proof, caller_kind, caller_id, status, reason from access_log order by occurred_at, seq",
    )
    .fetch_all(&backend.db)
    .await
    .unwrap();
    let secret = Some(*vault.secret.as_uuid());
    let row = |kind: &str, id, status, reason: Option<&str>| {
        (
            "link".to_owned(),
            kind.to_owned(),
            id,
            status,
            reason.map(ToOwned::to_owned),
        )
    };
    assert_eq!(
        rows,
        [
            row("application", secret, 200, None),
            row("application", secret, 403, Some("link_ended")),
            row("none", None, 403, Some("wrong_link")),
        ]
    );
    let all: String = sqlx::query_scalar("select string_agg(l::text, ' ') from access_log l")
        .fetch_one(&backend.db)
        .await
        .unwrap();
    assert!(!all.contains(&token));
}
