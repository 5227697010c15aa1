//! Server functions of invitations.

use domain::Role;
use domain::invitations::{InvitationId, Welcome};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::ui::Moment;

/// An open invitation, written out for one of the account's governors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InvitationView {
    pub(crate) id: InvitationId,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) invited_by: Option<String>,
    pub(crate) sent: Moment,
    pub(crate) expires: Moment,
    pub(crate) is_expired: bool,
}

/// A link that its maker sees once, to hand it on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OneTimeLink {
    /// For whom it is.
    pub(crate) email: String,
    pub(crate) address: String,
    pub(crate) is_invitation: bool,
    /// It went out by mail as well.
    pub(crate) is_mailed: bool,
}

/// Masked: the address lets somebody in.
impl std::fmt::Debug for OneTimeLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimeLink")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// The invitations that nobody has accepted yet.
#[server]
pub(crate) async fn list_invitations() -> Result<Vec<InvitationView>, UiError> {
    use domain::invitations::actions;

    use crate::ssr;

    let (backend, zone) = (ssr::backend()?, ssr::visitor()?.zone);
    let now = backend.clock.now();
    let found = actions::list(&backend, &ssr::actor()?).await?;
    let views = found.into_iter().map(|invitation| InvitationView {
        id: invitation.id,
        email: invitation.email,
        role: invitation.role,
        invited_by: invitation.invited_by,
        sent: Moment::new(invitation.sent_at, &zone),
        expires: Moment::new(invitation.expires_at, &zone),
        is_expired: invitation.expires_at <= now,
    });
    Ok(views.collect())
}

/// The link that the form before made; it is shown once.
#[server]
pub(crate) async fn take_link() -> Result<Option<OneTimeLink>, UiError> {
    crate::ssr::take_link()
}

/// Invites an address under a role.
#[server]
pub(crate) async fn invite_member(
    #[server(default)] email: String,
    #[server(default)] role: String,
) -> Result<(), UiError> {
    use domain::invitations::actions;

    use crate::{routes::paths, ssr};

    let role: Role = role
        .parse()
        .map_err(|_| domain::Error::invalid("role", "Choose one of the roles."))?;
    let backend = ssr::backend()?;
    let link = actions::invite(&backend, &ssr::actor()?, &email, role).await?;
    ssr::set_link(&OneTimeLink {
        email: email.trim().to_owned(),
        address: link.reveal().to_owned(),
        is_invitation: true,
        is_mailed: backend.post.is_set_up(),
    })?;
    ssr::redirect(paths::MEMBERS);
    Ok(())
}

/// Makes a new link for an invitation; the earlier one no longer works.
#[server]
pub(crate) async fn resend_invitation(
    id: InvitationId,
    #[server(default)] email: String,
) -> Result<(), UiError> {
    use domain::invitations::actions;

    use crate::{routes::paths, ssr};

    let backend = ssr::backend()?;
    let link = actions::resend(&backend, &ssr::actor()?, id).await?;
    ssr::set_link(&OneTimeLink {
        email,
        address: link.reveal().to_owned(),
        is_invitation: true,
        is_mailed: backend.post.is_set_up(),
    })?;
    ssr::redirect(paths::MEMBERS);
    Ok(())
}

/// Takes an invitation back.
#[server]
pub(crate) async fn withdraw_invitation(id: InvitationId) -> Result<(), UiError> {
    use domain::invitations::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    actions::withdraw(&ssr::backend()?, &ssr::actor()?, id).await?;
    ssr::set_notice(Notice::InvitationWithdrawn);
    ssr::redirect(paths::MEMBERS);
    Ok(())
}

/// What the link is for that led to this page.
#[server]
pub(crate) async fn look_at_invitation() -> Result<Option<Welcome>, UiError> {
    use domain::invitations::actions;

    use crate::ssr;

    let Some(token) = ssr::link_token() else {
        return Ok(None);
    };
    match actions::look(&ssr::backend()?, &token).await {
        Err(domain::Error::NotFound(_)) => Ok(None),
        found => Ok(Some(found?)),
    }
}

/// Makes the link's holder a member. Signs nobody in or out.
#[server]
pub(crate) async fn accept_invitation(
    #[server(default)] name: String,
    #[server(default)] password: String,
    #[server(default)] confirmation: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::invitations::{Acceptance, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    let token = ssr::link_token().ok_or(domain::Error::NotFound("invitation"))?;
    let typed = Acceptance {
        name,
        password: Secret::new(password),
        confirmation: Secret::new(confirmation),
    };
    actions::accept(&ssr::backend()?, &token, typed).await?;
    ssr::forget_link_token();
    if ssr::visitor()?.member.is_some() {
        // Whoever is signed in in this browser stays so.
        ssr::redirect(paths::RECORDINGS);
    } else {
        ssr::set_notice(Notice::InvitationAccepted);
        ssr::redirect(paths::SIGN_IN);
    }
    Ok(())
}
