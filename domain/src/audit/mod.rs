//! Who did what in the portal. Rows are only ever added: the table itself refuses anything else.
//!
//! Not the access log, which has a row for each grant or refusal of a session file.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::accounts::AccountId;
use crate::api_secrets::ApiSecretId;
use crate::credentials::CredentialId;
use crate::files::FileId;
use crate::members::MemberId;
use crate::projects::ProjectId;
use crate::service_accounts::ServiceAccountId;
use crate::sessions::SessionId;
use crate::{Actor, Error};

crate::id::id!(AuditEventId);

/// What happened. The texts are kept for ever: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    AccountCreated,
    SignedIn,
    SignInRefused,
    SignedOut,
    AccountPasswordChanged,
    AccountPasswordReset,
    PresetShown,
    CredentialReset,
    CredentialResetRefused,
    CredentialAdded,
    CredentialEdited,
    CredentialRotated,
    CredentialRevoked,
    /// A wrong account password where one of these was asked for.
    CredentialChangeRefused,
    OldPasswordEnded,
    BrowserAccessEnded,
    ChallengeChanged,
    ProjectCreated,
    ProjectRenamed,
    ProjectArchived,
    ProjectUnarchived,
    ProjectSecured,
    ProjectOpened,
    RetentionChanged,
    ProjectLimited,
    HoldPlaced,
    HoldLifted,
    FileSecured,
    FileUnsecured,
    FilesTrashed,
    FilesRestored,
    RecordingsImported,
    IntakeSourceAdded,
    IntakeSourceEdited,
    IntakeSourceRemoved,
    /// Somebody had files fetched again.
    IntakeRetried,
    FileDelivered,
    BackupRestored,
    MemberInvited,
    InvitationResent,
    InvitationWithdrawn,
    MemberJoined,
    MemberRoleChanged,
    MemberDisabled,
    MemberEnabled,
    MemberRemoved,
    AccountPasswordResetAsked,
    AccountPasswordResetStarted,
    SignInEndedElsewhere,
    SessionDescribed,
    SecondFactorTurnedOn,
    SecondFactorTurnedOff,
    AuthenticatorAdded,
    AuthenticatorRemoved,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    /// A wrong code or passkey after a right password.
    SecondFactorRefused,
    /// A wrong account password where a change of second factors asked for it.
    SecondFactorChangeRefused,
    /// Taken away by somebody else.
    SecondFactorReset,
    ApiSecretMade,
    ApiSecretRevoked,
    /// A secret came in the query of an address.
    ApiSecretExposed,
    ApiLimitsChanged,
    WebhookAdded,
    WebhookEdited,
    WebhookDeleted,
    WebhookEnabled,
    WebhookDisabled,
    WebhookSecretShown,
    WebhookSecretRotated,
    WebhookSettingsChanged,
    WebhookSentAgain,
    WebhookTested,
    ServiceAccountCreated,
    ServiceAccountRotated,
    ServiceAccountRoleChanged,
    ServiceAccountRevoked,
    ServiceAccountKeyRevoked,
    /// The operator made another account its parent, or none.
    ParentChanged,
}

