//! Senders that are slow, loud or wrong: what they cost others, and what is kept of them.

use std::time::Duration;

use chrono::TimeDelta;
use domain::background::More;
use domain::intake::fetching::fetch_next;
use domain::intake::polling::ask_next;
use domain::intake::receiving::Received;
use domain::intake::{
    ItemState, SourceDraft, SourceId, SourceKind, SourceSecrets, SourceSettings, Verdict, actions,
    notices,
};
use domain::testing::mail_server::MailServer;
use domain::testing::receiver::{Receiver, Script};
use domain::testing::senders::{FileServer, livekit_event, livekit_token};
use domain::testing::{actor, given_account};
use domain::{Secret, mail, projects};
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Place, draft, given_place, livekit};
use crate::import::sample;

/// Long enough for anything that does not wait for a minute of its own.
const SOON: Duration = Duration::from_secs(40);

async fn says(place: &Place, source: SourceId, body: &str) -> Received {
    let token = livekit_token("APIkey", "APIsecret", body, place.backend.clock.now());
    place.call(source, Some(&token), None, body).await.unwrap()
}

fn named(mut draft: SourceDraft, name: &str) -> SourceDraft {
    name.clone_into(&mut draft.name);
    draft
}

fn enablex(api: &str, files: &str) -> SourceDraft {
    let settings = SourceSettings {
        api_key: "app".to_owned(),
        server_url: api.to_owned(),
        files_url: files.to_owned(),
        ..SourceSettings::default()
    };
    let secrets = SourceSecrets {
        api: Secret::new("key"),
        ..SourceSecrets::default()
    };
    draft(settings, secrets)
}

/// R164, R165: what is being fetched from a source ends with it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_source_that_is_removed_ends_its_downloads(db: PgPool) {
    let place = given_place(db).await;
    let slow = Receiver::start().await;
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\nx";
    slow.script(Script::Stall(head.to_vec()));
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let body = livekit_event("EV_1", "EG_1", "a.mp4", &slow.url("/a.mp4"));
    says(&place, source, &body).await;
    let backend = place.backend.clone();
    let fetching = tokio::spawn(async move { Box::pin(fetch_next(&backend)).await.unwrap() });
    slow.wait_for(1).await;
    actions::remove(&place.backend, &place.me, source)
        .await
        .unwrap();
    let more = timeout(SOON, fetching)
        .await
        .expect("it ends at once")
        .unwrap();
    assert_eq!(more, More::Now);
}

/// R165: an account has four downloads at once, however many sources and workers there are; others have theirs.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn one_account_does_not_take_every_worker(db: PgPool) {
    let place = given_place(db).await;
    let slow = Receiver::start().await;
    slow.script(Script::Silence);
    for number in 0..3 {
        let source = named(livekit(), &format!("Source {number}"));
        let source = place.add(SourceKind::Livekit, source).await;
        for egress in ["EG_1", "EG_2"] {
            let body = livekit_event(egress, egress, "a.mp4", &slow.url("/a.mp4"));
            says(&place, source, &body).await;
        }
    }
    let mut workers = JoinSet::new();
    for _ in 0..6 {
        let backend = place.backend.clone();
        workers.spawn(async move { Box::pin(fetch_next(&backend)).await.unwrap() });
    }
    for _ in 0..2 {
        let idle = timeout(SOON, workers.join_next())
            .await
            .expect("two have nothing to do");
        assert_eq!(idle.unwrap().unwrap(), More::Later);
    }
    timeout(SOON, slow.wait_for(4))
        .await
        .expect("four are fetched");
    let files = FileServer::start().await;
    files.put("/a.mp4", 200, sample("picture.mp4"));
    let owner = given_account(&place.backend, "south").await;
    let other = Place {
        backend: place.backend.clone(),
        me: actor(&owner),
        project: projects::actions::create(&place.backend, &actor(&owner), "Calls")
            .await
            .unwrap()
            .id,
        owner,
        folder: tempfile::tempdir().unwrap(),
    };
    let source = other.add(SourceKind::Livekit, livekit()).await;
    let body = livekit_event("EV_1", "EG_1", "a.mp4", &files.url("/a.mp4"));
    says(&other, source, &body).await;
    other.fetch_all().await;
    assert_eq!(other.item(source).await.state, ItemState::Done);
}

