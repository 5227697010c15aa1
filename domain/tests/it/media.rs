//! Facts of small real files, and what becomes of damaged ones.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use domain::files::media::{Facts, probe};
use proptest::prelude::*;

/// Name, content type, milliseconds, and pixels.
type Sample = (&'static str, &'static str, Option<u64>, Option<(u32, u32)>);

const SAMPLES: [Sample; 8] = [
    ("picture.mp4", "video/mp4", Some(1200), Some((160, 90))),
    ("fragmented.mp4", "video/mp4", Some(1400), Some((160, 90))),
    ("sound.mp4", "video/mp4", Some(1200), None),
    (
        "picture.mov",
        "video/quicktime",
        Some(1200),
        Some((160, 90)),
    ),
    (
        "picture.mkv",
        "video/x-matroska",
        Some(1200),
        Some((160, 90)),
    ),
    ("sound.mkv", "video/x-matroska", Some(1208), None),
    ("picture.webm", "video/webm", Some(1208), Some((160, 90))),
    ("live.webm", "video/webm", Some(1201), Some((160, 90))),
];

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/media")
            .join(name),
    )
    .unwrap()
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn refusal(bytes: &[u8], content_type: &str) -> String {
    probe(&file_of(bytes), content_type)
        .unwrap_err()
        .to_string()
}

#[test]
fn duration_and_dimensions_of_every_format_are_read() {
    for (name, content_type, duration_ms, dimensions) in SAMPLES {
        let facts = probe(&file_of(&sample(name)), content_type).unwrap();
        assert_eq!(
            (facts.duration_ms, facts.dimensions),
            (duration_ms, dimensions),
            "{name}"
        );
    }
}

/// What a broken copy leaves: the header is whole and tells a duration, the pictures are not there.
#[test]
fn a_file_that_was_cut_short_is_refused_whatever_its_header_says() {
    for (name, content_type, ..) in SAMPLES {
        // Where these were cut cannot be told from where their recorder stopped, and they play up to there.
        if ["live.webm", "fragmented.mp4"].contains(&name) {
            continue;
        }
        let whole = sample(name);
        for kept in [whole.len() / 2, whole.len() * 9 / 10, whole.len() - 1] {
            let reason = refusal(&whole[..kept], content_type);
            assert!(
                reason.contains("it ends in the middle"),
                "{name} {kept}: {reason}"
            );
        }
    }
}

#[test]
fn a_header_with_nothing_behind_it_is_refused_and_a_little_padding_is_not() {
    let whole = sample("picture.mp4");
    let moov = whole.windows(4).position(|name| name == b"moov").unwrap() - 4;
    let length = u32::from_be_bytes(whole[moov..moov + 4].try_into().unwrap());
    let after = moov + usize::try_from(length).unwrap();
    if after < whole.len() {
        let reason = refusal(&whole[..after], "video/mp4");
        assert!(reason.contains("nothing behind its header"), "{reason}");
    } else {
        // The media stand in front: without them the header is alone.
        let alone = [&whole[..32], &whole[moov..]].concat();
        let reason = refusal(&alone, "video/mp4");
        assert!(reason.contains("nothing behind its header"), "{reason}");
    }
    let padded = [&whole[..], &[0; 7]].concat();
    assert_eq!(
        probe(&file_of(&padded), "video/mp4").unwrap().duration_ms,
        Some(1200)
    );
}

#[test]
fn a_damaged_file_is_refused_with_its_reason() {
    let mp4 = sample("picture.mp4");
    assert_eq!(refusal(b"", "video/mp4"), "it is empty");
    assert_eq!(
        refusal(b"hello, this is text", "video/mp4"),
        "not a readable MP4: it begins like no MP4 does"
    );
    assert_eq!(
        refusal(&mp4[..mp4.len() / 8], "video/mp4"),
        "not a readable MP4: it ends in the middle of its moov box"
    );
    assert_eq!(
        refusal(b"hello", "video/webm"),
        "not a readable WebM: it does not begin with an EBML header"
    );
    assert_eq!(
        refusal(&sample("picture.mkv")[..60], "video/x-matroska"),
        "not a readable MKV: it ends in the middle"
    );
    // A recorder that was killed never wrote the moov.
    let mut unfinished = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
    unfinished.extend(b"\0\0\0\x0cmdatabcd");
    assert_eq!(
        refusal(&unfinished, "video/mp4"),
        "not a readable MP4: it has no moov box, so its recording was never finished"
    );
}

