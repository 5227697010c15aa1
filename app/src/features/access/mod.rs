//! The preview: which files a caller can open at a moment, and why.

mod api;
mod filter_form;
mod preview;
#[cfg_attr(
    not(feature = "ssr"),
    expect(
        dead_code,
        reason = "the server reads addresses, the browser only writes them"
    )
)]
mod query;
#[cfg(feature = "ssr")]
mod words;

pub(crate) use preview::AccessPreview;
