//! The Recordings report, and the page of one session.

mod api;
mod detail;
mod filter_form;
#[cfg_attr(
    not(feature = "ssr"),
    expect(
        dead_code,
        reason = "the server reads addresses, the browser only writes them"
    )
)]
mod query;
mod recordings;
mod table;
mod use_from_program;

pub(crate) use api::list_projects;
pub(crate) use detail::SessionDetail;
pub(crate) use filter_form::{DayField, ProjectField};
#[cfg(feature = "ssr")]
pub(crate) use query::ReportQuery;
pub(crate) use recordings::Recordings;
pub(crate) use table::{kind_name, tone};
