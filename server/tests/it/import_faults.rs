//! The import under failing system calls (R184, R186), and the order of its system calls (R185), by strace.

use std::process::Command;

use sqlx::PgPool;

use crate::import_kill::{Stage, sample};

/// `command` under strace with these arguments. None where strace is missing or may not trace.
pub(crate) fn traced(command: &Command, arguments: &[&str]) -> Option<Command> {
    let works = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output()
        .is_ok_and(|probe| probe.status.success());
    if !works {
        eprintln!("skipped: strace is missing, or may not trace here");
        return None;
    }
    let mut traced = Command::new("strace");
    traced
        .arg("-f")
        .args(arguments)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    Some(traced)
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_is_on_the_disk_before_it_is_recorded(db: PgPool) {
    let stage = Stage::new(db).await;
    stage.put("room/1/a.webm", &sample("picture.webm"));
    let log = stage.path("trace");
    let calls = "trace=openat,openat2,pwrite64,write,fsync,fdatasync,renameat,renameat2,sendto";
    let Some(mut import) = traced(
        &stage.command(&[]),
        &["-y", "-s", "4096", "-e", calls, "-o", log.to_str().unwrap()],
    ) else {
        return;
    };
    let output = import.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let trace = std::fs::read_to_string(&log).unwrap();
    let mut lines = trace.lines();
    let mut step = |name: &str, is_it: &dyn Fn(&str) -> bool| {
        assert!(
            lines.any(is_it),
            "{name} does not come where it should:\n{trace}"
        );
    };
    let call = |line: &str, name: &str| {
        line.split_once(' ')
            .is_some_and(|(_, rest)| rest.trim_start().starts_with(name))
    };
    step("making the part", &|line| {
        call(line, "openat(") && line.contains(".part\"") && line.contains("O_EXCL")
    });
    step("writing the part", &|line| {
        call(line, "pwrite64(") && line.contains(".part>")
    });
    step("fsync of the part", &|line| {
        call(line, "fsync(") && line.contains(".part>")
    });
    step("the claim", &|line| {
        call(line, "write(") && line.contains("/claims>")
    });
    step("fsync of the claims", &|line| {
        call(line, "fdatasync(") && line.contains("/claims>")
    });
    step("the rename", &|line| {
        call(line, "renameat") && line.contains(".part\"")
    });
    step("fsync of the object's folder", &|line| {
        call(line, "fsync(") && line.contains("/vault/objects/")
    });
    step("the row", &|line| {
        call(line, "sendto(") && line.contains("insert into files")
    });
    step("the commit", &|line| {
        call(line, "sendto(") && line.contains("COMMIT")
    });
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_failing_disk_is_an_error_with_nothing_half_there(db: PgPool) {
    let stage = Stage::new(db).await;
    stage.put("room/1/a.webm", &sample("picture.webm"));
    stage.put("room/1/chat.json", b"[]");
    for (call, error, text) in [
        ("pwrite64", "ENOSPC", "No space left on device"),
        ("ftruncate", "EIO", "Input/output error"),
        ("fdatasync", "EIO", "Input/output error"),
        ("renameat,renameat2", "EIO", "Input/output error"),
    ] {
        let fault = format!("inject={call}:error={error}");
        let Some(mut import) = traced(&stage.command(&[]), &["-o", "/dev/null", "-e", &fault])
        else {
            return;
        };
        let output = import.output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{call}: {output:?}");
        assert!(
            complaint.contains("the vault cannot be written") && complaint.contains(text),
            "{call}: {complaint}"
        );
        assert_eq!(
            stage.files_in_vault(),
            Vec::<std::path::PathBuf>::new(),
            "{call}"
        );
        assert!(stage.sound_sessions().await.is_empty(), "{call}");
    }
    // Which fsync meets it depends on the threads; whichever it is, nothing is recorded that is not safe.
    for nth in 1..=8 {
        let fault = format!("inject=fsync:error=EIO:when={nth}");
        let Some(mut import) = traced(&stage.command(&[]), &["-o", "/dev/null", "-e", &fault])
        else {
            return;
        };
        let output = import.output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
        let recorded: usize = stage.sound_sessions().await.values().sum();
        assert!(
            matches!(recorded, 0 | 2),
            "both files or neither: {output:?}"
        );
        assert!(recorded == 2 || !output.status.success(), "{output:?}");
    }
    let last = stage.run(&[]);
    assert!(last.status.success(), "{last:?}");
    assert_eq!(stage.sound_sessions().await.values().sum::<usize>(), 2);
    assert_eq!(stage.files_in_vault().len(), 2);
}
