//! HTTPS by ourselves: what is accepted, what is refused, and an exchange of the certificate in the middle of it all.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use domain::Clock;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::symm::Cipher;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme, version};
use server::config::TlsFiles;
use server::listener::tls::{Follower, Seen, Tls};
use server::listener::{Listener, serve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::listener::talk;

/// A certificate for localhost, signed by itself, and its key, both as PEM.
struct Made {
    certificate: Vec<u8>,
    key: PKey<Private>,
}

impl Made {
    /// With this serial number, good from and for so many days from now.
    fn new(serial: u32, from: i64, days: i64) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "localhost").unwrap();
        let name = name.build();
        let in_days = |days: i64| {
            let moment = Clock::system().now() + chrono::TimeDelta::days(days);
            Asn1Time::from_unix(moment.timestamp()).unwrap()
        };
        let number = BigNum::from_u32(serial).unwrap();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder
            .set_serial_number(&number.to_asn1_integer().unwrap())
            .unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&in_days(from)).unwrap();
        builder.set_not_after(&in_days(from + days)).unwrap();
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .ip("127.0.0.1")
            .build(&builder.x509v3_context(None, None))
            .unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = builder.build().to_pem().unwrap();
        Self { certificate, key }
    }

    fn sound(serial: u32) -> Self {
        Self::new(serial, -1, 90)
    }

    fn key(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    fn write_to(&self, folder: &Path) -> TlsFiles {
        std::fs::write(folder.join("certificate.pem"), &self.certificate).unwrap();
        std::fs::write(folder.join("key.pem"), self.key()).unwrap();
        files_in(folder)
    }
}

fn files_in(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    }
}

fn open(files: TlsFiles) -> anyhow::Result<(Tls, Follower)> {
    Tls::open(files, "https://localhost".parse().unwrap(), Clock::system())
}

/// Believes every certificate: which one it is, is looked at afterwards.
#[derive(Debug)]
struct Believing(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Believing {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

fn client(
    protocols: &[&str],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let believing = Believing(provider.signature_verification_algorithms);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(believing))
        .with_no_client_auth();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    Arc::new(config)
}

/// A server on a port of its own, until it is dropped.
struct Serving {
    address: std::net::SocketAddr,
    tls: Arc<Tls>,
    follower: Follower,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

impl Serving {
    async fn new(router: axum::Router) -> Self {
        let folder = TempDir::new().unwrap();
        let (tls, follower) = open(Made::sound(1).write_to(folder.path())).unwrap();
        let tls = Arc::new(tls);
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve(
            Listener {
                tcp,
                tls: Some(Arc::clone(&tls)),
            },
            router,
            async { drop(stopped.await) },
            Duration::from_secs(5),
        ));
        Self {
            address,
            tls,
            follower,
            folder,
            stop: Some(stop),
            ended,
        }
    }

    async fn connect(&self, config: Arc<ClientConfig>) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(config)
            .connect(name, stream)
            .await
            .unwrap()
    }

    /// The serial number that a new connection is shown.
    async fn serial(&self) -> u32 {
        let stream = self
            .connect(client(&["http/1.1"], rustls::ALL_VERSIONS))
            .await;
        let shown = &stream.get_ref().1.peer_certificates().unwrap()[0];
        let shown = X509::from_der(shown).unwrap();
        shown
            .serial_number()
            .to_bn()
            .unwrap()
            .to_string()
            .parse()
            .unwrap()
    }

    /// Two looks: what is new must stand still.
    fn look_twice(&mut self) -> Seen {
        let first = self.follower.look(&self.tls);
        assert!(matches!(first, Seen::Moving), "{first:?}");
        self.follower.look(&self.tls)
    }
}

