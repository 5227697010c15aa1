//! Service accounts: their keys, who may make which, and what their tokens are worth (R134 to R142).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use domain::credentials::Grace;
use domain::members::Member;
use domain::service_accounts::actions::{
    self, MAX_KEYS, ServiceAccountDraft, create, list, revoke, revoke_key, rotate, set_role,
};
use domain::service_accounts::verification::{Grant, LEEWAY, Verdict, Why, verify};
use domain::service_accounts::{MAX_TOKEN_LIFE, MadeKey};
use domain::testing::tokens::{given_service_account, header, signed, signed_texts, token};
use domain::testing::{ADDRESS, actor, given_account, given_backend, given_member, operator};
use domain::{Actor, Backend, Caller, Error, Role, accounts};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn given(db: PgPool, folder: &std::path::Path) -> (Backend, Member) {
    let backend = given_backend(db, folder);
    let owner = given_account(&backend, "acme").await;
    (backend, owner)
}

async fn judged(backend: &Backend, token: &str) -> Verdict {
    verify(backend, ADDRESS, token.as_bytes()).await.unwrap()
}

async fn why(backend: &Backend, token: &str) -> Option<Why> {
    match judged(backend, token).await {
        Verdict::Refused(refused) => Some(refused.why),
        Verdict::Valid(_) => None,
        Verdict::Throttled { .. } => panic!("throttled: {token}"),
    }
}

async fn grant(backend: &Backend, token: &str) -> Grant {
    match judged(backend, token).await {
        Verdict::Valid(grant) => grant,
        other => panic!("{other:?}: {token}"),
    }
}

/// Wrong tokens are many here.
fn patient(mut backend: Backend) -> Backend {
    let settings = domain::GuardSettings {
        address_burst: 10_000.0,
        ..domain::GuardSettings::default()
    };
    backend.guard = domain::Guard::new(settings, backend.clock.clone());
    backend
}

fn claims(backend: &Backend, key: &MadeKey) -> Value {
    let now = backend.clock.now().timestamp();
    json!({ "iss": key.account_number, "iat": now, "exp": now + 64 })
}

/// R142: 2,048 bits, and of the private half there is nothing anywhere.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_key_is_given_once_and_only_its_public_half_is_kept(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db.clone(), folder.path()).await;
    let made =
        given_service_account(&backend, &actor(&owner), "nightly", Some(Role::Support)).await;
    assert_eq!(made.account_email, "owner@acme.example");
    assert!(made.account_number >= 1_000_001);
    assert!(
        made.private_key
            .reveal()
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );
    let kept: Vec<u8> = sqlx::query_scalar("select public_key from service_account_keys")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(kept.len(), 270, "RSAPublicKey of 2,048 bits");
    let grant = grant(&backend, &token(&backend, &made)).await;
    assert_eq!(
        (grant.service_account, grant.key, grant.role, grant.account),
        (
            made.service_account,
            made.key,
            Some(Role::Support),
            owner.account
        )
    );
    let listed = list(&backend, &actor(&owner)).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].created_by.as_deref(), Some(owner.name.as_str()));
    let now = backend.clock.now();
    assert_eq!(
        listed[0].last_use(),
        Some((now, ADDRESS.to_string().as_str()))
    );
    let weak =
        sqlx::query("update service_account_keys set public_key = substr(public_key, 1, 140)");
    assert!(weak.execute(&db).await.is_err(), "1,024 bits are not taken");
}

