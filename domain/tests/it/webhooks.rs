//! Webhooks: the outbox, the schedule, signatures, slow and lost endpoints, what each role may (R155 to R160, R165).

mod endpoints;
mod happenings;
mod sending;

use std::path::Path;

use chrono::TimeDelta;
use domain::members::Member;
use domain::outbound::Outbound;
use domain::projects::ProjectId;
use domain::testing::receiver::{Received, Receiver};
use domain::testing::{actor, given_account, given_backend};
use domain::webhooks::actions::add;
use domain::webhooks::delivery::send_due;
use domain::webhooks::{EndpointDraft, EndpointId, EventType, Form};
use domain::{Actor, Backend, Secret, projects};
use serde_json::Value;
use sqlx::PgPool;

/// A backend that may call this machine, an account and its project.
struct Scene {
    backend: Backend,
    owner: Member,
    who: Actor,
    project: ProjectId,
}

impl Scene {
    async fn new(db: PgPool, folder: &Path) -> Self {
        let mut backend = given_backend(db, folder);
        backend.outbound = Outbound::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let owner = given_account(&backend, "one").await;
        let project = projects::actions::create(&backend, &actor(&owner), "Support")
            .await
            .unwrap();
        Self {
            backend,
            who: actor(&owner),
            owner,
            project: project.id,
        }
    }

    /// An endpoint at the receiver that is told of these.
    async fn endpoint(&self, receiver: &Receiver, events: &[EventType]) -> (EndpointId, Secret) {
        let draft = draft(&receiver.url("/hook?k=1"), events);
        add(&self.backend, &self.who, self.project, draft)
            .await
            .unwrap()
    }

    async fn session(&self, number: &str) -> domain::sessions::SessionId {
        domain::testing::given_session(&self.backend, &self.owner, self.project, number).await
    }

    async fn file(
        &self,
        session: domain::sessions::SessionId,
        name: &str,
    ) -> domain::files::FileId {
        domain::testing::given_file(&self.backend, &self.owner, session, name, b"bytes").await
    }

    /// Sends what is due after this time.
    async fn after(&self, time: TimeDelta) -> usize {
        self.backend.clock.advance(time);
        send_due(&self.backend).await.unwrap()
    }
}

fn draft(url: &str, events: &[EventType]) -> EndpointDraft {
    EndpointDraft {
        url: url.to_owned(),
        description: "Ours".to_owned(),
        form: Form::Standard,
        event_types: events.to_vec(),
        file_kinds: Vec::new(),
        username: String::new(),
        password: None,
    }
}

fn json(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}

/// The types of what came, as sent.
fn types(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .map(|one| json(one)["type"].as_str().unwrap().to_owned())
        .collect()
}
