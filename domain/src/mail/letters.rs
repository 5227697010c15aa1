//! Every letter there is. None holds a secret but its link.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::{Letter, LetterLink};
use crate::members::Member;
use crate::webhooks::DisabledCause;
use crate::{Role, Secret};

/// To somebody who is to become a member.
pub(crate) fn invitation(
    account: &str,
    inviter: Option<&str>,
    role: Role,
    link: &Secret,
) -> Letter {
    let who = inviter.unwrap_or("The operator of Reelgate");
    Letter {
        subject: format!("You are invited to {account} on Reelgate"),
        before: vec![format!(
            "{who} invites you to the recordings of {account}, as {}.",
            role.as_str()
        )],
        link: Some(LetterLink {
            label: "Accept the invitation".to_owned(),
            address: link.reveal().to_owned(),
        }),
        after: vec![
            "The link is good for seven days and works once. If you expected no invitation, do nothing.".to_owned(),
        ],
    }
}

/// To a member who asked for it on the page Forgot password.
pub(crate) fn forgotten_password(member: &Member, link: &Secret) -> Letter {
    reset(
        &member.name,
        "Somebody, probably you, asked for a new account password for this address.",
        "If it was not you, do nothing: your password stays as it is.",
        link,
    )
}

/// To a member for whom an owner or admin started it.
pub(crate) fn started_reset(name: &str, link: &Secret) -> Letter {
    reset(
        name,
        "An owner or admin of your account started a reset of your account password.",
        "Until you use the link your password stays as it is.",
        link,
    )
}

fn reset(name: &str, why: &str, otherwise: &str, link: &Secret) -> Letter {
    Letter {
        subject: "Set a new account password".to_owned(),
        before: vec![format!("Hello {name},"), why.to_owned()],
        link: Some(LetterLink {
            label: "Set a new password".to_owned(),
            address: link.reveal().to_owned(),
        }),
        after: vec![format!(
            "The link is good for one hour and works once. {otherwise}"
        )],
    }
}

