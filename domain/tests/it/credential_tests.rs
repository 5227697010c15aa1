//! "Test this credential": what is told of what a program sends, and what is not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use domain::accounts::{self, Challenge};
use domain::credentials::inspection::{CredentialTest, Finding, TestedClient, inspect};
use domain::credentials::verification::{Verdict, verify};
use domain::credentials::{FurtherDraft, Grace, Made, Reset, actions, further};
use domain::members::Member;
use domain::testing::{ACCOUNT_PASSWORD, ADDRESS, actor, given_account, given_backend};
use domain::{Actor, Backend, Caller, Error, Role, Secret};
use sqlx::PgPool;

/// Holds what gives clients trouble.
const PASSWORD: &str = "mañana @ 100%/Σ tulip";

fn pasted(sent: &str) -> CredentialTest {
    CredentialTest {
        sent: Secret::new(sent),
        username: Secret::new(""),
        password: Secret::new(""),
        address: String::new(),
        client: TestedClient::NotSure,
        public_url: "https://files.example".to_owned(),
    }
}

fn header(pair: &[u8]) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(pair))
}

async fn found(backend: &Backend, owner: &Member, sent: &str) -> Vec<Finding> {
    inspect(backend, &actor(owner), &pasted(sent))
        .await
        .unwrap()
}

async fn reset(backend: &Backend, owner: &Member, new: &str, grace: Grace) {
    let reset = Reset {
        account_password: Secret::new(ACCOUNT_PASSWORD),
        new_password: Secret::new(new),
        confirmation: Secret::new(new),
        grace,
    };
    actions::reset(backend, &actor(owner), reset).await.unwrap();
}

async fn further(backend: &Backend, owner: &Member, draft: FurtherDraft) -> Made {
    further::add(backend, &actor(owner), draft).await.unwrap()
}

