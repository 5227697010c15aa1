//! Reading the figures.

use std::ops::AddAssign;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::store::read::{self, AccessDay, Of, RecordingDay};
use super::{Bucket, Completeness, Figures, GAPS_SHOWN, Overview, Period, Scope, top};
use crate::{Actor, Backend, Error, Permission};

/// The figures of the account, or of one of its projects, in a period; cut by the period's step. Another account's
/// project has none.
pub async fn overview(backend: &Backend, actor: &Actor, scope: &Scope) -> Result<Overview, Error> {
    actor.may(Permission::SeeInsights)?;
    let (period, before) = (scope.period, scope.period.before());
    let (first, last) = (period.first(), period.last());
    let of = Of {
        account: actor.account,
        project: scope.project,
    };
    let mut tx = backend.db.begin().await?;
    read::begin(&mut tx).await?;
    let days = Days {
        stored: read::stored_before(&mut tx, of, before.first()).await?,
        recordings: read::recording_days(&mut tx, of, before.first(), last).await?,
        access: read::access_days(&mut tx, of, before.first(), last).await?,
    };
    let total = days.figures(first, last);
    let top_files = top::files(&mut tx, of, period, total.downloads).await?;
    let refusals = read::refusals(&mut tx, of, first, last).await?;
    let end = start_of(last.succ_opt().unwrap_or(last));
    let with_gaps = read::with_gaps(&mut tx, of, start_of(first), end, GAPS_SHOWN).await?;
    let (counted_at, is_any) = read::state(&mut tx, actor.account).await?;
    tx.commit().await?;
    Ok(Overview {
        period,
        buckets: days.buckets(period.stretches()),
        total,
        before: days.figures(before.first(), before.last()),
        top_files,
        refusals,
        completeness: days.completeness(period),
        with_gaps,
        counted_at,
        is_any,
    })
}

/// The same for each day by itself, for other programs.
pub async fn by_day(backend: &Backend, actor: &Actor, scope: &Scope) -> Result<Vec<Bucket>, Error> {
    actor.may(Permission::SeeInsights)?;
    let (first, last) = (scope.period.first(), scope.period.last());
    let of = Of {
        account: actor.account,
        project: scope.project,
    };
    let mut tx = backend.db.begin().await?;
    read::begin(&mut tx).await?;
    let days = Days {
        stored: read::stored_before(&mut tx, of, first).await?,
        recordings: read::recording_days(&mut tx, of, first, last).await?,
        access: read::access_days(&mut tx, of, first, last).await?,
    };
    tx.commit().await?;
    let each = first.iter_days().take_while(|day| *day <= last);
    Ok(days.buckets(each.map(|day| (day, day)).collect()))
}

fn start_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// What the database has of a stretch of days.
struct Days {
    /// Bytes in the vault when the stretch begins.
    stored: i64,
    recordings: Vec<RecordingDay>,
    access: Vec<AccessDay>,
}

impl Days {
    fn buckets(&self, stretches: Vec<(NaiveDate, NaiveDate)>) -> Vec<Bucket> {
        let bucket = |(first, last)| Bucket {
            first,
            last,
            figures: self.figures(first, last),
        };
        stretches.into_iter().map(bucket).collect()
    }

    fn figures(&self, first: NaiveDate, last: NaiveDate) -> Figures {
        let mut sum = Sum::default();
        for day in &self.recordings {
            if day.day <= last {
                sum.stored += day.stored;
                if day.day >= first {
                    sum.sessions += day.sessions;
                    sum.duration_ms += day.duration_ms;
                }
            }
        }
        for day in self
            .access
            .iter()
            .filter(|day| (first..=last).contains(&day.day))
        {
            sum.downloads += day.downloads;
            sum.delivered += day.delivered;
            sum.refusals += day.refusals;
        }
        sum.figures(self.stored)
    }

    fn completeness(&self, period: Period) -> Completeness {
        let mut all = Completeness::default();
        let within = period.first()..=period.last();
        for day in self
            .recordings
            .iter()
            .filter(|day| within.contains(&day.day))
        {
            add(&mut all.sessions, day.sessions);
            add(&mut all.judged, day.judged);
            add(&mut all.incomplete, day.incomplete);
            add(&mut all.without_recording, day.without_recording);
            add(&mut all.without_track, day.without_track);
            add(&mut all.without_chat, day.without_chat);
            add(&mut all.without_metadata, day.without_metadata);
        }
        all
    }
}

#[derive(Default)]
struct Sum {
    sessions: i64,
    duration_ms: i64,
    stored: i64,
    downloads: i64,
    delivered: i64,
    refusals: i64,
}

impl Sum {
    fn figures(&self, stored_before: i64) -> Figures {
        Figures {
            sessions: positive(self.sessions),
            duration_ms: positive(self.duration_ms),
            stored: positive(stored_before + self.stored),
            downloads: positive(self.downloads),
            delivered: positive(self.delivered),
            refusals: positive(self.refusals),
        }
    }
}

fn add(sum: &mut impl AddAssign<u64>, of_day: i64) {
    sum.add_assign(positive(of_day));
}

/// Sums of what is there are never below zero.
fn positive(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}
