//! How many tokens of service accounts the domain verifies in a second, on all processors: `verifications TOKENS ROUNDS`,
//! with `DATABASE_URL` of a PostgreSQL to throw away.
//!
//! Fresh ones have a signature to check; of those that were seen before, only what may have changed is asked.

use std::error::Error;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::accounts::{self, NewAccount};
use domain::files::vault::Vault;
use domain::service_accounts::actions::{ServiceAccountDraft, create};
use domain::service_accounts::verification::{Verdict, verify};
use domain::service_accounts::{MadeKey, NO_ROLE};
use domain::{Actor, Backend, Caller, Clock, MIGRATOR, MasterKey, Secret};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use sqlx::PgPool;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let mut number = || -> Result<usize, Failure> {
        let word = words.next().ok_or("say how many tokens, and rounds")?;
        Ok(word.parse()?)
    };
    let (count, rounds) = (number()?, number()?);
    #[expect(clippy::disallowed_methods, reason = "this program has no settings")]
    let database = std::env::var("DATABASE_URL")?;
    let db = PgPool::connect(&database).await?;
    MIGRATOR.run(&db).await?;
    let folder = tempfile::tempdir()?;
    let first = backend(&db, folder.path())?;
    let key = service_account(&first).await?;
    let tokens = signed(&first, &key, count)?;
    let (mut fresh, mut seen) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        // One that remembers nothing.
        let backend = backend(&db, folder.path())?;
        let listening = tokio::spawn(domain::recent::listen(backend.clone()));
        while !backend.recent.is_listening() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        fresh.push(per_second(&backend, &tokens).await?);
        seen.push(per_second(&backend, &tokens).await?);
        listening.abort();
    }
    let (fresh, seen) = (median(fresh), median(seen));
    writeln!(
        io::stdout(),
        r#"{{"tokens": {count}, "fresh_per_s": {fresh:.0}, "seen_per_s": {seen:.0}}}"#
    )?;
    Ok(())
}

fn backend(db: &PgPool, folder: &Path) -> Result<Backend, Failure> {
    let key = folder.join("master.key");
    let master_key = MasterKey::load(&key).or_else(|_| MasterKey::create(&key))?;
    let vault = Vault::open(&folder.join("vault"))?;
    Ok(Backend::new(db.clone(), Clock::system(), vault, master_key))
}

/// A service account of an account of its own.
async fn service_account(backend: &Backend) -> Result<MadeKey, Failure> {
    let number = backend.clock.now().timestamp_micros();
    let account = NewAccount {
        account_name: format!("Bench {number}"),
        owner_name: "Bench".to_owned(),
        email: format!("owner{number}@bench.example"),
        password: Secret::new(format!("seven purple lanterns {number}")),
    };
    let owner = accounts::actions::create(backend, account).await?;
    let actor = Actor {
        account: owner.account,
        caller: Caller::Member {
            id: owner.id,
            role: owner.role,
        },
        address: None,
    };
    let draft = ServiceAccountDraft {
        name: "Bench".to_owned(),
        role: NO_ROLE.to_owned(),
    };
    Ok(create(backend, &actor, draft).await?)
}

/// So many tokens, no two alike.
fn signed(backend: &Backend, key: &MadeKey, count: usize) -> Result<Arc<[String]>, Failure> {
    let private = PKey::private_key_from_pem(key.private_key.reveal().as_bytes())?;
    let now = backend.clock.now().timestamp();
    let header = format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{}"}}"#, key.key);
    let header = URL_SAFE_NO_PAD.encode(header);
    let issuer = key.account_number;
    (0..count)
        .map(|number| {
            // Each begins a second before the last, as far back as a token may live.
            let begins = now - i64::try_from(number % 3000)?;
            let ends = begins + 3600 - i64::try_from(number / 3000)?;
            let claims = format!(r#"{{"iss":{issuer},"iat":{begins},"exp":{ends}}}"#);
            let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
            let mut signer = Signer::new(MessageDigest::sha256(), &private)?;
            let signature = signer.sign_oneshot_to_vec(text.as_bytes())?;
            Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
        })
        .collect()
}

/// All of them, shared out over the processors.
async fn per_second(backend: &Backend, tokens: &Arc<[String]>) -> Result<f64, Failure> {
    let workers = available_parallelism()?.get();
    let began = Instant::now();
    let tasks: Vec<_> = (0..workers)
        .map(|worker| {
            let (backend, tokens) = (backend.clone(), Arc::clone(tokens));
            tokio::spawn(async move {
                for token in tokens.iter().skip(worker).step_by(workers) {
                    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
                    let verdict = verify(&backend, address, token.as_bytes()).await?;
                    if !matches!(verdict, Verdict::Valid(_)) {
                        return Err(format!("a sound token is refused: {verdict:?}").into());
                    }
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    Ok(tokens.len() as f64 / began.elapsed().as_secs_f64())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