/// To the member whose account password it is (R024).
pub(crate) fn password_changed(
    member: &Member,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Letter {
    notice(
        "Your account password was changed",
        &format!("Hello {},", member.name),
        "The password with which you sign in to Reelgate was changed, and all other sign-ins were ended.",
        &facts(address, None, now),
        "If it was not you, ask an owner or admin of your account for a reset link at once.",
    )
}

/// To a member who signed in with a browser for the first time (R024).
pub(crate) fn new_device(
    member: &Member,
    device: &str,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Letter {
    notice(
        "A new sign-in to Reelgate",
        &format!("Hello {},", member.name),
        "Somebody, probably you, signed in with a browser that was not used before.",
        &facts(Some(address), Some(device), now),
        "If it was not you, change your account password: that ends every other sign-in.",
    )
}

/// To the member whose second factor it is (R024). `what`: a sentence without its full stop.
pub(crate) fn second_factor_changed(
    name: &str,
    what: &str,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Letter {
    notice(
        "Your second factor was changed",
        &format!("Hello {name},"),
        &format!("{what}."),
        &facts(address, None, now),
        "If it was not you, change your account password and look at Account, Second factor; or ask an owner or admin of \
         your account for help at once.",
    )
}

/// To the member who signed in with it.
pub(crate) fn recovery_code_used(
    name: &str,
    left: i64,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Letter {
    notice(
        "A recovery code was used",
        &format!("Hello {name},"),
        &format!(
            "Somebody, probably you, signed in to Reelgate with one of your recovery codes. Codes that are left: {left}."
        ),
        &facts(Some(address), None, now),
        "If it was not you, change your account password and make new recovery codes at once.",
    )
}

/// To the member for whom wrong codes were typed after the right password.
pub(crate) fn wrong_codes(name: &str, address: IpAddr, now: DateTime<Utc>) -> Letter {
    notice(
        "Wrong codes at your sign-in",
        &format!("Hello {name},"),
        "Somebody typed your account password and then several wrong codes of an authenticator app. Nobody was signed in.",
        &facts(Some(address), None, now),
        "If it was not you, somebody knows your account password: change it at once.",
    )
}

/// To the member whose second factor somebody else took away.
pub(crate) fn second_factor_reset(name: &str, by: &str, now: DateTime<Utc>) -> Letter {
    notice(
        "Your second factor was reset",
        &format!("Hello {name},"),
        &format!(
            "{by} reset your second factor: your authenticator app, passkeys and recovery codes no longer count, and all \
             your sign-ins have ended. Your account password is the same."
        ),
        &facts(None, None, now),
        "Sign in and set up a second factor again. If you did not ask for this, ask who did it.",
    )
}

/// To each owner (R024).
pub(crate) fn credential_reset(
    account: &str,
    by: &str,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Letter {
    notice(
        &format!("The access password of {account} was reset"),
        "Hello,",
        &format!(
            "{by} set a new access password for the session files of {account}. Programs with the old one need the \
             new one."
        ),
        &facts(address, None, now),
        "If nobody of your team did this, reset it again and look at who can sign in.",
    )
}

/// To each owner and admin: a recording that a sender announced is not in the vault, and will not come by itself.
pub(crate) fn recording_not_fetched(
    source: &str,
    room: &str,
    file: &str,
    reason: &str,
    address: String,
) -> Letter {
    Letter {
        subject: format!("A recording from {source} could not be fetched"),
        before: vec![
            "Hello,".to_owned(),
            format!("{source} announced the file {file} of {room}, and it is not in the vault."),
            reason.to_owned(),
        ],
        link: Some(LetterLink {
            label: "See the source".to_owned(),
            address,
        }),
        after: vec![
            "If the sender still has the file, repair the cause and press Retry there.".to_owned(),
        ],
    }
}

/// To owners and admins of an account: several files that a source announced are lost, some of them named.
pub(crate) fn recordings_not_fetched(
    source: &str,
    count: i64,
    named: impl IntoIterator<Item = String>,
    address: String,
) -> Letter {
    let mut before = vec![
        "Hello,".to_owned(),
        format!("{source} announced {count} files that are not in the vault."),
    ];
    before.extend(named);
    Letter {
        subject: format!("{count} recordings from {source} could not be fetched"),
        before,
        link: Some(LetterLink {
            label: "See the source".to_owned(),
            address,
        }),
        after: vec![
            "If the sender still has the files, repair the cause and press Retry there.".to_owned(),
        ],
    }
}

/// To everybody who manages webhooks, when an endpoint was turned off without anybody asking for it.
pub(crate) fn webhook_disabled(
    project: &str,
    origin: &str,
    cause: DisabledCause,
    page: &str,
) -> Letter {
    let why = match cause {
        DisabledCause::Gone => "it answered 410 Gone, which says that it wants nothing any more",
        DisabledCause::Failing | DisabledCause::Manual => {
            "every delivery to it failed for five days"
        }
    };
    Letter {
        subject: format!("A webhook of {project} was turned off"),
        before: vec![
            "Hello,".to_owned(),
            format!(
                "Reelgate no longer sends webhooks of the project {project} to {origin}, because {why}."
            ),
        ],
        link: Some(LetterLink {
            label: "See what was sent and answered".to_owned(),
            address: page.to_owned(),
        }),
        after: vec![
            "When the endpoint works again, turn it on there and send again what it missed. What happens while it is off \
             is not sent."
                .to_owned(),
        ],
    }
}

fn notice(subject: &str, greeting: &str, what: &str, facts: &str, otherwise: &str) -> Letter {
    Letter {
        subject: subject.to_owned(),
        before: [greeting, what, facts, otherwise]
            .map(str::to_owned)
            .to_vec(),
        link: None,
        after: Vec::new(),
    }
}

fn facts(address: Option<IpAddr>, device: Option<&str>, now: DateTime<Utc>) -> String {
    let device = device
        .map(|device| format!(", {device}"))
        .unwrap_or_default();
    let address = address
        .map(|address| format!(", from {address}"))
        .unwrap_or_default();
    format!("{}{device}{address}.", now.format("%-d %B %Y, %H:%M UTC"))
}
