//! What narrows the report, as conditions on `sessions s`.

use sqlx::{Postgres, QueryBuilder};

use crate::accounts::AccountId;
use crate::projects::ProjectId;
use crate::sessions::{SessionFilter, words};

pub(super) fn push_filter(
    query: &mut QueryBuilder<Postgres>,
    account: AccountId,
    filter: &SessionFilter,
) {
    push_scope(query, account, filter);
    push_time(query, filter);
    push_kinds(query, filter);
    push_text(query, filter);
}

/// The sessions of the account, or of one project of it; of one room or conference, where these are named. A project's
/// own indexes do not have the account, so that it is the account's is asked once and not of each row.
pub(super) fn push_scope(
    query: &mut QueryBuilder<Postgres>,
    account: AccountId,
    filter: &SessionFilter,
) {
    if let Some(project) = filter.project {
        query
            .push("exists (select from projects own where own.id = ")
            .push_bind::<ProjectId>(project)
            .push(" and own.account_id = ")
            .push_bind(account)
            .push(") and s.project_id = ")
            .push_bind::<ProjectId>(project);
    } else {
        query.push("s.account_id = ").push_bind(account);
    }
    if let Some(room) = &filter.room {
        query.push(" and s.room = ").push_bind(room.clone());
    }
    if let Some(number) = &filter.conference_number {
        query
            .push(" and s.conference_number = ")
            .push_bind(number.clone());
    }
}

pub(super) fn push_time(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter) {
    if let Some(from) = filter.from {
        query.push(" and s.started_at >= ").push_bind(from);
    }
    if let Some(until) = filter.until {
        query.push(" and s.started_at < ").push_bind(until);
    }
}

pub(super) fn push_kinds(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter) {
    if !filter.kinds.is_empty() {
        query
            .push(" and s.kinds = any(")
            .push_bind(sets_of(filter))
            .push(")");
    }
}

/// Every set of kinds that has one of the chosen: the indexes on sets then find them.
pub(super) fn sets_of(filter: &SessionFilter) -> Vec<i16> {
    let chosen = filter.kinds.iter().fold(0, |set, kind| set | kind.bit());
    let every = 0..=i16::from(u8::MAX >> 1);
    every.filter(|set| set & chosen != 0).collect()
}

/// A part of the label, or every word at the beginning of a word of the document.
pub(super) fn push_text(query: &mut QueryBuilder<Postgres>, filter: &SessionFilter) {
    let Some(text) = &filter.text else { return };
    query.push(" and (");
    push_label(query, text);
    if let Some(words) = words::query(text) {
        query.push(" or ");
        push_document(query, words);
    }
    query.push(")");
}

pub(super) fn push_label(query: &mut QueryBuilder<Postgres>, text: &str) {
    let pattern = format!(
        "%{}%",
        text.replace('\\', r"\\")
            .replace('%', r"\%")
            .replace('_', r"\_")
    );
    query
        .push("s.label like folded(")
        .push_bind(pattern)
        .push(")");
}

pub(super) fn push_document(query: &mut QueryBuilder<Postgres>, words: String) {
    query
        .push("s.document @@ ")
        .push_bind(words)
        .push("::tsquery");
}