/// Who may make which, role by role.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_owners_and_admins_make_them_and_only_owners_make_owners(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db, folder.path()).await;
    let made = given_service_account(&backend, &actor(&owner), "boss", Some(Role::Owner)).await;
    let plain = given_service_account(&backend, &actor(&owner), "plain", None).await;
    let draft = |role: &str| ServiceAccountDraft {
        name: "x".to_owned(),
        role: role.to_owned(),
    };
    for role in Role::ALL {
        let who = if role == Role::Owner {
            owner.clone()
        } else {
            given_member(&backend, &owner, role, role.as_str()).await
        };
        let who = actor(&who);
        let may = matches!(role, Role::Owner | Role::Admin);
        let is_forbidden = |done: Result<(), Error>| matches!(done, Err(Error::Forbidden));
        assert_eq!(list(&backend, &who).await.is_ok(), may, "{role:?}");
        let made_plain = create(&backend, &who, draft("none")).await.map(drop);
        assert_eq!(is_forbidden(made_plain), !may, "{role:?}");
        let changed = set_role(&backend, &who, plain.service_account, "support").await;
        assert_eq!(is_forbidden(changed), !may, "{role:?}");
        let rotated = rotate(&backend, &who, plain.service_account, Grace::None).await;
        assert_eq!(is_forbidden(rotated.map(drop)), !may, "{role:?}");
        if role != Role::Owner {
            for done in [
                create(&backend, &who, draft("owner")).await.map(drop),
                set_role(&backend, &who, plain.service_account, "owner").await,
                set_role(&backend, &who, made.service_account, "none").await,
                rotate(&backend, &who, made.service_account, Grace::None)
                    .await
                    .map(drop),
                revoke(&backend, &who, made.service_account).await,
                revoke_key(&backend, &who, made.key).await,
            ] {
                assert!(is_forbidden(done), "{role:?}");
            }
        }
    }
    // A program of the role admin is as bound, and makes keys as the hosted service's API has it.
    let program = |role| Actor {
        caller: Caller::ServiceAccount {
            id: plain.service_account,
            role,
        },
        ..actor(&owner)
    };
    let admin = program(Some(Role::Admin));
    assert!(create(&backend, &admin, draft("support")).await.is_ok());
    assert!(matches!(
        create(&backend, &admin, draft("owner")).await,
        Err(Error::Forbidden)
    ));
    assert!(matches!(
        create(&backend, &program(None), draft("none")).await,
        Err(Error::Forbidden)
    ));
    let nameless = ServiceAccountDraft {
        name: " ".to_owned(),
        role: "root".to_owned(),
    };
    let told = create(&backend, &actor(&owner), nameless).await;
    let Err(Error::Invalid(problems)) = told else {
        panic!("taken")
    };
    let fields: Vec<&str> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["name", "role"]);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_are_not_there(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db, folder.path()).await;
    let made = given_service_account(&backend, &actor(&owner), "nightly", None).await;
    let other = actor(&given_account(&backend, "other").await);
    let id = made.service_account;
    assert!(list(&backend, &other).await.unwrap().is_empty());
    for done in [
        rotate(&backend, &other, id, Grace::None).await.map(drop),
        revoke(&backend, &other, id).await,
        revoke_key(&backend, &other, made.key).await,
        set_role(&backend, &other, id, "none").await,
        actions::get(&backend, &other, id).await.map(drop),
        actions::find(&backend, &other, "nightly").await.map(drop),
    ] {
        assert!(matches!(done, Err(Error::NotFound(_))), "{done:?}");
    }
    assert_eq!(why(&backend, &token(&backend, &made)).await, None);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_old_key_counts_until_its_overlap_is_over(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db, folder.path()).await;
    let who = actor(&owner);
    let first = given_service_account(&backend, &who, "nightly", None).await;
    let id = first.service_account;
    let second = rotate(&backend, &who, id, Grace::Day).await.unwrap();
    assert_ne!(first.key, second.key);
    for key in [&first, &second] {
        assert_eq!(why(&backend, &token(&backend, key)).await, None);
    }
    // Another rotation lengthens nothing.
    backend.clock.advance(TimeDelta::hours(23));
    let third = rotate(&backend, &who, id, Grace::ThreeDays).await.unwrap();
    let remembered = token(&backend, &first);
    assert_eq!(why(&backend, &remembered).await, None);
    backend.clock.advance(TimeDelta::hours(1));
    assert_eq!(
        why(&backend, &token(&backend, &first)).await,
        Some(Why::KeyEnded)
    );
    assert_eq!(
        why(&backend, &remembered).await,
        Some(Why::KeyEnded),
        "it was remembered"
    );
    assert_eq!(why(&backend, &token(&backend, &second)).await, None);
    let last = rotate(&backend, &who, id, Grace::None).await.unwrap();
    assert_eq!(
        why(&backend, &token(&backend, &third)).await,
        Some(Why::Revoked),
        "whatever the clock of a process says"
    );
    assert_eq!(why(&backend, &token(&backend, &last)).await, None);
    for _ in 1..MAX_KEYS {
        rotate(&backend, &who, id, Grace::Hour).await.unwrap();
    }
    let more = rotate(&backend, &who, id, Grace::Hour).await;
    assert!(
        matches!(more, Err(Error::Conflict(_))),
        "as many keys as there may be"
    );
}

