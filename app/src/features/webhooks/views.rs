//! What pages of webhooks show, with every moment written out for one viewer. No secret among it.

use domain::files::FileKind;
use domain::webhooks::{DeliveryState, DisabledCause, EventType, Form, WebhookSettings};
use serde::{Deserialize, Serialize};

use crate::ui::Moment;

/// A project's endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WebhooksView {
    pub(crate) project: String,
    pub(crate) project_name: String,
    pub(crate) endpoints: Vec<EndpointView>,
    pub(crate) settings: WebhookSettings,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndpointView {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) form: Form,
    pub(crate) event_types: Vec<EventType>,
    pub(crate) file_kinds: Vec<FileKind>,
    pub(crate) username: Option<String>,
    pub(crate) created: Moment,
    pub(crate) disabled: Option<(Moment, DisabledCause)>,
    pub(crate) failing_since: Option<Moment>,
    /// While the former secret signs as well.
    pub(crate) former_until: Option<Moment>,
    pub(crate) waiting: u64,
    pub(crate) last: Option<DeliveryView>,
}

/// A row of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryView {
    pub(crate) id: String,
    pub(crate) event_type: EventType,
    pub(crate) session: Option<String>,
    pub(crate) created: Moment,
    pub(crate) state: DeliveryState,
    pub(crate) attempts: u32,
    pub(crate) next: Option<Moment>,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

/// An endpoint and a page of its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndpointPage {
    pub(crate) project: String,
    pub(crate) project_name: String,
    pub(crate) endpoint: EndpointView,
    pub(crate) deliveries: Vec<DeliveryView>,
    pub(crate) next: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) total: u64,
    /// How many were given up, of all pages and but for tests.
    pub(crate) missed: u64,
    /// What of the address was left out, and why.
    pub(crate) problem: Option<String>,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryPage {
    pub(crate) project: String,
    pub(crate) endpoint: String,
    pub(crate) is_endpoint_off: bool,
    pub(crate) url: String,
    pub(crate) message_id: String,
    pub(crate) body: String,
    pub(crate) delivery: DeliveryView,
    /// Latest first.
    pub(crate) attempts: Vec<AttemptView>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AttemptView {
    pub(crate) number: u32,
    pub(crate) began: Moment,
    pub(crate) duration_ms: u64,
    pub(crate) request_headers: Vec<(String, String)>,
    pub(crate) status: Option<u16>,
    pub(crate) reply_headers: Vec<(String, String)>,
    pub(crate) reply_body: String,
    pub(crate) is_reply_whole: bool,
    pub(crate) error: Option<String>,
}

#[cfg(feature = "ssr")]
mod made {
    //! The server writes them out.

    use chrono_tz::Tz;
    use domain::webhooks::{Attempt, DeliverySummary, Endpoint};

    use super::{AttemptView, DeliveryView, EndpointView};
    use crate::ui::Moment;

    impl EndpointView {
        pub(crate) fn new(
            endpoint: Endpoint,
            zone: Tz,
            now: chrono::DateTime<chrono::Utc>,
        ) -> Self {
            let moment = |at| Moment::new(at, &zone);
            Self {
                id: endpoint.id.to_string(),
                url: endpoint.url,
                description: endpoint.description,
                form: endpoint.form,
                event_types: endpoint.event_types,
                file_kinds: endpoint.file_kinds,
                username: endpoint.username,
                created: moment(endpoint.created_at),
                disabled: endpoint.disabled.map(|(at, cause)| (moment(at), cause)),
                failing_since: endpoint.failing_since.map(moment),
                former_until: endpoint
                    .former_secret_until
                    .filter(|until| now < *until)
                    .map(moment),
                waiting: endpoint.waiting,
                last: endpoint.last.map(|last| DeliveryView::new(last, zone)),
            }
        }
    }

    impl DeliveryView {
        pub(crate) fn new(delivery: DeliverySummary, zone: Tz) -> Self {
            Self {
                id: delivery.id.to_string(),
                event_type: delivery.event_type,
                session: delivery.session.map(|session| session.to_string()),
                created: Moment::precise(delivery.created_at, &zone),
                state: delivery.state,
                attempts: delivery.attempts,
                next: delivery
                    .next_attempt_at
                    .map(|at| Moment::precise(at, &zone)),
                status: delivery.last_status,
                error: delivery.last_error,
            }
        }
    }

    impl AttemptView {
        pub(crate) fn new(attempt: Attempt, zone: Tz) -> Self {
            Self {
                number: attempt.number,
                began: Moment::precise(attempt.began_at, &zone),
                duration_ms: attempt.duration_ms,
                request_headers: attempt.request_headers,
                status: attempt.status,
                reply_headers: attempt.reply_headers,
                reply_body: attempt.reply_body,
                is_reply_whole: attempt.is_reply_whole,
                error: attempt.error,
            }
        }
    }
}
