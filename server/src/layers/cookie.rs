//! One cookie of a request, as it was sent.

use http::HeaderMap;
use http::header::COOKIE;

/// The value, not decoded: what it means is the business of whoever set it. The first one counts.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "xflash=1; flash=a%20b=c; flash=2".parse().unwrap());
        headers.append(COOKIE, "tz=Europe/Berlin".parse().unwrap());
        assert_eq!(cookie(&headers, "flash"), Some("a%20b=c"));
        assert_eq!(cookie(&headers, "tz"), Some("Europe/Berlin"));
        assert_eq!(cookie(&headers, "fl"), None);
    }
}
