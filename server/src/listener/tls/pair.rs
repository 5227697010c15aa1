//! A certificate and its key: read from their files, and judged before anything is served with them.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use chrono::{DateTime, Utc};
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::config::{PublicUrl, TlsFiles};

/// Bytes of a file at most: chains have some thousands.
const MAX_FILE: u64 = 1024 * 1024;
/// How soon the end of a certificate is worth a warning: those that are renewed by themselves are, by then.
const SOON: chrono::TimeDelta = chrono::TimeDelta::days(14);

/// What both files hold. Not `Debug`: one of them is a secret.
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Contents {
    /// Tells one state of the files from another.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        // The length, so that nothing can move from one file to the other unseen.
        hash.update((self.certificate.len() as u64).to_be_bytes());
        hash.update(&self.certificate);
        hash.update(&self.key);
        hash.finalize().into()
    }
}

/// Both files, whole. Links are followed: certbot's names are links.
pub(super) fn read(files: &TlsFiles) -> anyhow::Result<Contents> {
    Ok(Contents {
        certificate: read_file("tls_certificate", &files.certificate)?,
        key: read_file("tls_key", &files.key)?,
    })
}

fn read_file(setting: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    let wrong = || {
        format!(
            "{} cannot be read, the file of the setting {setting}",
            path.display()
        )
    };
    // A pipe would keep us waiting.
    let is_file = std::fs::metadata(path).with_context(wrong)?.is_file();
    ensure!(
        is_file,
        "{} is not a file, but the setting {setting} names it",
        path.display()
    );
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(wrong)?;
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .with_context(wrong)?;
    ensure!(
        bytes.len() as u64 <= MAX_FILE,
        "{} is too large, the file of the setting {setting}: a certificate and its chain have some kilobytes",
        path.display()
    );
    Ok(bytes)
}

/// Whether the file's mode gives it to users who have nothing to do with us.
pub(super) fn is_open_to_everybody(key: &Path) -> bool {
    std::fs::metadata(key).is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

/// A certificate with its chain and its key, fit to serve with.
pub(super) struct Pair {
    pub(super) key: CertifiedKey,
    pub(super) facts: Facts,
}

impl Pair {
    /// SECURITY: no error repeats anything of the key's file.
    pub(super) fn of(contents: &Contents, files: &TlsFiles) -> anyhow::Result<Self> {
        let (certificate_path, key_path) = (files.certificate.display(), files.key.display());
        let chain = chain_of(&contents.certificate)
            .with_context(|| format!("the setting tls_certificate: {certificate_path}"))?;
        let key =
            key_of(&contents.key).with_context(|| format!("the setting tls_key: {key_path}"))?;
        let provider = rustls::crypto::ring::default_provider();
        let key = provider.key_provider.load_private_key(key).map_err(|_| {
            anyhow!(
                "the setting tls_key: the key in {key_path} is of a kind that cannot be used: take RSA with 2048 bits or \
                 more, ECDSA on P-256 or P-384, or Ed25519"
            )
        })?;
        let key = CertifiedKey::new(chain, key);
        match key.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(Error::InconsistentKeys(_)) => bail!(
                "the setting tls_key: the key in {key_path} does not belong to the first certificate in \
                 {certificate_path}. The server's own certificate comes first there, those of its authority after it"
            ),
            Err(error) => bail!(
                "the setting tls_certificate: the first certificate in {certificate_path} cannot be used: {error}"
            ),
        }
        let facts = Facts::of(key.end_entity_cert()?)
            .with_context(|| format!("the setting tls_certificate: {certificate_path}"))?;
        Ok(Self { key, facts })
    }
}

fn chain_of(pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| anyhow!("is not a sound PEM file"))?;
    ensure!(
        !chain.is_empty(),
        "has no certificate in it: a PEM file with -----BEGIN CERTIFICATE----- is needed"
    );
    Ok(chain)
}

fn key_of(pem: &[u8]) -> anyhow::Result<PrivateKeyDer<'static>> {
    // Both the newer and the older form of one that needs a password.
    let is_locked = [&b"BEGIN ENCRYPTED"[..], b"Proc-Type: 4,ENCRYPTED"]
        .iter()
        .any(|mark| pem.windows(mark.len()).any(|window| window == *mark));
    ensure!(
        !is_locked,
        "is locked with a password; a server that starts by itself needs it without, such as by `openssl pkey`"
    );
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        anyhow!("has no private key in it: a PEM file with -----BEGIN PRIVATE KEY----- is needed")
    })
}

/// What a certificate says of itself.
#[derive(Debug, Clone)]
pub struct Facts {
    certificate: CertificateDer<'static>,
    /// Hexadecimal digits in pairs, as `openssl x509 -serial` has them, but for the colons.
    pub serial: String,
    pub begins: DateTime<Utc>,
    pub ends: DateTime<Utc>,
}

impl Facts {
    fn of(certificate: &CertificateDer<'_>) -> anyhow::Result<Self> {
        let wrong = || anyhow!("has a first certificate that cannot be read");
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| wrong())?;
        let moment =
            |time: x509_parser::time::ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
        let validity = parsed.validity();
        Ok(Self {
            serial: parsed.raw_serial_as_string(),
            begins: moment(validity.not_before).ok_or_else(wrong)?,
            ends: moment(validity.not_after).ok_or_else(wrong)?,
            certificate: certificate.clone().into_owned(),
        })
    }

    /// Why people will not get here, or soon will not: browsers will say the same, less plainly.
    pub fn warnings(&self, public_url: &PublicUrl, now: DateTime<Utc>) -> Vec<String> {
        let mut warnings: Vec<_> = self.warning_of_age(now).into_iter().collect();
        if !self.is_for(public_url.host()) {
            warnings.push(format!(
                "the TLS certificate is not for {}, the host of public_url",
                public_url.host()
            ));
        }
        warnings
    }

    pub(super) fn warning_of_age(&self, now: DateTime<Utc>) -> Option<String> {
        let (begins, ends) = (self.begins, self.ends);
        if now > ends {
            Some(format!("the TLS certificate has expired, on {ends}"))
        } else if now < begins {
            Some(format!("the TLS certificate is not valid before {begins}"))
        } else if now + SOON > ends {
            Some(format!("the TLS certificate expires soon, on {ends}"))
        } else {
            None
        }
    }

    fn is_for(&self, host: &str) -> bool {
        let certificate = ParsedCertificate::try_from(&self.certificate);
        let name = ServerName::try_from(host);
        matches!((certificate, name), (Ok(certificate), Ok(name)) if verify_server_name(&certificate, &name).is_ok())
    }
}
