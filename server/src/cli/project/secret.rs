//! `reelgate project secret`: API secrets for scripts that set an installation up.

use clap::Args;
use domain::api_secrets::actions::{self, ApiSecretDraft};
use domain::api_secrets::{ApiRights, ApiSecret, MadeApiSecret, ProjectAccess};
use domain::projects::Project;
use domain::{Actor, Backend};
use serde_json::json;

use super::{OfAccount, find};
use crate::cli::{explain, print};

/// Make, list and revoke the API secrets of a project
#[derive(Debug, Args)]
#[group(id = "deed", required = true, multiple = false, args = ["name", "list", "revoke"])]
#[command(
    after_help = "A program sends the project's API identifier and a secret over HTTP Basic. The secret is printed \
                       this once; only a hash of it is kept. It reads the project's sessions and files and what else it \
                       is given the right to.\n\nExamples:\n  reelgate project secret --account Acme --project Support \
                       --name Archiver --write\n  reelgate project secret --account Acme --project Support --list\n  \
                       reelgate project secret --account Acme --project Support --revoke Archiver"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct SecretArgs {
    #[command(flatten)]
    account: OfAccount,
    /// Name or id of the project
    #[arg(long, value_name = "NAME")]
    project: String,
    /// Make a secret: the name of the program that will use it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The new secret may upload files, describe sessions, and manage webhooks
    #[arg(long, requires = "name", conflicts_with_all = ["list", "revoke"])]
    write: bool,
    /// The new secret may move files to the trash and back
    #[arg(long, requires = "name", conflicts_with_all = ["list", "revoke"])]
    delete: bool,
    /// The new secret may say who can open files without a credential: secure mode, and the mark of single files
    #[arg(long, requires = "name", conflicts_with_all = ["list", "revoke"])]
    access: bool,
    /// The new secret may manage the access credentials, which are the whole account's
    #[arg(long, requires = "name", conflicts_with_all = ["list", "revoke"])]
    credentials: bool,
    /// List the identifier and the secrets, without what is secret of them
    #[arg(long)]
    list: bool,
    /// Revoke the secret of this name or id: programs are refused with it at once
    #[arg(long, value_name = "NAME")]
    revoke: Option<String>,
    /// Print what was made, or the list, as JSON
    #[arg(long, conflicts_with = "revoke")]
    json: bool,
}

impl SecretArgs {
    pub(super) async fn run(self, backend: &Backend) -> anyhow::Result<()> {
        let actor = self.account.operator(backend).await?;
        let project = find(backend, &actor, &self.project).await?;
        match (self.name, self.revoke) {
            (Some(name), _) => {
                let draft = ApiSecretDraft {
                    project: project.id,
                    name,
                    rights: ApiRights {
                        may_write: self.write,
                        may_delete: self.delete,
                        may_set_access: self.access,
                        may_manage_credentials: self.credentials,
                    },
                };
                let made = actions::make(backend, &actor, draft).await;
                print(&of_made(&made.map_err(explain)?, self.json)?)
            }
            (None, Some(name)) => revoke(backend, &actor, &project, &name).await,
            (None, None) => list(backend, &actor, &project, self.json).await,
        }
    }
}

/// Each on a line of its own, so that a script can read them.
fn of_made(made: &MadeApiSecret, json: bool) -> anyhow::Result<String> {
    if json {
        let object = json!({
            "id": made.id,
            "name": made.name,
            "identifier": made.identifier,
            "secret": made.secret.reveal(),
        });
        return Ok(format!("{}\n", serde_json::to_string_pretty(&object)?));
    }
    Ok(format!(
        "API identifier: {}\nAPI secret:     {}\n",
        made.identifier,
        made.secret.reveal()
    ))
}

async fn revoke(
    backend: &Backend,
    actor: &Actor,
    project: &Project,
    name: &str,
) -> anyhow::Result<()> {
    let secret = match actions::find(backend, actor, project.id, name).await {
        Err(domain::Error::NotFound(_)) => anyhow::bail!(
            "the project has no API secret {name:?} in force; `reelgate project secret --list` names them"
        ),
        found => found.map_err(explain)?,
    };
    actions::revoke(backend, actor, secret.id)
        .await
        .map_err(explain)?;
    print(&format!(
        "API secret {} (…{}) is revoked.\n",
        secret.name, secret.hint
    ))
}

async fn list(
    backend: &Backend,
    actor: &Actor,
    project: &Project,
    json: bool,
) -> anyhow::Result<()> {
    let found = actions::of_project(backend, actor, project.id)
        .await
        .map_err(explain)?;
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&found)?));
    }
    print(&of_project(&found))
}

fn of_project(found: &ProjectAccess) -> String {
    let lines: String = found.secrets.iter().map(line).collect();
    let secrets = if lines.is_empty() {
        "It has no API secret yet.\n".to_owned()
    } else {
        lines
    };
    format!("API identifier: {}\n{secrets}", found.identifier)
}

fn line(secret: &ApiSecret) -> String {
    let used = match (secret.last_used_at, &secret.last_used_from) {
        (Some(at), Some(from)) => format!("last used {} from {from}", at.format("%F %R UTC")),
        _ => "never used".to_owned(),
    };
    let exposed = secret
        .exposed_at
        .map_or("", |_| ", was seen in an address: replace it");
    let revoked = secret
        .revoked_at
        .map(|at| format!(", revoked {}", at.format("%F %R UTC")))
        .unwrap_or_default();
    format!(
        "{}  {}  (…{}, {}, {used}{exposed}{revoked})\n",
        secret.id,
        secret.name,
        secret.hint,
        words_of(secret.rights)
    )
}

fn words_of(rights: ApiRights) -> String {
    let words = [
        (true, "read"),
        (rights.may_write, "write"),
        (rights.may_delete, "delete"),
        (rights.may_set_access, "access"),
        (rights.may_manage_credentials, "credentials"),
    ];
    let given: Vec<_> = words
        .iter()
        .filter(|(is_given, _)| *is_given)
        .map(|(_, word)| *word)
        .collect();
    given.join(" + ")
}
