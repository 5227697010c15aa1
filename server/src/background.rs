//! All background work, and the loop that gives each piece its turns in this process.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::background::{Job, More, News, Turn, take_turn};
use domain::files::vault::Swept;
use domain::{
    Backend, Error, access_log, api_secrets, credentials, files, insights, intake, mail,
    password_resets, sessions, sign_ins, uploads, webhooks,
};
use tokio::sync::Semaphore;
use tokio::sync::futures::Notified;
use tokio::task::JoinSet;

use crate::operations::Metrics;

/// A piece of work that another process had last is noticed this late at most.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Where something happened, more often follows: one turn does for all of it.
const GATHERED_FOR: Duration = Duration::from_millis(100);

/// Who used a credential is in the database this late at most.
const WRITE_CALLERS_EVERY: Duration = Duration::from_secs(1);

/// Every piece there is.
pub const JOBS: &[Job] = &[
    Job {
        name: "read what sessions are found by",
        every: Duration::from_mins(1),
        woken_by: Some(News::Files),
        work: |backend| Box::pin(sessions::documents::read_some(backend)),
    },
    Job {
        name: "make pictures of sessions",
        every: Duration::from_mins(1),
        woken_by: Some(News::Files),
        work: |backend| Box::pin(sessions::posters::make_one(backend)),
    },
    Job {
        name: "delete old access passwords",
        every: Duration::from_mins(1),
        woken_by: None,
        work: |backend| {
            Box::pin(async {
                let count = credentials::jobs::delete_what_is_over(backend).await?;
                if count > 0 {
                    tracing::info!(count, "old access passwords were deleted at their end");
                }
                Ok(More::Later)
            })
        },
    },
    Job {
        name: "delete expired sign-ins",
        every: Duration::from_hours(1),
        woken_by: None,
        work: |backend| {
            Box::pin(async {
                let count = sign_ins::actions::delete_expired(backend).await?;
                if count > 0 {
                    tracing::debug!(count, "expired sign-ins were removed");
                }
                Ok(More::Later)
            })
        },
    },
    Job {
        name: "forget answers to repeated requests",
        every: Duration::from_mins(15),
        woken_by: None,
        work: |backend| {
            Box::pin(async {
                api_secrets::replays::delete_old(backend).await?;
                Ok(More::Later)
            })
        },
    },
    Job {
        name: "answer password reset requests",
        // At each look: it is woken when there is one.
        every: Duration::ZERO,
        woken_by: Some(News::ResetRequests),
        work: |backend| Box::pin(password_resets::actions::answer_request(backend)),
    },
    Job {
        name: "send mail",
        every: Duration::ZERO,
        woken_by: Some(News::Letters),
        work: |backend| Box::pin(mail::outbox::send_next(backend)),
    },
    Job {
        name: "make the access log's next months",
        every: Duration::from_hours(6),
        woken_by: None,
        work: |backend| {
            Box::pin(async {
                access_log::actions::make_months(backend).await?;
                Ok(More::Later)
            })
        },
    },
    Job {
        name: "sum up days for the overview",
        // At each look: people wait for what they just did to show.
        every: Duration::ZERO,
        woken_by: Some(News::Files),
        work: |backend| Box::pin(insights::counting::count_some(backend)),
    },
    Job {
        name: "judge the completeness of sessions",
        every: Duration::from_mins(1),
        woken_by: Some(News::Files),
        work: |backend| Box::pin(insights::judging::judge_some(backend)),
    },
    Job {
        name: "move expired files to the trash",
        every: Duration::from_mins(15),
        woken_by: None,
        work: |backend| Box::pin(files::jobs::discard_expired(backend)),
    },
    Job {
        name: "delete what was in the trash for 30 days",
        every: Duration::from_mins(15),
        woken_by: None,
        work: |backend| Box::pin(files::jobs::delete_discarded(backend)),
    },
    Job {
        name: "remove expired uploads",
        every: Duration::from_mins(15),
        woken_by: None,
        work: |backend| Box::pin(uploads::jobs::expire(backend)),
    },
    Job {
        name: "announce files that expire soon",
        every: Duration::from_mins(15),
        woken_by: None,
        work: |backend| Box::pin(webhooks::expiring::announce_some(backend)),
    },
    Job {
        name: "forget old webhook deliveries",
        every: Duration::from_hours(1),
        woken_by: None,
        work: |backend| Box::pin(webhooks::log::forget_old(backend)),
    },
    Job {
        name: "tell of recordings that could not be fetched",
        every: Duration::from_mins(5),
        woken_by: None,
        work: |backend| Box::pin(intake::notices::tell_next(backend)),
    },
    Job {
        name: "delete old events of senders",
        every: Duration::from_hours(6),
        woken_by: None,
        work: |backend| Box::pin(intake::receiving::delete_old_events(backend)),
    },
    Job {
        name: "sweep the vault",
        every: Duration::from_hours(1),
        woken_by: None,
        work: |backend| {
            Box::pin(async {
                let swept = backend
                    .vault
                    .sweep(&backend.db)
                    .await
                    .map_err(Error::internal)?;
                if swept != Swept::default() {
                    tracing::info!(
                        runs = swept.runs,
                        objects = swept.objects,
                        "what stopped processes left was removed"
                    );
                }
                Ok(More::Later)
            })
        },
    },
];