#[test]
fn a_cut_off_fragmented_recording_counts_as_far_as_it_goes() {
    let whole = sample("fragmented.mp4");
    let facts = probe(&file_of(&whole[..whole.len() - 300]), "video/mp4").unwrap();
    assert_eq!(facts.dimensions, Some((160, 90)));
}

#[test]
fn json_tells_when_the_session_was() {
    let facts = |text: &str| probe(&file_of(text.as_bytes()), "application/json").unwrap();
    let seconds = |facts: Facts| {
        (
            facts.started_at.map(|t| t.timestamp()),
            facts.ended_at.map(|t| t.timestamp()),
        )
    };
    assert_eq!(
        seconds(facts(
            r#"{"started_at":"2026-03-04T10:15:30.123+01:00","ended_at":"2026-03-04T09:20:00Z","x":[1]}"#
        )),
        (Some(1_772_615_730), Some(1_772_616_000))
    );
    assert_eq!(
        seconds(facts(r#"{"trans_date":1772619330}"#)),
        (Some(1_772_619_330), None)
    );
    assert_eq!(
        seconds(facts(r#"{"trans_date":"1772619330000"}"#)),
        (Some(1_772_619_330), None)
    );
    assert_eq!(
        seconds(facts(
            r#"{"trans_date":1,"started_at":"2026-03-04T10:15:30Z"}"#
        )),
        (Some(1_772_619_330), None),
        "the more exact one counts"
    );
    // Times that make no sense are no times; neither is JSON of another shape an error.
    for odd in [
        r#"{"started_at":"yesterday"}"#,
        r#"{"started_at":-5e300,"ended_at":{}}"#,
        "[]",
        "3",
        r#"{"trans_date":99999999999999999}"#,
    ] {
        assert_eq!(facts(odd), Facts::default(), "{odd}");
    }
    assert_eq!(
        seconds(facts(r#"{"started_at":2000,"ended_at":1000}"#)),
        (Some(2000), None),
        "an end before the start"
    );
}

#[test]
fn text_that_is_no_json_is_refused() {
    for broken in ["{", "{\"a\":1}}", "nonsense", "\u{0}", &"[".repeat(100_000)] {
        assert!(
            refusal(broken.as_bytes(), "application/json").starts_with("not a readable JSON: ")
        );
    }
    let mut large = tempfile::tempfile().unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    large.seek(SeekFrom::Start(0)).unwrap();
    let refused = probe(&large, "application/json").unwrap_err().to_string();
    assert!(refused.contains("more than a chat"), "{refused}");
}

#[test]
fn impossible_sizes_cost_no_memory() {
    // A box of 2^63 bytes, a moov of 8 GiB in a file that has them as a hole, an element of 2^50 bytes in a small one.
    for size in [
        b"\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\0\0\0\0\x07",
    ] {
        let refused = refusal(&[&b"\0\0\0\x01moov"[..], size].concat(), "video/mp4");
        assert!(
            refused.contains("impossible") || refused.contains("in the middle"),
            "{refused}"
        );
    }
    let mut sparse = file_of(b"\0\0\0\x01moov\0\0\0\x02\0\0\0\0");
    sparse.set_len(8 << 30).unwrap();
    sparse.flush().unwrap();
    let refused = probe(&sparse, "video/mp4").unwrap_err().to_string();
    assert!(refused.contains("more than any real file has"), "{refused}");
    let webm = sample("picture.webm");
    let app = webm.windows(2).position(|at| at == [0x4D, 0x80]).unwrap();
    let mut hostile = webm.clone();
    // MuxingApp of 2^42 bytes: the library would allocate them.
    hostile[app + 2..app + 8].copy_from_slice(&[0x06, 0, 0, 0, 0, 0]);
    assert!(refusal(&hostile, "video/webm").contains("nonsense"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_never_a_panic(
        which in 0..SAMPLES.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, content_type, ..) = SAMPLES[which];
        let mut bytes = sample(name);
        for (at, value) in damage {
            // Headers are where damage matters; they stand at one end or the other.
            let at = at.index(bytes.len().min(1200));
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(facts) = probe(&file_of(&bytes), content_type) {
            prop_assert!(facts.duration_ms.is_none_or(|ms| i64::try_from(ms).is_ok()));
        }
    }
}
