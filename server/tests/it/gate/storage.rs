//! When the vault or the database is not as it should be: R114, R117, and honest errors.

use std::os::unix::net::UnixListener;
use std::path::Path;

use super::*;

/// What somebody did at the place of a file.
type Spoil<'a> = &'a dyn Fn(&Path);

/// R114, R117: an error of ours, told as one, never other bytes.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_not_a_whole_file_in_the_vault_is_never_served(db: PgPool) {
    let gate = Gate::new(db).await;
    let secret = gate.folder.path().join("secret");
    std::fs::write(&secret, BYTES).unwrap();
    let link = |place: &Path| std::os::unix::fs::symlink(&secret, place).unwrap();
    let folder = |place: &Path| std::fs::create_dir(place).unwrap();
    let socket = |place: &Path| drop(UnixListener::bind(place).unwrap());
    let shorter = |place: &Path| std::fs::write(place, &BYTES[1..]).unwrap();
    let longer = |place: &Path| std::fs::write(place, [BYTES, BYTES].concat()).unwrap();
    let spoil: [(&str, Spoil); 6] = [
        ("gone", &|_| ()),
        ("a link to a file of the same size", &link),
        ("a folder", &folder),
        ("a socket", &socket),
        ("shorter than it was", &shorter),
        ("longer than it was", &longer),
    ];
    for (name, spoil) in spoil {
        let file = gate.recording().await;
        let place = gate.place_of(&file);
        std::fs::remove_file(&place).unwrap();
        spoil(&place);
        for method in [Method::GET, Method::HEAD] {
            let answer = gate
                .request(method, &file.path, &gate.with_credential(&[]))
                .await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{name}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(
                !answer.text().contains("objects"),
                "tells nothing of the vault"
            );
        }
        let anonymous = gate.get_anonymously(&file.path, &[CURL]).await;
        assert_eq!(
            anonymous.status,
            StatusCode::FORBIDDEN,
            "{name}: only callers with a proof hear of it"
        );
    }
}

/// R114: at once, through a remembered password.
#[sqlx::test(migrator = "domain::MIGRATOR")]
#[expect(clippy::disallowed_methods, reason = "no action deletes files yet")]
async fn a_deleted_file_is_gone_at_once(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    assert_eq!(gate.get(&file, &[]).await.status, StatusCode::OK);
    sqlx::query("delete from files")
        .execute(&gate.backend.db)
        .await
        .unwrap();
    assert_eq!(
        gate.get(&file, &[("if-none-match", &file.etag)])
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn without_a_database_callers_are_told_to_come_back(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    gate.backend.db.close().await;
    for headers in [vec![CURL], gate.with_credential(&[CURL])] {
        let answer = gate.get_anonymously(&file.path, &headers).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "2");
    }
}