impl Event {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account.created",
            Self::SignedIn => "sign_in.granted",
            Self::SignInRefused => "sign_in.refused",
            Self::SignedOut => "sign_in.ended",
            Self::AccountPasswordChanged => "member.password_changed",
            Self::AccountPasswordReset => "member.password_reset",
            Self::PresetShown => "credential.preset_shown",
            Self::CredentialReset => "credential.reset",
            Self::CredentialResetRefused => "credential.reset_refused",
            Self::CredentialAdded => "credential.added",
            Self::CredentialEdited => "credential.edited",
            Self::CredentialRotated => "credential.rotated",
            Self::CredentialRevoked => "credential.revoked",
            Self::CredentialChangeRefused => "credential.change_refused",
            Self::OldPasswordEnded => "credential.old_password_ended",
            Self::BrowserAccessEnded => "account.browser_access_ended",
            Self::ChallengeChanged => "account.challenge_changed",
            Self::ProjectCreated => "project.created",
            Self::ProjectRenamed => "project.renamed",
            Self::ProjectArchived => "project.archived",
            Self::ProjectUnarchived => "project.unarchived",
            Self::ProjectSecured => "project.secured",
            Self::ProjectOpened => "project.opened",
            Self::RetentionChanged => "project.retention_changed",
            Self::ProjectLimited => "project.limited",
            Self::HoldPlaced => "hold.placed",
            Self::HoldLifted => "hold.lifted",
            Self::FileSecured => "file.secured",
            Self::FileUnsecured => "file.unsecured",
            Self::FilesTrashed => "file.trashed",
            Self::FilesRestored => "file.restored",
            Self::RecordingsImported => "session.imported",
            Self::IntakeSourceAdded => "intake_source.added",
            Self::IntakeSourceEdited => "intake_source.edited",
            Self::IntakeSourceRemoved => "intake_source.removed",
            Self::IntakeRetried => "intake_source.retried",
            Self::FileDelivered => "file.delivered",
            Self::BackupRestored => "account.restored",
            Self::MemberInvited => "invitation.made",
            Self::InvitationResent => "invitation.resent",
            Self::InvitationWithdrawn => "invitation.withdrawn",
            Self::MemberJoined => "invitation.accepted",
            Self::MemberRoleChanged => "member.role_changed",
            Self::MemberDisabled => "member.disabled",
            Self::MemberEnabled => "member.enabled",
            Self::MemberRemoved => "member.removed",
            Self::AccountPasswordResetAsked => "member.password_reset_asked",
            Self::AccountPasswordResetStarted => "member.password_reset_started",
            Self::SignInEndedElsewhere => "sign_in.ended_elsewhere",
            Self::SessionDescribed => "session.described",
            Self::SecondFactorTurnedOn => "second_factor.turned_on",
            Self::SecondFactorTurnedOff => "second_factor.turned_off",
            Self::AuthenticatorAdded => "second_factor.app_added",
            Self::AuthenticatorRemoved => "second_factor.app_removed",
            Self::PasskeyAdded => "second_factor.passkey_added",
            Self::PasskeyRenamed => "second_factor.passkey_renamed",
            Self::PasskeyRemoved => "second_factor.passkey_removed",
            Self::RecoveryCodesMade => "second_factor.recovery_codes_made",
            Self::RecoveryCodeUsed => "second_factor.recovery_code_used",
            Self::SecondFactorRefused => "second_factor.refused",
            Self::SecondFactorChangeRefused => "second_factor.change_refused",
            Self::SecondFactorReset => "second_factor.reset",
            Self::ApiSecretMade => "api_secret.made",
            Self::ApiSecretRevoked => "api_secret.revoked",
            Self::ApiSecretExposed => "api_secret.exposed",
            Self::ApiLimitsChanged => "account.api_limits_changed",
            Self::WebhookAdded => "webhook.added",
            Self::WebhookEdited => "webhook.edited",
            Self::WebhookDeleted => "webhook.deleted",
            Self::WebhookEnabled => "webhook.enabled",
            Self::WebhookDisabled => "webhook.disabled",
            Self::WebhookSecretShown => "webhook.secret_shown",
            Self::WebhookSecretRotated => "webhook.secret_rotated",
            Self::WebhookSettingsChanged => "project.webhook_settings_changed",
            Self::WebhookSentAgain => "webhook.sent_again",
            Self::WebhookTested => "webhook.tested",
            Self::ServiceAccountCreated => "service_account.created",
            Self::ServiceAccountRotated => "service_account.rotated",
            Self::ServiceAccountRoleChanged => "service_account.role_changed",
            Self::ServiceAccountRevoked => "service_account.revoked",
            Self::ServiceAccountKeyRevoked => "service_account.key_revoked",
            Self::ParentChanged => "account.parent_changed",
        }
    }
}

/// On whom and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    /// None: somebody who is nobody here.
    pub(crate) account: Option<AccountId>,
    pub(crate) member: Option<MemberId>,
    /// The application that did it.
    pub(crate) api_secret: Option<ApiSecretId>,
    /// The service account that did it.
    pub(crate) service_account: Option<ServiceAccountId>,
    pub(crate) address: Option<IpAddr>,
}

impl From<&Actor> for Who {
    fn from(actor: &Actor) -> Self {
        Self {
            account: Some(actor.account),
            member: actor.member(),
            api_secret: actor.api_secret(),
            service_account: actor.service_account(),
            address: actor.address,
        }
    }
}

/// Adds a row, inside the transaction of what it tells of.
pub(crate) async fn record(
    db: &mut PgConnection,
    who: impl Into<Who>,
    event: Event,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    insert(db, who.into(), event, None, now).await
}

/// What an event is about. Ids are enough: none of these rows ever goes, and names can hold what an audit must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Project(ProjectId),
    Session(SessionId),
    File(FileId),
    Credential(CredentialId),
    /// Of what, the event says.
    Named(Uuid),
}

impl Subject {
    const fn id(self) -> Uuid {
        match self {
            Self::Project(id) => *id.as_uuid(),
            Self::Session(id) => *id.as_uuid(),
            Self::File(id) => *id.as_uuid(),
            Self::Credential(id) => *id.as_uuid(),
            Self::Named(id) => id,
        }
    }

    const fn kind(self) -> Option<&'static str> {
        match self {
            Self::Project(_) => Some("project"),
            Self::Session(_) => Some("session"),
            Self::File(_) => Some("file"),
            Self::Credential(_) => Some("credential"),
            Self::Named(_) => None,
        }
    }
}

impl From<Uuid> for Subject {
    fn from(id: Uuid) -> Self {
        Self::Named(id)
    }
}

/// The same with whom or what it was done to.
pub(crate) async fn record_on(
    db: &mut PgConnection,
    who: impl Into<Who>,
    event: Event,
    subject: impl Into<Subject>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    insert(db, who.into(), event, Some(subject.into()), now).await
}

async fn insert(
    db: &mut PgConnection,
    who: Who,
    event: Event,
    subject: Option<Subject>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into audit_events
            (id, account_id, member_id, event, address, occurred_at, subject_id, subject_kind, api_secret_id,
            service_account_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        AuditEventId::new(now) as AuditEventId,
        who.account as Option<AccountId>,
        who.member as Option<MemberId>,
        event.as_str(),
        who.address.map(|address| address.to_string()),
        now,
        subject.map(Subject::id),
        subject.and_then(Subject::kind),
        who.api_secret as Option<ApiSecretId>,
        who.service_account as Option<ServiceAccountId>,
    )
    .execute(db)
    .await?;
    Ok(())
}
