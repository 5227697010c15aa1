//! Server functions of further credentials.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::features::credentials::old_password::OldPasswordView;
use crate::ui::Moment;

/// A further credential, written out for one viewer. Holds no password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FurtherView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) expires: Option<Moment>,
    pub(crate) is_expired: bool,
    /// Its last day in the viewer's zone, as a date field has it; empty for none.
    pub(crate) expires_on: String,
    pub(crate) networks: Vec<String>,
    pub(crate) created: Moment,
    pub(crate) changed: Moment,
    pub(crate) old_until: Option<Moment>,
    /// When, from where, by what.
    pub(crate) last_use: Option<(Moment, String, String)>,
}

/// All of them.
#[server]
pub(crate) async fn list_credentials() -> Result<Vec<FurtherView>, UiError> {
    use domain::credentials::further;

    use crate::ssr;

    let found = further::list(&ssr::backend()?, &ssr::actor()?).await?;
    found.into_iter().map(view_of).collect()
}

/// One of them, and its old password while that is accepted.
#[server]
pub(crate) async fn get_further(
    id: String,
) -> Result<(FurtherView, Option<OldPasswordView>), UiError> {
    use domain::credentials::further;

    use crate::features::credentials::api::old_password_of;
    use crate::ssr;

    let id = id_of(&id)?;
    let credential = further::get(&ssr::backend()?, &ssr::actor()?, id).await?;
    let old = old_password_of(id, credential.old_accepted_until).await?;
    Ok((view_of(credential)?, old))
}

/// Makes one, and shows its password on its page, this once.
#[server]
pub(crate) async fn add_credential(
    #[server(default)] name: String,
    #[server(default)] expires_on: String,
    #[server(default)] networks: String,
    #[server(default)] account_password: String,
) -> Result<(), UiError> {
    use domain::credentials::further;
    use leptos::server_fn::ServerFn as _;

    use crate::{answer::Answer, routes::paths, ssr};

    let typed = typed_of(&name, &expires_on, &networks);
    let made = async {
        let draft = draft_of(name, &expires_on, networks, account_password)?;
        let (backend, actor) = (backend()?, actor()?);
        further::add(&backend, &actor, draft).await
    };
    let path = paths::NEW_CREDENTIAL;
    let made = ssr::refused_on(made.await, path, AddCredential::PATH, typed)?;
    ssr::answer_on(&paths::credential(&made.id.to_string()), Answer::Made(made));
    Ok(())
}

/// Changes name, end and addresses.
#[server]
pub(crate) async fn edit_credential(
    #[server(default)] id: String,
    #[server(default)] name: String,
    #[server(default)] expires_on: String,
    #[server(default)] networks: String,
    #[server(default)] account_password: String,
) -> Result<(), UiError> {
    use domain::credentials::further;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let credential = id_of(&id)?;
    let typed = typed_of(&name, &expires_on, &networks);
    let done = async {
        let draft = draft_of(name, &expires_on, networks, account_password)?;
        further::edit(&backend()?, &actor()?, credential, draft).await
    };
    let path = paths::credential_edit(&id);
    ssr::refused_on(done.await, &path, EditCredential::PATH, typed)?;
    ssr::set_notice(Notice::CredentialSaved);
    ssr::redirect(&paths::credential(&id));
    Ok(())
}

/// Gives it a new password, and shows it on its page, this once.
#[server]
pub(crate) async fn rotate_credential(
    #[server(default)] id: String,
    #[server(default)] grace: String,
    #[server(default)] account_password: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::credentials::further;
    use leptos::server_fn::ServerFn as _;

    use crate::features::credentials::api::grace_of;
    use crate::{answer::Answer, routes::paths, ssr};

    let typed = vec![("grace", grace.clone())];
    let (credential, grace) = (id_of(&id)?, grace_of(&grace)?);
    let password = Secret::new(account_password);
    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let made = further::rotate(&backend, &actor, credential, grace, &password).await;
    let path = paths::credential_rotation(&id);
    let made = ssr::refused_on(made, &path, RotateCredential::PATH, typed)?;
    ssr::answer_on(&paths::credential(&id), Answer::Made(made));
    Ok(())
}

/// Ends it for good.
#[server]
pub(crate) async fn revoke_credential(#[server(default)] id: String) -> Result<(), UiError> {
    use domain::credentials::further;

    use crate::{flash::Notice, routes::paths, ssr};

    further::revoke(&ssr::backend()?, &ssr::actor()?, id_of(&id)?).await?;
    ssr::set_notice(Notice::CredentialRevoked);
    ssr::redirect(paths::RECORDING_SETTINGS);
    Ok(())
}

