//! What tests are given: a backend on a fresh database, an account with its owner, sessions with files.

pub mod mail_server;
pub mod receiver;
pub mod senders;
pub mod tokens;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

use crate::accounts::{self, NewAccount};
use crate::files::FileId;
use crate::files::vault::{Intake, Vault};
use crate::invitations::{self, Acceptance};
use crate::members::Member;
use crate::projects::ProjectId;
use crate::second_factors::{SharedSecret, actions as second_factors};
use crate::sessions::SessionId;
use crate::sign_ins::actions::SignInKey;
use crate::{Actor, Backend, Caller, Clock, LinkToken, MasterKey, Role, Secret};

/// The account password of every given member.
pub const ACCOUNT_PASSWORD: &str = "seven purple lanterns";
/// Where every given actor is.
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// A backend with a vault and a master key in `folder`, and a clock that stands still.
pub fn given_backend(db: PgPool, folder: &Path) -> Backend {
    let clock = Clock::fixed(DateTime::from_timestamp(1_795_000_000, 0).expect("a date of 2026"));
    let vault = Vault::open(&folder.join("vault")).expect("a vault in a fresh folder");
    let path = folder.join("master.key");
    let key = MasterKey::load(&path)
        .or_else(|_| MasterKey::create(&path))
        .expect("a key in a fresh folder");
    Backend::new(db, clock, vault, key)
}

/// Until somebody waits for a lock of this database.
pub async fn until_somebody_waits(db: &PgPool) {
    let waits = "select exists (select from pg_stat_activity \
        where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waits)
        .fetch_one(db)
        .await
        .expect("the database answers")
    {}
}

/// An account named `name`, whose owner signs in as `owner@<name>.example`.
pub async fn given_account(backend: &Backend, name: &str) -> Member {
    let new = NewAccount {
        account_name: name.to_owned(),
        owner_name: format!("Owner of {name}"),
        email: format!("owner@{name}.example"),
        password: Secret::new(ACCOUNT_PASSWORD),
    };
    accounts::actions::create(backend, new)
        .await
        .expect("a good account")
}

/// The actor that a member's sign-in makes.
pub const fn actor(member: &Member) -> Actor {
    Actor {
        account: member.account,
        caller: Caller::Member {
            id: member.id,
            role: member.role,
        },
        address: Some(ADDRESS),
    }
}

/// The operator, acting in the member's account.
pub const fn operator(member: &Member) -> Actor {
    Actor {
        account: member.account,
        caller: Caller::Operator,
        address: None,
    }
}

/// A member of the account of `owner`, called `name`, who signs in as `<name>@<account>.example`.
pub async fn given_member(backend: &Backend, owner: &Member, role: Role, name: &str) -> Member {
    let email = format!("{name}@{}.example", owner.account_name);
    let link = invitations::actions::invite(backend, &actor(owner), &email, role)
        .await
        .expect("an owner may invite");
    let acceptance = Acceptance {
        name: name.to_owned(),
        password: Secret::new(ACCOUNT_PASSWORD),
        confirmation: Secret::new(ACCOUNT_PASSWORD),
    };
    invitations::actions::accept(backend, &token_of(&link), acceptance)
        .await
        .expect("a fresh invitation")
}

/// What a one-time link holds.
pub fn token_of(link: &Secret) -> LinkToken {
    let (_, token) = link
        .reveal()
        .split_once("?token=")
        .expect("a one-time link");
    LinkToken::new(token)
}

/// An authenticator app of the member's, as if set up a minute ago: its secret. The recovery codes come with it.
pub async fn given_app(backend: &Backend, member: &Member) -> (Secret, Vec<Secret>) {
    let (who, sign_in) = (actor(member), SignInKey::of(b"given"));
    let password = Secret::new(ACCOUNT_PASSWORD);
    second_factors::begin_app(backend, &who, &sign_in, &password)
        .await
        .expect("the right password");
    let draft = second_factors::app_draft(backend, &who, &sign_in)
        .await
        .expect("a draft of just now")
        .expect("a draft of just now");
    let code = app_code(&draft.grouped, backend.clock.now());
    let codes = second_factors::confirm_app(backend, &who, &sign_in, &code)
        .await
        .expect("the right code");
    backend.clock.advance(TimeDelta::minutes(1));
    (draft.grouped, codes)
}

/// The code that an authenticator app with this secret shows at a moment.
pub fn app_code(secret: &Secret, at: DateTime<Utc>) -> String {
    let secret = Secret::new(secret.reveal().replace(' ', ""));
    SharedSecret::from_base32(secret)
        .code(at)
        .expect("a secret in base32")
}

/// A session of room `room` that begins and ends at this moment, without files.
#[expect(clippy::disallowed_methods, reason = "a row that only an import makes")]
pub async fn given_session(
    backend: &Backend,
    owner: &Member,
    project: ProjectId,
    conference_number: &str,
) -> SessionId {
    let now = backend.clock.now();
    let id = SessionId::new(now);
    sqlx::query(
        "insert into sessions (id, account_id, project_id, room, conference_number, started_at, ended_at, duration_ms, \
         size_bytes, created_at) values ($1, $2, $3, 'room', $4, $5, $5, 0, 0, $5)",
    )
    .bind(id)
    .bind(owner.account)
    .bind(project)
    .bind(conference_number)
    .bind(now)
    .execute(&backend.db)
    .await
    .expect("a new session");
    id
}

/// A live recording with these bytes, in the vault and in the session.
#[expect(clippy::disallowed_methods, reason = "a row that only an import makes")]
pub async fn given_file(
    backend: &Backend,
    owner: &Member,
    session: SessionId,
    name: &str,
    bytes: &[u8],
) -> FileId {
    let now = backend.clock.now();
    let id = FileId::new(now);
    let path = std::env::temp_dir().join(format!("reelgate-given-{id}"));
    std::fs::write(&path, bytes).expect("a disk with room");
    let source = std::fs::File::open(&path).expect("the file of the line before");
    std::fs::remove_file(&path).expect("a file of our own");
    let intake = Intake::start(&backend.vault).expect("a vault");
    let copied = intake
        .copy(id, &source, &mut |_| true)
        .expect("a good copy");
    intake.place(&[id]).expect("a vault");
    sqlx::query(
        "insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at) \
         values ($1, $2, $3, 'live', $4, 'video/mp4', $5, $6, $7)",
    )
    .bind(id)
    .bind(owner.account)
    .bind(session)
    .bind(name)
    .bind(copied.size.cast_signed())
    .bind(copied.sha256.as_slice())
    .bind(now)
    .execute(&backend.db)
    .await
    .expect("a new file");
    intake.finish().expect("a vault");
    sqlx::query("update sessions set size_bytes = size_bytes + $2 where id = $1")
        .bind(session)
        .bind(copied.size.cast_signed())
        .execute(&backend.db)
        .await
        .expect("a known session");
    id
}
