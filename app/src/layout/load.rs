//! Waits for what a page shows before its first byte, and shows the error if there is one.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Failure;
use crate::error::UiError;

/// Shows what the future brings. It is awaited on the server; nothing of it is repeated for the browser, so what a
/// page loads but does not show does not leave the server (R055).
pub(crate) fn load<T, V>(
    loading: impl Future<Output = Result<T, UiError>> + Send + 'static,
    show: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let loaded = OnceResource::new_blocking(loading);
    view! {
        <Suspense>
            {Suspend::new(async move {
                match loaded.await {
                    Ok(value) => show(value).into_any(),
                    Err(error) => view! { <Failure error=error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}
