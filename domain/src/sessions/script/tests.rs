//! Scripts as they come, and scripts as nobody should write them.

use super::*;

fn read(chat: &str) -> Vec<(Option<u64>, String, String)> {
    let script = read_chat(chat.as_bytes(), false);
    assert_eq!(script.extent, Extent::Whole, "{chat}");
    let beginning = DateTime::from_timestamp(1_790_762_400, 0);
    script
        .lines
        .into_iter()
        .map(|line| (line.since(beginning), line.from, line.text))
        .collect()
}

fn said(at: u64, from: &str, text: &str) -> (Option<u64>, String, String) {
    (Some(at), from.to_owned(), text.to_owned())
}

#[test]
fn chat_in_json_is_read_however_it_is_wrapped_and_called() {
    for chat in [
        r#"{"messages":[{"at":"2026-09-30T10:00:09Z","offset_ms":1,"from":"Ada","text":"Hello"}]}"#,
        r#"[{"timestamp":1790762409000,"sender":"Ada","message":"Hello"}]"#,
        r#"[{"timestamp":"1790762409","sender":{"id":"7","name":"Ada"},"message":{"text":"Hello"}}]"#,
        r#"{"result":"0","data":{"chat":[{"time":"2026-09-30 10:00:09","user":"Ada","body":" Hello "}]}}"#,
        r#"{"room":[1,{"x":null}],"chatdata":[{"offset":9,"name":"Ada","msg":"Hello"}],"z":1.5}"#,
        r#"[{"ts":9.0,"author":"Ada","content":"Hello"},{"type":"typing"},null,3]"#,
        r#"[{"time":"00:00:09","displayName":"Ada","text":"Hello"},{"text":"   "}]"#,
    ] {
        assert_eq!(read(chat), [said(9000, "Ada", "Hello")], "{chat}");
    }
    for nothing in [
        "{}",
        "[]",
        "{\"messages\":null}",
        "{\"messages\":\"none\"}",
        "",
        " \n",
    ] {
        assert_eq!(read(nothing), [], "{nothing}");
    }
}

#[test]
fn chat_in_plain_text_is_read() {
    for chat in [
        "00:00:09\tAda:\tHello",
        "[0:09] Ada: Hello",
        "0:00:09.000 From Ada to Everyone: Hello\r\n\r\n",
        "\u{feff}00:09 - Ada: Hello",
    ] {
        assert_eq!(read(chat), [said(9000, "Ada", "Hello")], "{chat}");
    }
    assert_eq!(
        read("00:01 Ada: one\n  two\nhttp://x.example: y\n1:02:03 see https://a.example/"),
        [
            said(1000, "Ada", "one\ntwo\nhttp://x.example: y"),
            said(3_723_000, "", "see https://a.example/")
        ]
    );
    assert_eq!(
        read("notes of the day"),
        [(None, String::new(), "notes of the day".to_owned())]
    );
}

#[test]
fn a_line_before_the_recording_has_no_moment_in_it() {
    let early = r#"[{"at":"2026-09-30T09:59:59Z","offset_ms":5,"text":"early"}]"#;
    assert_eq!(read(early)[0].0, None);
    let line = &read_chat(early.as_bytes(), false).lines[0];
    assert_eq!(
        line.since(None),
        Some(5),
        "without a clock the file's own offset counts"
    );
}

#[test]
fn what_stands_before_a_damage_or_a_cut_is_kept() {
    let chat = br#"{"messages":[{"from":"Ada","text":"one"},{"from":"Ada","text":"tw"#;
    let damaged = read_chat(chat, false);
    assert_eq!((damaged.lines.len(), damaged.extent), (1, Extent::Damaged));
    assert_eq!(read_chat(chat, true).extent, Extent::Cut);
    assert_eq!(read_chat(b"[] x", false).extent, Extent::Damaged);
    let many = format!("[{}]", vec![r#"{"text":"x"}"#; MAX_LINES + 5].join(","));
    let cut = read_chat(many.as_bytes(), false);
    assert_eq!((cut.lines.len(), cut.extent), (MAX_LINES, Extent::Cut));
}

#[test]
fn one_line_has_bounds() {
    let long = format!(
        r#"[{{"from":"{}","text":"{}"}}]"#,
        "ü".repeat(9000),
        "é".repeat(9000)
    );
    let lines = read_chat(long.as_bytes(), false).lines;
    assert_eq!(lines[0].text.chars().count(), MAX_TEXT + 1);
    assert_eq!(lines[0].from.chars().count(), MAX_NAME + 1);
    // Nested beyond all sense: refused by the JSON reader, without a stack overflow.
    let deep = format!("{}{}", "{\"data\":".repeat(50_000), "}".repeat(50_000));
    assert_eq!(read_chat(deep.as_bytes(), false).extent, Extent::Damaged);
}

#[test]
fn captions_are_lines_too() {
    let vtt = "\u{feff}WEBVTT - made by hand\r\n\r\nNOTE nothing --> here\r\n\r\nSTYLE\r\n::cue{}\r\n\r\n\
        1\r\n00:01.000 --> 00:04.000 align:start\r\n<v.loud Ada &amp; Co>Hello <b>there</b></v>\r\n\r\n\
        01:00:00.500 --> 01:00:02.000\r\ntwo\r\nlines &lt;3\r\n\r\n00:09.000 --> 00:10.000\r\n\r\n";
    let script = read_captions(vtt.as_bytes(), false);
    assert_eq!(script.extent, Extent::Whole);
    let lines: Vec<_> = script
        .lines
        .iter()
        .map(|line| (line.since(None), line.from.as_str(), line.text.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Some(1000), "Ada & Co", "Hello there"),
            (Some(3_600_500), "", "two lines <3")
        ]
    );
    for other in ["", "WEBVTTX", "1\n00:01,000 --> 00:02,000\nsrt"] {
        assert_eq!(
            read_captions(other.as_bytes(), false).extent,
            Extent::Damaged
        );
    }
}

#[test]
fn stamps_are_read_or_refused() {
    use super::time::stamp;
    for (text, ms) in [
        ("0:00", 0),
        ("12:34", 754_000),
        ("1:02:03.45", 3_723_450),
        ("00:00,5", 500),
        ("99:00", 5_940_000),
    ] {
        assert_eq!(stamp(text), Some(ms), "{text}");
    }
    for text in [
        "", "7", "1:60", "1:2:3:4", "a:b", "1:-2", "1:+2", ":", "00:01.x", "00000:00",
    ] {
        assert_eq!(stamp(text), None, "{text}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::super::*;

    fn is_bounded(script: &Script) -> bool {
        let is_short = |line: &Line| {
            line.text.chars().count() <= MAX_TEXT + 1 && line.from.chars().count() <= MAX_NAME + 1
        };
        script.lines.len() <= MAX_LINES && script.lines.iter().all(is_short)
    }

    proptest! {
        /// R128: no input makes a reader panic or leave its bounds.
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..600), is_cut: bool) {
            prop_assert!(is_bounded(&read_chat(&bytes, is_cut)));
            prop_assert!(is_bounded(&read_captions(&bytes, is_cut)));
        }

        #[test]
        fn any_text_is_read(text in "(?s)(WEBVTT\n\n)?([\\[{\"]|\"(text|at|messages)\":|[0-9]{1,3}:[0-9]{2}|-->|<v |[a-zé}\\]:,\n ]){0,60}") {
            prop_assert!(is_bounded(&read_chat(text.as_bytes(), false)));
            prop_assert!(is_bounded(&read_captions(text.as_bytes(), false)));
        }
    }
}
