//! Captions: the cues of a WebVTT file (W3C WebVTT, section 6), as lines that can be read and searched.

use super::time::stamp;
use super::{Extent, Line, MAX_LINES, MAX_NAME, MAX_TEXT, Script, shortened};

/// Reads the cues. Notes, styles and regions are passed over, markup in the words is taken out, and the name in a
/// voice span (`<v Ada>`) becomes who said it. `is_cut`: the bytes are only the beginning of the file.
pub fn read_captions(bytes: &[u8], is_cut: bool) -> Script {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if !is_webvtt(text) {
        return Script {
            lines: Vec::new(),
            extent: Extent::Damaged,
        };
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut is_full = false;
    let mut rest = text.lines();
    while let Some(line) = rest.next() {
        let Some(offset_ms) = beginning(line) else {
            continue;
        };
        let words: Vec<&str> = rest
            .by_ref()
            .take_while(|line| !line.trim().is_empty())
            .collect();
        is_full = lines.len() == MAX_LINES;
        if is_full {
            break;
        }
        lines.extend(cue(&words.join(" "), offset_ms));
    }
    let extent = if is_cut || is_full {
        Extent::Cut
    } else {
        Extent::Whole
    };
    Script { lines, extent }
}

/// Whether a text begins as a WebVTT file must, a byte order mark aside.
pub fn is_webvtt(text: &str) -> bool {
    text.strip_prefix("WEBVTT")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

/// The start of `00:01.000 --> 00:04.000 align:start`.
fn beginning(line: &str) -> Option<u64> {
    let (from, to) = line.split_once("-->")?;
    stamp(to.split_whitespace().next()?)?;
    stamp(from.trim())
}

/// One cue; None where nothing is said.
fn cue(words: &str, offset_ms: u64) -> Option<Line> {
    let mut text = String::new();
    let mut from = String::new();
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        let voice = tag
            .strip_prefix('v')
            .filter(|name| name.starts_with([' ', '.', '\t']));
        if let Some((_, name)) = voice.and_then(|name| name.split_once([' ', '\t']))
            && from.is_empty()
        {
            from = shortened(&unescaped(name), MAX_NAME);
        }
        rest = after;
    }
    text.push_str(rest);
    let text = shortened(&unescaped(&text), MAX_TEXT);
    (!text.is_empty()).then_some(Line {
        at: None,
        offset_ms: Some(offset_ms),
        from,
        text,
    })
}

/// The character references that WebVTT writers use.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&lrm;", "")
        .replace("&rlm;", "")
        .replace("&amp;", "&")
}
