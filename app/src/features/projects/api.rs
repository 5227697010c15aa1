//! Server functions of projects.

use leptos::prelude::*;

use super::views::{DiscardedPage, ForecastView, ProjectView, SessionFilesView};
use crate::error::UiError;

/// The account's projects by name.
#[server]
pub(crate) async fn list_governed_projects() -> Result<Vec<ProjectView>, UiError> {
    use domain::projects::actions;

    use crate::ssr;

    let zone = ssr::visitor()?.zone;
    let projects = actions::list_governed(&ssr::backend()?, &ssr::actor()?).await?;
    Ok(projects
        .into_iter()
        .map(|project| ProjectView::new(project, zone))
        .collect())
}

/// One of them.
#[server]
pub(crate) async fn get_project(project: String) -> Result<ProjectView, UiError> {
    use domain::projects::actions;

    use crate::ssr;

    let id = project_id(&project)?;
    let found = actions::get(&ssr::backend()?, &ssr::actor()?, id).await?;
    Ok(ProjectView::new(found, ssr::visitor()?.zone))
}

/// Makes a project.
#[server]
pub(crate) async fn create_project(#[server(default)] name: String) -> Result<(), UiError> {
    use domain::projects::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let project = actions::create(&ssr::backend()?, &ssr::actor()?, &name).await?;
    ssr::set_notice(Notice::ProjectCreated);
    ssr::redirect(&paths::project(&project.id.to_string()));
    Ok(())
}

/// Gives a project another name.
#[server]
pub(crate) async fn rename_project(
    #[server(default)] project: String,
    #[server(default)] name: String,
) -> Result<(), UiError> {
    use domain::projects::actions;

    use crate::{flash::Notice, ssr};

    let id = project_id(&project)?;
    actions::rename(&ssr::backend()?, &ssr::actor()?, id, &name).await?;
    done(&project, Notice::ProjectRenamed);
    Ok(())
}

/// Archives a project, or brings it back.
#[server]
pub(crate) async fn archive_project(
    #[server(default)] project: String,
    #[server(default)] is_archived: bool,
) -> Result<(), UiError> {
    use domain::projects::actions;

    use crate::{flash::Notice, ssr};

    let id = project_id(&project)?;
    actions::set_archived(&ssr::backend()?, &ssr::actor()?, id, is_archived).await?;
    let notice = if is_archived {
        Notice::ProjectArchived
    } else {
        Notice::ProjectUnarchived
    };
    done(&project, notice);
    Ok(())
}

/// Sets secure mode and the public window.
#[server]
pub(crate) async fn set_project_access(
    #[server(default)] project: String,
    #[server(default)] access: String,
    #[server(default)] public_hours: String,
) -> Result<(), UiError> {
    use domain::projects::{actions, policies};

    use crate::{flash::Notice, ssr};

    let (backend, actor, id) = (ssr::backend()?, ssr::actor()?, project_id(&project)?);
    let is_secure = match access.as_str() {
        "secure" => true,
        "open" => false,
        _ => return Err(domain::Error::invalid("access", "Choose one of the two.").into()),
    };
    // With secure mode the window plays no part: whatever stands in its field is left as it is.
    let hours = if is_secure {
        let now = actions::get(&backend, &actor, id).await?;
        now.policy.public_hours
    } else {
        hours("public_hours", &public_hours)?
    };
    policies::set_access(&backend, &actor, id, is_secure, hours).await?;
    done(&project, Notice::ProjectAccessSaved);
    Ok(())
}

/// Limits what is sent in.
#[server]
pub(crate) async fn set_project_limits(
    #[server(default)] project: String,
    #[server(default)] file_limit: String,
    #[server(default)] quota: String,
) -> Result<(), UiError> {
    use domain::projects::{Limits, policies};
    use domain::{Error, Problem};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let id = project_id(&project)?;
    let mut problems = Vec::new();
    let mut read = |field: &str, typed: &str| {
        super::limits::read(typed).unwrap_or_else(|()| {
            problems.push(Problem {
                field: field.to_owned(),
                message: "Enter a number of GB, such as 20 or 0.5, or nothing.".to_owned(),
            });
            None
        })
    };
    let limits = Limits {
        file_bytes: read("file_limit", &file_limit),
        total_bytes: read("quota", &quota),
    };
    let set = if problems.is_empty() {
        policies::set_limits(&ssr::backend()?, &ssr::actor()?, id, limits).await
    } else {
        Err(Error::Invalid(problems))
    };
    let typed = vec![("file_limit", file_limit), ("quota", quota)];
    let path = paths::project(&project);
    ssr::refused_on(set, &path, SetProjectLimits::PATH, typed)?;
    done(&project, Notice::ProjectLimitsSaved);
    Ok(())
}