fn hello() -> axum::Router {
    axum::Router::new().route("/", axum::routing::get(|| async { "hello" }))
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// R195.
#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_the_protocol_is_agreed_upon() {
    let serving = Serving::new(hello()).await;
    let cases: [(&[&'static _], _); 2] = [
        (&[&version::TLS12], ProtocolVersion::TLSv1_2),
        (&[&version::TLS13], ProtocolVersion::TLSv1_3),
    ];
    for (versions, expected) in cases {
        let mut stream = serving.connect(client(&["http/1.1"], versions)).await;
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
        stream.write_all(REQUEST).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"));
    }
    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some(&b"http/1.1"[..])),
        (&["http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let stream = serving.connect(client(offered, rustls::ALL_VERSIONS)).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed, "{offered:?}");
    }
}

/// A person is told; a program that speaks something else is not answered, and nobody keeps a connection.
#[tokio::test]
async fn what_is_not_tls_is_told_so() {
    let serving = Serving::new(hello()).await;
    let answer = talk(serving.address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 400 ") && answer.contains("Use https://"),
        "{answer}"
    );
    assert_eq!(talk(serving.address, "\u{1}\u{2}\u{3}").await, "");
    let broken = talk(serving.address, "\u{16}\u{3}\u{1}broken handshake").await;
    assert!(!broken.contains("HTTP"), "{broken:?}");
}

/// R112: the handshake has as long as a head, and a stop does not wait for it.
#[tokio::test]
async fn a_handshake_that_does_not_come_ends_the_connection() {
    let mut serving = Serving::new(hello()).await;
    let began = std::time::Instant::now();
    for beginning in ["", "\u{16}\u{3}\u{1}"] {
        assert_eq!(talk_until_closed(serving.address, beginning).await, "");
    }
    assert!(
        began.elapsed() > Duration::from_secs(9),
        "it was waited for"
    );
    let silent = TcpStream::connect(serving.address).await.unwrap();
    serving.stop.take().unwrap().send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(4), serving.ended).await;
    assert!(ended.is_ok(), "nobody has asked for anything");
    drop(silent);
}

/// As `talk`, of somebody who has all the patience of the world.
async fn talk_until_closed(address: std::net::SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// What runs goes on with what it began with; whoever comes now gets the new one.
#[tokio::test]
async fn a_new_certificate_is_taken_and_a_running_answer_goes_on() {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let receiver = Arc::new(std::sync::Mutex::new(Some(receiver)));
    let slow = move || async move {
        let mut receiver = receiver.lock().unwrap().take().unwrap();
        Body::from_stream(futures::stream::poll_fn(move |cx| receiver.poll_recv(cx)))
    };
    let router = axum::Router::new().route("/", axum::routing::get(slow));
    let mut serving = Serving::new(router).await;
    let mut running = serving
        .connect(client(&["http/1.1"], rustls::ALL_VERSIONS))
        .await;
    running.write_all(REQUEST).await.unwrap();
    sender.send(Ok("first half, ".into())).await.unwrap();
    let mut answer = vec![0; 15];
    running.read_exact(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));

    assert!(matches!(serving.follower.look(&serving.tls), Seen::Same));
    assert_eq!(serving.serial().await, 1);
    Made::sound(2).write_to(serving.folder.path());
    let seen = serving.look_twice();
    assert!(matches!(seen, Seen::Exchanged), "{seen:?}");
    assert_eq!(serving.serial().await, 2);

    sender.send(Ok("second half".into())).await.unwrap();
    drop(sender);
    running.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains("first half, ") && answer.contains("second half"),
        "{answer}"
    );
    assert!(answer.ends_with("0\r\n\r\n"), "whole: {answer}");
}

/// Renaming, links that lead elsewhere (certbot), and one file after the other.
#[tokio::test]
async fn however_the_files_are_exchanged_a_sound_pair_is_taken_and_another_is_not() {
    let mut serving = Serving::new(hello()).await;
    let folder = serving.folder.path().to_owned();
    let files = files_in(&folder);
    let serial_of = |seen: &Seen| matches!(seen, Seen::Exchanged);

    let renamed = folder.join("new");
    std::fs::create_dir(&renamed).unwrap();
    let new = Made::sound(2).write_to(&renamed);
    std::fs::rename(&new.certificate, &files.certificate).unwrap();
    let half = serving.look_twice();
    let Seen::Kept(error) = &half else {
        panic!("a certificate without its key: {half:?}");
    };
    assert!(error.to_string().contains("does not belong"), "{error:#}");
    assert_eq!(serving.serial().await, 1, "the one before");
    assert!(
        matches!(serving.follower.look(&serving.tls), Seen::Same),
        "told once"
    );
    std::fs::rename(&new.key, &files.key).unwrap();
    assert!(serial_of(&serving.look_twice()));
    assert_eq!(serving.serial().await, 2);

    for (serial, archive) in [(3, "archive3"), (4, "archive4")] {
        let archive = folder.join(archive);
        std::fs::create_dir(&archive).unwrap();
        let target = Made::sound(serial).write_to(&archive);
        for (target, name) in [
            (target.certificate, &files.certificate),
            (target.key, &files.key),
        ] {
            std::fs::remove_file(name).unwrap();
            symlink(target, name).unwrap();
        }
        assert!(serial_of(&serving.look_twice()));
        assert_eq!(serving.serial().await, serial);
    }

    std::fs::remove_file(&files.key).unwrap();
    let gone = serving.look_twice();
    assert!(
        matches!(&gone, Seen::Kept(error) if error.to_string().contains("tls_key")),
        "{gone:?}"
    );
    std::fs::write(&files.certificate, "no longer a certificate").unwrap();
    assert_eq!(serving.serial().await, 4);
    Made::sound(5).write_to(&folder);
    assert!(matches!(serving.follower.look(&serving.tls), Seen::Moving));
    Made::sound(6).write_to(&folder);
    assert!(
        matches!(serving.follower.look(&serving.tls), Seen::Moving),
        "still moving"
    );
    assert!(serial_of(&serving.follower.look(&serving.tls)));
    assert_eq!(serving.serial().await, 6);
}

