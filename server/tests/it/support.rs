//! What every test of the portal needs: the router on a fresh database, and a browser without scripts.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use domain::Backend;
use domain::mail::Post;
use domain::testing::{ACCOUNT_PASSWORD, given_backend, until_somebody_waits};
use http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, ORIGIN, REFERER, SET_COOKIE,
};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use server::AppState;
use server::config::Network;
use server::state::HttpSettings;
use sqlx::PgPool;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const SIGN_IN: &str = "/rpc/app/features/sign_ins/api/sign_in";
pub(crate) const SIGN_OUT: &str = "/rpc/app/features/sign_ins/api/sign_out";
pub(crate) const RECORDINGS: &str = "/video/insights/recordings";
/// What browsers accept of a page.
pub(crate) const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// The whole router, in this process, without a port.
pub(crate) struct TestApp {
    pub(crate) backend: Backend,
    origin: String,
    router: Router,
    settings: HttpSettings,
    folder: TempDir,
}

impl TestApp {
    pub(crate) fn new(db: PgPool) -> Self {
        Self::at(db, "http://127.0.0.1:3000")
    }

    /// The same under another public address.
    pub(crate) fn at(db: PgPool, public_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = given_backend(db, folder.path());
        Self::on(backend, folder, public_url)
    }

    /// The same on a backend that is there already.
    pub(crate) fn on(backend: Backend, folder: TempDir, public_url: &str) -> Self {
        let site_dir = folder.path().join("site");
        std::fs::create_dir_all(site_dir.join("pkg")).unwrap();
        std::fs::write(site_dir.join("pkg/reelgate.css"), "body{}").unwrap();
        let settings = HttpSettings {
            public_url: public_url.parse().unwrap(),
            listen: "127.0.0.1:3000".parse().unwrap(),
            trusted_proxies: Vec::<Network>::new(),
            site_dir,
        };
        let router = server::router(AppState::new(backend.clone(), settings.clone()));
        Self {
            backend,
            origin: public_url.to_owned(),
            router,
            settings,
            folder,
        }
    }

    /// From now on mail goes there.
    pub(crate) fn set_post(&mut self, post: Post) {
        self.backend.post = post;
        let state = AppState::new(self.backend.clone(), self.settings.clone());
        self.router = server::router(state);
    }

    /// For a test that needs a port.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// A file of the built site.
    pub(crate) fn given_site_file(&self, path: &str, text: &str) {
        std::fs::write(self.folder.path().join("site").join(path), text).unwrap();
    }

    /// A request to our own host; everything else is the caller's.
    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let host = self.origin.split_once("://").unwrap().1;
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, host)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// What comes of a request that begins while `meanwhile` is done and not committed. It is committed when the request
    /// waits for it, or is through without.
    pub(crate) async fn send_beside(&self, meanwhile: &str, request: Request<Body>) -> Answer {
        let mut tx = self.backend.db.begin().await.unwrap();
        let meanwhile = sqlx::raw_sql(sqlx::AssertSqlSafe(meanwhile.to_owned()));
        meanwhile.execute(&mut *tx).await.unwrap();
        let mut sending = std::pin::pin!(self.send(request));
        let through = tokio::select! {
            answer = &mut sending => Some(answer),
            () = until_somebody_waits(&self.backend.db) => None,
        };
        tx.commit().await.unwrap();
        match through {
            Some(answer) => answer,
            None => sending.await,
        }
    }

    /// A visitor without cookies.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            app: self,
            cookies: BTreeMap::new(),
        }
    }

    /// A browser that went through the real sign-in.
    pub(crate) async fn signed_in_as(&self, email: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.sign_in(email, ACCOUNT_PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(answer.header("location"), Some("/"), "signed in");
        browser
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The whole `Set-Cookie` line of this cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self
            .headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap());
        lines
            .into_iter()
            .find(|line| line.split_once('=').is_some_and(|(found, _)| found == name))
    }
}

/// A browser without scripts: keeps cookies and posts forms.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self
            .app
            .request(Method::GET, path)
            .header(ACCEPT, HTML)
            .header(COOKIE, self.cookie_line());
        self.take(request.body(Body::empty()).unwrap()).await
    }

    /// Posts a form from the page at `page`.
    pub(crate) async fn post(
        &mut self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let body = pairs.join("&");
        let request = self
            .app
            .request(Method::POST, action)
            .header(ACCEPT, HTML)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(CONTENT_LENGTH, body.len())
            .header(ORIGIN, &self.app.origin)
            .header(REFERER, format!("{}{page}", self.app.origin))
            .header("sec-fetch-site", "same-origin")
            .header(COOKIE, self.cookie_line());
        self.take(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post(
            "/sign-in",
            SIGN_IN,
            &[("email", email), ("password", password)],
        )
        .await
    }

    /// Whether the portal knows who this is.
    pub(crate) async fn is_signed_in(&mut self) -> bool {
        let answer = self.get(RECORDINGS).await;
        match answer.status {
            StatusCode::OK => true,
            StatusCode::FOUND => {
                assert!(
                    answer.header("location").unwrap().starts_with("/sign-in"),
                    "{answer:?}"
                );
                false
            }
            other => panic!("{other}: {}", answer.body),
        }
    }

    fn cookie_line(&self) -> String {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    async fn take(&mut self, request: Request<Body>) -> Answer {
        let answer = self.app.send(request).await;
        for line in answer.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}
