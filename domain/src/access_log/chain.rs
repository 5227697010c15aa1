//! The chain: how a row is hashed, and the proof that a chain is whole. Needs no database.
//!
//! `hash = SHA-256(hash of the row before ‖ row)`. The first row follows 32 zero bytes. A row is its fields in the order
//! of [`Row`], after one byte that numbers this encoding. Each field is one byte, 0 for none or 1, and then for 1 the
//! length in four bytes and the bytes: UUIDs are 16, numbers 8 (two's complement), times 8 (microseconds since 1970),
//! texts UTF-8. All numbers are big endian. So no two rows have one encoding, and anyone can write this again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Row;
use crate::accounts::AccountId;

pub type Hash = [u8; 32];

/// What the first row of a chain follows.
pub const START: Hash = [0; 32];

/// Number of the encoding above.
const ENCODING: u8 = 1;

/// The hash of a row that follows one with this hash.
pub fn hash(previous: &Hash, row: &Row) -> Hash {
    let mut text = Vec::with_capacity(512);
    text.push(ENCODING);
    let mut field = |bytes: Option<&[u8]>| match bytes {
        None => text.push(0),
        Some(bytes) => {
            text.push(1);
            let length = u32::try_from(bytes.len()).expect("texts of a row are bounded");
            text.extend(length.to_be_bytes());
            text.extend(bytes);
        }
    };
    field(Some(row.account.as_uuid().as_bytes()));
    field(Some(&row.seq.to_be_bytes()));
    field(Some(row.id.as_uuid().as_bytes()));
    field(Some(&row.occurred_at.timestamp_micros().to_be_bytes()));
    field(row.project.as_ref().map(|id| &id.as_uuid().as_bytes()[..]));
    field(row.session.as_ref().map(|id| &id.as_uuid().as_bytes()[..]));
    field(row.file.as_ref().map(|id| &id.as_uuid().as_bytes()[..]));
    field(row.file_name.as_deref().map(str::as_bytes));
    field(Some(row.caller_kind.as_bytes()));
    field(row.caller.as_ref().map(|id| &id.as_bytes()[..]));
    field(Some(row.proof.as_bytes()));
    field(Some(row.client_address.as_bytes()));
    field(row.user_agent.as_deref().map(str::as_bytes));
    field(Some(row.method.as_bytes()));
    field(Some(&i64::from(row.status).to_be_bytes()));
    field(Some(&row.bytes_sent.to_be_bytes()));
    field(row.reason.as_deref().map(str::as_bytes));
    Sha256::new()
        .chain_update(previous)
        .chain_update(&text)
        .finalize()
        .into()
}

/// The end of a chain: written down elsewhere, it proves that nothing was cut off since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub account: AccountId,
    /// Rows of the chain.
    pub count: i64,
    /// Of the last of them.
    #[serde(with = "hexadecimal")]
    pub hash: Hash,
}

/// A row and the hash that is stored with it: a line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    #[serde(flatten)]
    pub row: Row,
    #[serde(with = "hexadecimal")]
    pub hash: Hash,
}

/// What is wrong with a chain, at its first broken place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("rows {from} to {to} are missing")]
    Missing { from: i64, to: i64 },
    #[error("row {seq} is there twice or out of its place")]
    OutOfPlace { seq: i64 },
    #[error("row {seq} is not what was written: it or the row before it was changed")]
    Changed { seq: i64 },
    #[error("the chain has no recorded end")]
    NoHead,
    #[error("the recorded end is row {head}, but there are rows up to {last}")]
    PastHead { head: i64, last: i64 },
    #[error("the end is row {seq}, and is not the one that is recorded")]
    OtherHead { seq: i64 },
    #[error("at row {seq} the chain is not the one whose end was written down")]
    OtherThanWrittenDown { seq: i64 },
}

/// Goes through rows in the order of their chains and numbers, and keeps in mind what each chain should be.
#[derive(Debug, Default)]
pub struct Proof {
    chains: BTreeMap<uuid::Uuid, Progress>,
    /// Ends that somebody kept: chain, number and hash of a row that must be there.
    kept: Vec<Head>,
}

