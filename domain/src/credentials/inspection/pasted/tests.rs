//! Each form, each mistake.

use super::*;

fn shown(pair: &Pair) -> String {
    format!(
        "{}|{}",
        String::from_utf8_lossy(&pair.username),
        String::from_utf8_lossy(&pair.password)
    )
}

fn encoded(text: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn each_form_says_what_it_sends() {
    for (text, sent) in [
        (
            format!("Authorization: Basic {}", encoded(b"rec:p:w")),
            "rec|p:w",
        ),
        (
            format!(
                "GET /x HTTP/1.1\nauthorization: basic {}\nHost: x",
                encoded(b"rec:pw")
            ),
            "rec|pw",
        ),
        (
            format!("Basic {}", encoded(b"rec:pw").trim_end_matches('=')),
            "rec|pw",
        ),
        (
            "https://rec:p%40w@files.example/files/x".to_owned(),
            "rec|p@w",
        ),
        ("rec:pw".to_owned(), "rec|pw"),
        (
            "curl -u rec:pw https://files.example/x".to_owned(),
            "rec|pw",
        ),
        ("curl -urec:pw https://files.example/x".to_owned(), "rec|pw"),
        (
            "curl -sS \\\n  --user 'rec:p w' -o x https://files.example/x".to_owned(),
            "rec|p w",
        ),
        (
            "curl --user=\"rec:p\\$w\" https://files.example/x".to_owned(),
            "rec|p$w",
        ),
        (
            format!(
                "curl -H 'Authorization: Basic {}' http://x/",
                encoded(b"rec:pw")
            ),
            "rec|pw",
        ),
        ("curl https://rec:pw@files.example/x".to_owned(), "rec|pw"),
    ] {
        let reading = read(&text);
        assert_eq!(
            reading.sent.as_ref().map(shown).as_deref(),
            Some(sent),
            "{text}"
        );
        assert_eq!(reading.findings, [], "{text}");
    }
}

#[test]
fn each_mistake_is_told_with_what_was_meant() {
    use Finding as F;
    for (text, finding, meant) in [
        (
            format!("Basic {}", encoded(b"rec:pw\n")),
            F::LineBreakAtEnd,
            "rec|pw",
        ),
        (
            format!("Basic {}", encoded(b"rec:pw ")),
            F::BlankAround,
            "rec|pw",
        ),
        (
            format!("Basic {}", encoded(b"rec:p%40w")),
            F::PercentEncoded,
            "rec|p@w",
        ),
        (
            format!("Basic {}", encoded("rec:maÃ±ana".as_bytes())),
            F::EncodedTwice,
            "rec|mañana",
        ),
        (
            format!("Basic {}", encoded(encoded(b"rec:pw").as_bytes())),
            F::Base64Twice,
            "rec|pw",
        ),
        ("Basic rec:pw".to_owned(), F::NotBase64, "rec|pw"),
        (
            "https://rec:p/w@files.example/x".to_owned(),
            F::NotPercentEncoded,
            "rec|p/w",
        ),
        (
            "https://rec:p?w#@files.example/x".to_owned(),
            F::NotPercentEncoded,
            "rec|p?w#",
        ),
        (
            "https://rec:100%25@files.example/x".to_owned(),
            F::NotPercentEncoded,
            "rec|100%25",
        ),
        (
            "https://rec:p%2540w@files.example/x".to_owned(),
            F::PercentEncoded,
            "rec|p@w",
        ),
        (
            format!(
                "Basic {}\n  {}",
                &encoded(b"rec:pw")[..4],
                &encoded(b"rec:pw")[4..]
            ),
            F::Base64Wrapped,
            "rec|pw",
        ),
    ] {
        let reading = read(&text);
        let found = reading.meant.iter().find(|(f, _)| *f == finding);
        assert_eq!(
            found.map(|(_, pair)| shown(pair)).as_deref(),
            Some(meant),
            "{text}"
        );
    }
    for (text, finding) in [
        (format!("Basic {}", encoded(b"no colon here")), F::NoColon),
        (
            format!("Basic {}", encoded(b"rec:p\0w")),
            F::ControlCharacter,
        ),
        (format!("Basic {}", encoded(b"rec:ma\xf1ana")), F::Latin1),
        ("Bearer abc".to_owned(), F::OtherScheme),
        (encoded(b"rec:pw"), F::SchemeMissing),
        ("https://files.example/x".to_owned(), F::NoPasswordInAddress),
        (
            "https://rec:p@w@files.example/x".to_owned(),
            F::NotPercentEncoded,
        ),
        (
            "https://rec:p%w@files.example/x".to_owned(),
            F::NotPercentEncoded,
        ),
        ("curl -u \"rec:p$w\" http://x/".to_owned(), F::ShellExpands),
        ("curl -u rec:p&w http://x/".to_owned(), F::ShellExpands),
        (
            "curl --anyauth -u rec:pw http://x/".to_owned(),
            F::CurlWaits,
        ),
        ("curl -u rec http://x/".to_owned(), F::NoColon),
    ] {
        assert!(
            read(&text).findings.contains(&finding),
            "{text}: {:?}",
            read(&text).findings
        );
    }
}

#[test]
fn an_address_is_taken_apart_as_clients_do() {
    let target = |text: &str| read(text).target.unwrap();
    let found = target("HTTPS://rec:p@w@Files.Example:8443/files/a/b?download#x");
    assert_eq!(
        (found.origin.as_str(), found.path.as_str()),
        ("https://files.example:8443", "/files/a/b")
    );
    assert_eq!(target("http://rec:p/w@host/files/a").path, "/files/a");
    assert_eq!(
        target("http://host:8443/files/a/x@y.mp4").origin,
        "http://host:8443"
    );
    assert_eq!(
        target("http://a:b@[::1]:80/files/a/x@y.mp4").origin,
        "http://[::1]:80"
    );
    assert_eq!(target("curl -u a:b 'http://host'").path, "");
}

#[test]
fn nothing_pasted_is_in_what_is_printed() {
    let reading = read("curl -u rec:geheim https://h/geheim2");
    assert!(!format!("{:?}", reading.sent).contains("geheim"));
}

proptest::proptest! {
    #[test]
    fn anything_can_be_pasted(text in "\\PC*", prefix in "(curl -u |Basic |https://|Authorization: )?") {
        read(&format!("{prefix}{text}"));
    }
}