/// R141, on this process; `recent.rs` has it on others.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_revoked_or_changed_counts_for_tokens_under_way(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db.clone(), folder.path()).await;
    let who = actor(&owner);
    let made = given_service_account(&backend, &who, "nightly", Some(Role::Support)).await;
    let id = made.service_account;
    let token_one = token(&backend, &made);
    assert_eq!(grant(&backend, &token_one).await.role, Some(Role::Support));
    set_role(&backend, &who, id, "none").await.unwrap();
    assert_eq!(grant(&backend, &token_one).await.role, None);
    let second = rotate(&backend, &who, id, Grace::Day).await.unwrap();
    revoke_key(&backend, &who, made.key).await.unwrap();
    assert_eq!(why(&backend, &token_one).await, Some(Why::Revoked));
    let token_two = token(&backend, &second);
    assert_eq!(
        why(&backend, &token_two).await,
        None,
        "the other key goes on"
    );
    revoke(&backend, &who, id).await.unwrap();
    revoke(&backend, &who, id).await.unwrap();
    assert_eq!(why(&backend, &token_two).await, Some(Why::Revoked));
    for done in [
        rotate(&backend, &who, id, Grace::None).await.map(drop),
        set_role(&backend, &who, id, "admin").await,
    ] {
        assert!(matches!(done, Err(Error::Conflict(_))), "{done:?}");
    }
    let events: Vec<String> = sqlx::query_scalar(
        "select event from audit_events where event like 'service_account.%' order by event",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(
        events,
        [
            "service_account.created",
            "service_account.key_revoked",
            "service_account.revoked",
            "service_account.role_changed",
            "service_account.rotated"
        ]
    );
}

/// R138: the issuer is the key's account, as a number or its digits, or a child of it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_issuer_is_the_keys_account_or_its_child(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db, folder.path()).await;
    let backend = patient(backend);
    let made = given_service_account(&backend, &actor(&owner), "nightly", None).await;
    let child = given_account(&backend, "child").await;
    let own = given_service_account(&backend, &actor(&child), "own", None).await;
    let number = own.account_number;
    let for_issuer = |key: &MadeKey, iss: Value| {
        let mut claims = claims(&backend, key);
        claims["iss"] = iss;
        signed(key, &header(key), &claims)
    };
    for iss in [
        json!(made.account_number),
        json!(made.account_number.to_string()),
    ] {
        let found = grant(&backend, &for_issuer(&made, iss)).await;
        assert_eq!(found.account, owner.account);
    }
    let to_child = for_issuer(&made, json!(number));
    assert_eq!(why(&backend, &to_child).await, Some(Why::WrongIssuer));
    accounts::actions::set_parent(&backend, child.account, Some(owner.account))
        .await
        .unwrap();
    assert_eq!(grant(&backend, &to_child).await.account, child.account);
    let to_child = for_issuer(&made, json!(number.to_string()));
    assert_eq!(grant(&backend, &to_child).await.account, child.account);
    let to_parent = for_issuer(&own, json!(made.account_number));
    assert_eq!(
        why(&backend, &to_parent).await,
        Some(Why::WrongIssuer),
        "not the other way"
    );
    accounts::actions::set_parent(&backend, child.account, None)
        .await
        .unwrap();
    assert_eq!(why(&backend, &to_child).await, Some(Why::WrongIssuer));
    for iss in [
        json!(format!("0{}", made.account_number)),
        json!(format!("+{}", made.account_number)),
        json!(format!(" {}", made.account_number)),
        json!(format!("{}.0", made.account_number)),
        json!([made.account_number]),
        json!({}),
        json!(null),
        json!(true),
        json!(""),
        json!(1e300),
    ] {
        assert_eq!(
            why(&backend, &for_issuer(&made, iss.clone())).await,
            Some(Why::WrongClaims),
            "{iss}"
        );
    }
    for iss in [json!(0), json!(-1), json!("0"), json!(i64::MAX)] {
        assert_eq!(
            why(&backend, &for_issuer(&made, iss.clone())).await,
            Some(Why::WrongIssuer),
            "{iss}"
        );
    }
}

