//! What a project's policy makes of a request: open files, and files that are gone.

use chrono::TimeDelta;
use domain::files::trash::{self, TrashTarget};
use domain::files::{FileId, jobs};
use domain::projects::{ProjectId, Retention, policies};

use super::*;

/// The project that a given file is in.
pub(super) async fn project_of(gate: &Gate, file: FileId) -> ProjectId {
    sqlx::query_scalar(
        "select s.project_id from sessions s join files f on f.session_id = s.id where f.id = $1",
    )
    .bind(file)
    .fetch_one(&gate.backend.db)
    .await
    .unwrap()
}

impl Gate {
    async fn open(&self, file: &Given) {
        let project = project_of(self, file.id).await;
        policies::set_access(&self.backend, &actor(&self.owner), project, false, 72)
            .await
            .unwrap();
    }

    async fn expire_after(&self, file: &Given, hours: u32) {
        let project = project_of(self, file.id).await;
        let wish = Retention {
            hours: Some(hours),
            deletes_bytes: false,
        };
        policies::set_retention(&self.backend, &actor(&self.owner), project, wish)
            .await
            .unwrap();
    }
}

/// Anyone who has the address, for as long as the window is open; conditions and ranges as for everyone.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_open_file_needs_no_proof_while_its_window_is_open(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let closed = gate.get_anonymously(&file.path, &[CURL]).await;
    assert_eq!(closed.status, StatusCode::FORBIDDEN);
    gate.open(&file).await;
    for caller in [CURL, WGET, BROWSER] {
        let answer = gate.get_anonymously(&file.path, &[caller]).await;
        assert_eq!(
            (answer.status, &answer.body[..]),
            (StatusCode::OK, BYTES),
            "{caller:?}"
        );
    }
    let (_, neighbour) = gate.neighbour().await;
    let other = gate
        .get_anonymously(&file.path, &[("authorization", &neighbour)])
        .await;
    assert_eq!(
        other.status,
        StatusCode::OK,
        "a right that is not needed does no harm"
    );
    let part = gate
        .get_anonymously(&file.path, &[CURL, ("range", "bytes=0-1")])
        .await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);

    // A wrong proof is refused all the same, as one that waits for its challenge expects.
    for (caller, status) in [
        (CURL, StatusCode::FORBIDDEN),
        (BROWSER, StatusCode::UNAUTHORIZED),
    ] {
        let wrong = basic("nobody", "wrong password");
        let answer = gate
            .get_anonymously(&file.path, &[caller, ("authorization", &wrong)])
            .await;
        assert_eq!(answer.status, status, "{caller:?}");
    }

    // Nothing in between may keep it, and a browser asks each time: the window closes for all at once.
    let answer = gate.get_anonymously(&file.path, &[CURL]).await;
    assert_eq!(
        answer.header("cache-control"),
        "private, no-cache, no-transform"
    );
    assert_eq!(answer.header("vary"), "Authorization, Cookie");
    gate.backend.clock.advance(TimeDelta::hours(72));
    let condition = ("if-none-match", file.etag.as_str());
    let answer = gate.get_anonymously(&file.path, &[CURL, condition]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "not 304");
    assert_eq!(gate.get(&file, &[]).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secure_file_in_an_open_project_stays_closed(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    gate.open(&file).await;
    trash::set_secure(&gate.backend, &actor(&gate.owner), file.id, true)
        .await
        .unwrap();
    let closed = gate.get_anonymously(&file.path, &[CURL]).await;
    // R091: the same as for a file that does not exist, header by header.
    let missing = file_path(
        gate.owner.account,
        FileId::new(gate.backend.clock.now()),
        "live.mp4",
    );
    assert_eq!(closed, gate.get_anonymously(&missing, &[CURL]).await);
    assert_eq!(gate.get(&file, &[]).await.status, StatusCode::OK);
}

/// 410 to those with a right to the file, with a word on why; to others it is a file like any other they may not have.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_gone_is_410_to_those_with_a_right_to_it(db: PgPool) {
    let gate = Gate::new(db).await;
    let (_, neighbour) = gate.neighbour().await;
    let (expired, trashed, deleted) = (
        gate.recording().await,
        gate.recording().await,
        gate.recording().await,
    );
    let (me, backend) = (actor(&gate.owner), &gate.backend);
    for file in [&expired, &trashed, &deleted] {
        gate.open(file).await;
    }
    trash::discard(backend, &me, TrashTarget::File(deleted.id), "why")
        .await
        .unwrap();
    backend.clock.advance(TimeDelta::days(30));
    jobs::delete_discarded(backend).await.unwrap();
    backend.clock.advance(TimeDelta::days(-30));
    trash::discard(backend, &me, TrashTarget::File(trashed.id), "why")
        .await
        .unwrap();
    gate.expire_after(&expired, 1).await;
    backend.clock.advance(TimeDelta::minutes(59));
    assert_eq!(
        gate.get(&expired, &[]).await.status,
        StatusCode::OK,
        "a minute is left"
    );
    backend.clock.advance(TimeDelta::minutes(1));

    let cookie = gate.sign_in(&gate.owner).await;
    let cookie = [("cookie", cookie.as_str()), CURL];
    for (file, word) in [
        (&expired, "expired"),
        (&trashed, "trash"),
        (&deleted, "deleted"),
    ] {
        let answer = gate.get(file, &[]).await;
        assert_eq!(answer.status, StatusCode::GONE, "{word}");
        assert!(answer.text().contains(word), "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        // Neither a condition nor a range gets past it.
        let condition = ("if-none-match", file.etag.as_str());
        assert_eq!(gate.get(file, &[condition]).await.status, StatusCode::GONE);
        let by_cookie = gate.get_anonymously(&file.path, &cookie).await;
        assert_eq!(by_cookie.status, StatusCode::GONE, "{word}, signed in");
        let head = gate
            .request(Method::HEAD, &file.path, &gate.with_credential(&[]))
            .await;
        assert_eq!((head.status, head.body.len()), (StatusCode::GONE, 0));
        let stranger = gate.get_anonymously(&file.path, &[CURL]).await;
        let missing = file_path(
            gate.owner.account,
            FileId::new(backend.clock.now()),
            "live.mp4",
        );
        assert_eq!(
            stranger,
            gate.get_anonymously(&missing, &[CURL]).await,
            "{word}"
        );
        let other = gate
            .get_anonymously(&file.path, &[("authorization", &neighbour)])
            .await;
        assert_eq!(other.status, StatusCode::NOT_FOUND, "{word}");
    }
    assert_eq!(
        gate.backend.vault.read(deleted.id).unwrap_err().kind(),
        std::io::ErrorKind::NotFound
    );
}
