//! Invitations: inviting, the rows of open ones, the link that is shown once, and accepting.

mod accept;
mod api;
mod invite;
mod link;
mod row;

pub(crate) use accept::InvitationPage;
pub(crate) use api::{
    InvitationView, InviteMember, OneTimeLink, ResendInvitation, WithdrawInvitation,
    list_invitations, take_link,
};
pub(crate) use invite::InviteForm;
pub(crate) use link::LinkBox;
pub(crate) use row::InvitationRow;
