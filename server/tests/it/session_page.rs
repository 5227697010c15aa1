//! The page of a session: what hostile files can do to it, what it says without scripts, and who may see it.

use domain::projects::actions as projects;
use domain::sessions::import::{ImportOptions, Progress, import};
use domain::testing::{given_account, operator};
use http::StatusCode;
use sqlx::PgPool;

use crate::support::{Browser, RECORDINGS, TestApp};

const PICTURE: &[u8] = include_bytes!("../../../domain/tests/media/picture.mp4");
const ATTACKS: [&str; 6] = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\" autofocus onfocus=\"alert(1)",
    "' onmouseover='alert(1)",
    "</p></li><iframe src=javascript:alert(1)>",
    "\u{2028}<svg/onload=alert(1)>\u{202e}gnp.exe",
];

/// An account `north` with one session of these files; gives the path of its page.
async fn given_session(app: &TestApp, files: &[(&str, &[u8])]) -> String {
    let owner = given_account(&app.backend, "north").await;
    let operator = operator(&owner);
    let project = projects::create(&app.backend, &operator, "Care")
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("Room <b>1</b>").join("100200300400");
    std::fs::create_dir_all(&session).unwrap();
    for (name, bytes) in files {
        std::fs::write(session.join(name), bytes).unwrap();
    }
    let options = ImportOptions::default();
    let report = import(
        &app.backend,
        &operator,
        project.id,
        folder.path(),
        options,
        &Progress::default(),
    );
    assert_eq!(report.await.unwrap().refused, []);
    let mut browser = app.signed_in_as("owner@north.example").await;
    let report = browser.get(RECORDINGS).await.body;
    let link = report.split(&format!("\"{RECORDINGS}/")).nth(1).unwrap();
    format!("{RECORDINGS}/{}", link.split('"').next().unwrap())
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

async fn owner(app: &TestApp) -> Browser<'_> {
    app.signed_in_as("owner@north.example").await
}

/// R079, R106: whatever a file, a title or a tag says, it makes no element, attribute or script.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn hostile_chat_names_and_titles_are_shown_as_text(db: PgPool) {
    let app = TestApp::new(db);
    let lines: Vec<String> = ATTACKS
        .iter()
        .map(|attack| {
            format!(
                "{{\"from\":{0},\"text\":{0},\"offset_ms\":1}}",
                json(attack)
            )
        })
        .collect();
    let people: Vec<String> = ATTACKS
        .iter()
        .map(|attack| format!("{{\"name\":{0},\"role\":{0}}}", json(attack)))
        .collect();
    let events: Vec<String> = ATTACKS
        .iter()
        .map(|attack| {
            format!(
                "{{\"at\":1790000000,\"type\":{0},\"name\":{0}}}",
                json(attack)
            )
        })
        .collect();
    let metadata = format!(
        "{{\"started_at\":1790000000,\"participants\":[{}],\"events\":[{}]}}",
        people.join(","),
        events.join(",")
    );
    let captions = format!(
        "WEBVTT\n\n00:00.000 --> 00:01.000\n{}\n",
        ATTACKS[5].replace('<', "&lt;")
    );
    let page = given_session(
        &app,
        &[
            ("transcoded.mp4", PICTURE),
            ("chat.json", format!("[{}]", lines.join(",")).as_bytes()),
            ("metadata.json", metadata.as_bytes()),
            ("captions.vtt", captions.as_bytes()),
        ],
    )
    .await;
    let mut browser = owner(&app).await;
    let session = page.rsplit('/').next().unwrap().to_owned();
    let fields = [
        ("session", session.as_str()),
        ("title", ATTACKS[1]),
        ("tags", ATTACKS[2]),
    ];
    let saved = browser.post(&page, DESCRIBE, &fields).await;
    assert_eq!(saved.status, StatusCode::FOUND, "{}", saved.body);
    for query in ["", "?chat=%3Cscript%3E&t=%22%3E%3Cscript%3E&file=%22%3E"] {
        let answer = browser.get(&format!("{page}{query}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        let html = answer.body;
        for element in ["<script>alert", "<img", "<iframe", "<svg/", "<b>1"] {
            assert!(!html.contains(element), "{element} in {query:?}");
        }
        for attribute in [" onfocus=", " onmouseover=", " onerror=", " onload="] {
            let is_within_text = |place: usize| {
                let before = &html[..place];
                // Escaped or between tags: the last tag before it is closed.
                before.rfind('>') >= before.rfind('<')
                    || before.ends_with("&quot;")
                    || before.ends_with("autofocus")
            };
            let found = html
                .match_indices(attribute)
                .all(|(place, _)| is_within_text(place));
            assert!(found, "{attribute} in {query:?}");
        }
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
            "it is shown as it came"
        );
        assert!(
            !html.contains('\u{202e}'),
            "nothing turns the direction of writing"
        );
    }
}

