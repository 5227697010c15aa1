//! Who can open what: the preview against the gate's table, by caller, moment and filter; and the right to change it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Asker, Because, Question, Verdict, preview};
use domain::api_secrets::actions::{ApiSecretDraft, make, revoke};
use domain::api_secrets::{ApiRights, ApiSecretId};
use domain::credentials::{FurtherDraft, further};
use domain::files::trash::{self, TrashTarget};
use domain::files::{FileId, FileState, Openness, actions as files};
use domain::members::Member;
use domain::projects::{Access, ProjectId, actions as projects, policies};
use domain::service_accounts::actions::{ServiceAccountDraft, create};
use domain::sessions::SessionId;
use domain::sessions::delivery::{Delivery, deliver};
use domain::testing::{
    ACCOUNT_PASSWORD, actor, given_account, given_backend, given_file, given_member, given_session,
};
use domain::{Actor, Backend, Caller, Error, Page, PageRequest, Permission, Role, Secret};
use sqlx::PgPool;
use tempfile::TempDir;

/// Two projects: `Care` is open for 72 hours, `Legal` is secure.
struct World {
    backend: Backend,
    owner: Member,
    open: ProjectId,
    secure: ProjectId,
    session: SessionId,
    /// When the sessions ended.
    end: DateTime<Utc>,
    _folder: TempDir,
}

/// Their files by name: `plain.mp4`, `marked.mp4` and `trashed.mp4` of the open one, `closed.mp4` of the other.
async fn given_world(db: PgPool) -> World {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "acme").await;
    let me = actor(&owner);
    let make = async |name| projects::create(&backend, &me, name).await.unwrap().id;
    let (open, secure) = (make("Care").await, make("Legal").await);
    policies::set_access(&backend, &me, open, false, 72)
        .await
        .unwrap();
    let end = backend.clock.now();
    let session = given_session(&backend, &owner, open, "1").await;
    given_file(&backend, &owner, session, "plain.mp4", b"1").await;
    let marked = given_file(&backend, &owner, session, "marked.mp4", b"2").await;
    trash::set_secure(&backend, &me, marked, true)
        .await
        .unwrap();
    let trashed = given_file(&backend, &owner, session, "trashed.mp4", b"3").await;
    trash::discard(&backend, &me, TrashTarget::File(trashed), "x")
        .await
        .unwrap();
    let other = given_session(&backend, &owner, secure, "2").await;
    given_file(&backend, &owner, other, "closed.mp4", b"4").await;
    World {
        backend,
        owner,
        open,
        secure,
        session,
        end,
        _folder: folder,
    }
}

fn question(asker: Asker) -> Question {
    Question {
        asker,
        at: None,
        project: None,
        session: None,
        page: PageRequest {
            cursor: None,
            size: 50,
        },
    }
}

impl World {
    async fn ask(&self, question: &Question) -> Result<Page<Verdict>, Error> {
        preview::preview(&self.backend, &actor(&self.owner), question).await
    }

    /// The reasons by the files' names.
    async fn reasons(&self, asker: Asker, at: DateTime<Utc>) -> BTreeMap<String, Because> {
        let question = Question {
            at: Some(at),
            ..question(asker)
        };
        let page = self.ask(&question).await.unwrap();
        assert_eq!(page.total, 4);
        let named = page.items.into_iter().map(|one| (one.name, one.because));
        named.collect()
    }

    async fn application(&self, project: ProjectId, rights: ApiRights) -> (ApiSecretId, Actor) {
        let draft = ApiSecretDraft {
            project,
            name: "Archiver".to_owned(),
            rights,
        };
        let made = make(&self.backend, &actor(&self.owner), draft)
            .await
            .unwrap();
        let caller = Caller::Application {
            project,
            secret: made.id,
            rights,
        };
        let actor = Actor {
            account: self.owner.account,
            caller,
            address: None,
        };
        (made.id, actor)
    }

    async fn file(&self, name: &str) -> FileId {
        sqlx::query_scalar("select id from files where name = $1")
            .bind(name)
            .fetch_one(&self.backend.db)
            .await
            .unwrap()
    }
}

