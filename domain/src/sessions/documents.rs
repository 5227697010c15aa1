//! What is read of each session so that it is found: its own texts, the names of who took part, chat and captions.
//!
//! Read as the session's page reads them; a file that makes no sense adds nothing, and fails nothing. What is in the
//! trash or deleted is not read: the database forgets a session's words as soon as one of these files is put there.

use sqlx::PgConnection;

use super::metadata::{self, Metadata, read_metadata};
use super::script::{self, Script, read_captions, read_chat};
use super::{SessionId, words};
use crate::background::More;
use crate::files::vault::Vault;
use crate::files::{FileId, FileKind};
use crate::{Backend, Error};

/// Sessions of one step.
const STEP: i64 = 20;

/// Reads some sessions whose words are not known yet. Background work.
pub async fn read_some(backend: &Backend) -> Result<More, Error> {
    let mut tx = backend.db.begin().await?;
    let sessions = due(&mut tx).await?;
    for session in &sessions {
        let vault = backend.vault.clone();
        let (own, files) = (session.own.clone(), texts_of(&mut tx, session.id).await?);
        // What cannot be had leaves the session with its own words: better found by some than by none.
        let words = tokio::task::spawn_blocking(move || read(&vault, &own, &files))
            .await
            .map_err(Error::internal)?;
        store(&mut tx, session.id, &words).await?;
    }
    tx.commit().await?;
    Ok(if i64::try_from(sessions.len()) == Ok(STEP) {
        More::Now
    } else {
        More::Later
    })
}

fn read(vault: &Vault, own: &[String], files: &[(FileId, FileKind)]) -> Vec<String> {
    let mut texts = own.to_vec();
    for &(file, kind) in files {
        let most = match kind {
            FileKind::Metadata => metadata::MAX_BYTES,
            _ => script::MAX_BYTES,
        };
        match vault.beginning(file, most) {
            Ok((bytes, is_cut)) => texts.extend(texts_in(kind, &bytes, is_cut)),
            Err(error) => {
                tracing::warn!(%file, %error, "a file cannot be read for the words of its session");
            }
        }
    }
    words::of(texts.iter().map(String::as_str))
        .into_iter()
        .collect()
}

/// What a file says and of whom, as the page of its session shows it.
fn texts_in(kind: FileKind, bytes: &[u8], is_cut: bool) -> Vec<String> {
    match kind {
        FileKind::Chat => said(read_chat(bytes, is_cut)),
        FileKind::Captions => said(read_captions(bytes, is_cut)),
        FileKind::Metadata if !is_cut => read_metadata(bytes).map(told).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn said(script: Script) -> Vec<String> {
    script
        .lines
        .into_iter()
        .flat_map(|line| [line.from, line.text])
        .collect()
}

fn told(metadata: Metadata) -> Vec<String> {
    let people = metadata.participants.into_iter().map(|person| person.name);
    let others = metadata.events.into_iter().filter_map(|event| event.name);
    metadata
        .room_name
        .into_iter()
        .chain(people)
        .chain(others)
        .collect()
}

struct Due {
    id: SessionId,
    own: Vec<String>,
}

async fn due(db: &mut PgConnection) -> Result<Vec<Due>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: SessionId", array[room, conference_number, coalesce(title, '')] || tags as "own!"
        from sessions
        where document is null
        order by id
        limit $1
        for update skip locked
        "#,
        STEP
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Due {
            id: row.id,
            own: row.own,
        })
        .collect())
}

/// What has words and can be opened: names before lines, of which there may be too many to keep.
async fn texts_of(
    db: &mut PgConnection,
    session: SessionId,
) -> Result<Vec<(FileId, FileKind)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: FileId", kind as "kind: FileKind"
        from files
        where session_id = $1 and kind in ('metadata', 'chat', 'captions') and trashed_at is null
        order by array_position(array['metadata', 'chat', 'captions'], kind), name
        "#,
        session as SessionId
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.kind)).collect())
}

async fn store(
    db: &mut PgConnection,
    session: SessionId,
    words: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sessions set document = array_to_tsvector($2) where id = $1",
        session as SessionId,
        words
    )
    .execute(db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_and_who_took_part_is_found_and_the_rest_is_left() {
        let texts = |kind, bytes: &str, is_cut| {
            let mut texts = texts_in(kind, bytes.as_bytes(), is_cut);
            texts.retain(|text| !text.is_empty());
            texts
        };
        let chat = r#"{"messages": [{ "id": "secret-id", "sender": { "name": "Bo" }, "text": "The budget" }]}"#;
        assert_eq!(texts(FileKind::Chat, chat, false), ["Bo", "The budget"]);
        let cues =
            "WEBVTT\n\nNOTE hidden\n\n1\n00:01.000 --> 00:02.000\n<v Ana>Good <i>morning</i>\n";
        assert_eq!(
            texts(FileKind::Captions, cues, false),
            ["Ana", "Good morning"]
        );
        let metadata = r#"{"room_name": "Care", "participants": ["Zoë", { "displayName": "Ana", "joined": "2026-11-21" }]}"#;
        assert_eq!(
            texts(FileKind::Metadata, metadata, false),
            ["Care", "Zoë", "Ana"]
        );
        assert!(texts(FileKind::Metadata, metadata, true).is_empty());
        for broken in ["", "{", "\0", "[1, 2"] {
            assert!(texts(FileKind::Metadata, broken, false).is_empty());
            assert!(texts(FileKind::Captions, broken, false).is_empty());
        }
    }
}
