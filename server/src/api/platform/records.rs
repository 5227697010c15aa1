//! Records: recordings by number or address.

use axum::response::Response;
use domain::files::trash::{TrashTarget, discard};
use domain::files::{FileId, FileKind, FileState, actions as files};
use domain::numbers::{Named, actions as numbers};
use domain::{Error, Permission};

use super::errors::Refused;
use super::{Asked, done};
use crate::gate::locate::{Address, find};

/// `DeleteRecord`: into the trash, from which people of the account can take it back.
pub(super) async fn delete(asked: &Asked<'_>) -> Result<Response, Refused> {
    asked.actor.may(Permission::DeleteFiles)?;
    let number = asked.parameters.number("record_id")?;
    let file = match (number, asked.parameters.text("record_url")) {
        (Some(number), None) => numbered(asked, number).await?,
        (None, Some(url)) => addressed(asked, url).await?,
        (None, None) => {
            return Err(Refused::parameter(
                "record_id",
                "or 'record_url' is required.",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Refused::parameter(
                "record_id",
                "and 'record_url' cannot be there together.",
            ));
        }
    };
    let reason = "Deleted by a program (DeleteRecord).";
    discard(asked.backend, &asked.actor, TrashTarget::File(file), reason).await?;
    done()
}

fn missing() -> Refused {
    Error::NotFound("record").into()
}

/// What belongs to another account is not there.
async fn numbered(asked: &Asked<'_>, number: i64) -> Result<FileId, Refused> {
    let file = match numbers::recording(asked.backend, &asked.actor, number).await? {
        Named::Own(file) => file,
        Named::Foreign | Named::Nothing => return Err(missing()),
    };
    let stored = files::get(asked.backend, &asked.actor, file).await?;
    let now = asked.backend.clock.now();
    match stored.lifecycle.state(&stored.policy, now) {
        FileState::There => Ok(file),
        _ => Err(missing()),
    }
}

/// The address as the history has it; a query behind it says nothing.
async fn addressed(asked: &Asked<'_>, url: &str) -> Result<FileId, Refused> {
    let path = url
        .strip_prefix(asked.backend.public_url.as_str())
        .unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let found = find(asked.backend, &Address::parse(path)).await?;
    let now = asked.backend.clock.now();
    let own = found.filter(|file| {
        file.account == asked.actor.account
            && FileKind::RECORDINGS.contains(&file.kind)
            && file.lifecycle.state(&file.policy, now) == FileState::There
    });
    own.map(|file| file.id).ok_or_else(missing)
}
