//! The whole route table, one line per page, and the paths that pages link to.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::features::access::AccessPreview;
use crate::features::access_log::Access;
use crate::features::accounts::SetUpPage;
use crate::features::api_keys::ApiKeys;
use crate::features::api_secrets::{ApiOverview, ApiProject, NewApiSecret};
use crate::features::credentials::{
    AccessControl, AddCredential, CredentialTest, EditCredential, OneCredential, RotateCredential,
};
use crate::features::insights::InsightsOverview;
use crate::features::intake::{AddSource, EditSource, Intake, OneSource};
use crate::features::invitations::InvitationPage;
use crate::features::members::{MemberPage, Members, OwnAccount};
use crate::features::password_resets::{ForgotPasswordPage, ResetPasswordPage};
use crate::features::projects::{ProjectSettings, ProjectTrash, Projects};
use crate::features::second_factors::{
    NewPasskey, OnePasskey, OwnSecondFactors, RecoveryCodes, RecoveryStepPage, RemoveAppPage,
    SecondStepPage, SetUpApp, TurnOffPage,
};
use crate::features::service_accounts::{NewServiceAccount, OneServiceAccount, ServiceAccounts};
use crate::features::sessions::{Recordings, SessionDetail};
use crate::features::sign_ins::{OwnSignIns, SignInPage};
use crate::features::webhooks::{
    AddWebhookPage, EditWebhookPage, OneWebhook, WebhookDelivery, Webhooks,
};
use crate::layout::{Home, NotFound};

/// Every page. All are `SsrMode::Async`: the status is right, and without JavaScript the data is there.
#[component]
pub(crate) fn PageRoutes() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=NotFound>
                // For anyone.
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/second-factor") view=SecondStepPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/recovery-code") view=RecoveryStepPage ssr=SsrMode::Async />
                <Route path=path!("/set-up") view=SetUpPage ssr=SsrMode::Async />
                <Route path=path!("/invitation") view=InvitationPage ssr=SsrMode::Async />
                <Route path=path!("/forgot-password") view=ForgotPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/reset-password") view=ResetPasswordPage ssr=SsrMode::Async />
                // For members: their frame sends others to the sign-in.
                <Route path=path!("/") view=Home ssr=SsrMode::Async />
                <Route path=path!("/video/insights") view=InsightsOverview ssr=SsrMode::Async />
                <Route path=path!("/video/insights/access") view=Access ssr=SsrMode::Async />
                <Route path=path!("/video/insights/recordings") view=Recordings ssr=SsrMode::Async />
                <Route path=path!("/video/insights/recordings/:session") view=SessionDetail ssr=SsrMode::Async />
                <Route path=path!("/video/settings/recording") view=AccessControl ssr=SsrMode::Async />
                <Route path=path!("/video/settings/recording/new") view=AddCredential ssr=SsrMode::Async />
                <Route path=path!("/video/settings/recording/:id") view=OneCredential ssr=SsrMode::Async />
                <Route path=path!("/video/settings/recording/:id/edit") view=EditCredential ssr=SsrMode::Async />
                <Route path=path!("/video/settings/recording/:id/rotate") view=RotateCredential ssr=SsrMode::Async />
                <Route path=path!("/video/settings/service-accounts") view=ServiceAccounts ssr=SsrMode::Async />
                <Route path=path!("/video/settings/service-accounts/new") view=NewServiceAccount ssr=SsrMode::Async />
                <Route path=path!("/video/settings/service-accounts/:id") view=OneServiceAccount ssr=SsrMode::Async />
                <Route path=path!("/video/settings/test") view=CredentialTest ssr=SsrMode::Async />
                <Route path=path!("/projects") view=Projects ssr=SsrMode::Async />
                <Route path=path!("/projects/access") view=AccessPreview ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/intake") view=Intake ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/intake/new") view=AddSource ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/intake/:source") view=OneSource ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/intake/:source/edit") view=EditSource ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/trash") view=ProjectTrash ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/webhooks") view=Webhooks ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/webhooks/new") view=AddWebhookPage ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/webhooks/deliveries/:delivery") view=WebhookDelivery ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/webhooks/:id") view=OneWebhook ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/webhooks/:id/edit") view=EditWebhookPage ssr=SsrMode::Async />
                <Route path=path!("/projects/:project") view=ProjectSettings ssr=SsrMode::Async />
                <Route path=path!("/members") view=Members ssr=SsrMode::Async />
                <Route path=path!("/members/:id") view=MemberPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=OwnAccount ssr=SsrMode::Async />
                <Route path=path!("/account/api") view=ApiOverview ssr=SsrMode::Async />
                <Route path=path!("/account/api/:project") view=ApiProject ssr=SsrMode::Async />
                <Route path=path!("/account/api/:project/new") view=NewApiSecret ssr=SsrMode::Async />
                <Route path=path!("/account/api-keys") view=ApiKeys ssr=SsrMode::Async />
                <Route path=path!("/account/sign-ins") view=OwnSignIns ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor") view=OwnSecondFactors ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/app") view=SetUpApp ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/app/remove") view=RemoveAppPage ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/codes") view=RecoveryCodes ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/off") view=TurnOffPage ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/passkeys/new") view=NewPasskey ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor/passkeys/:id") view=OnePasskey ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

