//! Names of an archive's entries: safe to unpack anywhere, and each different from all others. Pure.

use std::collections::HashSet;

/// Bytes of each part of a path that every file system takes.
const LONGEST: usize = 120;

/// Gives names; remembers which it gave.
#[derive(Debug, Default)]
pub(super) struct EntryNames {
    /// In lower case: some file systems know no other.
    given: HashSet<String>,
}

impl EntryNames {
    /// A path of one folder and one file. The same texts get another path the next time.
    pub(super) fn give(&mut self, folder: &str, file: &str) -> String {
        let (folder, file) = (part(folder), part(file));
        let (stem, extension) = match file.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
            _ => (file.as_str(), String::new()),
        };
        let mut path = format!("{folder}/{file}");
        let mut number = 2;
        while !self.given.insert(path.to_lowercase()) {
            path = format!("{folder}/{stem} ({number}){extension}");
            number += 1;
        }
        path
    }
}

/// One part of a path: no separator, no control or direction character, nothing that Windows refuses or takes for a
/// device, no dot at either end (R167).
fn part(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if is_unsafe(c) { '_' } else { c })
        .collect();
    let clean = clean.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let mut part = String::new();
    // The extension stays at the end of a name that is cut.
    let (stem, extension) = match clean.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 10 => (stem, format!(".{extension}")),
        _ => (clean, String::new()),
    };
    for c in stem.chars() {
        if part.len() + c.len_utf8() + extension.len() > LONGEST {
            break;
        }
        part.push(c);
    }
    part.push_str(&extension);
    let device = part
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_uppercase();
    let is_device = matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (device.len() == 4
            && (device.starts_with("COM") || device.starts_with("LPT"))
            && device.ends_with(|c: char| c.is_ascii_digit()));
    if part.is_empty() || is_device {
        part.insert(0, '_');
    }
    part
}

const fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'
            | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R167.
    #[test]
    fn no_name_leaves_its_folder_or_is_a_device() {
        for (folder, file, expected) in [
            ("care-1", "live.mp4", "care-1/live.mp4"),
            ("../..", "../../etc/passwd", "_.._/_.._etc_passwd"),
            ("a/b\\c", "C:\\x.mp4", "a_b_c/C__x.mp4"),
            ("", "", "_/_"),
            ("nul", "com1.mp4", "_nul/_com1.mp4"),
            ("x", ".hidden. ", "x/hidden"),
            ("x", "call\u{202e}4pm.exe", "x/call_4pm.exe"),
            ("Größe 会議", "🦀.mp4", "Größe 会議/🦀.mp4"),
        ] {
            let name = EntryNames::default().give(folder, file);
            assert!(
                !name.split('/').any(|part| matches!(part, "" | "." | "..")),
                "{name}"
            );
            assert_eq!(name.matches('/').count(), 1, "{name}");
            if !folder.starts_with("..") {
                assert_eq!(name, expected);
            }
        }
    }

    #[test]
    fn equal_names_become_different_ones_also_without_case() {
        let mut names = EntryNames::default();
        assert_eq!(names.give("a", "x.mp4"), "a/x.mp4");
        assert_eq!(names.give("A", "X.mp4"), "A/X (2).mp4");
        assert_eq!(names.give("a", "x.mp4"), "a/x (3).mp4");
        assert_eq!(names.give("a", "x"), "a/x");
        assert_eq!(names.give("a", "x"), "a/x (2)");
    }

    #[test]
    fn a_long_name_is_cut_and_keeps_its_extension() {
        let name = EntryNames::default().give("r", &format!("{}.mp4", "ü".repeat(300)));
        assert!(
            name.len() <= LONGEST + 2 && name.ends_with("ü.mp4"),
            "{name}"
        );
    }
}
