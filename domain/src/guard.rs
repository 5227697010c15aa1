//! Guessing: how many wrong passwords an address and a name may cost before they are told to wait.
//!
//! - Each guess takes a token from the address and one from the name; a right one gives both back.
//! - The name's budget is large, so that a stranger cannot lock somebody out cheaply; and a network that was
//!   right before has a budget of its own, which strangers cannot spend (R037, R038).
//! - It answers, it never sleeps (R046).
//! - State lives in memory, bounded, one for each process: a restart forgets it, and N processes allow N times
//!   as much. docs/decisions says why.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;

use crate::{Clock, Error};

/// Budgets: guesses at once, and guesses per second that grow back.
#[derive(Debug, Clone, Copy)]
pub struct GuardSettings {
    pub address_burst: f64,
    pub address_per_second: f64,
    pub name_burst: f64,
    pub name_per_second: f64,
}

impl GuardSettings {
    /// Of mails that strangers ask for: three at once, then one each 21 minutes from one caller and one each 83 minutes
    /// to one address (R032), as Matrix Authentication Service has it.
    const MAILS: Self = Self {
        address_burst: 3.0,
        address_per_second: 0.0008,
        name_burst: 3.0,
        name_per_second: 0.0002,
    };
}

impl Default for GuardSettings {
    fn default() -> Self {
        // One wrong guess each 20 seconds from one address; 1,800 and one each 2 seconds for one name from
        // everywhere together, as Matrix Authentication Service has it.
        Self {
            address_burst: 10.0,
            address_per_second: 0.05,
            name_burst: 1_800.0,
            name_per_second: 0.5,
        }
    }
}

/// What is being guessed. Access passwords and account passwords have budgets of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    AccountPassword,
    AccessPassword,
    /// An access password in the form that tests one.
    TestedPassword,
    SetUpCode,
    /// A code of an authenticator app; what members may spend of these is counted in the database as well.
    SecondFactor,
    RecoveryCode,
    /// A secret of the APIs.
    ApiSecret,
    /// A token of a service account.
    ServiceAccountToken,
    /// Not a guess, but a mail that a stranger makes us send.
    PasswordResetMail,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(Purpose, IpAddr),
    Name(Purpose, String),
    /// A name as guessed from a network that was right before.
    Known(Purpose, String, IpAddr),
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: DateTime<Utc>,
}

type SharedBucket = Arc<Mutex<Bucket>>;

/// Cheap to clone; clones share their budgets.
#[derive(Debug, Clone)]
pub struct Guard {
    settings: GuardSettings,
    clock: Clock,
    buckets: Cache<Key, SharedBucket>,
    known: Cache<(Purpose, String, IpAddr), ()>,
}

/// A guess that was let through. Dropped, it has cost its tokens; `right` gives them back.
#[derive(Debug)]
pub(crate) struct Guess<'a> {
    guard: &'a Guard,
    purpose: Purpose,
    name: String,
    network: IpAddr,
    taken: Vec<SharedBucket>,
}

impl Guard {
    /// Entries at most in each table: about 30 MB when full (R045).
    const CAPACITY: u64 = 200_000;

    pub fn new(settings: GuardSettings, clock: Clock) -> Self {
        let day = Duration::from_hours(24);
        Self {
            settings,
            clock,
            buckets: Cache::builder()
                .max_capacity(Self::CAPACITY)
                .time_to_idle(day)
                .build(),
            known: Cache::builder()
                .max_capacity(Self::CAPACITY)
                .time_to_idle(30 * day)
                .build(),
        }
    }

    /// Takes the tokens for one guess, before any hashing (R039).
    pub(crate) fn admit(
        &self,
        purpose: Purpose,
        name: &str,
        address: IpAddr,
    ) -> Result<Guess<'_>, Error> {
        let network = network_of(address);
        let name = name.chars().take(320).collect::<String>();
        let s = match purpose {
            Purpose::PasswordResetMail => GuardSettings::MAILS,
            _ => self.settings,
        };
        let keys = if self.known.contains_key(&(purpose, name.clone(), network)) {
            vec![(
                Key::Known(purpose, name.clone(), network),
                s.address_burst,
                s.address_per_second,
            )]
        } else {
            vec![
                (
                    Key::Address(purpose, network),
                    s.address_burst,
                    s.address_per_second,
                ),
                (
                    Key::Name(purpose, name.clone()),
                    s.name_burst,
                    s.name_per_second,
                ),
            ]
        };
        let mut guess = Guess {
            guard: self,
            purpose,
            name,
            network,
            taken: Vec::new(),
        };
        for (key, burst, per_second) in keys {
            let bucket = self.buckets.get_with(key, || {
                Arc::new(Mutex::new(Bucket {
                    tokens: burst,
                    filled_at: self.clock.now(),
                }))
            });
            match take(&bucket, burst, per_second, self.clock.now()) {
                Ok(()) => guess.taken.push(bucket),
                Err(retry_after) => {
                    guess.give_back();
                    return Err(Error::Throttled { retry_after });
                }
            }
        }
        Ok(guess)
    }
}

