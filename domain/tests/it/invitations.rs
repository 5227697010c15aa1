//! Invitations: their links, and what becomes of them.

use chrono::TimeDelta;
use domain::invitations::{Acceptance, Invitation, actions};
use domain::members::Member;
use domain::sign_ins::actions as sign_ins;
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend, token_of};
use domain::{Backend, Error, LinkToken, Role, Secret};
use sqlx::PgPool;

const EMAIL: &str = "new@north.example";

fn typed() -> Acceptance {
    Acceptance {
        name: "New Person".to_owned(),
        password: Secret::new(ACCOUNT_PASSWORD),
        confirmation: Secret::new(ACCOUNT_PASSWORD),
    }
}

async fn invite(backend: &Backend, owner: &Member) -> LinkToken {
    let link = actions::invite(
        backend,
        &actor(owner),
        " New@North.example",
        Role::Supervisor,
    )
    .await;
    token_of(&link.unwrap())
}

async fn open(backend: &Backend, owner: &Member) -> Vec<Invitation> {
    actions::list(backend, &actor(owner)).await.unwrap()
}

async fn is_good(backend: &Backend, token: &LinkToken) -> bool {
    match actions::look(backend, token).await {
        Ok(_) => true,
        Err(Error::NotFound(_)) => false,
        Err(error) => panic!("{error:?}"),
    }
}

fn fields<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid(problems)) => {
            problems.into_iter().map(|problem| problem.field).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_accepted_invitation_makes_a_member_who_signs_in(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let token = invite(&backend, &owner).await;
    let welcome = actions::look(&backend, &token).await.unwrap();
    assert_eq!(
        (
            welcome.email.as_str(),
            welcome.role,
            welcome.account_name.as_str()
        ),
        (EMAIL, Role::Supervisor, "north")
    );
    let bad = Acceptance {
        name: " ".to_owned(),
        password: Secret::new("too short"),
        confirmation: Secret::new("else"),
    };
    assert_eq!(
        fields(actions::accept(&backend, &token, bad).await),
        ["name", "password", "confirmation"]
    );
    assert!(
        is_good(&backend, &token).await,
        "a refused form uses nothing up"
    );

    let member = actions::accept(&backend, &token, typed()).await.unwrap();
    assert_eq!(
        (member.account, member.role),
        (owner.account, Role::Supervisor)
    );
    let password = Secret::new(ACCOUNT_PASSWORD);
    sign_ins::check_password(&backend, ADDRESS, EMAIL, &password)
        .await
        .unwrap();
    assert!(open(&backend, &owner).await.is_empty());
    let sign_ins: i64 = sqlx::query_scalar("select count(*) from sign_ins")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(sign_ins, 0, "it signs nobody in");
}

/// R028, said of invitations: single use, also for two at once; hashed at rest.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_link_works_once_and_lies_hashed(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let link = actions::invite(&backend, &actor(&owner), EMAIL, Role::Support)
        .await
        .unwrap();
    let (_, text) = link.reveal().split_once("?token=").unwrap();
    assert!(text.len() >= 32, "186 bits");
    let dump: String = sqlx::query_scalar("select string_agg(i::text, ' ') from invitations i")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!dump.contains(text));

    let token = token_of(&link);
    let (one, two) = tokio::join!(
        actions::accept(&backend, &token, typed()),
        actions::accept(&backend, &token, typed())
    );
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    assert!(!is_good(&backend, &token).await);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_newer_link_a_withdrawal_and_a_week_void_it(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let first = invite(&backend, &owner).await;
    let id = open(&backend, &owner).await[0].id;
    let second = token_of(&actions::resend(&backend, &me, id).await.unwrap());
    assert!(!is_good(&backend, &first).await);
    assert!(is_good(&backend, &second).await);

    backend
        .clock
        .advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert!(is_good(&backend, &second).await);
    backend.clock.advance(TimeDelta::seconds(1));
    assert!(!is_good(&backend, &second).await);
    assert!(matches!(
        actions::accept(&backend, &second, typed()).await,
        Err(Error::NotFound(_))
    ));

    let third = token_of(&actions::resend(&backend, &me, id).await.unwrap());
    assert!(is_good(&backend, &third).await);
    actions::withdraw(&backend, &me, id).await.unwrap();
    assert!(!is_good(&backend, &third).await);
    assert!(matches!(
        actions::withdraw(&backend, &me, id).await,
        Err(Error::NotFound(_))
    ));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_address_is_invited_once_and_members_are_not(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let neighbour = given_account(&backend, "south").await;
    let me = actor(&owner);
    for email in ["nonsense", owner.email.as_str()] {
        assert_eq!(
            fields(actions::invite(&backend, &me, email, Role::Support).await),
            ["email"]
        );
    }
    invite(&backend, &owner).await;
    assert_eq!(
        fields(actions::invite(&backend, &me, EMAIL, Role::Support).await),
        ["email"]
    );
    // Who signs in elsewhere is told so only once the link proves whose address it is.
    let link = actions::invite(&backend, &me, &neighbour.email, Role::Support)
        .await
        .unwrap();
    assert_eq!(
        fields(actions::accept(&backend, &token_of(&link), typed()).await),
        ["email"]
    );
    let foreign = open(&backend, &owner).await[0].id;
    assert!(matches!(
        actions::withdraw(&backend, &actor(&neighbour), foreign).await,
        Err(Error::NotFound(_))
    ));
}
