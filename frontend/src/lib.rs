//! The WebAssembly entry point: wakes the islands of a page that the server rendered.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page, before its islands.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::browser::follow_redirects();
    leptos::mount::hydrate_islands();
}