/// R165: accounts take turns, however many sources one of them has.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn accounts_take_turns_in_being_asked(db: PgPool) {
    let place = given_place(db.clone()).await;
    let api = FileServer::start().await;
    for number in 0..3 {
        let source = named(enablex(&api.url(""), ""), &format!("Source {number}"));
        place.add(SourceKind::Enablex, source).await;
    }
    place.backend.clock.advance(TimeDelta::seconds(1));
    let other = actor(&given_account(&place.backend, "south").await);
    let project = projects::actions::create(&place.backend, &other, "Calls")
        .await
        .unwrap()
        .id;
    let source = enablex(&api.url(""), "");
    actions::add(&place.backend, &other, project, SourceKind::Enablex, source)
        .await
        .unwrap();
    for _ in 0..2 {
        ask_next(&place.backend).await.unwrap();
    }
    let asked: i64 = sqlx::query_scalar(
        "select count(distinct account_id) from intake_sources where polled_at is not null",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(asked, 2);
}

/// X16: the words of an error may hold a signed address; and no word makes storing fail.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_a_sender_says_is_kept_without_its_secrets(db: PgPool) {
    let place = given_place(db.clone()).await;
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let failed = |id: &str, error: &str| {
        json!({ "event": "egress_ended", "id": id, "egressInfo": { "egressId": format!("EG {id}"),
            "status": "EGRESS_FAILED", "error": error } })
        .to_string()
    };
    let stored = Received::Stored {
        verdict: Verdict::Failed,
        is_repeat: false,
    };
    for (id, error) in [
        (
            "1",
            r#"Put "https://b.s3.example/a.mp4?X-Amz-Signature=S3CRET&x=1": 403"#,
        ),
        (
            "2",
            "no https://user:S3CRET@b.example/a.mp4?X-Amz-Signature=S3CRET",
        ),
        ("3", "NUL \0 in the words"),
        ("https://user:S3CRET@b.example/?sig=S3CRET", "an odd id"),
    ] {
        assert_eq!(
            says(&place, source, &failed(id, error)).await,
            stored,
            "{id}"
        );
    }
    let odd = json!({ "event": "egress_ended", "id": "5", "egressInfo": { "egressId": "EG_5",
        "status": "EGRESS\0 https://u:S3CRET@b.example/" } });
    says(&place, source, &odd.to_string()).await;
    let dump: String = sqlx::query_scalar("select json_agg(e)::text from intake_events e")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!dump.contains("S3CRET"), "{dump}");
    assert!(
        dump.contains("b.s3.example") && dump.contains("in the words"),
        "{dump}"
    );
    let events = actions::get(&place.backend, &place.me, source)
        .await
        .unwrap()
        .events;
    assert_eq!(events.len(), 5);
}

/// Ids of a sender may be longer than those of a delivery.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_long_id_is_taken_like_a_short_one(db: PgPool) {
    let place = given_place(db).await;
    let files = FileServer::start().await;
    files.put("/a.mp4", 200, sample("picture.mp4"));
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let egress = "E".repeat(490);
    let body = livekit_event("EV_1", &egress, "a.mp4", &files.url("/a.mp4"));
    says(&place, source, &body).await;
    place.fetch_all().await;
    let item = place.item(source).await;
    assert_eq!(item.state, ItemState::Done, "{item:?}");
}

