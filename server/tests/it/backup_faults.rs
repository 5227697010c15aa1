//! Backup and restore under failing system calls (R184, R186): an error, and nothing that looks whole.

use sqlx::PgPool;

use crate::backup::{Blank, back_up, complaint, given_recordings, succeeded};
use crate::import_faults::traced;
use crate::import_kill::program;

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_failing_disk_leaves_no_backup_under_the_name(db: PgPool) {
    let stage = given_recordings(db).await;
    let folder = stage.path("backup");
    for (call, error, nth) in [
        ("pwrite64", "ENOSPC", 1),
        ("mkdir", "ENOSPC", 2),
        ("rename", "EIO", 1),
        // The dump, an object, the manifest and its seal, the folders: whichever it is, it is never tried again.
        ("fsync", "EIO", 1),
        ("fsync", "EIO", 2),
        ("fsync", "EIO", 6),
        ("fsync", "EIO", 8),
    ] {
        let fault = format!("inject={call}:error={error}:when={nth}");
        let mut backup = program(&stage.db, &stage.path("var"));
        backup.args(["backup", folder.to_str().unwrap(), "--quiet"]);
        let Some(mut backup) = traced(&backup, &["-o", "/dev/null", "-e", &fault]) else {
            return;
        };
        let output = backup.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{fault}: {output:?}");
        let text = complaint(&output);
        assert!(
            text.contains("os error") && text.contains("error: cannot "),
            "{fault}: {text}"
        );
        assert!(!folder.exists(), "{fault}");
        assert!(!stage.path("backup.part").exists(), "{fault}");
    }
    back_up(&stage, "backup", &[]);
}

/// While it is broken off nothing starts on it, and the same command goes on.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_restore_on_a_failing_disk_is_taken_up_again(db: PgPool) {
    let stage = given_recordings(db).await;
    let folder = back_up(&stage, "backup", &["--with-master-key"]);
    let folder = folder.to_str().unwrap();
    let blank = Blank::beside(&stage, "blank").await;
    for (call, error, nth) in [
        ("pwrite64", "ENOSPC", 1),
        ("renameat,renameat2", "EIO", 1),
        ("fsync", "EIO", 6),
        // That of the key.
        ("rename", "EIO", 1),
        // The note at the end.
        ("unlink", "EIO", 1),
    ] {
        let fault = format!("inject={call}:error={error}:when={nth}");
        let restore = blank.command(&["restore", folder, "--quiet"]);
        let Some(mut restore) = traced(&restore, &["-o", "/dev/null", "-e", &fault]) else {
            return;
        };
        let output = restore.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{fault}: {output:?}");
        let refused = blank.run(&["account", "list"]);
        assert_eq!(refused.status.code(), Some(1), "{fault}");
        assert!(
            complaint(&refused).contains("was broken off"),
            "{refused:?}"
        );
    }
    succeeded(blank.run(&["restore", folder]));
    assert!(succeeded(blank.run(&["account", "list"])).contains("acme"));
    blank.remove().await;
}
