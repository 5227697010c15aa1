//! `reelgate backup` and `reelgate restore` as processes: what comes back is what was there, and nothing lives anew.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use domain::accounts;
use domain::credentials::{self, Grace, Reset};
use domain::files::vault::Vault;
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, given_backend};
use domain::{Actor, Backend, Caller, MasterKey, Role, Secret};
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool};

use crate::import_kill::{Stage, program, sample};
use crate::support::TestApp;

pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn succeeded(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    said(&output)
}

/// An empty database beside that of a test, and an empty data folder: where a restore goes.
pub(crate) struct Blank {
    pub(crate) db: PgPool,
    pub(crate) data: PathBuf,
}

impl Blank {
    pub(crate) async fn beside(stage: &Stage, name: &str) -> Self {
        let options = stage.db.connect_options();
        let other = format!("blank_{}", uuid::Uuid::new_v4().simple());
        let statement = format!("create database {other} template template0");
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        let options: PgConnectOptions = (*options).clone();
        Self {
            db: PgPool::connect_lazy_with(options.database(&other)),
            data: stage.path(name),
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(&self.db, &self.data);
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The backend that a server on it would have.
    fn backend(&self) -> Backend {
        let vault = Vault::open(&self.data.join("vault")).unwrap();
        let key = MasterKey::load(&self.data.join("master.key")).unwrap();
        Backend::new(self.db.clone(), domain::Clock::system(), vault, key)
    }

    /// Leaves the cluster as it was.
    pub(crate) async fn remove(self) {
        let options = self.db.connect_options();
        self.db.close().await;
        let own = options.get_database().unwrap().to_owned();
        let options: PgConnectOptions = (*options).clone();
        let mut connection = options.database("postgres").connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!(
            "drop database \"{own}\" with (force)"
        )))
        .execute(&mut connection)
        .await
        .unwrap();
    }
}

/// A stage with two sessions in it.
pub(crate) async fn given_recordings(db: PgPool) -> Stage {
    let stage = Stage::new(db).await;
    stage.put("room/1/a.webm", &sample("picture.webm"));
    stage.put("room/1/chat.json", b"[]");
    stage.put("room/2/b.mp4", &sample("picture.mp4"));
    succeeded(stage.run(&[]));
    stage
}

pub(crate) fn reelgate(stage: &Stage, arguments: &[&str]) -> Output {
    let mut command = program(&stage.db, &stage.path("var"));
    command.args(arguments).output().unwrap()
}

/// A backup of the stage in its folder `name`.
pub(crate) fn back_up(stage: &Stage, name: &str, flags: &[&str]) -> PathBuf {
    let folder = stage.path(name);
    let arguments = [&["backup", folder.to_str().unwrap(), "--quiet"], flags].concat();
    succeeded(reelgate(stage, &arguments));
    folder
}

async fn owner_of(backend: &Backend) -> Actor {
    let account = accounts::actions::find(backend, "acme").await.unwrap().id;
    let member: uuid::Uuid = sqlx::query_scalar("select id from members")
        .fetch_one(&backend.db)
        .await
        .unwrap();
    Actor {
        account,
        caller: Caller::Member {
            id: domain::members::MemberId::from_uuid(member),
            role: Role::Owner,
        },
        address: Some(ADDRESS),
    }
}

/// Every file's row has its bytes, with the right hash; how many there are.
async fn sound_files(db: &PgPool, data: &Path) -> usize {
    use sha2::Digest as _;
    let rows: Vec<(uuid::Uuid, Vec<u8>)> = sqlx::query_as("select id, sha256 from files")
        .fetch_all(db)
        .await
        .unwrap();
    for (id, sha256) in &rows {
        let name = id.to_string();
        let object = data.join("vault/objects").join(&name[34..]).join(&name);
        assert_eq!(
            sha2::Sha256::digest(std::fs::read(&object).unwrap())[..],
            sha256[..],
            "{name}"
        );
    }
    rows.len()
}