const DESCRIBE: &str = "/rpc/app/features/sessions/detail/api/describe_session";

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_session_is_not_found(db: PgPool) {
    let app = TestApp::new(db);
    let page = given_session(&app, &[("transcoded.mp4", PICTURE), ("chat.json", b"[]")]).await;
    given_account(&app.backend, "south").await;
    let mut stranger = app.signed_in_as("owner@south.example").await;
    assert_eq!(stranger.get(&page).await.status, StatusCode::NOT_FOUND);
    let mut nobody = app.browser();
    let answer = nobody.get(&format!("{page}?t=5")).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert!(
        answer
            .header("location")
            .unwrap()
            .starts_with("/sign-in?next=")
    );
    let mut owner = owner(&app).await;
    assert_eq!(owner.get(&page).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_huge_chat_is_cut_and_said_and_a_broken_one_offers_the_file(db: PgPool) {
    let app = TestApp::new(db);
    let message =
        r#"{"from":"Ada","offset_ms":1,"text":"again and again and again and again and again"},"#;
    let huge = format!("[{}{{}}]", message.repeat(200_000));
    let page = given_session(
        &app,
        &[
            ("transcoded.mp4", PICTURE),
            ("chat.json", huge.as_bytes()),
            ("metadata.json", b"[1]"),
        ],
    )
    .await;
    let html = owner(&app).await.get(&page).await.body;
    assert!(html.len() < 1 << 20, "{} bytes", html.len());
    assert!(html.contains("The first 1\u{202f}000 lines are shown"));
    assert!(html.contains("The file is longer than what is read here."));
    assert!(html.contains("The metadata cannot be read"));
    assert!(html.contains("metadata.json?download"));
}

/// X17, and the player's rules: what Safari asks for, and no second dialog.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_page_plays_without_scripts_and_says_what_is_missing(db: PgPool) {
    let app = TestApp::new(db);
    let page = given_session(
        &app,
        &[
            ("individual_recording_1.mp4", PICTURE),
            (
                "metadata.json",
                br#"{"participants":[{"name":"Ada"},{"name":"Bo"}]}"#,
            ),
        ],
    )
    .await;
    let html = owner(&app).await.get(&format!("{page}?t=83")).await.body;
    let video = html
        .split("<video")
        .nth(1)
        .unwrap()
        .split("</video>")
        .next()
        .unwrap();
    for part in [
        " controls",
        " playsinline",
        "preload=\"metadata\"",
        "#t=83.000\"",
        "type=\"video/mp4\"",
    ] {
        assert!(video.contains(part), "{part} in {video}");
    }
    assert!(!video.contains("crossorigin") && !html.contains("Basic"));
    assert!(html.contains("No chat script"));
    assert!(html.contains("participant 2, \u{2068}Bo\u{2069}"));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_title_that_is_too_long_is_refused_beside_its_field(db: PgPool) {
    let app = TestApp::new(db);
    let page = given_session(&app, &[("transcoded.mp4", PICTURE)]).await;
    let session = page.rsplit('/').next().unwrap().to_owned();
    let mut browser = owner(&app).await;
    let title = "x".repeat(201);
    let refused = browser
        .post(&page, DESCRIBE, &[("session", &session), ("title", &title)])
        .await;
    assert_eq!(refused.status, StatusCode::FOUND);
    let shown = browser
        .get(
            refused
                .header("location")
                .unwrap()
                .strip_prefix("http://127.0.0.1:3000")
                .unwrap(),
        )
        .await;
    let shown = match shown.header("location") {
        Some(next) => browser.get(next).await,
        None => shown,
    };
    assert!(
        shown.body.contains("Use at most 200 characters."),
        "{}",
        shown.body
    );
    assert!(shown.body.contains("<details class=\"session-edit\" open"));
}
