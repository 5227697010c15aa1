//! What only a connection shows: bytes on the wire, and how it ends. R100, R102, R108.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

impl Gate {
    /// A connection to a listener of its own.
    async fn connect(&self) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router.clone();
        let end = std::future::pending();
        tokio::spawn(server::listener::serve(
            listener,
            router,
            end,
            Duration::ZERO,
        ));
        TcpStream::connect(address).await.unwrap()
    }

    fn wire(&self, method: &str, file: &Given, headers: &str) -> String {
        let Self { authorization, .. } = self;
        format!(
            "{method} {} HTTP/1.1\r\nhost: 127.0.0.1:3000\r\nauthorization: {authorization}\r\n{headers}\r\n",
            file.path
        )
    }
}

/// The head of the next answer, without reading on.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

/// Each answer ends where it says, or the next one could not be read from the same connection.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn answers_follow_each_other_on_one_connection(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let mut stream = gate.connect().await;
    let not_modified = format!("if-none-match: {}\r\n", file.etag);
    for (method, headers, status, body) in [
        ("GET", "", "200 ok", Some(BYTES)),
        ("HEAD", "", "200 ok", None),
        ("GET", not_modified.as_str(), "304 not modified", None),
        (
            "GET",
            "range: bytes=1-3\r\n",
            "206 partial content",
            Some(&BYTES[1..=3]),
        ),
        ("HEAD", "range: bytes=1-3\r\n", "200 ok", None),
        ("GET", "", "200 ok", Some(BYTES)),
    ] {
        stream
            .write_all(gate.wire(method, &file, headers).as_bytes())
            .await
            .unwrap();
        let head = head(&mut stream).await;
        assert!(
            head.starts_with(&format!("http/1.1 {status}\r\n")),
            "{head}"
        );
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert!(head.contains("\r\ndate: "), "{head}");
        assert_eq!(
            head.contains("content-length"),
            !status.starts_with("304"),
            "{head}"
        );
        if let Some(expected) = body {
            assert!(
                head.contains(&format!("content-length: {}\r\n", expected.len())),
                "{head}"
            );
            let mut body = vec![0; expected.len()];
            stream.read_exact(&mut body).await.unwrap();
            assert_eq!(body, expected);
        }
    }
}

/// R108: a file that is cut short under a download breaks the connection; it never looks complete.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_cut_short_breaks_the_connection(db: PgPool) {
    const SIZE: usize = 64 << 20;
    let gate = Gate::new(db).await;
    let file = gate
        .file(&gate.owner, "live.mp4", "video/mp4", &vec![7; SIZE])
        .await;
    let mut stream = gate.connect().await;
    stream
        .write_all(gate.wire("GET", &file, "").as_bytes())
        .await
        .unwrap();
    let head = head(&mut stream).await;
    assert!(
        head.contains(&format!("content-length: {SIZE}\r\n")),
        "{head}"
    );
    // More is on its way than the sockets hold, so the file is still being read.
    std::fs::File::options()
        .write(true)
        .open(gate.place_of(&file))
        .unwrap()
        .set_len(1000)
        .unwrap();
    let mut body = Vec::new();
    // Closed or reset, both tell a client that it does not have all of it.
    let _ = stream.read_to_end(&mut body).await;
    assert!(body.len() < SIZE, "{} bytes", body.len());
}

/// Large stretches go past the process by `sendfile`, small ones through it: every byte of both is the file's.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_byte_of_large_answers_is_in_its_place(db: PgPool) {
    const SIZE: usize = 3_000_017;
    // No two blocks of it are alike.
    let bytes: Vec<u8> = (0..SIZE)
        .map(|n| u8::try_from((n / 251 + n) % 253).unwrap())
        .collect();
    let gate = Gate::new(db).await;
    let file = gate
        .file(&gate.owner, "live.mp4", "video/mp4", &bytes)
        .await;
    let mut stream = gate.connect().await;
    for (first, last) in [
        (0, SIZE - 1),
        (1, 65_536),
        (65_535, 131_072),
        (999, 262_144 + 999),
        (1_000_000, SIZE - 1),
        (SIZE - 1, SIZE - 1),
        (0, SIZE - 1),
    ] {
        let range = format!("range: bytes={first}-{last}\r\n");
        stream
            .write_all(gate.wire("GET", &file, &range).as_bytes())
            .await
            .unwrap();
        let head = head(&mut stream).await;
        assert!(head.starts_with("http/1.1 206 "), "{head}");
        let mut body = vec![0; last + 1 - first];
        stream.read_exact(&mut body).await.unwrap();
        assert!(body == bytes[first..=last], "bytes {first} to {last}");
    }
    let several = "range: bytes=0-99999,200000-200009,1000000-1999999\r\nconnection: close\r\n";
    stream
        .write_all(gate.wire("GET", &file, several).as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    for part in [0..100_000, 200_000..200_010, 1_000_000..2_000_000] {
        let head = format!(
            "content-range: bytes {}-{}/{SIZE}\r\n\r\n",
            part.start,
            part.end - 1
        );
        let at = answer
            .windows(head.len())
            .position(|window| window.eq_ignore_ascii_case(head.as_bytes()));
        let body = at.unwrap() + head.len();
        assert!(
            answer[body..body + part.len()] == bytes[part.clone()],
            "{part:?}"
        );
    }
}
