//! Ready commands that speak to the APIs as a project. Pure.
//!
//! - The secret never stands in a command: curl asks for it, or reads it from a file that only its owner can read. So it
//!   is neither in a history nor in the list of processes.
//! - Each command is one line of a POSIX shell, whatever stands in the addresses.

use chrono::{Datelike as _, NaiveDate};

use crate::files::commands::shell_quoted;
use crate::projects::ProjectId;

/// The file that [`keep_in_file`] writes.
pub const FILE: &str = "~/.reelgate-netrc";

/// For whom a command is, and where.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    /// Scheme and host, without a slash at the end.
    pub public_url: &'a str,
    pub project: ProjectId,
    /// The project's.
    pub identifier: &'a str,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiCommand {
    /// List sessions by the native API.
    List,
    /// Deliver a file by the native API.
    Upload,
    /// List by the archive API of EnableX.
    Archive,
    /// List by the conventions of SecureVideo.
    StoredRecordings,
}

impl ApiCommand {
    pub const ALL: [Self; 4] = [
        Self::List,
        Self::Upload,
        Self::Archive,
        Self::StoredRecordings,
    ];

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::List => "List sessions",
            Self::Upload => "Upload a file",
            Self::Archive => "Archive API, as EnableX has it",
            Self::StoredRecordings => "Stored recordings, as SecureVideo has them",
        }
    }

    /// Short and lower case, for ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Upload => "upload",
            Self::Archive => "archive",
            Self::StoredRecordings => "stored-recordings",
        }
    }

    /// What there is to know beside the command.
    pub const fn note(self) -> &'static str {
        match self {
            Self::List => {
                "The latest sessions of the project, as JSON, a page at a time. Filters are query parameters."
            }
            Self::Upload => {
                "Needs a secret that may write. Put your file's name and the session's room and conference number in. \
                 Sent again, the same file is taken once."
            }
            Self::Archive => {
                "Sessions of this month, with the addresses of their files. Dates are days in UTC, the last one \
                 included."
            }
            Self::StoredRecordings => {
                "All recordings of the project, for clients that were written for SecureVideo."
            }
        }
    }

    /// The command. `today` is a day in UTC.
    pub fn command(self, speaker: Speaker<'_>, today: NaiveDate) -> String {
        let path = match self {
            Self::List => "/api/v1/sessions".to_owned(),
            Self::Upload => format!(
                "/api/v1/projects/{}/sessions/room/123456789012/files/transcoded.mp4",
                speaker.project
            ),
            Self::Archive => {
                let first = today.with_day(1).unwrap_or(today);
                format!("/video/v2/archive/period/{first}/{today}")
            }
            Self::StoredRecordings => "/StoredRecording".to_owned(),
        };
        let user = shell_quoted(speaker.identifier);
        let url = shell_quoted(&format!("{}{path}", speaker.public_url));
        let file = match self {
            Self::Upload => "  --upload-file transcoded.mp4 \\\n",
            _ => "",
        };
        format!("curl --fail --user {user} \\\n{file}  {url}")
    }
}

/// Asks for the secret and keeps it in [`FILE`], for `curl --netrc-file`. What prints it belongs to the shell, so it is
/// no process of its own.
pub fn keep_in_file(speaker: Speaker<'_>) -> String {
    let line = format!(
        "machine {} login {} password %s\\n",
        host_of(speaker.public_url).replace(['%', '\\'], "_"),
        speaker.identifier
    );
    format!(
        "printf 'API secret: '; stty -echo; IFS= read -r secret; stty echo; echo\n(umask 077; printf {} \"$secret\" > \
         {FILE}); unset secret",
        shell_quoted(&line)
    )
}

/// As curl looks it up: no port, and no brackets around an IPv6 address.
fn host_of(public_url: &str) -> &str {
    let authority = public_url
        .split_once("://")
        .map_or(public_url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    if let Some((host, _)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return host;
    }
    authority
        .split_once(':')
        .map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTIFIER: &str = "0123456789abcdef01234567";

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
    }

    fn at(public_url: &str) -> Speaker<'_> {
        Speaker {
            public_url,
            project: ProjectId::from_uuid(uuid::Uuid::from_u128(7)),
            identifier: IDENTIFIER,
        }
    }

    #[test]
    fn every_command_asks_for_the_secret_and_never_holds_one() {
        let rec = at("https://rec.example");
        for command in ApiCommand::ALL {
            let text = command.command(rec, today());
            assert!(
                text.contains(&format!("--user '{IDENTIFIER}' ")),
                "without a colon curl asks: {text}"
            );
            assert!(text.contains("'https://rec.example/"), "{text}");
        }
        let archive = ApiCommand::Archive.command(rec, today());
        assert!(archive.ends_with("/video/v2/archive/period/2026-11-01/2026-11-21'"));
        let upload = ApiCommand::Upload.command(rec, today());
        assert!(
            upload.contains("--upload-file transcoded.mp4 \\\n"),
            "{upload}"
        );
        assert!(
            upload.contains("00000000-0000-0000-0000-000000000007/sessions/"),
            "{upload}"
        );
    }

    #[test]
    fn an_address_is_one_word_of_the_shell() {
        let text = ApiCommand::List.command(at("https://it's.example"), today());
        assert!(
            text.ends_with(r"'https://it'\''s.example/api/v1/sessions'"),
            "{text}"
        );
    }

    #[test]
    fn the_file_is_the_owners_alone_and_names_the_host_as_curl_does() {
        for (url, host) in [
            ("https://rec.example", "rec.example"),
            ("http://127.0.0.1:3000", "127.0.0.1"),
            ("http://[::1]:3000", "::1"),
        ] {
            let text = keep_in_file(at(url));
            assert!(text.contains("umask 077"));
            assert!(
                text.contains(&format!("machine {host} login {IDENTIFIER} password %s")),
                "{text}"
            );
        }
    }
}
