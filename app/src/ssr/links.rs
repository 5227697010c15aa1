//! One-time links on their way: a new one to the page that shows it, and what one held to the form that needs it.

use domain::{LinkToken, Secret};

use super::{FLASH_COOKIE, TOKEN_COOKIE, actor, backend, cookie, parts, set_cookie, visitor};
use crate::error::UiError;
use crate::features::invitations::OneTimeLink;
use crate::flash::Flash;

const LINK_PURPOSE: &str = "link to be shown";

/// Leaves a one-time link for the next page to show, once.
pub(crate) fn set_link(link: &OneTimeLink) -> Result<(), UiError> {
    let text = Secret::new(serde_json::to_string(link).map_err(domain::Error::internal)?);
    let sealed = backend()?
        .master_key
        .seal(LINK_PURPOSE, &owner_of_link()?, &text);
    // SECURITY: sealed, so that neither a planted cookie shows a foreign link nor a stolen one opens ours.
    if let Some(value) = Flash::Link(sealed).encode() {
        set_cookie(&format!(
            "{FLASH_COOKIE}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        ));
    }
    Ok(())
}

/// The link that the request before left for this page.
pub(crate) fn take_link() -> Result<Option<OneTimeLink>, UiError> {
    let Some(Flash::Link(sealed)) = visitor()?.flash else {
        return Ok(None);
    };
    let text = backend()?
        .master_key
        .unseal(LINK_PURPOSE, &owner_of_link()?, &sealed);
    Ok(text.and_then(|text| serde_json::from_str(text.reveal()).ok()))
}

fn owner_of_link() -> Result<String, UiError> {
    let member = actor()?.member().ok_or(domain::Error::Forbidden)?;
    Ok(member.to_string())
}

/// What the one-time link held that led to this page; `server` moved it out of the address.
pub(crate) fn link_token() -> Option<LinkToken> {
    let parts = parts()?;
    cookie(&parts.headers, TOKEN_COOKIE).map(LinkToken::new)
}

/// Makes the browser forget the one-time link.
pub(crate) fn forget_link_token() {
    set_cookie(&format!(
        "{TOKEN_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    ));
}