fn draft(name: &str) -> FurtherDraft {
    FurtherDraft {
        name: name.to_owned(),
        expires_at: None,
        networks: String::new(),
        account_password: Secret::new(ACCOUNT_PASSWORD),
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_wrong_is_said(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let name = actions::get(&backend, &actor(&owner))
        .await
        .unwrap()
        .username;
    reset(&backend, &owner, PASSWORD, Grace::None).await;
    let now = backend.clock.now();
    let right = format!("{name}:{PASSWORD}");
    let encoded = "ma%C3%B1ana%20%40%20100%25%2F%CE%A3%20tulip";
    let url = |userinfo: &str| format!("https://{userinfo}@files.example/files/x");
    let opens = |more: &[Finding]| [&[Finding::Opens], more].concat();
    let path = Finding::OtherPath;
    for (what, sent, expected) in [
        ("as it should be", header(right.as_bytes()), opens(&[])),
        (
            "in an address",
            url(&format!("{name}:{encoded}")),
            opens(&[path]),
        ),
        (
            "as curl",
            format!("curl -u '{right}' https://files.example/"),
            opens(&[path]),
        ),
        (
            "a line break",
            header(format!("{right}\n").as_bytes()),
            vec![Finding::NothingSent, Finding::LineBreakAtEnd],
        ),
        (
            "a blank",
            header(format!("{right} ").as_bytes()),
            vec![Finding::BlankAround],
        ),
        (
            "encoded in a header",
            header(format!("{name}:{encoded}").as_bytes()),
            vec![Finding::PercentEncoded],
        ),
        (
            "encoded twice in an address",
            url(&format!("{name}:{}", encoded.replace('%', "%25"))),
            vec![Finding::PercentEncoded, path],
        ),
        (
            "not encoded in an address",
            url(&right),
            vec![Finding::NothingSent, Finding::NotPercentEncoded, path],
        ),
        (
            "base64 twice",
            header(STANDARD.encode(&right).as_bytes()),
            vec![Finding::NothingSent, Finding::Base64Twice],
        ),
        (
            "no base64",
            format!("Basic {right}"),
            vec![Finding::NothingSent, Finding::NotBase64],
        ),
        (
            "a wrong password",
            header(format!("{name}:mañana").as_bytes()),
            vec![Finding::WrongPassword {
                changed_at: Some(now),
            }],
        ),
        (
            "a wrong name",
            header(b"rec-nobody:x"),
            vec![Finding::UnknownName],
        ),
        (
            "capitals",
            header(right.replace("rec-", "REC-").as_bytes()),
            vec![Finding::NameInOtherCase],
        ),
        (
            "another scheme",
            "Bearer abc".to_owned(),
            vec![Finding::NothingSent, Finding::OtherScheme],
        ),
        (
            "nothing known",
            "abc".to_owned(),
            vec![Finding::NothingSent],
        ),
        (
            "another host",
            format!("https://{name}:{encoded}@other.example:443/files/x"),
            opens(&[Finding::OtherHost, path]),
        ),
    ] {
        assert_eq!(found(&backend, &owner, &sent).await, expected, "{what}");
    }
    let mojibake: Vec<u8> = right.replace('Σ', "S").into_bytes();
    let twice: String = mojibake.iter().map(|&byte| char::from(byte)).collect();
    assert_eq!(
        found(&backend, &owner, &header(twice.as_bytes())).await,
        [Finding::WrongPassword {
            changed_at: Some(now)
        }],
        "what is meant is wrong, too"
    );
    reset(&backend, &owner, "señal de prueba", Grace::None).await;
    let latin1: Vec<u8> = format!("{name}:señal de prueba")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(
        found(&backend, &owner, &header(&latin1)).await,
        [Finding::Opens, Finding::Latin1]
    );
    let utf8 = format!("{name}:señal de prueba");
    let twice: String = utf8.bytes().map(char::from).collect();
    assert_eq!(
        found(&backend, &owner, &header(twice.as_bytes())).await,
        [Finding::EncodedTwice]
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_stands_in_the_way_of_a_right_password_is_said(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let name = actions::get(&backend, &me).await.unwrap().username;
    reset(&backend, &owner, PASSWORD, Grace::None).await;
    reset(&backend, &owner, "window pepper gravel", Grace::Day).await;
    let now = backend.clock.now();
    let until = now + TimeDelta::days(1);
    let old = header(format!("{name}:{PASSWORD}").as_bytes());
    assert_eq!(
        found(&backend, &owner, &old).await,
        [Finding::OpensWithOldPassword { until }]
    );
    backend.clock.advance(TimeDelta::days(1));
    assert_eq!(
        found(&backend, &owner, &old).await,
        [Finding::WrongPassword {
            changed_at: Some(now)
        }]
    );

    let end = backend.clock.now() + TimeDelta::hours(1);
    let limited = FurtherDraft {
        expires_at: Some(end),
        networks: "192.0.2.0/24".to_owned(),
        ..draft("Job")
    };
    let made = further(&backend, &owner, limited).await;
    let mut test = pasted("");
    test.username = Secret::new(&*made.username);
    test.password = made.password.clone();
    let at = |address: &str| CredentialTest {
        address: address.to_owned(),
        ..test.clone()
    };
    let told = async |test: CredentialTest| inspect(&backend, &me, &test).await.unwrap();
    assert_eq!(
        told(at("")).await,
        [Finding::Opens, Finding::AddressMatters]
    );
    assert_eq!(told(at("192.0.2.9")).await, [Finding::Opens]);
    assert_eq!(told(at("198.51.100.1")).await, [Finding::AddressNotAllowed]);
    backend.clock.advance(TimeDelta::hours(1));
    assert_eq!(told(at("192.0.2.9")).await, [Finding::Expired { at: end }]);
    further::revoke(&backend, &me, made.id).await.unwrap();
    assert_eq!(told(at("192.0.2.9")).await, [Finding::Revoked { at: end }]);

    // Too many wrong ones came from there.
    let stranger = "198.51.100.9".parse().unwrap();
    for n in 0..11 {
        verify(
            &backend,
            stranger,
            name.as_bytes(),
            format!("guess {n}").as_bytes(),
        )
        .await
        .unwrap();
    }
    let mut throttled = pasted(&header(format!("{name}:window pepper gravel").as_bytes()));
    throttled.address = "198.51.100.9".to_owned();
    let findings = told(throttled).await;
    assert!(
        matches!(
            findings[..],
            [Finding::Throttled { seconds: 1..=60 }, Finding::Opens]
        ),
        "{findings:?}"
    );

    let turned_away = async |client, setting| {
        accounts::actions::set_challenge(&backend, &me, setting)
            .await
            .unwrap();
        let sent = header(format!("{name}:window pepper gravel").as_bytes());
        let findings = told(CredentialTest {
            client,
            ..pasted(&sent)
        })
        .await;
        findings.contains(&Finding::NotAsked { setting })
    };
    for (client, documented, everyone, never) in [
        (TestedClient::NotSure, false, false, false),
        (TestedClient::SendsAtOnce, false, false, false),
        (TestedClient::KnownToWait, false, false, true),
        (TestedClient::WaitsUnknown, true, false, true),
        (TestedClient::Browser, false, false, false),
    ] {
        assert_eq!(
            turned_away(client, Challenge::Documented).await,
            documented,
            "{client:?}"
        );
        assert_eq!(
            turned_away(client, Challenge::Everyone).await,
            everyone,
            "{client:?}"
        );
        assert_eq!(
            turned_away(client, Challenge::NeverPrograms).await,
            never,
            "{client:?}"
        );
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_names_stay_secret_without_their_password(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let (owner, other) = (
        given_account(&backend, "north").await,
        given_account(&backend, "south").await,
    );
    let made = further(&backend, &other, draft("Job")).await;
    let wrong = header(format!("{}:x", made.username).as_bytes());
    assert_eq!(
        found(&backend, &owner, &wrong).await,
        [Finding::UnknownName]
    );
    let upper = header(format!("{}:x", made.username.to_uppercase()).as_bytes());
    assert_eq!(
        found(&backend, &owner, &upper).await,
        [Finding::UnknownName]
    );
    let right = header(format!("{}:{}", made.username, made.password.reveal()).as_bytes());
    assert_eq!(
        found(&backend, &owner, &right).await,
        [Finding::OtherAccount]
    );
    let path = format!(
        "https://{}:{}@files.example/files/{}/{}/x",
        made.username,
        made.password.reveal(),
        other.account,
        made.id
    );
    assert_eq!(
        found(&backend, &owner, &path).await,
        [Finding::OtherAccount, Finding::OtherAccountInPath]
    );
    let path = path.replace(&other.account.to_string(), &owner.account.to_string());
    assert_eq!(
        found(&backend, &owner, &path).await,
        [Finding::OtherAccount, Finding::NoSuchFile]
    );
}

/// R019 in spirit: this form is no cheaper a place to guess than the sign-in, and guessing here throttles no program.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn guesses_here_run_out_without_harm_to_programs(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let name = actions::get(&backend, &actor(&owner))
        .await
        .unwrap()
        .username;
    reset(&backend, &owner, PASSWORD, Grace::None).await;
    let right = header(format!("{name}:{PASSWORD}").as_bytes());
    let mut tried = 0;
    loop {
        let guess = header(format!("{name}:guess {tried}").as_bytes());
        match inspect(&backend, &actor(&owner), &pasted(&guess)).await {
            Ok(_) => tried += 1,
            Err(Error::Throttled { retry_after }) => {
                assert!(retry_after.as_secs() > 0);
                break;
            }
            Err(other) => panic!("{other:?}"),
        }
        assert!(tried <= 20, "never throttled");
    }
    assert_eq!(tried, 10);
    assert!(
        inspect(&backend, &actor(&owner), &pasted(&right))
            .await
            .is_err()
    );
    let verdict = verify(&backend, ADDRESS, name.as_bytes(), PASSWORD.as_bytes())
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Valid(_)));
    // Nothing of it was written anywhere.
    let events: i64 =
        sqlx::query_scalar("select count(*) from audit_events where event like 'credential.%'")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(events, 1, "the reset alone");
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn roles_and_odd_input(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    for role in Role::ALL {
        let member = Actor {
            caller: Caller::Member { id: owner.id, role },
            ..actor(&owner)
        };
        let may = matches!(role, Role::Owner | Role::Admin | Role::Developer);
        let outcome = inspect(&backend, &member, &pasted("Bearer x")).await;
        assert_eq!(matches!(outcome, Err(Error::Forbidden)), !may, "{role:?}");
    }
    let long = "x".repeat(20_000);
    let both = CredentialTest {
        username: Secret::new("x"),
        ..pasted("Basic eDp5")
    };
    let host = CredentialTest {
        address: "host.example".to_owned(),
        ..pasted("Basic eDp5")
    };
    for (test, field) in [
        (pasted(" \n"), "sent"),
        (pasted(&long), "sent"),
        (both, "sent"),
        (host, "address"),
    ] {
        match inspect(&backend, &actor(&owner), &test).await {
            Err(Error::Invalid(problems)) => assert_eq!(problems[0].field, field),
            other => panic!("{other:?}"),
        }
    }
    for odd in [
        "curl",
        "curl -u",
        "://",
        "a\0:b\0",
        "Basic AA==",
        "https://@/",
        "https://a:b@[::1",
        "curl -u 'x",
    ] {
        inspect(&backend, &actor(&owner), &pasted(odd))
            .await
            .unwrap();
    }
}
