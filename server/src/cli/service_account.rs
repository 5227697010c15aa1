//! `reelgate service-account`: key pairs for programs that sign tokens.

use clap::{Args, Subcommand};
use domain::credentials::Grace;
use domain::service_accounts::actions::{self, ServiceAccountDraft};
use domain::service_accounts::{NO_ROLE, ServiceAccount, ServiceAccountKeyId, role_text};
use domain::{Actor, Backend};

use super::project::OfAccount;
use super::{explain, print};

#[derive(Debug, Subcommand)]
pub(super) enum ServiceAccountTask {
    /// Create a service account and print its file, which is not shown again
    #[command(
        after_help = "The file holds the private key: keep it where only the program can read it.\n\nExample:\n  \
                            (umask 077; reelgate service-account create Nightly --account Acme --role support \\\n    \
                            > service-account.json)"
    )]
    Create(Create),
    /// List the service accounts, without what is secret of them
    #[command(after_help = "Example:\n  reelgate service-account list --account Acme --json")]
    List {
        #[command(flatten)]
        account: OfAccount,
        /// As JSON: an array of objects with id, name, role, keys and times
        #[arg(long)]
        json: bool,
    },
    /// Make a new key and print its file; the old ones end after the overlap
    #[command(
        after_help = "Example:\n  reelgate service-account rotate Nightly --account Acme --overlap 24 > service-account.json"
    )]
    Rotate {
        #[command(flatten)]
        named: Named,
        /// Hours for which the old keys are still accepted: 0, 1, 24 or 72
        #[arg(long, value_name = "HOURS", default_value = "24", value_parser = overlap)]
        overlap: Grace,
    },
    /// Give it another role, for tokens that are under way, too
    #[command(after_help = "Example:\n  reelgate service-account role Nightly none --account Acme")]
    Role {
        #[command(flatten)]
        named: Named,
        /// owner, admin, developer, supervisor, support, or none for recordings only
        role: String,
    },
    /// Revoke a service account, or one of its keys: its tokens are refused at once
    #[command(after_help = "Example:\n  reelgate service-account revoke Nightly --account Acme")]
    Revoke {
        #[command(flatten)]
        named: Named,
        /// Id of the key; without it, all of the service account
        #[arg(long, value_name = "ID")]
        key: Option<ServiceAccountKeyId>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Name of the program that will use it
    name: String,
    #[command(flatten)]
    account: OfAccount,
    /// owner, admin, developer, supervisor, support, or none for recordings only
    #[arg(long, default_value = NO_ROLE)]
    role: String,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// Name or id of the service account
    name: String,
    #[command(flatten)]
    account: OfAccount,
}

impl Named {
    async fn find(&self, backend: &Backend) -> anyhow::Result<(Actor, ServiceAccount)> {
        let actor = self.account.operator(backend).await?;
        match actions::find(backend, &actor, &self.name).await {
            Err(domain::Error::NotFound(_)) => anyhow::bail!(
                "the account has no service account {:?} in force; `reelgate service-account list` names them",
                self.name
            ),
            found => Ok((actor, found.map_err(explain)?)),
        }
    }
}

impl ServiceAccountTask {
    pub(super) async fn run(self, backend: &Backend) -> anyhow::Result<()> {
        match self {
            Self::Create(new) => {
                let actor = new.account.operator(backend).await?;
                let draft = ServiceAccountDraft {
                    name: new.name,
                    role: new.role,
                };
                let made = actions::create(backend, &actor, draft).await;
                print(made.map_err(explain)?.to_json().reveal())
            }
            Self::List { account, json } => {
                let actor = account.operator(backend).await?;
                let found = actions::list(backend, &actor).await.map_err(explain)?;
                list(backend, &found, json)
            }
            Self::Rotate { named, overlap } => {
                let (actor, found) = named.find(backend).await?;
                let made = actions::rotate(backend, &actor, found.id, overlap).await;
                print(made.map_err(explain)?.to_json().reveal())
            }
            Self::Role { named, role } => {
                let (actor, found) = named.find(backend).await?;
                let done = actions::set_role(backend, &actor, found.id, &role).await;
                done.map_err(explain)?;
                print(&format!(
                    "Service account {} has the role {role}.\n",
                    found.name
                ))
            }
            Self::Revoke { named, key } => revoke(backend, &named, key).await,
        }
    }
}

async fn revoke(
    backend: &Backend,
    named: &Named,
    key: Option<ServiceAccountKeyId>,
) -> anyhow::Result<()> {
    let (actor, found) = named.find(backend).await?;
    let Some(key) = key else {
        actions::revoke(backend, &actor, found.id)
            .await
            .map_err(explain)?;
        return print(&format!("Service account {} is revoked.\n", found.name));
    };
    anyhow::ensure!(
        found.keys.iter().any(|one| one.id == key),
        "service account {} has no key {key}",
        found.name
    );
    actions::revoke_key(backend, &actor, key)
        .await
        .map_err(explain)?;
    print(&format!("Key {key} of {} is revoked.\n", found.name))
}

fn list(backend: &Backend, found: &[ServiceAccount], json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(found)?));
    }
    if found.is_empty() {
        return print(
            "There is no service account yet. Make one with `reelgate service-account create`.\n",
        );
    }
    let now = backend.clock.now();
    let lines = found.iter().map(|one| {
        let keys = one.keys_in_force(now).count();
        let used = one.last_use().map_or_else(
            || "never used".to_owned(),
            |(at, from)| format!("last used {} from {from}", at.format("%F %R UTC")),
        );
        let revoked = one
            .revoked_at
            .map(|at| format!(", revoked {}", at.format("%F %R UTC")))
            .unwrap_or_default();
        format!(
            "{}  {}  (role {}, keys in force: {keys}, {used}{revoked})\n",
            one.id,
            one.name,
            role_text(one.role)
        )
    });
    print(&lines.collect::<String>())
}

fn overlap(text: &str) -> Result<Grace, String> {
    text.parse()
        .map_err(|()| "choose 0, 1, 24 or 72 hours".to_owned())
}
