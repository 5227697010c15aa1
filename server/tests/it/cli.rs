//! The program itself, started as a process, with an embedded PostgreSQL of its own.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

const PASSWORD: &str = "seven purple lanterns\n";

/// A data folder that PostgreSQL's user can reach when the tests run as root.
struct Installation(TempDir);

impl Installation {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("var")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = reelgate(arguments);
        command.env("REELGATE_DATA_DIR", self.data());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn create_account(&self, name: &str, email: &str) -> Output {
        let arguments = [
            "account",
            "create",
            "--name",
            name,
            "--owner-name",
            "Ada",
            "--email",
            email,
        ];
        with_input(
            self.command(&arguments).args(["--password-file", "-"]),
            PASSWORD,
        )
    }

    /// Its PostgreSQL, if it runs.
    fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.data().join("postgres/postmaster.pid")).ok()?;
        let pid = Pid::from_raw(text.lines().next()?.parse().ok()?)?;
        test_kill_process(pid).is_ok().then_some(pid)
    }

    fn serve(&self) -> Serving {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        output.read_line(&mut ready).unwrap();
        let origin = ready
            .trim_end()
            .strip_prefix("Reelgate is ready at ")
            .expect("the first line")
            .to_owned();
        Serving {
            child,
            output,
            origin,
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(left_behind) = self.postmaster() {
            let _ = kill_process(left_behind, Signal::QUIT);
        }
    }
}

struct Serving {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    origin: String,
}

impl Serving {
    fn signal(&mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }

    fn get(&self, path: &str) -> String {
        let host = self.origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Without the settings of whoever runs the tests.
fn reelgate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reelgate"));
    command
        .args(arguments)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null());
    for setting in server::config::SETTINGS {
        command.env_remove(setting.environment);
    }
    command
}

