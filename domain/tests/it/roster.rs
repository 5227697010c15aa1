//! Who is in an account: roles, disabling, removing, and the owner who always stays.

use domain::members::{Member, MemberId, roster};
use domain::sign_ins::actions as sign_ins;
use domain::sign_ins::actions::SignInKey;
use domain::testing::{
    ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend, given_member, operator,
};
use domain::{Backend, Error, Role, Secret, invitations, password_resets};
use sqlx::PgPool;

async fn role_of(backend: &Backend, owner: &Member, id: MemberId) -> Option<Role> {
    let members = roster::list(backend, &operator(owner)).await.unwrap();
    members
        .into_iter()
        .find(|member| member.id == id)
        .map(|member| member.role)
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn removing_ends_every_sign_in_at_once_and_frees_the_address(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let gone = given_member(&backend, &owner, Role::Support, "gone").await;
    let key = SignInKey::of(b"cookie");
    sign_ins::create(&backend, &key, Some(gone.id), serde_json::json!({}))
        .await
        .unwrap();

    roster::remove(&backend, &actor(&owner), gone.id)
        .await
        .unwrap();
    assert!(sign_ins::load(&backend, &key).await.unwrap().is_none());
    assert!(
        sign_ins::actor(&backend, gone.id, None)
            .await
            .unwrap()
            .is_none()
    );
    let password = Secret::new(ACCOUNT_PASSWORD);
    assert!(
        sign_ins::check_password(&backend, ADDRESS, &gone.email, &password)
            .await
            .is_err()
    );
    assert_eq!(role_of(&backend, &owner, gone.id).await, None);
    let joined: i64 = sqlx::query_scalar(
        "select count(*) from audit_events where member_id = $1 and event = 'invitation.accepted'",
    )
    .bind(*gone.id.as_uuid())
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(joined, 1, "the history stays");

    let back = given_member(&backend, &owner, Role::Supervisor, "gone").await;
    assert_ne!(back.id, gone.id);
    sign_ins::check_password(&backend, ADDRESS, &back.email, &password)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_disabled_member_is_out_until_enabled_again(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let member = given_member(&backend, &owner, Role::Developer, "dev").await;
    let key = SignInKey::of(b"cookie");
    sign_ins::create(&backend, &key, Some(member.id), serde_json::json!({}))
        .await
        .unwrap();
    let me = actor(&owner);
    let password = Secret::new(ACCOUNT_PASSWORD);
    let sign_in = async || {
        sign_ins::check_password(&backend, ADDRESS, &member.email, &password)
            .await
            .is_ok()
    };

    roster::disable(&backend, &me, member.id).await.unwrap();
    assert!(sign_ins::load(&backend, &key).await.unwrap().is_none());
    assert!(!sign_in().await);
    assert!(matches!(
        password_resets::actions::start(&backend, &me, member.id).await,
        Err(Error::Conflict(_))
    ));
    roster::enable(&backend, &me, member.id).await.unwrap();
    assert!(sign_in().await);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_admin_cannot_make_or_touch_an_owner(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let admin = given_member(&backend, &owner, Role::Admin, "admin").await;
    let other = given_member(&backend, &owner, Role::Support, "other").await;
    let link =
        invitations::actions::invite(&backend, &actor(&owner), "boss@north.example", Role::Owner)
            .await;
    link.unwrap();
    let boss = invitations::actions::list(&backend, &actor(&admin))
        .await
        .unwrap()
        .remove(0);
    let me = actor(&admin);
    let outcomes = [
        roster::change_role(&backend, &me, owner.id, Role::Support).await,
        roster::change_role(&backend, &me, other.id, Role::Owner).await,
        roster::disable(&backend, &me, owner.id).await,
        roster::enable(&backend, &me, owner.id).await,
        roster::remove(&backend, &me, owner.id).await,
        password_resets::actions::start(&backend, &me, owner.id)
            .await
            .map(|_| ()),
        invitations::actions::invite(&backend, &me, "x@north.example", Role::Owner)
            .await
            .map(|_| ()),
        invitations::actions::resend(&backend, &me, boss.id)
            .await
            .map(|_| ()),
        invitations::actions::withdraw(&backend, &me, boss.id).await,
    ];
    for (number, outcome) in outcomes.into_iter().enumerate() {
        assert!(
            matches!(outcome, Err(Error::Forbidden)),
            "{number}: {outcome:?}"
        );
    }
    roster::change_role(&backend, &me, other.id, Role::Admin)
        .await
        .unwrap();
    assert_eq!(role_of(&backend, &owner, other.id).await, Some(Role::Admin));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn nobody_locks_oneself_out_and_the_last_owner_stays(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    for actor in [actor(&owner), operator(&owner)] {
        for outcome in [
            roster::change_role(&backend, &actor, owner.id, Role::Admin).await,
            roster::disable(&backend, &actor, owner.id).await,
            roster::remove(&backend, &actor, owner.id).await,
        ] {
            assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
        }
    }
    let second = given_member(&backend, &owner, Role::Owner, "second").await;
    roster::disable(&backend, &actor(&owner), second.id)
        .await
        .unwrap();
    assert!(
        matches!(
            roster::remove(&backend, &operator(&owner), owner.id).await,
            Err(Error::Conflict(_))
        ),
        "a disabled owner does not count"
    );
}

/// Two owners remove or demote each other at the same moment: one of them stays, as an owner.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn two_owners_at_once_cannot_leave_the_account_without_one(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    for round in 0..10 {
        let first = given_account(&backend, &format!("north{round}")).await;
        let second = given_member(&backend, &first, Role::Owner, "second").await;
        let (one, two) = (actor(&first), actor(&second));
        let outcomes = if round % 2 == 0 {
            tokio::join!(
                roster::remove(&backend, &one, second.id),
                roster::remove(&backend, &two, first.id)
            )
        } else {
            tokio::join!(
                roster::change_role(&backend, &one, second.id, Role::Admin),
                roster::change_role(&backend, &two, first.id, Role::Admin)
            )
        };
        assert!(
            matches!(
                outcomes,
                (Ok(()), Err(Error::Forbidden)) | (Err(Error::Forbidden), Ok(()))
            ),
            "{outcomes:?}"
        );
        let owners = roster::list(&backend, &operator(&first)).await.unwrap();
        let owners = owners.iter().filter(|member| member.role == Role::Owner);
        assert_eq!(owners.count(), 1);
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn members_of_another_account_are_not_found(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let neighbour = given_account(&backend, "south").await;
    let me = actor(&owner);
    for outcome in [
        roster::change_role(&backend, &me, neighbour.id, Role::Support).await,
        roster::disable(&backend, &me, neighbour.id).await,
        roster::enable(&backend, &me, neighbour.id).await,
        roster::remove(&backend, &me, neighbour.id).await,
        password_resets::actions::start(&backend, &me, neighbour.id)
            .await
            .map(|_| ()),
    ] {
        assert!(
            matches!(outcome, Err(Error::NotFound("member"))),
            "{outcome:?}"
        );
    }
    let listed = roster::list(&backend, &me).await.unwrap();
    assert_eq!(
        listed.iter().map(|member| member.id).collect::<Vec<_>>(),
        [owner.id]
    );
}