async fn count(db: &PgPool, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

/// R190: database, vault and key onto a blank machine; sign-in, preset view and every hash. R191: no sign-in and no
/// one-time code lives again.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_restored_backup_is_the_same_installation_and_nobody_is_signed_in(db: PgPool) {
    let stage = given_recordings(db).await;
    let source = given_backend(stage.db.clone(), &stage.path("var"));
    let owner = owner_of(&source).await;
    let preset = credentials::actions::reveal_preset(&source, &owner)
        .await
        .unwrap()
        .unwrap();
    let username = credentials::actions::get(&source, &owner)
        .await
        .unwrap()
        .username;
    for statement in [
        "insert into sign_ins (id_hash, member_id, data, created_at, last_seen_at, expires_at)
            select '\\x01', id, '{}', now(), now(), now() + interval '1 day' from members",
        "update credentials set old_password_hash = 'x', old_accepted_until = now() + interval '1 hour'",
        "insert into invitations (id, account_id, email, role, token_hash, created_at, sent_at, expires_at)
            select id, id, 'eve@acme.example', 'admin', '\\x03', now(), now(), now() + interval '1 day' from accounts",
        "insert into password_resets (member_id, token_hash, created_at, expires_at)
            select id, '\\x04', now(), now() + interval '1 hour' from members",
        "insert into set_up_codes (code_hash, expires_at) values ('\\x02', now() + interval '1 hour')",
        "insert into api_use (account_id, hour, requests) select id, now(), 7 from accounts",
        "insert into api_secrets (id, account_id, project_id, name, hash, hint, may_write, may_delete,
                may_manage_credentials, may_set_access, created_at, revoked_at)
            select gen_random_uuid(), account_id, id, secret.name, sha256(secret.name::bytea), 'ab12', true, false,
                false, false, now(), case when secret.name = 'Former' then now() end
            from projects, (values ('Archiver'), ('Former')) as secret (name)",
        "insert into uploads (id, account_id, project_id, name, metadata, sha256_state, created_at, expires_at)
            select id, account_id, id, 'a.mp4', '', '', now(), now() + interval '1 day' from projects",
        "insert into webhook_endpoints (id, account_id, project_id, url, description, form, event_types, file_kinds,
                secret_sealed, created_at)
            select id, account_id, id, 'https://hook.example/', '', 'standard', '{}', '{}', '\\x05', now() from projects",
        "insert into webhook_deliveries (id, account_id, project_id, endpoint_id, event_id, event_type, body, created_at,
                state, next_attempt_at, leased_until)
            select id, account_id, id, id, id, 'session.ended', '{}', now(), 'waiting', now(), now() from projects",
        "insert into webhook_events (account_id, project_id, event_type, session_id, occurred_at)
            select account_id, id, 'session.ended', id, now() from projects",
    ] {
        sqlx::raw_sql(statement).execute(&stage.db).await.unwrap();
    }
    let folder = stage.path("backup");
    let told = succeeded(reelgate(
        &stage,
        &["backup", folder.to_str().unwrap(), "--with-master-key"],
    ));
    assert!(told.contains("Recordings: 3 files"), "{told}");
    assert!(told.contains("The master key is in it"), "{told}");
    for private in ["", "manifest.json", "database.dump", "master.key"] {
        let mode = std::fs::metadata(folder.join(private))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{private} is the owner's alone");
    }

    let blank = Blank::beside(&stage, "blank").await;
    let told = succeeded(blank.run(&["restore", folder.to_str().unwrap()]));
    assert!(told.contains("3 files, every hash is right"), "{told}");
    assert!(
        told.contains("Ended: 1 sign-in, 3 one-time secrets and 1 old access password"),
        "{told}"
    );
    assert!(
        told.contains("reset it now") && told.contains("  acme (preset of "),
        "{told}"
    );

    // Nobody can tell which were revoked since: those in force are named.
    assert!(
        told.contains("Programs are admitted with these API secrets again")
            && told.contains(": Archiver (…ab12)")
            && !told.contains("Former"),
        "{told}"
    );

    assert_eq!(sound_files(&blank.db, &blank.data).await, 3);
    assert_eq!(count(&blank.db, "api_secrets").await, 2);
    assert_eq!(count(&blank.db, "api_use").await, 1);
    assert_eq!(count(&blank.db, "sign_ins").await, 0);
    for table in [
        "set_up_codes",
        "invitations",
        "password_resets",
        "outbox",
        "uploads",
        "webhook_events",
    ] {
        assert_eq!(count(&blank.db, table).await, 0, "{table}");
    }
    let waiting = "webhook_deliveries where state = 'waiting'";
    assert_eq!(count(&blank.db, waiting).await, 0);
    assert_eq!(count(&blank.db, "webhook_deliveries").await, 1);
    let restored = blank.backend();
    restored.check_master_key().await.unwrap().unwrap();
    let shown = credentials::actions::reveal_preset(&restored, &owner)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(shown.reveal(), preset.reveal());
    let (account, id, name): (uuid::Uuid, uuid::Uuid, String) =
        sqlx::query_as("select account_id, id, name from files where name = 'b.mp4'")
            .fetch_one(&blank.db)
            .await
            .unwrap();
    let app = TestApp::on(
        restored,
        tempfile::tempdir().unwrap(),
        "http://127.0.0.1:3000",
    );
    let mut browser = app.signed_in_as("owner@acme.example").await;
    assert!(browser.is_signed_in().await);
    let pair = format!("{username}:{}", preset.reveal());
    let basic = base64::engine::general_purpose::STANDARD.encode(pair);
    let request = app
        .request(Method::GET, &format!("/files/{account}/{id}/{name}"))
        .header(AUTHORIZATION, format!("Basic {basic}"));
    let answer = app
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, String::from_utf8_lossy(&sample("picture.mp4")));
    blank.remove().await;
}

