//! How hard a password is to guess, and whether it may be set. The library knows the lists of common passwords,
//! names and patterns; nothing here asks for capitals or digits (R015, R016).

use super::Strength;

/// From this score on (10^6 guesses and more for one who knows the patterns) a password may be set.
const ACCEPTED: u8 = 2;
/// The library's time grows with the square of the length; what lies behind cannot make a password weaker.
const LOOKED_AT: usize = 100;

/// Judges a password against common ones and the words that an attacker would try first.
pub fn of(password: &str, words: &[&str]) -> Strength {
    let start: String = password.chars().take(LOOKED_AT).collect();
    let words: Vec<&str> = words
        .iter()
        .copied()
        .chain(["reelgate", "recording", "recordings"])
        .collect();
    let entropy = zxcvbn::zxcvbn(&start, &words);
    let score = u8::from(entropy.score());
    let is_accepted = score >= ACCEPTED;
    let advice = match (is_accepted, entropy.feedback()) {
        (true, _) => String::new(),
        (false, feedback) => {
            let warning = feedback
                .and_then(zxcvbn::feedback::Feedback::warning)
                .map(|warning| warning.to_string());
            format!(
                "This password is easy to guess. {} Use several words that do not belong together, or let one be generated.",
                warning.unwrap_or_else(|| {
                    "It is on the lists that attackers try first, or close to one.".to_owned()
                })
            )
        }
    };
    Strength {
        score,
        is_accepted,
        advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R016.
    #[test]
    fn common_passwords_and_the_products_own_words_are_refused_with_a_reason() {
        for weak in [
            "1234567890",
            "password12",
            "qwertyuiop",
            "Reelgate12",
            "aaaaaaaaaaaa",
            "northwind1",
        ] {
            let strength = of(weak, &["Northwind"]);
            assert!(!strength.is_accepted, "{weak}");
            assert!(strength.advice.contains("easy to guess"), "{weak}");
        }
    }

    /// R015.
    #[test]
    fn nothing_is_asked_for_but_being_hard_to_guess() {
        for strong in [
            "tulip engine marble",
            "xkqzvwjhgyrt",
            "größe über alles 17",
            "🦀🐢🎈🧭🪁🎻🧩🛶🏔🌵",
        ] {
            let strength = of(strong, &[]);
            assert!(strength.is_accepted, "{strong}: {strength:?}");
            assert!(strength.advice.is_empty());
        }
    }

    /// R009.
    #[test]
    fn a_very_long_password_costs_no_more() {
        assert!(of(&"correct horse battery ".repeat(50_000), &[]).score > 0);
    }
}
