//! The page of a session: what hostile files can do to it, what it says without scripts, and who may see it.

use domain::PageRequest;
use domain::projects::actions as projects;
use domain::sessions::actions::report as report_sessions;
use domain::sessions::import::{ImportOptions, Progress, import};
use domain::sessions::{SessionFilter, SessionOrder};
use domain::testing::{given_account, operator};
use http::StatusCode;
use sqlx::PgPool;

use crate::support::{Answer, Browser, RECORDINGS, TestApp};

const PICTURE: &[u8] = include_bytes!("../../../domain/tests/media/picture.mp4");
const ATTACKS: [&str; 7] = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\" autofocus onfocus=\"alert(1)",
    "' onmouseover='alert(1)",
    "</p></li><iframe src=javascript:alert(1)>",
    "\u{2028}<svg/onload=alert(1)>\u{202e}gnp.exe",
    "</title></textarea><img src=x onerror=alert(1)>",
];

/// An account `north` with one session of these files; gives the path of its page.
async fn given_session(app: &TestApp, files: &[(&str, &[u8])]) -> String {
    let owner = given_account(&app.backend, "north").await;
    let operator = operator(&owner);
    let project = projects::create(&app.backend, &operator, "Care")
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("Room <b>1").join("100200300400");
    std::fs::create_dir_all(&session).unwrap();
    for (name, bytes) in files {
        std::fs::write(session.join(name), bytes).unwrap();
    }
    let options = ImportOptions::default();
    let progress = Progress::default();
    let report = import(
        &app.backend,
        &operator,
        project.id,
        folder.path(),
        options,
        &progress,
    );
    assert_eq!(report.await.unwrap().refused, []);
    let first = PageRequest {
        cursor: None,
        size: 1,
    };
    let (filter, order) = (SessionFilter::default(), SessionOrder::default());
    let sessions = report_sessions(&app.backend, &operator, &filter, order, &first).await;
    format!("{RECORDINGS}/{}", sessions.unwrap().items[0].id)
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The page that a form's answer leads to, past the layer that takes its problems out of the address.
async fn followed(browser: &mut Browser<'_>, mut answer: Answer) -> Answer {
    while answer.status.is_redirection() {
        let location = answer.header("location").unwrap().to_owned();
        let path = location.trim_start_matches("http://127.0.0.1:3000");
        answer = browser.get(path).await;
    }
    answer
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
        ("title", ATTACKS[6]),
        ("tags", ATTACKS[2]),
    ];
    let saved = browser.post(&page, DESCRIBE, &fields).await;
    assert!(saved.status.is_redirection(), "{}", saved.body);
    for query in ["", "?chat=%3Cscript%3E&t=%22%3E%3Cscript%3E&file=%22%3E"] {
        let answer = browser.get(&format!("{page}{query}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        let html = answer.body;
        assert!(!html.contains("<script>alert"), "in {query:?}");
        for (element, attributes) in elements(&html) {
            let is_ours = !["img", "iframe", "b", "textarea"].contains(&element.as_str());
            assert!(is_ours, "{element} in {query:?}");
            let handler = attributes.iter().find(|name| name.starts_with("on"));
            assert_eq!(handler, None, "{element} in {query:?}");
            assert!(
                !attributes.iter().any(|name| name == "autofocus"),
                "{element}"
            );
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

/// The elements of a page as a browser finds them, each with the names of its attributes.
fn elements(html: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        let is_name = |c: char| !c.is_whitespace() && !"/>=".contains(c);
        let end = tag.find(|c| !is_name(c)).unwrap_or(tag.len());
        let (name, mut inside) = tag.split_at(end);
        rest = inside;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let mut attributes = Vec::new();
        loop {
            inside = inside.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if inside.is_empty() || inside.starts_with('>') {
                break;
            }
            let end = inside[1..]
                .find(|c| !is_name(c))
                .map_or(inside.len(), |end| end + 1);
            attributes.push(inside[..end].to_ascii_lowercase());
            inside = inside[end..].trim_start();
            let Some(value) = inside.strip_prefix('=') else {
                continue;
            };
            let value = value.trim_start();
            inside = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value[1..].split_once(quote).map_or("", |(_, after)| after)
                }
                _ => value.trim_start_matches(|c: char| !c.is_whitespace() && c != '>'),
            };
        }
        rest = inside;
        if name == "script" {
            rest = rest.split_once("</script").map_or("", |(_, after)| after);
        }
        found.push((name.to_ascii_lowercase(), attributes));
    }
    found
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
    assert!(answer.status.is_redirection());
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
    let fields = [("session", session.as_str()), ("title", title.as_str())];
    let refused = browser.post(&page, DESCRIBE, &fields).await;
    let shown = followed(&mut browser, refused).await;
    assert!(
        shown.body.contains("Use at most 200 characters."),
        "{}",
        shown.body
    );
    assert!(shown.body.contains("<details open class=\"session-edit\""));
}

/// R180: what the page shows of a file's content is a grant, with a row in the access log for each file and view.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_the_page_reads_of_files_is_in_the_access_log(db: PgPool) {
    let app = TestApp::new(db);
    let chat = br#"[{"from":"Ada","text":"Hello"}]"#;
    let captions = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n";
    let page = given_session(
        &app,
        &[
            ("transcoded.mp4", PICTURE),
            ("chat.json", chat),
            ("captions.en.vtt", captions),
        ],
    )
    .await;
    let mut owner = owner(&app).await;
    let csv = async |owner: &mut Browser<'_>| {
        app.backend.access_log.flush(&app.backend.db).await.unwrap();
        let export = owner.get("/video/insights/access/export").await;
        assert_eq!(export.status, StatusCode::OK, "{}", export.body);
        export.body
    };
    owner.get(RECORDINGS).await;
    assert_eq!(
        csv(&mut owner).await.lines().count(),
        1,
        "the report reads no file"
    );
    owner.get(&page).await;
    let rows = csv(&mut owner).await;
    assert_eq!(rows.lines().count(), 3, "{rows}");
    for (name, size) in [
        ("chat.json", chat.len()),
        ("captions.en.vtt", captions.len()),
    ] {
        let row = rows.lines().find(|row| row.contains(name)).unwrap();
        for part in ["member", "cookie", "127.0.0.1", "200", &size.to_string()] {
            assert!(row.contains(part), "{part} in {row}");
        }
    }
    owner.get(&page).await;
    assert_eq!(csv(&mut owner).await.lines().count(), 5, "each view");
}

