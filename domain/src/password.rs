//! Passwords as people type them: normal form and the rules that need no dictionary.
//!
//! NFC, never NFKC: RFC 7617 and SP 800-63B-4 ask for it, and NFKC would fold full-width letters
//! into ASCII. Nothing else is changed: spaces are significant, nothing is cut off.

use unicode_normalization::UnicodeNormalization;

use crate::Secret;

/// A password in normal form, ready to be compared. Holds no rule: it may be an old one.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordText(Secret);

impl PasswordText {
    /// Longer texts are refused before any hashing (R008). Bytes, before normalisation.
    pub const MAX_BYTES: usize = 4096;

    /// None if the text is longer than any password may be.
    pub fn new(typed: &str) -> Option<Self> {
        (typed.len() <= Self::MAX_BYTES).then(|| Self(Secret::new(typed.nfc().collect::<String>())))
    }

    /// The normalised text.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl std::fmt::Debug for PasswordText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordText(***)")
    }
}

/// A password that may be set: long enough, short enough, and possible to send over Basic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword(PasswordText);

impl NewPassword {
    /// Code points after normalisation that an access password needs (the product's contract).
    pub const ACCESS_MIN: usize = 10;
    /// Code points that an account password needs: SP 800-63B-4 section 3.1.1.2, sign-in without a second factor.
    pub const ACCOUNT_MIN: usize = 15;
    /// Code points at most.
    pub const MAX: usize = 1024;

    /// The sentence for the field if the text may not be set.
    pub fn parse(typed: &str, minimum: usize) -> Result<Self, String> {
        let too_long = || format!("Use at most {} characters.", Self::MAX);
        let text = PasswordText::new(typed).ok_or_else(too_long)?;
        let length = text.reveal().chars().count();
        if length < minimum {
            return Err(format!(
                "Use at least {minimum} characters; this has {length}."
            ));
        }
        if length > Self::MAX {
            return Err(too_long());
        }
        // RFC 7617 section 2: Basic cannot carry them.
        if text.reveal().chars().any(char::is_control) {
            return Err(
                "Leave out tabs, line breaks and other control characters: they cannot be sent."
                    .to_owned(),
            );
        }
        Ok(Self(text))
    }

    pub const fn text(&self) -> &PasswordText {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(typed: &str) -> Result<NewPassword, String> {
        NewPassword::parse(typed, NewPassword::ACCESS_MIN)
    }

    /// R006.
    #[test]
    fn nine_code_points_are_refused_and_ten_accepted() {
        assert!(access("123456789").is_err());
        assert!(access("1234567890").is_ok());
    }

    /// R007.
    #[test]
    fn length_counts_code_points_after_normalisation() {
        assert!(access(&"🦀".repeat(10)).is_ok());
        assert!(
            access(&"a\u{308}".repeat(9)).is_err(),
            "nine letters typed as eighteen code points"
        );
        assert!(access(&"a\u{308}".repeat(10)).is_ok());
    }

    /// R008.
    #[test]
    fn long_passwords_work_up_to_the_stated_maximum() {
        assert!(access(&"x".repeat(64)).is_ok());
        assert!(access(&"x".repeat(1024)).is_ok());
        assert!(access(&"x".repeat(1025)).is_err());
        assert!(access(&"🦀".repeat(1_000_000)).is_err());
    }

    /// R011.
    #[test]
    fn composed_and_decomposed_are_one_password_but_full_width_is_another() {
        assert_eq!(
            PasswordText::new("man\u{303}ana"),
            PasswordText::new("mañana")
        );
        assert_ne!(PasswordText::new("ＡＢＣ"), PasswordText::new("ABC"));
    }

    /// R012 and R013.
    #[test]
    fn spaces_are_kept_and_control_characters_refused() {
        assert_eq!(
            access("  two  ends  ").unwrap().text().reveal(),
            "  two  ends  "
        );
        for bad in [
            "line\nbreak-in-it",
            "nul\0character",
            "carriage\rreturn",
            "tab\tcharacter",
        ] {
            assert!(access(bad).is_err());
        }
    }
}
