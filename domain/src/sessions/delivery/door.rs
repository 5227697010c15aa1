//! What is decided about a delivery before its bytes are looked at.

use chrono::{DateTime, Datelike as _, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use super::{AboutFile, Delivered, Delivery, store};
use crate::files::FileKind;
use crate::projects::ProjectId;
use crate::sessions::description::Description;
use crate::sessions::names;
use crate::sessions::recording::store::{KnownFile, SessionKey, find_session, known_file};
use crate::sessions::recording::{CONFLICT, Form};
use crate::{Actor, Backend, Error, Permission, Problem};

/// Bytes of a sender's id of a recording.
pub(crate) const MAX_EXTERNAL_ID: usize = 500;

/// Bytes of any file: what file systems hold, and so little that no sum of such files is more than the database can say.
pub(crate) const MAX_FILE: u64 = 16 << 40;

/// Years in which sessions take place. Beyond, a moment may have more digits than the formats of the APIs, also by a
/// duration that is added to it.
const YEARS: std::ops::Range<i32> = 1970..9999;

/// Whether the bytes are wanted.
pub(crate) enum Door {
    /// The file is here already.
    Known(Delivered),
    Open(Admission),
}

/// What was found out.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(super) form: Form,
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) title: Option<String>,
    /// Bytes that are taken at most.
    pub(crate) most: u64,
    project: ProjectId,
    quota: Option<u64>,
    limits: Limits,
}

/// Bytes; None: as many as there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Of one file.
    pub(crate) file: Option<u64>,
    /// That the project has left.
    pub(crate) free: Option<u64>,
}

impl Limits {
    /// A file of this size in bytes.
    pub(crate) fn allow(self, size: u64) -> Result<(), Error> {
        let limit = self.of_file();
        if size > limit {
            return Err(Error::TooLarge { limit });
        }
        match self.free {
            Some(free) if size > free => Err(Error::Full { free }),
            _ => Ok(()),
        }
    }

    fn most(self) -> u64 {
        self.of_file().min(self.free.unwrap_or(u64::MAX))
    }

    fn of_file(self) -> u64 {
        self.file.unwrap_or(MAX_FILE).min(MAX_FILE)
    }
}

impl Admission {
    /// Whether there is room for a file of `size` bytes beside `promised` ones that are still to come.
    pub(crate) async fn leave_room(
        &self,
        db: &mut PgConnection,
        promised: u64,
        size: u64,
    ) -> Result<(), Error> {
        self.beside(db, promised).await?.allow(size)
    }

    /// Bytes that are taken at most beside `promised` ones.
    pub(crate) async fn most_beside(
        &self,
        db: &mut PgConnection,
        promised: u64,
    ) -> Result<u64, Error> {
        Ok(self.beside(db, promised).await?.most().min(self.most))
    }

    /// As it is now, since what was promised may have become files. Asked after `promised`: what became one in between
    /// counts twice rather than not at all.
    async fn beside(&self, db: &mut PgConnection, promised: u64) -> Result<Limits, Error> {
        let free = match self.quota {
            Some(quota) => {
                let used = store::used(db, self.project).await?;
                Some(quota.saturating_sub(used.saturating_add(promised)))
            }
            None => None,
        };
        Ok(Limits {
            free,
            ..self.limits
        })
    }

    /// Why no more than `most` is taken.
    pub(super) fn too_much(&self, file: &AboutFile) -> Error {
        match file.size {
            Some(size) if size <= self.limits.most() => wrong_size(size),
            _ => self
                .limits
                .allow(self.limits.most().saturating_add(1))
                .err()
                .unwrap_or(Error::TooLarge { limit: self.most }),
        }
    }
}

/// Other than `size` bytes came.
pub(super) fn wrong_size(size: u64) -> Error {
    Error::invalid(
        "size",
        format!("{size} bytes were announced, and others came"),
    )
}

/// Whether and as what a file is taken.
pub(crate) async fn admit(
    backend: &Backend,
    actor: &Actor,
    delivery: &Delivery,
) -> Result<Door, Error> {
    actor.scope_of(Permission::DeliverFiles, delivery.project)?;
    let said = check(delivery)?;
    let mut db = backend.db.acquire().await?;
    let rule = store::rule(&mut db, actor.account, delivery.project)
        .await?
        .ok_or(Error::NotFound("project"))?;
    if rule.is_archived {
        return Err(Error::Conflict(
            "the project is archived and takes no recordings".to_owned(),
        ));
    }
    let known = match &delivery.external_id {
        Some(id) => store::delivered_before(&mut db, delivery, id).await?,
        None => None,
    };
    if let Some(known) = &known
        && known.name == delivery.file.name
        && let Some(door) = judge(&known.file, &delivery.file)?
    {
        return known_door(&mut db, door).await;
    }
    let now = backend.clock.now();
    let place = known.map(|known| (known.room, known.conference_number));
    let (room, conference_number) = place_of(delivery, place, now);
    let key = SessionKey {
        account: actor.account,
        project: delivery.project,
        room: &room,
        conference_number: &conference_number,
    };
    if let Some(session) = find_session(&mut db, key).await?
        && let Some(file) = known_file(&mut db, session, &said.form.name).await?
        && let Some(door) = judge(&file, &delivery.file)?
    {
        return known_door(&mut db, door).await;
    }
    let used = match rule.quota {
        Some(_) => store::used(&mut db, delivery.project).await?,
        None => 0,
    };
    let limits = Limits {
        file: rule.file_limit,
        free: rule.quota.map(|quota| quota.saturating_sub(used)),
    };
    if let Some(size) = delivery.file.size {
        limits.allow(size)?;
    }
    Ok(Door::Open(Admission {
        form: said.form,
        room,
        conference_number,
        title: said.title,
        most: delivery.file.size.unwrap_or(u64::MAX).min(limits.most()),
        project: delivery.project,
        quota: rule.quota,
        limits,
    }))
}