/// R165: no sender fills the database with what it announces.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn more_files_than_anybody_means_are_left_out_and_told(db: PgPool) {
    let place = given_place(db.clone()).await;
    let api = FileServer::start().await;
    let source = place
        .add(SourceKind::Enablex, enablex(&api.url(""), ""))
        .await;
    let count = async || -> i64 {
        sqlx::query_scalar("select count(*) from intake_items")
            .fetch_one(&db)
            .await
            .unwrap()
    };
    let urls = |first: usize, count: usize| -> Vec<String> {
        (first..first + count)
            .map(|number| format!("https://h.example/{number}.mkv"))
            .collect()
    };
    let key = place.key(source).await;
    let body = json!({ "type": "recording", "app_id": "app", "room_id": "6b", "conf_num": "1",
        "recording": urls(0, 1_500) });
    place
        .call(source, None, Some(&key), &body.to_string())
        .await
        .unwrap();
    assert_eq!(count().await, 1_000);
    let today = place.backend.clock.now();
    let path = format!(
        "/video/v2/archive/period/{}/{}",
        (today - TimeDelta::days(3)).format("%Y-%m-%d"),
        today.format("%Y-%m-%d")
    );
    // Those that are known already, one of them twice, and too many more.
    let mut all = urls(0, 10_200);
    all.push(all[0].clone());
    let archive = json!({ "result": "0", "archive": [ { "conf_num": "1", "room_id": "6b", "recording": all } ] });
    api.put(&path, 200, archive.to_string());
    ask_next(&place.backend).await.unwrap();
    assert_eq!(count().await, 10_000);
    let detail = actions::get(&place.backend, &place.me, source)
        .await
        .unwrap();
    let told = detail.source.health.poll_failure.unwrap();
    assert!(
        told.contains("tells of 200 more files than the 10000"),
        "{told}"
    );
    let told = detail.events[0].reason.clone().unwrap();
    assert!(
        told.starts_with("500 of its 1500 files are not expected"),
        "{told}"
    );
}

/// One letter an hour for a source, and each lost file is in one of them.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn many_lost_files_are_one_letter(db: PgPool) {
    let mut place = given_place(db).await;
    let post = MailServer::start().await;
    place.backend.post = post.post();
    let files = FileServer::start().await;
    let source = place.add(SourceKind::Livekit, livekit()).await;
    for number in 0..15 {
        let path = format!("/{number}.mp4");
        files.put(&path, 410, "");
        let (id, url) = (format!("E{number}"), files.url(&path));
        says(&place, source, &livekit_event(&id, &id, &path, &url)).await;
    }
    let letters = async || {
        while mail::outbox::send_next(&place.backend).await.unwrap() == More::Now {}
        post.take()
    };
    place.fetch_all().await;
    assert_eq!(letters().await.len(), 1);
    assert_eq!(
        notices::tell_next(&place.backend).await.unwrap(),
        More::Later
    );
    place.backend.clock.advance(TimeDelta::hours(1));
    assert_eq!(notices::tell_next(&place.backend).await.unwrap(), More::Now);
    let second = letters().await;
    assert_eq!(second.len(), 1);
    assert!(
        second[0].contains("14 recordings from The source"),
        "{}",
        second[0]
    );
    assert_eq!(
        notices::tell_next(&place.backend).await.unwrap(),
        More::Later
    );
}

/// X7: whoever presses Retry, or announces it again, gives a file its week anew.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_that_is_tried_anew_is_not_given_up_at_once(db: PgPool) {
    let place = given_place(db).await;
    let files = FileServer::start().await;
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let announce = async |id: &str| {
        let body = livekit_event(id, "EG_1", "a.mp4", &files.url("/a.mp4"));
        says(&place, source, &body).await;
    };
    let fail = async || {
        while place.item(source).await.state == ItemState::Waiting {
            place.backend.clock.advance(TimeDelta::hours(12));
            place.fetch_all().await;
        }
    };
    announce("EV_1").await;
    fail().await;
    for way in ["retry", "news"] {
        match way {
            "retry" => actions::retry(&place.backend, &place.me, source, None)
                .await
                .unwrap(),
            _ => announce("EV_2").await,
        }
        place.fetch_all().await;
        let item = place.item(source).await;
        assert_eq!(
            (item.state, item.attempts),
            (ItemState::Waiting, 1),
            "{way}"
        );
        fail().await;
    }
}
