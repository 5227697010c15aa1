//! Server functions of intake.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::views::{DetailView, IntakeView};
use crate::error::UiError;

/// The fields of a source's form.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TypedSource {
    name: String,
    server_url: String,
    api_key: String,
    api_secret: String,
    callback_user: String,
    callback_password: String,
    signature_secret: String,
    folder: String,
    path_prefix: String,
    files_url: String,
    files_user: String,
    files_password: String,
}

/// Masked: there are secrets among them.
impl std::fmt::Debug for TypedSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TypedSource")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The sources of a project.
#[server]
pub(crate) async fn list_sources(project: String) -> Result<IntakeView, UiError> {
    use domain::intake::actions;
    use domain::projects;

    use super::views::SourceView;
    use crate::ssr;

    let (backend, actor, id) = (ssr::backend()?, ssr::actor()?, project_id(&project)?);
    let (now, zone) = (backend.clock.now(), ssr::visitor()?.zone);
    let governed = projects::actions::get(&backend, &actor, id).await?;
    let found = actions::list(&backend, &actor, id).await?;
    Ok(IntakeView {
        project,
        project_name: governed.name,
        is_archived: governed.archived_at.is_some(),
        sources: found
            .into_iter()
            .map(|source| SourceView::new(source, now, zone))
            .collect(),
    })
}

/// One of them in full.
#[server]
pub(crate) async fn get_source(source: String) -> Result<DetailView, UiError> {
    use domain::intake::actions;
    use domain::projects;

    use crate::ssr;

    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let detail = actions::get(&backend, &actor, source_id(&source)?).await?;
    let project = projects::actions::get(&backend, &actor, detail.source.project).await?;
    let (now, zone) = (backend.clock.now(), ssr::visitor()?.zone);
    Ok(DetailView::new(
        detail,
        project.name,
        &backend.public_url,
        now,
        zone,
    ))
}

/// Makes one.
#[server]
pub(crate) async fn add_source(
    #[server(default)] project: String,
    #[server(default)] kind: String,
    #[server(flatten)] typed: TypedSource,
) -> Result<(), UiError> {
    use domain::intake::{SourceKind, actions};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let (typed, draft) = (typed.shown(), typed.draft());
    let chosen: SourceKind = kind
        .parse()
        .map_err(|()| UiError::from(domain::Error::NotFound("kind of source")))?;
    let id = project_id(&project)?;
    let added = actions::add(&ssr::backend()?, &ssr::actor()?, id, chosen, draft).await;
    let path = paths::new_source(&project, Some(chosen));
    let source = ssr::refused_on(added, &path, AddSource::PATH, typed)?;
    ssr::set_notice(Notice::SourceAdded);
    ssr::redirect(&paths::source(&project, &source.to_string()));
    Ok(())
}

/// Changes one. Empty secrets stay as they are.
#[server]
pub(crate) async fn edit_source(
    #[server(default)] project: String,
    #[server(default)] source: String,
    #[server(flatten)] typed: TypedSource,
) -> Result<(), UiError> {
    use domain::intake::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let (typed, draft) = (typed.shown(), typed.draft());
    let id = source_id(&source)?;
    // What is typed goes into the addresses of pages only as what it was read as.
    let project = project_id(&project)?.to_string();
    let edited = actions::edit(&ssr::backend()?, &ssr::actor()?, id, draft).await;
    let path = paths::source_edit(&project, &source);
    ssr::refused_on(edited, &path, EditSource::PATH, typed)?;
    ssr::set_notice(Notice::SourceSaved);
    ssr::redirect(&paths::source(&project, &source));
    Ok(())
}

/// Ends one.
#[server]
pub(crate) async fn remove_source(#[server(default)] source: String) -> Result<(), UiError> {
    use domain::intake::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let id = source_id(&source)?;
    let project = actions::remove(&ssr::backend()?, &ssr::actor()?, id).await?;
    ssr::set_notice(Notice::SourceRemoved);
    ssr::redirect(&paths::intake(&project.to_string()));
    Ok(())
}

/// Has one file fetched again, or all that failed.
#[server]
pub(crate) async fn retry_files(
    #[server(default)] project: String,
    #[server(default)] source: String,
    #[server(default)] item: String,
) -> Result<(), UiError> {
    use domain::Error;
    use domain::intake::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let (project, id) = (project_id(&project)?, source_id(&source)?);
    let item = if item.is_empty() {
        None
    } else {
        Some(
            item.parse()
                .map_err(|_| UiError::from(Error::NotFound("file")))?,
        )
    };
    actions::retry(&ssr::backend()?, &ssr::actor()?, id, item).await?;
    ssr::set_notice(Notice::FetchAgain);
    ssr::redirect(&paths::source(&project.to_string(), &source));
    Ok(())
}

#[cfg(feature = "ssr")]
mod reading {
    use domain::intake::{SourceDraft, SourceId, SourceSecrets, SourceSettings};
    use domain::projects::ProjectId;
    use domain::{Error, Secret};

    use super::TypedSource;
    use crate::error::UiError;

    pub(super) fn project_id(text: &str) -> Result<ProjectId, UiError> {
        text.parse().map_err(|_| Error::NotFound("project").into())
    }

    pub(super) fn source_id(text: &str) -> Result<SourceId, UiError> {
        text.parse().map_err(|_| Error::NotFound("source").into())
    }

    impl TypedSource {
        pub(super) fn draft(self) -> SourceDraft {
            SourceDraft {
                name: self.name,
                settings: SourceSettings {
                    server_url: self.server_url,
                    api_key: self.api_key,
                    callback_user: self.callback_user,
                    folder: self.folder,
                    path_prefix: self.path_prefix,
                    files_url: self.files_url,
                    files_user: self.files_user,
                },
                secrets: SourceSecrets {
                    api: Secret::new(self.api_secret),
                    callback: Secret::new(self.callback_password),
                    signature: Secret::new(self.signature_secret),
                    files: Secret::new(self.files_password),
                    ..SourceSecrets::default()
                },
            }
        }

        /// What may be shown again: everything but the secrets.
        pub(super) fn shown(&self) -> Vec<(&'static str, String)> {
            vec![
                ("name", self.name.clone()),
                ("server_url", self.server_url.clone()),
                ("api_key", self.api_key.clone()),
                ("callback_user", self.callback_user.clone()),
                ("folder", self.folder.clone()),
                ("path_prefix", self.path_prefix.clone()),
                ("files_url", self.files_url.clone()),
                ("files_user", self.files_user.clone()),
            ]
        }
    }
}

#[cfg(feature = "ssr")]
use reading::{project_id, source_id};
