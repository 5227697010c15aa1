//! Mail: letters to people, written with the change that they tell of, and sent by background work.
//!
//! - A letter is put into the outbox in the transaction of its cause, so there is no change without its letter and no
//!   letter without its change. Without a mail server nothing is put there.
//! - It is tried again for a day, ever more rarely, and then given up (R027).
//! - It holds no secret but its link, and lies in the outbox sealed under the master key.

pub mod letters;
pub mod outbox;
mod post;
mod store;

use serde::{Deserialize, Serialize};

pub use post::{Post, PostError};

/// What is written to somebody. One form for all, so that text and HTML say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    pub subject: String,
    /// In this order, each a paragraph.
    pub before: Vec<String>,
    pub link: Option<LetterLink>,
    pub after: Vec<String>,
}

/// What the letter is for: a button in HTML, an address in text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterLink {
    pub label: String,
    pub address: String,
}

/// Masked: the address may let somebody in.
impl std::fmt::Debug for LetterLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LetterLink")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

const SIGNATURE: &str = "Reelgate sends this mail by itself; nobody reads what you answer.";

impl Letter {
    /// The plain text.
    pub fn text(&self) -> String {
        let link = self
            .link
            .iter()
            .map(|link| format!("{}:\n{}", link.label, link.address));
        let mut parts = self.before.clone();
        parts.extend(link);
        parts.extend(self.after.iter().cloned());
        parts.push(format!("-- \n{SIGNATURE}"));
        parts.join("\n\n") + "\n"
    }

    /// The same in HTML that every mail program shows: no pictures, no style sheet, nothing from elsewhere.
    pub fn html(&self) -> String {
        let paragraph = |text: &String| format!("<p>{}</p>\n", escape(text));
        let link = self.link.iter().map(|link| {
            let address = escape(&link.address);
            format!(
                "<p><a href=\"{address}\" style=\"display:inline-block;padding:10px 18px;border-radius:6px;\
                 background:#3147b8;color:#ffffff;text-decoration:none;font-weight:600\">{}</a></p>\n\
                 <p style=\"color:#575e6b\">Or copy this address into your browser:<br>{address}</p>\n",
                escape(&link.label)
            )
        });
        let body: String = self
            .before
            .iter()
            .map(paragraph)
            .chain(link)
            .chain(self.after.iter().map(paragraph))
            .collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;color:#16191f;\
             max-width:34em\">\n{body}<p style=\"color:#575e6b;font-size:13px\">{SIGNATURE}</p>\n</body></html>\n",
            escape(&self.subject)
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_html_say_the_same_and_names_are_no_markup() {
        let letter = Letter {
            subject: "Hello".to_owned(),
            before: vec!["<b>Ada</b> & \"Co\" invites you.".to_owned()],
            link: Some(LetterLink {
                label: "Accept".to_owned(),
                address: "https://rec.example.com/invitation?token=a&b".to_owned(),
            }),
            after: vec!["It is good for a week.".to_owned()],
        };
        assert_eq!(
            letter.text(),
            "<b>Ada</b> & \"Co\" invites you.\n\nAccept:\nhttps://rec.example.com/invitation?token=a&b\n\n\
             It is good for a week.\n\n-- \nReelgate sends this mail by itself; nobody reads what you answer.\n"
        );
        let html = letter.html();
        assert!(
            html.contains("&lt;b&gt;Ada&lt;/b&gt; &amp; &quot;Co&quot; invites you."),
            "{html}"
        );
        assert!(
            html.contains("href=\"https://rec.example.com/invitation?token=a&amp;b\""),
            "{html}"
        );
        assert!(!format!("{letter:?}").contains("token=a"));
    }
}
