//! Numbers for Prometheus. No label holds anything that a caller chose: names, addresses and ids stay out.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::access_log::{Counts, Reason};
use domain::files::FILES_PREFIX;
use domain::{Backend, Clock};
use http_body::{Body as _, Frame, SizeHint};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::certificate::Certificate;
use super::process::Process;
use crate::gate::Outcome;

/// What is asked for, by the path alone. Few on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Files,
    Functions,
    Health,
    Site,
    Pages,
}

impl Class {
    fn of(path: &str) -> Self {
        let is_below = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if is_below(FILES_PREFIX) {
            Self::Files
        } else if is_below("/rpc") {
            Self::Functions
        } else if is_below("/health") {
            Self::Health
        } else if is_below("/pkg") {
            Self::Site
        } else {
            Self::Pages
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Functions => "functions",
            Self::Health => "health",
            Self::Site => "site",
            Self::Pages => "pages",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    class: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Job {
    job: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Gated {
    outcome: &'static str,
}

/// All numbers of this process. Cheap to clone; clones are one.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Numbers>);

#[derive(Debug)]
struct Numbers {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram>,
    gate: Family<Gated, Counter>,
    bytes_sent: Counter,
    open_downloads: Gauge,
    job_success: Family<Job, Gauge>,
    job_failure: Family<Job, Gauge>,
    certificate: Certificate,
    clock: Clock,
}

impl Metrics {
    pub fn new(backend: &Backend) -> Self {
        let mut all = Registry::default();
        // Dashboards know it under names without our prefix.
        all.register_collector(Box::new(Process));
        let registry = all.sub_registry_with_prefix("reelgate");
        let requests = Family::<Answered, Counter>::default();
        registry.register(
            "http_requests",
            "Answers by kind of address and status",
            requests.clone(),
        );
        // From 1 ms to 16 s.
        let seconds = Family::<Asked, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 2.0, 15))
        });
        registry.register_with_unit(
            "http_request_duration",
            "Time to the head of the answer",
            Unit::Seconds,
            seconds.clone(),
        );
        let gate = Family::<Gated, Counter>::default();
        registry.register(
            "gate_answers",
            "Answers for session files, granted or refused for a reason of the access log",
            gate.clone(),
        );
        let bytes_sent = Counter::default();
        registry.register_with_unit(
            "files_sent",
            "Bytes of session files handed to connections",
            Unit::Bytes,
            bytes_sent.clone(),
        );
        let open_downloads = Gauge::default();
        registry.register(
            "files_open_downloads",
            "Answers with session files under way",
            open_downloads.clone(),
        );
        let job_success = Family::<Job, Gauge>::default();
        registry.register(
            "background_last_success_timestamp_seconds",
            "When this process last did a piece of background work",
            job_success.clone(),
        );
        let job_failure = Family::<Job, Gauge>::default();
        registry.register(
            "background_last_failure_timestamp_seconds",
            "When a piece of background work last failed in this process",
            job_failure.clone(),
        );
        let certificate = Certificate::register(registry);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of the program", version);
        let clock = backend.clock.clone();
        let began: Gauge = Gauge::default();
        began.set(clock.now().timestamp());
        registry.register("start_timestamp_seconds", "When the process started", began);
        all.register_collector(Box::new(OfBackend(backend.clone())));
        Self(Arc::new(Numbers {
            registry: all,
            requests,
            seconds,
            gate,
            bytes_sent,
            open_downloads,
            job_success,
            job_failure,
            certificate,
            clock,
        }))
    }
}

impl Metrics {
    /// Everything, in the text form of OpenMetrics.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String fails only if a collector does, and ours do not.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.0.registry);
        text
    }

    /// A piece of background work came to its end.
    pub fn job_done(&self, job: &'static str, succeeded: bool) {
        let family = if succeeded {
            &self.0.job_success
        } else {
            &self.0.job_failure
        };
        let now = self.0.clock.now().timestamp();
        family.get_or_create(&Job { job }).set(now);
    }

    /// When the certificate that new connections get ends, and whether the files hold another that cannot be used.
    pub fn certificate(&self, end: DateTime<Utc>, is_kept: bool) {
        self.0.certificate.set(end, is_kept);
    }

    fn gated(&self, outcome: Outcome) {
        let outcome = outcome.0.map_or("granted", Reason::as_str);
        self.0.gate.get_or_create(&Gated { outcome }).inc();
    }

    fn answered(&self, class: Class, status: u16, began: Instant) {
        let class = class.as_str();
        self.0
            .requests
            .get_or_create(&Answered { class, status })
            .inc();
        self.0
            .seconds
            .get_or_create(&Asked { class })
            .observe(began.elapsed().as_secs_f64());
    }
}

/// Counts every answer, refused ones included, and what is sent of session files.
pub async fn layer(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let class = Class::of(request.uri().path());
    let response = next.run(request).await;
    metrics.answered(class, response.status().as_u16(), began);
    if let Some(outcome) = response.extensions().get::<Outcome>() {
        metrics.gated(*outcome);
    }
    if class != Class::Files || response.body().is_end_stream() {
        return response;
    }
    metrics.0.open_downloads.inc();
    response.map(|body| Body::new(Sending { body, metrics }))
}

/// A session file on its way.
struct Sending {
    body: Body,
    metrics: Metrics,
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.metrics.0.bytes_sent.inc_by(length as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.metrics.0.open_downloads.dec();
    }
}

/// What the backend can say of itself at this moment.
#[derive(Debug)]
struct OfBackend(Backend);

impl Collector for OfBackend {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let Self(backend) = self;
        let idle = backend.db.num_idle();
        let open = usize::try_from(backend.db.size()).unwrap_or(usize::MAX);
        let most =
            usize::try_from(backend.db.options().get_max_connections()).unwrap_or(usize::MAX);
        let load = backend.hashing.load();
        let Counts {
            waiting,
            written,
            dropped,
        } = backend.access_log.counts();
        for (name, help, count) in [
            (
                "reelgate_access_log_rows_written",
                "Rows of the access log that were written",
                written,
            ),
            (
                "reelgate_access_log_rows_dropped",
                "Rows of the access log that are lost",
                dropped,
            ),
        ] {
            let counter = ConstCounter::new(count);
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        for (name, help, value) in [
            (
                "reelgate_access_log_rows_waiting",
                "Rows of the access log that wait for the database",
                waiting,
            ),
            (
                "reelgate_database_connections_in_use",
                "Connections to PostgreSQL that work",
                open.saturating_sub(idle),
            ),
            (
                "reelgate_database_connections_idle",
                "Connections to PostgreSQL that wait for work",
                idle,
            ),
            (
                "reelgate_database_connections_max",
                "Connections to PostgreSQL at most",
                most,
            ),
            (
                "reelgate_password_checks_running",
                "Password hashes that are computed",
                load.running,
            ),
            (
                "reelgate_password_checks_waiting",
                "Requests that wait for a password hash",
                load.waiting,
            ),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_path_there_are_five_classes() {
        for (path, class) in [
            ("/files/a/b/secret.mp4", "files"),
            ("/filesystem", "pages"),
            ("/rpc/app/x", "functions"),
            ("/health/ready", "health"),
            ("/pkg/reelgate.js", "site"),
            ("/", "pages"),
        ] {
            assert_eq!(Class::of(path).as_str(), class, "{path}");
        }
    }
}
