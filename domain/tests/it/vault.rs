//! The vault: what is read from it, and that nothing half there survives a crash.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use domain::files::FileId;
use domain::files::vault::{CopyError, Intake, Vault, hash};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

fn new_id() -> FileId {
    FileId::new(domain::Clock::system().now())
}

fn source_of(bytes: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file
}

/// Everything in the vault that is a file, but for the gate that is always there.
pub(crate) fn files_in(vault: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![vault.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("incoming/gate") {
                found.push(path);
            }
        }
    }
    found
}

fn object_path(vault: &Path, id: FileId) -> PathBuf {
    let name = id.to_string();
    vault.join("objects").join(&name[34..]).join(name)
}

fn bring_in(intake: &Intake, bytes: &[u8]) -> FileId {
    let id = new_id();
    intake.copy(id, &source_of(bytes), &mut |_| true).unwrap();
    intake.place(&[id]).unwrap();
    id
}

#[test]
fn what_goes_in_comes_out_with_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path()).unwrap();
    let intake = Intake::start(&vault).unwrap();
    // Around the block size of 1 MiB, and none at all.
    for size in [0_usize, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_333_333] {
        let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let id = new_id();
        let mut told = 0;
        let copied = intake.copy(id, &source_of(&bytes), &mut |step| {
            told += step;
            true
        });
        let copied = copied.unwrap();
        assert_eq!(
            vault.read(id).unwrap_err().kind(),
            std::io::ErrorKind::NotFound,
            "not before it is placed"
        );
        intake.place(&[id]).unwrap();
        assert_eq!((copied.size, told), (size as u64, size as u64));
        assert_eq!(copied.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
        let mut read = Vec::new();
        vault.read(id).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
        assert_eq!(
            object_path(folder.path(), id).metadata().unwrap().mode() & 0o777,
            0o600
        );
    }
    intake.finish().unwrap();
    assert!(
        files_in(folder.path())
            .iter()
            .all(|path| path.starts_with(folder.path().join("objects")))
    );
}

#[test]
fn links_and_special_files_in_the_vault_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path()).unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    let (link, pipe, directory, over_link) = (new_id(), new_id(), new_id(), new_id());
    for id in [link, pipe, directory] {
        std::fs::create_dir_all(object_path(folder.path(), id).parent().unwrap()).unwrap();
    }
    std::os::unix::fs::symlink(outside.path(), object_path(folder.path(), link)).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(object_path(folder.path(), pipe))
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::create_dir(object_path(folder.path(), directory)).unwrap();
    // A shelf that is itself a link, to a folder that has the file.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join(over_link.to_string()), "x").unwrap();
    let shelf = object_path(folder.path(), over_link)
        .parent()
        .unwrap()
        .to_owned();
    let _ = std::fs::remove_dir_all(&shelf);
    std::os::unix::fs::symlink(elsewhere.path(), &shelf).unwrap();
    for id in [link, pipe, directory, over_link] {
        assert!(vault.read(id).is_err());
    }
}

#[test]
fn a_stopped_copy_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let intake = Intake::start(&Vault::open(folder.path()).unwrap()).unwrap();
    let mut blocks = 0;
    let stopped = intake.copy(new_id(), &source_of(&vec![7; 5 << 20]), &mut |_| {
        blocks += 1;
        blocks < 3
    });
    assert!(matches!(stopped, Err(CopyError::Cancelled)));
    intake.finish().unwrap();
    assert_eq!(files_in(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_source_that_changes_meanwhile_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let intake = Intake::start(&Vault::open(folder.path()).unwrap()).unwrap();
    for change in [9 << 20, 2 << 20] {
        let source = source_of(&vec![7; 5 << 20]);
        let changed = intake.copy(new_id(), &source, &mut |_| {
            source.set_len(change).unwrap();
            true
        });
        assert!(matches!(changed, Err(CopyError::Changed)), "{changed:?}");
    }
    intake.finish().unwrap();
    assert_eq!(files_in(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn holes_stay_holes() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path()).unwrap();
    let intake = Intake::start(&vault).unwrap();
    let source = tempfile::tempfile().unwrap();
    source.write_all_at(b"begin", 0).unwrap();
    source.write_all_at(b"middle", 40 << 20).unwrap();
    source.set_len(100 << 20).unwrap();
    let id = new_id();
    let copied = intake.copy(id, &source, &mut |_| true).unwrap();
    intake.place(&[id]).unwrap();
    let object = vault.read(id).unwrap();
    assert_eq!(copied.size, 100 << 20);
    assert_eq!(object.metadata().unwrap().len(), 100 << 20);
    assert!(
        object.metadata().unwrap().blocks() * 512 < 4 << 20,
        "the holes were filled"
    );
    // The hash is that of all the bytes, holes as zeros: reckoned here without looking for holes.
    let mut whole = vec![0; 100 << 20];
    whole[..5].copy_from_slice(b"begin");
    whole[40 << 20..][..6].copy_from_slice(b"middle");
    assert_eq!(copied.sha256, <[u8; 32]>::from(Sha256::digest(&whole)));
    assert_eq!(hash(&object, &mut |_| true).unwrap(), copied.sha256);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_sweep_clears_what_a_dead_run_left_and_nothing_else(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path()).unwrap();
    // Dropping a run without finishing it is what a kill does: the lock goes, the folder stays.
    let dead = Intake::start(&vault).unwrap();
    let orphan = bring_in(&dead, b"placed, but never committed");
    dead.copy(new_id(), &source_of(b"never placed"), &mut |_| true)
        .unwrap();
    let live = Intake::start(&vault).unwrap();
    let placed = bring_in(&live, b"about to be committed");
    let half = new_id();
    live.copy(half, &source_of(b"about to be placed"), &mut |_| true)
        .unwrap();
    let idle = vault.sweep(&db).await.unwrap();
    assert_eq!(
        (idle.runs, idle.objects),
        (0, 0),
        "both runs are still going"
    );

    drop(dead);
    let swept = vault.sweep(&db).await.unwrap();
    assert_eq!((swept.runs, swept.objects), (1, 1));
    assert!(vault.read(orphan).is_err());
    assert!(
        vault.read(placed).is_ok(),
        "a run that is going is not touched"
    );
    live.place(&[half]).unwrap();
    assert!(vault.read(half).is_ok());

    drop(live);
    assert_eq!(vault.sweep(&db).await.unwrap().objects, 2);
    assert_eq!(files_in(folder.path()), Vec::<PathBuf>::new());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_torn_claim_or_a_half_made_run_stops_no_sweep(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path()).unwrap();
    let incoming = folder.path().join("incoming");
    // Killed before the lock, before the claims, and in the middle of a claim.
    for (name, files) in [
        ("00000000-0000-4000-8000-000000000001", &[][..]),
        ("00000000-0000-4000-8000-000000000002", &[("lock", "")][..]),
        (
            "00000000-0000-4000-8000-000000000003",
            &[("lock", ""), ("claims", "\n019a0000-0000-70")][..],
        ),
    ] {
        std::fs::create_dir(incoming.join(name)).unwrap();
        for (file, text) in files {
            std::fs::write(incoming.join(name).join(file), text).unwrap();
        }
    }
    std::fs::write(incoming.join("notes.txt"), "not ours").unwrap();
    assert_eq!(vault.sweep(&db).await.unwrap().runs, 3);
    assert_eq!(files_in(folder.path()), vec![incoming.join("notes.txt")]);
    assert_eq!(
        std::fs::read_dir(&incoming).unwrap().count(),
        2,
        "the gate and what is not ours"
    );
}
