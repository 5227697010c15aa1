//! Names that come from outside, made safe to look at.

/// The text with every character made visible that could disguise it: controls, zero-width characters and those
/// that turn the direction of writing (R080). Markup needs no care here: rendering escapes it.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if is_deceptive(c) { '\u{fffd}' } else { c })
        .collect()
}

/// What somebody said, made safe to look at: lines stay lines, and joined letters and emoji stay joined; only controls
/// and what turns the direction of writing become visible.
pub(crate) fn prose(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\u{200c}' | '\u{200d}' => c,
        other if is_deceptive(other) => '\u{fffd}',
        other => other,
    };
    text.chars().map(shown).collect()
}

const fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{prose, visible};

    /// R080.
    #[test]
    fn a_name_cannot_disguise_its_extension() {
        assert_eq!(visible("call\u{202e}4pm.exe"), "call\u{fffd}4pm.exe");
        assert_eq!(
            visible("a\u{200b}b\u{2066}c\nd"),
            "a\u{fffd}b\u{fffd}c\u{fffd}d"
        );
        assert_eq!(prose("a\u{202e}b\nc\u{7}d"), "a\u{fffd}b\nc\u{fffd}d");
        assert_eq!(
            prose("👩\u{200d}👧 می\u{200c}خواهم"),
            "👩\u{200d}👧 می\u{200c}خواهم"
        );
        assert_eq!(visible("Größe 会議 🦀.mp4"), "Größe 会議 🦀.mp4");
    }
}
