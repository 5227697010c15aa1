//! The five steps of the gate, one after the other, and the routes that lead here.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Request, State};
use axum::response::Response;
use axum::routing::any;
use domain::access_log::Reason;
use domain::accounts::Challenge;
use domain::accounts::actions::challenge_of;
use domain::files::actions::StoredFile;
use domain::files::vault::Vault;
use domain::files::{FILES_PREFIX, FileId};
use domain::{Backend, Error};
use http::Method;
use http::request::Parts;

use super::browser;
use super::caller::{CallerKind, classify};
use super::content_type::present;
use super::decide::{Answer, Proof, Subject, decide};
use super::entry::Entry;
use super::locate::{self, Address};
use super::precondition::Validators;
use super::proof;
use super::refusal::Refusal;
use super::serve::{self, Content};
use crate::state::HttpSettings;

/// Everything below `/files`, whatever it looks like: what is no address is refused like a file that does not exist.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Backend: FromRef<S>,
    Arc<HttpSettings>: FromRef<S>,
{
    Router::new()
        .route(FILES_PREFIX, any(answer))
        .route(&format!("{FILES_PREFIX}/"), any(answer))
        .route(&format!("{FILES_PREFIX}/{{*address}}"), any(answer))
}

async fn answer(
    State(backend): State<Backend>,
    State(http): State<Arc<HttpSettings>>,
    request: Request,
) -> Response {
    let (parts, _body) = request.into_parts();
    let mut entry = Entry::begin(&parts, backend.clock.now());
    let response = match pass(&backend, &parts, &mut entry).await {
        Ok(response) => response,
        Err(refusal) => {
            entry.refuse(&refusal);
            let response = refusal.into_response(&parts.headers);
            if parts.method == Method::HEAD {
                // What a GET would say, without saying it: the length stays.
                response.map(|_| Body::empty())
            } else {
                response
            }
        }
    };
    let is_https = http.public_url.is_https();
    let response = browser::leave_mark(&backend, &parts.headers, is_https, response);
    entry.accompany(response, &backend.access_log)
}

/// The steps in their order. What each finds out goes into the entry.
async fn pass(backend: &Backend, parts: &Parts, entry: &mut Entry) -> Result<Response, Refusal> {
    let address = Address::parse(parts.uri.path());
    entry.locate(&address);
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Refusal::MethodNotAllowed);
    }
    let file = locate::find(backend, &address).await.map_err(refused)?;
    let shown = proof::collect(backend, parts, &address)
        .await
        .map_err(refused)?;
    entry.show(&shown);
    let proof = shown.proof;
    let policy = policy(backend, &address, proof).await.map_err(refused)?;
    let caller = classify(&parts.headers);
    let answer = decide(
        proof,
        file.as_ref().map(Subject::from).as_ref(),
        policy,
        caller,
        backend.clock.now(),
    );
    log(&address, proof, caller, answer);
    let file = granted(answer, file)?;
    let content = open(backend, file, parts)
        .await
        .inspect_err(|_| entry.because(Reason::NotInVault))?;
    serve::respond(&parts.method, &parts.headers, content)
}

/// What the account says of callers without a valid proof. Not asked for where it plays no part.
async fn policy(backend: &Backend, address: &Address, proof: Proof) -> Result<Challenge, Error> {
    match address.account {
        Some(account) if !proof.is_valid() => challenge_of(backend, account).await,
        _ => Ok(Challenge::default()),
    }
}

/// One event for each decision, for operators; the access log has more, and is for the account.
fn log(address: &Address, proof: Proof, caller: CallerKind, answer: Answer) {
    // No user name: people type passwords into that field (R047).
    tracing::debug!(
        target: "reelgate::gate",
        account = address.account.map(tracing::field::display),
        file = address.file.as_ref().map(|(id, _)| tracing::field::display(id)),
        ?proof,
        ?caller,
        ?answer,
        "session file"
    );
}

fn granted(answer: Answer, file: Option<StoredFile>) -> Result<StoredFile, Refusal> {
    match answer {
        Answer::Allow | Answer::AllowOpen => file.ok_or(Refusal::NotFound),
        Answer::Challenge => Err(Refusal::Challenge),
        Answer::ChallengeToken => Err(Refusal::ChallengeToken),
        Answer::Forbid => Err(Refusal::Forbid),
        Answer::ForbidMember => Err(Refusal::ForbidMember),
        Answer::ForbidRole => Err(Refusal::ForbidRole),
        Answer::NotFound => Err(Refusal::NotFound),
        Answer::Expired => Err(Refusal::Expired),
        Answer::Trashed => Err(Refusal::Trashed),
        Answer::Deleted => Err(Refusal::Deleted),
        Answer::Throttle { retry_after } => Err(Refusal::Throttled { retry_after }),
    }
}

/// `?download` asks to save what a browser would show.
fn is_download(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    query
        .split('&')
        .any(|pair| pair == "download" || pair.starts_with("download="))
}

/// Opens the bytes of a file, and makes sure that they are as many as they were.
async fn open(backend: &Backend, file: StoredFile, parts: &Parts) -> Result<Content, Refusal> {
    let id = file.id;
    let (bytes, size) = match read(&backend.vault, id).await {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(file = %id, error = %error, "a session file is not in the vault");
            return Err(Refusal::Internal);
        }
    };
    if size != file.size {
        tracing::error!(file = %id, expected = file.size, found = size, "a session file in the vault has another size");
        return Err(Refusal::Internal);
    }
    Ok(Content {
        bytes,
        outlet: parts.extensions.get().cloned(),
        size,
        presentation: present(&file.content_type, is_download(parts)),
        validators: Validators::new(&file.sha256, SystemTime::from(file.created_at)),
        name: file.name,
    })
}

/// The object and its size. What the kernel knows by heart is opened here: another thread would cost more than that.
async fn read(vault: &Vault, id: FileId) -> io::Result<(File, u64)> {
    if let Some(opened) = vault.read_at_once(id) {
        return opened;
    }
    let vault = vault.clone();
    let opened = tokio::task::spawn_blocking(move || vault.read_sized(id));
    opened.await.map_err(io::Error::other).flatten()
}

/// What becomes of an action that did not happen.
fn refused(error: Error) -> Refusal {
    match error {
        Error::Throttled { retry_after } => Refusal::Throttled { retry_after },
        Error::Unavailable(_) => Refusal::Unavailable,
        Error::NotFound(_) => Refusal::NotFound,
        other => {
            let chain: &dyn std::error::Error = &other;
            tracing::error!(
                error = chain,
                source = chain.source(),
                "a request for a session file failed"
            );
            Refusal::Internal
        }
    }
}
