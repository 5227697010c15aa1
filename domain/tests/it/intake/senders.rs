//! From an event to a recording in the report, sender by sender.

use chrono::TimeDelta;
use domain::intake::polling::ask_next;
use domain::intake::receiving::Received;
use domain::intake::senders::Refusal;
use domain::intake::{
    ItemState, Light, SourceId, SourceKind, SourceSecrets, SourceSettings, Verdict, actions,
    refusals,
};
use domain::testing::mail_server::MailServer;
use domain::testing::senders::{FileServer, bigbluebutton_form, livekit_event, livekit_token};
use domain::{Secret, mail};
use serde_json::json;
use sqlx::PgPool;

use super::{Place, draft, given_place, livekit};
use crate::import::sample;

const LOCATION: &str = "https://recordings.s3.eu-west-1.example/rec/board.mp4";

async fn livekit_says(place: &Place, source: SourceId, body: &str) -> Received {
    let token = livekit_token("APIkey", "APIsecret", body, place.backend.clock.now());
    place.call(source, Some(&token), None, body).await.unwrap()
}

const fn taken(is_repeat: bool) -> Received {
    Received::Stored {
        verdict: Verdict::Taken,
        is_repeat,
    }
}

/// R166: credentials for the files' own host.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_livekit_recording_is_fetched_with_basic_once_however_often_it_is_told(db: PgPool) {
    let place = given_place(db.clone()).await;
    let server = FileServer::start().await;
    server.protect("vault", "pa55");
    server.put("/out/rec/board%20x.mp4", 200, sample("picture.mp4"));
    let mut draft = livekit();
    draft.settings.files_url = server.url("/out/");
    draft.settings.files_user = "vault".to_owned();
    draft.secrets.files = Secret::new("pa55");
    let source = place.add(SourceKind::Livekit, draft).await;
    let body = livekit_event("EV_1", "EG_1", "rec/board x.mp4", LOCATION);
    assert_eq!(livekit_says(&place, source, &body).await, taken(false));
    assert_eq!(livekit_says(&place, source, &body).await, taken(true));
    assert_eq!(place.item(source).await.state, ItemState::Waiting);
    place.fetch_all().await;
    // Told once more under another id: the file is here.
    let again = livekit_event("EV_2", "EG_1", "rec/board x.mp4", LOCATION);
    assert_eq!(livekit_says(&place, source, &again).await, taken(false));
    place.fetch_all().await;
    assert_eq!(server.take().len(), 1);
    let sessions = place.sessions().await;
    assert_eq!(sessions.len(), 1);
    assert_eq!(
        (&*sessions[0].room, &*sessions[0].conference_number),
        ("board-meeting", "RM_7A62FjVFwWw5")
    );
    assert_eq!(sessions[0].files[0].name, "board x.mp4");
    let item = place.item(source).await;
    assert_eq!(
        (item.state, item.session),
        (ItemState::Done, Some(sessions[0].id))
    );

    let detail = actions::get(&place.backend, &place.me, source)
        .await
        .unwrap();
    assert_eq!(detail.source.health.light(), Light::Well);
    assert_eq!(detail.source.health.last_recording, item.done_at);
    // Both are of one moment, as the clock stands still: none comes first.
    let mut repeats: Vec<_> = detail.events.iter().map(|event| event.repeats).collect();
    repeats.sort_unstable();
    assert_eq!(repeats, [0, 1]);
    // X16.
    let stored: String = sqlx::query_scalar("select json_agg(e)::text from intake_events e")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(
        stored.contains("recordings")
            && !stored.contains("AKIAEXAMPLE")
            && !stored.contains("wJalrXUtnFEMI")
    );
    let addresses: i64 = sqlx::query_scalar("select count(address) from intake_items")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(addresses, 0);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_wrong_signature_leaves_a_line_and_nothing_else(db: PgPool) {
    let place = given_place(db.clone()).await;
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let body = livekit_event("EV_1", "EG_1", "a.mp4", LOCATION);
    let token = livekit_token("APIkey", "wrong", &body, place.backend.clock.now());
    let refused = Received::Refused(Refusal::Unproven("the signature is wrong"));
    assert_eq!(
        place.call(source, Some(&token), None, &body).await.unwrap(),
        refused
    );
    let missing = Received::Refused(Refusal::Unproven("the token is missing"));
    assert_eq!(
        place.call(source, None, None, &body).await.unwrap(),
        missing
    );
    for _ in 0..100 {
        place.call(source, None, None, &body).await.unwrap();
    }
    // The first is there at once; whoever calls on and on changes the row once a minute.
    let line = async || {
        let detail = actions::get(&place.backend, &place.me, source)
            .await
            .unwrap();
        assert!(detail.events.is_empty() && detail.items.is_empty());
        let health = detail.source.health;
        (health.refusals, health.refused.unwrap())
    };
    let (count, refused) = line().await;
    assert_eq!((count, &*refused.why), (1, "the signature is wrong"));
    place.backend.clock.advance(TimeDelta::minutes(1));
    refusals::write_down(&place.backend).await.unwrap();
    let (count, refused) = line().await;
    assert_eq!(
        (count, &*refused.why, &*refused.from),
        (102, "the token is missing", "198.51.100.9")
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_failed_egress_is_told_and_nothing_is_expected(db: PgPool) {
    let place = given_place(db).await;
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let body = json!({ "event": "egress_ended", "id": "EV_1", "egressInfo": { "egressId": "EG_1",
        "status": "EGRESS_FAILED", "error": "no disk" } })
    .to_string();
    let stored = livekit_says(&place, source, &body).await;
    assert_eq!(
        stored,
        Received::Stored {
            verdict: Verdict::Failed,
            is_repeat: false
        }
    );
    let detail = actions::get(&place.backend, &place.me, source)
        .await
        .unwrap();
    assert_eq!(
        detail.events[0].reason.as_deref(),
        Some("The recording failed: no disk.")
    );
    assert!(detail.items.is_empty());
}

/// R115: nothing outside of the operator's folder, by no name and no link.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_folder_gives_its_own_files_only(db: PgPool) {
    let place = given_place(db).await;
    let inside = place.folder.path().join("in/egress");
    std::fs::create_dir_all(inside.join("rec")).unwrap();
    std::fs::write(inside.join("rec/a.mp4"), sample("picture.mp4")).unwrap();
    std::fs::write(place.folder.path().join("secret.mp4"), sample("sound.mp4")).unwrap();
    std::os::unix::fs::symlink(
        place.folder.path().join("secret.mp4"),
        inside.join("rec/link.mp4"),
    )
    .unwrap();
    let mut draft = livekit();
    draft.settings.folder = inside.to_str().unwrap().to_owned();
    draft.settings.path_prefix = "/out/".to_owned();
    let source = place.add(SourceKind::Livekit, draft).await;
    for (number, path) in [
        "/out/rec/link.mp4",
        "/out/../../secret.mp4",
        "/elsewhere/b.mp4",
        "/out/rec/a.mp4",
    ]
    .into_iter()
    .enumerate()
    {
        let body = livekit_event(&format!("EV_{number}"), &format!("EG_{number}"), path, path);
        livekit_says(&place, source, &body).await;
    }
    place.fetch_all().await;
    let sessions = place.sessions().await;
    assert_eq!(
        sessions
            .iter()
            .map(|session| session.files.len())
            .sum::<usize>(),
        1
    );
    let left: Vec<_> = place
        .items(source)
        .await
        .into_iter()
        .filter(|item| item.state != ItemState::Done)
        .collect();
    assert_eq!(left.len(), 3);
    let reason_of = |egress: &str| {
        left.iter()
            .find(|item| item.external_id == egress)
            .unwrap()
            .reason
            .clone()
            .unwrap()
    };
    assert!(
        reason_of("EG_0").contains("cannot be opened"),
        "{}",
        reason_of("EG_0")
    );
    assert!(
        reason_of("EG_1").contains("cannot be opened"),
        "{}",
        reason_of("EG_1")
    );
    assert!(
        reason_of("EG_2").contains("does not begin with /out/"),
        "{}",
        reason_of("EG_2")
    );
}

/// X7: tried until the vendor's copy expires, then people are told, once; and Retry fetches it after all.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_the_vendor_deletes_before_it_is_fetched_is_told_by_mail(db: PgPool) {
    let mut place = given_place(db).await;
    let post = MailServer::start().await;
    place.backend.post = post.post();
    let server = FileServer::start().await;
    let settings = SourceSettings {
        api_key: "app".to_owned(),
        server_url: server.url(""),
        files_url: server.url("/"),
        ..SourceSettings::default()
    };
    let secrets = SourceSecrets {
        api: Secret::new("key"),
        ..SourceSecrets::default()
    };
    let source = place
        .add(SourceKind::Enablex, draft(settings, secrets))
        .await;
    let now = place.backend.clock.now();
    let body = json!({ "type": "recording", "trans_date": now.timestamp(), "app_id": "app", "room_id": "6b",
        "conf_num": "42", "recording": [server.url("/rec/a.mkv")] })
    .to_string();
    let key = place.key(source).await;
    assert_eq!(
        place.call(source, None, Some(&key), &body).await.unwrap(),
        taken(false)
    );
    place.fetch_all().await;
    let item = place.item(source).await;
    assert_eq!((item.state, item.attempts), (ItemState::Waiting, 1));
    assert_eq!(
        item.reason.as_deref(),
        Some("There is no file at its address (status 404).")
    );
    assert_eq!(item.expires_at, Some(now + TimeDelta::hours(72)));
    // Nothing is due before its time.
    server.take();
    place.fetch_all().await;
    assert!(server.take().is_empty());
    while place.item(source).await.state == ItemState::Waiting {
        place.backend.clock.advance(TimeDelta::hours(2));
        place.fetch_all().await;
    }
    assert!(server.take().len() > 30);
    let item = place.item(source).await;
    assert!(
        item.reason
            .unwrap()
            .contains("expired before it could be fetched")
    );
    while mail::outbox::send_next(&place.backend).await.unwrap() == domain::background::More::Now {}
    let letters = post.take();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].contains("owner@north.example") && letters[0].contains("could not be fetched")
    );
    server.put("/rec/a.mkv", 200, sample("picture.mkv"));
    actions::retry(&place.backend, &place.me, source, Some(item.id))
        .await
        .unwrap();
    place.fetch_all().await;
    assert_eq!(place.item(source).await.state, ItemState::Done);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn bigbluebutton_is_asked_where_the_video_is(db: PgPool) {
    let place = given_place(db).await;
    let server = FileServer::start().await;
    let answer = |format: &str| {
        format!(
            "<response><returncode>SUCCESS</returncode><recordings><recording><recordID>r-1</recordID>\
             <meetingID>Algebra</meetingID><startTime>1794996000000</startTime><endTime>1795000000000</endTime><playback>\
             <format><type>{format}</type><url>{}</url></format></playback></recording></recordings></response>",
            server.url("/playback/video/r-1/")
        )
    };
    let settings = SourceSettings {
        server_url: server.url("/bigbluebutton/"),
        ..SourceSettings::default()
    };
    let secrets = SourceSecrets {
        api: Secret::new("shared"),
        ..SourceSecrets::default()
    };
    let source = place
        .add(SourceKind::Bigbluebutton, draft(settings, secrets))
        .await;
    let form = bigbluebutton_form("shared", "Algebra", "r-1", "video");
    assert_eq!(
        place.call(source, None, None, &form).await.unwrap(),
        taken(false)
    );
    // The replay guard: the token has no end.
    assert_eq!(
        place.call(source, None, None, &form).await.unwrap(),
        taken(true)
    );
    server.put(
        "/bigbluebutton/api/getRecordings",
        200,
        answer("presentation"),
    );
    place.fetch_all().await;
    assert!(
        place
            .item(source)
            .await
            .reason
            .unwrap()
            .contains("no video format")
    );
    server.put("/bigbluebutton/api/getRecordings", 200, answer("video"));
    server.put(
        "/playback/video/r-1/video-0.m4v",
        200,
        sample("picture.mp4"),
    );
    place.backend.clock.advance(TimeDelta::minutes(2));
    place.fetch_all().await;
    assert_eq!(place.item(source).await.state, ItemState::Done);
    assert_eq!(place.sessions().await[0].room, "Algebra");
    // The poll finds nothing new in it.
    ask_next(&place.backend).await.unwrap();
    assert_eq!(place.items(source).await.len(), 1);
    server.put(
        "/bigbluebutton/api/getRecordings",
        200,
        "<response><returncode>FAILED</returncode><message>Checksums do not match</message></response>",
    );
    place.backend.clock.advance(TimeDelta::minutes(6));
    ask_next(&place.backend).await.unwrap();
    let health = actions::get(&place.backend, &place.me, source)
        .await
        .unwrap()
        .source
        .health;
    assert_eq!(
        health.poll_failure.as_deref(),
        Some("BigBlueButton refused: Checksums do not match.")
    );
    assert_eq!(health.light(), Light::Failing);
}