/// Where pages are.
pub mod paths {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    pub const HOME: &str = "/";
    pub const SIGN_IN: &str = "/sign-in";
    pub const SET_UP: &str = "/set-up";
    pub const OVERVIEW: &str = "/video/insights";
    /// Its figures as a table for other programs.
    pub const OVERVIEW_CSV: &str = "/video/insights/export";
    pub const ACCESS: &str = "/video/insights/access";
    /// The access log as a table for other programs.
    pub const ACCESS_CSV: &str = "/video/insights/access/export";
    pub const RECORDINGS: &str = "/video/insights/recordings";
    /// The report as a table for other programs.
    pub const RECORDINGS_CSV: &str = "/video/insights/recordings/export";
    /// Chosen files in one archive.
    pub const RECORDINGS_ZIP: &str = "/video/insights/recordings/archive";
    pub const RECORDING_SETTINGS: &str = "/video/settings/recording";
    pub const NEW_CREDENTIAL: &str = "/video/settings/recording/new";
    pub const SERVICE_ACCOUNTS: &str = "/video/settings/service-accounts";
    pub const NEW_SERVICE_ACCOUNT: &str = "/video/settings/service-accounts/new";
    pub const CREDENTIAL_TEST: &str = "/video/settings/test";
    pub const PROJECTS: &str = "/projects";
    /// Which files a caller can open, and why.
    pub const ACCESS_PREVIEW: &str = "/projects/access";
    pub const MEMBERS: &str = "/members";
    pub const ACCOUNT: &str = "/account";
    pub const API: &str = "/account/api";
    pub const API_KEYS: &str = "/account/api-keys";
    pub const SIGN_INS: &str = "/account/sign-ins";
    pub const SECOND_FACTOR: &str = "/account/second-factor";
    pub const SECOND_FACTOR_APP: &str = "/account/second-factor/app";
    pub const SECOND_FACTOR_APP_REMOVAL: &str = "/account/second-factor/app/remove";
    pub const SECOND_FACTOR_CODES: &str = "/account/second-factor/codes";
    pub const SECOND_FACTOR_OFF: &str = "/account/second-factor/off";
    pub const SECOND_FACTOR_NEW_PASSKEY: &str = "/account/second-factor/passkeys/new";
    /// The step of a sign-in after the right password.
    pub const SECOND_STEP: &str = "/sign-in/second-factor";
    /// The same with a recovery code.
    pub const RECOVERY_STEP: &str = "/sign-in/recovery-code";
    pub const INVITATION: &str = domain::invitations::PATH;
    pub const FORGOT_PASSWORD: &str = "/forgot-password";
    pub const RESET_PASSWORD: &str = domain::password_resets::PATH;

    /// One of one's own passkeys.
    pub fn passkey(id: &str) -> String {
        format!("{SECOND_FACTOR}/passkeys/{}", encoded_id(id))
    }

    /// One member, for those who govern the account.
    pub fn member(id: domain::members::MemberId) -> String {
        format!("{MEMBERS}/{id}")
    }

    /// The form that resets the access password.
    pub const RESET: &str = "/video/settings/recording#reset";

