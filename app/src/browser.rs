//! Everything that touches the browser: clipboard, focus, randomness, navigation. Called from islands only, in
//! effects and event handlers; on the server nothing here runs.

pub(crate) mod passkeys;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, HtmlInputElement};

/// Makes server functions that redirect load the page they redirect to.
pub fn follow_redirects() {
    // It fails only if a hook is set already, and there is no other place that sets one.
    let _ = leptos::server_fn::redirect::set_redirect_hook(|path| {
        // Ours come from the server and are paths of this site.
        let _ = window().location().assign(path);
    });
}

/// Puts a text on the clipboard. False where the browser does not allow it.
pub(crate) async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Outside of https and localhost there is no clipboard at all.
    let is_there =
        js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|value| value.is_object());
    is_there
        && JsFuture::from(navigator.clipboard().write_text(text))
            .await
            .is_ok()
}

/// Selects what an element shows, so that the keyboard copies it.
pub(crate) fn select(element: &HtmlElement) {
    if let Ok(Some(selection)) = window().get_selection() {
        let _ = selection.select_all_children(element);
    }
}

/// Puts the keyboard into the first field of this name.
pub(crate) fn focus(name: &str) {
    if let Ok(Some(field)) = document().query_selector(&format!("[name='{name}']"))
        && let Some(field) = field.dyn_ref::<HtmlElement>()
    {
        let _ = field.focus();
    }
}

/// Writes into an input as if it had been typed.
pub(crate) fn fill(input: Option<HtmlInputElement>, text: &str) {
    if let Some(input) = input {
        input.set_value(text);
    }
}

/// Randomness of the browser; None where it has none, which no browser of today is.
pub(crate) fn random_bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bytes)
        .ok()?;
    Some(bytes)
}
