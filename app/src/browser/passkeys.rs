//! Passkeys of the browser (WebAuthn level 3), through its own JSON forms: what the server wrote goes in as it is, and
//! what comes out goes back as it is.

use js_sys::{Function, JSON, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const TOO_OLD: &str =
    "This browser cannot do this here. Passkeys need a browser of today, and a page over https.";
const NOTHING: &str = "No passkey was chosen, or it took too long. Try again.";

/// Makes a passkey: `RegistrationResponseJSON`, or a sentence of what went wrong.
pub(crate) async fn create(options: &str) -> Result<String, &'static str> {
    ask(options, "create", "parseCreationOptionsFromJSON").await
}

/// Asks for one: `AuthenticationResponseJSON`, or a sentence of what went wrong.
pub(crate) async fn get(options: &str) -> Result<String, &'static str> {
    ask(options, "get", "parseRequestOptionsFromJSON").await
}

async fn ask(options: &str, verb: &str, parser: &str) -> Result<String, &'static str> {
    let promise = begin(options, verb, parser).ok_or(TOO_OLD)?;
    let credential = JsFuture::from(promise)
        .await
        .map_err(|error| sentence_of(&error))?;
    // It writes itself: `PublicKeyCredential.toJSON()`.
    let text = JSON::stringify(&credential).ok();
    text.and_then(|text| text.as_string()).ok_or(TOO_OLD)
}

/// None where the browser has no such thing: too old, or not over https.
fn begin(options: &str, verb: &str, parser: &str) -> Option<Promise> {
    let find = |object: &JsValue, name: &str| {
        Reflect::get(object, &name.into())
            .ok()
            .filter(|found| !found.is_undefined())
    };
    let class = find(&window(), "PublicKeyCredential")?;
    let parse: Function = find(&class, parser)?.dyn_into().ok()?;
    let public_key = parse.call1(&class, &JSON::parse(options).ok()?).ok()?;
    let request = Object::new();
    Reflect::set(&request, &"publicKey".into(), &public_key).ok()?;
    let container = find(&window().navigator(), "credentials")?;
    let ask: Function = find(&container, verb)?.dyn_into().ok()?;
    ask.call1(&container, &request).ok()?.dyn_into().ok()
}

fn sentence_of(error: &JsValue) -> &'static str {
    let name = Reflect::get(error, &"name".into()).ok();
    match name.and_then(|name| name.as_string()).as_deref() {
        Some("InvalidStateError") => "This device has a passkey of yours already.",
        Some("SecurityError") => {
            "Passkeys are made for one address of the portal, and this page has another one."
        }
        Some("NotAllowedError" | "AbortError") => NOTHING,
        _ => TOO_OLD,
    }
}
