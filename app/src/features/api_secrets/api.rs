//! Server functions of API secrets.

#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::fn_params_excessive_bools,
        reason = "each right is a field of the form"
    )
)]

use leptos::prelude::*;

use super::views::{ApiView, ProjectApiView};
use crate::error::UiError;

/// All projects with their secrets, and what limits the APIs.
#[server]
pub(super) async fn get_api() -> Result<ApiView, UiError> {
    use domain::api_secrets::actions;

    use crate::ssr;

    let visitor = ssr::visitor()?;
    let access = actions::access(&ssr::backend()?, &ssr::actor()?).await?;
    Ok(ApiView::new(access, visitor.zone, visitor.address))
}

/// One project, with ready commands.
#[server]
pub(super) async fn get_project_api(project: String) -> Result<ProjectApiView, UiError> {
    use domain::api_secrets::actions;
    use domain::api_secrets::commands::{ApiCommand, Speaker, keep_in_file};

    use super::views::{CommandView, ProjectSecretsView};
    use crate::ssr;

    let visitor = ssr::visitor()?;
    let backend = ssr::backend()?;
    let found = actions::of_project(&backend, &ssr::actor()?, project_id(&project)?).await?;
    let today = backend.clock.now().date_naive();
    let speaker = Speaker {
        public_url: &visitor.public_url,
        project: found.project,
        identifier: &found.identifier,
    };
    Ok(ProjectApiView {
        commands: ApiCommand::ALL
            .iter()
            .map(|command| CommandView {
                slug: command.as_str().to_owned(),
                title: command.title().to_owned(),
                text: command.command(speaker, today),
                note: command.note().to_owned(),
            })
            .collect(),
        keep_in_file: keep_in_file(speaker),
        project: ProjectSecretsView::new(found, visitor.zone),
    })
}

/// A project's API identifier, and how many secrets are in force.
#[server]
pub(crate) async fn get_project_identifier(project: String) -> Result<(String, u64), UiError> {
    use domain::api_secrets::actions;

    use crate::ssr;

    let found =
        actions::of_project(&ssr::backend()?, &ssr::actor()?, project_id(&project)?).await?;
    let in_force = found.secrets.iter().filter(|one| one.revoked_at.is_none());
    Ok((found.identifier, in_force.count() as u64))
}

/// Makes a secret, and shows it on its project's page, this once.
#[server]
pub(super) async fn make_api_secret(
    #[server(default)] project: String,
    #[server(default)] name: String,
    #[server(default)] may_write: bool,
    #[server(default)] may_delete: bool,
    #[server(default)] may_set_access: bool,
    #[server(default)] may_manage_credentials: bool,
) -> Result<(), UiError> {
    use domain::api_secrets::ApiRights;
    use domain::api_secrets::actions::{self, ApiSecretDraft};
    use leptos::server_fn::ServerFn as _;

    use crate::{answer::Answer, routes::paths, ssr};

    let rights = ApiRights {
        may_write,
        may_delete,
        may_set_access,
        may_manage_credentials,
    };
    let typed = vec![
        ("name", name.clone()),
        ("may_write", may_write.to_string()),
        ("may_delete", may_delete.to_string()),
        ("may_set_access", may_set_access.to_string()),
        ("may_manage_credentials", may_manage_credentials.to_string()),
    ];
    let draft = ApiSecretDraft {
        project: project_id(&project)?,
        name,
        rights,
    };
    let made = actions::make(&ssr::backend()?, &ssr::actor()?, draft).await;
    let path = paths::new_api_secret(&project);
    let made = ssr::refused_on(made, &path, MakeApiSecret::PATH, typed)?;
    ssr::answer_on(&paths::api_project(&project), Answer::ApiSecret(made));
    Ok(())
}

/// Ends a secret for good.
#[server]
pub(super) async fn revoke_api_secret(
    #[server(default)] id: String,
    #[server(default)] project: String,
) -> Result<(), UiError> {
    use domain::Error;
    use domain::api_secrets::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let secret = id
        .parse()
        .map_err(|_| UiError::from(Error::NotFound("API secret")))?;
    actions::revoke(&ssr::backend()?, &ssr::actor()?, secret).await?;
    ssr::set_notice(Notice::ApiSecretRevoked);
    // The page that the form stood on; without its name, the page of all.
    if project.is_empty() {
        ssr::redirect(paths::API);
    } else {
        ssr::redirect(&paths::api_project(&project));
    }
    Ok(())
}

/// Says from where, and how often, the APIs may be called.
#[server]
pub(super) async fn set_api_limits(
    #[server(default)] allow_list: String,
    #[server(default)] hourly_quota: String,
) -> Result<(), UiError> {
    use domain::api_secrets::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let done = actions::limit(&ssr::backend()?, &ssr::actor()?, &allow_list, &hourly_quota).await;
    let typed = vec![("allow_list", allow_list), ("hourly_quota", hourly_quota)];
    ssr::refused_on(done, paths::API, SetApiLimits::PATH, typed)?;
    ssr::set_notice(Notice::ApiLimitsSaved);
    ssr::redirect(paths::API);
    Ok(())
}

#[cfg(feature = "ssr")]
fn project_id(text: &str) -> Result<domain::projects::ProjectId, UiError> {
    text.parse()
        .map_err(|_| domain::Error::NotFound("project").into())
}
