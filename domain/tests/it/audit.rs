//! The audit says what each event is about.

use domain::credentials::actions as credentials;
use domain::files::trash::{self, TrashTarget};
use domain::projects::{HoldTarget, actions as projects, holds, policies};
use domain::sessions::detail::actions::describe;
use domain::testing::{actor, given_account, given_backend, given_file, given_session};
use sqlx::PgPool;
use uuid::Uuid;

/// R180: who did what to which project, session, file or credential, and when.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_event_names_what_it_is_about(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "acme").await;
    let me = actor(&owner);
    let project = projects::create(&backend, &me, "Care").await.unwrap().id;
    projects::rename(&backend, &me, project, "Wards")
        .await
        .unwrap();
    policies::set_access(&backend, &me, project, false, 72)
        .await
        .unwrap();
    let session = given_session(&backend, &owner, project, "1").await;
    let file = given_file(&backend, &owner, session, "live.mp4", b"x").await;
    describe(&backend, &me, session, "Round", "").await.unwrap();
    trash::set_secure(&backend, &me, file, true).await.unwrap();
    holds::place(&backend, &me, HoldTarget::Session(session), "Case 7")
        .await
        .unwrap();
    holds::lift(&backend, &me, HoldTarget::Session(session))
        .await
        .unwrap();
    holds::place(&backend, &me, HoldTarget::Project(project), "Case 8")
        .await
        .unwrap();
    holds::lift(&backend, &me, HoldTarget::Project(project))
        .await
        .unwrap();
    trash::discard(&backend, &me, TrashTarget::Session(session), "Old")
        .await
        .unwrap();
    trash::restore(&backend, &me, file).await.unwrap();
    trash::discard(&backend, &me, TrashTarget::File(file), "Old")
        .await
        .unwrap();
    let main = credentials::get(&backend, &me).await.unwrap().id;
    credentials::reveal_preset(&backend, &me).await.unwrap();

    let (project, session, file) = (*project.as_uuid(), *session.as_uuid(), *file.as_uuid());
    let mut expected = [
        ("project.created", "project", project),
        ("project.renamed", "project", project),
        ("project.opened", "project", project),
        ("session.described", "session", session),
        ("file.secured", "file", file),
        ("hold.placed", "session", session),
        ("hold.lifted", "session", session),
        ("hold.placed", "project", project),
        ("hold.lifted", "project", project),
        ("file.trashed", "session", session),
        ("file.restored", "file", file),
        ("file.trashed", "file", file),
        ("credential.preset_shown", "credential", *main.as_uuid()),
    ];
    let told: Vec<(String, String, Uuid)> = sqlx::query_as(
        "select event, subject_kind, subject_id from audit_events where subject_kind is not null",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let mut told: Vec<(&str, &str, Uuid)> = told
        .iter()
        .map(|(event, kind, id)| (event.as_str(), kind.as_str(), *id))
        .collect();
    // All of one moment: nothing tells which came first.
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    let secrets: i64 = sqlx::query_scalar(
        "select count(*) from audit_events e where row_to_json(e)::text ~ 'Case|Round|Wards'",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(
        secrets, 0,
        "ids only: what people wrote stays where it can be corrected"
    );
}
