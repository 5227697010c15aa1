//! `reelgate serve`: the portal and the gate.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use domain::{Backend, Clock, accounts};
use tokio::net::TcpListener;

use super::{INTERRUPTED, Signals};
use crate::config::{Config, PublicUrl};
use crate::listener::Listener;
use crate::listener::tls::{Follower, Tls};
use crate::start::Started;
use crate::state::{AppState, HttpSettings};
use crate::{background, listener, router};

pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new()?;
    // Before the database is started: a taken port should fail at once.
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "cannot listen on {}: choose another address with --listen or REELGATE_LISTEN",
            config.listen
        )
    })?;
    let operations = match config.operations_listen {
        Some(address) => Some(TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {address}: choose another address with REELGATE_OPERATIONS_LISTEN"
            )
        })?),
        None => None,
    };
    let tls = match config.tls.clone() {
        Some(files) => Some(Tls::open(
            files,
            config.public_url.clone(),
            Clock::system(),
        )?),
        None => None,
    };
    let started = Started::open(config).await?;
    let listeners = Listeners {
        main: listener,
        tls,
        operations,
    };
    let served = serve(config, listeners, &started, &mut signals).await;
    started.close().await?;
    tracing::info!("stopped");
    served
}

/// What was opened before the database.
struct Listeners {
    main: TcpListener,
    /// Of the main one.
    tls: Option<(Tls, Follower)>,
    operations: Option<TcpListener>,
}

async fn serve(
    config: &Config,
    listeners: Listeners,
    started: &Started,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    let backend = &started.backend;
    let mut settings = HttpSettings::from(config);
    // With port 0 the system has chosen one.
    settings.listen = listeners.main.local_addr()?;
    let by_default = |listen| PublicUrl::of_listener(listen, config.tls.is_some());
    if config.listen.port() == 0 && config.public_url == by_default(config.listen) {
        settings.public_url = by_default(settings.listen);
    }
    let swept = backend
        .vault
        .sweep(&backend.db)
        .await
        .context("the vault cannot be tidied")?;
    if swept.runs > 0 {
        tracing::info!(
            runs = swept.runs,
            objects = swept.objects,
            "cleared away what stopped processes had left"
        );
    }
    announce(config, &settings, backend).await?;
    let state = AppState::new(backend.clone(), settings);
    let readiness = state.readiness.clone();
    // Dropped at the end: what goes on beside the requests goes on while they are finished.
    let mut working = background::start(&state.backend, &state.metrics);
    if let Some(listener) = listeners.operations {
        tracing::info!(
            "health and metrics are at http://{}",
            listener.local_addr()?
        );
        let router = crate::operations::router(state.clone());
        working.spawn(listener::serve(
            listener,
            router,
            std::future::pending(),
            config.shutdown_grace,
        ));
    }
    if let Some(keeping) = started.database().keep() {
        working.spawn(keeping);
    }
    let mut main = Listener::from(listeners.main);
    if let Some((tls, follower)) = listeners.tls {
        let tls = Arc::new(tls);
        working.spawn(follower.run(Arc::clone(&tls), state.metrics.clone()));
        main.tls = Some(tls);
    }
    let (end_log, log_ended) = tokio::sync::oneshot::channel::<()>();
    let log = backend.access_log.clone();
    let writing = tokio::spawn(log.run(backend.db.clone(), async { drop(log_ended.await) }));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut serving = std::pin::pin!(listener::serve(
        main,
        router(state),
        async { drop(stopped.await) },
        config.shutdown_grace
    ));
    tokio::select! {
        () = signals.next() => tracing::info!("stopping; a second signal ends running requests at once"),
        () = &mut serving => (),
    }
    // Not ready, then deaf, then gone (R193).
    readiness.end();
    let code = tokio::select! {
        () = drain(config.shutdown_delay, stop, serving) => ExitCode::SUCCESS,
        () = signals.next() => ExitCode::from(INTERRUPTED),
    };
    // After the last answer, so that its row is among what is written.
    drop(end_log);
    writing.await.context("the access log's writer failed")?;
    // Awaited, so that nothing is started again that is about to be stopped.
    working.shutdown().await;
    Ok(code)
}

/// Goes on for a while, so that load balancers notice; then lets nobody in any more, and waits for those inside.
async fn drain(
    delay: Duration,
    stop: tokio::sync::oneshot::Sender<()>,
    mut serving: std::pin::Pin<&mut impl Future<Output = ()>>,
) {
    // The pause ends early only if there is nobody left to serve.
    if tokio::time::timeout(delay, &mut serving).await.is_err() {
        let _ = stop.send(());
        serving.await;
    }
}

/// What whoever started it must know: where it is, how to begin, and what is not safe.
async fn announce(
    config: &Config,
    settings: &HttpSettings,
    backend: &Backend,
) -> anyhow::Result<()> {
    let origin = settings.public_url.origin();
    let is_open = !settings.listen.ip().is_loopback() && !settings.public_url.is_https();
    if is_open {
        tracing::warn!(
            "listening on {} over plain http: passwords and recordings can be read on the way. Set \
             REELGATE_TLS_CERTIFICATE and REELGATE_TLS_KEY, or put a proxy with TLS in front and set REELGATE_PUBLIC_URL to \
             its https address",
            settings.listen
        );
    }
    if !config.site_dir.join("pkg").is_dir() {
        tracing::warn!(
            "the built site is not in {}: pages come without style. Set REELGATE_SITE_DIR",
            config.site_dir.display()
        );
    }
    let mut text = format!("Reelgate is ready at {origin}\n");
    if let Some(code) = accounts::actions::new_set_up_code(backend).await? {
        // SECURITY: to the terminal of whoever started it, and not into the log.
        text = format!(
            "{text}There is no account yet. Create the first one within {} minutes at\n  {origin}/set-up?code={}\n",
            accounts::actions::SET_UP_CODE_LIFE.num_minutes(),
            code.reveal()
        );
    }
    super::print(&text)
}
