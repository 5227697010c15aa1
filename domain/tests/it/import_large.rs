//! Large imports: ten thousand files, a file of 6 GiB, and a vault without room.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::process::Command;

use domain::files::vault::{CopyError, Intake, Vault};
use domain::sessions::import::{ImportOptions, Progress, Stopped, import};
use sqlx::PgPool;

use crate::import::{Stage, sample};
use crate::vault::files_in;

const WET: ImportOptions = ImportOptions {
    dry_run: false,
    is_secure: false,
};

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn ten_thousand_files_come_in(db: PgPool) {
    let stage = Stage::new(db).await;
    let webm = sample("picture.webm");
    for conference in 0..2000 {
        for file in 0..3 {
            stage.put(
                &format!("room-{}/{conference}/{file}.webm", conference % 50),
                &webm,
                10,
            );
        }
        stage.put(
            &format!("room-{}/{conference}/chat.json", conference % 50),
            b"[]",
            10,
        );
        stage.put(
            &format!("room-{}/{conference}/metadata.json", conference % 50),
            b"{}",
            10,
        );
    }
    let report = stage.import(WET).await;
    assert_eq!(
        (
            report.sessions_added,
            report.files_added,
            report.refused.len()
        ),
        (2000, 10_000, 0)
    );
    let report = stage.import(WET).await;
    assert_eq!((report.files_added, report.files_present), (0, 10_000));
}

/// An MP4 whose `mdat` is a hole up to `size`, with a 64-bit length, and whose `moov` stands behind it.
fn sparse_mp4(path: &Path, size: u64) {
    let whole = sample("picture.mp4");
    let boxes = |name: &[u8; 4]| {
        let at = whole.windows(4).position(|window| window == name).unwrap() - 4;
        let length = u32::from_be_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
        whole[at..at + length].to_vec()
    };
    let (ftyp, moov) = (boxes(b"ftyp"), boxes(b"moov"));
    let mdat = size - ftyp.len() as u64 - moov.len() as u64;
    let file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    file.write_all_at(&ftyp, 0).unwrap();
    let header = [&1_u32.to_be_bytes()[..], b"mdat", &mdat.to_be_bytes()].concat();
    file.write_all_at(&header, ftyp.len() as u64).unwrap();
    file.write_all_at(&moov, size - moov.len() as u64).unwrap();
}

/// Memory that this process has held at most, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn six_gibibytes_come_in_flat_and_stay_sparse(db: PgPool) {
    const SIZE: u64 = 6 << 30;
    let stage = Stage::new(db).await;
    stage.put("room/1/chat.json", b"[]", 1);
    sparse_mp4(&stage.source().join("room/1/huge.mp4"), SIZE);
    let before = peak_memory();
    let report = stage.import(WET).await;
    // Other tests of this process run beside it: what is ruled out is a copy of the file in memory.
    assert!(peak_memory().saturating_sub(before) < 1 << 30);
    assert_eq!(
        (report.files_added, report.refused.len()),
        (2, 0),
        "{report:?}"
    );
    let file = &stage.sessions().await[0].files[0];
    assert_eq!(
        (file.size, file.duration_ms, file.dimensions),
        (SIZE, Some(1200), Some((160, 90)))
    );
    let object = stage.backend.vault.read(file.id).unwrap();
    assert_eq!(object.metadata().unwrap().len(), SIZE);
    assert!(
        object.metadata().unwrap().blocks() * 512 < 64 << 20,
        "the holes were filled"
    );
    let mut end = [0; 4];
    object.read_exact_at(&mut end, SIZE - 4).unwrap();
    let mut original = [0; 4];
    let huge = File::open(stage.source().join("room/1/huge.mp4")).unwrap();
    huge.read_exact_at(&mut original, SIZE - 4).unwrap();
    assert_eq!(end, original);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_huge_copy_stops_when_asked(db: PgPool) {
    let stage = Stage::new(db).await;
    stage.put("room/1/chat.json", b"[]", 1);
    sparse_mp4(&stage.source().join("room/1/huge.mp4"), 6 << 30);
    let progress = Progress::default();
    let source = stage.source();
    let stopping = async {
        while progress.snapshot().bytes < 32 << 20 {
            tokio::task::yield_now().await;
        }
        progress.cancel();
    };
    let run = import(
        &stage.backend,
        &stage.operator,
        stage.project,
        &source,
        WET,
        &progress,
    );
    let (report, ()) = tokio::join!(run, stopping);
    assert!(matches!(report.unwrap().stopped, Some(Stopped::Cancelled)));
    assert!(progress.snapshot().bytes < 6 << 30);
    assert!(
        files_in(&stage.vault()).is_empty(),
        "the chat came first, but the session is taken wholly or not at all"
    );
}

/// A file system of 4 MiB, mounted while this lives. None without the right to mount.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder.path())
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_full_vault_ends_the_import_and_keeps_what_is_whole(db: PgPool) {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: mounting a small file system is not allowed here");
        return;
    };
    let mut stage = Stage::new(db).await;
    stage.backend.vault = Vault::open(disk.0.path()).unwrap();
    stage.put("room/1/a.webm", &sample("picture.webm"), 1);
    stage.put("room/2/chat.json", b"[]", 1);
    let chat = format!("[\"{}\"]", "x".repeat(8 << 20));
    stage.put("room/2/metadata.json", chat.as_bytes(), 1);
    let source = stage.source();
    let progress = Progress::default();
    let report = import(
        &stage.backend,
        &stage.operator,
        stage.project,
        &source,
        WET,
        &progress,
    )
    .await
    .unwrap();
    let Some(Stopped::Failed(error)) = report.stopped else {
        panic!("{report:?}")
    };
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        reason.contains("vault cannot be written") && reason.contains("No space"),
        "{reason}"
    );
    let rows = sqlx::query_scalar!(r#"select count(*) as "n!" from files"#)
        .fetch_one(&stage.backend.db)
        .await
        .unwrap();
    assert_eq!(files_in(disk.0.path()).len() as u64, rows.cast_unsigned());
    assert_eq!(report.files_added, rows.cast_unsigned());
    assert!(
        stage
            .sessions()
            .await
            .iter()
            .all(|session| session.conference_number == "1")
    );

    // With the large file gone it goes on.
    stage.put("room/2/metadata.json", b"{}", 2);
    let report = import(
        &stage.backend,
        &stage.operator,
        stage.project,
        &source,
        WET,
        &Progress::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        (
            report.files_added + rows.cast_unsigned(),
            report.refused.len()
        ),
        (3, 0),
        "{report:?}"
    );
}

#[test]
fn a_copy_that_finds_no_room_leaves_no_part() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: mounting a small file system is not allowed here");
        return;
    };
    let vault = Vault::open(disk.0.path()).unwrap();
    let intake = Intake::start(&vault).unwrap();
    let source = tempfile::tempfile().unwrap();
    source.write_all_at(&vec![1; 8 << 20], 0).unwrap();
    let id = domain::files::FileId::new(domain::Clock::system().now());
    assert!(matches!(
        intake.copy(id, &source, &mut |_| true),
        Err(CopyError::Write(_))
    ));
    // Nothing of it takes room any more.
    source.set_len(2 << 20).unwrap();
    intake.copy(id, &source, &mut |_| true).unwrap();
    intake.place(&[id]).unwrap();
    intake.finish().unwrap();
    assert_eq!(files_in(disk.0.path()).len(), 1);
}
