//! What is read of each session so that it is found: its own texts, the names of who took part, and the chat.
//!
//! Chat and metadata come in the forms of several services. Whatever stands under a name that means a text or a person
//! is taken, wherever it stands; a file that is no JSON or too large adds nothing, and fails nothing.

use std::io::Read as _;

use serde_json::Value;
use sqlx::PgConnection;

use super::{SessionId, words};
use crate::background::More;
use crate::files::FileId;
use crate::files::vault::Vault;
use crate::{Backend, Error};

/// Sessions of one step.
const STEP: i64 = 20;
/// Bytes of a chat or metadata file that are read at most.
const LARGEST: u64 = 8 * 1024 * 1024;
/// JSON goes no deeper than this.
const DEEPEST: usize = 32;

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

fn read(vault: &Vault, own: &[String], files: &[FileId]) -> Vec<String> {
    let mut texts = own.to_vec();
    for &file in files {
        let mut content = Vec::new();
        let read = vault
            .read(file)
            .and_then(|bytes| bytes.take(LARGEST + 1).read_to_end(&mut content));
        match read {
            Ok(_) if content.len() as u64 <= LARGEST => {
                if let Ok(value) = serde_json::from_slice(&content) {
                    collect(&value, false, 0, &mut texts);
                }
            }
            Ok(_) => tracing::debug!(%file, "a chat or metadata file is too large to be searched"),
            Err(error) => tracing::warn!(%file, %error, "a chat or metadata file cannot be read"),
        }
    }
    words::of(texts.iter().map(String::as_str))
        .into_iter()
        .collect()
}

/// Names under which services put texts and people.
const TELLING: [&str; 16] = [
    "text",
    "message",
    "body",
    "content",
    "name",
    "display_name",
    "displayname",
    "nickname",
    "username",
    "user",
    "sender",
    "from",
    "participant",
    "participants",
    "title",
    "topic",
];

/// Every text under a telling name; a list or object under one passes its name on to bare texts in it.
fn collect(value: &Value, is_telling: bool, depth: usize, texts: &mut Vec<String>) {
    match value {
        _ if depth > DEEPEST => {}
        Value::String(text) if is_telling => texts.push(text.clone()),
        Value::Array(items) => {
            for item in items {
                collect(item, is_telling, depth + 1, texts);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.to_ascii_lowercase();
                collect(field, TELLING.contains(&name.as_str()), depth + 1, texts);
            }
        }
        _ => {}
    }
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

async fn texts_of(db: &mut PgConnection, session: SessionId) -> Result<Vec<FileId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: FileId" from files where session_id = $1 and kind in ('chat', 'metadata')"#,
        session as SessionId
    )
    .fetch_all(db)
    .await
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
    fn texts_and_people_are_found_and_the_rest_is_left() {
        let value = serde_json::json!({
            "id": "secret-id",
            "participants": ["Zoë", { "displayName": "Ana", "joined": "2026-11-21" }],
            "messages": [{ "sender": { "name": "Bo" }, "text": "The budget", "type": "plain" }],
            "count": 3
        });
        let mut texts = Vec::new();
        collect(&value, false, 0, &mut texts);
        texts.sort();
        assert_eq!(texts, ["Ana", "Bo", "The budget", "Zoë"]);
    }

    #[test]
    fn what_is_nested_without_end_ends() {
        let mut value = serde_json::json!({ "text": "deep" });
        for _ in 0..60 {
            value = serde_json::json!({ "in": value });
        }
        let mut texts = Vec::new();
        collect(&value, false, 0, &mut texts);
        assert!(texts.is_empty());
    }
}
