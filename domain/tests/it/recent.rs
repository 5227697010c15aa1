//! Rows that the gate remembers: what changes them, on which process, and what happens when nobody can hear of it.

use std::net::IpAddr;
use std::time::Duration;

use domain::credentials::verification::{Verdict, verify};
use domain::credentials::{Grace, Reset, actions};
use domain::members::Member;
use domain::projects::actions as projects;
use domain::recent::{APPLICATION, Recent, listen};
use domain::testing::{
    ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend, given_session,
};
use domain::{Backend, Secret};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::task::JoinSet;

const NEW: &str = "tulip engine marble";

/// A process of its own, as far as memory goes. What it remembers does not grow too old in a test, so that only a notice, or
/// its absence, can be why it forgets.
struct Process {
    backend: Backend,
    _listening: JoinSet<()>,
    _folder: tempfile::TempDir,
}

impl Process {
    async fn start(db: &PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut backend = given_backend(db.clone(), folder.path());
        backend.recent = Recent::with_max_age(Duration::from_hours(1));
        let mut listening = JoinSet::new();
        listening.spawn(listen(backend.clone()));
        until(async || backend.recent.is_listening()).await;
        Self {
            backend,
            _listening: listening,
            _folder: folder,
        }
    }

    async fn opens(&self, username: &str, password: &str) -> bool {
        let address: IpAddr = ADDRESS;
        let verdict = verify(
            &self.backend,
            address,
            username.as_bytes(),
            password.as_bytes(),
        );
        matches!(verdict.await.unwrap(), Verdict::Valid { .. })
    }
}

/// Waits for a condition that is sure to come; the test's own limit of time is the harness's.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    while !condition().await {
        tokio::task::yield_now().await;
    }
}

async fn preset(backend: &Backend, owner: &Member) -> (String, String) {
    let username = actions::get(backend, &actor(owner)).await.unwrap().username;
    let preset = actions::reveal_preset(backend, &actor(owner))
        .await
        .unwrap()
        .unwrap();
    (username, preset.reveal().to_owned())
}

async fn reset(process: &Process, owner: &Member) {
    let reset = Reset {
        account_password: Secret::new(ACCOUNT_PASSWORD),
        new_password: Secret::new(NEW),
        confirmation: Secret::new(NEW),
        grace: Grace::None,
    };
    actions::reset(&process.backend, &actor(owner), reset)
        .await
        .unwrap();
}

/// Renames the credentials behind everyone's back: triggers stay silent.
async fn change_in_silence(db: &PgPool) {
    let mut connection = db.acquire().await.unwrap();
    for statement in [
        "set session_replication_role = replica",
        "update credentials set username = username || '-renamed'",
        "set session_replication_role = default",
    ] {
        sqlx::query(statement)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

/// R023.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_reset_counts_at_once_here_and_a_notice_tells_the_other_process(db: PgPool) {
    let (one, other) = (Process::start(&db).await, Process::start(&db).await);
    let owner = given_account(&one.backend, "north").await;
    let (username, password) = preset(&one.backend, &owner).await;
    assert!(one.opens(&username, &password).await && other.opens(&username, &password).await);
    reset(&one, &owner).await;
    assert!(!one.opens(&username, &password).await, "at once");
    until(async || !other.opens(&username, &password).await).await;
    assert!(other.opens(&username, NEW).await && one.opens(&username, NEW).await);
}

/// Otherwise the other tests here would prove nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn rows_are_remembered_while_nothing_says_otherwise(db: PgPool) {
    let process = Process::start(&db).await;
    let owner = given_account(&process.backend, "north").await;
    let (username, password) = preset(&process.backend, &owner).await;
    assert!(process.opens(&username, &password).await);
    change_in_silence(&db).await;
    assert!(
        process.opens(&username, &password).await,
        "what nobody told of"
    );
}

/// No fail-open: R023 without the connection that brings the notices.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn while_the_listening_connection_is_lost_the_database_is_asked(db: PgPool) {
    let process = Process::start(&db).await;
    let owner = given_account(&process.backend, "north").await;
    let (username, password) = preset(&process.backend, &owner).await;
    assert!(process.opens(&username, &password).await);
    change_in_silence(&db).await;
    let ended: Vec<bool> = sqlx::query_scalar(
        "select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = $1 and datname = current_database()",
    )
    .bind(APPLICATION)
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(ended, [true], "one listening connection");
    // Nothing of before the loss is believed, neither while it is away nor when it is back.
    until(async || !process.opens(&username, &password).await).await;
    until(async || process.backend.recent.is_listening()).await;
    assert!(!process.opens(&username, &password).await);
}

/// Intake writes sums and titles all the time, and background work documents and posters. Were each of them told, nothing
/// would be remembered for long.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_what_the_gate_asks_of_a_session_is_told(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let project = projects::create(&backend, &actor(&owner), "Board")
        .await
        .unwrap();
    given_session(&backend, &owner, project.id, "1").await;
    let mut heard = PgListener::connect_with(&db).await.unwrap();
    heard.listen("gate").await.unwrap();
    for (change, is_told) in [
        ("update sessions set title = 'Board'", false),
        ("update sessions set size_bytes = size_bytes + 1", false),
        (
            "update sessions set document = array_to_tsvector(array['board'])",
            false,
        ),
        ("update sessions set ended_at = now()", true),
        ("update sessions set duration_ms = duration_ms + 1", false),
        ("update sessions set ended_at = null", true),
        ("update sessions set duration_ms = duration_ms + 1", true),
        ("update files set is_secure = true", true),
        ("delete from sessions where false", true),
    ] {
        sqlx::query(change).execute(&db).await.unwrap();
        // Notices arrive in the order in which they were sent.
        sqlx::query("select pg_notify('gate', 'end')")
            .execute(&db)
            .await
            .unwrap();
        let mut notices = 0;
        while heard.recv().await.unwrap().payload() != "end" {
            notices += 1;
        }
        assert_eq!(notices, i32::from(is_told), "{change}");
    }
}
