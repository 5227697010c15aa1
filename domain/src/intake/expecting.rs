//! Expecting files: each once, and no more in a day than a sender can mean.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::redaction::redact_text;
use super::senders::Expected;
use super::store::items::{self, Batch};
use super::{ItemId, SourceId};
use crate::{Backend, Error, Secret};

/// Files that one event announces at most.
pub(super) const OF_AN_EVENT: usize = 1_000;
/// Files that are written down in one transaction.
pub(super) const AT_ONCE: usize = 500;
/// New files of one source in 24 hours: a row and some attempts for each, which others wait for.
pub(super) const IN_A_DAY: i64 = 10_000;
/// What a file's address is sealed for.
pub(super) const ADDRESS: &str = "intake address";

pub(super) fn address_owner(source: SourceId, external_id: &str, name: &str) -> String {
    format!("{source}/{external_id}/{name}")
}

/// Expects files, in this transaction. How many were left out because there are too many of the day already.
pub(super) async fn expect(
    backend: &Backend,
    tx: &mut PgConnection,
    source: SourceId,
    files: &[Expected],
    is_news: bool,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    let mut files = distinct(files);
    let ids: Vec<String> = files.iter().map(|file| file.external_id.clone()).collect();
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let known = items::known_items(tx, source, &ids, &names).await?;
    let of_today = items::count_since(tx, source, now - TimeDelta::hours(24)).await?;
    let mut room = IN_A_DAY - of_today;
    let all = files.len();
    files.retain(|file| {
        if known.contains(&(file.external_id.clone(), file.name.clone())) {
            return true;
        }
        room -= 1;
        room >= 0
    });
    let left_out = all - files.len();
    if files.is_empty() {
        return Ok(left_out);
    }
    let mut batch = Batch::default();
    for file in files {
        let sealed = file.address.as_ref().map(|address| {
            let owner = address_owner(source, &file.external_id, &file.name);
            let address = Secret::new(address.as_str());
            backend.master_key.seal(ADDRESS, &owner, &address)
        });
        batch.push(ItemId::new(now), file, sealed);
    }
    items::insert_items(tx, source, &batch, is_news, now).await?;
    Ok(left_out)
}

/// Made fit for the database; of those that are the same the last counts.
fn distinct(files: &[Expected]) -> Vec<Expected> {
    let mut places: HashMap<_, usize> = HashMap::new();
    let mut found: Vec<Expected> = Vec::with_capacity(files.len());
    for file in files {
        let mut file = file.clone();
        for text in [
            &mut file.external_id,
            &mut file.name,
            &mut file.room,
            &mut file.conference_number,
        ] {
            *text = fit(text);
        }
        file.path = file.path.map(|path| clean(&path));
        let key = (file.external_id.clone(), file.name.clone());
        if let Some(&at) = places.get(&key) {
            found[at] = file;
        } else {
            places.insert(key, found.len());
            found.push(file);
        }
    }
    found
}

/// What people see of it: without what was secret in it (X16).
pub(super) fn fit(text: &str) -> String {
    clean(&redact_text(text))
}

/// Texts of senders are of any length and may hold NUL, which the database cannot.
fn clean(text: &str) -> String {
    const MOST: usize = 500;
    text.chars()
        .filter(|&character| character != '\0')
        .take(MOST)
        .collect()
}