const PROJECTS: &str = "/rpc/app/features/projects/api";

/// Posts a form of the page, and gives the page as it is afterwards.
async fn posted(
    browser: &mut Browser<'_>,
    page: &str,
    name: &str,
    fields: &[(&str, &str)],
) -> String {
    let answer = browser
        .post(page, &format!("{PROJECTS}/{name}"), fields)
        .await;
    assert!(answer.status.is_redirection(), "{name}: {}", answer.body);
    let location = answer.header("location").unwrap();
    assert!(location.ends_with(page), "{name} leads to {location}");
    browser.get(page).await.body
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn files_are_marked_held_trashed_and_restored_on_the_page(db: PgPool) {
    let app = TestApp::new(db);
    let metadata = br#"{"started_at": "2026-03-04T10:00:00Z", "ended_at": "2026-03-04T10:01:00Z"}"#;
    let files: [(&str, &[u8]); 2] = [("transcoded.mp4", PICTURE), ("metadata.json", metadata)];
    let page = given_session(&app, &files).await;
    let session = page.rsplit('/').next().unwrap().to_owned();
    let mut owner = owner(&app).await;
    let html = owner.get(&page).await.body;
    assert!(
        !html.contains("Mark secure"),
        "of no use in a secure project"
    );
    let project = between(&html, "href=\"/projects/", "\"").to_owned();
    let open = [
        ("project", project.as_str()),
        ("access", "open"),
        ("public_hours", "87600"),
    ];
    let settings = format!("/projects/{project}");
    posted(&mut owner, &settings, "set_project_access", &open).await;
    let html = owner.get(&page).await.body;
    assert!(html.contains(">Open to anyone<") && html.contains("until <time"));
    let report = owner.get("/video/insights/recordings").await.body;
    assert!(report.contains("Open to anyone until <time"), "{report}");
    assert!(html.contains("Mark transcoded.mp4 secure"));
    let file = between(&html, "<input type=\"hidden\" name=\"file\" value=\"", "\"").to_owned();
    let of_file = [("session", session.as_str()), ("file", file.as_str())];
    let marked = [of_file[0], of_file[1], ("is_secure", "true")];
    let html = posted(&mut owner, &page, "mark_file", &marked).await;
    assert!(html.contains("Marked secure") && html.contains("Remove mark"));

    let reason = [("session", session.as_str()), ("reason", "Case 7")];
    let html = posted(&mut owner, &page, "hold_session", &reason).await;
    assert!(html.contains("Legal hold") && html.contains("Case 7"));
    assert!(
        !html.contains("Move to the trash"),
        "nothing shown that cannot be done"
    );
    posted(&mut owner, &page, "release_session", &reason[..1]).await;

    let trashed = [
        ("session", session.as_str()),
        ("target", file.as_str()),
        ("reason", "Consent withdrawn"),
    ];
    let html = posted(&mut owner, &page, "discard_files", &trashed).await;
    assert!(html.contains("In the trash") && html.contains("Consent withdrawn"));
    let html = posted(&mut owner, &page, "restore_file", &of_file).await;
    assert!(!html.contains("In the trash"));
    // A refused form comes back open, with the problem beside its field.
    let refused = [
        ("session", session.as_str()),
        ("target", "all"),
        ("reason", ""),
    ];
    let answer = owner
        .post(&page, &format!("{PROJECTS}/discard_files"), &refused)
        .await;
    let shown = followed(&mut owner, answer).await;
    assert!(shown.body.contains("Say why"), "{}", shown.body);
    assert!(
        shown
            .body
            .contains("<details open class=\"governance-form\"")
    );
}

/// What stands between these two, the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap().1;
    rest.split_once(after).unwrap().0
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_former_address_leads_to_the_page(db: PgPool) {
    let app = TestApp::new(db);
    let mut nobody = app.browser();
    let id = "01900000-0000-7000-8000-000000000000";
    let moved = nobody.get(&format!("/projects/sessions/{id}")).await;
    assert_eq!(moved.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(
        moved.header("location"),
        Some(format!("{RECORDINGS}/{id}").as_str())
    );
    let nowhere = nobody.get("/projects/sessions/%2F%2Fevil.example").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}