async fn known_door(
    db: &mut sqlx::PgConnection,
    file: crate::files::FileId,
) -> Result<Door, Error> {
    let delivered = store::delivered(db, file).await?;
    Ok(Door::Known(delivered.ok_or(Error::NotFound("file"))?))
}

/// The file's id if it is known to be the one that is delivered; None if only its bytes can tell.
fn judge(known: &KnownFile, file: &AboutFile) -> Result<Option<crate::files::FileId>, Error> {
    if known.is_deleted {
        return Err(deleted());
    }
    let has_size = file
        .size
        .is_none_or(|size| i64::try_from(size) == Ok(known.size_bytes));
    let has_digest = file.sha256.map(|sha256| sha256[..] == known.sha256[..]);
    match (has_size, has_digest) {
        (false, _) | (_, Some(false)) => Err(Error::Conflict(CONFLICT.to_owned())),
        (true, Some(true)) => Ok(Some(known.id)),
        (true, None) => Ok(None),
    }
}

pub(super) fn deleted() -> Error {
    Error::Gone("the file was deleted from the vault, and stays deleted")
}

/// What is said, if it may be said.
struct Sound {
    form: Form,
    title: Option<String>,
}

fn check(delivery: &Delivery) -> Result<Sound, Error> {
    let mut problems = Vec::new();
    let mut complain = |field: &str, message: String| {
        problems.push(Problem {
            field: field.to_owned(),
            message,
        });
    };
    let file = &delivery.file;
    let form = names::check_text(&file.name)
        .and_then(|()| match file.kind {
            Some(kind) => kind.content_type_of(&file.name).map(|of| (kind, of)),
            None => FileKind::classify(&file.name),
        })
        .map_err(|reason| complain("name", reason.to_owned()));
    for (field, name) in [
        ("room", &delivery.session.room),
        ("conference_number", &delivery.session.conference_number),
    ] {
        if let Some(name) = name
            && let Err(reason) = names::check_text(name)
        {
            complain(field, reason.to_owned());
        }
    }
    if let Some(id) = &delivery.external_id
        && (id.is_empty() || id.len() > MAX_EXTERNAL_ID || id.contains('\0'))
    {
        complain(
            "external_id",
            format!("it has 1 to {MAX_EXTERNAL_ID} bytes, and no NUL"),
        );
    }
    let (begin, end) = (delivery.session.started_at, delivery.session.ended_at);
    for (field, moment) in [("started_at", begin), ("ended_at", end)] {
        if moment.is_some_and(|moment| !YEARS.contains(&moment.year())) {
            let message = format!("it is in a year from {} to {}", YEARS.start, YEARS.end - 1);
            complain(field, message);
        }
    }
    if let (Some(begin), Some(end)) = (begin, end)
        && end < begin
    {
        complain("ended_at", "it is before the session's start".to_owned());
    }
    let title = match Description::parse(delivery.session.title.as_deref().unwrap_or(""), "") {
        Ok(description) => description.title,
        Err(Error::Invalid(of_title)) => {
            for problem in of_title {
                complain(&problem.field, problem.message);
            }
            None
        }
        Err(error) => return Err(error),
    };
    match form {
        Ok((kind, content_type)) if problems.is_empty() => Ok(Sound {
            form: Form {
                name: file.name.clone(),
                kind,
                content_type,
                is_secure: file.is_secure,
            },
            title,
        }),
        _ => Err(Error::Invalid(problems)),
    }
}

/// Room and conference number: as said; else as the same recording had them before; else made up.
fn place_of(
    delivery: &Delivery,
    before: Option<(String, String)>,
    now: DateTime<Utc>,
) -> (String, String) {
    let (room, conference_number) = before.unzip();
    let said = &delivery.session;
    let conference_number = said
        .conference_number
        .clone()
        .or(conference_number)
        .unwrap_or_else(|| match &delivery.external_id {
            Some(id) if names::check_text(id).is_ok() => id.clone(),
            Some(id) => {
                use std::fmt::Write as _;
                let sum = Sha256::digest(id);
                sum[..16].iter().fold(String::new(), |mut text, byte| {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{byte:02x}");
                    text
                })
            }
            None => {
                let at = said.started_at.unwrap_or(now).format("%Y%m%d-%H%M%S");
                format!("{at}-{:06x}", rand::random::<u32>() & 0xff_ffff)
            }
        });
    let room =
        said.room.clone().or(room).unwrap_or_else(|| {
            names::tidy(&delivery.source).unwrap_or_else(|| "upload".to_owned())
        });
    (room, conference_number)
}