/// One level, so never a circle.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_account_has_either_a_parent_or_children(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, a) = given(db, folder.path()).await;
    let b = given_account(&backend, "b").await;
    let c = given_account(&backend, "c").await;
    let set = |account: &Member, parent: &Member| {
        accounts::actions::set_parent(&backend, account.account, Some(parent.account))
    };
    assert!(matches!(set(&a, &a).await, Err(Error::Conflict(_))));
    set(&b, &a).await.unwrap();
    for (account, parent) in [(&a, &b), (&c, &b), (&a, &c)] {
        assert!(matches!(
            set(account, parent).await,
            Err(Error::Conflict(_))
        ));
    }
    set(&c, &a).await.unwrap();
    let found = accounts::actions::get(&backend, &operator(&c))
        .await
        .unwrap();
    assert_eq!(found.parent, Some(a.account));
    accounts::actions::set_parent(&backend, c.account, None)
        .await
        .unwrap();
    set(&c, &a).await.unwrap();
}

/// R137: time. The clock of a client may be off by as much as the leeway.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_token_has_its_time(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db, folder.path()).await;
    let backend = patient(backend);
    let made = given_service_account(&backend, &actor(&owner), "nightly", None).await;
    let now = backend.clock.now().timestamp();
    let at = |iat: i64, exp: i64| json!({ "iss": made.account_number, "iat": iat, "exp": exp });
    let rows = [
        ("Python, on time", at(now - 5, now + 24), None),
        ("Python, 20 s fast", at(now + 15, now + 44), None),
        ("Python, 20 s slow", at(now - 25, now + 4), None),
        ("shell, to the second", at(now, now + MAX_TOKEN_LIFE), None),
        (
            "a second more",
            at(now, now + MAX_TOKEN_LIFE + 1),
            Some(Why::WrongClaims),
        ),
        ("backwards", at(now + 10, now + 9), Some(Why::WrongClaims)),
        ("of a moment", at(now, now), None),
        (
            "expired within the leeway",
            at(now - 100, now - LEEWAY + 1),
            None,
        ),
        ("expired", at(now - 100, now - LEEWAY), Some(Why::Expired)),
        (
            "issued within the leeway",
            at(now + LEEWAY, now + 100),
            None,
        ),
        (
            "issued in the future",
            at(now + LEEWAY + 1, now + 100),
            Some(Why::NotYetValid),
        ),
    ];
    for (name, claims, expected) in rows {
        let token = signed(&made, &header(&made), &claims);
        assert_eq!(why(&backend, &token).await, expected, "{name}");
        assert_eq!(why(&backend, &token).await, expected, "{name}, again");
    }
    let good = at(now, now + 60);
    for (name, value, expected) in [
        ("nbf", json!(now + LEEWAY), None),
        ("nbf", json!(now + LEEWAY + 1), Some(Why::NotYetValid)),
        ("nbf", json!("now"), Some(Why::WrongClaims)),
        ("exp", json!(null), Some(Why::WrongClaims)),
        ("exp", json!((now + 60).to_string()), Some(Why::WrongClaims)),
        ("exp", json!(1e300), Some(Why::WrongClaims)),
        ("exp", json!(i64::MAX), Some(Why::WrongClaims)),
        ("iat", json!(i64::MIN), Some(Why::WrongClaims)),
        ("iat", json!(-1), Some(Why::WrongClaims)),
        (
            "exp",
            json!(f64::from(u32::try_from(now).unwrap()) + 60.5),
            None,
        ),
        ("aud", json!(backend.public_url), None),
        ("aud", json!(["x", backend.public_url]), None),
        (
            "aud",
            json!("https://other.example"),
            Some(Why::WrongClaims),
        ),
        ("aud", json!([]), Some(Why::WrongClaims)),
        ("aud", json!(7), Some(Why::WrongClaims)),
        ("anything", json!({ "else": [1] }), None),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        let token = signed(&made, &header(&made), &claims);
        assert_eq!(why(&backend, &token).await, expected, "{claims}");
    }
    for missing in ["iss", "iat", "exp"] {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(missing);
        let token = signed(&made, &header(&made), &claims);
        assert_eq!(
            why(&backend, &token).await,
            Some(Why::WrongClaims),
            "{missing}"
        );
    }
    let later = signed(&made, &header(&made), &at(now, now + MAX_TOKEN_LIFE));
    assert_eq!(why(&backend, &later).await, None);
    backend
        .clock
        .advance(TimeDelta::seconds(MAX_TOKEN_LIFE + LEEWAY));
    assert_eq!(
        why(&backend, &later).await,
        Some(Why::Expired),
        "it was remembered"
    );
}

