//! Step one: which file an address names. No raw text of the address goes past here.

use std::str::FromStr as _;

use domain::accounts::AccountId;
use domain::files::actions::{StoredFile, locate};
use domain::files::{FILES_PREFIX, FileId};
use domain::{Backend, Error};
use percent_encoding::percent_decode_str;

/// What the path `/files/{account}/{file}/{name}` says. Whatever is not exactly that names no file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// The account, if the path names one at all: its policy answers callers without a valid proof.
    pub account: Option<AccountId>,
    /// The file and its name, decoded.
    pub file: Option<(FileId, String)>,
}

impl Address {
    /// Reads the path of a request, still percent-encoded.
    pub fn parse(path: &str) -> Self {
        let rest = path
            .strip_prefix(FILES_PREFIX)
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or_default();
        let mut segments = rest.split('/');
        // Ids are never decoded: one file has one address, and an id never becomes a path (R115).
        let account = segments
            .next()
            .and_then(|text| AccountId::from_str(text).ok());
        let file = segments.next().and_then(|text| FileId::from_str(text).ok());
        let name = segments.next().and_then(file_name);
        let file = if segments.next().is_some() {
            None
        } else {
            file.zip(name)
        };
        Self { account, file }
    }
}

/// The decoded name, if a file can have it.
fn file_name(segment: &str) -> Option<String> {
    let name = percent_decode_str(segment).decode_utf8().ok()?;
    // The database cannot even be asked for a NUL (R116).
    (!name.is_empty() && !name.chars().any(char::is_control)).then(|| name.into_owned())
}

/// The file at this address; None if there is none.
pub async fn find(backend: &Backend, address: &Address) -> Result<Option<StoredFile>, Error> {
    match (address.account, &address.file) {
        (Some(account), Some((file, name))) => locate(backend, account, *file, name).await,
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use domain::files::file_path;

    use super::*;

    fn ids() -> (AccountId, FileId) {
        (
            AccountId::from_uuid(uuid::Uuid::from_u128(1)),
            FileId::from_uuid(uuid::Uuid::from_u128(2)),
        )
    }

    #[test]
    fn an_address_reads_back_whatever_the_name() {
        let (account, file) = ids();
        for name in [
            "live.mp4",
            "a b.mp4",
            "100%.mp4",
            "%2e%2e",
            "../x",
            "ü🦀.json",
            "a+b",
            "?#;",
        ] {
            let found = Address::parse(&file_path(account, file, name));
            assert_eq!(
                found,
                Address {
                    account: Some(account),
                    file: Some((file, name.to_owned()))
                },
                "{name}"
            );
        }
    }

    /// R115 and R116.
    #[test]
    fn what_is_not_exactly_an_address_names_no_file() {
        let (account, file) = ids();
        let base = format!("/files/{account}/{file}");
        for path in [
            "/files".to_owned(),
            "/files/".to_owned(),
            base.clone(),
            format!("{base}/"),
            format!("{base}/a/b"),
            format!("{base}/a/"),
            format!("{base}//a"),
            format!("/files//{account}/{file}/a"),
            format!("/files/{account}/../{file}/a"),
            format!("/files/{account}/{}/a", file.to_string().replace('-', "")),
            format!("/files/{account}/{{{file}}}/a"),
            format!("/files/{account}/{file}%00/a"),
            format!("{base}/a%00"),
            format!("{base}/a%0d%0ab"),
            format!("{base}/%ff%fe"),
            format!("{base}/%c0%ae%c0%ae"),
            format!("/elsewhere/{account}/{file}/a"),
        ] {
            assert_eq!(Address::parse(&path).file, None, "{path}");
        }
        let malformed = Address::parse(&format!("/files/{account}/not-an-id/a"));
        assert_eq!(
            malformed,
            Address {
                account: Some(account),
                file: None
            },
            "its policy still holds"
        );
        assert_eq!(
            Address::parse("/files/%2e%2e/%2e%2e/etc"),
            Address::default()
        );
    }
}
