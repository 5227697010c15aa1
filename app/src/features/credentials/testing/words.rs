//! Each finding in words: what is the matter, and what to do.

use domain::accounts::Challenge;
use domain::credentials::inspection::Finding;

use crate::ui::wait;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Good,
    Bad,
    Note,
}

/// A finding, said.
pub(super) struct Said {
    pub(super) weight: Weight,
    pub(super) title: &'static str,
    pub(super) advice: String,
}

pub(super) fn words(finding: Finding) -> Said {
    use Weight::{Bad, Good, Note};
    let said = |weight, title, advice: &str| Said {
        weight,
        title,
        advice: advice.to_owned(),
    };
    match finding {
        Finding::Opens => said(
            Good,
            "User name and password are right",
            "They open the account's session files.",
        ),
        Finding::OpensWithOldPassword { until } => Said {
            weight: Note,
            title: "This is the old password",
            advice: format!(
                "It is accepted until {}. Give the program the new one before that.",
                utc(until)
            ),
        },
        Finding::UnknownName => said(
            Bad,
            "No such user name",
            "No credential of this account has it. Copy the user name from Recording Access Control; capitals count.",
        ),
        Finding::NameInOtherCase => said(
            Bad,
            "The user name differs in capitals",
            "Copy it from Recording Access Control, and mind large and small letters.",
        ),
        Finding::WrongPassword { changed_at: None } => said(
            Bad,
            "The user name is right, the password is not",
            "Copy the password again.",
        ),
        Finding::WrongPassword {
            changed_at: Some(at),
        } => Said {
            weight: Bad,
            title: "The user name is right, the password is not",
            advice: format!(
                "It was changed last on {}. If the program was set up before that, it still has the old one.",
                utc(at)
            ),
        },
        Finding::OtherAccount => said(
            Bad,
            "This belongs to another account",
            "User name and password are right, but open another account's files, and none of this one.",
        ),
        Finding::Expired { at } => Said {
            weight: Bad,
            title: "The credential has expired",
            advice: format!(
                "It ended on {}. An owner or admin can choose a later day.",
                utc(at)
            ),
        },
        Finding::Revoked { at } => Said {
            weight: Bad,
            title: "The credential is revoked",
            advice: format!("Since {} it opens nothing. Use another one.", utc(at)),
        },
        Finding::AddressNotAllowed => said(
            Bad,
            "Not allowed from this address",
            "User name and password are right, but the credential is bound to other addresses. An owner or admin can add this one.",
        ),
        Finding::AddressMatters => said(
            Note,
            "It is bound to addresses",
            "Enter the address of the program below to see whether it is on the list.",
        ),
        Finding::Throttled { seconds } => Said {
            weight: Bad,
            title: "Too many wrong passwords came from this address",
            advice: format!(
                "A new password from there is looked at again in {}. Find out what sends wrong ones.",
                wait(seconds)
            ),
        },
        Finding::NothingSent => said(
            Bad,
            "As it stands, this sends no user name and password",
            "See below what is wrong with it.",
        ),
        Finding::NotAsked { setting } => not_asked(setting),
        other => of_form(other),
    }
}