/// R191: whatever grants something for a time or once must be ended by a restore, or it is said here why not. A new
/// table with such a column fails this until somebody has decided.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_table_of_passing_secrets_is_judged(db: PgPool) {
    // A credential's expiry is a date and holds after a restore as before; what was replaced or revoked since the
    // backup is part of what the operator must look at (docs/backup.md).
    // A file's announced expiry is no secret, and neither is the end of a sender's own copy.
    const KEPT: [&str; 3] = ["credentials", "intake_items", "webhook_files_expiring"];
    const ENDED: [&str; 9] = [
        "authenticator_drafts",
        "invitations",
        "passkey_drafts",
        "password_resets",
        "recovery_codes",
        "set_up_codes",
        "sign_in_steps",
        "sign_ins",
        "uploads",
    ];
    let found: Vec<String> = sqlx::query_scalar(
        "select distinct table_name::text from information_schema.columns
        where table_schema = 'public' and (column_name = 'expires_at' or column_name ~ '(token|code|id)_hash$')
        order by 1",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let mut found: Vec<_> = found
        .into_iter()
        .filter(|table| !KEPT.contains(&table.as_str()))
        .collect();
    // Databases sort underscores in ways of their own.
    found.sort();
    assert_eq!(found, ENDED);
}

/// R190: the users that the old server granted rights to need not exist on the new one, as when an installation moves
/// between the embedded PostgreSQL and another; what the schema keeps from everybody is kept from them there, too.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_backup_is_restored_where_the_old_users_are_unknown(db: PgPool) {
    let stage = given_recordings(db).await;
    let user = format!("gone_{}", uuid::Uuid::new_v4().simple());
    let give = format!("create role {user}; select allow_server('{user}');");
    let run = |sql: String| sqlx::raw_sql(AssertSqlSafe(sql)).execute(&stage.db);
    run(give).await.unwrap();
    let folder = back_up(&stage, "backup", &["--with-master-key"]);
    run(format!("drop owned by {user}; drop role {user};"))
        .await
        .unwrap();

    // The new server has two users, as the embedded one has: one owns the tables, the other may only use them.
    let blank = Blank::beside(&stage, "blank").await;
    let server = format!("server_{}", uuid::Uuid::new_v4().simple());
    run(format!("create role {server} login")).await.unwrap();
    let owner = blank.db.connect_options();
    let lesser = (*owner).clone().username(&server);
    let mut restore = blank.command(&["restore", folder.to_str().unwrap()]);
    restore
        .env("DATABASE_URL", lesser.to_url_lossy().as_str())
        .env(
            "REELGATE_MIGRATION_DATABASE_URL",
            owner.to_url_lossy().as_str(),
        );
    let told = succeeded(restore.output().unwrap());
    assert!(told.contains("3 files, every hash is right"), "{told}");
    let is_open: bool = sqlx::query_scalar(
        "select has_function_privilege('public', 'make_access_log_month(timestamptz)', 'execute')",
    )
    .fetch_one(&blank.db)
    .await
    .unwrap();
    assert!(!is_open, "it runs with the rights of its owner");
    blank.remove().await;
    run(format!("drop role {server}")).await.unwrap();
}

