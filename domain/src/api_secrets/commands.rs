//! Ready commands that speak to the APIs as a project. Pure.
//!
//! - The secret never stands in a command: curl asks for it, or reads it from a file that only its owner can read. So it
//!   is neither in a history nor in the list of processes.
//! - Each command is one line of a POSIX shell, whatever stands in the addresses.

use chrono::{Datelike as _, NaiveDate};

use crate::files::commands::shell_quoted;

/// The file that [`keep_in_file`] writes.
pub const FILE: &str = "~/.reelgate-netrc";

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

    /// The command for the project of this identifier, at this public address. `today` is a day in UTC.
    pub fn command(self, public_url: &str, identifier: &str, today: NaiveDate) -> String {
        let path = match self {
            Self::List => "/api/v1/sessions".to_owned(),
            Self::Upload => "/api/v1/uploads/room/123456789012/transcoded.mp4".to_owned(),
            Self::Archive => {
                let first = today.with_day(1).unwrap_or(today);
                format!("/video/v2/archive/period/{first}/{today}")
            }
            Self::StoredRecordings => "/StoredRecording".to_owned(),
        };
        let user = shell_quoted(identifier);
        let url = shell_quoted(&format!("{public_url}{path}"));
        match self {
            Self::Upload => {
                format!("curl --fail --user {user} \\\n  --upload-file transcoded.mp4 \\\n  {url}")
            }
            _ => format!("curl --fail --user {user} \\\n  {url}"),
        }
    }
}

/// Asks for the secret and keeps it in [`FILE`], for `curl --netrc-file`. What prints it belongs to the shell, so it is
/// no process of its own.
pub fn keep_in_file(public_url: &str, identifier: &str) -> String {
    let line = format!(
        "machine {} login {identifier} password %s\\n",
        host_of(public_url).replace(['%', '\\'], "_")
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

    #[test]
    fn every_command_asks_for_the_secret_and_never_holds_one() {
        for command in ApiCommand::ALL {
            let text = command.command("https://rec.example", IDENTIFIER, today());
            assert!(
                text.contains(&format!("--user '{IDENTIFIER}' ")),
                "without a colon curl asks: {text}"
            );
            assert!(text.contains("'https://rec.example/"), "{text}");
        }
        let archive = ApiCommand::Archive.command("https://rec.example", IDENTIFIER, today());
        assert!(archive.ends_with("/video/v2/archive/period/2026-11-01/2026-11-21'"));
    }

    #[test]
    fn an_address_is_one_word_of_the_shell() {
        let text = ApiCommand::List.command("https://it's.example", IDENTIFIER, today());
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
            let text = keep_in_file(url, IDENTIFIER);
            assert!(text.contains("umask 077"));
            assert!(
                text.contains(&format!("machine {host} login {IDENTIFIER} password %s")),
                "{text}"
            );
        }
    }
}
