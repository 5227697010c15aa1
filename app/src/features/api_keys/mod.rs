//! Account › API keys: the deprecated keys that older programs send as a parameter.

mod api;
mod list;
mod page;
mod views;

pub(crate) use page::ApiKeys;
