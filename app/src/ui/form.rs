//! A form in an island: its action, why it was refused, where each problem stands, and the button that sends it.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::{Http, ServerFn};
use serde::de::DeserializeOwned;
use web_sys::FormData;

use super::{FormPath, Message, Submit};
use crate::browser;
use crate::error::UiError;

/// What the island of a form shares with its fields. Cheap to copy.
pub(crate) struct FormState<F>
where
    F: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    pub(crate) action: ServerAction<F>,
    refusal: Signal<Option<UiError>>,
    /// Names of its fields: a problem of anything else stands above the form.
    fields: &'static [&'static str],
}

#[expect(
    clippy::expl_impl_clone_on_copy,
    reason = "the derive would ask for server functions that are Copy"
)]
impl<F> Clone for FormState<F>
where
    F: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for FormState<F>
where
    F: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
}

impl<F> FormState<F>
where
    F: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    F::Output: Clone + Send + Sync + 'static,
{
    /// `refused`: why the post that led to this page was refused, where scripts do not run. After each answer the
    /// keyboard goes into the first wrong field.
    pub(crate) fn new(fields: &'static [&'static str], refused: Option<UiError>) -> Self {
        let action = ServerAction::<F>::new();
        let refusal = Signal::derive(move || match action.value().get() {
            Some(Err(error)) => Some(error),
            Some(Ok(_)) => None,
            None => refused.clone(),
        });
        Effect::new(move || {
            if let Some(UiError::Invalid(problems)) = refusal.get()
                && let Some(problem) = problems.first()
            {
                browser::focus(&problem.field);
            }
        });
        Self {
            action,
            refusal,
            fields,
        }
    }

    /// What stands beside this field.
    pub(crate) fn problem(self, field: &'static str) -> Signal<Option<String>> {
        let Self { refusal, .. } = self;
        Signal::derive(move || {
            refusal.with(|error| error.as_ref().and_then(|e| e.problem_of(field)))
        })
    }

    /// What stands above the form.
    fn message(self) -> Signal<Option<String>> {
        let Self {
            refusal, fields, ..
        } = self;
        Signal::derive(move || {
            refusal.with(|error| error.as_ref().and_then(|e| e.message_for(fields)))
        })
    }
}

/// The form itself: message above, the caller's fields, the button below. Without scripts the browser posts it.
#[component]
pub(crate) fn IslandForm<F, O>(
    form: FormState<F>,
    /// What the button says.
    label: &'static str,
    /// What it says while the answer is awaited.
    busy_label: &'static str,
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = UiError, Protocol = Http<PostUrl, O>>
        + DeserializeOwned
        + Clone
        + Send
        + Sync
        + 'static,
    F::Output: Clone + Send + Sync + 'static,
    F::Client: Client<UiError>,
    <<F::Client as Client<UiError>>::Request as ClientReq<UiError>>::FormData: From<FormData>,
{
    provide_context(FormPath(F::PATH));
    view! {
        <ActionForm action=form.action attr:class="form" attr:novalidate=true>
            <Message text=form.message() />
            {children()}
            <Submit label=label busy_label=busy_label pending=form.action.pending() />
        </ActionForm>
    }
}
