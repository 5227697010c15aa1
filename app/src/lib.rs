//! The screens: pages, islands and server functions. Compiled twice, for the server and for the browser.
//!
//! Pages are rendered on the server and are complete without JavaScript; only `#[island]` components run in the
//! browser, and they make a form or a button quicker, never different. See docs/architecture.md.

#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::unused_async,
        reason = "server functions are async, whether or not they wait"
    )
)]
#![expect(
    unreachable_pub,
    reason = "the component macro makes the function inside it public"
)]

pub mod answer; // what a form is answered with on the page itself
pub mod browser; // clipboard, focus, randomness, navigation
pub mod error; // what a page or form shows of an error, and its HTTP status
pub mod flash; // what one request leaves for the next page
pub mod routes; // the route table and the paths
pub mod viewer; // for whom a page is rendered

mod features; // one folder for each noun: its pages, islands and server functions
mod layout; // the frame around every page, and the pages that stand for an error
mod query; // what the address of a page says
mod ui; // building blocks that know no domain type

#[cfg(feature = "ssr")]
pub mod ssr; // the backend, the visitor, the response

/// For downloads of what a page shows: what its address means.
#[cfg(feature = "ssr")]
pub use features::access_log::access_log_filter;
#[cfg(feature = "ssr")]
pub use features::insights::overview_scope;

use leptos::prelude::*;

/// All pages.
#[component]
pub fn App() -> impl IntoView {
    #[cfg(feature = "ssr")]
    ssr::provide_viewer();
    leptos_meta::provide_meta_context();
    match viewer::Viewer::current().failure {
        Some(error) => view! { <layout::Outage error=error /> }.into_any(),
        None => view! { <routes::PageRoutes /> }.into_any(),
    }
}

/// The document around [`App`].
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    use leptos::nonce::use_nonce;

    let theme = ssr::theme();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=format!("/{}/{}.css", options.site_pkg_dir, options.output_name) />
                <noscript>
                    <link rel="stylesheet" href="/no-script.css" />
                </noscript>
                <script nonce=use_nonce()>{ssr::REMEMBER_ZONE}</script>
                <ssr::WakeIslands options=options />
                <leptos_meta::MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
