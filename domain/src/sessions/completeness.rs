//! What should have come with a session and has not. Pure, so that it is tested as a table.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::metadata::Metadata;
use crate::files::FileKind;

/// Services hand over what belongs to a session within this time of its end.
pub const GRACE: TimeDelta = TimeDelta::hours(2);

/// Something that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// Any recording at all.
    Recording,
    /// The individual recording of this number, counted from 1, and whose it would be.
    Individual {
        number: usize,
        name: String,
    },
    Chat,
    Metadata,
}

/// Whether it may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// The session ended less than [`GRACE`] ago.
    Awaited,
    Missing,
}

/// Something that is not there, and whether it may still come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub expected: Expected,
    pub standing: Standing,
}

/// What is not there of a session with these files.
///
/// Individual recordings are numbered at the end of their names, `individual_recording_2.webm`, in the order of the
/// participants in the metadata. They are expected of everybody as soon as one is there; without a single one the
/// session was recorded as a mix only. More files than participants are no gap: people share screens.
pub fn gaps<'a>(
    files: impl Iterator<Item = (FileKind, &'a str)> + Clone,
    metadata: Option<&Metadata>,
    ended_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<Gap> {
    let has = |wanted| files.clone().any(|(kind, _)| kind == wanted);
    let mut missing = Vec::new();
    if !FileKind::RECORDINGS.into_iter().any(has) {
        missing.push(Expected::Recording);
    }
    let numbers: Vec<usize> = files
        .clone()
        .filter(|(kind, _)| *kind == FileKind::Individual)
        .filter_map(|(_, name)| number(name))
        .collect();
    if !numbers.is_empty() {
        let participants = metadata.map(|metadata| metadata.participants.as_slice());
        for (place, participant) in participants.unwrap_or_default().iter().enumerate() {
            if !numbers.contains(&(place + 1)) {
                missing.push(Expected::Individual {
                    number: place + 1,
                    name: participant.name.clone(),
                });
            }
        }
    }
    if !has(FileKind::Chat) {
        missing.push(Expected::Chat);
    }
    if !has(FileKind::Metadata) {
        missing.push(Expected::Metadata);
    }
    let standing = if now.signed_duration_since(ended_at) < GRACE {
        Standing::Awaited
    } else {
        Standing::Missing
    };
    missing
        .into_iter()
        .map(|expected| Gap { expected, standing })
        .collect()
}

/// The number at the end of a name, before its extension.
fn number(name: &str) -> Option<usize> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    stem[stem.len() - digits..].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Participant;
    use super::*;

    fn metadata(names: &[&str]) -> Metadata {
        let participant = |name: &&str| Participant {
            name: (*name).to_owned(),
            role: None,
            joined_at: None,
            left_at: None,
        };
        Metadata {
            participants: names.iter().map(participant).collect(),
            ..Metadata::default()
        }
    }

    /// X17: every row is a delivery, who took part, and what is told of it.
    #[test]
    fn what_is_missing_is_told() {
        type Row = (
            &'static str,
            &'static [&'static str],
            Option<&'static [&'static str]>,
            &'static str,
        );
        const TABLE: [Row; 9] = [
            (
                "all there",
                &["transcoded.mp4", "chat.json", "metadata.json"],
                Some(&["Ada", "Bo"]),
                "",
            ),
            (
                "one track each",
                &[
                    "individual_1.webm",
                    "individual_2.webm",
                    "chat.json",
                    "metadata.json",
                ],
                Some(&["Ada", "Bo"]),
                "",
            ),
            (
                "the second is missing",
                &[
                    "individual_recording_1.mkv",
                    "transcoded.mp4",
                    "chat.json",
                    "metadata.json",
                ],
                Some(&["Ada", "Bo"]),
                "2 Bo",
            ),
            (
                "the first is missing",
                &["individual_recording_2.mkv", "chat.json", "metadata.json"],
                Some(&["Ada", "Bo"]),
                "1 Ada",
            ),
            (
                "more tracks than people",
                &[
                    "individual_1.webm",
                    "individual_2.webm",
                    "individual_3.webm",
                    "chat.json",
                    "metadata.json",
                ],
                Some(&["Ada", "Bo"]),
                "",
            ),
            (
                "a track without a number",
                &["room.webm", "chat.json", "metadata.json"],
                Some(&["Ada", "Bo"]),
                "",
            ),
            (
                "no chat",
                &["transcoded.mp4", "metadata.json"],
                Some(&["Ada"]),
                "chat",
            ),
            (
                "no metadata",
                &["individual_1.webm", "chat.json"],
                None,
                "metadata",
            ),
            (
                "no recording",
                &["captions.vtt"],
                None,
                "recording, chat, metadata",
            ),
        ];
        let end = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        for (row, files, people, told) in TABLE {
            let kinds = files
                .iter()
                .map(|name| (FileKind::classify(name).unwrap().0, *name));
            let people = people.map(metadata);
            for (later, standing) in [
                (TimeDelta::minutes(119), Standing::Awaited),
                (TimeDelta::minutes(120), Standing::Missing),
            ] {
                let found = gaps(kinds.clone(), people.as_ref(), end, end + later);
                assert!(found.iter().all(|gap| gap.standing == standing), "{row}");
                let words: Vec<String> = found.into_iter().map(|gap| word(gap.expected)).collect();
                assert_eq!(words.join(", "), told, "{row}");
            }
        }
    }

    fn word(expected: Expected) -> String {
        match expected {
            Expected::Recording => "recording".to_owned(),
            Expected::Individual { number, name } => format!("{number} {name}"),
            Expected::Chat => "chat".to_owned(),
            Expected::Metadata => "metadata".to_owned(),
        }
    }

    #[test]
    fn numbers_stand_at_the_end_of_a_name() {
        assert_eq!(number("individual_recording_12.webm"), Some(12));
        for name in [
            "room.webm",
            "1_a.mkv",
            "",
            ".mp4",
            "x99999999999999999999999.mp4",
        ] {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
