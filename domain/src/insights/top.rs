//! The files with most downloads in a period, without going through all of a year's files.
//!
//! The order: downloads in the period, then downloads since ever, then ids. A period with few downloads is summed up
//! file by file. Otherwise the files are taken by their downloads since ever, from the top: nothing further down can
//! have more in the period than since ever, so the search ends as soon as that is too little.

use sqlx::PgConnection;

use super::store::read::{self, Of, Ranked};
use super::{Period, TOP_FILES, TopFile};
use crate::Error;

/// Downloads of a period that are summed up file by file.
const FEW: u64 = 50_000;
/// Files that are looked at in one query on the way down.
const STEP: i64 = 500;
/// Files that are looked at in all. Only where hundreds of thousands of files have as few downloads in the period as
/// the tenth does the search end here, and then one of as few may stand in another's place.
const MOST_LOOKED_AT: usize = 10_000;
/// Downloads of a file that are looked at for their callers.
const MOST_CALLERS: i64 = 10_000;

/// `downloads` is how many there are in the period.
pub(super) async fn files(
    db: &mut PgConnection,
    of: Of,
    period: Period,
    downloads: u64,
) -> Result<Vec<TopFile>, Error> {
    let (first, last) = (period.first(), period.last());
    let ranked = if downloads <= FEW {
        read::most_of_all(db, of, first, last, TOP_FILES).await?
    } else {
        from_the_top(db, of, period).await?
    };
    let mut files = read::files(db, of.account, &ranked, first, last, MOST_CALLERS).await?;
    files.sort_by_key(|file| ranked.iter().position(|one| one.file == file.file));
    Ok(files)
}

async fn from_the_top(db: &mut PgConnection, of: Of, period: Period) -> Result<Vec<Ranked>, Error> {
    let size = usize::try_from(TOP_FILES).unwrap_or(usize::MAX);
    let mut best: Vec<Ranked> = Vec::new();
    let (mut after, mut looked_at) = (None, 0);
    loop {
        let next = read::next_most(db, of, period.first(), period.last(), after, STEP).await?;
        let end = next.last().copied();
        looked_at += next.len();
        let is_last = i64::try_from(next.len()) != Ok(STEP);
        best.extend(next.into_iter().filter(|one| one.downloads > 0));
        best.sort_by_key(|one| (-one.downloads, -one.ever, one.file));
        best.truncate(size);
        let is_decided = best.len() == size
            && best
                .last()
                .zip(end)
                .is_some_and(|(tenth, end)| end.ever <= tenth.downloads);
        if is_last || is_decided || looked_at >= MOST_LOOKED_AT {
            return Ok(best);
        }
        after = end;
    }
}