/// Works until the returned set is dropped.
pub fn start(backend: &Backend, metrics: &Metrics) -> JoinSet<()> {
    let mut working = JoinSet::new();
    working.spawn(domain::recent::listen(backend.clone()));
    // Not a piece of work that one process does for all: deliveries are leased one by one.
    working.spawn(webhooks::delivery::work(backend.clone()));
    // A turn holds one connection and works with another. At the start all are due at once: with every connection held
    // by a turn, none would get the other one.
    let connections = backend.db.options().get_max_connections();
    let turns = Arc::new(Semaphore::new((connections as usize / 3).max(1)));
    for job in JOBS {
        let (backend, metrics, turns) = (backend.clone(), metrics.clone(), Arc::clone(&turns));
        working.spawn(async move {
            loop {
                // Before the turn, so that what comes during it is not missed.
                let nudged = job.woken_by.map(|news| backend.nudged(news));
                let Ok(permit) = turns.acquire().await else {
                    return;
                };
                let is_more = turn(&backend, &metrics, job).await;
                drop(permit);
                if !is_more {
                    pause(nudged).await;
                }
            }
        });
    }
    // Each is leased, so that a slow one does not keep the others waiting: several of a kind in every process, and none
    // of them takes the workers of another kind.
    for (count, work) in INTAKE {
        for _ in 0..count {
            working.spawn(take_in(backend.clone(), metrics.clone(), work));
        }
    }
    // Not a piece of work that one process does for all: each has notes of its own.
    let backend = backend.clone();
    working.spawn(async move {
        loop {
            tokio::time::sleep(WRITE_CALLERS_EVERY).await;
            if let Err(error) = credentials::callers::write_down(&backend).await {
                tracing::warn!(%error, "callers could not be written down and will be later");
            }
            if let Err(error) = intake::refusals::write_down(&backend).await {
                tracing::warn!(%error, "refused calls of senders could not be counted");
            }
        }
    });
    working
}

/// Until there may be something to do.
async fn pause(nudged: Option<Notified<'_>>) {
    let Some(nudged) = nudged else {
        return tokio::time::sleep(LOOK_EVERY).await;
    };
    if tokio::time::timeout(LOOK_EVERY, nudged).await.is_ok() {
        tokio::time::sleep(GATHERED_FOR).await;
    }
}

/// A step of intake.
type Step = fn(&Backend) -> Pin<Box<dyn Future<Output = Result<More, Error>> + Send + '_>>;

/// How many of each kind one process does at once: files that are fetched, senders that are asked, folders that are
/// looked into.
const INTAKE: [(usize, Step); 3] = [
    (8, |backend| Box::pin(intake::fetching::fetch_next(backend))),
    (4, |backend| Box::pin(intake::polling::ask_next(backend))),
    (2, |backend| Box::pin(intake::polling::look_next(backend))),
];

/// Does one kind of intake, for ever.
async fn take_in(backend: Backend, metrics: Metrics, work: Step) {
    const NAME: &str = "take recordings in";
    loop {
        // Before the work, so that what comes during it is not missed.
        let nudged = backend.nudged(News::Intake);
        match work(&backend).await {
            Ok(More::Now) => metrics.job_done(NAME, true),
            Ok(More::Later) => {
                let _ = tokio::time::timeout(LOOK_EVERY, nudged).await;
            }
            Err(error) => {
                metrics.job_done(NAME, false);
                tracing::warn!(job = NAME, %error, "background work failed and will be tried again");
                // Not at once, whoever nudges: what failed would fail again.
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }
}

/// Whether there is more to do right away.
async fn turn(backend: &Backend, metrics: &Metrics, job: &Job) -> bool {
    match take_turn(backend, job).await {
        Ok(Turn::NotNow) => false,
        Ok(Turn::Done(more)) => {
            metrics.job_done(job.name, true);
            more == More::Now
        }
        Err(error) => {
            metrics.job_done(job.name, false);
            tracing::warn!(job = job.name, %error, "background work failed and will be tried again");
            false
        }
    }
}
