//! The files of certificate and key, looked at again and again: whoever renews them need not tell us.
//!
//! What counts is what is in them, so a rename over the old file, a link that leads elsewhere from now on (certbot) and
//! a copy over it are alike. Two files do not change at once: a change is taken only when it stands still.

use std::sync::Arc;
use std::time::Duration;

use super::pair::{self, Contents, Facts, Pair};
use super::{Tls, config};
use crate::operations::Metrics;

/// How late a new certificate is noticed at most, and how long a change must stand still.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const STAND_STILL: Duration = Duration::from_millis(500);
/// How often somebody is reminded of a certificate at its end.
const REMIND_EVERY: Duration = Duration::from_hours(24);

/// What the files hold, in short, or why they cannot be read.
type State = Result<[u8; 32], String>;

/// What is known of the files.
#[derive(Debug)]
pub struct Follower {
    /// What was judged last.
    judged: State,
    /// What was seen after that, and may still change.
    moving: Option<State>,
    facts: Facts,
}

/// What a look at the files brought.
#[derive(Debug)]
pub enum Seen {
    /// Nothing new.
    Same,
    /// Something new, that must stand still first.
    Moving,
    /// New connections begin with the new certificate.
    Exchanged,
    /// What is there now cannot be used, and why. The one before stays.
    Kept(anyhow::Error),
}

impl Follower {
    pub(super) fn new(contents: &Contents, facts: Facts) -> Self {
        Self {
            judged: Ok(contents.digest()),
            moving: None,
            facts,
        }
    }

    /// Of the certificate in use.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// One look.
    pub fn look(&mut self, tls: &Tls) -> Seen {
        let contents = pair::read(&tls.files);
        let state = match &contents {
            Ok(contents) => Ok(contents.digest()),
            Err(error) => Err(format!("{error:#}")),
        };
        if state == self.judged {
            self.moving = None;
            return Seen::Same;
        }
        if self.moving.as_ref() != Some(&state) {
            self.moving = Some(state);
            return Seen::Moving;
        }
        self.moving = None;
        self.judged = state;
        let taken = contents
            .and_then(|contents| Pair::of(&contents, &tls.files))
            .and_then(|pair| Ok((config(pair.key)?, pair.facts)));
        match taken {
            Ok((config, facts)) => {
                tls.exchange(config);
                self.facts = facts;
                Seen::Exchanged
            }
            Err(error) => Seen::Kept(error),
        }
    }

    /// Looks for as long as the process lives, and tells the log and the metrics.
    pub async fn run(mut self, tls: Arc<Tls>, metrics: Metrics) {
        let mut reminded = tokio::time::Instant::now();
        let mut pause = LOOK_EVERY;
        metrics.certificate(self.facts.ends, false);
        loop {
            tokio::time::sleep(pause).await;
            pause = LOOK_EVERY;
            let looking = Arc::clone(&tls);
            let looked = tokio::task::spawn_blocking(move || {
                let seen = self.look(&looking);
                (self, seen)
            });
            let seen;
            (self, seen) = match looked.await {
                Ok(looked) => looked,
                Err(error) => {
                    // When the process ends, such a task is not finished. Else nobody would follow the files any more.
                    if error.is_panic() {
                        tracing::error!(%error, "the TLS certificate is no longer followed: restart the server");
                    }
                    return;
                }
            };
            match seen {
                Seen::Same => {}
                Seen::Moving => pause = STAND_STILL,
                Seen::Exchanged => {
                    tls.tell(&self.facts, "new connections get a new certificate");
                    metrics.certificate(self.facts.ends, false);
                }
                Seen::Kept(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the new TLS certificate or key cannot be used: the one before stays"
                    );
                    metrics.certificate(self.facts.ends, true);
                }
            }
            if reminded.elapsed() > REMIND_EVERY {
                reminded = tokio::time::Instant::now();
                if let Some(warning) = self.facts.warning_of_age(tls.clock.now()) {
                    tracing::warn!(serial = %self.facts.serial, "{warning}");
                }
            }
        }
    }
}
