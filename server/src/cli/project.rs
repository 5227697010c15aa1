//! `reelgate project`: the operator lists projects, makes them, and puts them aside.

mod secret;

use clap::{Args, Subcommand};
use domain::accounts::actions as accounts;
use domain::projects::{GovernedProject, Project, actions};
use domain::{Actor, Backend, Caller};

use super::{explain, print};

#[derive(Debug, Subcommand)]
pub(super) enum ProjectTask {
    /// List the projects of an account
    #[command(after_help = "Example:\n  reelgate project list --account Acme --json")]
    List {
        #[command(flatten)]
        account: OfAccount,
        /// As JSON: an array of objects with id, name, policy, hold and holdings
        #[arg(long)]
        json: bool,
    },
    /// Create a project: secure, and keeping its files for ever
    #[command(after_help = "Example:\n  reelgate project create Support --account Acme")]
    Create(Named),
    /// Archive a project: no imports, and out of the drop-down; nothing is deleted
    #[command(after_help = "Example:\n  reelgate project archive Support --account Acme")]
    Archive(Named),
    /// Bring an archived project back
    #[command(after_help = "Example:\n  reelgate project unarchive Support --account Acme")]
    Unarchive(Named),
    /// Make, list and revoke the API secrets of a project
    Secret(secret::SecretArgs),
}

#[derive(Debug, Args)]
pub(super) struct OfAccount {
    /// Name or id of the account
    #[arg(long, value_name = "NAME")]
    account: String,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// Name of the project; or its id, if it is there already
    project: String,
    #[command(flatten)]
    account: OfAccount,
}

impl ProjectTask {
    pub(super) async fn run(self, backend: &Backend) -> anyhow::Result<()> {
        match self {
            Self::List { account, json } => {
                let actor = account.operator(backend).await?;
                let projects = actions::list_governed(backend, &actor).await?;
                list(&projects, json)
            }
            Self::Create(named) => {
                let actor = named.account.operator(backend).await?;
                let made = actions::create(backend, &actor, &named.project).await;
                let project = made.map_err(explain)?;
                print(&format!(
                    "Project {} ({}) is created.\n",
                    project.name, project.id
                ))
            }
            Self::Archive(named) => named.set_archived(backend, true).await,
            Self::Unarchive(named) => named.set_archived(backend, false).await,
            Self::Secret(task) => task.run(backend).await,
        }
    }
}

impl OfAccount {
    pub(super) const fn named(account: String) -> Self {
        Self { account }
    }

    /// The operator, acting in this account.
    pub(super) async fn operator(&self, backend: &Backend) -> anyhow::Result<Actor> {
        let account = match accounts::find(backend, &self.account).await {
            Err(domain::Error::NotFound(_)) => anyhow::bail!(
                "there is no account {:?}; `reelgate account list` names them",
                self.account
            ),
            found => found.map_err(explain)?,
        };
        Ok(Actor {
            account: account.id,
            caller: Caller::Operator,
            address: None,
        })
    }
}

impl Named {
    async fn set_archived(&self, backend: &Backend, is_archived: bool) -> anyhow::Result<()> {
        let actor = self.account.operator(backend).await?;
        let project = find(backend, &actor, &self.project).await?;
        actions::set_archived(backend, &actor, project.id, is_archived)
            .await
            .map_err(explain)?;
        let done = if is_archived { "archived" } else { "back" };
        print(&format!("Project {} is {done}.\n", project.name))
    }
}

async fn find(backend: &Backend, actor: &Actor, name_or_id: &str) -> anyhow::Result<Project> {
    match actions::find(backend, actor, name_or_id).await {
        Err(domain::Error::NotFound(_)) => anyhow::bail!(
            "the account has no project {name_or_id:?}; `reelgate project list` names them"
        ),
        found => found.map_err(explain),
    }
}

fn list(projects: &[GovernedProject], json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(projects)?));
    }
    if projects.is_empty() {
        return print("The account has no project yet. Make one with `reelgate project create`.\n");
    }
    let lines = projects.iter().map(|project| {
        let held = project.hold.as_ref().map_or("", |_| ", legal hold");
        let archived = project.archived_at.map_or("", |_| ", archived");
        let access = if project.policy.is_secure {
            "secure".to_owned()
        } else {
            format!("open for {} h", project.policy.public_hours)
        };
        let kept = match project.policy.retention_hours {
            None => "kept always".to_owned(),
            Some(hours) => format!("expires after {hours} h"),
        };
        format!(
            "{}  {}  ({access}, {kept}{held}{archived})\n",
            project.id, project.name
        )
    });
    print(&lines.collect::<String>())
}