fn expected<const N: usize>(rows: [(&str, Because); N]) -> BTreeMap<String, Because> {
    let named = rows
        .into_iter()
        .map(|(name, because)| (name.to_owned(), because));
    named.collect()
}

/// X18, one table for each caller.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_preview_tells_each_caller_apart_and_each_moment(db: PgPool) {
    let world = given_world(db).await;
    let end = world.end;
    let until = end + TimeDelta::hours(72);
    let trashed = Because::Closed(Openness::Gone {
        state: FileState::Trashed,
    });
    let closed = |openness| Because::Closed(openness);
    for (name, at, plain) in [
        (
            "before the end",
            end - TimeDelta::seconds(1),
            closed(Openness::NotYet { from: end }),
        ),
        ("at the end", end, Because::Open { until }),
        (
            "the last instant",
            until - TimeDelta::microseconds(1),
            Because::Open { until },
        ),
        (
            "after the window",
            until,
            closed(Openness::Over { since: until }),
        ),
    ] {
        let rows = expected([
            ("plain.mp4", plain),
            ("marked.mp4", closed(Openness::SecureFile)),
            ("trashed.mp4", trashed),
            ("closed.mp4", closed(Openness::SecureProject)),
        ]);
        assert_eq!(world.reasons(Asker::Anonymous, at).await, rows, "{name}");
    }

    let everything = |because| {
        expected([
            ("plain.mp4", because),
            ("marked.mp4", because),
            ("closed.mp4", because),
            ("trashed.mp4", Because::Gone(FileState::Trashed)),
        ])
    };
    let draft = FurtherDraft {
        name: "Player".to_owned(),
        expires_at: Some(until),
        networks: String::new(),
        account_password: Secret::new(ACCOUNT_PASSWORD),
    };
    let me = actor(&world.owner);
    let credential = further::add(&world.backend, &me, draft).await.unwrap().id;
    let credential = Asker::Credential(credential);
    let just_before = until - TimeDelta::microseconds(1);
    assert_eq!(
        world.reasons(credential, just_before).await,
        everything(Because::Credential)
    );
    let ended = world.reasons(credential, until).await;
    assert!(
        ended
            .values()
            .all(|because| *because == Because::WrongProof)
    );
    let wrong_within = Question {
        at: Some(until),
        ..question(credential)
    };
    assert!(world.ask(&wrong_within).await.is_ok());

    for role in Role::ALL {
        let name = format!("as-{}", role.as_str());
        let member = given_member(&world.backend, &world.owner, role, &name).await;
        let seen = world.reasons(Asker::Member(member.id), end).await;
        assert_eq!(seen, everything(Because::SignIn), "{name}");
    }

    // An application has links to what is in its project, and for the rest nothing that anyone would not have.
    let (of_secure, _) = world.application(world.secure, ApiRights::default()).await;
    let seen = world.reasons(Asker::Application(of_secure), end).await;
    let rows = expected([
        ("plain.mp4", Because::Open { until }),
        ("marked.mp4", closed(Openness::SecureFile)),
        ("trashed.mp4", trashed),
        ("closed.mp4", Because::Link),
    ]);
    assert_eq!(seen, rows);
    revoke(&world.backend, &me, of_secure).await.unwrap();
    let gone = world.ask(&question(Asker::Application(of_secure))).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_preview_is_narrowed_paged_and_knows_its_account_only(db: PgPool) {
    let world = given_world(db).await;
    let names = |page: &Page<Verdict>| {
        let mut names: Vec<_> = page.items.iter().map(|one| one.name.clone()).collect();
        names.sort();
        names
    };
    let of_project = Question {
        project: Some(world.secure),
        ..question(Asker::Anonymous)
    };
    assert_eq!(
        names(&world.ask(&of_project).await.unwrap()),
        ["closed.mp4"]
    );
    let of_session = Question {
        session: Some(world.session),
        ..question(Asker::Anonymous)
    };
    let page = world.ask(&of_session).await.unwrap();
    assert_eq!(names(&page), ["marked.mp4", "plain.mp4", "trashed.mp4"]);

    let mut walked = Vec::new();
    let mut one = question(Asker::Anonymous);
    one.page.size = 1;
    loop {
        let page = world.ask(&one).await.unwrap();
        walked.push(page.items[0].file);
        let Some(next) = page.next else { break };
        one.page.cursor = Some(next);
    }
    let mut unique = walked.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!((walked.len(), unique.len()), (4, 4));
    one.page.cursor = world.ask(&one).await.unwrap().previous;
    assert_eq!(world.ask(&one).await.unwrap().items[0].file, walked[2]);
    one.page.cursor = Some("after.x".to_owned());
    assert!(matches!(world.ask(&one).await, Err(Error::Invalid(_))));

    let stranger = given_account(&world.backend, "other").await;
    for foreign in [
        of_project,
        of_session,
        question(Asker::Member(world.owner.id)),
    ] {
        let outcome = preview::preview(&world.backend, &actor(&stranger), &foreign).await;
        assert!(matches!(outcome, Err(Error::NotFound(_))), "{outcome:?}");
    }
    let (who, anyone) = (actor(&stranger), question(Asker::Anonymous));
    let own = preview::preview(&world.backend, &who, &anyone).await;
    assert_eq!(own.unwrap().total, 0);
}

