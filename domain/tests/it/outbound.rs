//! Calls to other people's servers: where they go, where they do not, and what is made of the answer (R161 to R164).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::outbound::{Lookup, Method, Outbound, OutboundError, Reply, Request, SMALL_REPLY};
use domain::testing::receiver::{Receiver, Script, answer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn near() -> Outbound {
    Outbound::new(vec!["127.0.0.0/8".parse().unwrap()])
}

async fn post(outbound: &Outbound, url: &str) -> Result<Reply, OutboundError> {
    let headers = [
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-odd".to_owned(), "a, b".to_owned()),
    ];
    outbound
        .send(Request {
            method: Method::Post,
            url,
            headers: &headers,
            body: b"{\"a\":1}".to_vec(),
            max_reply: SMALL_REPLY,
        })
        .await
}

/// Answers the n-th question with the n-th list, and the last one for good.
fn lookup(answers: Vec<Vec<&str>>) -> (Lookup, Arc<AtomicUsize>) {
    let answers: Vec<Vec<IpAddr>> = answers
        .into_iter()
        .map(|list| list.into_iter().map(|a| a.parse().unwrap()).collect())
        .collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |_| {
        let at = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let list = answers[at].clone();
        Box::pin(async move { Ok(list) })
    });
    (lookup, asked)
}

#[tokio::test]
async fn a_request_arrives_as_it_was_given_and_nothing_is_added() {
    let receiver = Receiver::start().await;
    receiver.script(answer(201, &["X-Answer: yes"], "thanks"));
    let reply = post(&near(), &receiver.url("/hook?a=b")).await.unwrap();
    assert_eq!(
        (reply.status, reply.body.as_slice(), reply.is_whole),
        (201, b"thanks".as_slice(), true)
    );
    assert_eq!(reply.header("x-answer"), Some("yes"));
    let received = receiver.take().pop().unwrap();
    assert_eq!(received.target, "POST /hook?a=b");
    assert_eq!(received.body, b"{\"a\":1}");
    let mut names: Vec<_> = received.headers.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-odd"
        ]
    );
}

/// R161: without the operator's leave, nothing private is called, by address or by name.
#[tokio::test]
async fn private_addresses_are_not_called() {
    let receiver = Receiver::start().await;
    let port = receiver.port();
    let (to_loopback, _) = lookup(vec![vec!["127.0.0.1"]]);
    let (mixed, _) = lookup(vec![vec!["8.8.8.8", "127.0.0.1"]]);
    let (v6, _) = lookup(vec![vec!["::ffff:127.0.0.1"]]);
    for (outbound, url) in [
        (Outbound::default(), format!("http://127.0.0.1:{port}/")),
        (Outbound::default(), format!("http://2130706433:{port}/")),
        (Outbound::default(), format!("http://localhost:{port}/")),
        (
            Outbound::default().with_lookup(to_loopback),
            format!("http://hook.example:{port}/"),
        ),
        (
            Outbound::default().with_lookup(mixed),
            format!("http://hook.example:{port}/"),
        ),
        (
            near().with_lookup(v6),
            format!("http://hook.example:{port}/"),
        ),
    ] {
        let result = post(&outbound, &url).await;
        assert_eq!(result, Err(OutboundError::Refused), "{url}");
        let fetched = outbound.fetch(&url, &[]).await;
        assert!(matches!(fetched, Err(OutboundError::Refused)), "{url}");
    }
    assert!(receiver.take().is_empty());
}

/// R162: a resolver that answers well when asked first and badly afterwards moves nothing. Each connection asks once,
/// judges that answer, and goes to it.
#[tokio::test]
async fn a_name_cannot_be_rebound() {
    let receiver = Receiver::start().await;
    let url = format!("http://hook.example:{}/", receiver.port());
    // To this client 127.0.0.1 is allowed and 127.0.0.2 is what an attacker would like to reach.
    let only_first = Outbound::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let (rebinding, asked) = lookup(vec![vec!["127.0.0.1"], vec!["127.0.0.2"]]);
    let outbound = only_first.with_lookup(rebinding);
    assert_eq!(post(&outbound, &url).await.unwrap().status, 204);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "no second question");
    assert_eq!(post(&outbound, &url).await, Err(OutboundError::Refused));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(receiver.take().len(), 1);
}

/// R163: a redirect is an answer, wherever it points.
#[tokio::test]
async fn redirects_are_not_followed() {
    let receiver = Receiver::start().await;
    let elsewhere = format!("Location: {}", receiver.url("/elsewhere"));
    for status in [301, 302, 303, 307, 308] {
        receiver.script(answer(status, &[&elsewhere], ""));
        let reply = post(&near(), &receiver.url("/")).await.unwrap();
        assert_eq!(reply.status, status);
        assert!(!reply.is_success());
        assert_eq!(receiver.take().len(), 1);
    }
}

