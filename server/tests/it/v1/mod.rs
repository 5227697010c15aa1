//! Our own API from outside: who is let in, what there is, what is published about it.

mod access;
mod document;
mod door;
mod races;
mod repeats;
mod resources;
mod table;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Backend;
use domain::api_secrets::ApiRights;
use domain::api_secrets::actions::{ApiSecretDraft, MadeApiSecret, make};
use domain::members::Member;
use domain::projects::{ProjectId, actions as projects};
use domain::testing::{actor, given_account};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, request};
use serde_json::Value;

use crate::support::{Answer, TestApp};

const ALL: ApiRights = ApiRights {
    may_write: true,
    may_delete: true,
    may_set_access: true,
    may_manage_credentials: true,
};

/// A project and a program that acts for it.
struct Given {
    owner: Member,
    project: ProjectId,
    made: MadeApiSecret,
}

impl Given {
    fn authorization(&self) -> String {
        basic(&self.made.identifier, self.made.secret.reveal())
    }
}

fn basic(identifier: &str, secret: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{identifier}:{secret}"))
    )
}

async fn given(backend: &Backend, account: &str) -> Given {
    let owner = given_account(backend, account).await;
    given_with(backend, owner, "Care", ALL).await
}

async fn given_with(backend: &Backend, owner: Member, name: &str, rights: ApiRights) -> Given {
    let project = projects::create(backend, &actor(&owner), name)
        .await
        .unwrap()
        .id;
    let draft = ApiSecretDraft {
        project,
        name: "Archiver".to_owned(),
        rights,
    };
    let made = make(backend, &actor(&owner), draft).await.unwrap();
    Given {
        owner,
        project,
        made,
    }
}

/// A request of this program.
fn asked(app: &TestApp, given: &Given, method: Method, path: &str) -> request::Builder {
    app.request(method, path)
        .header(AUTHORIZATION, given.authorization())
}

fn with_body(request: request::Builder, body: &str) -> http::Request<Body> {
    request
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, body.len())
        .body(body.to_owned().into())
        .unwrap()
}

async fn call(app: &TestApp, given: &Given, method: Method, path: &str) -> Answer {
    let request = asked(app, given, method, path);
    app.send(request.body(Body::empty()).unwrap()).await
}

async fn call_with(app: &TestApp, given: &Given, method: Method, path: &str, body: &str) -> Answer {
    app.send(with_body(asked(app, given, method, path), body))
        .await
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The last word of the problem's type; the answer is a problem with all that one has.
    fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{problem}");
        assert!(problem["title"].is_string(), "{problem}");
        let instance = problem["instance"].as_str().unwrap();
        let id = self.header("x-request-id").unwrap();
        assert_eq!(instance, format!("urn:reelgate:request:{id}"));
        let kind = problem["type"].as_str().unwrap();
        kind.strip_prefix("/problems/").unwrap().to_owned()
    }
}