/// X7: the address in the event lives for ten minutes; the archive is read again.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_vonage_archive_is_read_again_before_it_is_fetched(db: PgPool) {
    let place = given_place(db).await;
    let server = FileServer::start().await;
    let settings = SourceSettings {
        api_key: "123456".to_owned(),
        server_url: server.url(""),
        ..SourceSettings::default()
    };
    let secrets = SourceSecrets {
        api: Secret::new("key"),
        ..SourceSecrets::default()
    };
    let source = place
        .add(SourceKind::Vonage, draft(settings, secrets))
        .await;
    let key = place.key(source).await;
    let says = |status: &str, url: serde_json::Value| {
        json!({ "id": "75f30a36", "event": "archive", "status": status, "sessionId": "2_MX4x", "outputMode": "composed",
            "createdAt": 1_794_996_000_000_i64, "duration": 66, "url": url, "password": "" })
        .to_string()
    };
    let started = place
        .call(source, None, Some(&key), &says("started", json!(null)))
        .await
        .unwrap();
    assert_eq!(
        started,
        Received::Stored {
            verdict: Verdict::Ignored,
            is_repeat: false
        }
    );
    let stale = json!(server.url("/stale?sig=old"));
    let body = says("available", stale);
    assert_eq!(
        place.call(source, None, Some(&key), &body).await.unwrap(),
        taken(false)
    );
    let fresh =
        json!({ "id": "75f30a36", "status": "available", "url": server.url("/fresh?sig=new") });
    server.put(
        "/v2/project/123456/archive/75f30a36",
        200,
        fresh.to_string(),
    );
    server.put("/fresh", 200, sample("picture.mp4"));
    place.fetch_all().await;
    let item = place.item(source).await;
    assert_eq!(item.state, ItemState::Done, "{item:?}");
    let asked = server.take();
    assert!(asked[0].opentok.is_some() && asked[1].opentok.is_none());
    assert_eq!(asked[1].target, "/fresh?sig=new");
    let wrong = place
        .call(source, None, Some("guess"), &body)
        .await
        .unwrap();
    assert!(matches!(wrong, Received::Refused(Refusal::Unproven(_))));
}

