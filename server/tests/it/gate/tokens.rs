//! Tokens of service accounts at the gate: each kind of file by each role, attacks, and what becomes of revoked keys.
//! R134 to R142, compat.md 2.4 and 2.5.

use domain::credentials::Grace;
use domain::files::FileKind;
use domain::service_accounts::MadeKey;
use domain::service_accounts::actions::{revoke, revoke_key, rotate, set_role};
use domain::testing::tokens::{given_service_account, header, signed, token};
use domain::{Guard, GuardSettings, Role, accounts};
use serde_json::{Value, json};

use super::*;

const BASIC: &str = "Basic realm=\"Reelgate session files\", charset=\"UTF-8\"";
const BEARER: &str = "Bearer realm=\"Reelgate session files\"";
const INVALID: &str = "Bearer realm=\"Reelgate session files\", error=\"invalid_token\"";

impl Gate {
    /// One that lets itself be asked often: wrong tokens are many here.
    async fn patient(db: PgPool) -> Self {
        let mut gate = Self::new(db).await;
        let settings = GuardSettings {
            address_burst: 10_000.0,
            ..GuardSettings::default()
        };
        gate.backend.guard = Guard::new(settings, gate.backend.clock.clone());
        gate.router = router_of(&gate.backend);
        gate
    }

    async fn key(&self, name: &str, role: Option<Role>) -> MadeKey {
        given_service_account(&self.backend, &actor(&self.owner), name, role).await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a kind that goes with no media type"
    )]
    async fn of_kind(&self, owner: &Member, kind: FileKind) -> Given {
        let file = self.file(owner, "a.bin", "text/plain", BYTES).await;
        sqlx::query("update files set kind = $2 where id = $1")
            .bind(file.id)
            .bind(kind.as_str())
            .execute(&self.backend.db)
            .await
            .unwrap();
        file
    }

    async fn with_token(&self, path: &str, token: &str) -> Answer {
        let value = format!("Bearer {token}");
        self.get_anonymously(path, &[CURL, ("authorization", &value)])
            .await
    }

    async fn status_of(&self, path: &str, token: &str) -> u16 {
        self.with_token(path, token).await.status.as_u16()
    }
}

fn challenges(answer: &Answer) -> Vec<&str> {
    let lines = answer.headers.get_all("www-authenticate").iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

/// R142: the whole matrix, over HTTP; and each row of the access log says who it was.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_role_opens_its_kinds(db: PgPool) {
    let gate = Gate::new(db).await;
    let (neighbour, _) = gate.neighbour().await;
    let mut files = Vec::new();
    for kind in FileKind::ALL {
        let own = gate.of_kind(&gate.owner, kind).await;
        files.push((kind, own, gate.of_kind(&neighbour, kind).await));
    }
    for role in std::iter::once(None).chain(Role::ALL.map(Some)) {
        let key = gate.key("program", role).await;
        let token = token(&gate.backend, &key);
        for (kind, own, foreign) in &files {
            let answer = gate.with_token(&own.path, &token).await;
            if FileKind::RECORDINGS.contains(kind) || role.is_some() {
                assert_eq!(answer.status, StatusCode::OK, "{role:?} {kind:?}");
                assert_eq!(answer.body, BYTES);
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role:?} {kind:?}");
                assert!(
                    answer
                        .text()
                        .contains("needs a service account with a role")
                );
                assert_eq!(challenges(&answer), Vec::<&str>::new());
            }
            assert_eq!(
                gate.status_of(&foreign.path, &token).await,
                404,
                "{role:?} {kind:?}"
            );
        }
        let missing = files[0].1.path.replace("a.bin", "b.bin");
        assert_eq!(gate.status_of(&missing, &token).await, 404, "{role:?}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn parts_heads_and_conditions_work_as_with_a_password(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let value = format!(
        "bearer {}",
        token(&gate.backend, &gate.key("program", None).await)
    );
    let with = |more: (&'static str, &'static str)| {
        [CURL, ("authorization", value.as_str()), more]
            .map(|(name, value)| (name, value.to_owned()))
    };
    for (more, expected) in [
        (("range", "bytes=2-5"), 206),
        (("range", "bytes=99-"), 416),
        (("if-none-match", "*"), 304),
    ] {
        let headers = with(more);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let by_token = gate.get_anonymously(&file.path, &headers).await;
        assert_eq!(by_token.status.as_u16(), expected, "{more:?}");
        assert_eq!(by_token, gate.get(&file, &[CURL, more]).await, "{more:?}");
    }
    let head = gate
        .request(Method::HEAD, &file.path, &[("authorization", &value)])
        .await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (StatusCode::OK, "36")
    );
}

