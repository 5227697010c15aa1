//! Settings: where they come from, which one wins, and what wrong ones say.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use server::config::{Config, Flags, LogFormat, Origin, SETTINGS, manual};
use tempfile::TempDir;

/// Resolves settings with this file, this environment and these flags.
fn resolve(
    file: &str,
    environment: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Result<Config, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("reelgate.toml");
    std::fs::write(&path, file).unwrap();
    let environment: BTreeMap<_, _> = environment.iter().copied().collect();
    let values = flags
        .iter()
        .map(|(key, value)| (*key, (*value).to_owned()))
        .collect();
    let flags = Flags {
        file: Some(path),
        values,
    };
    let read = |name: &str| environment.get(name).map(OsString::from);
    Config::resolve(&flags, &read).map_err(|error| format!("{error:#}"))
}

fn origin_of(config: &Config, key: &str) -> Origin {
    config
        .values()
        .iter()
        .find(|value| value.setting.key == key)
        .unwrap()
        .origin
        .clone()
}

#[test]
fn without_any_setting_the_defaults_hold() {
    let config = resolve("", &[], &[]).unwrap();
    assert_eq!(config.listen, "127.0.0.1:3000".parse().unwrap());
    assert_eq!(config.public_url.origin(), "http://127.0.0.1:3000");
    assert!(config.data_dir.is_absolute() && config.data_dir.ends_with("var"));
    assert_eq!(config.master_key_file, config.data_dir.join("master.key"));
    assert_eq!(config.database_url, None);
    assert_eq!(config.sign_in_idle, Duration::from_hours(1));
    assert_eq!(config.sign_in_absolute, Duration::from_hours(24));
    assert_eq!(config.shutdown_grace, Duration::from_secs(30));
    assert_eq!(config.log_format, LogFormat::Text);
    assert!(config.trusted_proxies.is_empty());
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let file = "listen = \"127.0.0.1:1\"";
    let environment = [("REELGATE_LISTEN", "127.0.0.1:2")];
    let flags = [("listen", "127.0.0.1:3")];
    let all = resolve(file, &environment, &flags).unwrap();
    assert_eq!(
        (all.listen.port(), origin_of(&all, "listen")),
        (3, Origin::Flag)
    );
    let two = resolve(file, &environment, &[]).unwrap();
    assert_eq!(
        (two.listen.port(), origin_of(&two, "listen")),
        (2, Origin::Environment)
    );
    let one = resolve(file, &[], &[]).unwrap();
    assert!(one.listen.port() == 1 && matches!(origin_of(&one, "listen"), Origin::File(_)));
    let empty = resolve(file, &[("REELGATE_LISTEN", "")], &[]).unwrap();
    assert_eq!(
        empty.listen.port(),
        1,
        "an empty variable counts as not set"
    );
}

#[test]
fn every_setting_can_stand_in_every_place() {
    let sound = |key: &str| match key {
        "data_dir" | "postgres_bin_dir" | "site_dir" | "master_key_file" | "intake_folders"
        | "tls_certificate" | "tls_key" => "/srv/x",
        "listen" => "127.0.0.1:8080",
        "operations_listen" => "127.0.0.1:8081",
        "smtp_url" => "smtp://127.0.0.1:25",
        "mail_from" => "reelgate@example.com",
        "public_url" => "https://x.example",
        "database_url" | "migration_database_url" => "postgres://u@h/d",
        "trusted_proxies" | "outbound_networks" => "10.0.0.0/8",
        "log" => "debug",
        "log_format" => "json",
        _ => "7",
    };
    for setting in SETTINGS {
        let value = sound(setting.key);
        // A mail server without a sender is refused, and so is half of what HTTPS takes.
        let beside: &[_] = match setting.key {
            "mail_from" => &[],
            "tls_certificate" => &[("REELGATE_TLS_KEY", "/srv/x")],
            "tls_key" => &[("REELGATE_TLS_CERTIFICATE", "/srv/x")],
            _ => &[("REELGATE_MAIL_FROM", "reelgate@example.com")],
        };
        let variable = [beside, &[(setting.environment, value)]].concat();
        resolve(&format!("{} = {value:?}", setting.key), beside, &[]).unwrap();
        resolve("", &variable, &[]).unwrap();
        resolve("", beside, &[(setting.key, value)]).unwrap();
        assert!(
            setting.environment.starts_with("REELGATE_") || setting.environment == "DATABASE_URL"
        );
    }
}