/// R142, as the preview tells it: recordings for all of them, what tells of a call in words for those with a role.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_preview_tells_service_accounts_apart_by_role_and_kind(db: PgPool) {
    let world = given_world(db).await;
    let me = actor(&world.owner);
    sqlx::query("update files set kind = 'chat' where name = 'closed.mp4'")
        .execute(&world.backend.db)
        .await
        .unwrap();
    for (role, chat) in [
        ("none", Because::ServiceRole),
        ("support", Because::ServiceAccount),
    ] {
        let draft = ServiceAccountDraft {
            name: role.to_owned(),
            role: role.to_owned(),
        };
        create(&world.backend, &me, draft).await.unwrap();
        let found = preview::candidates(&world.backend, &me).await.unwrap();
        let one = found.iter().find(|one| one.name == role).unwrap();
        let seen = world.reasons(one.asker, world.end).await;
        let trashed = Because::Gone(FileState::Trashed);
        let rows = expected([
            ("plain.mp4", Because::ServiceAccount),
            ("marked.mp4", Because::ServiceAccount),
            ("trashed.mp4", trashed),
            ("closed.mp4", chat),
        ]);
        assert_eq!(seen, rows, "{role}");
    }
}

/// Every kind of caller can be chosen, and those whose access has ended for good cannot.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn everybody_who_could_ask_can_be_chosen(db: PgPool) {
    let world = given_world(db).await;
    let (application, as_application) = world.application(world.open, ApiRights::default()).await;
    let found = preview::candidates(&world.backend, &actor(&world.owner))
        .await
        .unwrap();
    let kinds: Vec<_> = found
        .iter()
        .map(|one| match one.asker {
            Asker::Anonymous => "anyone",
            Asker::Credential(_) => "credential",
            Asker::Member(_) => "member",
            Asker::ServiceAccount(_) => "service account",
            Asker::Application(_) => "application",
        })
        .collect();
    assert_eq!(kinds, ["credential", "member", "application"]);
    assert_eq!(found[2].asker, Asker::Application(application));
    assert_eq!(found[2].project.as_deref(), Some("Care"));
    for role in Role::ALL {
        let mut who = actor(&world.owner);
        who.caller = Caller::Member {
            id: world.owner.id,
            role,
        };
        let may = role.may(Permission::TestCredentials);
        let chosen = preview::candidates(&world.backend, &who).await;
        assert_eq!(chosen.is_ok(), may, "{role:?}");
        let asked = preview::preview(&world.backend, &who, &question(Asker::Anonymous)).await;
        assert_eq!(asked.is_ok(), may, "{role:?}");
    }
    let asked =
        preview::preview(&world.backend, &as_application, &question(Asker::Anonymous)).await;
    assert!(matches!(asked, Err(Error::Forbidden)));
}

