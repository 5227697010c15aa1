//! The APIs in other vendors' forms, as their clients meet them: an account with recordings, a secret, and the whole
//! router without a port.

mod credentials;
mod enablex;
mod links;
mod securevideo;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::api_secrets::actions::{ApiSecretDraft, make};
use domain::api_secrets::{ApiRights, ApiSecretId};
use domain::files::FileId;
use domain::members::Member;
use domain::projects::ProjectId;
use domain::testing::{actor, given_account, given_file, given_session};
use domain::{credentials as access, projects};
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use serde_json::Value;
use sqlx::PgPool;

use crate::support::{Answer, TestApp};

pub(crate) const EVERY_RIGHT: ApiRights = ApiRights {
    may_write: true,
    may_delete: true,
    may_set_access: true,
    may_manage_credentials: true,
};

/// The value of `Authorization`.
pub(crate) fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}

/// A server with an account, its project, and a secret of that.
struct Vault {
    app: TestApp,
    owner: Member,
    project: ProjectId,
    identifier: String,
    secret: ApiSecretId,
    /// With every right.
    authorization: String,
}

impl Vault {
    async fn new(db: PgPool) -> Self {
        let app = TestApp::new(db);
        let owner = given_account(&app.backend, "acme").await;
        Self::of(app, owner).await
    }

    async fn of(app: TestApp, owner: Member) -> Self {
        let who = actor(&owner);
        let project = projects::actions::create(&app.backend, &who, "Care").await;
        let project = project.unwrap().id;
        let (identifier, secret, authorization) =
            given_secret(&app, &owner, project, EVERY_RIGHT).await;
        Self {
            app,
            owner,
            project,
            identifier,
            secret,
            authorization,
        }
    }

    /// A session of this room that began then.
    async fn session(
        &self,
        room: &str,
        number: &str,
        started_at: &str,
    ) -> domain::sessions::SessionId {
        let id = given_session(&self.app.backend, &self.owner, self.project, number).await;
        self.sql(
            "update sessions set room = $2, started_at = $3, ended_at = $3, duration_ms = 61000 where id = $1",
            |query| query.bind(id).bind(room.to_owned()).bind(started_at.parse::<DateTime<Utc>>().unwrap()),
        )
        .await;
        id
    }

    async fn file(&self, session: domain::sessions::SessionId, kind: &str, name: &str) -> FileId {
        let id = given_file(
            &self.app.backend,
            &self.owner,
            session,
            name,
            name.as_bytes(),
        )
        .await;
        self.sql("update files set kind = $2 where id = $1", |query| {
            query.bind(id).bind(kind.to_owned())
        })
        .await;
        id
    }

    #[expect(clippy::disallowed_methods, reason = "rows that only an import makes")]
    async fn sql(&self, statement: &'static str, bind: impl FnOnce(PgQuery) -> PgQuery) {
        let query = bind(sqlx::query(statement));
        query.execute(&self.app.backend.db).await.unwrap();
    }

    /// The number that the database gave to a row.
    async fn number(&self, statement: &'static str, id: uuid::Uuid) -> i64 {
        let query = sqlx::query_scalar(statement).bind(id);
        query.fetch_one(&self.app.backend.db).await.unwrap()
    }

    async fn number_of_file(&self, file: FileId) -> i64 {
        self.number("select number from files where id = $1", *file.as_uuid())
            .await
    }

    async fn number_of_member(&self, member: &Member) -> i64 {
        self.number(
            "select number from members where id = $1",
            *member.id.as_uuid(),
        )
        .await
    }

    async fn ask(&self, method: Method, path: &str, authorization: Option<&str>) -> Answer {
        let mut request = self.app.request(method, path);
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    /// With the right secret.
    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, Some(&self.authorization)).await
    }

    /// The same, which succeeds.
    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        json(&answer)
    }

    /// User name and preset password of the account's files.
    async fn preset(&self) -> (String, String) {
        let backend = &self.app.backend;
        let credential = access::actions::get(backend, &actor(&self.owner))
            .await
            .unwrap();
        let preset = access::actions::reveal_preset(backend, &actor(&self.owner)).await;
        (
            credential.username,
            preset.unwrap().unwrap().reveal().to_owned(),
        )
    }
}

type PgQuery = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

async fn given_secret(
    app: &TestApp,
    owner: &Member,
    project: ProjectId,
    rights: ApiRights,
) -> (String, ApiSecretId, String) {
    let draft = ApiSecretDraft {
        project,
        name: "Archiver".to_owned(),
        rights,
    };
    let made = make(&app.backend, &actor(owner), draft).await.unwrap();
    let authorization = basic(&made.identifier, made.secret.reveal());
    (made.identifier, made.id, authorization)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}