/// Two lines, Basic first; the token's says that it was a token.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_401_has_two_challenges(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let asked = gate.get_anonymously(&file.path, &[WGET]).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert_eq!(challenges(&asked), [BASIC, BEARER]);
    for caller in [BROWSER, WGET, CURL] {
        let headers = [caller, ("authorization", "Bearer x")];
        let refused = gate.get_anonymously(&file.path, &headers).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{caller:?}");
        assert_eq!(challenges(&refused), [BASIC, INVALID], "{caller:?}");
        assert_eq!(refused.header("cache-control"), "no-store");
        let elsewhere = file.path.replace("live", "other");
        let missing = gate.get_anonymously(&elsewhere, &headers).await;
        assert_eq!(refused, missing, "nobody learns what exists");
    }
}

/// R134 to R140 over HTTP: 401 for each, and the log says why. domain/tests/it/service_accounts.rs has many more.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn attacks_are_answered_401(db: PgPool) {
    let gate = Gate::patient(db).await;
    let file = gate.recording().await;
    let key = gate.key("program", Some(Role::Owner)).await;
    let other = gate.key("other", Some(Role::Owner)).await;
    let now = gate.backend.clock.now().timestamp();
    let good = json!({ "iss": key.account_number, "iat": now, "exp": now + 60 });
    let with_header = |name: &str, value: Value| {
        let mut header = header(&key);
        header[name] = value;
        signed(&key, &header, &good)
    };
    let with_claim = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        signed(&key, &header(&key), &claims)
    };
    let right = signed(&key, &header(&key), &good);
    assert_eq!(gate.status_of(&file.path, &right).await, 200);
    let mut rows = vec![
        (with_header("kid", json!("../../x")), "unknown_key"),
        (with_header("kid", json!("' or 1=1 --")), "unknown_key"),
        (with_header("kid", json!("\0")), "unknown_key"),
        (
            with_header("kid", json!("x".repeat(10_000))),
            "unreadable_token",
        ),
        (signed(&other, &header(&key), &good), "wrong_signature"),
        (with_claim("exp", json!(now - 60)), "wrong_claims"),
        (with_claim("exp", json!(now + 3601)), "wrong_claims"),
        (with_claim("exp", Value::Null), "wrong_claims"),
        (with_claim("iat", json!(now - 3000)), "granted"),
        (with_claim("nbf", json!(now + 61)), "token_not_yet_valid"),
        (with_claim("iss", json!(1)), "wrong_issuer"),
        (with_claim("aud", json!("another")), "wrong_claims"),
        (format!("{right}="), "unreadable_token"),
        (format!("{right} "), "granted"),
        (format!("{right} x"), "unreadable_token"),
        (format!("{right}.x"), "unreadable_token"),
        ("a".repeat(8_193), "unreadable_token"),
        (String::new(), "unreadable_token"),
    ];
    for alg in ["none", "NONE", "HS256", "RS384", "PS256"] {
        rows.push((with_header("alg", json!(alg)), "unreadable_token"));
    }
    for name in ["jku", "x5u", "jwk", "x5c", "crit", "b64"] {
        rows.push((
            with_header(name, json!("http://127.0.0.1:9/")),
            "unreadable_token",
        ));
    }
    let mut expired = good.clone();
    expired["iat"] = json!(now - 200);
    expired["exp"] = json!(now - 60);
    rows.push((signed(&key, &header(&key), &expired), "token_expired"));
    let mut told = Vec::new();
    for (token, reason) in &rows {
        let status = gate.status_of(&file.path, token).await;
        let expected = if *reason == "granted" { 200 } else { 401 };
        assert_eq!(
            status,
            expected,
            "{reason}: {}",
            &token[..token.len().min(300)]
        );
        told.push((expected != 200).then(|| (*reason).to_owned()));
    }
    let mut log = gate.rows_of_tokens().await;
    log.remove(0);
    assert_eq!(log, told);
}

impl Gate {
    /// Reasons of all rows so far, in order; each was proved by a token.
    async fn rows_of_tokens(&self) -> Vec<Option<String>> {
        self.backend
            .access_log
            .flush(&self.backend.db)
            .await
            .unwrap();
        let mut rows = Vec::new();
        domain::access_log::actions::export(&self.backend, None, |link| {
            rows.push(link.row);
            Ok(())
        })
        .await
        .unwrap();
        rows.sort_by_key(|row| row.seq);
        assert!(rows.iter().all(|row| row.proof == "bearer"));
        rows.into_iter().map(|row| row.reason).collect()
    }
}