#[cfg(feature = "ssr")]
mod reading {
    use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
    use domain::credentials::{CredentialId, FurtherCredential, FurtherDraft};
    use domain::{Actor, Backend, Error, Secret};

    use super::FurtherView;
    use crate::error::UiError;
    use crate::ssr;
    use crate::ui::Moment;

    /// In the words of `domain`, so that what is wrong with fields and what else went wrong take one way.
    pub(super) fn backend() -> Result<Backend, Error> {
        ssr::backend().map_err(|_| Error::internal("no backend"))
    }

    pub(super) fn actor() -> Result<Actor, Error> {
        ssr::actor().map_err(|_| Error::Unauthenticated)
    }

    pub(super) fn id_of(text: &str) -> Result<CredentialId, UiError> {
        text.parse()
            .map_err(|_| Error::NotFound("credential").into())
    }

    pub(super) fn typed_of(
        name: &str,
        expires_on: &str,
        networks: &str,
    ) -> Vec<(&'static str, String)> {
        vec![
            ("name", name.to_owned()),
            ("expires_on", expires_on.to_owned()),
            ("networks", networks.to_owned()),
        ]
    }

    pub(super) fn draft_of(
        name: String,
        expires_on: &str,
        networks: String,
        account_password: String,
    ) -> Result<FurtherDraft, Error> {
        let zone = ssr::visitor().map_or(chrono_tz::UTC, |visitor| visitor.zone);
        Ok(FurtherDraft {
            name,
            expires_at: end_of(expires_on, zone)?,
            networks,
            account_password: Secret::new(account_password),
        })
    }

    /// The end of a day in a zone; None if no day was typed.
    fn end_of(day: &str, zone: chrono_tz::Tz) -> Result<Option<DateTime<Utc>>, Error> {
        let day = day.trim();
        if day.is_empty() {
            return Ok(None);
        }
        let wrong = || {
            Error::invalid(
                "expires_on",
                "Enter a day as YYYY-MM-DD, or leave it empty.",
            )
        };
        let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| wrong())?;
        let is_near = day < NaiveDate::from_ymd_opt(9999, 1, 1).unwrap_or_default();
        let next = day
            .checked_add_days(Days::new(1))
            .filter(|_| is_near)
            .ok_or_else(|| {
                let message = "Choose a day before the year 9999, or leave it empty for no end.";
                Error::invalid("expires_on", message)
            })?;
        // Where a clock is put forward at midnight the day ends an hour later.
        let end = zone
            .from_local_datetime(&next.and_time(NaiveTime::MIN))
            .earliest()
            .unwrap_or_else(|| zone.from_utc_datetime(&next.and_time(NaiveTime::MIN)));
        Ok(Some(end.with_timezone(&Utc)))
    }

    pub(super) fn view_of(credential: FurtherCredential) -> Result<FurtherView, UiError> {
        let zone = ssr::visitor()?.zone;
        let now = ssr::backend()?.clock.now();
        let moment = |at| Moment::new(at, &zone);
        Ok(FurtherView {
            id: credential.id.to_string(),
            name: credential.name,
            username: credential.username,
            expires: credential.expires_at.map(moment),
            is_expired: credential.expires_at.is_some_and(|end| end <= now),
            expires_on: credential.expires_at.map_or(String::new(), |end| {
                let last = end.with_timezone(&zone) - chrono::TimeDelta::microseconds(1);
                last.format("%Y-%m-%d").to_string()
            }),
            networks: credential
                .networks
                .iter()
                .map(ToString::to_string)
                .collect(),
            created: moment(credential.created_at),
            changed: moment(credential.changed_at),
            old_until: credential.old_accepted_until.map(moment),
            last_use: credential
                .last_use
                .map(|used| (moment(used.at), used.address, used.client)),
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_day_ends_at_its_midnight_where_the_viewer_is() {
            let berlin = chrono_tz::Europe::Berlin;
            let end = |day| end_of(day, berlin).map(|end| end.map(|at| at.to_rfc3339()));
            assert_eq!(end("").unwrap(), None);
            let at = |day| end(day).unwrap().unwrap();
            assert_eq!(at("2026-11-30"), "2026-11-30T23:00:00+00:00");
            assert_eq!(at(" 2026-07-31 "), "2026-07-31T22:00:00+00:00");
            for wrong in ["30.11.2026", "2026-02-30", "99999-01-01", "9999-12-31", "x"] {
                assert!(end(wrong).is_err(), "{wrong}");
            }
        }
    }
}

#[cfg(feature = "ssr")]
use reading::{actor, backend, draft_of, id_of, typed_of, view_of};
