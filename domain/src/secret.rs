//! A text that must not be seen: masked in `Debug`, never serialised.

/// A secret in memory. `reveal` is the only way to it, so that a search finds every use.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(feature = "postgres")]
impl Drop for Secret {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R060.
    #[test]
    fn a_secret_prints_as_a_mask() {
        assert_eq!(
            format!("{:?}", Some(Secret::new("correct horse"))),
            "Some(Secret(***))"
        );
    }
}
