//! API secrets, admitting programs, and how far they reach.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::api_secrets::actions::{self, ApiSecretDraft};
use domain::api_secrets::verification::{NotAdmitted, admit, expose};
use domain::api_secrets::{ApiRights, ApiSecretId};
use domain::credentials::{FurtherDraft, Grace, further};
use domain::files::trash::TrashTarget;
use domain::members::Member;
use domain::projects::ProjectId;
use domain::sessions::description::Description;
use domain::sessions::detail::actions::describe_anew;
use domain::sessions::{SessionFilter, SessionOrder};
use domain::testing::{
    ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend, given_file, given_member,
    given_session,
};
use domain::{Actor, Backend, Error, PageRequest, Role, Secret, files, projects, sessions};
use sqlx::PgPool;

const ALL: ApiRights = ApiRights {
    may_write: true,
    may_delete: true,
    may_set_access: true,
    may_manage_credentials: true,
};

async fn given_project(backend: &Backend, owner: &Member, name: &str) -> ProjectId {
    let made = projects::actions::create(backend, &actor(owner), name).await;
    made.unwrap().id
}

/// Identifier and secret of a project, and the secret's id.
async fn given_secret(
    backend: &Backend,
    owner: &Member,
    project: ProjectId,
    rights: ApiRights,
) -> (String, Secret, ApiSecretId) {
    let draft = ApiSecretDraft {
        project,
        name: "Archiver".to_owned(),
        rights,
    };
    let made = actions::make(backend, &actor(owner), draft).await.unwrap();
    (made.identifier, made.secret, made.id)
}

async fn try_it(
    backend: &Backend,
    identifier: &str,
    secret: &str,
    from: IpAddr,
) -> Result<Actor, NotAdmitted> {
    admit(backend, identifier.as_bytes(), secret.as_bytes(), from).await
}

/// R058: shown once, kept as a hash, known again by its end and its last use; R143 for revoked and foreign ones.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_is_shown_once_works_at_once_and_ends_at_once(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner, "Care").await;
    let other = given_project(&backend, &owner, "Sales").await;
    let (identifier, secret, id) = given_secret(&backend, &owner, project, ALL).await;
    let (foreign, _, _) = given_secret(&backend, &owner, other, ALL).await;
    assert!(secret.reveal().starts_with("rgs_") && secret.reveal().len() == 44);
    let kept: Vec<u8> = sqlx::query_scalar("select hash from api_secrets where id = $1")
        .bind(id)
        .fetch_one(&backend.db)
        .await
        .unwrap();
    assert_eq!(kept.len(), 32);

    let who = try_it(&backend, &identifier, secret.reveal(), ADDRESS)
        .await
        .unwrap();
    assert_eq!(who.account, owner.account);
    assert_eq!(who.api_secret(), Some(id));
    for (identifier, secret) in [
        (foreign.as_str(), secret.reveal()),
        (identifier.as_str(), "rgs_wrong"),
        (identifier.as_str(), ""),
        ("", secret.reveal()),
        ("\0", "\0"),
    ] {
        let refused = try_it(&backend, identifier, secret, ADDRESS).await;
        assert!(matches!(refused, Err(NotAdmitted::Wrong)), "{identifier}");
    }
    let access = actions::access(&backend, &actor(&owner)).await.unwrap();
    let shown = access
        .projects
        .iter()
        .find(|shown| shown.project == project)
        .unwrap();
    assert!(secret.reveal().ends_with(&shown.secrets[0].hint));
    assert_eq!(shown.secrets[0].last_used_at, Some(backend.clock.now()));
    assert_eq!(shown.secrets[0].last_used_from, Some(ADDRESS.to_string()));
    assert_eq!(access.used, 1, "wrong ones are not counted");

    actions::revoke(&backend, &actor(&owner), id).await.unwrap();
    actions::revoke(&backend, &actor(&owner), id).await.unwrap();
    let refused = try_it(&backend, &identifier, secret.reveal(), ADDRESS).await;
    assert!(matches!(refused, Err(NotAdmitted::Wrong)));
    let stranger = given_account(&backend, "other").await;
    let foreign = actions::revoke(&backend, &actor(&stranger), id).await;
    assert!(matches!(foreign, Err(Error::NotFound(_))));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn nobody_gives_a_right_that_they_lack(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner, "Care").await;
    let developer = given_member(&backend, &owner, Role::Developer, "dev").await;
    let support = given_member(&backend, &owner, Role::Support, "sam").await;
    let make = async |who: &Member, rights| {
        let draft = ApiSecretDraft {
            project,
            name: "x".to_owned(),
            rights,
        };
        actions::make(&backend, &actor(who), draft)
            .await
            .map(|_| ())
    };
    let may_write = ApiRights {
        may_write: true,
        ..ApiRights::default()
    };
    assert!(make(&developer, may_write).await.is_ok());
    for lacking in [
        ApiRights {
            may_delete: true,
            ..may_write
        },
        ApiRights {
            may_set_access: true,
            ..may_write
        },
        ApiRights {
            may_manage_credentials: true,
            ..may_write
        },
    ] {
        assert!(matches!(
            make(&developer, lacking).await,
            Err(Error::Forbidden)
        ));
        assert!(make(&owner, lacking).await.is_ok());
    }
    assert!(matches!(
        make(&support, may_write).await,
        Err(Error::Forbidden)
    ));
    let seen = actions::access(&backend, &actor(&support)).await;
    assert!(matches!(seen, Err(Error::Forbidden)));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn addresses_and_quota_are_the_accounts_and_asked_after_the_secret(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner, "Care").await;
    let (identifier, secret, _) = given_secret(&backend, &owner, project, ALL).await;
    let refused = actions::limit(&backend, &actor(&owner), "10.0.0.0/8\nhost", "100001").await;
    let Err(Error::Invalid(problems)) = refused else {
        panic!("taken")
    };
    let fields: Vec<_> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["allow_list", "hourly_quota"]);

    actions::limit(&backend, &actor(&owner), "10.0.0.0/8", "2")
        .await
        .unwrap();
    let outside = try_it(&backend, &identifier, secret.reveal(), ADDRESS).await;
    assert!(matches!(outside, Err(NotAdmitted::Address)));
    let wrong = try_it(&backend, &identifier, "rgs_wrong", ADDRESS).await;
    assert!(
        matches!(wrong, Err(NotAdmitted::Wrong)),
        "says nothing of the list"
    );
    let inside: IpAddr = "10.1.2.3".parse().unwrap();
    for _ in 0..2 {
        try_it(&backend, &identifier, secret.reveal(), inside)
            .await
            .unwrap();
    }
    let Err(NotAdmitted::Quota { retry_after }) =
        try_it(&backend, &identifier, secret.reveal(), inside).await
    else {
        panic!("a third request")
    };
    backend
        .clock
        .advance(TimeDelta::from_std(retry_after).unwrap());
    try_it(&backend, &identifier, secret.reveal(), inside)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn guessing_runs_out_and_never_stops_the_right_secret(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner, "Care").await;
    let (identifier, secret, _) = given_secret(&backend, &owner, project, ALL).await;
    for _ in 0..10 {
        let wrong = try_it(&backend, &identifier, "rgs_wrong", ADDRESS).await;
        assert!(matches!(wrong, Err(NotAdmitted::Wrong)));
    }
    let wrong = try_it(&backend, &identifier, "rgs_wrong", ADDRESS).await;
    assert!(matches!(wrong, Err(NotAdmitted::Throttled { .. })));
    assert!(
        try_it(&backend, &identifier, secret.reveal(), ADDRESS)
            .await
            .is_ok()
    );
}

