//! Receivers: what senders post, as they post it, ends as a recording in the report.

use axum::body::Body;
use domain::background::More;
use domain::intake::{
    MAX_EVENT, SourceDraft, SourceId, SourceKind, SourceSecrets, SourceSettings, actions,
};
use domain::intake::{fetching::fetch_next, polling::ask_next};
use domain::members::Member;
use domain::outbound::Outbound;
use domain::projects;
use domain::testing::senders::{FileServer, bigbluebutton_form, livekit_event, livekit_token};
use domain::testing::{ACCOUNT_PASSWORD, actor, given_account, given_backend};
use domain::{Backend, Secret};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use http::{Method, StatusCode};
use sqlx::PgPool;

use crate::support::{Answer, RECORDINGS, TestApp};

struct Place {
    app: TestApp,
    owner: Member,
    files: FileServer,
}

async fn given_place(db: PgPool) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db, folder.path());
    backend.outbound = Outbound::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let app = TestApp::on(backend, folder, "http://127.0.0.1:3000");
    let owner = given_account(&app.backend, "north").await;
    let files = FileServer::start().await;
    Place { app, owner, files }
}

fn sample() -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(folder.join("../domain/tests/media/picture.mp4")).unwrap()
}

impl Place {
    fn backend(&self) -> &Backend {
        &self.app.backend
    }

    async fn add(&self, kind: SourceKind, settings: SourceSettings, secret: &str) -> SourceId {
        let me = actor(&self.owner);
        let project = projects::actions::create(self.backend(), &me, kind.label())
            .await
            .unwrap();
        let draft = SourceDraft {
            name: "The source".to_owned(),
            settings,
            secrets: SourceSecrets {
                api: Secret::new(secret),
                files: Secret::new("pa55"),
                ..SourceSecrets::default()
            },
        };
        actions::add(self.backend(), &me, project.id, kind, draft)
            .await
            .unwrap()
    }

    async fn livekit(&self) -> SourceId {
        let settings = SourceSettings {
            api_key: "APIkey".to_owned(),
            files_url: self.files.url("/"),
            files_user: "vault".to_owned(),
            ..SourceSettings::default()
        };
        self.add(SourceKind::Livekit, settings, "APIsecret").await
    }

    async fn post(&self, path: &str, headers: &[(http::HeaderName, &str)], body: &str) -> Answer {
        let mut request = self.app.request(Method::POST, path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.header(CONTENT_LENGTH, body.len());
        self.app
            .send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    /// As LiveKit posts it.
    async fn post_livekit(&self, source: SourceId, body: &str, secret: &str) -> StatusCode {
        let token = livekit_token("APIkey", secret, body, self.backend().clock.now());
        let headers = [
            (CONTENT_TYPE, "application/webhook+json"),
            (AUTHORIZATION, token.as_str()),
        ];
        self.post(&format!("/intake/{source}"), &headers, body)
            .await
            .status
    }

    async fn work(&self) {
        while Box::pin(fetch_next(self.backend())).await.unwrap() == More::Now
            || ask_next(self.backend()).await.unwrap() == More::Now
        {}
    }

    async fn report(&self) -> String {
        let mut browser = self.app.browser();
        browser
            .sign_in("owner@north.example", ACCOUNT_PASSWORD)
            .await;
        browser.get(RECORDINGS).await.body
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_livekit_event_becomes_a_recording_in_the_report(db: PgPool) {
    let place = given_place(db).await;
    place.files.protect("vault", "pa55");
    place.files.put("/rec/board.mp4", 200, sample());
    let source = place.livekit().await;
    let body = livekit_event(
        "EV_1",
        "EG_1",
        "rec/board.mp4",
        "https://bucket.example/rec/board.mp4",
    );
    assert_eq!(
        place.post_livekit(source, &body, "APIsecret").await,
        StatusCode::OK
    );
    assert_eq!(
        place.post_livekit(source, &body, "APIsecret").await,
        StatusCode::OK
    );
    place.work().await;
    assert!(place.report().await.contains("board-meeting"));
    assert_eq!(place.files.take().len(), 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_bigbluebutton_form_becomes_a_recording_in_the_report(db: PgPool) {
    let place = given_place(db).await;
    let settings = SourceSettings {
        server_url: place.files.url("/bigbluebutton"),
        ..SourceSettings::default()
    };
    let source = place
        .add(SourceKind::Bigbluebutton, settings, "shared")
        .await;
    let answer = format!(
        "<response><returncode>SUCCESS</returncode><recordings><recording><recordID>r-1</recordID>\
         <meetingID>Algebra</meetingID><playback><format><type>video</type><url>{}</url></format></playback></recording>\
         </recordings></response>",
        place.files.url("/playback/video/r-1/")
    );
    place
        .files
        .put("/bigbluebutton/api/getRecordings", 200, answer);
    place
        .files
        .put("/playback/video/r-1/video-0.m4v", 200, sample());
    let path = format!("/intake/{source}");
    let form = [(CONTENT_TYPE, "application/x-www-form-urlencoded")];
    let wrong = place
        .post(
            &path,
            &form,
            &bigbluebutton_form("wrong", "Algebra", "r-1", "video"),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let right = bigbluebutton_form("shared", "Algebra", "r-1", "video");
    let query = format!("{path}?type=video");
    assert_eq!(
        place.post(&query, &form, &right).await.status,
        StatusCode::OK
    );
    place.work().await;
    assert!(place.report().await.contains("Algebra"));
}

/// What is refused leaves nothing; a browser's foreign page cannot speak for a sender, with a cookie or without.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_no_event_of_the_sender_is_refused(db: PgPool) {
    let place = given_place(db.clone()).await;
    let source = place.livekit().await;
    let body = livekit_event("EV_1", "EG_1", "a.mp4", "https://bucket.example/a.mp4");
    assert_eq!(
        place.post_livekit(source, &body, "wrong").await,
        StatusCode::UNAUTHORIZED
    );
    let path = format!("/intake/{source}");
    let cookie = [(COOKIE, "reelgate=x")];
    assert_eq!(
        place.post(&path, &cookie, &body).await.status,
        StatusCode::UNAUTHORIZED
    );
    let nowhere = format!("/intake/{}", uuid::Uuid::nil());
    assert_eq!(
        place.post(&nowhere, &[], &body).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        place.post("/intake/x", &[], &body).await.status,
        StatusCode::NOT_FOUND
    );
    let large = "x".repeat(MAX_EVENT + 1);
    assert_eq!(
        place.post(&path, &[], &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        place.post_livekit(source, "no json", "APIsecret").await,
        StatusCode::BAD_REQUEST
    );
    let get = place
        .app
        .request(Method::GET, &path)
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        place.app.send(get).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let stored: i64 = sqlx::query_scalar("select count(*) from intake_events")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(stored, 0);
    let detail = actions::get(place.backend(), &actor(&place.owner), source)
        .await
        .unwrap();
    // The first is written down at once, the others of its minute together.
    assert_eq!(detail.source.health.refusals, 1);
}
