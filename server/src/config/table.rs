//! The one table of settings. The flags, the reference in docs/configuration.md and the error messages come from it.

/// One setting: how it is called in each source and what it means.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the settings file.
    pub key: &'static str,
    /// Its environment variable.
    pub environment: &'static str,
    /// Its flag, without the two dashes.
    pub flag: &'static str,
    /// What stands for its value in `--help`.
    pub value_name: &'static str,
    /// The default as text, in the form that the file would have it; empty if there is none.
    pub default: &'static str,
    /// For the manual, where the default is worked out from other settings.
    pub default_note: &'static str,
    /// Whether its value is masked wherever it is shown.
    pub is_secret: bool,
    /// One or two sentences for the manual.
    pub help: &'static str,
}

/// Where the settings file is, in the environment. Its flag is `--config`.
pub const FILE_VARIABLE: &str = "REELGATE_CONFIG";

/// Every setting, in the order of the manual.
pub static SETTINGS: &[Setting] = &[
    Setting {
        key: "data_dir",
        environment: "REELGATE_DATA_DIR",
        flag: "data-dir",
        value_name: "FOLDER",
        default: "var",
        default_note: "",
        is_secret: false,
        help: "Folder of everything that Reelgate keeps: the files, the master key and the embedded PostgreSQL.",
    },
    Setting {
        key: "listen",
        environment: "REELGATE_LISTEN",
        flag: "listen",
        value_name: "ADDRESS:PORT",
        default: "127.0.0.1:3000",
        default_note: "",
        is_secret: false,
        help: "Address and port to serve HTTP on, or HTTPS with `tls_certificate`. Without, put a proxy with TLS in front \
               before you open it to a network.",
    },
    Setting {
        key: "public_url",
        environment: "REELGATE_PUBLIC_URL",
        flag: "public-url",
        value_name: "URL",
        default: "",
        default_note: "`http://` (`https://` with `tls_certificate`) and `listen`",
        is_secret: false,
        help: "Address that people and programs use, without a path. With https, cookies are Secure and HSTS is sent.",
    },
    Setting {
        key: "tls_certificate",
        environment: "REELGATE_TLS_CERTIFICATE",
        flag: "tls-certificate",
        value_name: "FILE",
        default: "",
        default_note: "none: plain HTTP",
        is_secret: false,
        help: "PEM file of the certificate to serve HTTPS with, followed by those of its authority. When it changes, new \
               connections get the new one; nothing is restarted, and no download is cut off.",
    },
    Setting {
        key: "tls_key",
        environment: "REELGATE_TLS_KEY",
        flag: "tls-key",
        value_name: "FILE",
        default: "",
        default_note: "none; needed with `tls_certificate`",
        is_secret: false,
        help: "PEM file of the certificate's key, without a password: RSA, ECDSA or Ed25519. Only the server's user should \
               be able to read it.",
    },
    Setting {
        key: "database_url",
        environment: "DATABASE_URL",
        flag: "database-url",
        value_name: "URL",
        default: "",
        default_note: "none: an embedded PostgreSQL under `data_dir`",
        is_secret: true,
        help: "An existing PostgreSQL (15 or later) to use, such as postgres://reelgate@db.example.com/reelgate.",
    },
    Setting {
        key: "migration_database_url",
        environment: "REELGATE_MIGRATION_DATABASE_URL",
        flag: "migration-database-url",
        value_name: "URL",
        default: "",
        default_note: "none: `database_url` does both",
        is_secret: true,
        help: "The same database as `database_url`, as the owner of its tables: used at start to bring it up to date and to \
               give the user of `database_url` the rights it needs, and no more. See docs/access-log.md.",
    },
    Setting {
        key: "database_max_connections",
        environment: "REELGATE_DATABASE_MAX_CONNECTIONS",
        flag: "database-max-connections",
        value_name: "NUMBER",
        default: "10",
        default_note: "",
        is_secret: false,
        help: "Connections to PostgreSQL that one process opens at most.",
    },
    Setting {
        key: "postgres_bin_dir",
        environment: "REELGATE_POSTGRES_BIN_DIR",
        flag: "postgres-bin-dir",
        value_name: "FOLDER",
        default: "",
        default_note: "the newest of `/usr/lib/postgresql/*/bin`, then `PATH`",
        is_secret: false,
        help: "Folder of initdb and postgres for the embedded PostgreSQL.",
    },
    Setting {
        key: "master_key_file",
        environment: "REELGATE_MASTER_KEY_FILE",
        flag: "master-key-file",
        value_name: "FILE",
        default: "",
        default_note: "`master.key` in `data_dir`",
        is_secret: false,
        help: "File of the key that encrypts secrets which can be shown. Made on the first start. Keep a copy of it \
               apart from the database's.",
    },
    Setting {
        key: "site_dir",
        environment: "REELGATE_SITE_DIR",
        flag: "site-dir",
        value_name: "FOLDER",
        default: "",
        default_note: "`site` beside the program, then `target/site`",
        is_secret: false,
        help: "Folder of the built site: WebAssembly, style sheet, icons.",
    },
    Setting {
        key: "trusted_proxies",
        environment: "REELGATE_TRUSTED_PROXIES",
        flag: "trusted-proxies",
        value_name: "ADDRESSES",
        default: "",
        default_note: "none",
        is_secret: false,
        help: "Proxies whose X-Forwarded-For is believed: addresses or networks such as 10.0.0.0/8, separated by \
               commas. From anyone else the header is ignored.",
    },
    Setting {
        key: "sign_in_idle_minutes",
        environment: "REELGATE_SIGN_IN_IDLE_MINUTES",
        flag: "sign-in-idle-minutes",
        value_name: "MINUTES",
        default: "60",
        default_note: "",
        is_secret: false,
        help: "A sign-in ends after so long without a request.",
    },
    Setting {
        key: "sign_in_absolute_hours",
        environment: "REELGATE_SIGN_IN_ABSOLUTE_HOURS",
        flag: "sign-in-absolute-hours",
        value_name: "HOURS",
        default: "24",
        default_note: "",
        is_secret: false,
        help: "A sign-in ends after so long in any case.",
    },
    Setting {
        key: "smtp_url",
        environment: "REELGATE_SMTP_URL",
        flag: "smtp-url",
        value_name: "URL",
        default: "",
        default_note: "none: no mail is sent",
        is_secret: true,
        help: "Mail server: smtps://user:password@host (TLS), smtp://user:password@host:587?tls=required (STARTTLS), or \
               smtp://host for one without TLS, such as on this machine.",
    },
    Setting {
        key: "mail_from",
        environment: "REELGATE_MAIL_FROM",
        flag: "mail-from",
        value_name: "ADDRESS",
        default: "",
        default_note: "none; needed with `smtp_url`",
        is_secret: false,
        help: "Sender of mails, such as Reelgate <reelgate@example.com>.",
    },
    Setting {
        key: "outbound_networks",
        environment: "REELGATE_OUTBOUND_NETWORKS",
        flag: "outbound-networks",
        value_name: "NETWORKS",
        default: "",
        default_note: "none: the public internet only",
        is_secret: false,
        help: "Private networks that webhooks may be sent to and recordings fetched from, such as 10.1.0.0/16, separated \
               by commas. Whoever may set up a webhook can then reach what listens there.",
    },
    Setting {
        key: "intake_folders",
        environment: "REELGATE_INTAKE_FOLDERS",
        flag: "intake-folders",
        value_name: "FOLDERS",
        default: "",
        default_note: "none",
        is_secret: false,
        help: "Folders of this machine from which recordings may be taken in, with all beneath them, separated by colons. \
               Whoever may set up sources chooses within them; no link is followed out of them.",
    },
    Setting {
        key: "log",
        environment: "REELGATE_LOG",
        flag: "log",
        value_name: "FILTER",
        default: "info",
        default_note: "",
        is_secret: false,
        help: "What is logged: error, warn, info, debug or trace, also for one part, as in info,sqlx=warn.",
    },
    Setting {
        key: "log_format",
        environment: "REELGATE_LOG_FORMAT",
        flag: "log-format",
        value_name: "FORMAT",
        default: "text",
        default_note: "",
        is_secret: false,
        help: "How it is logged, on standard error: text for people, json for programs.",
    },
    Setting {
        key: "operations_listen",
        environment: "REELGATE_OPERATIONS_LISTEN",
        flag: "operations-listen",
        value_name: "ADDRESS:PORT",
        default: "",
        default_note: "none",
        is_secret: false,
        help: "Address and port for /metrics, /health/live and /health/ready, such as 127.0.0.1:9464. Anyone who gets \
               there may read them: never open it to the public.",
    },
    Setting {
        key: "shutdown_delay_seconds",
        environment: "REELGATE_SHUTDOWN_DELAY_SECONDS",
        flag: "shutdown-delay-seconds",
        value_name: "SECONDS",
        default: "0",
        default_note: "",
        is_secret: false,
        help: "How long after SIGTERM or Ctrl-C everything is still served while /health/ready says 503 already, so \
               that load balancers send nobody any more when the server stops listening.",
    },
    Setting {
        key: "shutdown_grace_seconds",
        environment: "REELGATE_SHUTDOWN_GRACE_SECONDS",
        flag: "shutdown-grace-seconds",
        value_name: "SECONDS",
        default: "30",
        default_note: "",
        is_secret: false,
        help: "How long running requests may take to finish after SIGTERM or Ctrl-C. A second signal ends them at once.",
    },
];

