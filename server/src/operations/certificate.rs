//! How the certificate of our own HTTPS stands.

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfListener {
    listener: &'static str,
}

/// The one that may speak TLS.
const MAIN: OfListener = OfListener { listener: "main" };

/// Families, so that they are there only where we speak TLS ourselves.
#[derive(Debug, Default)]
pub(super) struct Certificate {
    end: Family<OfListener, Gauge>,
    kept: Family<OfListener, Gauge>,
}

impl Certificate {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register(
            "tls_certificate_end_timestamp_seconds",
            "When the certificate that new connections get expires",
            all.end.clone(),
        );
        registry.register(
            "tls_certificate_kept",
            "1 while the files hold a certificate or key that cannot be used, and the one before is kept",
            all.kept.clone(),
        );
        all
    }

    pub(super) fn set(&self, end: DateTime<Utc>, is_kept: bool) {
        self.end.get_or_create(&MAIN).set(end.timestamp());
        self.kept.get_or_create(&MAIN).set(is_kept.into());
    }
}
