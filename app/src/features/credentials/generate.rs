//! An access password made in the browser, so that the person sees it before anyone else does.

/// URL-unreserved letters and digits, without those that look alike: the same text works in a header, in an address,
/// and read out over the telephone.
const ALPHABET: &[u8; 56] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// 20 letters out of 56 are 116 bits.
const LENGTH: usize = 20;

/// A password out of random bytes; None if too few of them could be used, which a second try mends.
pub(crate) fn password_from(random: &[u8]) -> Option<String> {
    let size = ALPHABET.len();
    // Bytes above the last whole multiple would make some letters more likely than others.
    let usable = random
        .iter()
        .map(|byte| usize::from(*byte))
        .filter(|byte| *byte < 256 / size * size);
    let password: String = usable
        .take(LENGTH)
        .map(|byte| char::from(ALPHABET[byte % size]))
        .collect();
    (password.len() == LENGTH).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_equally_likely() {
        let mut seen = std::collections::BTreeMap::new();
        for byte in 0..=255_u8 {
            if let Some(password) = password_from(&[byte; LENGTH]) {
                *seen.entry(password).or_insert(0) += 1;
            }
        }
        assert_eq!(seen.len(), ALPHABET.len());
        assert!(seen.values().all(|times| *times == 256 / ALPHABET.len()));
    }

    #[test]
    fn too_few_bytes_make_no_password() {
        assert_eq!(password_from(&[7; LENGTH - 1]), None);
        assert_eq!(password_from(&[255; 200]), None);
        assert_eq!(
            password_from(&[0; LENGTH]).as_deref(),
            Some("aaaaaaaaaaaaaaaaaaaa")
        );
    }

    #[test]
    fn nothing_looks_like_something_else() {
        for confusing in b"lIoO01" {
            assert!(!ALPHABET.contains(confusing), "{}", char::from(*confusing));
        }
    }
}
