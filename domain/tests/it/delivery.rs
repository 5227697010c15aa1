//! Deliveries: one file at a time, safely, and the same one as often as the sender likes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use domain::files::FileKind;
use domain::projects::ProjectId;
use domain::sessions::delivery::{AboutSession, Delivered, Delivery, deliver, deliver_file};
use domain::testing::{actor, given_account, given_member};
use domain::{Actor, Error, Role, projects};
use sha2::{Digest as _, Sha256, Sha512};
use sqlx::PgPool;
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use crate::import::{Stage, sample};
use crate::vault::files_in;

fn a_file(project: ProjectId, name: &str) -> Delivery {
    let mut delivery = Delivery::new(project, "upload", name);
    delivery.session.room = Some("board".to_owned());
    delivery.session.conference_number = Some("42".to_owned());
    delivery
}

async fn send(stage: &Stage, delivery: Delivery, bytes: &[u8]) -> Result<Delivered, Error> {
    deliver(&stage.backend, &stage.operator, delivery, bytes).await
}

/// What a caller must not do: read.
struct Untouchable;

impl AsyncRead for Untouchable {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        panic!("the bytes were asked for")
    }
}

/// A sender that says nothing more, and stays.
struct Silent;

impl AsyncRead for Silent {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

fn field_of(result: Result<Delivered, Error>) -> String {
    match result {
        Err(Error::Invalid(problems)) => problems[0].field.clone(),
        other => panic!("{other:?}"),
    }
}

/// Waits until nobody's run is left in the vault.
async fn no_run_is_left(stage: &Stage) {
    let incoming = stage.vault().join("incoming");
    for _ in 0..500 {
        let runs = std::fs::read_dir(&incoming).unwrap();
        let runs = runs.filter(|entry| entry.as_ref().unwrap().path().is_dir());
        if runs
            .filter(|entry| entry.as_ref().unwrap().file_name() != "uploads")
            .count()
            == 0
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a run is left in {}", incoming.display());
}

/// What was given up is cleared away behind the answer.
async fn settled(stage: &Stage) {
    no_run_is_left(stage).await;
    stage.is_consistent().await;
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_comes_in_once_and_its_repetition_is_the_same_file(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = sample("picture.mp4");
    let mut delivery = a_file(stage.project, "transcoded.mp4");
    delivery.session.title = Some("Quarter".to_owned());
    let first = send(&stage, delivery.clone(), &bytes).await.unwrap();
    assert!(first.is_new);
    assert_eq!(first.kind, FileKind::Transcoded);
    assert_eq!(first.size, bytes.len() as u64);
    assert_eq!(first.sha256[..], Sha256::digest(&bytes)[..]);
    settled(&stage).await;
    let again = send(&stage, delivery.clone(), &bytes).await.unwrap();
    assert_eq!(
        again,
        Delivered {
            is_new: false,
            ..first.clone()
        }
    );
    settled(&stage).await;
    // Known by its digest alone: nothing has to be sent.
    delivery.file.sha256 = Some(first.sha256);
    let known = deliver(
        &stage.backend,
        &stage.operator,
        delivery.clone(),
        Untouchable,
    );
    assert_eq!(known.await.unwrap().file, first.file);
    // Other bytes under the name: the vault's copy stays.
    delivery.file.sha256 = None;
    let other = send(&stage, delivery.clone(), &sample("picture.webm")).await;
    assert!(
        matches!(other, Err(Error::Conflict(_) | Error::Invalid(_))),
        "{other:?}"
    );
    let mut longer = bytes.clone();
    longer.extend([0; 8]);
    let other = send(&stage, delivery.clone(), &longer).await;
    assert!(matches!(other, Err(Error::Conflict(_))), "{other:?}");
    delivery.file.size = Some(longer.len() as u64);
    let other = deliver(&stage.backend, &stage.operator, delivery, Untouchable).await;
    assert!(matches!(other, Err(Error::Conflict(_))), "{other:?}");
    settled(&stage).await;
    let session = &stage.sessions().await[0];
    assert_eq!(session.title.as_deref(), Some("Quarter"));
    assert!(session.duration_ms > 0, "the media was looked at");
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_same_delivery_many_times_at_once_is_one_file(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = sample("picture.mp4");
    let all = (0..8).map(|_| send(&stage, a_file(stage.project, "live.mp4"), &bytes));
    let mut new = 0;
    let mut files = Vec::new();
    // One after the other would prove nothing: they are polled together.
    for delivered in join_all(all.collect()).await {
        let delivered = delivered.unwrap();
        new += u32::from(delivered.is_new);
        files.push(delivered.file);
    }
    files.dedup();
    assert_eq!((new, files.len()), (1, 1));
    settled(&stage).await;
}

async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        if outputs.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_the_sender_calls_a_recording_finds_it_again(db: PgPool) {
    let stage = Stage::new(db).await;
    let mut delivery = Delivery::new(stage.project, "livekit", "live.mp4");
    delivery.external_id = Some("EG_gyrUCPGmCQKw".to_owned());
    delivery.session.room = Some("board".to_owned());
    delivery.session.conference_number = Some("42".to_owned());
    let bytes = sample("picture.mp4");
    let first = send(&stage, delivery.clone(), &bytes).await.unwrap();
    delivery.session = AboutSession::default();
    let again = send(&stage, delivery.clone(), &bytes).await.unwrap();
    assert_eq!((again.file, again.is_new), (first.file, false));
    // A further file of the same recording comes to it.
    delivery.file.name = "chat.json".to_owned();
    let chat = send(&stage, delivery.clone(), br#"{"messages": []}"#)
        .await
        .unwrap();
    assert_eq!((chat.session, chat.is_new), (first.session, true));
    // Another source's id means nothing here, and its session is called after what is known.
    delivery.source = "vonage".to_owned();
    let other = send(&stage, delivery, br#"{"messages": []}"#)
        .await
        .unwrap();
    assert!(other.is_new);
    assert_eq!(
        (other.room.as_str(), other.conference_number.as_str()),
        ("vonage", "EG_gyrUCPGmCQKw")
    );
    // Nothing said at all: a session of its own each time.
    let nothing = Delivery::new(stage.project, "upload", "live.mp4");
    let one = send(&stage, nothing.clone(), &bytes).await.unwrap();
    let two = send(&stage, nothing, &bytes).await.unwrap();
    assert_ne!(one.session, two.session);
    assert_eq!(one.room, "upload");
    settled(&stage).await;
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_the_import_refuses_is_refused_and_leaves_nothing(db: PgPool) {
    let stage = Stage::new(db).await;
    let project = stage.project;
    let at_the_door = |delivery: Delivery| {
        let stage = &stage;
        async move { field_of(deliver(&stage.backend, &stage.operator, delivery, Untouchable).await) }
    };
    for name in [
        "notes.exe",
        "a/b.mp4",
        "..",
        ".x.mp4",
        "",
        "a\u{202E}4pm.mp4",
        "a\0.mp4",
    ] {
        assert_eq!(at_the_door(a_file(project, name)).await, "name", "{name:?}");
    }
    let mut unfit = a_file(project, "a.mp4");
    unfit.file.kind = Some(FileKind::Chat);
    assert_eq!(at_the_door(unfit).await, "name");
    let mut unfit = a_file(project, "a.mp4");
    unfit.session.room = Some("a/b".to_owned());
    assert_eq!(at_the_door(unfit).await, "room");
    let mut unfit = a_file(project, "a.mp4");
    unfit.external_id = Some("a\0b".to_owned());
    assert_eq!(at_the_door(unfit).await, "external_id");
    // Only the bytes tell.
    let empty = send(&stage, a_file(project, "a.mp4"), b"").await;
    assert_eq!(field_of(empty), "file");
    let broken = send(&stage, a_file(project, "a.mp4"), b"no film").await;
    assert!(
        matches!(&broken, Err(Error::Invalid(problems)) if problems[0].message.starts_with("not a readable MP4")),
        "{broken:?}"
    );
    let bytes = sample("picture.mp4");
    let mut said = a_file(project, "a.mp4");
    said.file.sha256 = Some([7; 32]);
    assert_eq!(field_of(send(&stage, said, &bytes).await), "digest");
    let mut said = a_file(project, "a.mp4");
    said.file.sha512 = Some([7; 64]);
    assert_eq!(field_of(send(&stage, said.clone(), &bytes).await), "digest");
    for size in [bytes.len() - 1, bytes.len() + 1] {
        let mut said = a_file(project, "a.mp4");
        said.file.size = Some(size as u64);
        assert_eq!(field_of(send(&stage, said, &bytes).await), "size");
    }
    assert!(stage.sessions().await.is_empty());
    no_run_is_left(&stage).await;
    assert!(files_in(&stage.vault()).is_empty());
    said.file.sha512 = Some(Sha512::digest(&bytes).into());
    assert!(send(&stage, said, &bytes).await.unwrap().is_new);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_delivery_that_is_given_up_leaves_nothing(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = sample("picture.mp4");
    let delivery = a_file(stage.project, "a.mp4");
    let half = bytes[..bytes.len() / 2].chain(Silent);
    let given_up = deliver(&stage.backend, &stage.operator, delivery.clone(), half);
    let waited = tokio::time::timeout(Duration::from_millis(200), given_up).await;
    assert!(waited.is_err(), "it waits for the rest");
    no_run_is_left(&stage).await;
    let mut cut = tokio_test_reader(&bytes[..100]);
    let broken = deliver(&stage.backend, &stage.operator, delivery.clone(), &mut cut).await;
    assert!(
        matches!(broken, Err(Error::Unavailable("sender"))),
        "{broken:?}"
    );
    no_run_is_left(&stage).await;
    assert!(stage.sessions().await.is_empty());
    assert!(files_in(&stage.vault()).is_empty());
    assert!(send(&stage, delivery, &bytes).await.unwrap().is_new);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn who_gives_up_takes_nothing_from_who_shares_the_run(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = sample("picture.mp4");
    let half = bytes[..bytes.len() / 2].chain(Silent);
    let first = a_file(stage.project, "a.mp4");
    let mut given_up = Box::pin(deliver(&stage.backend, &stage.operator, first, half));
    let waited = tokio::time::timeout(Duration::from_millis(200), &mut given_up).await;
    assert!(waited.is_err(), "it waits for the rest");
    let second = send(&stage, a_file(stage.project, "b.mp4"), &bytes).await;
    assert!(second.unwrap().is_new);
    drop(given_up);
    settled(&stage).await;
    assert_eq!(files_in(&stage.vault()).len(), 1);
    assert!(
        send(&stage, a_file(stage.project, "a.mp4"), &bytes)
            .await
            .unwrap()
            .is_new
    );
    settled(&stage).await;
}

/// These bytes, and then the line breaks.
fn tokio_test_reader(bytes: &[u8]) -> impl AsyncRead + Unpin {
    struct Broken;
    impl AsyncRead for Broken {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
        }
    }
    bytes.chain(Broken)
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_deleted_file_stays_deleted_and_an_archived_project_takes_nothing(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = sample("picture.mp4");
    let delivery = a_file(stage.project, "a.mp4");
    let file = send(&stage, delivery.clone(), &bytes).await.unwrap().file;
    sqlx::query("update files set trashed_at = now(), trash_cause = 'manual', trash_reason = 'x', deleted_at = now() where id = $1")
        .bind(file)
        .execute(&stage.backend.db)
        .await
        .unwrap();
    let gone = deliver(&stage.backend, &stage.operator, delivery, Untouchable).await;
    assert!(matches!(gone, Err(Error::Gone(_))), "{gone:?}");
    projects::actions::set_archived(&stage.backend, &stage.operator, stage.project, true)
        .await
        .unwrap();
    let archived = deliver(
        &stage.backend,
        &stage.operator,
        a_file(stage.project, "b.mp4"),
        Untouchable,
    );
    assert!(matches!(archived.await, Err(Error::Conflict(_))));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn limits_hold_at_the_door_while_bytes_come_and_at_the_end(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = sample("picture.mp4");
    let size = i64::try_from(bytes.len()).unwrap();
    let limit = async |file: Option<i64>, quota: Option<i64>| {
        sqlx::query("update projects set file_limit_bytes = $1, quota_bytes = $2")
            .bind(file)
            .bind(quota)
            .execute(&stage.backend.db)
            .await
            .unwrap();
    };
    let named = |name: &str, is_announced: bool| {
        let mut delivery = a_file(stage.project, name);
        delivery.file.size = is_announced.then_some(bytes.len() as u64);
        delivery
    };
    limit(Some(size - 1), None).await;
    let refused = deliver(
        &stage.backend,
        &stage.operator,
        named("a.mp4", true),
        Untouchable,
    )
    .await;
    assert!(
        matches!(refused, Err(Error::TooLarge { .. })),
        "{refused:?}"
    );
    let refused = send(&stage, named("a.mp4", false), &bytes).await;
    assert!(
        matches!(refused, Err(Error::TooLarge { .. })),
        "{refused:?}"
    );
    limit(Some(size), Some(size)).await;
    assert!(
        send(&stage, named("a.mp4", false), &bytes)
            .await
            .unwrap()
            .is_new
    );
    // Full, and a repetition is none the less no addition.
    let refused = deliver(
        &stage.backend,
        &stage.operator,
        named("b.mp4", true),
        Untouchable,
    )
    .await;
    assert!(
        matches!(refused, Err(Error::Full { free: 0 })),
        "{refused:?}"
    );
    let mut again = named("a.mp4", true);
    again.file.sha256 = Some(Sha256::digest(&bytes).into());
    assert!(!send(&stage, again, &bytes).await.unwrap().is_new);
    // Room for one, and two come at once.
    limit(None, Some(2 * size)).await;
    let both = vec![
        send(&stage, named("b.mp4", true), &bytes),
        send(&stage, named("c.mp4", true), &bytes),
    ];
    let outcomes = join_all(both).await;
    let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(taken, 1, "{outcomes:?}");
    assert!(
        outcomes
            .iter()
            .any(|outcome| matches!(outcome, Err(Error::Full { .. })))
    );
    settled(&stage).await;
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_local_file_is_copied_and_dates_its_session(db: PgPool) {
    let stage = Stage::new(db).await;
    stage.put("live.mp4", &sample("picture.mp4"), 3600);
    let path = stage.source().join("live.mp4");
    let open = || std::fs::File::open(&path).unwrap();
    let delivery = a_file(stage.project, "live.mp4");
    let local = deliver_file(&stage.backend, &stage.operator, delivery.clone(), open())
        .await
        .unwrap();
    assert!(local.is_new && path.exists());
    let session = &stage.sessions().await[0];
    let end = session.started_at.timestamp_millis().cast_unsigned() + session.duration_ms;
    assert_eq!(end, (1_772_582_400 + 3600) * 1000);
    let again = deliver_file(&stage.backend, &stage.operator, delivery, open())
        .await
        .unwrap();
    assert_eq!((again.file, again.is_new), (local.file, false));
    settled(&stage).await;
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn builders_deliver_and_nobody_into_another_account(db: PgPool) {
    let stage = Stage::new(db).await;
    let owner = given_account(&stage.backend, "globex").await;
    let project = projects::actions::create(&stage.backend, &actor(&owner), "Sales")
        .await
        .unwrap()
        .id;
    let deliver_as = async |who: Actor, project: ProjectId, name: &str| {
        deliver(
            &stage.backend,
            &who,
            a_file(project, name),
            &br#"{"messages": []}"#[..],
        )
        .await
    };
    for role in Role::ALL {
        let member = given_member(
            &stage.backend,
            &owner,
            role,
            &format!("a-{}", role.as_str()),
        )
        .await;
        let session = format!("{}.vtt", role.as_str());
        let delivered = deliver(
            &stage.backend,
            &actor(&member),
            a_file(project, &session),
            &b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"[..],
        )
        .await;
        let may = matches!(role, Role::Owner | Role::Admin | Role::Developer);
        assert_eq!(delivered.is_ok(), may, "{role:?}: {delivered:?}");
        assert!(may || matches!(delivered, Err(Error::Forbidden)));
    }
    let foreign = deliver_as(actor(&owner), stage.project, "chat.json").await;
    assert!(
        matches!(foreign, Err(Error::NotFound("project"))),
        "{foreign:?}"
    );
}