/// A service that is started while a restore still makes the database would begin an installation of its own, with
/// another key, and the restore could never be taken up.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn nothing_starts_on_a_folder_from_the_first_moment_of_a_restore_on(db: PgPool) {
    let stage = given_recordings(db).await;
    let folder = back_up(&stage, "backup", &["--with-master-key"]);
    let arguments = ["restore", folder.to_str().unwrap()];
    let blank = Blank::beside(&stage, "blank").await;
    // Takes connections and never answers: the restore waits for its database.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let mut command = blank.command(&arguments);
    command.env("DATABASE_URL", format!("postgres://nobody@{address}/none"));
    let mut restore = command.spawn().unwrap();
    let _waiting = silent.accept().unwrap();
    let refused = blank.run(&["account", "list"]);
    let text = complaint(&refused);
    assert!(text.contains("was broken off"), "{text}");
    restore.kill().unwrap();
    restore.wait().unwrap();

    let mut elsewhere = blank.command(&arguments);
    elsewhere.env(
        "DATABASE_URL",
        stage.db.connect_options().to_url_lossy().as_str(),
    );
    let text = complaint(&elsewhere.output().unwrap());
    assert!(text.contains("the database is not empty"), "{text}");
    assert!(!blank.data.join("restore.unfinished").exists());
    let told = succeeded(blank.run(&arguments));
    assert!(told.contains("3 files, every hash is right"), "{told}");
    blank.remove().await;
}

