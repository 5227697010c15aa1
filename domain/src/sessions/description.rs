//! What people write about a session: its title and its tags.

use crate::{Error, Problem};

const DECEPTIVE: &str = "Leave out control and invisible characters.";

/// Control characters, and those that turn or hide the text beside them (R080). Joiners are no such: words of some
/// languages, and pictures, are written with them.
pub const fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A title and tags that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// None: the session is called after its room.
    pub title: Option<String>,
    /// In the order in which they were written, none twice in any case of letters.
    pub tags: Vec<String>,
}

impl Description {
    /// Characters of a title.
    pub const MAX_TITLE: usize = 200;
    pub const MAX_TAGS: usize = 20;
    /// Characters of a tag.
    pub const MAX_TAG: usize = 50;

    /// Reads what was typed; tags stand between commas or on lines of their own. Spaces around and double ones go.
    pub fn parse(title: &str, tags: &str) -> Result<Self, Error> {
        Self::of(title, tags.split([',', '\n']))
    }

    /// The same of tags that stand by themselves. None may hold a comma, since people write them with commas between.
    pub fn of<'a>(title: &str, tags: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let mut complain = |field: &str, message: String| {
            problems.push(Problem {
                field: field.to_owned(),
                message,
            });
        };
        let title = spaced(title);
        if title.chars().count() > Self::MAX_TITLE {
            complain(
                "title",
                format!("Use at most {} characters.", Self::MAX_TITLE),
            );
        } else if title.chars().any(is_deceptive) {
            complain("title", DECEPTIVE.to_owned());
        }
        let mut kept: Vec<String> = Vec::new();
        for tag in tags.into_iter().map(spaced) {
            let is_new = !kept
                .iter()
                .any(|other| other.to_lowercase() == tag.to_lowercase());
            if !tag.is_empty() && is_new {
                kept.push(tag);
            }
        }
        if kept.len() > Self::MAX_TAGS {
            complain("tags", format!("Use at most {} tags.", Self::MAX_TAGS));
        } else if kept.iter().any(|tag| tag.chars().count() > Self::MAX_TAG) {
            complain(
                "tags",
                format!(
                    "A tag has at most {} characters. Put commas between tags.",
                    Self::MAX_TAG
                ),
            );
        } else if kept.iter().any(|tag| tag.chars().any(is_deceptive)) {
            complain("tags", DECEPTIVE.to_owned());
        } else if kept.iter().any(|tag| tag.contains(',')) {
            complain(
                "tags",
                "Leave out commas: they stand between tags.".to_owned(),
            );
        }
        if problems.is_empty() {
            Ok(Self {
                title: (!title.is_empty()).then_some(title),
                tags: kept,
            })
        } else {
            Err(Error::Invalid(problems))
        }
    }
}

/// Words with one space between them.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_repeated_tags_go() {
        let found =
            Description::parse("  A  title ", "Care, care,, follow  up \nüber,ÜBER").unwrap();
        assert_eq!(found.title.as_deref(), Some("A title"));
        assert_eq!(found.tags, ["Care", "follow up", "über"]);
        let none = Description::parse(" ", " , ").unwrap();
        assert_eq!((none.title, none.tags.len()), (None, 0));
    }

    #[test]
    fn bounds_are_told_beside_their_field() {
        let many: Vec<String> = (0..21).map(|n| format!("tag {n}")).collect();
        for (title, tags, fields) in [
            ("x".repeat(201), String::new(), vec!["title"]),
            ("a\u{0}b".to_owned(), "x".repeat(51), vec!["title", "tags"]),
            (String::new(), many.join(","), vec!["tags"]),
            (String::new(), "a\u{7}".to_owned(), vec!["tags"]),
            // R080: what turns the text beside it.
            (
                "report\u{202E}4pm.exe".to_owned(),
                "a\u{200B}".to_owned(),
                vec!["title", "tags"],
            ),
        ] {
            let Err(Error::Invalid(problems)) = Description::parse(&title, &tags) else {
                panic!("{title:?} {tags:?} was taken");
            };
            let told: Vec<&str> = problems
                .iter()
                .map(|problem| problem.field.as_str())
                .collect();
            assert_eq!(told, fields);
        }
        assert!(Description::parse(&"é".repeat(200), &many[..20].join(",")).is_ok());
        assert!(Description::of("", ["a,b"]).is_err());
        let joined =
            "\u{1F469}\u{200D}\u{1F4BB} \u{646}\u{645}\u{6CC}\u{200C}\u{62F}\u{627}\u{646}\u{645}";
        assert!(Description::parse(joined, joined).is_ok());
    }
}
