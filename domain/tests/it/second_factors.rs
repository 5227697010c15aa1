//! Second factors: setting up, signing in with them, losing and resetting them.

use chrono::TimeDelta;
use domain::mail::outbox;
use domain::members::{Member, roster};
use domain::second_factors::steps::{self, Passed, StepToken};
use domain::second_factors::{actions, passkeys, reset};
use domain::sign_ins::actions::SignInKey;
use domain::testing::mail_server::MailServer;
use domain::testing::{
    ACCOUNT_PASSWORD, ADDRESS, actor, app_code, given_account, given_app, given_backend,
    given_member,
};
use domain::{Actor, Backend, Error, Role, Secret, background::More, password_resets, sign_ins};
use sqlx::PgPool;

fn password() -> Secret {
    Secret::new(ACCOUNT_PASSWORD)
}

fn here() -> SignInKey {
    SignInKey::of(b"given")
}

/// What a right account password leads to.
async fn waiting(backend: &Backend, member: &Member) -> StepToken {
    steps::begin(backend, member, "/account")
        .await
        .unwrap()
        .expect("the second factor is on")
}

async fn enter(backend: &Backend, token: &StepToken, code: &str) -> Result<Passed, Error> {
    steps::check_code(backend, ADDRESS, token, code).await
}

fn problem(outcome: Result<Passed, Error>) -> String {
    match outcome {
        Err(Error::Invalid(problems)) => problems[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

async fn events(db: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select event from audit_events where event like 'second_factor.%' order by occurred_at, event",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_app_is_on_once_a_code_confirms_it(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let wrong = Secret::new("not my password");
    let refused = actions::begin_app(&backend, &me, &here(), &wrong).await;
    assert!(
        matches!(refused, Err(Error::Invalid(problems)) if problems[0].field == "account_password")
    );
    assert!(
        actions::app_draft(&backend, &me, &here())
            .await
            .unwrap()
            .is_none()
    );

    actions::begin_app(&backend, &me, &here(), &password())
        .await
        .unwrap();
    let elsewhere = SignInKey::of(b"elsewhere");
    assert!(
        actions::app_draft(&backend, &me, &elsewhere)
            .await
            .unwrap()
            .is_none(),
        "shown to the sign-in that asked"
    );
    let draft = actions::app_draft(&backend, &me, &here())
        .await
        .unwrap()
        .unwrap();
    let secret = draft.grouped.reveal().replace(' ', "");
    assert!(
        draft
            .address
            .reveal()
            .starts_with("otpauth://totp/Reelgate%20%28north%29:owner%40north%2Eexample?")
    );
    assert!(
        draft
            .address
            .reveal()
            .contains(&format!("secret={secret}&"))
    );
    assert!(!format!("{draft:?}").contains(&secret));
    assert!(
        steps::begin(&backend, &owner, "/").await.unwrap().is_none(),
        "not on before it is confirmed"
    );
    for typed in ["", "12345", "abcdef", "000000"] {
        let refused = actions::confirm_app(&backend, &me, &here(), typed).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{typed}");
    }
    let code = app_code(&draft.grouped, backend.clock.now());
    let codes = actions::confirm_app(&backend, &me, &here(), &code)
        .await
        .unwrap();
    assert_eq!(codes.len(), 10);
    let has = actions::get(&backend, &me).await.unwrap();
    assert!(has.are_on() && has.app.is_some());
    assert_eq!(has.codes_left, 10);
    assert_eq!(
        events(&db).await,
        [
            "second_factor.app_added",
            "second_factor.change_refused",
            "second_factor.recovery_codes_made",
            "second_factor.turned_on"
        ]
    );

    let dump: Vec<Vec<u8>> = sqlx::query_scalar(
        "select sealed from authenticator_apps union all select code_hash from recovery_codes",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let found = |needle: &str| {
        dump.iter().any(|bytes| {
            bytes
                .windows(needle.len())
                .any(|part| part == needle.as_bytes())
        })
    };
    assert!(!found(&secret) && !found(&codes[0].reveal().replace('-', "")));

    // Nobody confirms it twice, and a draft does not wait for ever.
    assert!(matches!(
        actions::confirm_app(&backend, &me, &here(), &code).await,
        Err(Error::Conflict(_))
    ));
    actions::begin_app(&backend, &me, &here(), &password())
        .await
        .unwrap();
    backend.clock.advance(TimeDelta::minutes(15));
    assert!(
        actions::app_draft(&backend, &me, &here())
            .await
            .unwrap()
            .is_none()
    );
}

/// RFC 6238 section 5.2: a code counts once, and a clock may be a step off.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_sign_in_waits_for_a_code_that_counts_once(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let (secret, _) = given_app(&backend, &owner).await;
    let token = waiting(&backend, &owner).await;
    let ways = steps::look(&backend, &token).await.unwrap().unwrap();
    assert!(ways.app && ways.recovery_code && !ways.passkey);

    let code = app_code(&secret, backend.clock.now());
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let passed = enter(&backend, &token, &spaced).await.unwrap();
    assert_eq!(
        (passed.member.id, passed.next.as_str(), passed.codes_left),
        (owner.id, "/account", None)
    );
    assert!(
        steps::look(&backend, &token).await.unwrap().is_none(),
        "completed once"
    );
    let late = enter(&backend, &token, &app_code(&secret, backend.clock.now())).await;
    assert!(matches!(late, Err(Error::Conflict(_))));

    let again = waiting(&backend, &owner).await;
    assert!(problem(enter(&backend, &again, &code).await).contains("used already"));
    let earlier = app_code(&secret, backend.clock.now() - TimeDelta::seconds(30));
    problem(enter(&backend, &again, &earlier).await);
    let next = app_code(&secret, backend.clock.now() + TimeDelta::seconds(30));
    enter(&backend, &again, &next).await.unwrap();
    assert_eq!(
        events(&db)
            .await
            .iter()
            .filter(|event| *event == "second_factor.refused")
            .count(),
        2
    );

    let slow = waiting(&backend, &owner).await;
    backend.clock.advance(TimeDelta::minutes(10));
    assert!(steps::look(&backend, &slow).await.unwrap().is_none());
    let code = app_code(&secret, backend.clock.now());
    assert!(matches!(
        enter(&backend, &slow, &code).await,
        Err(Error::Conflict(_))
    ));
    sign_ins::actions::delete_expired(&backend).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from sign_in_steps")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// SP 800-63B-4 section 3.2.2: wrong codes wait, longer and longer, whatever process counts them, and end at a hundred.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn wrong_codes_wait_and_end(db: PgPool) {
    let server = MailServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    backend.post = server.post();
    let owner = given_account(&backend, "north").await;
    let (secret, codes) = given_app(&backend, &owner).await;
    while outbox::send_next(&backend).await.unwrap() == More::Now {}
    server.take();
    let token = waiting(&backend, &owner).await;
    // What is not six digits is no guess.
    for _ in 0..20 {
        problem(enter(&backend, &token, "abc").await);
    }
    let wrong = wrong_code(&secret, &backend);
    for _ in 0..5 {
        problem(enter(&backend, &token, &wrong).await);
    }
    let right = app_code(&secret, backend.clock.now());
    assert!(matches!(
        enter(&backend, &token, &right).await,
        Err(Error::Throttled { .. })
    ));
    // Another process has another memory, and the same database.
    let other = {
        let mut other = given_backend(db.clone(), folder.path());
        other.clock = backend.clock.clone();
        other
    };
    assert!(matches!(
        enter(&other, &token, &right).await,
        Err(Error::Throttled { .. })
    ));
    while outbox::send_next(&backend).await.unwrap() == More::Now {}
    let letters = server.take();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("Wrong codes at your sign-in"));

    backend.clock.advance(TimeDelta::seconds(31));
    let right = app_code(&secret, backend.clock.now());
    enter(&backend, &token, &right).await.unwrap();
    let failures: i32 = sqlx::query_scalar("select failures from authenticator_apps")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(failures, 0, "a right one forgives");

    sqlx::query(
        "update authenticator_apps set failures = 100, failed_at = now() - interval '1 year'",
    )
    .execute(&db)
    .await
    .unwrap();
    backend.clock.advance(TimeDelta::minutes(1));
    let token = waiting(&backend, &owner).await;
    let right = app_code(&secret, backend.clock.now());
    assert!(matches!(
        enter(&backend, &token, &right).await,
        Err(Error::Conflict(why)) if why.contains("recovery code")
    ));
    steps::check_recovery_code(&backend, ADDRESS, &token, codes[0].reveal())
        .await
        .unwrap();
    let token = waiting(&backend, &owner).await;
    enter(&backend, &token, &right).await.unwrap();
}

/// Six digits that are the code of none of the moments around now.
fn wrong_code(secret: &Secret, backend: &Backend) -> String {
    let now = backend.clock.now();
    let near: Vec<String> = (-4..=4)
        .map(|steps| app_code(secret, now + TimeDelta::seconds(30 * steps)))
        .collect();
    [
        "000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777", "888888",
        "999999",
    ]
    .into_iter()
    .find(|code| !near.iter().any(|right| right == code))
    .expect("nine codes are not ten")
    .to_owned()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_recovery_code_counts_once_and_new_ones_void_the_old(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    let neighbour = given_account(&backend, "south").await;
    let (_, codes) = given_app(&backend, &owner).await;
    let (_, foreign) = given_app(&backend, &neighbour).await;
    let try_code = |typed: String| {
        let (backend, owner) = (backend.clone(), owner.clone());
        async move {
            let token = waiting(&backend, &owner).await;
            steps::check_recovery_code(&backend, ADDRESS, &token, &typed).await
        }
    };
    let first = codes[0].reveal().to_uppercase().replace('-', " ");
    let passed = try_code(first.clone()).await.unwrap();
    assert_eq!(passed.codes_left, Some(9));
    problem(try_code(first).await);
    problem(try_code(foreign[0].reveal().to_owned()).await);
    problem(try_code("123456".to_owned()).await);

    let refused = actions::renew_codes(&backend, &me, &Secret::new("x")).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    let new = actions::renew_codes(&backend, &me, &password())
        .await
        .unwrap();
    problem(try_code(codes[1].reveal().to_owned()).await);
    try_code(new[1].reveal().to_owned()).await.unwrap();
    assert_eq!(actions::get(&backend, &me).await.unwrap().codes_left, 9);
}

/// R034 and its kin: whoever resets a password by mail still needs the second factor.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_new_password_leaves_the_second_factor_and_voids_what_waits(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    given_app(&backend, &owner).await;
    let token = waiting(&backend, &owner).await;
    let (_, link) = password_resets::actions::make_link(&backend, &owner.email)
        .await
        .unwrap();
    let new = Secret::new("another fine long password");
    let choice = password_resets::NewChoice {
        password: new.clone(),
        confirmation: new,
    };
    let link = domain::testing::token_of(&link);
    password_resets::actions::complete(&backend, ADDRESS, &link, choice)
        .await
        .unwrap();
    assert!(steps::look(&backend, &token).await.unwrap().is_none());
    assert!(
        actions::get(&backend, &actor(&owner))
            .await
            .unwrap()
            .are_on()
    );
    waiting(&backend, &owner).await;
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn turning_on_ends_other_sign_ins_and_off_forgets_everything(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    for name in [&b"given"[..], b"elsewhere"] {
        let key = SignInKey::of(name);
        let data = serde_json::json!({});
        sign_ins::actions::create(&backend, &key, Some(owner.id), data)
            .await
            .unwrap();
    }
    given_app(&backend, &owner).await;
    let load = |name: &'static [u8]| {
        let backend = backend.clone();
        async move {
            sign_ins::actions::load(&backend, &SignInKey::of(name))
                .await
                .unwrap()
                .is_some()
        }
    };
    assert!(load(b"given").await && !load(b"elsewhere").await);

    for refused in [
        actions::turn_off(&backend, &me, &Secret::new("x")).await,
        actions::remove_app(&backend, &me, &Secret::new("x")).await,
    ] {
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
    let token = waiting(&backend, &owner).await;
    actions::remove_app(&backend, &me, &password())
        .await
        .unwrap();
    assert!(steps::look(&backend, &token).await.unwrap().is_none());
    assert!(steps::begin(&backend, &owner, "/").await.unwrap().is_none());
    let codes: i64 = sqlx::query_scalar("select count(*) from recovery_codes")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(codes, 0, "nothing is left to recover");
    assert!(matches!(
        actions::renew_codes(&backend, &me, &password()).await,
        Err(Error::Conflict(_))
    ));
    for gone in [
        actions::remove_app(&backend, &me, &password()).await,
        actions::turn_off(&backend, &me, &password()).await,
    ] {
        assert!(matches!(gone, Err(Error::NotFound(_))));
    }
    given_app(&backend, &owner).await;
    actions::turn_off(&backend, &me, &password()).await.unwrap();
    assert!(!actions::get(&backend, &me).await.unwrap().are_on());
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn governors_reset_the_second_factor_of_whom_they_govern(db: PgPool) {
    let server = MailServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let admin = given_member(&backend, &owner, Role::Admin, "admin").await;
    let support = given_member(&backend, &owner, Role::Support, "support").await;
    let stranger = given_account(&backend, "south").await;
    for member in [&owner, &support] {
        given_app(&backend, member).await;
    }
    let data = serde_json::json!({});
    let key = SignInKey::of(b"support");
    sign_ins::actions::create(&backend, &key, Some(support.id), data)
        .await
        .unwrap();
    let ask = |who: Actor, whom: &Member| {
        let (backend, id) = (backend.clone(), whom.id);
        async move { reset::reset(&backend, &who, id, &password()).await }
    };
    assert!(matches!(
        ask(actor(&admin), &owner).await,
        Err(Error::Forbidden)
    ));
    assert!(matches!(
        ask(actor(&support), &owner).await,
        Err(Error::Forbidden)
    ));
    assert!(matches!(
        ask(actor(&stranger), &support).await,
        Err(Error::NotFound(_))
    ));
    assert!(matches!(
        ask(actor(&owner), &owner).await,
        Err(Error::Conflict(_))
    ));
    assert!(matches!(
        ask(actor(&owner), &admin).await,
        Err(Error::Conflict(_))
    ));
    let wrong = reset::reset(&backend, &actor(&admin), support.id, &Secret::new("x")).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))));
    let shown = |backend: Backend| async move {
        let listed = roster::list(&backend, &actor(&admin)).await.unwrap();
        listed
            .into_iter()
            .map(|member| member.has_second_factor)
            .collect::<Vec<_>>()
    };
    let shown_before = shown.clone()(backend.clone()).await;
    assert_eq!(shown_before, [true, false, true]);

    backend.post = server.post();
    reset::reset(&backend, &actor(&owner), support.id, &password())
        .await
        .unwrap();
    assert!(
        sign_ins::actions::load(&backend, &key)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(shown(backend.clone()).await, [true, false, false]);
    while outbox::send_next(&backend).await.unwrap() == More::Now {}
    let letters = server.take();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("To: support@north.example"));
    assert_eq!(events(&db).await.last().unwrap(), "second_factor.reset");

    let member = reset::reset_by_operator(&backend, " OWNER@north.example")
        .await
        .unwrap();
    assert_eq!(member.id, owner.id);
    assert!(steps::begin(&backend, &owner, "/").await.unwrap().is_none());
    assert!(matches!(
        reset::reset_by_operator(&backend, "owner@north.example").await,
        Err(Error::Conflict(_))
    ));
    assert!(matches!(
        reset::reset_by_operator(&backend, "nobody@north.example").await,
        Err(Error::NotFound(_))
    ));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_removed_member_leaves_no_secret(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    let owner = given_account(&backend, "north").await;
    let support = given_member(&backend, &owner, Role::Support, "support").await;
    given_app(&backend, &support).await;
    let token = waiting(&backend, &support).await;
    roster::disable(&backend, &actor(&owner), support.id)
        .await
        .unwrap();
    assert!(steps::look(&backend, &token).await.unwrap().is_none());
    roster::remove(&backend, &actor(&owner), support.id)
        .await
        .unwrap();
    for count in [
        "select count(*) from authenticator_apps",
        "select count(*) from recovery_codes",
    ] {
        let left: i64 = sqlx::query_scalar(count).fetch_one(&db).await.unwrap();
        assert_eq!(left, 0, "{count}");
    }
}

/// The ceremonies themselves are played with a real browser (end2end).
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn passkeys_need_a_host_name_over_https_and_an_answer_to_our_challenge(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    let me = actor(&owner);
    for (address, possible) in [
        ("https://rec.example.com", true),
        ("https://rec.example.com:8443", true),
        ("http://localhost:3000", true),
        ("http://rec.example.com", false),
        ("https://192.0.2.7", false),
        ("http://127.0.0.1:3000", false),
        ("https://[2001:db8::1]", false),
    ] {
        backend.public_url = address.to_owned();
        assert_eq!(passkeys::are_possible(&backend), possible, "{address}");
    }
    let begin = |backend: Backend, name: &'static str| async move {
        passkeys::begin(&backend, &me, &here(), name, &password()).await
    };
    assert!(matches!(
        begin(backend.clone(), "Laptop").await,
        Err(Error::Conflict(_))
    ));
    backend.public_url = "https://rec.example.com".to_owned();
    assert!(matches!(
        begin(backend.clone(), "  ").await,
        Err(Error::Invalid(_))
    ));
    let options = begin(backend.clone(), " My  laptop ").await.unwrap();
    let options: serde_json::Value = serde_json::from_str(&options).unwrap();
    assert_eq!(options["rp"]["id"], "rec.example.com");
    assert_eq!(options["user"]["name"], "owner@north.example");
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        "required"
    );

    for answer in ["", "{}", "null", "\u{0}"] {
        let refused = passkeys::finish(&backend, &me, &here(), answer).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{answer}");
    }
    let elsewhere = SignInKey::of(b"elsewhere");
    let refused = passkeys::finish(&backend, &me, &elsewhere, "{}").await;
    assert!(matches!(refused, Err(Error::Conflict(_))));
    given_app(&backend, &owner).await;
    let token = waiting(&backend, &owner).await;
    assert!(matches!(
        steps::begin_passkey(&backend, &token).await,
        Err(Error::Conflict(_))
    ));
    assert!(matches!(
        steps::finish_passkey(&backend, ADDRESS, &token, "{}").await,
        Err(Error::Conflict(_))
    ));
}
