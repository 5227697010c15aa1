//! What somebody without a credential sees of a file, over HTTP: secure and open projects, secure and ordinary files, every
//! kind, three kinds of caller, before, within and after the public window. The pure table is `domain::access::decide`.

use chrono::{DateTime, TimeDelta, Utc};
use domain::files::{FileKind, trash};
use domain::projects::policies;

use super::policies::project_of;
use super::*;

/// A recording of this kind whose session ends at `end`.
#[expect(clippy::disallowed_methods, reason = "rows as a delivery leaves them")]
async fn given_file(gate: &Gate, kind: FileKind, end: DateTime<Utc>) -> Given {
    let file = gate.recording().await;
    sqlx::query("update files set kind = $2 where id = $1")
        .bind(file.id)
        .bind(kind.as_str())
        .execute(&gate.backend.db)
        .await
        .unwrap();
    sqlx::query(
        "update sessions set ended_at = $2 where id = (select session_id from files where id = $1)",
    )
    .bind(file.id)
    .bind(end)
    .execute(&gate.backend.db)
    .await
    .unwrap();
    file
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_anyone_sees_before_within_and_after_the_public_window(db: PgPool) {
    let gate = Gate::new(db).await;
    let (backend, me) = (&gate.backend, actor(&gate.owner));
    let end = backend.clock.now() + TimeDelta::hours(1);
    // Project, file, and whether it is open before, at the first moment, at the last second, after.
    let rows = [
        ("secure project, ordinary file", true, false, [false; 4]),
        ("secure project, secure file", true, true, [false; 4]),
        (
            "open project, ordinary file",
            false,
            false,
            [false, true, true, false],
        ),
        ("open project, secure file", false, true, [false; 4]),
    ];
    let mut files = Vec::new();
    for (name, is_secure_project, is_secure_file, is_open) in rows {
        for kind in FileKind::ALL {
            let file = given_file(&gate, kind, end).await;
            let project = project_of(&gate, file.id).await;
            policies::set_access(backend, &me, project, is_secure_project, 72)
                .await
                .unwrap();
            trash::set_secure(backend, &me, file.id, is_secure_file)
                .await
                .unwrap();
            files.push((format!("{name}, {}", kind.as_str()), file, is_open));
        }
    }
    for (moment, (when, forward)) in [
        ("before the session's end", TimeDelta::zero()),
        ("at its end", TimeDelta::hours(1)),
        (
            "at the window's last second",
            TimeDelta::hours(72) - TimeDelta::seconds(1),
        ),
        ("after the window", TimeDelta::seconds(1)),
    ]
    .into_iter()
    .enumerate()
    {
        backend.clock.advance(forward);
        for (name, file, is_open) in &files {
            for (caller, refusal) in [
                (BROWSER, StatusCode::UNAUTHORIZED),
                (WGET, StatusCode::UNAUTHORIZED),
                (CURL, StatusCode::FORBIDDEN),
            ] {
                let answer = gate.get_anonymously(&file.path, &[caller]).await;
                let expected = if is_open[moment] {
                    StatusCode::OK
                } else {
                    refusal
                };
                assert_eq!(answer.status, expected, "{name}, {when}, {caller:?}");
                let is_told = &answer.body[..] == BYTES;
                assert_eq!(is_told, is_open[moment], "{name}, {when}, {caller:?}");
            }
            // With the credential each is the file, whenever.
            assert_eq!(
                gate.get(file, &[]).await.status,
                StatusCode::OK,
                "{name}, {when}"
            );
        }
    }
}

/// Each of the two switches holds for the next request, also at another process on the same database.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn switches_hold_for_the_next_request_on_every_process(db: PgPool) {
    let gate = Gate::new(db.clone()).await;
    let file = gate.recording().await;
    let project = project_of(&gate, file.id).await;
    let other = domain::testing::given_backend(db, gate.folder.path());
    let me = actor(&gate.owner);
    // The switch is turned at the other process; the request comes to this one, which has just remembered the file.
    let seen = async || gate.get_anonymously(&file.path, &[CURL]).await.status;
    assert_eq!(seen().await, StatusCode::FORBIDDEN);
    for _ in 0..3 {
        policies::set_access(&other, &me, project, false, 72)
            .await
            .unwrap();
        assert_eq!(seen().await, StatusCode::OK, "opened");
        trash::set_secure(&other, &me, file.id, true).await.unwrap();
        assert_eq!(seen().await, StatusCode::FORBIDDEN, "marked");
        trash::set_secure(&other, &me, file.id, false)
            .await
            .unwrap();
        assert_eq!(seen().await, StatusCode::OK, "the mark is gone");
        policies::set_access(&other, &me, project, true, 72)
            .await
            .unwrap();
        assert_eq!(seen().await, StatusCode::FORBIDDEN, "closed");
    }
}
