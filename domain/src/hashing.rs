//! Password hashes: Argon2id with OWASP's parameters, a few at a time, off the async threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use rand::TryRng;
use tokio::sync::{Semaphore, oneshot};

use crate::{Error, PasswordText, Secret};

/// KiB, passes and lanes: OWASP Password Storage, about 35 ms of one core (R001).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How long one waits for a free place before being told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bounds how many hashes are computed at once, so that a flood of guesses takes neither memory nor the
/// processors from everybody else (R040). Cheap to clone.
///
/// It has threads of its own, each with memory that it keeps: taken from the allocator for every hash, those 19 MiB
/// would stay with it many times over, in one arena or another.
#[derive(Debug, Clone)]
pub struct Hashing {
    places: Arc<Semaphore>,
    /// How many there are, free or not.
    count: usize,
    waiting: Arc<AtomicUsize>,
    jobs: Sender<Job>,
}

/// How much there is to hash at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLoad {
    pub running: usize,
    /// Callers that wait for a free place.
    pub waiting: usize,
}

/// One caller who waits, until dropped: also if the caller goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// What Argon2 works in.
type Memory = Vec<Block>;

impl Default for Hashing {
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get))
    }
}

impl Hashing {
    /// At most `places` hashes at once, of 19 MiB each.
    pub fn new(places: usize) -> Self {
        let places = places.max(1);
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..places {
            let queue = Arc::clone(&queue);
            thread::spawn(move || work_off(&queue));
        }
        Self {
            places: Arc::new(Semaphore::new(places)),
            count: places,
            waiting: Arc::default(),
            jobs,
        }
    }

    /// For the metrics.
    pub fn load(&self) -> HashingLoad {
        HashingLoad {
            running: self.count.saturating_sub(self.places.available_permits()),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// A PHC string with a fresh salt.
    pub async fn hash(&self, password: &PasswordText) -> Result<String, Error> {
        let password = password.clone();
        self.run(move |memory| {
            let argon2 = argon2();
            let salt = random_bytes::<16>();
            let output = digest(&argon2, &password, &salt, memory)?;
            let hash = PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: argon2.params().try_into().map_err(unusable)?,
                salt: Some(Salt::new(&salt).map_err(unusable)?),
                hash: Some(output),
            };
            Ok(hash.to_string())
        })
        .await?
    }

    /// Whether the password is the one that was hashed. With no hash (an unknown name) the same work is done
    /// for nothing, so that the time tells nothing (R026).
    pub async fn verify(&self, password: &PasswordText, hash: Option<&str>) -> Result<bool, Error> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or(&FAKE_HASH).to_owned();
        let password = password.clone();
        self.run(move |memory| {
            let parsed = PasswordHash::new(&hash).map_err(unusable)?;
            let algorithm = Algorithm::new(parsed.algorithm.as_str()).map_err(unusable)?;
            let version = parsed.version.map_or(Ok(Version::V0x13), Version::try_from);
            let params = Params::try_from(&parsed).map_err(unusable)?;
            let argon2 = Argon2::new(algorithm, version.map_err(unusable)?, params);
            let salt = parsed.salt.ok_or_else(|| unusable("no salt"))?;
            let output = digest(&argon2, &password, &salt, memory)?;
            // Outputs are compared in constant time.
            Ok(parsed.hash == Some(output) && is_known)
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let waiting = Waiting::begin(&self.waiting);
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| Error::Unavailable("password check"))?
            .map_err(Error::internal)?;
        drop(waiting);
        let (answer, answered) = oneshot::channel();
        let job = move |memory: &mut Memory| {
            let _place = place;
            // Whoever asked may have gone meanwhile.
            let _ = answer.send(work(memory));
        };
        self.jobs
            .send(Box::new(job))
            .map_err(|_| Error::internal("no thread is left to hash on"))?;
        answered.await.map_err(Error::internal)
    }
}

/// The life of a hashing thread: it ends with the last [`Hashing`].
fn work_off(queue: &Mutex<Receiver<Job>>) {
    let mut memory = Memory::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // Whoever waits for a job that panics is told by the dropped answer; the thread is still needed.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}

fn digest(
    argon2: &Argon2<'_>,
    password: &PasswordText,
    salt: &[u8],
    memory: &mut Memory,
) -> Result<Output, Error> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    argon2
        .hash_password_into_with_memory(
            password.reveal().as_bytes(),
            salt,
            &mut output,
            &mut memory[..blocks],
        )
        .map_err(unusable)?;
    Output::new(&output).map_err(unusable)
}

/// The libraries' errors are no std errors without a feature; their text is enough.
fn unusable(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}

/// Whether a stored hash was made with weaker parameters than today's (R002).
pub(crate) fn is_outdated(hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        return false;
    };
    Params::try_from(&parsed).map_or(true, |params| {
        params.m_cost() < MEMORY_KIB
            || params.t_cost() < PASSES
            || parsed.algorithm.as_str() != "argon2id"
    })
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("the constants are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

static FAKE_HASH: LazyLock<String> = LazyLock::new(|| {
    argon2()
        .hash_password(&random_bytes::<32>())
        .expect("hashing a random text cannot fail")
        .to_string()
});

/// Fills with the operating system's randomness.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    rand::rngs::SysRng
        .try_fill_bytes(bytes)
        .expect("the operating system has randomness");
}

pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill_random(&mut bytes);
    bytes
}

/// URL-unreserved characters that cannot be taken for one another: no 0 O o, 1 I l.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

/// A random text that works unescaped in a header and in `https://user:password@host/`. 5.8 bits a character.
pub fn random_text(length: usize) -> Secret {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // Bytes past the last whole multiple are thrown away, or some characters would be likelier.
        let [byte] = random_bytes::<1>();
        if usize::from(byte) < ALPHABET.len() * (256 / ALPHABET.len()) {
            text.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        }
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(typed: &str) -> PasswordText {
        PasswordText::new(typed).unwrap()
    }

    /// R001, R003, R010.
    #[tokio::test]
    async fn hashes_are_argon2id_salted_and_cut_nothing_off() {
        let hashing = Hashing::default();
        let long = "x".repeat(127);
        let first = hashing.hash(&text(&format!("{long}a"))).await.unwrap();
        assert!(
            first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{first}"
        );
        assert_ne!(
            first,
            hashing.hash(&text(&format!("{long}a"))).await.unwrap()
        );
        assert!(
            hashing
                .verify(&text(&format!("{long}a")), Some(&first))
                .await
                .unwrap()
        );
        assert!(
            !hashing
                .verify(&text(&format!("{long}b")), Some(&first))
                .await
                .unwrap()
        );
        assert!(!hashing.verify(&text("anything"), None).await.unwrap());
        assert!(!is_outdated(&first));
    }

    /// R002.
    #[test]
    fn a_hash_with_weaker_parameters_is_outdated() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8_192, 1, 1, None).unwrap(),
        );
        assert!(is_outdated(
            &weak.hash_password(b"password").unwrap().to_string()
        ));
    }

    /// R049.
    #[test]
    fn random_texts_have_no_look_alikes_and_need_no_escaping() {
        let text = random_text(4_000);
        assert!(text.reveal().bytes().all(|byte| ALPHABET.contains(&byte)));
        for twin in ['0', 'O', 'o', '1', 'I', 'l'] {
            assert!(!text.reveal().contains(twin));
        }
        assert!(24.0 * f64::from(u32::try_from(ALPHABET.len()).unwrap()).log2() > 128.0);
    }
}
