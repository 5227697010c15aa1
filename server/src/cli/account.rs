//! `reelgate account`: the operator makes accounts and lists them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::Backend;
use domain::accounts::{NewAccount, actions};

use super::project::OfAccount;
use super::{explain, password, print};

#[derive(Debug, Subcommand)]
pub(super) enum AccountTask {
    /// Create an account, its owner and its access credential
    #[command(
        after_help = "Asks for the owner's password, unless a file is given.\n\nExample:\n  \
                            reelgate account create --name Acme --owner-name 'Ada Lovelace' --email ada@example.com"
    )]
    Create(Create),
    /// Let the service accounts of another account act in this one, too
    #[command(
        after_help = "Examples:\n  reelgate account parent --account Acme --parent Holding\n  \
                            reelgate account parent --account Acme --none"
    )]
    Parent(Parent),
    /// List all accounts
    #[command(after_help = "Example:\n  reelgate account list --json")]
    List {
        /// As JSON: an array of objects with id, name, challenge, number and parent
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Name of the account
    #[arg(long)]
    name: String,
    /// Name of its first member
    #[arg(long, value_name = "NAME")]
    owner_name: String,
    /// Address with which the owner signs in
    #[arg(long)]
    email: String,
    /// File whose first line is the owner's password; - reads standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "it is the name of the flag")]
#[group(id = "whom", required = true, multiple = false, args = ["parent", "none"])]
pub(super) struct Parent {
    #[command(flatten)]
    account: OfAccount,
    /// Name or id of the parent, which has no parent itself
    #[arg(long, value_name = "NAME")]
    parent: Option<String>,
    /// It has no parent any more
    #[arg(long)]
    none: bool,
}

impl AccountTask {
    pub(super) async fn run(self, backend: &Backend) -> anyhow::Result<()> {
        match self {
            Self::Create(new) => create(backend, new).await,
            Self::Parent(task) => set_parent(backend, task).await,
            Self::List { json } => list(backend, json).await,
        }
    }
}

async fn set_parent(backend: &Backend, task: Parent) -> anyhow::Result<()> {
    let account = task.account.operator(backend).await?.account;
    let Some(name) = task.parent else {
        actions::set_parent(backend, account, None)
            .await
            .map_err(explain)?;
        return print("The account has no parent.\n");
    };
    let parent = OfAccount::named(name).operator(backend).await?.account;
    actions::set_parent(backend, account, Some(parent))
        .await
        .map_err(explain)?;
    print("Service accounts of the parent may act in the account from now on.\n")
}

async fn create(backend: &Backend, new: Create) -> anyhow::Result<()> {
    let password = password::read(new.password_file, "Password of the owner").await?;
    let new = NewAccount {
        account_name: new.name,
        owner_name: new.owner_name,
        email: new.email,
        password,
    };
    let owner = actions::create(backend, new).await.map_err(explain)?;
    print(&format!(
        "Account {} ({}) is created; {} signs in as its owner.\n",
        owner.account_name, owner.account, owner.email
    ))
}

async fn list(backend: &Backend, json: bool) -> anyhow::Result<()> {
    let accounts = actions::list(backend).await?;
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&accounts)?));
    }
    if accounts.is_empty() {
        return print("There is no account yet. Make one with `reelgate account create`.\n");
    }
    let lines = accounts
        .iter()
        .map(|account| format!("{}  {}\n", account.id, account.name));
    print(&lines.collect::<String>())
}
