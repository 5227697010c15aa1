//! Sources: who may set them up, what is refused, and that their secrets are never seen again.

use domain::intake::{Light, SourceKind, SourceSecrets, SourceSettings, actions};
use domain::testing::{actor, given_account, given_member};
use domain::{Error, Role, Secret};
use sqlx::PgPool;

use super::{draft, given_place, livekit};

fn fields<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn one_is_added_changed_and_removed_and_its_secrets_are_sealed(db: PgPool) {
    let place = given_place(db.clone()).await;
    let id = place.add(SourceKind::Livekit, livekit()).await;
    let detail = actions::get(&place.backend, &place.me, id).await.unwrap();
    assert_eq!(detail.has_secrets, ["api_secret"]);
    assert_eq!(detail.receiver, Some(format!("/intake/{id}")));
    assert_eq!(detail.source.health.light(), Light::New);
    assert!(!format!("{detail:?}").contains("APIsecret"));
    let dump: String = sqlx::query_scalar("select json_agg(s)::text from intake_sources s")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!dump.contains("APIsecret") && dump.contains("APIkey"));

    // An empty secret leaves the one that is there.
    let mut changed = livekit();
    changed.name = "Berlin".to_owned();
    changed.secrets = SourceSecrets::default();
    actions::edit(&place.backend, &place.me, id, changed)
        .await
        .unwrap();
    let listed = actions::list(&place.backend, &place.me, place.project)
        .await
        .unwrap();
    assert_eq!((listed.len(), &*listed[0].name), (1, "Berlin"));
    let detail = actions::get(&place.backend, &place.me, id).await.unwrap();
    assert_eq!(detail.has_secrets, ["api_secret"]);

    actions::remove(&place.backend, &place.me, id)
        .await
        .unwrap();
    assert!(matches!(
        actions::get(&place.backend, &place.me, id).await,
        Err(Error::NotFound(_))
    ));
    assert!(matches!(
        place.call(id, None, None, "{}").await,
        Err(Error::NotFound(_))
    ));
    let sealed: Vec<u8> = sqlx::query_scalar("select sealed from intake_sources")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(sealed.is_empty());
    // Its name is free again.
    place.add(SourceKind::Livekit, livekit()).await;
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_cannot_work_is_told_beside_its_field(db: PgPool) {
    let place = given_place(db).await;
    let add = |kind, settings, secrets| {
        let (backend, me, project) = (&place.backend, &place.me, place.project);
        async move { fields(actions::add(backend, me, project, kind, draft(settings, secrets)).await) }
    };
    let none = SourceSettings::default;
    assert_eq!(
        add(SourceKind::Livekit, none(), SourceSecrets::default()).await,
        ["api_key", "api_secret"]
    );
    assert_eq!(
        add(SourceKind::Bigbluebutton, none(), SourceSecrets::default()).await,
        ["server_url", "api_secret"]
    );
    assert_eq!(
        add(SourceKind::Folder, none(), SourceSecrets::default()).await,
        ["folder"]
    );
    for folder in ["/etc", "relative", "/srv/../etc"] {
        let settings = SourceSettings {
            folder: folder.to_owned(),
            ..none()
        };
        assert_eq!(
            add(SourceKind::Folder, settings, SourceSecrets::default()).await,
            ["folder"],
            "{folder}"
        );
    }
    let settings = SourceSettings {
        api_key: "k".to_owned(),
        files_user: "ada".to_owned(),
        ..none()
    };
    let secrets = SourceSecrets {
        api: Secret::new("s"),
        ..SourceSecrets::default()
    };
    assert_eq!(
        add(SourceKind::Livekit, settings.clone(), secrets.clone()).await,
        ["files_password", "files_url"]
    );
    // R161: by the same judge as every call that goes out.
    for url in [
        "ftp://h.example",
        "http://10.1.2.3/",
        "https://ada:pw@h.example/",
    ] {
        let settings = SourceSettings {
            files_url: url.to_owned(),
            files_user: String::new(),
            ..settings.clone()
        };
        assert_eq!(
            add(SourceKind::Livekit, settings, secrets.clone()).await,
            ["files_url"],
            "{url}"
        );
    }
    place.add(SourceKind::Livekit, livekit()).await;
    let mut twin = livekit();
    twin.name = "the SOURCE".to_owned();
    let outcome = actions::add(
        &place.backend,
        &place.me,
        place.project,
        SourceKind::Livekit,
        twin,
    )
    .await;
    assert_eq!(fields(outcome), ["name"]);
}