/// Writing is not enough to open what is there; the right of secure mode is, within its own project.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_needs_a_right_of_its_own_to_set_secure_mode(db: PgPool) {
    let world = given_world(db).await;
    let backend = &world.backend;
    let all_but = ApiRights {
        may_write: true,
        may_delete: true,
        may_set_access: false,
        may_manage_credentials: true,
    };
    let only = ApiRights {
        may_set_access: true,
        ..ApiRights::default()
    };
    let (_, without) = world.application(world.secure, all_but).await;
    let (_, with) = world.application(world.secure, only).await;
    let file = world.file("closed.mp4").await;
    let before = Access {
        is_secure: true,
        public_hours: 72,
    };
    let open = Access {
        is_secure: false,
        public_hours: 5,
    };
    let change = async |who: &Actor, project| {
        policies::change_access(backend, who, project, before, open).await
    };
    assert!(matches!(
        change(&without, world.secure).await,
        Err(Error::Forbidden)
    ));
    let marked = trash::set_secure(backend, &without, file, true).await;
    assert!(matches!(marked, Err(Error::Forbidden)));

    assert!(matches!(
        change(&with, world.open).await,
        Err(Error::NotFound(_))
    ));
    let foreign = world.file("plain.mp4").await;
    let marked = trash::set_secure(backend, &with, foreign, true).await;
    assert!(matches!(marked, Err(Error::NotFound(_))));
    trash::set_secure(backend, &with, file, true).await.unwrap();
    change(&with, world.secure).await.unwrap();
    let policy = projects::get(backend, &with, world.secure)
        .await
        .unwrap()
        .policy;
    assert_eq!((policy.is_secure, policy.public_hours), (false, 5));
    let holdings = projects::get(backend, &with, world.secure)
        .await
        .unwrap()
        .holdings;
    assert_eq!((holdings.files, holdings.secure_files), (1, 1));

    // Whoever decided by what it was learns that it is something else; the same again is no change and no event.
    assert!(matches!(
        change(&with, world.secure).await,
        Err(Error::Conflict(_))
    ));
    let events = async || -> i64 {
        sqlx::query_scalar("select count(*) from audit_events where event = 'project.opened'")
            .fetch_one(&backend.db)
            .await
            .unwrap()
    };
    let so_far = events().await;
    policies::change_access(backend, &with, world.secure, open, open)
        .await
        .unwrap();
    assert_eq!(events().await, so_far);
    let beyond = Access {
        public_hours: 0,
        ..open
    };
    let refused = policies::change_access(backend, &with, world.secure, open, beyond).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    // Retention, holds and limits stay the account's.
    let limits = domain::projects::Limits::default();
    let limited = policies::set_limits(backend, &with, world.secure, limits).await;
    assert!(matches!(limited, Err(Error::Forbidden)));
}

/// A recorder says it when it delivers: there is no moment at which the file is open.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_delivery_marks_its_file(db: PgPool) {
    let world = given_world(db).await;
    let (_, recorder) = world
        .application(
            world.open,
            ApiRights {
                may_write: true,
                ..ApiRights::default()
            },
        )
        .await;
    let mut delivery = Delivery::new(world.open, "upload", "chat.json");
    delivery.session.room = Some("board".to_owned());
    delivery.session.conference_number = Some("42".to_owned());
    delivery.file.is_secure = true;
    let send = async |delivery: &Delivery| {
        deliver(&world.backend, &recorder, delivery.clone(), &b"{}"[..])
            .await
            .unwrap()
    };
    let made = send(&delivery).await;
    let is_secure = async || {
        let file = files::get(&world.backend, &recorder, made.file).await;
        file.unwrap().lifecycle.is_secure
    };
    assert!(made.is_new && is_secure().await);
    delivery.file.is_secure = false;
    assert!(!send(&delivery).await.is_new);
    assert!(is_secure().await, "the same file again keeps its mark");
}
