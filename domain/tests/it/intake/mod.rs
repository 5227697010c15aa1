//! Intake: sources, their events, fetching what they announce, and watched folders.

mod abuse;
mod folders;
mod senders;
mod sources;

use std::net::{IpAddr, Ipv4Addr};

use domain::background::More;
use domain::intake::senders::Call;
use domain::intake::{
    Item, SourceDraft, SourceId, SourceKind, SourceSecrets, SourceSettings, actions, fetching,
    receiving,
};
use domain::members::Member;
use domain::outbound::Outbound;
use domain::projects::{self, ProjectId};
use domain::sessions::{SessionFilter, SessionOrder, SessionSummary};
use domain::testing::{actor, given_account, given_backend};
use domain::{Actor, Backend, Error, PageRequest, Secret};
use sqlx::PgPool;
use tempfile::TempDir;

/// Where calls come from.
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9));

/// An account with a project, and folders that the operator allows.
struct Place {
    backend: Backend,
    owner: Member,
    me: Actor,
    project: ProjectId,
    folder: TempDir,
}

async fn given_place(db: PgPool) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db, folder.path());
    backend.outbound = Outbound::new(vec!["127.0.0.0/8".parse().unwrap()]);
    std::fs::create_dir(folder.path().join("in")).unwrap();
    backend.intake_folders = vec![folder.path().join("in")];
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let project = projects::actions::create(&backend, &me, "Calls")
        .await
        .unwrap()
        .id;
    Place {
        backend,
        owner,
        me,
        project,
        folder,
    }
}

fn draft(settings: SourceSettings, secrets: SourceSecrets) -> SourceDraft {
    SourceDraft {
        name: "The source".to_owned(),
        settings,
        secrets,
    }
}

fn livekit() -> SourceDraft {
    let settings = SourceSettings {
        api_key: "APIkey".to_owned(),
        ..SourceSettings::default()
    };
    let secrets = SourceSecrets {
        api: Secret::new("APIsecret"),
        ..SourceSecrets::default()
    };
    draft(settings, secrets)
}

impl Place {
    async fn add(&self, kind: SourceKind, draft: SourceDraft) -> SourceId {
        actions::add(&self.backend, &self.me, self.project, kind, draft)
            .await
            .unwrap()
    }

    async fn call(
        &self,
        source: SourceId,
        authorization: Option<&str>,
        key: Option<&str>,
        body: &str,
    ) -> Result<receiving::Received, Error> {
        let call = Call {
            authorization,
            key,
            format: None,
            body: body.as_bytes(),
        };
        receiving::receive(&self.backend, source, call, THERE).await
    }

    /// Fetches all that is due.
    async fn fetch_all(&self) {
        while Box::pin(fetching::fetch_next(&self.backend)).await.unwrap() == More::Now {}
    }

    async fn items(&self, source: SourceId) -> Vec<Item> {
        actions::get(&self.backend, &self.me, source)
            .await
            .unwrap()
            .items
    }

    async fn item(&self, source: SourceId) -> Item {
        self.items(source).await.pop().unwrap()
    }

    async fn sessions(&self) -> Vec<SessionSummary> {
        let (filter, request) = (
            SessionFilter::default(),
            PageRequest {
                cursor: None,
                size: 100,
            },
        );
        let found = domain::sessions::actions::report(
            &self.backend,
            &self.me,
            &filter,
            SessionOrder::Newest,
            &request,
        );
        found.await.unwrap().items
    }

    /// The secret part of the receiver's address.
    async fn key(&self, source: SourceId) -> String {
        let detail = actions::get(&self.backend, &self.me, source).await.unwrap();
        detail
            .receiver
            .unwrap()
            .split_once("?key=")
            .unwrap()
            .1
            .to_owned()
    }
}