/// The dry run of a retention.
#[server]
pub(crate) async fn forecast_retention(
    project: String,
    retention: String,
    retention_hours: String,
    deletes_bytes: bool,
) -> Result<ForecastView, UiError> {
    use domain::projects::policies;

    use crate::ssr;

    let id = project_id(&project)?;
    let wish = wish(&retention, &retention_hours, deletes_bytes)?;
    let forecast = policies::forecast(&ssr::backend()?, &ssr::actor()?, id, wish).await?;
    Ok(ForecastView::new(forecast, ssr::visitor()?.zone))
}

/// Sets the retention.
#[server]
pub(crate) async fn set_project_retention(
    #[server(default)] project: String,
    #[server(default)] retention: String,
    #[server(default)] retention_hours: String,
    #[server(default)] deletes_bytes: bool,
) -> Result<(), UiError> {
    use domain::projects::policies;

    use crate::{flash::Notice, ssr};

    let id = project_id(&project)?;
    let wish = wish(&retention, &retention_hours, deletes_bytes)?;
    policies::set_retention(&ssr::backend()?, &ssr::actor()?, id, wish).await?;
    done(&project, Notice::RetentionSaved);
    Ok(())
}

/// Places a legal hold on a project.
#[server]
pub(crate) async fn hold_project(
    #[server(default)] project: String,
    #[server(default)] reason: String,
) -> Result<(), UiError> {
    use domain::projects::{HoldTarget, holds};

    use crate::{flash::Notice, ssr};

    let target = HoldTarget::Project(project_id(&project)?);
    holds::place(&ssr::backend()?, &ssr::actor()?, target, &reason).await?;
    done(&project, Notice::HoldPlaced);
    Ok(())
}

/// Lifts it.
#[server]
pub(crate) async fn release_project(#[server(default)] project: String) -> Result<(), UiError> {
    use domain::projects::{HoldTarget, holds};

    use crate::{flash::Notice, ssr};

    let target = HoldTarget::Project(project_id(&project)?);
    holds::lift(&ssr::backend()?, &ssr::actor()?, target).await?;
    done(&project, Notice::HoldLifted);
    Ok(())
}

/// One page of a project's trash, or of its tombstones.
#[server]
pub(crate) async fn list_discarded(
    project: String,
    is_deleted: bool,
    #[server(default)] cursor: String,
) -> Result<DiscardedPage, UiError> {
    use domain::PageRequest;
    use domain::files::trash;

    use super::views::DiscardedView;
    use crate::ssr;

    let (zone, id) = (ssr::visitor()?.zone, project_id(&project)?);
    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let mut request = PageRequest {
        cursor: Some(cursor).filter(|cursor| !cursor.is_empty()),
        size: PageRequest::DEFAULT_SIZE,
    };
    let mut problem = None;
    let found = match trash::list(&backend, &actor, id, is_deleted, &request).await {
        // A cursor that somebody cut off: the first page is better than none.
        Err(domain::Error::Invalid(problems)) if request.cursor.take().is_some() => {
            problem = problems.into_iter().next().map(|problem| problem.message);
            trash::list(&backend, &actor, id, is_deleted, &request).await?
        }
        found => found?,
    };
    Ok(DiscardedPage {
        files: found
            .items
            .into_iter()
            .map(|file| DiscardedView::new(file, zone))
            .collect(),
        next: found.next,
        previous: found.previous,
        total: found.total,
        problem,
    })
}

/// Takes a file out of the trash: of a project's trash, or on the page of its session.
#[server]
pub(crate) async fn restore_file(
    #[server(default)] project: String,
    #[server(default)] session: String,
    #[server(default)] file: String,
) -> Result<(), UiError> {
    use domain::files::trash;

    use crate::{flash::Notice, routes::paths, ssr};

    trash::restore(&ssr::backend()?, &ssr::actor()?, file_id(&file)?).await?;
    if session.is_empty() {
        ssr::set_notice(Notice::FileRestored);
        ssr::redirect(&paths::project_trash(&project_id(&project)?.to_string()));
    } else {
        done_with_session(&session, Notice::FileRestored);
    }
    Ok(())
}

/// A session with what was decided about it and its files.
#[server]
pub(crate) async fn get_session_files(session: String) -> Result<SessionFilesView, UiError> {
    use domain::files::trash;

    use crate::ssr;

    let id = session_id(&session)?;
    let found = trash::session(&ssr::backend()?, &ssr::actor()?, id).await?;
    Ok(SessionFilesView::new(found, ssr::visitor()?.zone))
}

