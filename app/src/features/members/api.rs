//! Server functions of members.

use domain::Role;
use domain::members::MemberId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::ui::Moment;

/// A member, written out for one of the account's governors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberView {
    pub(crate) id: MemberId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) is_disabled: bool,
    pub(crate) last_seen: Option<Moment>,
    pub(crate) has_second_factor: bool,
    /// Whoever looks at the page.
    pub(crate) is_you: bool,
}

/// The members of the account.
#[server]
pub(crate) async fn list_members() -> Result<Vec<MemberView>, UiError> {
    use domain::members::roster;

    use crate::ssr;

    let zone = ssr::visitor()?.zone;
    let actor = ssr::actor()?;
    let members = roster::list(&ssr::backend()?, &actor).await?;
    let views = members.into_iter().map(|member| MemberView {
        id: member.id,
        name: member.name,
        email: member.email,
        role: member.role,
        is_disabled: member.is_disabled,
        last_seen: member.last_seen_at.map(|at| Moment::new(at, &zone)),
        has_second_factor: member.has_second_factor,
        is_you: actor.member() == Some(member.id),
    });
    Ok(views.collect())
}

/// Gives a member another role.
#[server]
pub(crate) async fn change_role(
    member: MemberId,
    #[server(default)] role: String,
) -> Result<(), UiError> {
    use domain::members::roster;

    use crate::{flash::Notice, routes::paths, ssr};

    let role: Role = role
        .parse()
        .map_err(|_| domain::Error::invalid("role", "Choose one of the roles."))?;
    roster::change_role(&ssr::backend()?, &ssr::actor()?, member, role).await?;
    ssr::set_notice(Notice::RoleChanged);
    ssr::redirect(&paths::member(member));
    Ok(())
}

/// Keeps a member from signing in, and signs the member out everywhere.
#[server]
pub(crate) async fn disable_member(member: MemberId) -> Result<(), UiError> {
    use domain::members::roster;

    use crate::{flash::Notice, routes::paths, ssr};

    roster::disable(&ssr::backend()?, &ssr::actor()?, member).await?;
    ssr::set_notice(Notice::MemberDisabled);
    ssr::redirect(&paths::member(member));
    Ok(())
}

/// Lets a disabled member sign in again.
#[server]
pub(crate) async fn enable_member(member: MemberId) -> Result<(), UiError> {
    use domain::members::roster;

    use crate::{flash::Notice, routes::paths, ssr};

    roster::enable(&ssr::backend()?, &ssr::actor()?, member).await?;
    ssr::set_notice(Notice::MemberEnabled);
    ssr::redirect(&paths::member(member));
    Ok(())
}

/// Removes a member from the account.
#[server]
pub(crate) async fn remove_member(member: MemberId) -> Result<(), UiError> {
    use domain::members::roster;

    use crate::{flash::Notice, routes::paths, ssr};

    roster::remove(&ssr::backend()?, &ssr::actor()?, member).await?;
    ssr::set_notice(Notice::MemberRemoved);
    ssr::redirect(paths::MEMBERS);
    Ok(())
}

/// Changes one's own account password; all other sign-ins of the member end.
#[server]
pub(crate) async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] new_password: String,
    #[server(default)] confirmation: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::members::{PasswordChange, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    let change = PasswordChange {
        current: Secret::new(current_password),
        new: Secret::new(new_password),
        confirmation: Secret::new(confirmation),
    };
    let member = ssr::visitor()?.member;
    actions::change_password(&ssr::backend()?, &ssr::actor()?, change, None).await?;
    // It ended every sign-in, this one too, whose id an earlier guest of this browser may know: here is a new one.
    if let Some(member) = member {
        ssr::begin_sign_in(&member).await?;
    }
    ssr::set_notice(Notice::AccountPasswordChanged);
    ssr::redirect(paths::ACCOUNT);
    Ok(())
}

/// Chooses light, dark or the system's theme for this browser.
#[server]
pub(crate) async fn choose_theme(
    #[server(default)] theme: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use crate::features::sign_ins::safe_next;
    use crate::{ssr, viewer::Theme};

    ssr::set_theme(Theme::parse(&theme));
    ssr::redirect(safe_next(&next));
    Ok(())
}