#[test]
fn numbers_and_lists_may_be_written_as_such() {
    let config = resolve(
        "sign_in_idle_minutes = 5\ntrusted_proxies = [\"127.0.0.1\", \"fd00::/8\"]",
        &[],
        &[],
    )
    .unwrap();
    assert_eq!(config.sign_in_idle, Duration::from_mins(5));
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn an_unknown_name_in_the_file_is_an_error() {
    let error = resolve("lisen = \"127.0.0.1:1\"", &[], &[]).unwrap_err();
    assert!(
        error.contains("there is no setting lisen") && error.contains("reelgate.toml"),
        "{error}"
    );
    assert!(
        resolve("[listen]\na = 1", &[], &[])
            .unwrap_err()
            .contains("listen must be"),
        "a table"
    );
    assert!(
        resolve("listen =", &[], &[])
            .unwrap_err()
            .contains("reelgate.toml"),
        "no TOML"
    );
}

#[test]
fn a_wrong_value_names_the_setting_and_its_source() {
    let wrong = [
        ("listen", "nowhere"),
        ("public_url", "example.com/portal"),
        ("database_url", "mysql://x"),
        ("database_max_connections", "0"),
        ("trusted_proxies", "10.0.0.0/40"),
        ("sign_in_idle_minutes", "-1"),
        ("sign_in_absolute_hours", "a day"),
        ("log", "louder=than=this"),
        ("log_format", "xml"),
        ("shutdown_grace_seconds", "soon"),
    ];
    for (key, value) in wrong {
        let setting = SETTINGS.iter().find(|setting| setting.key == key).unwrap();
        let by_flag = resolve("", &[], &[(key, value)]).unwrap_err();
        assert!(
            by_flag.contains(key) && by_flag.contains(&format!("flag --{}", setting.flag)),
            "{by_flag}"
        );
        let by_environment = resolve("", &[(setting.environment, value)], &[]).unwrap_err();
        assert!(
            by_environment.contains(&format!("environment {}", setting.environment)),
            "{by_environment}"
        );
        let by_file = resolve(&format!("{key} = {value:?}"), &[], &[]).unwrap_err();
        assert!(by_file.contains("reelgate.toml"), "{by_file}");
        assert_eq!(
            by_flag.contains(value),
            !setting.is_secret,
            "a secret is not repeated: {by_flag}"
        );
    }
}

#[test]
fn a_missing_file_is_an_error_only_if_it_was_named() {
    let flags = |file: Option<&Path>| Flags {
        file: file.map(Path::to_path_buf),
        values: BTreeMap::new(),
    };
    let folder = TempDir::new().unwrap();
    let nothing = |_: &str| None;
    let named = Config::resolve(&flags(Some(&folder.path().join("none.toml"))), &nothing);
    assert!(named.unwrap_err().to_string().contains("cannot be read"));
    let here = folder.path().as_os_str().to_owned();
    let data_dir = |name: &str| (name == "REELGATE_DATA_DIR").then(|| here.clone());
    assert_eq!(
        Config::resolve(&flags(None), &data_dir).unwrap().data_dir,
        folder.path()
    );
    std::fs::write(
        folder.path().join("reelgate.toml"),
        "listen = \"127.0.0.1:9\"",
    )
    .unwrap();
    assert_eq!(
        Config::resolve(&flags(None), &data_dir)
            .unwrap()
            .listen
            .port(),
        9,
        "the one in the data folder"
    );
}

/// R060.
#[test]
fn the_database_address_prints_as_a_mask() {
    let config = resolve("", &[("DATABASE_URL", "postgres://u:hunter2@h/d")], &[]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    assert!(
        config
            .values()
            .iter()
            .all(|value| !value.to_string().contains("hunter2"))
    );
}

/// Run `reelgate config print --markdown > docs/configuration.md` when this fails.
#[test]
fn the_manual_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    assert_eq!(std::fs::read_to_string(path).unwrap(), manual());
}

#[test]
fn mail_needs_a_server_and_a_sender_and_no_password_is_repeated() {
    assert!(!resolve("", &[], &[]).unwrap().post.is_set_up());
    let url = "smtps://me:secret-word@mail.example.com";
    let config = resolve(
        "",
        &[
            ("REELGATE_SMTP_URL", url),
            ("REELGATE_MAIL_FROM", "Reelgate <reelgate@example.com>"),
        ],
        &[],
    );
    let config = config.unwrap();
    assert!(config.post.is_set_up());
    assert!(!format!("{config:?}").contains("secret-word"));
    for (url, from, wrong) in [
        (url, "", "mail_from"),
        (url, "nonsense", "mail_from"),
        ("http://me:secret-word@x", "a@example.com", "smtp_url"),
    ] {
        let environment = [("REELGATE_SMTP_URL", url), ("REELGATE_MAIL_FROM", from)];
        let error = resolve("", &environment, &[]).unwrap_err();
        assert!(
            error.contains(wrong) && !error.contains("secret-word"),
            "{error}"
        );
    }
}

#[test]
fn https_takes_a_certificate_and_a_key_and_makes_the_public_address_https() {
    let both = [("tls_certificate", "/srv/c.pem"), ("tls_key", "k.pem")];
    let config = resolve("", &[], &both).unwrap();
    let files = config.tls.unwrap();
    assert_eq!(files.certificate, Path::new("/srv/c.pem"));
    assert!(files.key.is_absolute() && files.key.ends_with("k.pem"));
    assert_eq!(config.public_url.origin(), "https://127.0.0.1:3000");
    let named = [("REELGATE_PUBLIC_URL", "https://rec.example.com")];
    let named = resolve("", &named, &both).unwrap();
    assert_eq!(named.public_url.origin(), "https://rec.example.com");
    assert_eq!(resolve("", &[], &[]).unwrap().tls, None);
    for (alone, missing) in [(0, "tls_key"), (1, "tls_certificate")] {
        let error = resolve("", &[], &both[alone..=alone]).unwrap_err();
        assert!(error.contains(both[alone].0), "{error}");
        assert!(error.contains(&format!("needs {missing}")), "{error}");
    }
    let plain = [("REELGATE_PUBLIC_URL", "http://rec.example.com")];
    let error = resolve("", &plain, &both).unwrap_err();
    assert!(
        error.contains("public_url") && error.contains("https://"),
        "{error}"
    );
}
