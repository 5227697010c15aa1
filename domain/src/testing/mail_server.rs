//! A mail server that keeps what it is sent, on a port of its own.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::Secret;
use crate::mail::Post;

/// Speaks as much of RFC 5321 as a sender needs to hear. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MailServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<String>,
    /// In place of taking a letter.
    refusal: Option<&'static str>,
}

impl MailServer {
    /// Serves until the test's runtime ends.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("a bound listener"),
            state: Arc::default(),
        };
        let state = Arc::clone(&server.state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                tokio::spawn(async move { converse(stream, &state).await });
            }
        });
        server
    }

    /// A post that sends here.
    pub fn post(&self) -> Post {
        let url = Secret::new(format!("smtp://{}", self.address));
        Post::new(&url, "Reelgate <reelgate@example.com>").expect("a sound address")
    }

    /// Answers each letter with this line from now on, such as `451 later`; None: takes it.
    pub fn refuse(&self, line: Option<&'static str>) {
        self.state().refusal = line;
    }

    /// What came in since the last time, as it came.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.state().received)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn converse(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.to_ascii_uppercase();
        let answer = if verb.starts_with("DATA") {
            write.write_all(b"354 go on\r\n").await?;
            let mut letter = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                letter.push_str("\r\n");
            }
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(refusal) = state.refusal {
                refusal
            } else {
                state.received.push(letter);
                "250 taken"
            }
        } else if verb.starts_with("QUIT") {
            "221 bye"
        } else {
            "250 fine"
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