/// Mistakes in how it is written, and where it goes.
fn of_form(finding: Finding) -> Said {
    use Weight::{Bad, Note};
    let (weight, title, advice) = match finding {
        Finding::OtherScheme => (
            Bad,
            "This is not Basic",
            "Session files are opened with HTTP Basic authentication: Authorization: Basic, and then user:password in base64.",
        ),
        Finding::SchemeMissing => (
            Bad,
            "The word Basic is missing",
            "The header has to be: Authorization: Basic, a blank, and then user:password in base64.",
        ),
        Finding::NotBase64 => (
            Bad,
            "This is not base64",
            "Behind Basic comes user:password encoded in base64, not as it is.",
        ),
        Finding::Base64Wrapped => (
            Bad,
            "The base64 is broken into lines",
            "Some tools wrap it after 76 characters. Use base64 -w0, or take the line breaks out.",
        ),
        Finding::Base64ForAddresses => (
            Bad,
            "This is the base64 for addresses",
            "It has - and _ in place of + and /. HTTP Basic wants the ordinary alphabet.",
        ),
        Finding::Base64Twice => (
            Bad,
            "Encoded in base64 twice",
            "The library encodes it already: give it user name and password as they are.",
        ),
        Finding::NoColon => (
            Bad,
            "There is no colon",
            "User name and password are joined by a colon, before they are encoded.",
        ),
        Finding::ControlCharacter => (
            Bad,
            "There is a control character in it",
            "No user name or password has one. Look for a tab or a zero byte.",
        ),
        Finding::LineBreakAtEnd => (
            Bad,
            "There is a line break at the end",
            "It was encoded, too. Use printf or echo -n in place of echo, and trim what you read from a file.",
        ),
        Finding::BlankAround => (
            Bad,
            "There is a blank before or behind",
            "User name or password have one too many. Trim what you read from a file or a variable.",
        ),
        Finding::PercentEncoded => (
            Bad,
            "It is percent-encoded once too often",
            "In a header nothing is decoded; in an address it is decoded once. Send the password as it is, or encode it once.",
        ),
        Finding::NotPercentEncoded => (
            Bad,
            "Not percent-encoded",
            "In an address, characters such as @ / ? # % and everything that is not ASCII have to be percent-encoded: @ as %40, / as %2F, % as %25.",
        ),
        Finding::EncodedTwice => (
            Bad,
            "Encoded as UTF-8 twice",
            "Bytes of UTF-8 were taken for Latin-1 and encoded once more. Look for a conversion too many.",
        ),
        Finding::Latin1 => (
            Note,
            "These are Latin-1 bytes",
            "They are understood here, but not everywhere. Let the program encode them as UTF-8.",
        ),
        Finding::ShellExpands => (
            Bad,
            "Your shell changes it",
            "A character such as $, &, ! or ( means something to the shell. Put user name and password into single quotes.",
        ),
        Finding::CurlWaits => (
            Note,
            "curl waits to be asked",
            "With this option it sends the password only after a 401. Leave it out, or use --basic.",
        ),
        Finding::NoPasswordInAddress => (
            Bad,
            "There is no password in the address",
            "Put user name and password before the host, https://user:password@…, or send a header.",
        ),
        Finding::OtherHost => (
            Bad,
            "The address leads to another host",
            "Scheme, host or port are not those of this portal. Copy the address again from the Recordings report.",
        ),
        Finding::OtherPath => (
            Bad,
            "This is not the address of a session file",
            "It begins with /files/, the account and the file. Copy it again from the Recordings report.",
        ),
        Finding::OtherAccountInPath => (
            Bad,
            "The address is that of another account's file",
            "Copy it again from the Recordings report of this account.",
        ),
        Finding::NoSuchFile => (
            Bad,
            "There is no such file",
            "The account has no file at this address. Copy it again from the Recordings report.",
        ),
        // Outcomes, which `words` has said; a new mistake of form belongs above.
        _ => (Note, "Read the other lines", "They say what was found."),
    };
    Said {
        weight,
        title,
        advice: advice.to_owned(),
    }
}

fn not_asked(setting: Challenge) -> Said {
    Said {
        weight: Weight::Bad,
        title: "This program is never asked for its password",
        advice: match setting {
            Challenge::NeverPrograms => {
                "The account's setting \"Never ask programs\" answers it 403 Forbidden, so it does not send what it has. \
                 Choose \"As documented\" or \"Ask everyone\" under Recording Access Control."
            }
            _ => {
                "It waits for a 401, and the account's setting \"As documented\" answers it 403 Forbidden, because it is \
                 none of the programs known to wait. Choose \"Ask everyone\" under Recording Access Control, or let it send \
                 the header at once."
            }
        }
        .to_owned(),
    }
}

/// Findings hold moments as they are; the page has no zone at this place, and UTC is what logs of programs say.
fn utc(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}
