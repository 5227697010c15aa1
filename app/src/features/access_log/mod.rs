//! The access log: who opened which file, and who was refused and why.

mod access;
mod api;
mod filter_form;
#[cfg_attr(
    not(feature = "ssr"),
    expect(
        dead_code,
        reason = "the server reads addresses, the browser only writes them"
    )
)]
mod query;
mod table;
mod words;

pub(crate) use access::Access;
#[cfg(feature = "ssr")]
pub use query::access_log_filter;
pub(crate) use words::title as reason_title;
