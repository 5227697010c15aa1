//! Insights: the Overview, figures of an account over time.

mod api;
mod cards;
mod filter_form;
mod lists;
mod overview;
#[cfg_attr(
    not(feature = "ssr"),
    expect(
        dead_code,
        reason = "the server reads addresses, the browser only writes them"
    )
)]
mod query;
mod words;

pub(crate) use overview::InsightsOverview;
#[cfg(feature = "ssr")]
pub use query::overview_scope;