/// R134, R135, R136, R139 and R140: whatever is not exactly a token of one of our keys.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn forged_and_loose_tokens_are_refused(db: PgPool) {
    use openssl::hash::MessageDigest;

    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db.clone(), folder.path()).await;
    let backend = patient(backend);
    let made = given_service_account(&backend, &actor(&owner), "nightly", None).await;
    let other = given_service_account(&backend, &actor(&owner), "other", None).await;
    let good = claims(&backend, &made);
    let with = |name: &str, value: Value| {
        let mut header = header(&made);
        header[name] = value;
        signed(&made, &header, &good)
    };
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let kid = made.key;

    // R134: the algorithm is the key's.
    let public: Vec<u8> =
        sqlx::query_scalar("select public_key from service_account_keys where id = $1")
            .bind(*kid.as_uuid())
            .fetch_one(&db)
            .await
            .unwrap();
    let mut forged = Vec::new();
    for alg in [
        "none", "NONE", "None", "", "HS256", "rs256", "RS384", "RS512", "PS256", "ES256", "EdDSA",
    ] {
        forged.push(with("alg", json!(alg)));
        forged.push(format!(
            "{}.{}.",
            encode(&json!({ "alg": alg, "kid": kid }).to_string()),
            encode(&good.to_string())
        ));
    }
    forged.push(with("alg", json!(["RS256"])));
    let text = format!(
        "{}.{}",
        encode(&json!({ "alg": "HS256", "typ": "JWT", "kid": kid }).to_string()),
        encode(&good.to_string())
    );
    for secret in [public.as_slice(), public_pem(&public).as_bytes()] {
        let key = openssl::pkey::PKey::hmac(secret).unwrap();
        let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
        let mac = signer.sign_oneshot_to_vec(text.as_bytes()).unwrap();
        forged.push(format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac)));
    }
    // R136: nothing in a header says how the token is to be judged.
    for name in [
        "jku", "x5u", "jwk", "x5c", "x5t", "x5t#S256", "crit", "b64", "enc", "zip",
    ] {
        for value in [
            json!("http://127.0.0.1:9/keys"),
            json!(["b64"]),
            json!(false),
            json!({}),
        ] {
            forged.push(with(name, value));
        }
    }
    // R139: tokens of another kind.
    for typ in ["at+jwt", "JOSE", "dpop+jwt", "", "JWS"] {
        forged.push(with("typ", json!(typ)));
    }
    forged.push(with("typ", json!(7)));
    // R140: loose ones.
    let right = signed(&made, &header(&made), &good);
    let parts: Vec<&str> = right.split('.').collect();
    let [head, body, signature] = parts[..] else {
        panic!("three parts")
    };
    for loose in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        head.to_owned(),
        format!("{head}.{body}"),
        format!("{right}."),
        format!("{right}.x"),
        format!(".{right}"),
        format!("{right}="),
        format!("{head}=.{body}.{signature}"),
        format!("{head}.{body}==.{signature}"),
        format!("{right} "),
        format!(" {right}"),
        format!("{head} .{body}.{signature}"),
        format!("{head}\n.{body}.{signature}"),
        format!("{right}\0"),
        right.replace('-', "+").replace('_', "/") + "+",
        signed_texts(&made, &format!("{}x", header(&made)), &good.to_string()),
        signed_texts(
            &made,
            &format!(r#"{{"alg":"none","alg":"RS256","kid":"{kid}"}}"#),
            &good.to_string(),
        ),
        signed_texts(
            &made,
            &format!(r#"{{"alg":"RS256","kid":"x","kid":"{kid}"}}"#),
            &good.to_string(),
        ),
        signed_texts(&made, "[]", &good.to_string()),
        signed_texts(&made, "\u{feff}{}", &good.to_string()),
        signed_texts(
            &made,
            &format!(
                r#"{{"alg":"RS256","kid":"{kid}","x":"{}"}}"#,
                "a".repeat(8192)
            ),
            &good.to_string(),
        ),
        "a".repeat(100_000),
    ] {
        forged.push(loose);
    }
    for token in &forged {
        assert_eq!(
            why(&backend, token).await,
            Some(Why::Unreadable),
            "{}",
            &token[..token.len().min(200)]
        );
    }
    for (payload, text) in [
        (
            "twice",
            format!(
                r#"{{"iss":{0},"iss":{0},"iat":1,"exp":2}}"#,
                made.account_number
            ),
        ),
        ("no object", "7".to_owned()),
        ("no JSON", "{".to_owned()),
    ] {
        let token = signed_texts(&made, &header(&made).to_string(), &text);
        assert_eq!(
            why(&backend, &token).await,
            Some(Why::WrongClaims),
            "{payload}"
        );
    }

    // R135: a key id is a text that is looked up, and nothing else.
    for kid in [
        json!("../../x"),
        json!("' or 1=1 --"),
        json!("\0"),
        json!("x".repeat(4_000)),
        json!(""),
        json!(kid.to_string().to_uppercase()),
        json!(format!("{{{kid}}}")),
        json!(uuid::Uuid::from_u128(7)),
    ] {
        let token = with("kid", kid.clone());
        assert_eq!(why(&backend, &token).await, Some(Why::UnknownKey), "{kid}");
    }
    for kid in [json!(null), json!(7), json!(["x"])] {
        assert_eq!(
            why(&backend, &with("kid", kid.clone())).await,
            Some(Why::Unreadable),
            "{kid}"
        );
    }

    // What another key signed, or what was changed after it was signed.
    let by_other = signed(&other, &header(&made), &good);
    let mut more = good.clone();
    more["exp"] = json!(good["exp"].as_i64().unwrap() + 1);
    let changed = format!("{head}.{}.{signature}", encode(&more.to_string()));
    let digest = domain::testing::tokens::signature(
        &made,
        MessageDigest::sha512(),
        &format!("{head}.{body}"),
    );
    let digest = format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode(digest));
    for token in [
        by_other,
        changed,
        digest,
        format!("{head}.{body}."),
        format!("{head}.{body}.{signature}AAAA"),
    ] {
        assert_eq!(
            why(&backend, &token).await,
            Some(Why::WrongSignature),
            "{token}"
        );
    }
    assert_eq!(
        why(&backend, &right).await,
        None,
        "and the right one is right"
    );
    assert_eq!(why(&backend, &with("typ", json!("jwt"))).await, None);
    let bare = json!({ "alg": "RS256", "kid": kid });
    assert_eq!(
        why(&backend, &signed(&made, &bare, &good)).await,
        None,
        "without typ"
    );
}

