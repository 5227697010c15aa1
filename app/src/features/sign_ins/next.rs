//! Where to go after signing in: a path of this site, whatever the address says (R081).

/// The path, or `/` for anything that could lead to another site.
pub(crate) fn safe_next(next: &str) -> &str {
    let mut bytes = next.bytes();
    let is_path = bytes.next() == Some(b'/');
    // SECURITY: browsers read `//` and `/\` as the start of another host, and drop tabs and line breaks first.
    let is_ours = !matches!(bytes.next(), Some(b'/' | b'\\'));
    let is_plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // Coming back to a form's own address would only be refused.
    let is_page = !next.starts_with("/rpc/") && !next.starts_with("/sign-in");
    if is_path && is_ours && is_plain && is_page && next.len() <= 2000 {
        next
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    /// R081.
    #[test]
    fn only_paths_of_this_site_are_followed() {
        for good in [
            "/",
            "/account",
            "/video/insights/recordings?project=1&kind=live&q=%2F%2Fx",
            "/a//b",
            "/video#reset",
        ] {
            assert_eq!(safe_next(good), good);
        }
        for bad in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https:evil.example",
            "https://evil.example/",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " /account",
            "/a\r\nSet-Cookie: x=y",
            "/a\u{0}",
            "javascript:alert(1)",
            "/ü",
            "/a\\b",
            "/sign-in?next=/",
            "/rpc/x",
        ] {
            assert_eq!(safe_next(bad), "/", "{bad:?}");
        }
        assert_eq!(safe_next(&format!("/{}", "a".repeat(2000))), "/");
    }

    /// What stays percent-encoded is a path for the browser, too.
    #[test]
    fn encoded_line_breaks_stay_encoded() {
        assert_eq!(safe_next("/%0d%0aSet-Cookie:x"), "/%0d%0aSet-Cookie:x");
    }
}
