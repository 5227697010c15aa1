//! What tests are given: a backend on a fresh database, an account with its owner, sessions with files.

pub mod mail_server;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use chrono::DateTime;
use sqlx::PgPool;

use crate::accounts::{self, NewAccount};
use crate::files::vault::Vault;
use crate::invitations::{self, Acceptance};
use crate::members::Member;
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
