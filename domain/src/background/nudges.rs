//! What wakes background work in the process in which something happened. Other processes look now and then.

use tokio::sync::Notify;

/// What there is to do, so that only those look who can do it: a file that comes in would otherwise make all of them ask
/// the database, some hundred times a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A letter was put into the outbox.
    Letters,
    /// Somebody forgot the account password.
    ResetRequests,
    /// A file came in.
    Files,
    /// Events wait to become deliveries.
    Events,
    /// Deliveries wait to be sent.
    Deliveries,
    /// A source was changed, or expects something.
    Intake,
}

/// Who waits for which news.
#[derive(Debug, Default)]
pub(crate) struct Nudges {
    letters: Notify,
    reset_requests: Notify,
    files: Notify,
    events: Notify,
    deliveries: Notify,
    intake: Notify,
}

impl Nudges {
    pub(crate) const fn of(&self, news: News) -> &Notify {
        match news {
            News::Letters => &self.letters,
            News::ResetRequests => &self.reset_requests,
            News::Files => &self.files,
            News::Events => &self.events,
            News::Deliveries => &self.deliveries,
            News::Intake => &self.intake,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[test]
    fn news_wake_those_who_wait_for_them_and_nobody_else() {
        let all = [
            News::Letters,
            News::ResetRequests,
            News::Files,
            News::Events,
            News::Deliveries,
            News::Intake,
        ];
        for news in all {
            let nudges = Nudges::default();
            let waiting = all.map(|one| (one, nudges.of(one).notified()));
            nudges.of(news).notify_waiters();
            for (one, notified) in waiting {
                assert_eq!(pin!(notified).enable(), one == news, "{news:?}, {one:?}");
            }
        }
    }
}
