//! What happens in the vault, and what is told of it.

use chrono::TimeDelta;
use domain::files;
use domain::files::trash::{TrashTarget, discard, restore};
use domain::projects::Retention;
use domain::projects::policies::set_retention;
use domain::testing::receiver::Receiver;
use domain::webhooks::delivery::send_due;
use domain::webhooks::{EventType, SettingsDraft, actions, expiring};
use sqlx::PgPool;

use super::{Scene, json, types};

async fn waiting(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from webhook_events")
        .fetch_one(db)
        .await
        .unwrap()
}

/// The outbox is part of the transaction: what did not happen is not told.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_rolled_back_is_not_told(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db.clone(), folder.path()).await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver, &EventType::ALL).await;
    let session = scene.session("1").await;
    assert_eq!(waiting(&db).await, 1);
    let mut tx = db.begin().await.unwrap();
    let insert = "insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at) \
                  values (gen_random_uuid(), $1, $2, 'live', 'live.mp4', 'video/mp4', 1, sha256('x'), now())";
    let insert = sqlx::query(insert).bind(scene.owner.account).bind(session);
    insert.execute(&mut *tx).await.unwrap();
    let inside: i64 = sqlx::query_scalar("select count(*) from webhook_events")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(inside, 2, "written with the file");
    tx.rollback().await.unwrap();
    assert_eq!(waiting(&db).await, 1);
    send_due(&scene.backend).await.unwrap();
    assert_eq!(types(&receiver.take()), ["session.ended"]);
    assert_eq!(waiting(&db).await, 0);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_endpoint_is_told_what_it_asked_for_and_nothing_else(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db.clone(), folder.path()).await;
    let (all, files) = (Receiver::start().await, Receiver::start().await);
    let first = scene.session("before").await;
    scene.file(first, "live.mp4").await;
    assert_eq!(waiting(&db).await, 0, "nobody listens yet");
    scene.endpoint(&all, &EventType::ALL).await;
    let mut chat_only = super::draft(&files.url("/"), &[EventType::FileReady]);
    chat_only.file_kinds = vec![domain::files::FileKind::Chat];
    actions::add(&scene.backend, &scene.who, scene.project, chat_only)
        .await
        .unwrap();

    let session = scene.session("123456789012").await;
    let file = scene.file(session, "live &1.mp4").await;
    let reason = "A mistake";
    let who = scene.who;
    let target = TrashTarget::File(file);
    discard(&scene.backend, &who, target, reason).await.unwrap();
    restore(&scene.backend, &who, file).await.unwrap();
    discard(&scene.backend, &who, target, reason).await.unwrap();
    scene.backend.clock.advance(files::TRASH_LIFE);
    files::jobs::delete_discarded(&scene.backend).await.unwrap();
    send_due(&scene.backend).await.unwrap();

    let received = all.take();
    let mut told = types(&received);
    told.sort();
    assert_eq!(
        told,
        [
            "file.deleted",
            "file.ready",
            "file.restored",
            "file.trashed",
            "file.trashed",
            "session.ended",
            "session.ready",
        ]
    );
    let of = |wanted: &str| {
        let found = received.iter().map(json).find(|one| one["type"] == wanted);
        found.unwrap()
    };
    let ready = of("file.ready");
    let data = &ready["data"];
    assert_eq!(data["session"]["conference_number"], "123456789012");
    assert_eq!(data["project"]["name"], "Support");
    assert_eq!(data["file"]["kind"], "live");
    assert_eq!(data["file"]["size_bytes"], 5);
    // It was deleted before anybody was told of its coming.
    assert!(data["file"].get("url").is_none());
    assert!(of("file.deleted")["data"]["file"].get("url").is_none());
    assert!(files.take().is_empty(), "a live recording is no chat");
}

/// demands.md 16: once, when all is there, or when nothing came for a while.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_session_is_ready_once(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db.clone(), folder.path()).await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver, &[EventType::SessionReady]).await;
    let complete = scene.session("complete").await;
    for (name, kind) in [
        ("live.mp4", "live"),
        ("chat.json", "chat"),
        ("metadata.json", "metadata"),
    ] {
        assert_eq!(scene.after(TimeDelta::minutes(1)).await, 0, "before {name}");
        let file = scene.file(complete, name).await;
        sqlx::query("update files set kind = $2 where id = $1")
            .bind(file)
            .bind(kind)
            .execute(&db)
            .await
            .unwrap();
    }
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    let told = json(&receiver.take()[0]);
    assert_eq!(told["type"], "session.ready");
    assert_eq!(told["data"]["is_complete"], true);
    assert_eq!(told["data"]["file_count"], 3);
    let url = told["data"]["files"][0]["url"].as_str().unwrap();
    let prefix = format!("{}/files/", scene.backend.public_url);
    assert!(url.starts_with(&prefix) && !url.contains('@'), "{url}");

    let partial = scene.session("partial").await;
    scene.file(partial, "live.mp4").await;
    assert_eq!(scene.after(TimeDelta::minutes(14)).await, 0);
    scene.file(partial, "live2.mp4").await;
    assert_eq!(scene.after(TimeDelta::minutes(14)).await, 0, "a file came");
    assert_eq!(scene.after(TimeDelta::minutes(1)).await, 1);
    let told = json(&receiver.take()[0]);
    assert_eq!(told["data"]["is_complete"], false);
    let missing = serde_json::json!([{"kind": "chat"}, {"kind": "metadata"}]);
    assert_eq!(told["data"]["missing"], missing);
    for session in [partial, complete] {
        scene.file(session, "late.mp4").await;
    }
    assert_eq!(scene.after(TimeDelta::days(1)).await, 0, "once");

    let set = async |minutes: &str| {
        let draft = SettingsDraft {
            ready_after_minutes: minutes.to_owned(),
            expiring_notice_hours: "24".to_owned(),
        };
        actions::set_settings(&scene.backend, &scene.who, scene.project, &draft).await
    };
    let slow = scene.session("slow").await;
    scene.file(slow, "live.mp4").await;
    set("60").await.unwrap();
    assert_eq!(scene.after(TimeDelta::minutes(59)).await, 0);
    set("0").await.unwrap();
    assert_eq!(
        scene.after(TimeDelta::zero()).await,
        1,
        "settings hold for what waits"
    );
    assert!(matches!(set("1441").await, Err(domain::Error::Invalid(_))));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn files_are_announced_once_before_they_expire(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db.clone(), folder.path()).await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver, &[EventType::FileExpiring]).await;
    let session = scene.session("1").await;
    scene.file(session, "live.mp4").await;
    let keep = async |hours| {
        let wish = Retention {
            hours: Some(hours),
            deletes_bytes: false,
        };
        set_retention(&scene.backend, &scene.who, scene.project, wish)
            .await
            .unwrap();
    };
    let told_after = async |hours| {
        scene.backend.clock.advance(TimeDelta::hours(hours));
        expiring::announce_some(&scene.backend).await.unwrap();
        send_due(&scene.backend).await.unwrap();
        receiver.take()
    };
    assert!(told_after(0).await.is_empty(), "kept for ever");
    keep(72).await;
    assert!(told_after(47).await.is_empty());
    let told = told_after(1).await;
    assert_eq!(types(&told), ["file.expiring"]);
    let expires = json(&told[0])["data"]["expires_at"].clone();
    assert_eq!(expires, "2026-11-21T11:06:40Z");
    assert!(told_after(1).await.is_empty(), "once");
    keep(73).await;
    assert_eq!(told_after(0).await.len(), 1, "another expiry");
    assert!(told_after(24).await.is_empty(), "it has expired");
}
