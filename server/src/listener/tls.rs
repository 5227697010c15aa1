//! HTTPS by ourselves: TLS 1.2 and 1.3, with a certificate that is exchanged while connections go on.

mod follow; // the files, looked at again and again
mod pair; // what is in the files

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use domain::Clock;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, sign};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use self::follow::{Follower, Seen};
pub use self::pair::Facts;
use self::pair::Pair;
use super::HEADER_TIMEOUT;
use crate::config::{PublicUrl, TlsFiles};

/// The one protocol that is spoken within (decision 0017).
const HTTP1: &[u8] = b"http/1.1";
/// What every TLS connection begins with (RFC 8446 5.1: a record of the type handshake).
const HANDSHAKE: u8 = 0x16;

/// What new connections begin with. Those that are under way keep what they began with.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    /// For warnings only: the name that people will ask for.
    public_url: PublicUrl,
    clock: Clock,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads both files. An error says which setting is wrong, and how.
    pub fn open(
        files: TlsFiles,
        public_url: PublicUrl,
        clock: Clock,
    ) -> anyhow::Result<(Self, Follower)> {
        let contents = pair::read(&files)?;
        let pair = Pair::of(&contents, &files)?;
        let follower = Follower::new(&contents, pair.facts);
        let tls = Self {
            files,
            public_url,
            clock,
            current: RwLock::new(config(pair.key)?),
        };
        tls.tell(follower.facts(), "serving HTTPS");
        Ok((tls, follower))
    }

    /// What a person should know who reads the log.
    fn tell(&self, facts: &Facts, what: &str) {
        // At each change, since a renewal writes the key anew.
        if pair::is_open_to_everybody(&self.files.key) {
            tracing::warn!(
                "everybody on this machine can read {}, the key of the TLS certificate: chmod o-r",
                self.files.key.display()
            );
        }
        tracing::info!(serial = %facts.serial, until = %facts.ends, "{what}");
        for warning in facts.warnings(&self.public_url, self.clock.now()) {
            tracing::warn!(serial = %facts.serial, "{warning}");
        }
    }

    fn exchange(&self, config: Arc<ServerConfig>) {
        // With the whole of it go the sessions that could be resumed: they vouch for the certificate before.
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// The handshake, in the time that a head may take. None: the peer does not speak TLS, and was told so.
    pub(super) async fn begin(
        &self,
        stream: TcpStream,
    ) -> io::Result<Option<Box<TlsStream<TcpStream>>>> {
        tokio::time::timeout(HEADER_TIMEOUT, self.shake_hands(stream))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn shake_hands(
        &self,
        stream: TcpStream,
    ) -> io::Result<Option<Box<TlsStream<TcpStream>>>> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Ok(None);
        }
        if first != [HANDSHAKE] {
            refuse(stream, first[0]).await?;
            return Ok(None);
        }
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let stream = TlsAcceptor::from(current).accept(stream).await?;
        Ok(Some(Box::new(stream)))
    }
}

/// SECURITY: versions and suites are rustls' own: TLS 1.2 with ephemeral keys and AEAD only, TLS 1.3; no early data,
/// which could be sent again by somebody else.
fn config(key: sign::CertifiedKey) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .context("TLS cannot be set up")?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(sign::SingleCertAndKey::from(key)));
    config.alpn_protocols = vec![HTTP1.to_vec()];
    Ok(Arc::new(config))
}

/// Whoever types `http://` and this port should learn what is wrong. To anything else there is nothing to say.
async fn refuse(mut stream: TcpStream, first: u8) -> io::Result<()> {
    const WHY: &str =
        "400 Bad Request: This port speaks HTTPS. Use https:// at the beginning of the address.\n";
    if !first.is_ascii_uppercase() {
        return Ok(());
    }
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{WHY}",
        WHY.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // What is not read when a socket is closed takes the answer with it.
    let mut rest = stream.take(64 * 1024);
    let mut sink = [0; 4096];
    while rest.read(&mut sink).await? > 0 {}
    Ok(())
}
