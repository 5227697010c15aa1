//! Webhooks of a project: its endpoints, their secrets, and what was sent to them and answered.

mod api;
mod deliveries;
mod delivery;
mod endpoint;
mod forms;
mod list;
mod settings;
#[cfg(feature = "ssr")]
mod typed;
mod views;
mod words;

pub(crate) use delivery::WebhookDelivery;
pub(crate) use endpoint::OneWebhook;
pub(crate) use forms::{AddWebhookPage, EditWebhookPage};
pub(crate) use list::Webhooks;
