//! Server functions of one session.

use domain::accounts::AccountId;
use domain::sessions::SessionId;
use domain::sessions::detail::SessionDetail;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::ui::Moment;

/// A session, for one viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opened {
    pub(super) session: SessionDetail,
    pub(super) account: AccountId,
    pub(super) started: Moment,
    /// Name of the zone that the times are shown in.
    pub(super) zone: String,
}

/// A session with what its files say.
#[server]
pub(super) async fn open_session(session: SessionId) -> Result<Opened, UiError> {
    use domain::sessions::detail::actions;

    use crate::ssr;

    let (actor, zone) = (ssr::actor()?, ssr::visitor()?.zone);
    let session = actions::open(&ssr::backend()?, &actor, session, ssr::user_agent()).await?;
    Ok(Opened {
        started: Moment::new(session.started_at, &zone),
        session,
        account: actor.account,
        zone: zone.name().to_owned(),
    })
}

/// Gives a session a title and tags.
#[server]
pub(super) async fn describe_session(
    session: SessionId,
    #[server(default)] title: String,
    #[server(default)] tags: String,
) -> Result<(), UiError> {
    use domain::sessions::detail::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    actions::describe(&ssr::backend()?, &ssr::actor()?, session, &title, &tags).await?;
    ssr::set_notice(Notice::SessionDescribed);
    ssr::redirect(&paths::session(session));
    Ok(())
}