#[derive(Debug)]
struct Progress {
    count: i64,
    hash: Hash,
    broken: Option<Broken>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            count: 0,
            hash: START,
            broken: None,
        }
    }
}

impl Progress {
    /// The first broken place counts: all that follows is broken with it.
    fn breaks(&mut self, broken: Broken) {
        self.broken.get_or_insert(broken);
    }

    fn add(&mut self, link: &Link, kept: &[Head]) {
        let seq = link.row.seq;
        let expected = self.count + 1;
        if seq > expected {
            self.breaks(Broken::Missing {
                from: expected,
                to: seq - 1,
            });
        } else if seq < expected {
            self.breaks(Broken::OutOfPlace { seq });
        } else if hash(&self.hash, &link.row) != link.hash {
            self.breaks(Broken::Changed { seq });
        }
        let is_kept = |head: &&Head| head.account == link.row.account && head.count == seq;
        if kept
            .iter()
            .filter(is_kept)
            .any(|head| head.hash != link.hash)
        {
            self.breaks(Broken::OtherThanWrittenDown { seq });
        }
        self.count = self.count.max(seq);
        self.hash = link.hash;
    }

    fn end(&mut self, head: Option<&Head>) {
        match head {
            None => self.breaks(Broken::NoHead),
            Some(head) if head.count > self.count => self.breaks(Broken::Missing {
                from: self.count + 1,
                to: head.count,
            }),
            Some(head) if head.count < self.count => self.breaks(Broken::PastHead {
                head: head.count,
                last: self.count,
            }),
            Some(head) if head.hash != self.hash => {
                self.breaks(Broken::OtherHead { seq: head.count });
            }
            Some(_) => {}
        }
    }
}

/// What was found of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// As far as the rows go.
    pub head: Head,
    /// None: every row is there, unchanged and in its place.
    pub broken: Option<Broken>,
}

impl Proof {
    /// `kept` are ends that were written down before: each must still be on its chain.
    pub fn new(kept: Vec<Head>) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

    /// The next row. Rows of a chain come in the order of their numbers.
    pub fn add(&mut self, link: &Link) {
        let chain = self.chains.entry(*link.row.account.as_uuid());
        chain.or_default().add(link, &self.kept);
    }

    /// What came of every chain, given the ends that are recorded beside the rows.
    pub fn finish(mut self, heads: &[Head]) -> Vec<Finding> {
        for head in heads.iter().chain(&self.kept) {
            self.chains.entry(*head.account.as_uuid()).or_default();
        }
        let finding = |(id, mut progress): (uuid::Uuid, Progress)| {
            let account = AccountId::from_uuid(id);
            progress.end(heads.iter().find(|head| head.account == account));
            let last_kept = self.kept.iter().filter(|head| head.account == account);
            if let Some(kept) = last_kept.map(|head| head.count).max()
                && kept > progress.count
            {
                // Said even of a chain whose recorded end was moved back with its rows.
                progress.broken = Some(Broken::Missing {
                    from: progress.count + 1,
                    to: kept,
                });
            }
            Finding {
                head: Head {
                    account,
                    count: progress.count,
                    hash: progress.hash,
                },
                broken: progress.broken,
            }
        };
        self.chains.into_iter().map(finding).collect()
    }
}

/// A hash as 64 hexadecimal digits.
pub fn to_hexadecimal(hash: &Hash) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash of 64 hexadecimal digits.
pub fn from_hexadecimal(text: &str) -> Option<Hash> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok()
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:{}:{}",
            self.account,
            self.count,
            to_hexadecimal(&self.hash)
        )
    }
}

impl std::str::FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (account, rest) = text.trim().split_once(':')?;
            let (count, hash) = rest.split_once(':')?;
            Some(Self {
                account: account.parse().ok()?,
                count: count.parse().ok().filter(|&count| count > 0)?,
                hash: from_hexadecimal(hash)?,
            })
        };
        parse().ok_or("not of the form ACCOUNT:COUNT:HASH")
    }
}

mod hexadecimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::Hash;

    pub(super) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::to_hexadecimal(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_hexadecimal(&text).ok_or_else(|| de::Error::custom("no 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests;