/// A backup among what it copies is lost together with it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_backup_into_what_it_copies_is_refused(db: PgPool) {
    let stage = given_recordings(db).await;
    let folder = stage.path("var/vault/backup");
    let refused = reelgate(&stage, &["backup", folder.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    let text = complaint(&refused);
    assert!(text.contains("name a folder elsewhere"), "{text}");
    assert!(!folder.exists() && !stage.path("var/vault/backup.part").exists());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_missing_or_wrong_key_is_said_plainly(db: PgPool) {
    let stage = given_recordings(db).await;
    let folder = back_up(&stage, "backup", &[]);
    let folder = folder.to_str().unwrap();
    assert!(!stage.path("backup/master.key").exists());
    let blank = Blank::beside(&stage, "blank").await;
    let missing = blank.run(&["restore", folder]);
    assert_eq!(missing.status.code(), Some(1));
    let text = complaint(&missing);
    assert!(
        text.contains("this backup has no master key") && text.contains("--master-key FILE"),
        "{text}"
    );
    let other = stage.path("other.key");
    MasterKey::create(&other).unwrap();
    let text = complaint(&blank.run(&["restore", folder, "--master-key", other.to_str().unwrap()]));
    assert!(text.contains("is not this backup's"), "{text}");
    assert!(!blank.data.join("vault").exists(), "nothing was begun");

    let right = stage.path("kept.key");
    std::fs::copy(stage.path("var/master.key"), &right).unwrap();
    let restored =
        succeeded(blank.run(&["restore", folder, "--master-key", right.to_str().unwrap()]));
    assert!(restored.contains("every hash is right"));
    let again = complaint(&blank.run(&["restore", folder]));
    assert!(again.contains("holds recordings already"), "{again}");
    let elsewhere = Blank {
        db: blank.db.clone(),
        data: stage.path("elsewhere"),
    };
    let again =
        complaint(&elsewhere.run(&["restore", folder, "--master-key", right.to_str().unwrap()]));
    assert!(again.contains("the database is not empty"), "{again}");
    blank.remove().await;
}

/// What somebody does to a backup, and what the complaint says.
type Change<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_change_of_a_backup_is_found(db: PgPool) {
    let stage = given_recordings(db).await;
    let replace = |path: &Path, from: &str, to: &str| {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    let an_object = |folder: &Path| {
        let list = std::fs::read_to_string(folder.join("objects.tsv")).unwrap();
        let id = list.split('\t').next().unwrap().to_owned();
        folder.join("objects").join(&id[34..]).join(&id)
    };
    let flip = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    // Somebody without the key can make the hash in clear fit again, and not the seal.
    let forge = |folder: &Path| {
        use sha2::Digest as _;
        let manifest = folder.join("manifest.json");
        replace(&manifest, "\"gone\": []", "\"gone\":  []");
        let digest = sha2::Sha256::digest(std::fs::read(&manifest).unwrap());
        let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let seal = std::fs::read_to_string(folder.join("manifest.seal")).unwrap();
        let sealed = seal.lines().nth(1).unwrap();
        std::fs::write(folder.join("manifest.seal"), format!("{hash}\n{sealed}\n")).unwrap();
    };
    let changes: [Change; 7] = [
        (
            "manifest",
            &|folder| replace(&folder.join("manifest.json"), "\"gone\"", "\"gome\""),
            "manifest.json is not the one",
        ),
        ("forged manifest", &forge, "without the master key"),
        (
            "no manifest",
            &|folder| std::fs::remove_file(folder.join("manifest.json")).unwrap(),
            "is no backup",
        ),
        (
            "list",
            &|folder| replace(&folder.join("objects.tsv"), "\t", "\t1"),
            "objects.tsv is not the one",
        ),
        (
            "dump",
            &|folder| flip(&folder.join("database.dump")),
            "database.dump is not the one",
        ),
        (
            "object",
            &|folder| flip(&an_object(folder)),
            "has other bytes than were written",
        ),
        (
            "no object",
            &|folder| std::fs::remove_file(an_object(folder)).unwrap(),
            "No such file",
        ),
    ];
    for (name, change, words) in changes {
        let folder = back_up(&stage, name, &[]);
        if name == "manifest" {
            let told = succeeded(reelgate(
                &stage,
                &["backup", "verify", folder.to_str().unwrap()],
            ));
            assert!(
                told.contains("every hash is right")
                    && told.contains("seal of the manifest is right"),
                "{told}"
            );
        }
        change(&folder);
        let judged = reelgate(&stage, &["backup", "verify", folder.to_str().unwrap()]);
        assert_eq!(judged.status.code(), Some(1), "{name}: {judged:?}");
        assert!(complaint(&judged).contains(words), "{name}: {judged:?}");
        if name.ends_with("object") {
            let blank = Blank::beside(&stage, "blank").await;
            std::fs::create_dir_all(&blank.data).unwrap();
            std::fs::copy(stage.path("var/master.key"), blank.data.join("master.key")).unwrap();
            let refused = blank.run(&["restore", folder.to_str().unwrap()]);
            assert_eq!(refused.status.code(), Some(1), "{refused:?}");
            let text = complaint(&refused);
            assert!(
                text.contains("missing or damaged: 1 file, named above. Use another backup"),
                "{text}"
            );
            let rest = blank.run(&["restore", folder.to_str().unwrap(), "--without-damaged"]);
            assert_eq!(rest.status.code(), Some(3), "{rest:?}");
            assert!(
                said(&rest).contains("Recorded, but without bytes: 1 file"),
                "{rest:?}"
            );
            std::fs::remove_dir_all(&blank.data).unwrap();
            blank.remove().await;
        }
    }
}

/// What the vault has lost is named and left out; the backup of the rest is there.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_damaged_vault_is_told_and_the_rest_backed_up(db: PgPool) {
    let stage = given_recordings(db).await;
    let object = stage.files_in_vault().remove(0);
    std::fs::set_permissions(&object, Permissions::from_mode(0o600)).unwrap();
    let size = std::fs::metadata(&object).unwrap().len();
    std::fs::write(&object, vec![7; usize::try_from(size).unwrap()]).unwrap();
    let folder = stage.path("backup");
    for flags in [&["--hard-link"] as &[&str], &[]] {
        let output = reelgate(
            &stage,
            &[&["backup", folder.to_str().unwrap()], flags].concat(),
        );
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(
            complaint(&output).contains("is missing or damaged in the vault"),
            "{output:?}"
        );
        succeeded(reelgate(
            &stage,
            &["backup", "verify", folder.to_str().unwrap()],
        ));
        std::fs::remove_dir_all(&folder).unwrap();
    }
    back_up(&stage, "backup", &["--manifest-only"]);
    assert_eq!(
        std::fs::read_dir(folder.join("objects")).unwrap().count(),
        0
    );
}

/// A moment is a moment: whatever is imported, reset or deleted meanwhile.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_backup_under_load_is_consistent(db: PgPool) {
    let stage = given_recordings(db).await;
    for session in 10..60 {
        stage.put(&format!("room/{session}/a.webm"), &sample("picture.webm"));
        stage.put(&format!("room/{session}/chat.json"), b"[]");
    }
    let mut import = stage.command(&["--quiet"]).spawn().unwrap();
    let backend = given_backend(stage.db.clone(), &stage.path("var"));
    let owner = owner_of(&backend).await;
    let mut backup = program(&stage.db, &stage.path("var"))
        .args([
            "backup",
            stage.path("backup").to_str().unwrap(),
            "--quiet",
            "--with-master-key",
        ])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut resets = 0;
    while backup.try_wait().unwrap().is_none() {
        resets += 1;
        let new = Secret::new(format!("blue kettle {resets} on the moon"));
        let reset = Reset {
            account_password: Secret::new(ACCOUNT_PASSWORD),
            new_password: new.clone(),
            confirmation: new,
            grace: Grace::default(),
        };
        credentials::actions::reset(&backend, &owner, reset)
            .await
            .unwrap();
    }
    assert!(backup.wait().unwrap().success());
    assert!(import.wait().unwrap().success());
    let folder = stage.path("backup");
    let blank = Blank::beside(&stage, "blank").await;
    let told = succeeded(blank.run(&["restore", folder.to_str().unwrap()]));
    assert!(told.contains("every hash is right"), "{told}");
    assert!(sound_files(&blank.db, &blank.data).await >= 3);
    let torn: i64 = sqlx::query_scalar(
        "select count(*) from sessions where size_bytes <>
            (select coalesce(sum(size_bytes), 0) from files where session_id = sessions.id)",
    )
    .fetch_one(&blank.db)
    .await
    .unwrap();
    assert_eq!(torn, 0);
    // A reset is a version and an audit event, in one transaction: a backup has both or neither.
    let (version, events): (i64, i64) = sqlx::query_as(
        "select (select version from credentials), (select count(*) from audit_events where event = 'credential.reset')",
    )
    .fetch_one(&blank.db)
    .await
    .unwrap();
    let first: i64 = 1;
    assert_eq!(version, first + events);
    blank.remove().await;
}
