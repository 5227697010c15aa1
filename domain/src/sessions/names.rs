//! Which names of files, rooms and conferences are taken, and how the others are shown.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// The name as text, or why it is not taken.
pub(in crate::sessions) fn check(name: &OsStr) -> Result<&str, &'static str> {
    let Some(text) = name.to_str() else {
        return Err("its name is not UTF-8");
    };
    if text.len() > 255 {
        return Err("its name is longer than 255 bytes");
    }
    if text.chars().any(char::is_control) {
        return Err("its name has control characters");
    }
    // SECURITY: such a name could be read as another one, or hide its extension (R080).
    if text.chars().any(is_disguise) {
        return Err("its name has invisible or direction-changing characters");
    }
    if text.trim() != text {
        return Err("its name begins or ends with a space");
    }
    Ok(text)
}

/// The same of a name that came as text and was no entry of a folder.
pub(in crate::sessions) fn check_text(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("its name is empty");
    }
    if name.contains('/') {
        return Err("its name has a slash");
    }
    if is_hidden(OsStr::new(name)) {
        return Err("its name is one of hidden files");
    }
    check(OsStr::new(name)).map(|_| ())
}

/// A name like this one that may be a room or a conference number: what may not stand in it is left out or becomes a
/// hyphen. None if nothing remains.
pub fn tidy(name: &str) -> Option<String> {
    let mut tidy: String = name
        .trim()
        .chars()
        .filter(|character| !is_disguise(*character))
        .map(|character| match character {
            '/' => '-',
            other if other.is_control() => '-',
            other => other,
        })
        .collect();
    let mut end = tidy.len().min(255);
    while !tidy.is_char_boundary(end) {
        end -= 1;
    }
    tidy.truncate(end);
    let tidy = tidy.trim().trim_start_matches('.').trim_start();
    check_text(tidy).is_ok().then(|| tidy.to_owned())
}

/// Characters without a picture of their own: directions, zero widths, separators, fillers, tags.
const fn is_disguise(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

/// Whether the name is one that file managers leave behind, or is meant not to be seen.
pub(in crate::sessions) fn is_hidden(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.starts_with(b".")
        || [&b"thumbs.db"[..], b"desktop.ini"]
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own))
}

/// A name or path as it may stand on a terminal: what does not print, or disguises, is escaped (R179).
pub(in crate::sessions) fn printable(name: &OsStr) -> String {
    let mut shown = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || is_disguise(character) {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        shown.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_of_any_script_are_taken() {
        for name in [
            "a.mp4",
            "Raum 12",
            "Besprechung äöü.webm",
            "会議.mkv",
            "غرفة",
            "x (1).mp4",
            "é.mp4",
        ] {
            assert_eq!(check(OsStr::new(name)), Ok(name));
        }
    }

    #[test]
    fn a_name_from_elsewhere_is_made_to_fit() {
        for (name, expected) in [
            ("Board meeting", Some("Board meeting")),
            (" team/standup\n", Some("team-standup")),
            ("..", None),
            (".hidden", Some("hidden")),
            ("\u{200B}", None),
            ("", None),
        ] {
            assert_eq!(tidy(name).as_deref(), expected, "{name:?}");
        }
        let long = tidy(&"ü".repeat(300)).unwrap();
        assert_eq!(long, "ü".repeat(127));
        assert!(check_text("a/b").is_err());
        assert!(check_text(".").is_err());
        assert!(check_text("x.mp4").is_ok());
    }

    #[test]
    fn disguised_and_broken_names_are_refused_and_shown_escaped() {
        for (name, shown) in [
            (&b"video\xE2\x80\xAE4pm.exe"[..], "video\\u{202e}4pm.exe"),
            (b"room\xE2\x80\x8B1", "room\\u{200b}1"),
            (b"a\nb.mp4", "a\\nb.mp4"),
            (b"\x1b[2Jx.mp4", "\\u{1b}[2Jx.mp4"),
            (b"caf\xe9.mp4", "caf\\xe9.mp4"),
            (b"x.mp4 ", "x.mp4 "),
        ] {
            let name = OsStr::from_bytes(name);
            assert!(check(name).is_err(), "{name:?}");
            assert_eq!(printable(name), shown);
        }
        assert!(check(OsStr::new(&"x".repeat(256))).is_err());
    }
}