/// R141: at once on each of two processes, one of which the change was not made on.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_revoked_is_refused_at_once_on_every_process(db: PgPool) {
    let gate = Gate::patient(db).await;
    let log = gate.of_kind(&gate.owner, FileKind::Log).await;
    // Another process on the same database and vault, with a memory of its own. Both listen.
    let mut other = gate.backend.clone();
    other.recent = domain::recent::Recent::default();
    let listening = [&gate.backend, &other]
        .map(|backend| tokio::spawn(domain::recent::listen(backend.clone())));
    while !(gate.backend.recent.is_listening() && other.recent.is_listening()) {
        tokio::task::yield_now().await;
    }
    let other_router = router_of(&other);
    let statuses = async |token: &str| {
        let here = gate.status_of(&log.path, token).await;
        let request = Request::get(&log.path)
            .header("host", "127.0.0.1:3000")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let there = other_router.clone().oneshot(request).await.unwrap();
        (here, there.status().as_u16())
    };
    let me = actor(&gate.owner);
    let first = gate.key("program", Some(Role::Support)).await;
    let id = first.service_account;
    let token_one = token(&gate.backend, &first);
    assert_eq!(statuses(&token_one).await, (200, 200));
    set_role(&gate.backend, &me, id, "none").await.unwrap();
    assert_eq!(statuses(&token_one).await, (403, 403), "the role is gone");
    set_role(&gate.backend, &me, id, "developer").await.unwrap();
    assert_eq!(statuses(&token_one).await, (200, 200));
    let second = rotate(&gate.backend, &me, id, Grace::Hour).await.unwrap();
    let token_two = token(&gate.backend, &second);
    assert_eq!(statuses(&token_one).await, (200, 200), "in the overlap");
    assert_eq!(statuses(&token_two).await, (200, 200));
    revoke_key(&gate.backend, &me, first.key).await.unwrap();
    assert_eq!(statuses(&token_one).await, (401, 401));
    assert_eq!(statuses(&token_two).await, (200, 200));
    revoke(&gate.backend, &me, id).await.unwrap();
    assert_eq!(statuses(&token_two).await, (401, 401));
    for task in listening {
        task.abort();
    }
}

/// A parent's service account acts in the child that the token names, and nowhere else by that token.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_parents_token_opens_the_childs_files(db: PgPool) {
    let gate = Gate::new(db).await;
    let own = gate.recording().await;
    let (child, _) = gate.neighbour().await;
    let childs = gate.file(&child, "live.mp4", "video/mp4", BYTES).await;
    let key = gate.key("parent", None).await;
    accounts::actions::set_parent(&gate.backend, child.account, Some(gate.owner.account))
        .await
        .unwrap();
    let number = accounts::actions::get(&gate.backend, &actor(&child))
        .await
        .unwrap()
        .number;
    let now = gate.backend.clock.now().timestamp();
    let claims = json!({ "iss": number, "iat": now, "exp": now + 60 });
    let for_child = signed(&key, &header(&key), &claims);
    assert_eq!(gate.status_of(&childs.path, &for_child).await, 200);
    assert_eq!(gate.status_of(&own.path, &for_child).await, 404);
    let for_own = token(&gate.backend, &key);
    assert_eq!(gate.status_of(&childs.path, &for_own).await, 404);
    assert_eq!(gate.status_of(&own.path, &for_own).await, 200);
}

/// A proof that is there and wrong is never replaced: not by a cookie, nor by the file's being open.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_wrong_token_is_never_made_up_for(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let cookie = gate.sign_in(&gate.owner).await;
    let headers = [
        BROWSER,
        ("cookie", &cookie),
        ("authorization", "Bearer x.y.z"),
    ];
    let answer = gate.get_anonymously(&file.path, &headers).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        gate.status_of(&file.path, "x.y.z").await,
        401,
        "the same one costs no further guess"
    );
    let right = token(&gate.backend, &gate.key("program", None).await);
    for n in 0..9 {
        assert_eq!(gate.status_of(&file.path, &format!("{n}.y.z")).await, 401);
    }
    let throttled = gate.with_token(&file.path, "9.y.z").await;
    assert_eq!(throttled.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!throttled.header("retry-after").is_empty());
    assert_eq!(
        gate.status_of(&file.path, &right).await,
        200,
        "strangers hold nobody up"
    );
}
