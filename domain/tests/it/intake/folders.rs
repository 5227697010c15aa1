//! Watched folders: what is taken, when, and where it goes.

use std::path::PathBuf;
use std::time::SystemTime;

use chrono::TimeDelta;
use domain::intake::polling::look_next;
use domain::intake::{ItemState, SourceId, SourceKind, SourceSecrets, SourceSettings, actions};
use sqlx::PgPool;

use super::{Place, draft, given_place};
use crate::import::sample;

struct Watched {
    place: Place,
    source: SourceId,
    root: PathBuf,
}

async fn given_watched(db: PgPool) -> Watched {
    let place = given_place(db).await;
    let root = place.folder.path().join("in/watched");
    std::fs::create_dir(&root).unwrap();
    let settings = SourceSettings {
        folder: root.to_str().unwrap().to_owned(),
        ..SourceSettings::default()
    };
    let source = place
        .add(
            SourceKind::Folder,
            draft(settings, SourceSecrets::default()),
        )
        .await;
    Watched {
        place,
        source,
        root,
    }
}

impl Watched {
    /// Written at the moment that the clock stands at.
    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let now = SystemTime::from(self.place.backend.clock.now());
        std::fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(now)
            .unwrap();
    }

    /// As many looks as have something to do, ten seconds later.
    async fn look(&self) {
        self.place.backend.clock.advance(TimeDelta::seconds(11));
        for _ in 0..20 {
            look_next(&self.place.backend).await.unwrap();
        }
    }

    /// What is told of the last look.
    async fn failure(&self) -> Option<String> {
        let place = &self.place;
        let detail = actions::get(&place.backend, &place.me, self.source).await;
        detail.unwrap().source.health.poll_failure
    }

    fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    async fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .place
            .sessions()
            .await
            .into_iter()
            .flat_map(|session| {
                let place = format!("{}/{}", session.room, session.conference_number);
                session
                    .files
                    .into_iter()
                    .map(move |file| format!("{place}/{}", file.name))
            })
            .collect();
        names.sort();
        names
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_is_taken_when_it_stands_still_and_goes_to_done(db: PgPool) {
    let watched = given_watched(db).await;
    watched.put("board/42/transcoded.mp4", &sample("picture.mp4"));
    watched.look().await;
    assert!(watched.names().await.is_empty());
    // It grows: the wait begins anew.
    watched.put("board/42/transcoded.mp4", &sample("fragmented.mp4"));
    watched.look().await;
    assert!(watched.names().await.is_empty());
    watched.look().await;
    assert_eq!(watched.names().await, ["board/42/transcoded.mp4"]);
    assert!(watched.has("done/board/42/transcoded.mp4"));
    assert!(!watched.has("board"));
    let item = watched.place.item(watched.source).await;
    assert_eq!(
        (item.state, item.session.is_some()),
        (ItemState::Done, true)
    );
    // The same again is the same; another one of its name is not taken, and says why.
    watched.put("board/42/transcoded.mp4", &sample("picture.mp4"));
    watched.look().await;
    watched.look().await;
    assert!(watched.has("failed/board/42/transcoded.mp4.reason.txt"));
    assert_eq!(watched.names().await.len(), 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_half_written_file_waits_for_its_rest_and_a_broken_one_fails(db: PgPool) {
    let watched = given_watched(db).await;
    let whole = sample("picture.mp4");
    watched.put("a/1/x.mp4", &whole[..400]);
    watched.put("a/2/y.mp4", &whole[..400]);
    watched.put("a/2/y.mp4.done", b"");
    for _ in 0..3 {
        watched.look().await;
    }
    // Without a marker it may still be written; with one it is what it is.
    assert!(
        watched.has("a/1/x.mp4")
            && watched.has("failed/a/2/y.mp4")
            && watched.has("failed/a/2/y.mp4.done")
    );
    let reason = std::fs::read_to_string(watched.root.join("failed/a/2/y.mp4.reason.txt")).unwrap();
    assert!(reason.starts_with("The file is not taken: "), "{reason}");
    watched.put("a/1/x.mp4", &whole);
    for _ in 0..3 {
        watched.look().await;
    }
    assert_eq!(watched.names().await, ["a/1/x.mp4"]);
    // Repaired in its place, and Retry pressed.
    std::fs::write(watched.root.join("failed/a/2/y.mp4"), &whole).unwrap();
    actions::retry(
        &watched.place.backend,
        &watched.place.me,
        watched.source,
        None,
    )
    .await
    .unwrap();
    for _ in 0..3 {
        watched.look().await;
    }
    assert_eq!(watched.names().await, ["a/1/x.mp4", "a/2/y.mp4"]);
    assert!(!watched.has("failed/a/2/y.mp4.reason.txt"));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn recorders_leave_their_files_as_they_do(db: PgPool) {
    let watched = given_watched(db.clone()).await;
    watched.put(
        "abc_1/Board_2026-11-21-10-00-00.mp4",
        &sample("picture.mp4"),
    );
    let metadata = br#"{"meeting_url":"https://meet.example.org/Board","participants":[],
        "upload_credentials":{"service_name":"dropbox","token":"s3cret"}}"#;
    watched.put("abc_1/metadata.json", metadata);
    watched.put("egress/one.mp4", &sample("fragmented.mp4"));
    watched.put("egress/two.mp4", &sample("sound.mp4"));
    let manifest = br#"{"egress_id":"EG_1","room_id":"RM_1","room_name":"Town",
        "files":[{"filename":"egress/one.mp4"},{"filename":"egress/two.mp4"}]}"#;
    watched.put("egress/EG_1.json", manifest);
    for _ in 0..4 {
        watched.look().await;
    }
    assert_eq!(
        watched.names().await,
        [
            "Board/abc_1/Board_2026-11-21-10-00-00.mp4",
            "Town/RM_1/one.mp4",
            "Town/RM_1/two.mp4"
        ]
    );
    assert!(watched.has("done/abc_1/metadata.json") && watched.has("done/egress/EG_1.json"));
    assert!(!watched.has("abc_1") && !watched.has("egress"));
    // X16: nothing of Jibri's token anywhere.
    let stored: Option<String> = sqlx::query_scalar("select json_agg(i)::text from intake_items i")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!stored.unwrap().contains("s3cret"));
}

