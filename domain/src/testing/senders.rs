//! Events as senders make them, and a server where their files lie.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::Secret;
use crate::intake::jwt;

/// LiveKit's `egress_ended` of a recording that is complete.
pub fn livekit_event(id: &str, egress: &str, filename: &str, location: &str) -> String {
    json!({
        "event": "egress_ended", "id": id, "createdAt": "1795000000",
        "egressInfo": {
            "egressId": egress, "roomId": "RM_7A62FjVFwWw5", "roomName": "board-meeting",
            "status": "EGRESS_COMPLETE", "startedAt": "1794996000000000000", "endedAt": "1795000000000000000",
            "roomComposite": { "roomName": "board-meeting", "layout": "grid", "fileOutputs": [ {
                "filepath": "rec/{room_name}-{time}.mp4",
                "s3": { "accessKey": "AKIAEXAMPLE", "secret": "wJalrXUtnFEMI", "bucket": "recordings" } } ] },
            "fileResults": [ { "filename": filename, "location": location, "size": "61941096",
                "duration": "4000000000000", "startedAt": "1794996000000000000", "endedAt": "1795000000000000000" } ]
        }
    })
    .to_string()
}

/// LiveKit's header for a body.
pub fn livekit_token(key: &str, secret: &str, body: &str, now: DateTime<Utc>) -> String {
    let hash = STANDARD.encode(Sha256::digest(body));
    let claims =
        json!({ "iss": key, "nbf": now.timestamp(), "exp": now.timestamp() + 300, "sha256": hash });
    signed(&claims, secret)
}

/// BigBlueButton's form for one format of a recording.
pub fn bigbluebutton_form(secret: &str, meeting: &str, record: &str, format: &str) -> String {
    let claims = json!({ "meeting_id": meeting, "record_id": record, "type": format });
    format!("signed_parameters={}", signed(&claims, secret))
}

fn signed(claims: &Value, secret: &str) -> String {
    let token = jwt::sign(claims, &Secret::new(secret)).expect("a secret");
    token.reveal().to_owned()
}

/// An HTTP server with files, on a port of its own, which may ask for Basic. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FileServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<String, (u16, Vec<u8>)>,
    basic: Option<String>,
    asked: Vec<Asked>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Path and query.
    pub target: String,
    pub authorization: Option<String>,
    /// Vonage's token.
    pub opentok: Option<String>,
}

impl FileServer {
    /// Serves until the test's runtime ends.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("a bound listener"),
            state: Arc::default(),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move { server.converse(stream).await });
            }
        });
        server
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers so at this path, whatever the query.
    pub fn put(&self, path: &str, status: u16, bytes: impl Into<Vec<u8>>) {
        self.state()
            .files
            .insert(path.to_owned(), (status, bytes.into()));
    }

    /// From now on everything asks for these.
    pub fn protect(&self, user: &str, password: &str) {
        let pair = STANDARD.encode(format!("{user}:{password}"));
        self.state().basic = Some(format!("Basic {pair}"));
    }

    /// What was asked for since the last time.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state().asked)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn converse(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match stream.read_line(&mut line).await {
                Ok(count) if count > 0 && line != "\r\n" => lines.push(line),
                _ => break,
            }
        }
        let Some(target) = lines.first().and_then(|line| line.split(' ').nth(1)) else {
            return;
        };
        let header = |name: &str| {
            lines.iter().find_map(|line| {
                let (own, value) = line.split_once(':')?;
                own.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        let asked = Asked {
            target: target.to_owned(),
            authorization: header("authorization"),
            opentok: header("x-opentok-auth"),
        };
        let (status, bytes) = self.answer(&asked);
        let head = format!(
            "HTTP/1.1 {status} Status\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            bytes.len()
        );
        // A client that goes away early is what some tests are about.
        let _ = stream.write_all(&[head.as_bytes(), &bytes].concat()).await;
        let _ = stream.shutdown().await;
    }

    fn answer(&self, asked: &Asked) -> (u16, Vec<u8>) {
        let mut state = self.state();
        state.asked.push(asked.clone());
        if state.basic.is_some() && state.basic != asked.authorization {
            return (401, Vec::new());
        }
        let path = asked.target.split('?').next().unwrap_or_default();
        state.files.get(path).cloned().unwrap_or((404, Vec::new()))
    }
}
