//! What every request meets before its route, and every response on its way out.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

use axum::body::Body;
use domain::testing::given_account;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, IF_MODIFIED_SINCE, ORIGIN};
use http::{Method, Request, StatusCode};
use sqlx::PgPool;

use crate::support::{Answer, HTML, RECORDINGS, SIGN_IN, TestApp};

const FORM: &str = "application/x-www-form-urlencoded";

async fn get(app: &TestApp, path: &str) -> Answer {
    app.send(
        app.request(Method::GET, path)
            .header(ACCEPT, HTML)
            .body(Body::empty())
            .unwrap(),
    )
    .await
}

/// One request for each kind of answer, errors included.
async fn answers(app: &TestApp) -> Vec<(StatusCode, Answer)> {
    let get_with = |name: http::HeaderName, value: &'static str, path: &'static str| {
        app.request(Method::GET, path)
            .header(name, value)
            .body(Body::empty())
            .unwrap()
    };
    let foreign = Request::get("/")
        .header(HOST, "evil.example.com")
        .body(Body::empty())
        .unwrap();
    let post = |kind: &'static str, length: usize| {
        let request = app
            .request(Method::POST, SIGN_IN)
            .header(CONTENT_TYPE, kind)
            .header(CONTENT_LENGTH, length);
        request.body(Body::from("a".repeat(length))).unwrap()
    };
    let cross = app
        .request(Method::POST, SIGN_IN)
        .header("sec-fetch-site", "cross-site")
        .body(Body::empty())
        .unwrap();
    let modified = get_with(
        IF_MODIFIED_SINCE,
        "Fri, 01 Jan 2100 00:00:00 GMT",
        "/pkg/reelgate.css",
    );
    vec![
        (StatusCode::OK, get(app, "/sign-in").await),
        (StatusCode::OK, get(app, "/pkg/reelgate.css").await),
        (StatusCode::OK, get(app, "/health/live").await),
        (StatusCode::FOUND, get(app, RECORDINGS).await),
        (StatusCode::NOT_MODIFIED, app.send(modified).await),
        (StatusCode::BAD_REQUEST, get(app, "/%00").await),
        (StatusCode::FORBIDDEN, app.send(cross).await),
        (StatusCode::NOT_FOUND, get(app, "/nowhere").await),
        (
            StatusCode::PAYLOAD_TOO_LARGE,
            app.send(post(FORM, 70_000)).await,
        ),
        (
            StatusCode::URI_TOO_LONG,
            get(app, &format!("/{}", "a".repeat(9000))).await,
        ),
        (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            app.send(post("text/plain", 1)).await,
        ),
        (StatusCode::MISDIRECTED_REQUEST, app.send(foreign).await),
    ]
}

/// R074, R076, R078.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_answer_has_the_security_headers(db: PgPool) {
    let app = TestApp::new(db);
    for (status, answer) in answers(&app).await {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{status}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("same-origin"),
            "{status}"
        );
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            Some("same-origin"),
            "{status}"
        );
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{status}: {policy}");
        }
        assert_eq!(
            answer.header("x-request-id").map(str::len),
            Some(16),
            "{status}"
        );
        assert_eq!(
            answer.header("strict-transport-security"),
            None,
            "plain http: {status}"
        );
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{status}"
        );
    }
}

/// R078.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn behind_https_every_answer_has_hsts(db: PgPool) {
    let app = TestApp::at(db, "https://rec.example.com");
    for (status, answer) in answers(&app).await {
        assert_eq!(
            answer.header("strict-transport-security"),
            Some("max-age=31536000"),
            "{status}"
        );
    }
}

/// R077: every script of a page carries the nonce of its own response, and each response has another.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn scripts_carry_the_nonce_of_the_header(db: PgPool) {
    let app = TestApp::new(db);
    let mut seen = Vec::new();
    for path in ["/sign-in", "/sign-in", "/nowhere"] {
        let answer = get(&app, path).await;
        let policy = answer.header("content-security-policy").unwrap();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        let scripts: Vec<_> = answer.body.split("<script").skip(1).collect();
        assert!(!scripts.is_empty());
        for script in scripts {
            let tag = script.split('>').next().unwrap();
            assert!(
                tag.contains(&format!("nonce=\"{nonce}\"")),
                "{path}: <script{tag}>"
            );
        }
        assert!(!seen.contains(&nonce), "a nonce is used once");
        seen.push(nonce);
    }
}

/// Pages belong to one person and are never kept; site files are.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_site_files_are_kept_by_caches(db: PgPool) {
    let app = TestApp::new(db);
    app.given_site_file("pkg/reelgate.0123456789abcdef.js", "1");
    assert_eq!(
        get(&app, "/sign-in").await.header("cache-control"),
        Some("no-store")
    );
    assert_eq!(
        get(&app, "/pkg/reelgate.css").await.header("cache-control"),
        Some("no-cache")
    );
    let hashed = get(&app, "/pkg/reelgate.0123456789abcdef.js").await;
    assert_eq!(
        hashed.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

/// R086: a page is not served under an address that looks like a file.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_page_has_no_other_address(db: PgPool) {
    let app = TestApp::new(db);
    for path in [
        "/video/insights/recordings/x.css",
        "/account.css",
        "/pkg/none.js",
        "/pkg/%2e%2e/x.css",
    ] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

/// Compressed beside the file, for who accepts it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_compressed_site_file_is_preferred(db: PgPool) {
    let app = TestApp::new(db);
    app.given_site_file("pkg/reelgate.css.br", "compressed");
    let request = app
        .request(Method::GET, "/pkg/reelgate.css")
        .header("accept-encoding", "gzip, br");
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (answer.header("content-encoding"), answer.body.as_str()),
        (Some("br"), "compressed")
    );
    assert_eq!(answer.header("content-type"), Some("text/css"));
    assert_eq!(get(&app, "/pkg/reelgate.css").await.body, "body{}");
}