fn with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_help_says_what_it_does() {
    for command in [
        &["--help"] as &[&str],
        &["serve", "--help"],
        &["import", "--help"],
        &["access-log", "export", "--help"],
        &["access-log", "heads", "--help"],
        &["access-log", "verify", "--help"],
        &["backup", "--help"],
        &["backup", "verify", "--help"],
        &["restore", "--help"],
        &["account", "create", "--help"],
        &["account", "list", "--help"],
        &["member", "reset-password", "--help"],
        &["project", "archive", "--help"],
        &["project", "create", "--help"],
        &["project", "list", "--help"],
        &["project", "secret", "--help"],
        &["project", "unarchive", "--help"],
        &["member", "reset-link", "--help"],
        &["member", "reset-second-factor", "--help"],
        &["config", "print", "--help"],
    ] {
        let output = reelgate(command).output().unwrap();
        assert!(output.status.success(), "{command:?}");
        let text = said(&output);
        assert!(
            text.contains("Usage:") && text.contains("--data-dir"),
            "{command:?}: {text}"
        );
        assert!(
            command.len() == 1 || text.contains("Example"),
            "{command:?}: {text}"
        );
    }
    assert_eq!(
        said(&reelgate(&["version"]).output().unwrap()),
        format!("reelgate {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_wrong_use_is_2_and_a_failure_is_1() {
    assert_eq!(reelgate(&["serv"]).output().unwrap().status.code(), Some(2));
    let output = reelgate(&["serve"])
        .env("REELGATE_LISTEN", "nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = complained(&output);
    assert!(
        text.starts_with(
            "error: the setting listen cannot be nowhere (environment REELGATE_LISTEN)"
        ),
        "{text}"
    );
}

#[test]
fn settings_are_printed_with_their_sources() {
    let mut command = reelgate(&["config", "print", "--log", "debug"]);
    let output = command
        .env("DATABASE_URL", "postgres://u:hunter2@h/d")
        .output()
        .unwrap();
    let text = said(&output);
    for part in [
        "listen",
        "127.0.0.1:3000  (default)",
        "debug  (flag --log)",
        "***  (environment DATABASE_URL)",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("hunter2"));
}

#[test]
fn projects_are_created_listed_and_put_aside() {
    let installation = Installation::new();
    let created = installation.create_account("Acme", "ada@example.com");
    assert!(created.status.success(), "{}", complained(&created));
    let project = |arguments: &[&str]| {
        let account = ["--account", "Acme"];
        installation.run(&[&["project"], arguments, &account].concat())
    };
    assert!(said(&project(&["list"])).contains("no project yet"));
    assert!(project(&["create", "Support"]).status.success());
    let again = project(&["create", "Support"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(complained(&again).contains("has a project of this name"));
    assert!(said(&project(&["list"])).contains("Support  (secure, kept always)"));

    assert!(project(&["archive", "Support"]).status.success());
    assert!(said(&project(&["list"])).contains("archived"));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let import = [
        "import",
        folder,
        "--account",
        "Acme",
        "--project",
        "Support",
    ];
    let refused = installation.run(&import);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        complained(&refused).contains("archived"),
        "{}",
        complained(&refused)
    );
    assert!(project(&["unarchive", "Support"]).status.success());
    assert!(installation.run(&import).status.success());
    let unknown = project(&["archive", "Sales"]);
    assert!(complained(&unknown).contains("has no project"));
}

#[test]
fn api_secrets_are_made_listed_and_revoked() {
    let installation = Installation::new();
    let created = installation.create_account("Acme", "ada@example.com");
    assert!(created.status.success(), "{}", complained(&created));
    let of_acme = ["--account", "Acme"];
    let made = installation.run(&[&["project", "create", "Support"], &of_acme[..]].concat());
    assert!(made.status.success(), "{}", complained(&made));
    let secret = |arguments: &[&str]| {
        let project = ["project", "secret", "--project", "Support"];
        installation.run(&[&project, &of_acme[..], arguments].concat())
    };
    assert!(said(&secret(&["--list"])).contains("no API secret yet"));
    let made = secret(&["--name", "Archiver", "--write"]);
    assert!(made.status.success(), "{}", complained(&made));
    let printed = said(&made);
    let value = |name: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    let (identifier, text) = (value("API identifier:"), value("API secret:"));
    assert_eq!(identifier.len(), 24, "{printed}");
    assert!(text.starts_with("rgs_"), "{printed}");

    let listed = said(&secret(&["--list"]));
    assert!(listed.contains(&identifier), "{listed}");
    assert!(
        listed.contains(&format!(
            "Archiver  (…{}, read + write, never used)",
            &text[40..]
        )),
        "{listed}"
    );
    assert!(!listed.contains(&text), "{listed}");
    let json = said(&secret(&["--name", "Archiver", "--json"]));
    assert!(json.contains(r#""secret": "rgs_"#), "{json}");

    // Two have the name: nothing is guessed.
    let doubtful = secret(&["--revoke", "Archiver"]);
    assert_eq!(doubtful.status.code(), Some(1));
    assert!(
        complained(&doubtful).contains("by its id"),
        "{}",
        complained(&doubtful)
    );
    let id = listed.lines().nth(1).unwrap().split("  ").next().unwrap();
    assert!(said(&secret(&["--revoke", id])).contains("is revoked"));
    assert!(said(&secret(&["--list"])).contains(", revoked "));
    assert!(said(&secret(&["--revoke", "Archiver"])).contains("is revoked"));
    let gone = secret(&["--revoke", "Archiver"]);
    assert!(
        complained(&gone).contains("has no API secret"),
        "{}",
        complained(&gone)
    );
    assert_eq!(secret(&[]).status.code(), Some(2), "one of three deeds");
    assert_eq!(secret(&["--list", "--write"]).status.code(), Some(2));
}

#[test]
fn accounts_are_created_and_listed() {
    let installation = Installation::new();
    assert!(said(&installation.run(&["account", "list"])).contains("There is no account yet."));
    let created = installation.create_account("Acme", "ada@example.com");
    assert!(created.status.success(), "{}", complained(&created));
    let again = installation.create_account("Other", "ADA@example.com");
    assert_eq!(again.status.code(), Some(1));
    assert!(
        complained(&again).contains("email: Somebody signs in with this address already."),
        "{}",
        complained(&again)
    );
    let list = said(&installation.run(&["account", "list", "--json"]));
    let accounts: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(accounts.as_array().map(Vec::len), Some(1));
    assert_eq!(accounts[0]["name"], "Acme");
    assert!(
        installation.postmaster().is_none(),
        "PostgreSQL is stopped by the last command"
    );
}

#[test]
fn a_password_can_be_made_up_or_given_but_never_asked_for_without_a_terminal() {
    let installation = Installation::new();
    installation.create_account("Acme", "ada@example.com");
    let made_up = installation.run(&["member", "reset-password", "ada@example.com", "--generate"]);
    let text = said(&made_up);
    assert!(
        made_up.status.success() && text.lines().nth(1).is_some_and(|line| line.len() == 24),
        "{text}"
    );
    let unknown = installation.run(&["member", "reset-password", "eve@example.com", "--generate"]);
    assert_eq!(
        complained(&unknown).lines().last(),
        Some("error: no member signs in with this address")
    );
    let link = installation.run(&["member", "reset-link", "ada@example.com"]);
    assert!(
        said(&link).starts_with("http://127.0.0.1:3000/reset-password?token="),
        "{}",
        complained(&link)
    );
    for (email, why) in [
        ("ada@example.com", "This member has no second factor."),
        ("eve@example.com", "no member signs in with this address"),
    ] {
        let refused = installation.run(&["member", "reset-second-factor", email]);
        assert!(!refused.status.success());
        assert!(
            complained(&refused).contains(why),
            "{}",
            complained(&refused)
        );
    }
    let asked = installation.run(&["member", "reset-password", "ada@example.com"]);
    assert!(
        complained(&asked).contains("there is no terminal"),
        "{}",
        complained(&asked)
    );
    let short = with_input(
        &mut installation.command(&[
            "member",
            "reset-password",
            "ada@example.com",
            "--password-file",
            "-",
        ]),
        "short\n",
    );
    assert!(
        complained(&short).contains("Use at least 15 characters"),
        "{}",
        complained(&short)
    );
    assert!(!complained(&short).contains("short\n"));
}

/// R061: a key that is missing, open to others, short or wrong stops the start, and the right one heals it.
#[test]
fn without_its_master_key_nothing_starts_and_nothing_is_lost() {
    let installation = Installation::new();
    installation.create_account("Acme", "ada@example.com");
    let path = installation.data().join("master.key");
    let right = std::fs::read(&path).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let complaint = || {
        let output = installation.run(&["account", "list"]);
        assert_eq!(output.status.code(), Some(1));
        let text = complained(&output);
        assert!(text.contains(&path.display().to_string()), "{text}");
        assert!(
            installation.postmaster().is_none(),
            "PostgreSQL is stopped again"
        );
        text
    };
    let write = |bytes: &[u8], mode: u32| {
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    };
    std::fs::remove_file(&path).unwrap();
    assert!(complaint().contains("is missing"));
    assert!(!path.exists(), "no other key is made in its place");
    write(b"abc\n", 0o600);
    assert!(complaint().contains("64 hexadecimal digits"));
    let another: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
    write(another.as_bytes(), 0o600);
    assert!(complaint().contains("is not the one"));
    write(&right, 0o644);
    assert!(complaint().contains("chmod 600"));
    write(&right, 0o600);
    assert!(said(&installation.run(&["account", "list"])).contains("Acme"));
}

#[test]
fn the_first_start_prints_a_set_up_address_and_ctrl_c_stops_everything() {
    let installation = Installation::new();
    let mut serving = installation.serve();
    let mut text = String::new();
    serving.output.read_line(&mut text).unwrap();
    assert!(text.contains("within 60 minutes"), "{text}");
    text.clear();
    serving.output.read_line(&mut text).unwrap();
    let path = text.trim().strip_prefix(serving.origin.as_str()).unwrap();
    assert!(path.starts_with("/set-up?code="), "{text}");
    assert!(
        serving.get(path).starts_with("HTTP/1.1 200"),
        "the address works"
    );
    assert!(serving.get("/health/ready").starts_with("HTTP/1.1 200"));
    assert!(installation.postmaster().is_some());
    assert_eq!(serving.signal(Signal::INT), Some(0));
    assert!(installation.postmaster().is_none());
}

#[test]
fn several_processes_share_one_postgresql_and_the_last_one_stops_it() {
    let installation = Installation::new();
    let listing = || {
        let mut command = installation.command(&["account", "list"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    // All at once, before there is a cluster.
    let first: Vec<Child> = (0..4).map(|_| listing()).collect();
    for child in first {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", complained(&output));
    }
    assert!(installation.postmaster().is_none());

    let mut serving = installation.serve();
    let postmaster = installation.postmaster().unwrap();
    assert!(
        installation
            .create_account("Acme", "ada@example.com")
            .status
            .success()
    );
    assert_eq!(
        installation.postmaster(),
        Some(postmaster),
        "the server still uses it"
    );
    assert_eq!(serving.signal(Signal::TERM), Some(0));
    assert!(installation.postmaster().is_none());
}

#[test]
fn what_a_killed_process_left_running_is_used_again_and_stopped() {
    let installation = Installation::new();
    let mut serving = installation.serve();
    serving.signal(Signal::KILL);
    let postmaster = installation.postmaster();
    assert!(postmaster.is_some(), "nobody stopped it");
    let output = installation.run(&["account", "list"]);
    assert!(output.status.success(), "{}", complained(&output));
    assert!(installation.postmaster().is_none());
}

/// Cleaners of temporary folders remove sockets under living servers.
#[test]
fn a_server_whose_socket_was_removed_is_named_and_then_replaced() {
    let installation = Installation::new();
    let mut serving = installation.serve();
    let pid = installation.postmaster().unwrap();
    let status =
        std::fs::read_to_string(installation.data().join("postgres/postmaster.pid")).unwrap();
    std::fs::remove_dir_all(status.lines().nth(4).unwrap()).unwrap();
    let output = installation.run(&["account", "list"]);
    assert_eq!(output.status.code(), Some(1));
    let text = complained(&output);
    assert!(
        text.contains(&format!("process {}", pid.as_raw_nonzero())),
        "{text}"
    );
    serving.signal(Signal::KILL);
    let output = installation.run(&["account", "list"]);
    assert!(output.status.success(), "{}", complained(&output));
}

#[test]
fn a_kill_in_the_middle_of_making_the_cluster_leaves_nothing_in_the_way() {
    let installation = Installation::new();
    let mut child = installation.command(&["account", "list"]).spawn().unwrap();
    wait_for(&installation.data().join("postgres.new"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!installation.data().join("postgres").exists());
    let output = installation.run(&["account", "list"]);
    assert!(output.status.success(), "{}", complained(&output));
}

/// Returns as soon as the path is there; the test's own time limit is the runner's.
fn wait_for(path: &Path) {
    while !path.exists() {
        std::thread::yield_now();
    }
}

#[test]
fn missing_programs_are_named() {
    let installation = Installation::new();
    let output = installation.run(&["account", "list", "--postgres-bin-dir", "/nowhere"]);
    assert!(
        complained(&output).contains("postgres_bin_dir is /nowhere"),
        "{}",
        complained(&output)
    );
    let unreachable = reelgate(&[
        "account",
        "list",
        "--database-url",
        "postgres://a:hunter2@127.0.0.1:1/x",
    ])
    .env("REELGATE_DATA_DIR", installation.data())
    .output()
    .unwrap();
    let text = complained(&unreachable);
    assert!(
        text.starts_with("error: cannot connect to PostgreSQL at 127.0.0.1"),
        "{text}"
    );
    assert!(!text.contains("hunter2"));
}

/// X12, R193, R196: what was asked just before the end is in the log, the server is nobody who could change it, and
/// the export is proved without a database.
#[test]
fn the_access_log_survives_the_end_and_is_proved_offline() {
    let installation = Installation::new();
    let mut serving = installation.serve();
    assert!(serving.get("/files/nothing/here").contains("401"));
    assert_eq!(installation.users_of_the_database(), ["reelgate_app"]);
    assert!(serving.get("/files/nothing/there").contains("401"));
    assert_eq!(serving.signal(Signal::TERM), Some(0));

    let heads = installation.run(&["access-log", "heads"]);
    let (heads, nobody) = (said(&heads), uuid::Uuid::nil());
    assert!(heads.starts_with(&format!("{nobody}:2:")), "{heads}");
    let verified = installation.run(&["access-log", "verify", "--head", heads.trim()]);
    assert!(verified.status.success(), "{}", complained(&verified));
    assert!(
        said(&verified).contains("whole, 2 rows"),
        "{}",
        said(&verified)
    );
    let later = heads.trim().replacen(":2:", ":3:", 1);
    let cut = installation.run(&["access-log", "verify", "--head", &later]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(
        said(&cut).contains("BROKEN: rows 3 to 3 are missing"),
        "{}",
        said(&cut)
    );

    let exported = said(&installation.run(&["access-log", "export"]));
    let verify = |text: &str| {
        with_input(
            &mut reelgate(&["access-log", "verify", "--file", "-"]),
            text,
        )
    };
    let verified = verify(&exported);
    assert!(
        verified.status.success(),
        "{}{exported}",
        complained(&verified)
    );
    let tampered = verify(&exported.replacen("127.0.0.1", "127.0.0.2", 1));
    assert_eq!(tampered.status.code(), Some(1));
    assert!(
        said(&tampered).contains("BROKEN: row 1"),
        "{}",
        said(&tampered)
    );
    assert!(
        complained(&tampered).contains("1 of 1 chains"),
        "{}",
        complained(&tampered)
    );
    let garbage = verify("garbage\n");
    assert!(
        complained(&garbage).contains("line 1 is no row"),
        "{}",
        complained(&garbage)
    );
}

impl Installation {
    /// Whom the program's connections to its own PostgreSQL belong to.
    fn users_of_the_database(&self) -> Vec<String> {
        use sqlx::Connection as _;
        let pid = std::fs::read_to_string(self.data().join("postgres/postmaster.pid")).unwrap();
        let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .socket(pid.lines().nth(4).unwrap())
            .port(5432)
            .username("reelgate")
            .database("reelgate");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut owner = sqlx::PgConnection::connect_with(&options).await.unwrap();
            sqlx::query_scalar(
                "select distinct usename::text from pg_stat_activity where datname = 'reelgate' and usename is not null and pid <> pg_backend_pid()",
            )
            .fetch_all(&mut owner)
            .await
            .unwrap()
        })
    }
}
