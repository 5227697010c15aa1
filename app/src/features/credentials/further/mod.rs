//! Further credentials, one for each integration: the list, the page of one, and the forms that make and change them.

mod api;
mod forms;
mod list;
mod page;

pub(crate) use api::{FurtherView, list_credentials};
pub(crate) use forms::{AddCredential, EditCredential, RotateCredential};
pub(crate) use list::FurtherList;
pub(crate) use page::OneCredential;
