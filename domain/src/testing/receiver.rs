//! An HTTP server that keeps what it is sent and answers as it is told, on a port of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// `POST /path?query`.
    pub target: String,
    /// Names in small letters.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

/// How requests are answered.
#[derive(Debug, Clone)]
pub enum Script {
    /// These bytes, whatever they are; then the connection is closed.
    Raw(Vec<u8>),
    /// The connection stays open and nothing comes.
    Silence,
    /// These bytes, and then nothing on an open connection.
    Stall(Vec<u8>),
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    received: Mutex<Vec<Received>>,
    script: Mutex<Script>,
    came: Notify,
}

/// An answer with this status, these lines of headers and this body.
pub fn answer(status: u16, headers: &[&str], body: &str) -> Script {
    let mut text = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n");
    for line in headers {
        text.push_str(line);
        text.push_str("\r\n");
    }
    let length = format!("content-length: {}\r\n\r\n", body.len());
    Script::Raw((text + &length + body).into_bytes())
}

impl Receiver {
    /// Serves until the test's runtime ends; at first everything is answered with 204.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let receiver = Self {
            address: listener.local_addr().expect("a bound listener"),
            state: Arc::new(State {
                received: Mutex::default(),
                script: Mutex::new(answer(204, &[], "")),
                came: Notify::new(),
            }),
        };
        let state = Arc::clone(&receiver.state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                tokio::spawn(async move { converse(stream, &state).await });
            }
        });
        receiver
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers so from now on.
    pub fn script(&self, script: Script) {
        *lock(&self.state.script) = script;
    }

    /// What came in since the last time.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *lock(&self.state.received))
    }

    /// Waits until so many requests lie here.
    pub async fn wait_for(&self, count: usize) {
        loop {
            let came = self.state.came.notified();
            tokio::pin!(came);
            came.as_mut().enable();
            if lock(&self.state.received).len() >= count {
                return;
            }
            came.await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn converse(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let target = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let script = lock(&state.script).clone();
    lock(&state.received).push(Received {
        target,
        headers,
        body,
    });
    state.came.notify_waiters();
    match script {
        Script::Raw(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Script::Silence => hold(stream).await,
        Script::Stall(bytes) => {
            stream.write_all(&bytes).await?;
            hold(stream).await
        }
    }
}

/// Until the other side gives up.
async fn hold(mut stream: BufReader<TcpStream>) -> std::io::Result<()> {
    stream.read(&mut [0; 1]).await.map(drop)
}
