//! What every route can reach.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::FromRef;
use domain::Backend;
use leptos::prelude::LeptosOptions;

use crate::config::{Config, Network, PublicUrl};
use crate::operations::{Metrics, Readiness};

/// What the HTTP side needs of the settings.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    pub public_url: PublicUrl,
    /// Where the listener was told to listen; its loopback names are valid hosts too.
    pub listen: SocketAddr,
    pub trusted_proxies: Vec<Network>,
    pub site_dir: PathBuf,
}

impl From<&Config> for HttpSettings {
    fn from(config: &Config) -> Self {
        Self {
            public_url: config.public_url.clone(),
            listen: config.listen,
            trusted_proxies: config.trusted_proxies.clone(),
            site_dir: config.site_dir.clone(),
        }
    }
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    pub backend: Backend,
    pub leptos: Arc<LeptosOptions>,
    pub http: Arc<HttpSettings>,
    pub readiness: Readiness,
    pub metrics: Metrics,
}

impl AppState {
    pub fn new(mut backend: Backend, http: HttpSettings) -> Self {
        // With port 0 it is known only now.
        backend.public_url = http.public_url.origin();
        let leptos = LeptosOptions::builder()
            .output_name("reelgate")
            .site_root(http.site_dir.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .site_addr(http.listen)
            .build();
        Self {
            metrics: Metrics::new(&backend),
            readiness: Readiness::default(),
            backend,
            leptos: Arc::new(leptos),
            http: Arc::new(http),
        }
    }
}

impl FromRef<AppState> for Backend {
    fn from_ref(state: &AppState) -> Self {
        state.backend.clone()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        Self::clone(&state.leptos)
    }
}

impl FromRef<AppState> for Arc<HttpSettings> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.http)
    }
}
