//! What a caller calls itself, short enough for a table: `curl/7.88.1`, `Chrome 150 on Linux`.

/// Characters at most.
const MAX: usize = 60;

/// The client in a `User-Agent` (RFC 9110 section 10.1.5); empty if it says nothing.
pub(super) fn name_of(user_agent: &[u8]) -> String {
    let text = String::from_utf8_lossy(user_agent);
    let text = text.trim();
    if let Some(browser) = browser(text) {
        return browser;
    }
    // The first product says it; comments and libraries behind it only differ from day to day.
    let product = text.split_whitespace().next().unwrap_or_default();
    product
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX)
        .collect()
}

/// Browsers all begin alike; the order matters, because most also name those they descend from.
fn browser(text: &str) -> Option<String> {
    if !text.starts_with("Mozilla/") {
        return None;
    }
    let (name, version) = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Version/", "Safari"),
    ]
    .into_iter()
    .find_map(|(product, name)| {
        let (_, rest) = text.split_once(product)?;
        let version: String = rest
            .chars()
            .take_while(char::is_ascii_digit)
            .take(4)
            .collect();
        Some((name, version))
    })?;
    let system = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find(|(token, _)| text.contains(token))
    .map_or(String::new(), |(_, system)| format!(" on {system}"));
    Some(format!("{name} {version}{system}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_named_by_their_first_product_and_browsers_by_what_people_call_them() {
        for (agent, expected) in [
            ("curl/7.88.1", "curl/7.88.1"),
            ("python-requests/2.34.0", "python-requests/2.34.0"),
            ("VLC/3.0.20 LibVLC/3.0.20", "VLC/3.0.20"),
            (
                "Apache-HttpClient/5.3 (Java/17.0.13)",
                "Apache-HttpClient/5.3",
            ),
            ("", ""),
            ("a\u{7}b", "ab"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
                "Chrome 150 on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox 140 on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36 Edg/150.0",
                "Edge 150 on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari 18 on iPhone",
            ),
            ("Mozilla/5.0 (compatible; Something/1.0)", "Mozilla/5.0"),
        ] {
            assert_eq!(name_of(agent.as_bytes()), expected);
        }
        assert_eq!(name_of("x".repeat(4_000).as_bytes()).len(), MAX);
        assert_eq!(name_of(b"\xff\xfe"), "\u{fffd}\u{fffd}");
    }
}