impl Guard {
    /// Counts a guess by its address alone, for what has no name to guess at.
    pub(crate) fn admit_from(&self, purpose: Purpose, address: IpAddr) -> Result<(), Error> {
        let s = self.settings;
        let bucket = self
            .buckets
            .get_with(Key::Address(purpose, network_of(address)), || {
                Arc::new(Mutex::new(Bucket {
                    tokens: s.address_burst,
                    filled_at: self.clock.now(),
                }))
            });
        take(
            &bucket,
            s.address_burst,
            s.address_per_second,
            self.clock.now(),
        )
        .map_err(|retry_after| Error::Throttled { retry_after })
    }

    /// How long a guess would have to wait; None if it would be let through. Takes nothing.
    pub(crate) fn wait_of(
        &self,
        purpose: Purpose,
        name: &str,
        address: IpAddr,
    ) -> Option<Duration> {
        match self.admit(purpose, name, address) {
            Ok(guess) => {
                guess.void();
                None
            }
            Err(Error::Throttled { retry_after }) => Some(retry_after),
            Err(_) => None,
        }
    }
}

impl Guess<'_> {
    /// The guess was right: its tokens return, and this network is known for this name from now on, with its
    /// whole budget (R043).
    pub(crate) fn right(mut self) {
        self.give_back();
        let name = std::mem::take(&mut self.name);
        self.guard
            .buckets
            .invalidate(&Key::Known(self.purpose, name.clone(), self.network));
        self.guard
            .known
            .insert((self.purpose, name, self.network), ());
    }

    /// Nothing was guessed after all: the check itself could not be made.
    pub(crate) fn void(mut self) {
        self.give_back();
    }

    fn give_back(&mut self) {
        for bucket in self.taken.drain(..) {
            bucket.lock().unwrap_or_else(PoisonError::into_inner).tokens += 1.0;
        }
    }
}

fn take(
    bucket: &SharedBucket,
    burst: f64,
    per_second: f64,
    now: DateTime<Utc>,
) -> Result<(), Duration> {
    let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
    // A clock that was set back must not take tokens away.
    let elapsed = (now - bucket.filled_at).to_std().unwrap_or_default();
    bucket.tokens = (bucket.tokens + elapsed.as_secs_f64() * per_second).min(burst);
    bucket.filled_at = now;
    if bucket.tokens < 1.0 {
        return Err(Duration::from_secs_f64(
            ((1.0 - bucket.tokens) / per_second).ceil(),
        ));
    }
    bucket.tokens -= 1.0;
    Ok(())
}

/// An IPv4 address, or the /64 of an IPv6 address: what one customer has at the least (R044).
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const P: Purpose = Purpose::AccessPassword;

    fn guard() -> (Guard, Clock) {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        (Guard::new(GuardSettings::default(), clock.clone()), clock)
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// R036.
    #[test]
    fn an_address_runs_out_and_recovers() {
        let (guard, clock) = guard();
        for _ in 0..10 {
            guard.admit(P, "rec", ip(1)).unwrap();
        }
        let Err(Error::Throttled { retry_after }) = guard.admit(P, "rec", ip(1)) else {
            panic!("not throttled")
        };
        assert_eq!(retry_after, Duration::from_secs(20));
        assert!(guard.admit(P, "rec", ip(2)).is_ok());
        assert!(guard.admit(Purpose::AccountPassword, "rec", ip(1)).is_ok());
        clock.advance(TimeDelta::seconds(20));
        assert!(guard.admit(P, "rec", ip(1)).is_ok());
        assert!(guard.admit(P, "rec", ip(1)).is_err());
    }

    /// R037 and R038.
    #[test]
    fn many_addresses_run_out_of_the_names_budget_but_a_known_network_keeps_its_own() {
        let (guard, _) = guard();
        guard.admit(P, "rec", ip(1)).unwrap().right();
        let strangers = (0..1_800_u32).map(|n| IpAddr::from((10_u32 << 24 | n).to_be_bytes()));
        for stranger in strangers {
            guard.admit(P, "rec", stranger).unwrap();
        }
        assert!(guard.admit(P, "rec", ip(9)).is_err());
        assert!(guard.admit(P, "other", ip(9)).is_ok());
        guard.admit(P, "rec", ip(1)).unwrap().right();
    }

    /// R043.
    #[test]
    fn a_right_guess_costs_nothing_and_forgives_the_wrong_ones_before_it() {
        let (guard, _) = guard();
        for _ in 0..20 {
            for _ in 0..9 {
                guard.admit(P, "rec", ip(3)).unwrap();
            }
            guard.admit(P, "rec", ip(3)).unwrap().right();
        }
        for _ in 0..100 {
            guard.admit(P, "rec", ip(1)).unwrap().right();
        }
        for _ in 0..100 {
            guard.admit(P, "rec", ip(2)).unwrap().void();
        }
    }

    /// R044.
    #[test]
    fn ipv6_is_grouped_by_64_and_mapped_ipv4_is_ipv4() {
        assert_eq!(
            network_of("2001:db8:1:2:3::4".parse().unwrap()),
            network_of("2001:db8:1:2::".parse().unwrap())
        );
        assert_eq!(network_of("::ffff:192.0.2.1".parse().unwrap()), ip(1));
    }

    #[test]
    fn a_clock_set_back_takes_nothing_away() {
        let (guard, clock) = guard();
        guard.admit(P, "rec", ip(1)).unwrap();
        clock.advance(TimeDelta::days(-365));
        assert!(guard.admit(P, "rec", ip(1)).is_ok());
    }
}