    /// The page of a session.
    pub fn session(id: impl std::fmt::Display) -> String {
        format!("{RECORDINGS}/{id}")
    }

    /// The picture of a session in the report.
    pub fn poster(session: domain::sessions::SessionId) -> String {
        format!("{RECORDINGS}/{session}/poster")
    }

    /// Settings of the project with this id.
    pub fn project(id: &str) -> String {
        format!("{PROJECTS}/{id}")
    }

    /// What of its files a caller can open.
    pub fn project_access(id: &str) -> String {
        format!("{ACCESS_PREVIEW}?project={}", encoded_id(id))
    }

    /// The same of a session's files.
    pub fn session_access(id: impl std::fmt::Display) -> String {
        format!("{ACCESS_PREVIEW}?session={id}")
    }

    /// Its trash and tombstones.
    pub fn project_trash(id: &str) -> String {
        format!("{PROJECTS}/{id}/trash")
    }

    /// Its webhook endpoints.
    pub fn webhooks(project: &str) -> String {
        format!("{PROJECTS}/{}/webhooks", encoded_id(project))
    }

    /// The form that adds one.
    pub fn new_webhook(project: &str) -> String {
        format!("{}/new", webhooks(project))
    }

    /// The page of one; letters of the domain lead here, too.
    pub fn webhook(project: &str, id: &str) -> String {
        format!("{}/{}", webhooks(project), encoded_id(id))
    }

    /// The form that edits it.
    pub fn webhook_edit(project: &str, id: &str) -> String {
        format!("{}/edit", webhook(project, id))
    }

    /// The page of a delivery.
    pub fn webhook_delivery(project: &str, id: &str) -> String {
        format!("{}/deliveries/{}", webhooks(project), encoded_id(id))
    }

    /// Where its recordings come in from.
    pub fn intake(project: &str) -> String {
        format!("{PROJECTS}/{}/intake", encoded_id(project))
    }

    /// The form that adds a source; without a kind, the choice of one.
    pub fn new_source(project: &str, kind: Option<domain::intake::SourceKind>) -> String {
        let query = kind.map(|kind| format!("?kind={}", kind.as_str()));
        format!("{}/new{}", intake(project), query.unwrap_or_default())
    }

    /// The page of a source.
    pub fn source(project: &str, source: &str) -> String {
        format!("{}/{}", intake(project), encoded_id(source))
    }

    /// The form that edits it.
    pub fn source_edit(project: &str, source: &str) -> String {
        format!("{}/edit", self::source(project, source))
    }

    /// Where a session's files were governed before its page took that over; bookmarks still lead there.
    pub const FORMER_SESSION: &str = "/projects/sessions/{session}";

    /// Identifier, secrets and ready commands of a project.
    pub fn api_project(project: &str) -> String {
        format!("{API}/{}", encoded_id(project))
    }

    /// The form that makes a secret of it.
    pub fn new_api_secret(project: &str) -> String {
        format!("{}/new", api_project(project))
    }

    /// The page of a further credential.
    pub fn credential(id: &str) -> String {
        format!("{RECORDING_SETTINGS}/{}", encoded_id(id))
    }

    /// One service account.
    pub fn service_account(id: &str) -> String {
        format!("{SERVICE_ACCOUNTS}/{}", encoded_id(id))
    }

    /// The form that edits it.
    pub fn credential_edit(id: &str) -> String {
        format!("{}/edit", credential(id))
    }

    /// The form that gives it a new password.
    pub fn credential_rotation(id: &str) -> String {
        format!("{}/rotate", credential(id))
    }

    /// Ids have hyphens, which need no escape; what is no id is escaped whole.
    fn encoded_id(id: &str) -> String {
        let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if is_plain { id.to_owned() } else { encoded(id) }
    }

    /// The sign-in that comes back to this path afterwards.
    pub fn sign_in_then(path_and_query: &str) -> String {
        if path_and_query.is_empty() || path_and_query == HOME {
            SIGN_IN.to_owned()
        } else {
            format!("{SIGN_IN}?next={}", encoded(path_and_query))
        }
    }

    /// A text as a value in a query.
    pub fn encoded(text: &str) -> String {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }
}