/// BREACH: a page that another site had opened tells nothing by its length.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_page_is_compressed_only_for_our_own_navigation(db: PgPool) {
    let app = TestApp::new(db);
    for (site, path, coding) in [
        (Some("none"), "/sign-in", Some("gzip")),
        (Some("same-origin"), "/sign-in", Some("gzip")),
        (Some("same-site"), "/sign-in", None),
        (Some("cross-site"), "/sign-in", None),
        (None, "/sign-in", None),
        (Some("none"), "/health/live", None),
        (Some("none"), "/files/a/b/c", None),
    ] {
        let mut request = app
            .request(Method::GET, path)
            .header(ACCEPT, HTML)
            .header("accept-encoding", "gzip, br");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            answer.header("content-encoding"),
            coding,
            "{path} from {site:?}"
        );
    }
}

/// R070 and R072, over the list that the server functions themselves generate.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn no_server_function_takes_a_write_of_another_site(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    let browser = app.signed_in_as("owner@acme.example").await;
    let cookie = format!("reelgate={}", browser.cookies["reelgate"]);
    let own = "http://127.0.0.1:3000";
    let forged: [&[(&str, &str)]; 6] = [
        &[("sec-fetch-site", "cross-site"), ("origin", own)],
        &[("sec-fetch-site", "same-site"), ("origin", own)],
        &[("sec-fetch-site", "CROSS-SITE")],
        &[("origin", "https://evil.example.com")],
        &[("origin", "null")],
        &[],
    ];
    let paths: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    assert!(
        paths.iter().any(|(path, _)| *path == SIGN_IN) && paths.len() > 5,
        "{paths:?}"
    );
    for (path, method) in paths {
        assert_eq!(method, Method::POST, "{path} may change something");
        for headers in forged {
            let mut request = app
                .request(Method::POST, path)
                .header(CONTENT_TYPE, FORM)
                .header(COOKIE, &cookie);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert!(
                answer.body.contains("did not come from a page"),
                "{path}: {}",
                answer.body
            );
        }
    }
}

/// R070: what our own pages and programs without a cookie send is taken.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn own_writes_are_taken(db: PgPool) {
    let app = TestApp::new(db);
    let own: [&[(http::HeaderName, &str)]; 4] = [
        &[
            ("sec-fetch-site".parse().unwrap(), "same-origin"),
            (COOKIE, "a=b"),
        ],
        &[("sec-fetch-site".parse().unwrap(), "none"), (COOKIE, "a=b")],
        &[(ORIGIN, "http://127.0.0.1:3000"), (COOKIE, "a=b")],
        &[],
    ];
    for headers in own {
        let mut request = app
            .request(Method::POST, SIGN_IN)
            .header(CONTENT_TYPE, FORM);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let answer = app
            .send(request.body(Body::from("email=a&password=b")).unwrap())
            .await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{headers:?}: {}",
            answer.body
        );
    }
}

/// R071: server functions are not reached by GET or HEAD.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_server_function_is_not_called_by_get(db: PgPool) {
    let app = TestApp::new(db);
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let answer = app
            .send(
                app.request(method.clone(), SIGN_IN)
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
}

/// R073.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_server_function_takes_forms_only(db: PgPool) {
    let app = TestApp::new(db);
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let request = app
            .request(Method::POST, SIGN_IN)
            .header(CONTENT_TYPE, kind);
        let answer = app
            .send(request.body(Body::from("email=a&password=b")).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

/// Junk in a query is never an error of ours, nor shown.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_forged_refusal_in_the_address_shows_nothing(db: PgPool) {
    let app = TestApp::new(db);
    given_account(&app.backend, "acme").await;
    for query in [
        "__path=/x&__err=eyJ",
        "__err=%FF",
        "__path=%2Frpc%2Fx&__err=IkludmFsaWQi",
        "a=%zz&%%%",
    ] {
        let answer = get(&app, &format!("/sign-in?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        assert!(answer.cookie("flash").is_none());
    }
}

/// R060: a panic is an answer, and nothing of it gets out.
#[tokio::test]
async fn a_panic_answers_without_its_text() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    async fn broken() -> &'static str {
        panic!("the secret is 42")
    }
    let router = axum::Router::new()
        .route("/", axum::routing::get(broken))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(
            server::layers::panic::answer,
        ));
    let response = router
        .oneshot(Request::get("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&body).contains("42"));
}

/// R182: whoever comes while the database is away is told to come back, by pages and by monitors' addresses alike.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn without_a_database_every_answer_says_when_to_come_back(db: PgPool) {
    let app = TestApp::new(db);
    app.backend.db.close().await;
    for path in ["/health/ready", RECORDINGS] {
        let request = app
            .request(Method::GET, path)
            .header("cookie", "reelgate=AAAAAAAAAAAAAAAAAAAAAA");
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), Some("2"), "{path}");
    }
}