/// Polling finds what no webhook told, and sends its credentials to the API; the files' go to the files' host.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_archive_of_enablex_is_asked_every_few_minutes(db: PgPool) {
    let place = given_place(db).await;
    let (api, portal) = (FileServer::start().await, FileServer::start().await);
    api.protect("app", "key");
    portal.protect("rec", "pa55");
    let settings = SourceSettings {
        api_key: "app".to_owned(),
        server_url: api.url(""),
        files_url: portal.url("/"),
        files_user: "rec".to_owned(),
        ..SourceSettings::default()
    };
    let secrets = SourceSecrets {
        api: Secret::new("key"),
        files: Secret::new("pa55"),
        ..SourceSecrets::default()
    };
    let source = place
        .add(SourceKind::Enablex, draft(settings, secrets))
        .await;
    let today = place.backend.clock.now();
    let path = format!(
        "/video/v2/archive/period/{}/{}",
        (today - TimeDelta::days(3)).format("%Y-%m-%d"),
        today.format("%Y-%m-%d")
    );
    let archive = json!({ "result": "0", "archive": [ { "_id": "1", "trans_date": today.to_rfc3339(), "conf_num": "42",
        "room_id": "6b", "recording": [ { "url": portal.url("/r/individual_1.mkv") } ], "transcoded": [],
        "chatdata": "" } ] });
    api.put(&path, 200, archive.to_string());
    portal.put("/r/individual_1.mkv", 200, sample("picture.mkv"));
    ask_next(&place.backend).await.unwrap();
    place.fetch_all().await;
    let item = place.item(source).await;
    assert_eq!(item.state, ItemState::Done, "{item:?}");
    assert_eq!(place.sessions().await[0].conference_number, "42");
    assert_ne!(api.take()[0].authorization, portal.take()[0].authorization);
    // The webhook that comes late finds it done.
    let body = json!({ "type": "recording", "app_id": "app", "room_id": "6b", "conf_num": "42",
        "recording": [portal.url("/r/individual_1.mkv")] })
    .to_string();
    let key = place.key(source).await;
    place.call(source, None, Some(&key), &body).await.unwrap();
    place.fetch_all().await;
    assert!(portal.take().is_empty());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_in_a_bucket_waits_and_says_so(db: PgPool) {
    let place = given_place(db).await;
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let body = livekit_event("EV_1", "EG_1", "rec/a.mp4", "s3://recordings/rec/a.mp4");
    livekit_says(&place, source, &body).await;
    place.fetch_all().await;
    let item = place.item(source).await;
    assert_eq!(item.state, ItemState::Waiting);
    assert!(item.reason.unwrap().contains("lies in a bucket"));
}

/// A body that is no recording is not one because somebody says so.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_that_is_none_fails_with_its_reason(db: PgPool) {
    let place = given_place(db).await;
    let server = FileServer::start().await;
    server.put("/a.mp4", 200, "<html>sign in</html>");
    let source = place.add(SourceKind::Livekit, livekit()).await;
    let body = livekit_event("EV_1", "EG_1", "a.mp4", &server.url("/a.mp4"));
    livekit_says(&place, source, &body).await;
    place.fetch_all().await;
    let item = place.item(source).await;
    assert_eq!(item.state, ItemState::Failed);
    assert!(item.reason.unwrap().starts_with("The file is not taken: "));
    assert!(place.sessions().await.is_empty());
}
