//! API keys: who may make them, what is kept of them, and what is written down.

use domain::api_keys::actions::{MAX, PREFIX, list, make, revoke, set_taken};
use domain::api_keys::verification::verify;
use domain::api_secrets::verification::NotAdmitted;
use domain::testing::tokens::given_service_account;
use domain::testing::{ADDRESS, actor, given_account, given_backend, given_member};
use domain::{Caller, Error, Role, service_accounts};
use sqlx::PgPool;

/// R058: shown once, kept as a hash, known again by its end and its last use; every change is written down.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_key_is_shown_once_and_kept_as_a_hash(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = actor(&given_account(&backend, "acme").await);
    let of = given_service_account(&backend, &owner, "nightly", Some(Role::Support)).await;
    let early = make(&backend, &owner, of.service_account).await;
    assert!(matches!(early, Err(Error::Conflict(_))), "none are taken");
    set_taken(&backend, &owner, true).await.unwrap();
    set_taken(&backend, &owner, true).await.unwrap();
    let made = make(&backend, &owner, of.service_account).await.unwrap();
    let key = made.key.reveal();
    assert!(key.starts_with(PREFIX) && key.len() == 44);
    assert!(!format!("{made:?}").contains(key));
    let kept: Vec<u8> = sqlx::query_scalar("select hash from api_keys")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(kept.len() == 32 && kept != key.as_bytes());

    let number = made.account_number.to_string();
    let actor = verify(&backend, &number, key, ADDRESS).await.unwrap();
    assert_eq!(
        actor.caller,
        Caller::ServiceAccount {
            id: of.service_account,
            role: Some(Role::Support)
        }
    );
    let listed = list(&backend, &owner).await.unwrap();
    let one = &listed.keys[0];
    assert_eq!(
        (one.name.as_str(), one.role),
        ("nightly", Some(Role::Support))
    );
    assert!(key.ends_with(&one.hint) && one.last_used_at.is_some());
    assert_eq!(one.last_used_from.as_deref(), Some("192.0.2.7"));

    revoke(&backend, &owner, made.id).await.unwrap();
    revoke(&backend, &owner, made.id).await.unwrap();
    let refused = verify(&backend, &number, key, ADDRESS).await;
    assert!(matches!(refused, Err(NotAdmitted::Wrong)));
    set_taken(&backend, &owner, false).await.unwrap();
    let events: Vec<String> = sqlx::query_scalar(
        "select event from audit_events where event like '%api_key%' order by event",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(
        events,
        [
            "account.api_keys_switched_off",
            "account.api_keys_switched_on",
            "api_key.made",
            "api_key.revoked"
        ],
        "each once, though two were asked for twice"
    );
}

/// Owners and admins; and of owners' service accounts only owners.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn who_may_make_a_service_account_may_make_its_key(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let first = given_account(&backend, "acme").await;
    let owner = actor(&first);
    set_taken(&backend, &owner, true).await.unwrap();
    let of = given_service_account(&backend, &owner, "plain", None).await;
    let owners = given_service_account(&backend, &owner, "owner's", Some(Role::Owner)).await;
    let made = make(&backend, &owner, owners.service_account)
        .await
        .unwrap();
    for role in Role::ALL {
        let member =
            actor(&given_member(&backend, &first, role, &format!("a-{}", role.as_str())).await);
        let may = matches!(role, Role::Owner | Role::Admin);
        assert_eq!(list(&backend, &member).await.is_ok(), may, "{role:?}");
        assert_eq!(
            set_taken(&backend, &member, true).await.is_ok(),
            may,
            "{role:?}"
        );
        let plain = make(&backend, &member, of.service_account).await;
        assert_eq!(plain.is_ok(), may, "{role:?}");
        if role != Role::Owner {
            let refused = make(&backend, &member, owners.service_account).await;
            assert!(matches!(refused, Err(Error::Forbidden)), "{role:?}");
            let refused = revoke(&backend, &member, made.id).await;
            assert!(matches!(refused, Err(Error::Forbidden)), "{role:?}");
        }
    }
    // Another account's is not there.
    let stranger = actor(&given_account(&backend, "other").await);
    set_taken(&backend, &stranger, true).await.unwrap();
    let none = make(&backend, &stranger, of.service_account).await;
    assert!(matches!(none, Err(Error::NotFound(_))));
    let none = revoke(&backend, &stranger, made.id).await;
    assert!(matches!(none, Err(Error::NotFound(_))));
    assert!(list(&backend, &stranger).await.unwrap().keys.is_empty());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_revoked_service_account_has_no_keys_and_a_living_one_not_too_many(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = actor(&given_account(&backend, "acme").await);
    set_taken(&backend, &owner, true).await.unwrap();
    let of = given_service_account(&backend, &owner, "nightly", None).await;
    for _ in 0..MAX {
        make(&backend, &owner, of.service_account).await.unwrap();
    }
    let more = make(&backend, &owner, of.service_account).await;
    assert!(matches!(more, Err(Error::Conflict(_))));
    service_accounts::actions::revoke(&backend, &owner, of.service_account)
        .await
        .unwrap();
    assert!(list(&backend, &owner).await.unwrap().keys.is_empty());
    let late = make(&backend, &owner, of.service_account).await;
    assert!(matches!(late, Err(Error::Conflict(_))));
}
