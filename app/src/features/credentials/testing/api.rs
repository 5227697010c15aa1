//! The server function of the test.

use leptos::prelude::*;

use crate::error::UiError;

/// Finds out what is wrong with what a program sends, and shows it on the page of the form. Nothing secret of it comes
/// back, and nothing is kept.
#[server]
pub(crate) async fn test_credential(
    #[server(default)] sent: String,
    #[server(default)] tested_name: String,
    #[server(default)] tested_password: String,
    #[server(default)] address: String,
    #[server(default)] client: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::credentials::inspection::{CredentialTest, inspect};
    use leptos::server_fn::ServerFn as _;

    use crate::{answer::Answer, routes::paths, ssr};

    let typed = vec![("address", address.clone()), ("client", client.clone())];
    let test = CredentialTest {
        sent: Secret::new(sent),
        username: Secret::new(tested_name),
        password: Secret::new(tested_password),
        address,
        client: client.parse().unwrap_or_default(),
        public_url: ssr::visitor()?.public_url,
    };
    let findings = inspect(&ssr::backend()?, &ssr::actor()?, &test).await;
    let path = paths::CREDENTIAL_TEST;
    let findings = ssr::refused_on(findings, path, TestCredential::PATH, typed.clone())?;
    ssr::answer_on(path, Answer::Tested { findings, typed });
    Ok(())
}
