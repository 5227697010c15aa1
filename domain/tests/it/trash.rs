//! The end of a file's life: trash, restoring, deletion in the background, and tombstones that nothing overrides.

use chrono::TimeDelta;
use domain::background::More;
use domain::files::jobs::{delete_discarded, discard_expired};
use domain::files::trash::{self, TrashTarget};
use domain::files::{DiscardCause, DiscardedFile, FileId, FileState, actions::locate};
use domain::members::Member;
use domain::projects::{HoldTarget, ProjectId, Retention, actions as projects, holds, policies};
use domain::sessions::actions::report;
use domain::sessions::documents::read_some;
use domain::sessions::import::{ImportOptions, Progress, import};
use domain::sessions::{SessionFilter, SessionId, SessionOrder};
use domain::testing::{actor, given_account, given_backend, given_file, given_session, operator};
use domain::{Actor, Backend, Caller, Error, Page, PageRequest, Role};
use sqlx::PgPool;
use tempfile::TempDir;

struct World {
    backend: Backend,
    db: PgPool,
    folder: TempDir,
    owner: Member,
    project: ProjectId,
    session: SessionId,
    /// Two files of the session.
    files: [FileId; 2],
}

async fn given_world(db: PgPool) -> World {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "acme").await;
    let project = projects::create(&backend, &actor(&owner), "Care")
        .await
        .unwrap()
        .id;
    let session = given_session(&backend, &owner, project, "1").await;
    let files = [
        given_file(&backend, &owner, session, "live.mp4", b"first").await,
        given_file(&backend, &owner, session, "transcoded.mp4", b"second").await,
    ];
    World {
        backend,
        db,
        folder,
        owner,
        project,
        session,
        files,
    }
}

fn first_page() -> PageRequest {
    PageRequest {
        cursor: None,
        size: 10,
    }
}

impl World {
    fn me(&self) -> Actor {
        actor(&self.owner)
    }

    /// Sessions with this word.
    async fn found(&self, word: &str) -> u64 {
        let filter = SessionFilter {
            text: Some(word.to_owned()),
            ..SessionFilter::default()
        };
        let order = SessionOrder::default();
        let found = report(&self.backend, &self.me(), &filter, order, &first_page()).await;
        found.unwrap().total
    }

