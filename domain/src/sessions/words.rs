//! The words by which a session is found: how texts are taken apart, both when they are kept and when they are sought.
//!
//! A word is a run of letters and digits, without case and accents. Names, chat and what people type into the search
//! go through the same function, so they meet.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

/// Longer runs are no words that somebody types.
const LONGEST: usize = 64;
/// Different words kept of one session: a day of busy chat has fewer. PostgreSQL holds 1 MiB of them.
const MOST: usize = 10_000;
/// Words of one search.
const MOST_SOUGHT: usize = 12;

/// The different words of these texts.
pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in texts {
        for word in split(text) {
            if words.len() == MOST {
                return words;
            }
            words.insert(word);
        }
    }
    words
}

/// A `tsquery` for sessions with all of these words, or words that begin so. None if the text holds no word.
pub fn query(text: &str) -> Option<String> {
    // Letters and digits only, so nothing in a quoted word can end it.
    let words: Vec<String> = split(text)
        .take(MOST_SOUGHT)
        .map(|word| format!("'{word}':*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

fn split(text: &str) -> impl Iterator<Item = String> {
    let folded: String = text
        .nfd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .flat_map(char::to_lowercase)
        .collect();
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST).collect())
        .collect::<Vec<String>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_neither_case_nor_accents_nor_marks() {
        let words = of(["Größe, ZOË's café!", "room-7  2026/11/21", "会議 🦀"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(
            words,
            [
                "11", "2026", "21", "7", "cafe", "große", "room", "s", "zoe", "会議"
            ]
        );
    }

    #[test]
    fn a_search_is_all_its_words_or_their_beginnings() {
        assert_eq!(
            query("Ana  CARE-1"),
            Some("'ana':* & 'care':* & '1':*".to_owned())
        );
        for nothing in ["", " ", "%", "' & !", "\\:*"] {
            assert_eq!(query(nothing), None, "{nothing:?}");
        }
        assert_eq!(query("x' | 'y\\'"), Some("'x':* & 'y':*".to_owned()));
    }

    #[test]
    fn neither_a_document_nor_a_search_grows_without_end() {
        let long = "w".repeat(10_000);
        assert_eq!(of([long.as_str()]).first().map(String::len), Some(LONGEST));
        let many: String = (0..20_000).map(|n| format!("w{n} ")).collect();
        assert_eq!(of([many.as_str()]).len(), MOST);
        assert_eq!(
            query(&many).map(|query| query.matches(":*").count()),
            Some(MOST_SOUGHT)
        );
    }
}
