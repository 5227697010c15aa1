//! Recovery codes: single-use texts for whoever has lost the app or the passkeys.

use sha2::{Digest, Sha256};

use crate::{Secret, hashing};

/// No letters that look like digits, nor like each other. 32 of them: five bits each.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 120 bits: from 112 on a fast hash is enough (SP 800-63B-4 section 3.1.2.2).
const LENGTH: usize = 24;
const GROUP: usize = 4;

/// One code. Masked in `Debug`.
#[derive(Debug, Clone)]
pub(super) struct RecoveryCode(Secret);

impl RecoveryCode {
    pub(super) fn random() -> Self {
        let bytes = hashing::random_bytes::<LENGTH>();
        // 256 is a multiple of 32: every character is as likely as any other.
        let text: String = bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect();
        Self(Secret::new(text))
    }

    /// As people type it: in any case, with or without hyphens and spaces, with look-alikes.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let text: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            })
            .collect();
        let is_code = text.len() == LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then(|| Self(Secret::new(text)))
    }

    /// For people: in groups.
    pub(super) fn shown(&self) -> Secret {
        let groups: Vec<&str> = self
            .0
            .reveal()
            .as_bytes()
            .chunks(GROUP)
            .map(|group| std::str::from_utf8(group).unwrap_or_default())
            .collect();
        Secret::new(groups.join("-"))
    }

    pub(super) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.reveal().as_bytes()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = RecoveryCode::random();
        let shown = code.shown();
        assert_eq!(shown.reveal().len(), 29, "six groups of four");
        for typed in [
            shown.reveal().to_owned(),
            shown.reveal().to_uppercase(),
            format!("  {} ", shown.reveal().replace('-', " ")),
            shown.reveal().replace('-', ""),
            shown.reveal().replace('0', "O").replace('1', "l"),
        ] {
            assert_eq!(
                RecoveryCode::read(&typed).unwrap().hash(),
                code.hash(),
                "{typed}"
            );
        }
        for typed in ["", "123456", &shown.reveal()[1..], "ü", "u"] {
            assert!(RecoveryCode::read(typed).is_none(), "{typed}");
        }
        assert!(!format!("{code:?}").contains(code.0.reveal()));
    }
}