/// R115, R117.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn no_link_leads_out_of_the_folder(db: PgPool) {
    let watched = given_watched(db).await;
    let outside = watched.place.folder.path().join("outside");
    std::fs::create_dir_all(outside.join("r/1")).unwrap();
    std::fs::write(outside.join("r/1/a.mp4"), sample("picture.mp4")).unwrap();
    std::os::unix::fs::symlink(&outside, watched.root.join("linked")).unwrap();
    std::fs::create_dir_all(watched.root.join("b/2")).unwrap();
    std::os::unix::fs::symlink(outside.join("r/1/a.mp4"), watched.root.join("b/2/a.mp4")).unwrap();
    for _ in 0..3 {
        watched.look().await;
    }
    assert!(watched.names().await.is_empty());
    assert!(outside.join("r/1/a.mp4").exists());
    // The folder itself becomes a link.
    std::fs::remove_dir_all(&watched.root).unwrap();
    std::os::unix::fs::symlink(&outside, &watched.root).unwrap();
    watched.look().await;
    assert!(watched.names().await.is_empty());
    let detail = actions::get(&watched.place.backend, &watched.place.me, watched.source)
        .await
        .unwrap();
    assert!(
        detail
            .source
            .health
            .poll_failure
            .unwrap()
            .contains("cannot be opened")
    );
}

/// One file that cannot be moved out of the way keeps no other one waiting.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_in_the_way_of_one_file_is_told_and_the_others_have_their_turn(db: PgPool) {
    let watched = given_watched(db).await;
    // Where the server would move them to.
    watched.put("done", b"in the way");
    watched.put("a/1/first.mp4", &sample("picture.mp4"));
    watched.put("b/2/second.mp4", &sample("sound.mp4"));
    for _ in 0..3 {
        watched.look().await;
    }
    assert_eq!(watched.names().await, ["a/1/first.mp4", "b/2/second.mp4"]);
    let told = watched.failure().await.unwrap();
    assert!(
        told.contains("a/1/first.mp4: it cannot be moved out of the way")
            && told.contains("b/2/second.mp4"),
        "{told}"
    );
    std::fs::remove_file(watched.root.join("done")).unwrap();
    watched.look().await;
    assert!(watched.has("done/a/1/first.mp4") && watched.has("done/b/2/second.mp4"));
    assert_eq!(watched.failure().await, None);
}

/// A folder and a file that this server may not read: only root may read everything.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_cannot_be_read_is_told_and_the_others_have_their_turn(db: PgPool) {
    use std::os::unix::fs::PermissionsExt as _;

    let watched = given_watched(db).await;
    let shut = std::fs::Permissions::from_mode(0o000);
    watched.put("a/1/shut.mp4", &sample("sound.mp4"));
    watched.put("b/2/in.mp4", &sample("sound.mp4"));
    watched.put("lost+found/x", b"");
    watched.put("z/9/good.mp4", &sample("picture.mp4"));
    for path in ["a/1/shut.mp4", "b/2", "lost+found"] {
        std::fs::set_permissions(watched.root.join(path), shut.clone()).unwrap();
    }
    let is_root = std::fs::read_dir(watched.root.join("b/2")).is_ok();
    for _ in 0..3 {
        watched.look().await;
    }
    let names = watched.names().await;
    assert!(names.contains(&"z/9/good.mp4".to_owned()), "{names:?}");
    if !is_root {
        let told = watched.failure().await.unwrap();
        assert!(
            told.contains("a/1/shut.mp4: Permission denied")
                && told.contains("b/2: Permission denied")
                && !told.contains("lost"),
            "{told}"
        );
    }
    let open = std::fs::Permissions::from_mode(0o700);
    for path in ["b/2", "lost+found"] {
        // So that the test's folder can be removed.
        let _ = std::fs::set_permissions(watched.root.join(path), open.clone());
    }
}

/// A look costs the same however much lies there, so it takes what it finds.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn one_look_takes_all_that_is_ready(db: PgPool) {
    let watched = given_watched(db).await;
    let bytes = sample("sound.mp4");
    for number in 0..30 {
        watched.put(&format!("board/{number}/a.mp4"), &bytes);
    }
    for _ in 0..2 {
        watched.place.backend.clock.advance(TimeDelta::seconds(11));
        look_next(&watched.place.backend).await.unwrap();
    }
    assert_eq!(watched.names().await.len(), 30);
}
