//! Further credentials: made, listed, edited, rotated, revoked; where and how long they open files.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::credentials::verification::{Verdict, Why, verify};
use domain::credentials::{
    CredentialId, FurtherDraft, Grace, Made, actions, browsers, callers, further,
};
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend};
use domain::{Actor, Backend, Caller, Error, Role, Secret};
use sqlx::PgPool;

fn draft(name: &str) -> FurtherDraft {
    FurtherDraft {
        name: name.to_owned(),
        expires_at: None,
        networks: String::new(),
        account_password: Secret::new(ACCOUNT_PASSWORD),
    }
}

async fn judged_from(backend: &Backend, address: IpAddr, made: &Made) -> Result<CredentialId, Why> {
    let verdict = verify(
        backend,
        address,
        made.username.as_bytes(),
        made.password.reveal().as_bytes(),
    )
    .await
    .unwrap();
    match verdict {
        Verdict::Valid(grant) => Ok(grant.credential),
        Verdict::Refused(refused) => {
            assert_eq!(refused.of.map(|(id, _)| id), Some(made.id));
            Err(refused.why)
        }
        other @ Verdict::Throttled { .. } => panic!("{other:?}"),
    }
}

async fn judged(backend: &Backend, made: &Made) -> Result<CredentialId, Why> {
    judged_from(backend, ADDRESS, made).await
}