/// The permission, role by role; and nobody reaches another account's.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn builders_may_set_up_sources_and_others_may_not(db: PgPool) {
    let place = given_place(db).await;
    let id = place.add(SourceKind::Livekit, livekit()).await;
    for role in Role::ALL {
        let may = matches!(role, Role::Owner | Role::Admin | Role::Developer);
        let who = match role {
            Role::Owner => place.me,
            other => {
                actor(&given_member(&place.backend, &place.owner, other, other.as_str()).await)
            }
        };
        let backend = &place.backend;
        let is_forbidden = |error: Option<Error>| matches!(error, Some(Error::Forbidden));
        assert_eq!(
            is_forbidden(actions::list(backend, &who, place.project).await.err()),
            !may,
            "{role:?}"
        );
        assert_eq!(
            is_forbidden(actions::get(backend, &who, id).await.err()),
            !may,
            "{role:?}"
        );
        assert_eq!(
            is_forbidden(actions::edit(backend, &who, id, livekit()).await.err()),
            !may,
            "{role:?}"
        );
        assert_eq!(
            is_forbidden(actions::retry(backend, &who, id, None).await.err()),
            !may,
            "{role:?}"
        );
        let added =
            actions::add(backend, &who, place.project, SourceKind::Livekit, livekit()).await;
        assert_eq!(is_forbidden(added.err()), !may, "{role:?}");
        if !may {
            assert!(
                is_forbidden(actions::remove(backend, &who, id).await.err()),
                "{role:?}"
            );
        }
    }
    let other = actor(&given_account(&place.backend, "south").await);
    for outcome in [
        actions::get(&place.backend, &other, id).await.err(),
        actions::list(&place.backend, &other, place.project)
            .await
            .err(),
        actions::edit(&place.backend, &other, id, livekit())
            .await
            .err(),
        actions::retry(&place.backend, &other, id, None).await.err(),
        actions::remove(&place.backend, &other, id).await.err(),
    ] {
        assert!(matches!(outcome, Some(Error::NotFound(_))), "{outcome:?}");
    }
}

/// What somebody edits.
type Change = fn(&mut SourceSettings);

/// R166: a secret goes to the host and with the user that it was entered for, and to no other that is edited in.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_is_entered_again_for_another_host_or_user(db: PgPool) {
    let place = given_place(db).await;
    let settings = SourceSettings {
        api_key: "app".to_owned(),
        server_url: "https://api.example/".to_owned(),
        files_url: "https://files.example/rec/".to_owned(),
        files_user: "rec".to_owned(),
        callback_user: "caller".to_owned(),
        ..SourceSettings::default()
    };
    let secrets = SourceSecrets {
        api: Secret::new("key"),
        files: Secret::new("pa55"),
        callback: Secret::new("w0rd"),
        ..SourceSecrets::default()
    };
    let id = place
        .add(
            SourceKind::Enablex,
            draft(settings.clone(), secrets.clone()),
        )
        .await;
    let edit = async |settings: SourceSettings, secrets: SourceSecrets| {
        actions::edit(&place.backend, &place.me, id, draft(settings, secrets)).await
    };
    let none = SourceSecrets::default;
    let changed = |change: Change| {
        let mut settings = settings.clone();
        change(&mut settings);
        settings
    };
    // Another path of the same host is no other host.
    let elsewhere = changed(|settings| {
        settings.files_url = "https://FILES.example:443/other/".to_owned();
        settings.server_url = "https://api.example/v2".to_owned();
    });
    edit(elsewhere, none()).await.unwrap();
    let table: [(Change, &str); 7] = [
        (
            |s| s.server_url = "https://evil.example/".to_owned(),
            "api_secret",
        ),
        (
            |s| s.server_url = "http://api.example/".to_owned(),
            "api_secret",
        ),
        (|s| s.server_url = String::new(), "api_secret"),
        (|s| s.api_key = "other".to_owned(), "api_secret"),
        (
            |s| s.files_url = "https://files.example:8443/".to_owned(),
            "files_password",
        ),
        (|s| s.files_user = "other".to_owned(), "files_password"),
        (
            |s| s.callback_user = "other".to_owned(),
            "callback_password",
        ),
    ];
    for (change, field) in table {
        let outcome = edit(changed(change), none()).await;
        assert_eq!(fields(outcome), [field]);
    }
    // Entered again it holds.
    let mut moved = changed(|settings| settings.server_url = "https://new.example/".to_owned());
    edit(moved.clone(), secrets.clone()).await.unwrap();
    edit(moved.clone(), none()).await.unwrap();
    // Taken away, the user name takes its password along.
    moved.files_user = String::new();
    edit(moved.clone(), none()).await.unwrap();
    let detail = actions::get(&place.backend, &place.me, id).await.unwrap();
    assert_eq!(detail.has_secrets, ["api_secret", "callback_password"]);
    moved.files_user = "rec".to_owned();
    assert_eq!(fields(edit(moved, none()).await), ["files_password"]);
}

/// The limit holds for those that are added at once.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn no_more_sources_are_added_at_once_than_a_project_may_have(db: PgPool) {
    let place = given_place(db.clone()).await;
    let add = async |number: i64| {
        let mut draft = livekit();
        draft.name = format!("Source {number}");
        let (backend, me) = (&place.backend, &place.me);
        actions::add(backend, me, place.project, SourceKind::Livekit, draft).await
    };
    for number in 1..actions::MAX {
        add(number).await.unwrap();
    }
    let (one, two, three, four) = tokio::join!(add(101), add(102), add(103), add(104));
    let added = [one, two, three, four]
        .iter()
        .filter(|added| added.is_ok())
        .count();
    assert_eq!(added, 1);
    let count: i64 = sqlx::query_scalar("select count(*) from intake_sources")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(count, actions::MAX);
}