/// Marks a file secure, or takes the mark away.
#[server]
pub(crate) async fn mark_file(
    #[server(default)] session: String,
    #[server(default)] file: String,
    #[server(default)] is_secure: bool,
) -> Result<(), UiError> {
    use domain::files::trash;

    use crate::{flash::Notice, ssr};

    trash::set_secure(&ssr::backend()?, &ssr::actor()?, file_id(&file)?, is_secure).await?;
    let notice = if is_secure {
        Notice::FileSecured
    } else {
        Notice::FileUnsecured
    };
    done_with_session(&session, notice);
    Ok(())
}

/// Moves one file of a session, or all of them, to the trash.
#[server]
pub(crate) async fn discard_files(
    #[server(default)] session: String,
    #[server(default)] target: String,
    #[server(default)] reason: String,
) -> Result<(), UiError> {
    use domain::files::trash::{self, TrashTarget};

    use crate::{flash::Notice, ssr};

    let target = match target.as_str() {
        "" => {
            let message = "Choose a file, or all files of the session.";
            return Err(domain::Error::invalid("target", message).into());
        }
        "all" => TrashTarget::Session(session_id(&session)?),
        file => TrashTarget::File(file_id(file)?),
    };
    trash::discard(&ssr::backend()?, &ssr::actor()?, target, &reason).await?;
    done_with_session(&session, Notice::FilesTrashed);
    Ok(())
}

/// Places a legal hold on a session.
#[server]
pub(crate) async fn hold_session(
    #[server(default)] session: String,
    #[server(default)] reason: String,
) -> Result<(), UiError> {
    use domain::projects::{HoldTarget, holds};

    use crate::{flash::Notice, ssr};

    let target = HoldTarget::Session(session_id(&session)?);
    holds::place(&ssr::backend()?, &ssr::actor()?, target, &reason).await?;
    done_with_session(&session, Notice::HoldPlaced);
    Ok(())
}

/// Lifts it.
#[server]
pub(crate) async fn release_session(#[server(default)] session: String) -> Result<(), UiError> {
    use domain::projects::{HoldTarget, holds};

    use crate::{flash::Notice, ssr};

    let target = HoldTarget::Session(session_id(&session)?);
    holds::lift(&ssr::backend()?, &ssr::actor()?, target).await?;
    done_with_session(&session, Notice::HoldLifted);
    Ok(())
}

#[cfg(feature = "ssr")]
use read::{done, done_with_session, file_id, hours, project_id, session_id, wish};

#[cfg(feature = "ssr")]
mod read {
    //! What forms send, read; where they lead when all went well.

    use domain::Error;
    use domain::files::FileId;
    use domain::projects::{ProjectId, Retention};
    use domain::sessions::SessionId;

    use crate::flash::Notice;
    use crate::routes::paths;
    use crate::ssr;

    pub(super) fn project_id(text: &str) -> Result<ProjectId, Error> {
        text.parse().map_err(|_| Error::NotFound("project"))
    }

    pub(super) fn session_id(text: &str) -> Result<SessionId, Error> {
        text.parse().map_err(|_| Error::NotFound("session"))
    }

    pub(super) fn file_id(text: &str) -> Result<FileId, Error> {
        text.parse().map_err(|_| Error::NotFound("file"))
    }

    /// Whole hours; the action says which of them will do.
    pub(super) fn hours(field: &str, typed: &str) -> Result<u32, Error> {
        typed
            .trim()
            .parse()
            .map_err(|_| Error::invalid(field, "Enter a whole number of hours, such as 72."))
    }

    pub(super) fn wish(
        retention: &str,
        retention_hours: &str,
        deletes_bytes: bool,
    ) -> Result<Retention, Error> {
        match retention {
            // A tick that stays behind from the other choice means nothing here.
            "always" => Ok(Retention {
                hours: None,
                deletes_bytes: false,
            }),
            "hours" => Ok(Retention {
                hours: Some(hours("retention_hours", retention_hours)?),
                deletes_bytes,
            }),
            _ => Err(Error::invalid("retention", "Choose one of the two.")),
        }
    }

    /// Back to the project, with a word. The id was read before, so the path is one of ours.
    pub(super) fn done(project: &str, notice: Notice) {
        ssr::set_notice(notice);
        ssr::redirect(&paths::project(project));
    }

    pub(super) fn done_with_session(session: &str, notice: Notice) {
        ssr::set_notice(notice);
        if let Ok(session) = session_id(session) {
            ssr::redirect(&paths::session(session));
        }
    }
}
