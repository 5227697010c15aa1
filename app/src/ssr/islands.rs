//! The script that makes islands run.

use leptos::prelude::*;

/// Wakes the islands at an idle moment, or after half a second on a page that is never idle. In place of the script of
/// Leptos, which waits for every element of the page in turn: this one asks the browser where the islands are. An
/// island among the children of another belongs to it, and says so first.
const WAKE: &str = r#"((js, wasm) => {
    const wake = async () => {
        const site = await import(js);
        await site.default({ module_or_path: wasm });
        site.hydrate();
        for (const island of document.querySelectorAll("leptos-island")) {
            island.parentElement.closest("leptos-children")?.$$on_hydrate?.();
            await site[island.dataset.component]?.(island);
        }
    };
    window.requestIdleCallback ? requestIdleCallback(wake, { timeout: 500 }) : wake();
})"#;
/// What makes islands run, fetched behind all that the eye sees first.
#[component]
pub(crate) fn WakeIslands(options: LeptosOptions) -> impl IntoView {
    // Nothing outside of islands is told apart for the browser.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let stem = format!("/{}/{}", options.site_pkg_dir, options.output_name);
    let (js, wasm) = (format!("{stem}.js"), format!("{stem}.wasm"));
    let script = format!("{WAKE}({js:?}, {wasm:?})");
    view! {
        <link rel="modulepreload" href=js crossorigin="anonymous" fetchpriority="low" />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" fetchpriority="low" />
        <script type="module" nonce=leptos::nonce::use_nonce()>
            {script}
        </script>
    }
}