/// Each says which setting it is, and what is wrong with it; none repeats anything of a key.
#[test]
fn a_pair_that_cannot_be_served_is_refused_in_words() {
    let sound = Made::sound(1);
    let locked = sound
        .key
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret")
        .unwrap();
    let weak = PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let weak = weak.private_key_to_pem_pkcs8().unwrap();
    let nothing = || b"nothing".to_vec();
    let cut_off = sound.certificate[..sound.certificate.len() / 2].to_vec();
    let empty_one = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let cases = [
        (nothing(), sound.key(), "tls_certificate", "no certificate"),
        (cut_off, sound.key(), "tls_certificate", "PEM"),
        (empty_one, sound.key(), "tls_certificate", "cannot be used"),
        (
            sound.key(),
            sound.key(),
            "tls_certificate",
            "no certificate",
        ),
        (
            sound.certificate.clone(),
            nothing(),
            "tls_key",
            "no private key",
        ),
        (
            sound.certificate.clone(),
            locked,
            "tls_key",
            "locked with a password",
        ),
        (
            sound.certificate.clone(),
            weak,
            "tls_key",
            "kind that cannot be used",
        ),
        (
            sound.certificate.clone(),
            Made::sound(2).key(),
            "tls_key",
            "does not belong",
        ),
    ];
    let folder = TempDir::new().unwrap();
    let files = files_in(folder.path());
    let refusal = || format!("{:#}", open(files.clone()).map(|_| ()).unwrap_err());
    for (certificate, key, setting, why) in cases {
        std::fs::write(&files.certificate, &certificate).unwrap();
        std::fs::write(&files.key, &key).unwrap();
        let error = refusal();
        assert!(error.contains(setting) && error.contains(why), "{error}");
        let key = String::from_utf8(key).unwrap();
        let line = key.lines().nth(1).unwrap_or("no line");
        assert!(!error.contains(line), "{error}");
    }
    sound.write_to(folder.path());
    std::fs::remove_file(&files.key).unwrap();
    assert!(
        refusal().contains("tls_key") && refusal().contains("No such file"),
        "{}",
        refusal()
    );
    std::fs::create_dir(&files.key).unwrap();
    assert!(refusal().contains("is not a file"), "{}", refusal());
}

#[test]
fn a_certificate_that_browsers_will_refuse_is_served_with_a_warning() {
    let folder = TempDir::new().unwrap();
    let warnings = |made: Made, url: &str| {
        let (_, follower) = open(made.write_to(folder.path())).unwrap();
        let now = Clock::system().now();
        follower
            .facts()
            .warnings(&url.parse().unwrap(), now)
            .join("; ")
    };
    assert_eq!(warnings(Made::sound(1), "https://localhost:8443"), "");
    assert_eq!(warnings(Made::sound(1), "https://127.0.0.1"), "");
    let foreign = warnings(Made::sound(1), "https://rec.example.com");
    assert!(foreign.contains("is not for rec.example.com"), "{foreign}");
    assert!(warnings(Made::new(1, -90, 89), "https://localhost").contains("has expired"));
    assert!(warnings(Made::new(1, -80, 90), "https://localhost").contains("expires soon"));
    assert!(warnings(Made::new(1, 1, 90), "https://localhost").contains("not valid before"));
}
