//! Where an announced file lies now, and how it is opened: a folder of this machine, or an address.

use std::fs::File;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustix::fs::{Mode, OFlags};

use super::checks::beneath;
use super::fetching::Trouble;
use super::senders::{Sender, bigbluebutton, vonage};
use super::store::queue::DueItem;
use super::{SourceKind, SourceSecrets, SourceSettings};
use crate::files::vault::beneath::{open_beneath, open_folder};
use crate::outbound::{Fetch, Method, OutboundError, Request};
use crate::{Backend, Secret};

/// Bytes of an API's answer at most.
pub(super) const MAX_ANSWER: usize = 8 << 20;

/// Where a file is.
pub(super) enum Place {
    Folder(File),
    Address(Secret),
}

/// Finds a file anew at each attempt: settings may be other ones by now, and some addresses live for minutes.
pub(super) async fn find(
    backend: &Backend,
    sender: &Sender<'_>,
    item: &DueItem,
    told: Option<Secret>,
) -> Result<Place, Trouble> {
    let settings = sender.settings;
    if let Some(path) = &item.path {
        if !settings.folder.is_empty() {
            return in_folder(backend, settings, path).await.map(Place::Folder);
        }
        if !settings.files_url.is_empty() {
            return Ok(Place::Address(below(settings, path)));
        }
    }
    match sender.kind {
        SourceKind::Bigbluebutton => ask_bigbluebutton(backend, sender, item).await,
        // A path is a bucket's: the vendor's cloud has addresses.
        SourceKind::Vonage if item.path.is_none() => ask_vonage(backend, sender, item, told).await,
        _ => told
            .map(Place::Address)
            .ok_or_else(|| Trouble::Later(IN_A_BUCKET.to_owned())),
    }
}

const IN_A_BUCKET: &str = "The file lies in a bucket, and storage targets are not set up. Tell the source in which folder or at \
                           which address its files can be read.";

/// The file beneath the source's folder, through no link.
async fn in_folder(
    backend: &Backend,
    settings: &SourceSettings,
    path: &str,
) -> Result<File, Trouble> {
    let relative = match path.strip_prefix(&settings.path_prefix) {
        Some(rest) => rest.trim_start_matches('/').to_owned(),
        None => {
            return Err(Trouble::Later(format!(
                "The file's path does not begin with {}: see how paths begin in the source's settings.",
                settings.path_prefix
            )));
        }
    };
    let (root, within) =
        beneath(&backend.intake_folders, &settings.folder).map_err(Trouble::Later)?;
    let open = move || open_file(&root, &within, &relative);
    tokio::task::spawn_blocking(open)
        .await
        .map_err(|error| Trouble::Later(error.to_string()))?
        .map_err(|error| {
            Trouble::Later(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    "The file is not in the source's folder yet.".to_owned()
                }
                _ => format!("The file cannot be opened in the source's folder: {error}."),
            })
        })
}

/// SECURITY: from the operator's own folder on, no name and no link leads out (R115, R117).
pub(super) fn open_file(root: &Path, within: &str, path: &str) -> std::io::Result<File> {
    let path = match within {
        "" => path.to_owned(),
        within => format!("{within}/{path}"),
    };
    let root = File::open(root)?;
    // NONBLOCK: the open of a pipe that somebody put there must not hang.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(open_beneath(&root, &path, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(std::io::Error::other("it is no regular file"))
    }
}

/// The source's folder itself.
pub(super) fn open_folder_of(
    roots: &[std::path::PathBuf],
    folder: &str,
) -> Result<std::os::fd::OwnedFd, String> {
    let (root, within) = beneath(roots, folder)?;
    let opened = File::open(&root).and_then(|root| match within.as_str() {
        "" => Ok(root.into()),
        within => open_folder(&root, within),
    });
    opened.map_err(|error| format!("The folder {folder} cannot be opened: {error}."))
}

/// What stays as it is in a path.
const PATH: AsciiSet = NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address of a path or key.
fn below(settings: &SourceSettings, path: &str) -> Secret {
    let path = path.strip_prefix(&settings.path_prefix).unwrap_or(path);
    Secret::new(format!(
        "{}/{}",
        settings.files_url.trim_end_matches('/'),
        utf8_percent_encode(path.trim_start_matches('/'), &PATH)
    ))
}

/// BigBlueButton's callback says only that there is something.
async fn ask_bigbluebutton(
    backend: &Backend,
    sender: &Sender<'_>,
    item: &DueItem,
) -> Result<Place, Trouble> {
    let secret = &sender.secrets.api;
    let url = bigbluebutton::query(&sender.settings.server_url, secret, Some(&item.external_id));
    let answer = ask(backend, url.reveal(), &[]).await?;
    let recordings = understood(answer, bigbluebutton::recordings).await?;
    let found = recordings
        .into_iter()
        .find(|recording| recording.external_id == item.external_id)
        .and_then(|recording| recording.address);
    found
        .map(|address| Place::Address(Secret::new(address)))
        .ok_or_else(|| {
            Trouble::Later("BigBlueButton has no video format of this recording (yet).".to_owned())
        })
}

