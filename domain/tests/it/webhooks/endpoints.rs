//! Endpoints: who may, what is taken, the EnableX form, tests.

use chrono::TimeDelta;
use domain::api_secrets::{ApiRights, ApiSecretId};
use domain::testing::receiver::{Receiver, answer};
use domain::testing::{actor, given_account, given_member, operator, until_somebody_waits};
use domain::webhooks::{DeliveryState, EventType, Form, actions, log};
use domain::{Actor, Caller, Error, Permission, Role, Secret, projects};
use sqlx::PgPool;

use super::{Scene, draft, json};

const URL: &str = "https://hooks.example/reelgate";

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn owners_admins_and_developers_manage_webhooks_of_their_account(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let backend = &scene.backend;
    let add = async |who: &Actor, project| {
        let wish = draft(URL, &[EventType::SessionEnded]);
        actions::add(backend, who, project, wish).await
    };
    for role in Role::ALL {
        let member =
            given_member(backend, &scene.owner, role, &format!("a-{}", role.as_str())).await;
        let added = add(&actor(&member), scene.project).await;
        if role.may(Permission::ManageWebhooks) {
            let (id, _) = added.unwrap();
            let who = actor(&member);
            actions::delete(backend, &who, scene.project, id, |_| Ok::<_, Error>(()))
                .await
                .unwrap();
        } else {
            assert!(matches!(added, Err(Error::Forbidden)), "{role:?}");
        }
    }
    let (id, _) = add(&operator(&scene.owner), scene.project).await.unwrap();
    let stranger = actor(&given_account(backend, "two").await);
    let other = projects::actions::create(backend, &scene.who, "Other")
        .await
        .unwrap();
    let application = |project, may_write| Actor {
        caller: Caller::Application {
            project,
            secret: ApiSecretId::from_uuid(uuid::Uuid::nil()),
            rights: ApiRights {
                may_write,
                ..ApiRights::default()
            },
        },
        ..scene.who
    };
    let own = application(scene.project, true);
    assert!(add(&own, scene.project).await.is_ok());
    let reader = application(scene.project, false);
    assert!(matches!(
        add(&reader, scene.project).await,
        Err(Error::Forbidden)
    ));
    for (name, who) in [
        ("another account", stranger),
        ("another project", application(other.id, true)),
    ] {
        let project = scene.project;
        let results = [
            add(&who, project).await.map(drop),
            actions::list(backend, &who, project).await.map(drop),
            actions::get(backend, &who, project, id).await.map(drop),
            actions::secret(backend, &who, project, id).await.map(drop),
            actions::rotate(backend, &who, project, id).await.map(drop),
            actions::set_enabled(backend, &who, project, id, false).await,
            actions::edit(backend, &who, project, id, draft(URL, &EventType::ALL)).await,
            actions::delete(backend, &who, project, id, |_| Ok::<_, Error>(())).await,
            log::send_test(backend, &who, project, id).await.map(drop),
            log::count_missed(backend, &who, project, id)
                .await
                .map(drop),
            log::send_missed(backend, &who, project, id).await.map(drop),
        ];
        for result in results {
            assert!(
                matches!(result, Err(Error::NotFound(_))),
                "{name}: {result:?}"
            );
        }
    }
    // The id of one project's endpoint opens nothing in another.
    let crossed = actions::secret(backend, &scene.who, other.id, id).await;
    assert!(matches!(crossed, Err(Error::NotFound(_))));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_wrong_field_is_told(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let fields = async |change: &dyn Fn(&mut domain::webhooks::EndpointDraft)| {
        let mut wish = draft(URL, &[EventType::SessionEnded]);
        change(&mut wish);
        match actions::add(&scene.backend, &scene.who, scene.project, wish).await {
            Ok(_) => String::new(),
            Err(Error::Invalid(problems)) => {
                let fields: Vec<_> = problems.into_iter().map(|problem| problem.field).collect();
                fields.join(" ")
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(fields(&|_| {}).await, "");
    for url in [
        "",
        "hook",
        "ftp://a.example/",
        "http://169.254.169.254/",
        "https://a:b@c.example/",
        "http://[::1]/",
    ] {
        assert_eq!(
            fields(&|wish| wish.url = url.to_owned()).await,
            "url",
            "{url}"
        );
    }
    assert_eq!(
        fields(&|wish| wish.description = "x".repeat(201)).await,
        "description"
    );
    assert_eq!(
        fields(&|wish| wish.description = "a\u{0}b".to_owned()).await,
        "description"
    );
    assert_eq!(
        fields(&|wish| wish.event_types.clear()).await,
        "event_types"
    );
    assert_eq!(
        fields(&|wish| wish.username = "a:b".to_owned()).await,
        "username password"
    );
    assert_eq!(
        fields(&|wish| wish.username = "ada".to_owned()).await,
        "password"
    );
    assert_eq!(
        fields(&|wish| wish.password = Some(Secret::new("x"))).await,
        "username"
    );
    let deleted = fields(&|wish| {
        wish.form = Form::Enablex;
        wish.event_types = vec![EventType::FileDeleted];
    });
    assert_eq!(deleted.await, "event_types");
}

/// compat.md 1.5, to the letter; with Basic, and the password in no log.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_enablex_form_is_that_of_the_reference(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db.clone(), folder.path()).await;
    let receiver = Receiver::start().await;
    let mut wish = draft(
        &receiver.url("/"),
        &[
            EventType::SessionEnded,
            EventType::SessionReady,
            EventType::FileTranscoded,
        ],
    );
    wish.form = Form::Enablex;
    wish.username = "ada".to_owned();
    wish.password = Some(Secret::new("ä secret"));
    let who = scene.who;
    let (id, _) = actions::add(&scene.backend, &who, scene.project, wish.clone())
        .await
        .unwrap();
    let session = scene.session("123456789012").await;
    let live = scene.file(session, "live.mp4").await;
    scene.after(TimeDelta::zero()).await;
    let transcoded = scene.file(session, "transcoded.mp4").await;
    sqlx::query("update files set kind = 'transcoded' where id = $1")
        .bind(transcoded)
        .execute(&db)
        .await
        .unwrap();
    sqlx::query("update webhook_events set event_type = 'file.transcoded'")
        .execute(&db)
        .await
        .unwrap();
    sqlx::query(
        "insert into webhook_events (account_id, project_id, event_type, session_id, file_id, occurred_at) \
         values ($1, $2, 'file.transcoded', $3, $4, $5)",
    )
    .bind(scene.owner.account)
    .bind(scene.project)
    .bind(session)
    .bind(transcoded)
    .bind(scene.backend.clock.now())
    .execute(&db)
    .await
    .unwrap();
    scene.after(TimeDelta::minutes(15)).await;
    let identifier: String =
        sqlx::query_scalar("select api_identifier from projects where id = $1")
            .bind(scene.project)
            .fetch_one(&db)
            .await
            .unwrap();
    let mut received = receiver.take();
    received.sort_by_key(|one| json(one)["type"].as_str().unwrap().to_owned());
    let url = |file, name: &str| {
        format!(
            "{}/files/{}/{file}/{name}",
            scene.backend.public_url, scene.owner.account
        )
    };
    let at = 1_795_000_000;
    let expected = [
        format!(
            r#"{{"type":"recording","trans_date":{},"app_id":"{identifier}","room_id":"room","conf_num":"123456789012","recording":["{}"]}}"#,
            at + 900,
            url(live, "live.mp4")
        ),
        format!(
            r#"{{"type":"roomdrop","trans_date":{at},"app_id":"{identifier}","room_id":"room","conf_num":"123456789012"}}"#
        ),
        format!(
            r#"{{"type":"transcoded","trans_date":{at},"app_id":"{identifier}","room_id":"room","conf_num":"123456789012","recording":"{}","stage":"1","file_size":"5"}}"#,
            url(transcoded, "transcoded.mp4")
        ),
    ];
    let bodies: Vec<_> = received
        .iter()
        .map(|one| String::from_utf8_lossy(&one.body))
        .collect();
    assert_eq!(bodies, expected);
    for one in &received {
        assert_eq!(one.headers["authorization"], "Basic YWRhOsOkIHNlY3JldA==");
    }
    let dump: String =
        sqlx::query_scalar("select string_agg(request_headers::text, '') from webhook_attempts")
            .fetch_one(&db)
            .await
            .unwrap();
    assert!(
        dump.contains("not shown") && !dump.contains("YWRhOs"),
        "{dump}"
    );

    // An empty password keeps the one that is there; no user name takes both away.
    wish.password = None;
    actions::edit(&scene.backend, &who, scene.project, id, wish.clone())
        .await
        .unwrap();
    log::send_test(&scene.backend, &who, scene.project, id)
        .await
        .unwrap();
    scene.after(TimeDelta::zero()).await;
    assert!(receiver.take()[0].headers.contains_key("authorization"));
    wish.username.clear();
    actions::edit(&scene.backend, &who, scene.project, id, wish)
        .await
        .unwrap();
    log::send_test(&scene.backend, &who, scene.project, id)
        .await
        .unwrap();
    scene.after(TimeDelta::zero()).await;
    assert!(!receiver.take()[0].headers.contains_key("authorization"));
}

/// R166: whoever edits an endpoint cannot have its stored password sent to themselves.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_stored_password_goes_to_no_other_server_and_user(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let wish = |url: &str, username: &str, password: Option<&str>| {
        let mut wish = draft(url, &[EventType::SessionEnded]);
        wish.username = username.to_owned();
        wish.password = password.map(Secret::new);
        wish
    };
    let (who, project) = (scene.who, scene.project);
    let first = wish(URL, "ada", Some("secret"));
    let (id, _) = actions::add(&scene.backend, &who, project, first)
        .await
        .unwrap();
    let edit = async |url: &str, username: &str, password: Option<&str>| {
        let wish = wish(url, username, password);
        match actions::edit(&scene.backend, &who, project, id, wish).await {
            Ok(()) => String::new(),
            Err(Error::Invalid(problems)) => {
                let told: Vec<_> = problems
                    .into_iter()
                    .map(|problem| format!("{}: {}", problem.field, problem.message))
                    .collect();
                told.join(" ")
            }
            Err(other) => panic!("{other}"),
        }
    };
    for elsewhere in [
        "https://evil.example/reelgate",
        "https://hooks.example:8443/reelgate",
        "http://hooks.example/reelgate",
    ] {
        for empty in [None, Some("")] {
            let told = edit(elsewhere, "ada", empty).await;
            assert!(
                told.starts_with("password: The stored password is for another server."),
                "{elsewhere}: {told}"
            );
        }
    }
    let told = edit(URL, "bob", None).await;
    assert!(
        told.starts_with("password: The stored password is another user's."),
        "{told}"
    );
    assert!(edit("nonsense", "ada", None).await.starts_with("url: "));
    let found = actions::get(&scene.backend, &who, project, id)
        .await
        .unwrap();
    assert_eq!(
        (found.url.as_str(), found.username.as_deref()),
        (URL, Some("ada"))
    );
    for (url, username, password) in [
        ("https://HOOKS.example:443/another?path=1", "ada", None),
        ("https://evil.example/", "ada", Some("another")),
        ("https://evil.example/", "bob", Some("bob's")),
        (URL, "", None),
    ] {
        assert_eq!(edit(url, username, password).await, "", "{url} {username}");
    }
    // The password went with the user name.
    let told = edit(URL, "bob", None).await;
    assert_eq!(
        told,
        "password: Enter the password that goes with the user name."
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_test_is_sent_once_and_judges_nothing(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    receiver.script(answer(500, &[], ""));
    let (endpoint, _) = scene.endpoint(&receiver, &[EventType::FileDeleted]).await;
    let who = scene.who;
    let id = log::send_test(&scene.backend, &who, scene.project, endpoint)
        .await
        .unwrap();
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    assert_eq!(scene.after(TimeDelta::days(6)).await, 0);
    assert_eq!(json(&receiver.take()[0])["type"], "webhook.test");
    let detail = log::get(&scene.backend, &who, scene.project, id)
        .await
        .unwrap();
    assert_eq!(detail.summary.state, DeliveryState::Failed);
    let found = actions::get(&scene.backend, &who, scene.project, endpoint)
        .await
        .unwrap();
    assert!(found.failing_since.is_none());
}

/// Both lock the endpoint first: otherwise each would wait for the other, and one of them would fail.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_endpoint_is_deleted_while_an_attempt_is_written_down(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    receiver.script(answer(500, &[], ""));
    let (id, _) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    scene.session("1").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);

    let mut deleting = scene.backend.db.begin().await.unwrap();
    sqlx::query("select 1 from webhook_endpoints for update")
        .execute(&mut *deleting)
        .await
        .unwrap();
    let second_attempt = async {
        assert_eq!(scene.after(TimeDelta::minutes(1)).await, 1);
    };
    let deletion = async {
        until_somebody_waits(&scene.backend.db).await;
        sqlx::query("select 1 from webhook_deliveries for update nowait")
            .execute(&mut *deleting)
            .await
            .expect("who waits for the endpoint holds no delivery");
        sqlx::query("delete from webhook_endpoints")
            .execute(&mut *deleting)
            .await
            .unwrap();
        deleting.commit().await.unwrap();
    };
    tokio::join!(second_attempt, deletion);
    let found = actions::get(&scene.backend, &scene.who, scene.project, id).await;
    assert!(matches!(found, Err(Error::NotFound(_))), "{found:?}");
}
