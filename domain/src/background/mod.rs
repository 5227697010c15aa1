//! Background work: what has to happen now and then, on whichever process gets to it, once.
//!
//! A piece of work is a row. Who takes it holds the row's lock while working, so no other process can; a process that
//! dies lets go of it at once, and the next one begins anew. Work is therefore idempotent, and goes in small steps.

mod nudges;
mod store;

use std::pin::Pin;
use std::time::Duration;

use chrono::TimeDelta;

pub use self::nudges::News;
pub(crate) use self::nudges::Nudges;
use crate::{Backend, Error};

/// What a piece of work does: it says whether there is more to do right away.
pub type Work = fn(&Backend) -> Pin<Box<dyn Future<Output = Result<More, Error>> + Send + '_>>;

/// Whether a piece of work has done all there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// One step was done and others wait: no reason to pause.
    Now,
    /// Nothing is left until its next turn.
    Later,
}

/// A piece of background work.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// Its row, and what the log says.
    pub name: &'static str,
    /// From its end to its next turn.
    pub every: Duration,
    /// What makes it look before others would.
    pub woken_by: Option<News>,
    pub work: Work,
}

/// After a failure: soon, and no oftener than this.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(1);

/// What came of asking for a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Not due, or another process is at it.
    NotNow,
    Done(More),
}

/// Does the work if it is due and nobody else is at it.
pub async fn take_turn(backend: &Backend, job: &Job) -> Result<Turn, Error> {
    // Outside the transaction: another process must not wait for the row that this one has just made.
    store::insert(
        &mut *backend.db.acquire().await?,
        job.name,
        backend.clock.now(),
    )
    .await?;
    let mut tx = backend.db.begin().await?;
    if !store::lock_if_due(&mut tx, job.name, backend.clock.now()).await? {
        return Ok(Turn::NotNow);
    }
    let done = (job.work)(backend).await;
    let now = backend.clock.now();
    let pause = match &done {
        Ok(More::Now) => TimeDelta::zero(),
        Ok(More::Later) => TimeDelta::from_std(job.every).unwrap_or(TimeDelta::MAX),
        Err(_) => RETRY_AFTER,
    };
    let failure = done.as_ref().err().map(ToString::to_string);
    store::update(&mut tx, job.name, now + pause, now, failure.as_deref()).await?;
    tx.commit().await?;
    done.map(Turn::Done)
}