    async fn posters(&self) -> i64 {
        sqlx::query_scalar("select count(*) from posters")
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    async fn discard(&self, file: FileId) {
        let target = TrashTarget::File(file);
        let moved = trash::discard(&self.backend, &self.me(), target, "Not needed").await;
        assert_eq!(moved.unwrap(), 1);
    }

    async fn state(&self, file: FileId) -> FileState {
        let session = trash::session(&self.backend, &self.me(), self.session)
            .await
            .unwrap();
        session
            .files
            .into_iter()
            .find(|f| f.id == file)
            .unwrap()
            .state
    }

    fn has_bytes(&self, file: FileId) -> bool {
        self.backend.vault.read(file).is_ok()
    }

    async fn set_retention(&self, hours: u32, deletes_bytes: bool) {
        let wish = Retention {
            hours: Some(hours),
            deletes_bytes,
        };
        policies::set_retention(&self.backend, &self.me(), self.project, wish)
            .await
            .unwrap();
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn who_may_delete_is_the_tables_word(db: PgPool) {
    let world = given_world(db).await;
    for role in Role::ALL {
        let actor = Actor {
            caller: Caller::Member {
                id: world.owner.id,
                role,
            },
            ..world.me()
        };
        let may = matches!(role, Role::Owner | Role::Admin);
        let [file, _] = world.files;
        let discarded =
            trash::discard(&world.backend, &actor, TrashTarget::File(file), "why").await;
        let restored = trash::restore(&world.backend, &actor, file).await;
        let secured = trash::set_secure(&world.backend, &actor, file, true).await;
        if may {
            assert!(
                discarded.is_ok() && restored.is_ok() && secured.is_ok(),
                "{role:?}"
            );
        } else {
            assert!(matches!(discarded, Err(Error::Forbidden)), "{role:?}");
            assert!(matches!(restored, Err(Error::Forbidden)), "{role:?}");
            assert!(matches!(secured, Err(Error::Forbidden)), "{role:?}");
        }
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_files_are_not_there(db: PgPool) {
    let world = given_world(db).await;
    let stranger = actor(&given_account(&world.backend, "other").await);
    let [file, other] = world.files;
    world.discard(other).await;
    for target in [TrashTarget::File(file), TrashTarget::Session(world.session)] {
        let outcome = trash::discard(&world.backend, &stranger, target, "why").await;
        assert!(matches!(outcome, Err(Error::NotFound(_))));
    }
    let outcome = trash::restore(&world.backend, &stranger, other).await;
    assert!(matches!(outcome, Err(Error::NotFound(_))));
    let outcome = trash::set_secure(&world.backend, &stranger, file, true).await;
    assert!(matches!(outcome, Err(Error::NotFound(_))));
    let outcome = trash::session(&world.backend, &stranger, world.session).await;
    assert!(matches!(outcome, Err(Error::NotFound(_))));
    let listed = trash::list(
        &world.backend,
        &stranger,
        world.project,
        false,
        &first_page(),
    )
    .await
    .unwrap();
    assert_eq!((listed.items.len(), listed.total), (0, 0));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn thirty_days_in_the_trash_and_back(db: PgPool) {
    let world = given_world(db).await;
    let [file, other] = world.files;
    let unexplained =
        trash::discard(&world.backend, &world.me(), TrashTarget::File(file), " ").await;
    assert!(matches!(unexplained, Err(Error::Invalid(_))));
    world.discard(file).await;
    let again = trash::discard(
        &world.backend,
        &world.me(),
        TrashTarget::File(file),
        "Again",
    )
    .await;
    assert!(matches!(again, Err(Error::Conflict(_))));
    assert_eq!(world.state(file).await, FileState::Trashed);
    assert_eq!(world.state(other).await, FileState::There);
    let listed = trash::list(
        &world.backend,
        &world.me(),
        world.project,
        false,
        &first_page(),
    )
    .await
    .unwrap();
    assert_eq!(listed.total, 1);
    assert_eq!(listed.items[0].id, file);
    assert_eq!(listed.items[0].discard.reason, "Not needed");
    assert_eq!(
        listed.items[0].discard.by.as_deref(),
        Some(world.owner.name.as_str())
    );
    assert_eq!(
        listed.items[0].deletion_due_at(),
        world.backend.clock.now() + TimeDelta::days(30)
    );

    world
        .backend
        .clock
        .advance(TimeDelta::days(30) - TimeDelta::microseconds(1));
    assert_eq!(delete_discarded(&world.backend).await.unwrap(), More::Later);
    assert_eq!(
        world.state(file).await,
        FileState::Trashed,
        "an instant is left"
    );
    trash::restore(&world.backend, &world.me(), file)
        .await
        .unwrap();
    assert_eq!(world.state(file).await, FileState::There);
    assert!(world.has_bytes(file));
    world.backend.clock.advance(TimeDelta::days(30));
    delete_discarded(&world.backend).await.unwrap();
    assert!(world.has_bytes(file), "restored is restored");

    // The whole session, and this time to the end.
    let target = TrashTarget::Session(world.session);
    let moved = trash::discard(&world.backend, &world.me(), target, "Consent withdrawn").await;
    assert_eq!(moved.unwrap(), 2);
    world.backend.clock.advance(TimeDelta::days(30));
    delete_discarded(&world.backend).await.unwrap();
    for file in world.files {
        assert_eq!(world.state(file).await, FileState::Deleted);
        assert!(!world.has_bytes(file));
        let outcome = trash::restore(&world.backend, &world.me(), file).await;
        assert!(matches!(outcome, Err(Error::Conflict(_))));
    }
    let tombstones = trash::list(
        &world.backend,
        &world.me(),
        world.project,
        true,
        &first_page(),
    )
    .await
    .unwrap();
    assert_eq!(tombstones.total, 2);
    for tombstone in &tombstones.items {
        assert_eq!(tombstone.discard.reason, "Consent withdrawn");
        assert_eq!(tombstone.discard.cause, DiscardCause::Manual);
        assert_eq!(tombstone.deleted_at, Some(world.backend.clock.now()));
        assert_eq!(tombstone.sha256.len(), 32);
    }
    let project = projects::get(&world.backend, &world.me(), world.project)
        .await
        .unwrap();
    assert_eq!((project.holdings.files, project.holdings.bytes), (0, 0));
    let size: i64 = sqlx::query_scalar("select size_bytes from sessions")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(size, 0);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn expired_files_are_deleted_only_where_the_project_says_so(db: PgPool) {
    let world = given_world(db).await;
    world.set_retention(1, false).await;
    world.backend.clock.advance(TimeDelta::hours(2));
    assert_eq!(discard_expired(&world.backend).await.unwrap(), More::Later);
    assert_eq!(world.state(world.files[0]).await, FileState::Expired);

    world.set_retention(2, true).await;
    discard_expired(&world.backend).await.unwrap();
    let listed = trash::list(
        &world.backend,
        &world.me(),
        world.project,
        false,
        &first_page(),
    )
    .await
    .unwrap();
    assert_eq!(listed.total, 2);
    assert_eq!(listed.items[0].discard.cause, DiscardCause::Retention);
    assert_eq!(listed.items[0].discard.by, None);
    let outcome = trash::restore(&world.backend, &world.me(), world.files[0]).await;
    assert!(
        matches!(&outcome, Err(Error::Conflict(why)) if why.contains("again")),
        "{outcome:?}"
    );
    world.set_retention(24, true).await;
    trash::restore(&world.backend, &world.me(), world.files[0])
        .await
        .unwrap();
    discard_expired(&world.backend).await.unwrap();
    assert_eq!(world.state(world.files[0]).await, FileState::There);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_hold_stops_expiry_trash_and_deletion(db: PgPool) {
    let world = given_world(db).await;
    for target in [
        HoldTarget::Session(world.session),
        HoldTarget::Project(world.project),
    ] {
        world.set_retention(24, true).await;
        world.discard(world.files[0]).await;
        holds::place(&world.backend, &world.me(), target, "Case 7")
            .await
            .unwrap();
        world.backend.clock.advance(TimeDelta::days(31));
        discard_expired(&world.backend).await.unwrap();
        delete_discarded(&world.backend).await.unwrap();
        assert_eq!(
            world.state(world.files[0]).await,
            FileState::Trashed,
            "{target:?}"
        );
        assert!(world.has_bytes(world.files[0]));
        assert_eq!(world.state(world.files[1]).await, FileState::There);
        let outcome = trash::discard(
            &world.backend,
            &world.me(),
            TrashTarget::Session(world.session),
            "why",
        )
        .await;
        assert!(
            matches!(&outcome, Err(Error::Conflict(why)) if why.contains("hold")),
            "{outcome:?}"
        );
        // What is held may leave the trash, whatever the retention says.
        trash::restore(&world.backend, &world.me(), world.files[0])
            .await
            .unwrap();
        // Time went on for the session, too: begin the next round before it expires.
        sqlx::query("update sessions set ended_at = $1")
            .bind(world.backend.clock.now())
            .execute(&world.db)
            .await
            .unwrap();
        holds::lift(&world.backend, &world.me(), target)
            .await
            .unwrap();
    }
}

/// The process may be killed between any two steps: the row first, then the bytes, then the row again.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_a_kill_interrupted_is_finished(db: PgPool) {
    let world = given_world(db).await;
    let [one, two] = world.files;
    // Killed after the tombstone: the bytes are still there.
    sqlx::query(
        "update files set trashed_at = $1, trash_cause = 'manual', trash_reason = 'x', deleted_at = $1 where id = $2",
    )
    .bind(world.backend.clock.now())
    .bind(*one.as_uuid())
    .execute(&world.db)
    .await
    .unwrap();
    // Killed after the bytes were removed: the row does not know.
    world.discard(two).await;
    world.backend.clock.advance(TimeDelta::days(30));
    delete_discarded(&world.backend).await.unwrap();
    sqlx::query("update files set bytes_removed_at = null where id = $1")
        .bind(*two.as_uuid())
        .execute(&world.db)
        .await
        .unwrap();
    delete_discarded(&world.backend).await.unwrap();
    let open: i64 = sqlx::query_scalar("select count(*) from files where bytes_removed_at is null")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(open, 0);
    assert!(!world.has_bytes(one) && !world.has_bytes(two));
}

/// A disk that does not let go of one object fails the turn, takes the others, and is tried again.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn bytes_that_cannot_be_removed_are_tried_again(db: PgPool) {
    let world = given_world(db).await;
    let [stuck, other] = world.files;
    let objects = world.folder.path().join("vault/objects");
    let place = std::fs::read_dir(&objects)
        .unwrap()
        .map(|shelf| shelf.unwrap().path().join(stuck.to_string()))
        .find(|place| place.exists())
        .unwrap();
    // A folder cannot be unlinked, whoever asks: also root.
    std::fs::remove_file(&place).unwrap();
    std::fs::create_dir(&place).unwrap();
    let target = TrashTarget::Session(world.session);
    trash::discard(&world.backend, &world.me(), target, "why")
        .await
        .unwrap();
    world.backend.clock.advance(TimeDelta::days(30));
    assert!(delete_discarded(&world.backend).await.is_err());
    assert!(!world.has_bytes(other));
    assert_eq!(
        world.state(stuck).await,
        FileState::Deleted,
        "never to be served again"
    );
    std::fs::remove_dir(&place).unwrap();
    delete_discarded(&world.backend).await.unwrap();
}

/// Every process asks, one works, and each file gets one end.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn processes_at_once_delete_once_and_a_hold_is_never_overtaken(db: PgPool) {
    let world = given_world(db).await;
    let target = TrashTarget::Session(world.session);
    trash::discard(&world.backend, &world.me(), target, "why")
        .await
        .unwrap();
    world.backend.clock.advance(TimeDelta::days(30));
    let mut working = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let backend = world.backend.clone();
        working.spawn(async move { delete_discarded(&backend).await.map(|_| ()) });
    }
    let (backend, me) = (world.backend.clone(), world.me());
    let hold = HoldTarget::Session(world.session);
    let held = holds::place(&backend, &me, hold, "Case 7").await;
    held.unwrap();
    let states_when_held = [
        world.state(world.files[0]).await,
        world.state(world.files[1]).await,
    ];
    for outcome in working.join_all().await {
        outcome.unwrap();
    }
    delete_discarded(&world.backend).await.unwrap();
    for (file, then) in world.files.into_iter().zip(states_when_held) {
        // Deleted before the hold, or kept by it; nothing in between.
        assert_eq!(world.state(file).await, then);
        assert_eq!(world.has_bytes(file), then == FileState::Trashed);
    }
}

/// A delivery folder that still has a deleted file does not bring it back; the rest of it comes in.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_import_does_not_bring_back_what_was_deleted(db: PgPool) {
    let world = given_world(db).await;
    let delivery = world.folder.path().join("delivery/room/77");
    std::fs::create_dir_all(&delivery).unwrap();
    std::fs::write(delivery.join("chat.json"), b"[]").unwrap();
    let run = async || {
        import(
            &world.backend,
            &operator(&world.owner),
            world.project,
            &world.folder.path().join("delivery"),
            ImportOptions::default(),
            &Progress::default(),
        )
        .await
        .unwrap()
    };
    let first = run().await;
    assert_eq!((first.files_added, &first.refused[..]), (1, &[][..]));
    let (id, session): (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("select id, session_id from files where name = 'chat.json'")
            .fetch_one(&world.db)
            .await
            .unwrap();
    let file = FileId::from_uuid(id);
    let target = TrashTarget::Session(SessionId::from_uuid(session));
    trash::discard(&world.backend, &world.me(), target, "Consent withdrawn")
        .await
        .unwrap();
    let trashed = run().await;
    assert_eq!(
        (
            trashed.files_added,
            trashed.files_present,
            trashed.files_deleted
        ),
        (0, 1, 0)
    );
    world.backend.clock.advance(TimeDelta::days(30));
    delete_discarded(&world.backend).await.unwrap();

    std::fs::write(delivery.join("metadata.json"), b"{}").unwrap();
    // Other content under the deleted name is no way around it.
    std::fs::write(delivery.join("chat.json"), b"[ ]").unwrap();
    let again = run().await;
    assert_eq!((again.files_added, again.files_deleted), (1, 1));
    assert_eq!(again.refused, []);
    assert!(!world.has_bytes(file));
    let found = locate(&world.backend, world.owner.account, file, "chat.json")
        .await
        .unwrap();
    assert!(found.unwrap().lifecycle.is_deleted);
}

/// R114: what was said in a file is found while it can be opened, and not a moment longer; nor is a picture kept of it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_gone_is_neither_found_nor_pictured(db: PgPool) {
    let world = given_world(db).await;
    let mut texts = Vec::new();
    for (kind, name, bytes) in [
        (
            "chat",
            "chat.json",
            &br#"[{"from": "Zoe", "text": "The invoice"}]"#[..],
        ),
        (
            "captions",
            "captions.vtt",
            b"WEBVTT\n\n00:00.000 --> 00:01.000\nGood morning\n",
        ),
    ] {
        let file = given_file(&world.backend, &world.owner, world.session, name, bytes).await;
        sqlx::query("update files set kind = $2 where id = $1")
            .bind(file)
            .bind(kind)
            .execute(&world.db)
            .await
            .unwrap();
        texts.push(file);
    }
    sqlx::query(
        "insert into posters (session_id, file_id, jpeg, made_at) values ($1, $2, '\\xff', now())",
    )
    .bind(world.session)
    .bind(world.files[0])
    .execute(&world.db)
    .await
    .unwrap();
    read_some(&world.backend).await.unwrap();
    let chat = TrashTarget::File(texts[0]);
    assert_eq!(world.found("invoice").await, 1);
    assert_eq!(world.found("zoe").await, 1);
    assert_eq!(world.found("morning").await, 1, "captions, too");

    trash::discard(&world.backend, &world.me(), chat, "Consent withdrawn")
        .await
        .unwrap();
    assert_eq!(
        world.found("invoice").await,
        0,
        "before anything is read anew"
    );
    read_some(&world.backend).await.unwrap();
    assert_eq!(world.found("invoice").await, 0);
    assert_eq!(world.found("morning").await, 1, "the rest is found again");

    trash::restore(&world.backend, &world.me(), texts[0])
        .await
        .unwrap();
    read_some(&world.backend).await.unwrap();
    assert_eq!(world.found("invoice").await, 1);

    let all = TrashTarget::Session(world.session);
    trash::discard(&world.backend, &world.me(), all, "Consent withdrawn")
        .await
        .unwrap();
    assert_eq!(world.posters().await, 0, "another recording, or none");
    world.backend.clock.advance(TimeDelta::days(30));
    delete_discarded(&world.backend).await.unwrap();
    read_some(&world.backend).await.unwrap();
    for word in ["invoice", "zoe", "morning"] {
        assert_eq!(world.found(word).await, 0, "{word}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_trash_is_paged_there_and_back(db: PgPool) {
    let world = given_world(db).await;
    let mut files = world.files.to_vec();
    for number in 0..3 {
        let name = format!("more-{number}.mp4");
        files.push(given_file(&world.backend, &world.owner, world.session, &name, b"x").await);
    }
    // Two at one moment, so that the id decides.
    let all = TrashTarget::Session(world.session);
    world.discard(files[0]).await;
    world.backend.clock.advance(TimeDelta::seconds(1));
    trash::discard(&world.backend, &world.me(), all, "Not needed")
        .await
        .unwrap();
    let page = async |cursor: Option<String>| {
        let request = PageRequest { cursor, size: 2 };
        trash::list(&world.backend, &world.me(), world.project, false, &request)
            .await
            .unwrap()
    };
    let ids =
        |page: &Page<DiscardedFile>| page.items.iter().map(|file| file.id).collect::<Vec<_>>();
    let first = page(None).await;
    assert_eq!(
        (first.items.len(), first.total, &first.previous),
        (2, 5, &None)
    );
    let second = page(first.next.clone()).await;
    let third = page(second.next.clone()).await;
    assert_eq!((third.items.len(), &third.next), (1, &None));
    assert_eq!(ids(&third), [files[0]], "what came first is last");
    let mut seen = [ids(&first), ids(&second), ids(&third)].concat();
    seen.sort();
    files.sort();
    assert_eq!(seen, files, "each once");
    assert_eq!(ids(&page(third.previous.clone()).await), ids(&second));
    let back = page(second.previous.clone()).await;
    assert_eq!((ids(&back), back.previous), (ids(&first), None));
    let damaged = PageRequest {
        cursor: Some("after.x".to_owned()),
        size: 2,
    };
    let refused = trash::list(&world.backend, &world.me(), world.project, false, &damaged).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
}