fn fields<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn one_is_made_opens_files_beside_the_main_one_and_only_its_hash_is_kept(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let made = further::add(&backend, &me, draft("  Archive job "))
        .await
        .unwrap();
    assert_eq!(made.name, "Archive job");
    assert!(made.username.starts_with("rec-"));
    assert_eq!(made.password.reveal().len(), 24);
    assert!(!format!("{made:?}").contains(made.password.reveal()));
    assert_eq!(judged(&backend, &made).await, Ok(made.id));
    let dump: String = sqlx::query_scalar("select json_agg(c)::text from credentials c")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!dump.contains(made.password.reveal()));

    let listed = further::list(&backend, &me).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].name.as_str(), &listed[0].last_use),
        ("Archive job", &None)
    );
    let Verdict::Valid(grant) = verify(
        &backend,
        ADDRESS,
        made.username.as_bytes(),
        made.password.reveal().as_bytes(),
    )
    .await
    .unwrap() else {
        panic!("it is right")
    };
    callers::note(&backend, &grant, ADDRESS, b"curl/8.1");
    let used = further::get(&backend, &me, made.id)
        .await
        .unwrap()
        .last_use
        .unwrap();
    assert_eq!(
        (used.at, used.address, used.client.as_str()),
        (backend.clock.now(), ADDRESS.to_string(), "curl/8.1")
    );
    // The main one is still the main one.
    let main = actions::get(&backend, &me).await.unwrap();
    assert!(main.is_preset && main.id != made.id);
    assert!(matches!(
        further::get(&backend, &me, main.id).await,
        Err(Error::NotFound(_))
    ));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_wrong_field_is_told_at_once_and_nothing_is_made(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    further::add(&backend, &me, draft("Archive")).await.unwrap();
    for (what, wrong, field) in [
        ("no name", draft(" "), "name"),
        ("two lines", draft("a\nb"), "name"),
        ("a NUL", draft("a\0b"), "name"),
        ("a long name", draft(&"x".repeat(61)), "name"),
        ("a taken name, in other letters", draft("ARCHIVE"), "name"),
        (
            "an end that is over",
            FurtherDraft {
                expires_at: Some(backend.clock.now()),
                ..draft("New")
            },
            "expires_on",
        ),
        (
            "a host name",
            FurtherDraft {
                networks: "intranet.example".to_owned(),
                ..draft("New")
            },
            "networks",
        ),
        (
            "a wrong account password",
            FurtherDraft {
                account_password: Secret::new("wrong"),
                ..draft("New")
            },
            "account_password",
        ),
    ] {
        assert_eq!(
            fields(further::add(&backend, &me, wrong).await),
            [field],
            "{what}"
        );
    }
    let all = FurtherDraft {
        name: String::new(),
        expires_at: Some(backend.clock.now() - TimeDelta::days(1)),
        networks: "x".to_owned(),
        account_password: Secret::new(""),
    };
    assert_eq!(
        fields(further::add(&backend, &me, all).await),
        ["name", "expires_on", "networks", "account_password"]
    );
    assert_eq!(further::list(&backend, &me).await.unwrap().len(), 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn it_opens_files_from_its_addresses_and_until_its_end(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let end = backend.clock.now() + TimeDelta::days(1);
    let limited = FurtherDraft {
        expires_at: Some(end),
        networks: "192.0.2.0/24\n2001:db8::/64".to_owned(),
        ..draft("Limited")
    };
    let made = further::add(&backend, &me, limited.clone()).await.unwrap();
    // One after the other, so that all but the first are remembered as right.
    for (address, expected) in [
        ("192.0.2.200", Ok(made.id)),
        ("::ffff:192.0.2.200", Ok(made.id)),
        ("2001:db8::77", Ok(made.id)),
        ("192.0.3.1", Err(Why::AddressNotAllowed)),
        ("2001:db8:0:1::1", Err(Why::AddressNotAllowed)),
        ("127.0.0.1", Err(Why::AddressNotAllowed)),
    ] {
        assert_eq!(
            judged_from(&backend, address.parse().unwrap(), &made).await,
            expected,
            "{address}"
        );
    }
    let here: IpAddr = "192.0.2.200".parse().unwrap();
    backend.clock.advance(TimeDelta::days(1));
    assert_eq!(judged_from(&backend, here, &made).await, Err(Why::Expired));
    // What has ended already may stay so while something else changes, and may be made longer.
    let renamed = FurtherDraft {
        name: "Renamed".to_owned(),
        networks: String::new(),
        ..limited
    };
    further::edit(&backend, &me, made.id, renamed.clone())
        .await
        .unwrap();
    assert_eq!(
        judged_from(&backend, "127.0.0.1".parse().unwrap(), &made).await,
        Err(Why::Expired)
    );
    let longer = FurtherDraft {
        expires_at: Some(end + TimeDelta::days(9)),
        ..renamed
    };
    further::edit(&backend, &me, made.id, longer).await.unwrap();
    assert_eq!(
        judged_from(&backend, "127.0.0.1".parse().unwrap(), &made).await,
        Ok(made.id)
    );
    assert_eq!(
        further::get(&backend, &me, made.id).await.unwrap().name,
        "Renamed"
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_rotation_has_the_same_grace_and_a_revocation_none(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let here = given_backend(db.clone(), folder.path());
    let elsewhere = given_backend(db.clone(), folder.path());
    let owner = given_account(&here, "north").await;
    let me = actor(&owner);
    let first = further::add(&here, &me, draft("Job")).await.unwrap();
    let password = Secret::new(ACCOUNT_PASSWORD);
    let wrong = further::rotate(&here, &me, first.id, Grace::Day, &Secret::new("x")).await;
    assert_eq!(fields(wrong), ["account_password"]);
    let second = further::rotate(&here, &me, first.id, Grace::Day, &password)
        .await
        .unwrap();
    assert_eq!(second.username, first.username);
    assert_ne!(second.password.reveal(), first.password.reveal());
    for backend in [&here, &elsewhere] {
        assert_eq!(judged(backend, &first).await, Ok(first.id));
        assert_eq!(judged(backend, &second).await, Ok(first.id));
    }
    actions::end_grace(&here, &me, first.id).await.unwrap();
    assert_eq!(judged(&elsewhere, &first).await, Err(Why::WrongPassword));
    let third = further::rotate(&here, &me, first.id, Grace::Hour, &password)
        .await
        .unwrap();
    further::revoke(&here, &me, first.id).await.unwrap();
    for backend in [&here, &elsewhere] {
        assert_eq!(
            judged(backend, &second).await,
            Err(Why::WrongPassword),
            "in its grace period"
        );
        assert_eq!(judged(backend, &third).await, Err(Why::Revoked));
    }
    // It is no longer there, and its name is free.
    assert_eq!(further::list(&here, &me).await.unwrap(), []);
    for gone in [
        further::revoke(&here, &me, first.id).await.map(drop),
        further::edit(&here, &me, first.id, draft("Job")).await,
        further::rotate(&here, &me, first.id, Grace::None, &password)
            .await
            .map(drop),
    ] {
        assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    }
    further::add(&here, &me, draft("job")).await.unwrap();
    let events: Vec<String> = sqlx::query_scalar(
        "select event from audit_events where event like 'credential.%' order by occurred_at, id",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(
        events
            .iter()
            .filter(|event| *event == "credential.added")
            .count(),
        2
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| *event == "credential.rotated")
            .count(),
        2
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| *event == "credential.revoked")
            .count(),
        1
    );
    assert_eq!(
        events
            .iter()
            .filter(|event| *event == "credential.change_refused")
            .count(),
        1
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn roles_and_other_accounts(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let stranger = given_account(&backend, "south").await;
    let made = further::add(&backend, &actor(&owner), draft("Job"))
        .await
        .unwrap();
    let password = Secret::new(ACCOUNT_PASSWORD);
    let outcomes = async |member: &Actor, name: &str| {
        [
            further::list(&backend, member).await.map(drop),
            further::get(&backend, member, made.id).await.map(drop),
            further::add(&backend, member, draft(name)).await.map(drop),
            further::edit(&backend, member, made.id, draft("Job")).await,
            further::rotate(&backend, member, made.id, Grace::None, &password)
                .await
                .map(drop),
            browsers::end_access(&backend, member).await,
            browsers::ended_at(&backend, member).await.map(drop),
        ]
    };
    for role in Role::ALL {
        let member = Actor {
            caller: Caller::Member { id: owner.id, role },
            ..actor(&owner)
        };
        let may = matches!(role, Role::Owner | Role::Admin);
        for outcome in outcomes(&member, role.as_str()).await {
            assert_eq!(outcome.is_ok(), may, "{role:?}: {outcome:?}");
        }
        if !may {
            assert!(matches!(
                further::revoke(&backend, &member, made.id).await,
                Err(Error::Forbidden)
            ));
        }
    }
    let [_, get, _, edit, rotate, ..] = outcomes(&actor(&stranger), "theirs").await;
    for outcome in [
        get,
        edit,
        rotate,
        further::revoke(&backend, &actor(&stranger), made.id).await,
    ] {
        assert!(matches!(outcome, Err(Error::NotFound(_))), "{outcome:?}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_end_of_browser_access_is_told_with_every_grant_of_that_account(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let (owner, stranger) = (
        given_account(&backend, "north").await,
        given_account(&backend, "south").await,
    );
    let made = further::add(&backend, &actor(&owner), draft("Job"))
        .await
        .unwrap();
    let theirs = further::add(&backend, &actor(&stranger), draft("Job"))
        .await
        .unwrap();
    let ended = async |made: &Made| match verify(
        &backend,
        ADDRESS,
        made.username.as_bytes(),
        made.password.reveal().as_bytes(),
    )
    .await
    .unwrap()
    {
        Verdict::Valid(grant) => grant.browser_access_ended_at,
        other => panic!("{other:?}"),
    };
    assert_eq!(ended(&made).await, None);
    browsers::end_access(&backend, &actor(&owner))
        .await
        .unwrap();
    assert_eq!(ended(&made).await, Some(backend.clock.now()));
    assert_eq!(ended(&theirs).await, None);
    let mark = browsers::mark(&backend);
    assert_eq!(
        browsers::asked_at(&backend, &mark),
        Some(backend.clock.now())
    );
    let mut forged = mark.clone();
    *forged.last_mut().unwrap() ^= 1;
    for nonsense in [&forged[..], b"", b"1795000000000000", &mark[1..]] {
        assert_eq!(browsers::asked_at(&backend, nonsense), None);
    }
}
