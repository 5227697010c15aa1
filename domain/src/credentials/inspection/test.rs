//! The test itself: reads, compares, and says what it comes to.

use std::net::{IpAddr, Ipv4Addr};

use super::pasted::{self, Pair, Reading, Target};
use super::{Finding, TestedClient};
use crate::accounts::{self, AccountId};
use crate::credentials::store::{self, Verifiable};
use crate::credentials::verification::{self, Match, Verdict, Why};
use crate::files::{self, FILES_PREFIX, FileId};
use crate::guard::Purpose;
use crate::{Actor, Backend, Error, PasswordText, Permission, Secret};

/// Bytes of what is pasted at most.
const MAX: usize = 16 * 1024;
/// What may have been meant is tried so often at most: each costs a hash.
const TRIES: usize = 4;

/// What is tested, as typed.
#[derive(Debug, Clone)]
pub struct CredentialTest {
    /// A header, an address, a command, a pair; empty if the fields are used.
    pub sent: Secret,
    pub username: Secret,
    pub password: Secret,
    /// Where the program is; may be empty.
    pub address: String,
    pub client: TestedClient,
    /// Scheme and host of the portal.
    pub public_url: String,
}

/// Says what is wrong, the outcome first. Nothing is changed, and nothing of it is kept.
pub async fn inspect(
    backend: &Backend,
    actor: &Actor,
    test: &CredentialTest,
) -> Result<Vec<Finding>, Error> {
    actor.may(Permission::TestCredentials)?;
    let address = address_of(test)?;
    let reading = read(test)?;
    let outcome = judge_guess(backend, actor, &reading, address).await?;
    let mut findings = outcome.findings;
    findings.extend(reading.findings.iter().copied());
    if let Some(target) = &reading.target {
        findings.extend(check_target(backend, actor.account, target, &test.public_url).await?);
    }
    let setting = accounts::actions::get(backend, actor).await?.challenge;
    let client = if reading.is_curl && test.client == TestedClient::NotSure {
        TestedClient::SendsAtOnce
    } else {
        test.client
    };
    if client.is_turned_away(setting) {
        findings.push(Finding::NotAsked { setting });
    }
    let mut seen = Vec::new();
    findings.retain(|finding| {
        let is_new = !seen.contains(finding);
        seen.push(*finding);
        is_new
    });
    Ok(findings)
}

fn address_of(test: &CredentialTest) -> Result<Option<IpAddr>, Error> {
    let typed = test.address.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let wrong = |_| {
        Error::invalid(
            "address",
            "Enter an IP address such as 203.0.113.7 or 2001:db8::7, or leave it empty.",
        )
    };
    typed.parse().map(Some).map_err(wrong)
}

fn read(test: &CredentialTest) -> Result<Reading, Error> {
    let sent = test.sent.reveal();
    let has_fields = !test.username.reveal().is_empty() || !test.password.reveal().is_empty();
    match (sent.trim().is_empty(), has_fields) {
        (true, false) => Err(Error::invalid(
            "sent",
            "Paste what your program sends, or fill in user name and password below.",
        )),
        (false, true) => Err(Error::invalid(
            "sent",
            "Use either this field or user name and password below, not both.",
        )),
        (false, false) if sent.len() > MAX => Err(Error::invalid(
            "sent",
            "This is too long. Paste one header, one address or one command.",
        )),
        (false, false) => Ok(pasted::read(sent)),
        (true, true) => Ok(pasted::read_fields(
            test.username.reveal(),
            test.password.reveal(),
        )),
    }
}

struct Outcome {
    findings: Vec<Finding>,
    /// Some password of it was right, so nothing was guessed.
    is_right: bool,
}

/// What it comes to, at the price of a guess at that user name.
async fn judge_guess(
    backend: &Backend,
    actor: &Actor,
    reading: &Reading,
    address: Option<IpAddr>,
) -> Result<Outcome, Error> {
    let mut pairs = reading
        .sent
        .iter()
        .chain(reading.meant.iter().map(|(_, pair)| pair));
    let Some(first) = pairs.next() else {
        return Ok(Outcome {
            findings: vec![Finding::NothingSent],
            is_right: false,
        });
    };
    let guess = backend.guard.admit(
        Purpose::TestedPassword,
        &verification::username_of(&first.username),
        actor.address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    )?;
    match judge(backend, actor, reading, address).await {
        Ok(outcome) => {
            if outcome.is_right {
                guess.right();
            }
            Ok(outcome)
        }
        Err(error) => {
            guess.void();
            Err(error)
        }
    }
}

/// First what is sent as it stands, then what may have been meant.
async fn judge(
    backend: &Backend,
    actor: &Actor,
    reading: &Reading,
    address: Option<IpAddr>,
) -> Result<Outcome, Error> {
    let mut findings = Vec::new();
    if let Some(sent) = &reading.sent {
        let (found, is_right) = judge_pair(backend, actor.account, sent, address).await?;
        findings.extend(found);
        if is_right {
            return Ok(Outcome { findings, is_right });
        }
    } else {
        findings.push(Finding::NothingSent);
    }
    for (finding, pair) in reading.meant.iter().take(TRIES) {
        let (found, is_right) = judge_pair(backend, actor.account, pair, address).await?;
        if is_right {
            // Now it is known what is wrong; that the password is not right as it stands says less.
            findings.retain(|finding| *finding == Finding::NothingSent);
            findings.push(*finding);
            findings.extend(found.into_iter().filter(|f| *f != Finding::Opens));
            return Ok(Outcome { findings, is_right });
        }
    }
    Ok(Outcome {
        findings,
        is_right: false,
    })
}