/// R164: a small part of the answer is read, and nothing of it is unpacked.
#[tokio::test]
async fn answers_are_read_to_a_cap_and_not_unpacked() {
    let receiver = Receiver::start().await;
    receiver.script(answer(500, &[], &"x".repeat(1_000_000)));
    let reply = post(&near(), &receiver.url("/")).await.unwrap();
    assert_eq!(
        (reply.status, reply.body.len(), reply.is_whole),
        (500, SMALL_REPLY, false)
    );
    receiver.script(answer(200, &["Content-Encoding: gzip"], "\u{1f}no gzip"));
    let reply = post(&near(), &receiver.url("/")).await.unwrap();
    assert_eq!(reply.body, "\u{1f}no gzip".as_bytes());
    receiver.script(Script::Raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec(),
    ));
    let reply = post(&near(), &receiver.url("/")).await.unwrap();
    assert_eq!(
        (reply.body.as_slice(), reply.is_whole),
        (&b"short"[..], false)
    );
}

#[tokio::test]
async fn what_goes_wrong_has_a_name() {
    let receiver = Receiver::start().await;
    let quick = near().with_patience(Duration::from_secs(1), Duration::from_secs(1));
    receiver.script(Script::Silence);
    assert_eq!(
        post(&quick, &receiver.url("/")).await,
        Err(OutboundError::Timeout)
    );
    receiver.script(Script::Stall(
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nslow".to_vec(),
    ));
    let reply = post(&quick, &receiver.url("/")).await.unwrap();
    assert_eq!(
        (reply.status, reply.is_whole),
        (200, false),
        "the status came"
    );
    receiver.script(Script::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec()));
    assert_eq!(
        post(&quick, &receiver.url("/")).await,
        Err(OutboundError::Broken)
    );
    let no_tls = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", no_tls.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = no_tls.accept().await?;
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await?;
        stream.read(&mut [0; 1000]).await
    });
    let refused = post(&near(), &url).await;
    assert!(matches!(refused, Err(OutboundError::Tls(_))), "{refused:?}");
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    assert_eq!(post(&near(), &gone).await, Err(OutboundError::Connect));
    let (nobody, _) = lookup(vec![vec![]]);
    assert_eq!(
        post(&near().with_lookup(nobody), "http://nobody.example/").await,
        Err(OutboundError::UnknownHost)
    );
}

#[tokio::test]
async fn a_large_answer_comes_in_pieces_and_a_cut_off_one_is_an_error() {
    let receiver = Receiver::start().await;
    let body = "0123456789".repeat(100_000);
    receiver.script(answer(200, &["ETag: \"a\""], &body));
    let headers = [("authorization".to_owned(), "Basic eDp5".to_owned())];
    let mut fetch = near()
        .fetch(&receiver.url("/rec.mp4"), &headers)
        .await
        .unwrap();
    assert_eq!((fetch.status, fetch.length), (200, Some(1_000_000)));
    assert_eq!(fetch.header("etag"), Some("\"a\""));
    let mut got = Vec::new();
    while let Some(piece) = fetch.chunk().await.unwrap() {
        got.extend(piece);
    }
    assert_eq!(got, body.as_bytes());
    let received = receiver.take().pop().unwrap();
    assert_eq!(received.target, "GET /rec.mp4");
    assert_eq!(received.headers["authorization"], "Basic eDp5");

    // Long enough for a busy machine to bring the head, and the price of the last row.
    let patience = Duration::from_secs(2);
    let quick = near().with_patience(patience, patience);
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec();
    for (script, expected) in [
        (Script::Raw(cut.clone()), OutboundError::Broken),
        (Script::Stall(cut), OutboundError::Timeout),
    ] {
        receiver.script(script);
        let mut fetch = quick.fetch(&receiver.url("/"), &[]).await.unwrap();
        assert_eq!(fetch.chunk().await.unwrap().unwrap(), b"short");
        assert_eq!(fetch.chunk().await, Err(expected));
    }
}

/// R164: a byte now and then keeps no download alive.
#[tokio::test]
async fn a_download_that_drips_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let dripping = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
        stream.write_all(head).await.unwrap();
        // Until the other side gives up.
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    // Long enough to connect on a busy machine.
    let patient = near().with_patience(Duration::from_secs(3), Duration::from_secs(3));
    let mut fetch = patient.fetch(&url, &[]).await.unwrap();
    let mut bytes = 0;
    let error = loop {
        match fetch.chunk().await {
            Ok(piece) => bytes += piece.unwrap().len(),
            Err(error) => break error,
        }
        assert!(bytes < 1_000, "it would go on for ever");
    };
    assert_eq!(error, OutboundError::Timeout);
    drop(fetch);
    dripping.await.unwrap();
}