/// R148.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_in_an_address_is_marked(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner, "Care").await;
    let (_, secret, _) = given_secret(&backend, &owner, project, ALL).await;
    for texts in [vec![], vec!["rgs_wrong", "rgs_other"]] {
        assert!(!expose(&backend, &texts, ADDRESS).await.unwrap());
    }
    for texts in [vec!["rgs_wrong", secret.reveal()], vec![secret.reveal()]] {
        assert!(expose(&backend, &texts, ADDRESS).await.unwrap());
    }
    let access = actions::access(&backend, &actor(&owner)).await.unwrap();
    assert_eq!(
        access.projects[0].secrets[0].exposed_at,
        Some(backend.clock.now())
    );
    let events: i64 =
        sqlx::query_scalar("select count(*) from audit_events where event = 'api_secret.exposed'")
            .fetch_one(&backend.db)
            .await
            .unwrap();
    assert_eq!(events, 1);
}

/// R143, R147: another project of the same account is as if it were not there.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_application_sees_its_own_project_only(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let own = given_project(&backend, &owner, "Care").await;
    let other = given_project(&backend, &owner, "Sales").await;
    let mut files_of = Vec::new();
    for project in [own, other] {
        let session = given_session(&backend, &owner, project, "1").await;
        let file = given_file(&backend, &owner, session, "chat.json", b"[]").await;
        files_of.push((session, file));
    }
    let (identifier, secret, _) = given_secret(&backend, &owner, own, ALL).await;
    let who = try_it(&backend, &identifier, secret.reveal(), ADDRESS)
        .await
        .unwrap();
    let request = PageRequest {
        cursor: None,
        size: 50,
    };
    let list = async |project| {
        let filter = SessionFilter {
            project,
            ..SessionFilter::default()
        };
        sessions::actions::report(&backend, &who, &filter, SessionOrder::Newest, &request).await
    };
    for project in [None, Some(own)] {
        let page = list(project).await.unwrap();
        assert_eq!((page.items.len(), page.total), (1, 1));
        assert_eq!(page.items[0].id, files_of[0].0);
    }
    assert!(matches!(list(Some(other)).await, Err(Error::NotFound(_))));
    let filter = SessionFilter::default();
    let (exported, _) =
        sessions::actions::export(&backend, &who, &filter, SessionOrder::Newest, None)
            .await
            .unwrap();
    assert_eq!(exported.len(), 1);
    let names: Vec<_> = projects::actions::list(&backend, &who).await.unwrap();
    assert_eq!(
        names.iter().map(|project| project.id).collect::<Vec<_>>(),
        [own]
    );
    assert!(projects::actions::get(&backend, &who, other).await.is_err());
    let governed = projects::actions::list_governed(&backend, &who)
        .await
        .unwrap();
    assert_eq!(governed.len(), 1);

    let (session, file) = files_of[1];
    let not_there = |error: Error| assert!(matches!(error, Error::NotFound(_)), "{error}");
    not_there(files::actions::get(&backend, &who, file).await.unwrap_err());
    not_there(
        sessions::detail::actions::open(&backend, &who, session, None)
            .await
            .unwrap_err(),
    );
    not_there(
        sessions::detail::actions::describe(&backend, &who, session, "x", "")
            .await
            .unwrap_err(),
    );
    for target in [TrashTarget::File(file), TrashTarget::Session(session)] {
        not_there(
            files::trash::discard(&backend, &who, target, "x")
                .await
                .unwrap_err(),
        );
    }
    not_there(
        files::trash::restore(&backend, &who, file)
            .await
            .unwrap_err(),
    );
    not_there(
        files::trash::list(&backend, &who, other, false, &request)
            .await
            .unwrap_err(),
    );
    let bundle = files::actions::bundle(&backend, &who, &[session], &[file]).await;
    assert!(
        matches!(bundle, Err(Error::Invalid(_))),
        "nothing to bundle"
    );

    not_there(
        sessions::actions::get(&backend, &who, session)
            .await
            .unwrap_err(),
    );
    let (before, new) = (
        Description::of("", []).unwrap(),
        Description::of("x", ["y"]).unwrap(),
    );
    let describe = async |session| {
        describe_anew(&backend, &who, session, Some(&before), |_| Ok(new.clone())).await
    };
    not_there(describe(session).await.unwrap_err());
    let described = files::actions::describe(&backend, &who, &[session], &[file]).await;
    assert!(described.unwrap().is_empty());

    assert!(describe(files_of[0].0).await.is_ok());
    assert!(matches!(
        describe(files_of[0].0).await,
        Err(Error::Conflict(_))
    ));
    assert!(
        sessions::actions::get(&backend, &who, files_of[0].0)
            .await
            .is_ok()
    );
    let described = files::actions::describe(&backend, &who, &[files_of[0].0], &[]).await;
    assert_eq!(described.unwrap()[0].file.id, files_of[0].1);

    let (session, file) = files_of[0];
    assert!(files::actions::get(&backend, &who, file).await.is_ok());
    assert!(
        sessions::detail::actions::describe(&backend, &who, session, "x", "")
            .await
            .is_ok()
    );
    let target = TrashTarget::File(file);
    assert_eq!(
        files::trash::discard(&backend, &who, target, "x")
            .await
            .unwrap(),
        1
    );
    let by: Option<uuid::Uuid> =
        sqlx::query_scalar("select api_secret_id from audit_events where event = 'file.trashed'")
            .fetch_one(&backend.db)
            .await
            .unwrap();
    assert_eq!(by, who.api_secret().map(|id| *id.as_uuid()));
}

/// A program is not asked for the account password that a person must type; a person cannot go its way.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_a_program_rotates_without_the_account_password(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = given_project(&backend, &owner, "Care").await;
    let draft = FurtherDraft {
        name: "Player".to_owned(),
        expires_at: None,
        networks: String::new(),
        account_password: Secret::new(ACCOUNT_PASSWORD),
    };
    let made = further::add(&backend, &actor(&owner), draft).await.unwrap();
    let rotate =
        async |who: &Actor| further::rotate_unasked(&backend, who, made.id, Grace::None).await;
    assert!(matches!(
        rotate(&actor(&owner)).await,
        Err(Error::Forbidden)
    ));
    for (rights, is_allowed) in [(ALL, true), (ApiRights::default(), false)] {
        let (identifier, secret, _) = given_secret(&backend, &owner, project, rights).await;
        let who = try_it(&backend, &identifier, secret.reveal(), ADDRESS)
            .await
            .unwrap();
        assert_eq!(rotate(&who).await.is_ok(), is_allowed);
    }
}
