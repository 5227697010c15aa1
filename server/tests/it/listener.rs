//! The accept loop, byte by byte.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

use std::net::SocketAddr;
use std::time::Duration;

use server::listener::serve;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::support::{SIGN_IN, TestApp};

/// A listener on a port of its own, until dropped.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

pub(crate) async fn given_listener(router: axum::Router) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(
        listener,
        router,
        async { drop(stopped.await) },
        Duration::from_secs(5),
    ));
    Listening {
        address,
        stop,
        task,
    }
}

/// Sends these bytes and reads until the server closes.
pub(crate) async fn talk(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(9), stream.read_to_end(&mut answer)).await;
    assert!(
        read.is_ok(),
        "the server keeps the connection after {bytes:?}"
    );
    String::from_utf8_lossy(&answer).into_owned()
}

fn status_of(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("nothing")
}

/// R119: framing that two parsers could read differently is refused, and the connection ends. A smuggled second
/// request is never answered.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn ambiguous_framing_is_refused_and_the_connection_closed(db: PgPool) {
    let app = TestApp::new(db);
    let listening = given_listener(app.router()).await;
    let host = format!("Host: {}\r\n", listening.address);
    let smuggled = format!("GET /health/live HTTP/1.1\r\n{host}\r\n");
    let cases = [
        (
            "TE and CL",
            format!("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{smuggled}"),
        ),
        (
            "CL and TE",
            format!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        ),
        (
            "differing lengths",
            format!("Content-Length: 0\r\nContent-Length: 5\r\n\r\n{smuggled}"),
        ),
        (
            "a list of lengths",
            format!("Content-Length: 0, 5\r\n\r\n{smuggled}"),
        ),
        (
            "a signed length",
            format!("Content-Length: +5\r\n\r\nhello{smuggled}"),
        ),
        (
            "a negative length",
            format!("Content-Length: -1\r\n\r\n{smuggled}"),
        ),
        (
            "an endless length",
            format!("Content-Length: 99999999999999999999\r\n\r\n{smuggled}"),
        ),
        (
            "another coding",
            format!("Transfer-Encoding: gzip\r\n\r\n{smuggled}"),
        ),
        (
            "chunked not last",
            format!("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n{smuggled}"),
        ),
        (
            "chunked misspelt",
            format!("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        ),
        (
            "a huge chunk",
            "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n".to_owned(),
        ),
        (
            "a chunk extension",
            format!(
                "Transfer-Encoding: chunked\r\n\r\n0;{}\r\n\r\n",
                "a".repeat(20_000)
            ),
        ),
        ("a folded line", format!("X-A: 1\r\n 2\r\n\r\n{smuggled}")),
        (
            "a blank before the colon",
            format!("Content-Length : 5\r\n\r\n{smuggled}"),
        ),
    ];
    for (name, rest) in cases {
        let answer = talk(
            listening.address,
            &format!("POST {SIGN_IN} HTTP/1.1\r\n{host}{rest}"),
        )
        .await;
        assert!(
            matches!(status_of(&answer), "400" | "413" | "501"),
            "{name}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{name}: {answer}");
    }
    let old =
        format!("POST {SIGN_IN} HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_eq!(
        status_of(&talk(listening.address, &old).await),
        "400",
        "HTTP/1.0 has no codings"
    );
}

/// R120.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_request_has_exactly_one_host_and_it_is_ours(db: PgPool) {
    let app = TestApp::new(db);
    let listening = given_listener(app.router()).await;
    let own = listening.address.to_string();
    let cases = [
        ("none", "400", String::new()),
        ("two", "400", format!("Host: {own}\r\nHost: {own}\r\n")),
        ("empty", "400", "Host:\r\n".to_owned()),
        ("with a user", "400", format!("Host: a@{own}\r\n")),
        ("with a path", "400", format!("Host: {own}/x\r\n")),
        ("foreign", "421", "Host: evil.example.com\r\n".to_owned()),
        ("another port", "421", "Host: 127.0.0.1:1\r\n".to_owned()),
        (
            "ours",
            "200",
            format!("Host: {own}\r\nConnection: close\r\n"),
        ),
        (
            "localhost",
            "200",
            format!(
                "Host: localhost:{}\r\nConnection: close\r\n",
                listening.address.port()
            ),
        ),
    ];
    for (name, status, hosts) in cases {
        let answer = talk(
            listening.address,
            &format!("GET /health/live HTTP/1.1\r\n{hosts}\r\n"),
        )
        .await;
        assert_eq!(status_of(&answer), status, "{name}: {answer}");
    }
    let absolute =
        format!("GET http://evil.example.com/health/live HTTP/1.1\r\nHost: {own}\r\n\r\n");
    assert_eq!(
        status_of(&talk(listening.address, &absolute).await),
        "421",
        "the target counts, not the header"
    );
}

/// Limits of what a head may hold.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_long_head_is_refused(db: PgPool) {
    let app = TestApp::new(db);
    let listening = given_listener(app.router()).await;
    let head = |rest: &str| {
        format!(
            "GET /health/live HTTP/1.1\r\nHost: {}\r\n{rest}\r\n",
            listening.address
        )
    };
    let many = (0..120)
        .map(|number| format!("X-{number}: 1\r\n"))
        .collect::<String>();
    assert_eq!(
        status_of(&talk(listening.address, &head(&many)).await),
        "431"
    );
    let long = format!("X-A: {}\r\n", "a".repeat(40_000));
    assert_eq!(
        status_of(&talk(listening.address, &head(&long)).await),
        "431"
    );
}

/// A running request is finished, an idle connection closed, and nothing new accepted.
#[tokio::test]
async fn stopping_lets_running_requests_finish() {
    let (begun, is_begun) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let slots = std::sync::Arc::new(std::sync::Mutex::new(Some((begun, may_go_on))));
    let slow = move || async move {
        let (begun, may_go_on) = slots.lock().unwrap().take().unwrap();
        begun.send(()).unwrap();
        may_go_on.await.unwrap();
        "finished"
    };
    let listening = given_listener(axum::Router::new().route("/", axum::routing::get(slow))).await;
    let address = listening.address;
    let idle = tokio::spawn(talk(address, ""));
    let running = tokio::spawn(talk(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    is_begun.await.unwrap();
    listening.stop.send(()).unwrap();
    assert_eq!(idle.await.unwrap(), "", "an idle connection ends at once");
    go_on.send(()).unwrap();
    assert!(running.await.unwrap().ends_with("finished"));
    listening.task.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
