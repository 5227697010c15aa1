//! Several credentials, old passwords and ended browsers, as callers meet them.

use chrono::TimeDelta;
use domain::Secret;
use domain::credentials::{FurtherDraft, Grace, Made, browsers, further};
use domain::testing::{ACCOUNT_PASSWORD, actor};

use super::*;

const CHROMIUM: (&str, &str) = (
    "user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
);

fn draft(networks: &str) -> FurtherDraft {
    FurtherDraft {
        name: "Job".to_owned(),
        expires_at: None,
        networks: networks.to_owned(),
        account_password: Secret::new(ACCOUNT_PASSWORD),
    }
}

impl Gate {
    async fn made(&self, networks: &str) -> (Made, String) {
        let me = actor(&self.owner);
        let made = further::add(&self.backend, &me, draft(networks))
            .await
            .unwrap();
        let authorization = basic(&made.username, made.password.reveal());
        (made, authorization)
    }

    async fn status(&self, file: &Given, authorization: &str) -> StatusCode {
        let headers = [CURL, ("authorization", authorization)];
        self.get_anonymously(&file.path, &headers).await.status
    }

    /// In a browser that remembers the password, with this line of cookies.
    async fn at_browser(&self, file: &Given, cookies: &str) -> Answer {
        let headers = [BROWSER, CHROMIUM, ("cookie", cookies)];
        self.get(file, &headers).await
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_further_credential_opens_the_same_files_until_it_is_changed(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let me = actor(&gate.owner);
    let (made, first) = gate.made("").await;
    assert_eq!(gate.status(&file, &first).await, StatusCode::OK);
    assert_eq!(
        gate.get(&file, &[]).await.status,
        StatusCode::OK,
        "beside the main one"
    );

    let password = Secret::new(ACCOUNT_PASSWORD);
    let rotated = further::rotate(&gate.backend, &me, made.id, Grace::Hour, &password)
        .await
        .unwrap();
    let second = basic(&rotated.username, rotated.password.reveal());
    for authorization in [&first, &second] {
        assert_eq!(gate.status(&file, authorization).await, StatusCode::OK);
    }
    gate.backend.clock.advance(TimeDelta::hours(1));
    assert_eq!(gate.status(&file, &first).await, StatusCode::FORBIDDEN);
    assert_eq!(gate.status(&file, &second).await, StatusCode::OK);

    further::revoke(&gate.backend, &me, made.id).await.unwrap();
    assert_eq!(gate.status(&file, &second).await, StatusCode::FORBIDDEN);
    assert_eq!(gate.get(&file, &[]).await.status, StatusCode::OK);
}

/// The router has no peer, so every request comes from 127.0.0.1.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn from_an_address_that_is_not_on_the_list_it_is_refused_like_a_wrong_password(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let (made, authorization) = gate.made("192.0.2.0/24").await;
    let wrong = basic(&made.username, "something else");
    for caller in [CURL, WGET, BROWSER] {
        let refused = gate
            .get_anonymously(&file.path, &[caller, ("authorization", &authorization)])
            .await;
        let mistaken = gate
            .get_anonymously(&file.path, &[caller, ("authorization", &wrong)])
            .await;
        assert_eq!(
            (refused.status, &refused.body),
            (mistaken.status, &mistaken.body)
        );
        assert_eq!(
            refused.header("www-authenticate"),
            mistaken.header("www-authenticate")
        );
    }
    let me = actor(&gate.owner);
    further::edit(
        &gate.backend,
        &me,
        made.id,
        draft("192.0.2.0/24\n127.0.0.0/8"),
    )
    .await
    .unwrap();
    assert_eq!(gate.status(&file, &authorization).await, StatusCode::OK);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn who_uses_a_credential_is_noted_by_the_gate(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let (made, authorization) = gate.made("").await;
    let me = actor(&gate.owner);
    gate.get_anonymously(&file.path, &[CURL, ("authorization", "Basic !!")])
        .await;
    assert_eq!(
        further::get(&gate.backend, &me, made.id)
            .await
            .unwrap()
            .last_use,
        None
    );
    gate.status(&file, &authorization).await;
    let used = further::get(&gate.backend, &me, made.id)
        .await
        .unwrap()
        .last_use
        .unwrap();
    assert_eq!(
        (used.client.as_str(), used.address.as_str()),
        ("curl/7.88.1", "127.0.0.1")
    );
}

/// What browsers do with it is in decision 0013, and tried with a real one in the browser stories.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn ended_browsers_are_asked_once_more_and_programs_go_on(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let me = actor(&gate.owner);
    let mark_of = |answer: &Answer| {
        answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    };
    // Each dialog leaves a mark, whether there is anything to open or not.
    let asked = gate.get_anonymously(&file.path, &[BROWSER, CHROMIUM]).await;
    let elsewhere = gate
        .get_anonymously("/files/nothing", &[BROWSER, CHROMIUM])
        .await;
    for answer in [&asked, &elsewhere] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(
            answer
                .header("set-cookie")
                .ends_with("; Path=/files; HttpOnly; SameSite=Lax")
        );
    }
    let early = mark_of(&asked);
    assert_eq!(gate.at_browser(&file, "").await.status, StatusCode::OK);

    gate.backend.clock.advance(TimeDelta::seconds(1));
    browsers::end_access(&gate.backend, &me).await.unwrap();
    gate.backend.clock.advance(TimeDelta::seconds(1));
    // The password that it remembers does not open anything, with an old mark or a made-up one or none.
    let forged = format!("{early}x");
    let mut late = String::new();
    for cookie in ["", early.as_str(), forged.as_str(), "reelgate-asked=AAAA"] {
        let answer = gate.at_browser(&file, cookie).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{cookie}");
        assert_eq!(
            answer.header("www-authenticate"),
            asked.header("www-authenticate"),
            "the same realm"
        );
        late = mark_of(&answer);
    }
    let answer = gate.at_browser(&file, &late).await;
    assert_eq!(
        (answer.status, answer.header("set-cookie")),
        (StatusCode::OK, "")
    );

    // Programs, and those that only look like browsers, were never asked.
    for caller in [
        vec![CURL],
        vec![WGET],
        vec![BROWSER, ("user-agent", "node")],
        vec![("accept", "text/html"), ("user-agent", "Java/17.0.13")],
    ] {
        let headers = [caller, vec![("authorization", gate.authorization.as_str())]].concat();
        assert_eq!(
            gate.get_anonymously(&file.path, &headers).await.status,
            StatusCode::OK,
            "{headers:?}"
        );
    }
    let cookie = gate.sign_in(&gate.owner).await;
    let signed_in = [BROWSER, CHROMIUM, ("cookie", cookie.as_str())];
    assert_eq!(
        gate.get_anonymously(&file.path, &signed_in).await.status,
        StatusCode::OK
    );
    // Another account's browsers are none of this account's business.
    let (neighbour, foreign) = gate.neighbour().await;
    let theirs = gate.file(&neighbour, "live.mp4", "video/mp4", BYTES).await;
    let headers = [BROWSER, CHROMIUM, ("authorization", foreign.as_str())];
    assert_eq!(
        gate.get_anonymously(&theirs.path, &headers).await.status,
        StatusCode::OK
    );
}