fn public_pem(pkcs1: &[u8]) -> String {
    let key = openssl::rsa::Rsa::public_key_from_der_pkcs1(pkcs1).unwrap();
    String::from_utf8(key.public_key_to_pem().unwrap()).unwrap()
}

/// Guesses are counted by address; what a key signed is none, and the same wrong token again is none either.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn wrong_tokens_are_throttled_and_right_ones_are_not(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let (backend, owner) = given(db, folder.path()).await;
    let made = given_service_account(&backend, &actor(&owner), "nightly", None).await;
    let wrong = |n: u32| format!("{n}.x.y");
    for _ in 0..20 {
        assert_eq!(why(&backend, &wrong(0)).await, Some(Why::Unreadable));
    }
    let mut expired = claims(&backend, &made);
    expired["iat"] = json!(1);
    expired["exp"] = json!(2);
    for n in 0..20 {
        expired["n"] = json!(n);
        let token = signed(&made, &header(&made), &expired);
        assert_eq!(why(&backend, &token).await, Some(Why::Expired));
    }
    for n in 1..10 {
        assert_eq!(why(&backend, &wrong(n)).await, Some(Why::Unreadable));
    }
    assert!(matches!(
        judged(&backend, &wrong(10)).await,
        Verdict::Throttled { .. }
    ));
    assert_eq!(
        why(&backend, &token(&backend, &made)).await,
        None,
        "held up by nobody"
    );
    let elsewhere = verify(&backend, [192, 0, 2, 99].into(), wrong(11).as_bytes())
        .await
        .unwrap();
    assert!(matches!(elsewhere, Verdict::Refused(_)));
}