/// The reference of all settings: docs/configuration.md.
pub fn manual() -> String {
    use std::fmt::Write as _;

    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Generated by `reelgate config print --markdown`; a test compares it. -->\n\n\
         Every setting can stand in four places. A later one wins:\n\n\
         1. the default;\n\
         2. the settings file, `reelgate.toml` in the data folder, or the file that `--config` or `REELGATE_CONFIG` names;\n\
         3. the environment;\n\
         4. a flag of the command line.\n\n\
         An empty environment variable counts as not set. An unknown name in the file is an error.\n\
         `reelgate config print` shows each value in effect and where it comes from.\n\n\
         | file | environment | flag | default | meaning |\n\
         |---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = if setting.default.is_empty() {
            setting.default_note.to_owned()
        } else {
            format!("`{}`", setting.default)
        };
        let Setting {
            key,
            environment,
            flag,
            help,
            ..
        } = setting;
        let _ = writeln!(
            text,
            "| `{key}` | `{environment}` | `--{flag}` | {default} | {help} |"
        );
    }
    text.push_str(
        "\nAn example of the file:\n\n\
         ```toml\n\
         listen = \"127.0.0.1:8080\"\n\
         public_url = \"https://recordings.example.com\"\n\
         trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\n\
         sign_in_idle_minutes = 30\n\
         ```\n",
    );
    text
}