/// What a pair comes to, and whether its password is right, whatever else stands in the way.
async fn judge_pair(
    backend: &Backend,
    account: AccountId,
    pair: &Pair,
    address: Option<IpAddr>,
) -> Result<(Vec<Finding>, bool), Error> {
    let username = verification::username_of(&pair.username);
    let Some(password) = PasswordText::new(&verification::decode(&pair.password)) else {
        return Ok((vec![Finding::WrongPassword { changed_at: None }], false));
    };
    let mut db = backend.db.acquire().await?;
    let found = store::find_by_username(&mut db, &username).await?;
    let in_other_case = match &found {
        None => store::has_username_in_other_case(&mut db, account, &username).await?,
        Some(_) => false,
    };
    drop(db);
    let matched = verification::compare(backend, &password, found.as_ref()).await?;
    let Some(row) = found else {
        let finding = if in_other_case {
            Finding::NameInOtherCase
        } else {
            Finding::UnknownName
        };
        return Ok((vec![finding], false));
    };
    if row.account != account {
        // SECURITY: what another account's user names are is told only to those who have the password too.
        return Ok(match matched {
            Match::Neither => (vec![Finding::UnknownName], false),
            Match::Current | Match::Old => (vec![Finding::OtherAccount], true),
        });
    }
    Ok(weigh(backend, row, matched, &username, address))
}

fn weigh(
    backend: &Backend,
    row: Verifiable,
    matched: Match,
    username: &str,
    address: Option<IpAddr>,
) -> (Vec<Finding>, bool) {
    let changed_at = row.changed_at;
    let (ends, expires_at, revoked_at) = (row.old_accepted_until, row.expires_at, row.revoked_at);
    let networks = row.networks.clone();
    // Without an address the list is not asked: it is told that it matters.
    let from = address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let row = Verifiable {
        networks: if address.is_some() {
            row.networks
        } else {
            Vec::new()
        },
        ..row
    };
    let mut findings = Vec::new();
    if let Some(address) = address
        && let Some(wait) = backend
            .guard
            .wait_of(Purpose::AccessPassword, username, address)
    {
        findings.push(Finding::Throttled {
            seconds: wait.as_secs().max(1),
        });
    }
    let is_right = matched != Match::Neither;
    let finding = match verification::weigh(matched, Some(row), from, backend.clock.now()) {
        Verdict::Valid(grant) if grant.is_old_password => ends.map_or(Finding::Opens, |until| {
            Finding::OpensWithOldPassword { until }
        }),
        Verdict::Valid(_) => Finding::Opens,
        Verdict::Refused(refused) => match (refused.why, expires_at, revoked_at) {
            (Why::Expired, Some(at), _) => Finding::Expired { at },
            (Why::Revoked, _, Some(at)) => Finding::Revoked { at },
            (Why::AddressNotAllowed, ..) => Finding::AddressNotAllowed,
            _ => Finding::WrongPassword { changed_at },
        },
        Verdict::Throttled { .. } => Finding::WrongPassword { changed_at },
    };
    let opens = matches!(
        finding,
        Finding::Opens | Finding::OpensWithOldPassword { .. }
    );
    findings.push(finding);
    if opens && address.is_none() && !networks.is_empty() {
        findings.push(Finding::AddressMatters);
    }
    (findings, is_right)
}

async fn check_target(
    backend: &Backend,
    account: AccountId,
    target: &Target,
    public_url: &str,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if without_default_port(&target.origin) != without_default_port(public_url) {
        findings.push(Finding::OtherHost);
    }
    let below = target
        .path
        .strip_prefix(FILES_PREFIX)
        .and_then(|rest| rest.strip_prefix('/'));
    let mut segments = below.unwrap_or_default().split('/');
    let named = segments
        .next()
        .and_then(|text| text.parse::<AccountId>().ok());
    let file = segments.next().and_then(|text| text.parse::<FileId>().ok());
    let (Some(named), Some(file), Some(name), None) =
        (named, file, segments.next(), segments.next())
    else {
        findings.push(Finding::OtherPath);
        return Ok(findings);
    };
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    if named != account {
        findings.push(Finding::OtherAccountInPath);
    } else if name.contains('\0')
        || files::actions::locate(backend, account, file, &name)
            .await?
            .is_none()
    {
        findings.push(Finding::NoSuchFile);
    }
    Ok(findings)
}

fn without_default_port(origin: &str) -> String {
    let origin = origin.trim_end_matches('/').to_ascii_lowercase();
    let port = if origin.starts_with("https:") {
        ":443"
    } else {
        ":80"
    };
    origin
        .strip_suffix(port)
        .map_or(origin.clone(), str::to_owned)
}