/// Addresses in the vendor's cloud live for ten minutes, so the archive is read again each time.
async fn ask_vonage(
    backend: &Backend,
    sender: &Sender<'_>,
    item: &DueItem,
    told: Option<Secret>,
) -> Result<Place, Trouble> {
    if sender.settings.api_key.is_empty() {
        return told.map(Place::Address).ok_or_else(|| {
            Trouble::Later("The archive is in the vendor's cloud: give the source the project's API key and secret.".to_owned())
        });
    }
    let now = backend.clock.now();
    let (url, token) = vonage::query(sender.settings, sender.secrets, &item.external_id, now)
        .map_err(|why| Trouble::Later(format!("The vendor cannot be asked: {why}.")))?;
    let header = ("x-opentok-auth".to_owned(), token.reveal().to_owned());
    let answer = ask(backend, &url, &[header]).await?;
    match understood(answer, |answer| Ok(vonage::address_of(answer))).await? {
        Ok(address) => Ok(Place::Address(Secret::new(address))),
        Err(why) if why == vonage::GONE => Err(Trouble::Never(sentence(&why))),
        Err(why) => Err(later(why)),
    }
}

/// Reads an answer of a sender on a thread that nobody waits for: it may have megabytes.
pub(super) async fn understood<T: Send + 'static>(
    answer: Vec<u8>,
    read: impl FnOnce(&[u8]) -> Result<T, String> + Send + 'static,
) -> Result<T, Trouble> {
    tokio::task::spawn_blocking(move || read(&answer))
        .await
        .map_err(|error| super::fetching::ours(crate::Error::internal(error)))?
        .map_err(later)
}

/// The answer of a sender's API.
pub(super) async fn ask(
    backend: &Backend,
    url: &str,
    headers: &[(String, String)],
) -> Result<Vec<u8>, Trouble> {
    let request = Request {
        method: Method::Get,
        url,
        headers,
        body: Vec::new(),
        max_reply: MAX_ANSWER,
    };
    let reply = backend.outbound.send(request).await.map_err(unreachable)?;
    match reply.status {
        200 if reply.is_whole => Ok(reply.body),
        200 => Err(Trouble::Later(
            "The sender's answer is too long or broke off.".to_owned(),
        )),
        401 | 403 => Err(Trouble::Later(
            "The sender refused our credentials: see the source's settings.".to_owned(),
        )),
        status => Err(Trouble::Later(format!(
            "The sender answered with status {status}."
        ))),
    }
}

/// Begins the download. Credentials go to the host that they are for, and to no other (R166).
pub(super) async fn open(
    backend: &Backend,
    settings: &SourceSettings,
    secrets: &SourceSecrets,
    address: &Secret,
) -> Result<Fetch, Trouble> {
    let mut headers = Vec::new();
    if !settings.files_user.is_empty() && is_at(backend, address, &settings.files_url) {
        let pair = format!("{}:{}", settings.files_user, secrets.files.reveal());
        headers.push((
            "authorization".to_owned(),
            format!("Basic {}", STANDARD.encode(pair)),
        ));
    }
    let fetch = backend
        .outbound
        .fetch(address.reveal(), &headers)
        .await
        .map_err(unreachable)?;
    match fetch.status {
        200 => Ok(fetch),
        401 | 403 if headers.is_empty() => Err(Trouble::Later(format!(
            "The file's address asks for credentials (status {}). If it lies in a bucket: storage targets are not set up; \
             tell the source where its files can be read.",
            fetch.status
        ))),
        401 | 403 => Err(Trouble::Later(format!(
            "The file's address refused our user name and password (status {}).",
            fetch.status
        ))),
        404 => Err(Trouble::Later(
            "There is no file at its address (status 404).".to_owned(),
        )),
        410 => Err(Trouble::Never(
            "The sender has deleted the file (status 410).".to_owned(),
        )),
        status => Err(Trouble::Later(format!(
            "The file's address answered with status {status}."
        ))),
    }
}

/// Whether an address is at the same scheme, host and port as another.
fn is_at(backend: &Backend, address: &Secret, other: &str) -> bool {
    let origin = |url: &str| {
        backend
            .outbound
            .check(url)
            .ok()
            .map(|target| target.origin())
    };
    match (origin(address.reveal()), origin(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn unreachable(error: OutboundError) -> Trouble {
    Trouble::Later(error.to_string())
}

fn later(why: impl AsRef<str>) -> Trouble {
    Trouble::Later(sentence(why.as_ref()))
}

/// With a capital letter and a full stop.
fn sentence(why: &str) -> String {
    let mut letters = why.trim_end_matches('.').chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
