//! Callers without a valid proof: what they get, and that they learn nothing from it. R087 to R091, R103, R115, R116.

use domain::accounts::{Challenge, actions::set_challenge};
use domain::testing::actor;

use super::*;

const REALM: &str = "Basic realm=\"Reelgate session files\", charset=\"UTF-8\"";

/// R087 as design.md has it: the documented contract, and the setting for the rest.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn each_kind_of_caller_gets_what_the_account_says(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let wrong = basic("nobody", "nothing at all");
    let ask = StatusCode::UNAUTHORIZED;
    let forbid = StatusCode::FORBIDDEN;
    for (policy, expected) in [
        (Challenge::Documented, [ask, ask, forbid]),
        (Challenge::Everyone, [ask, ask, ask]),
        (Challenge::NeverPrograms, [ask, forbid, forbid]),
    ] {
        set_challenge(&gate.backend, &actor(&gate.owner), policy)
            .await
            .unwrap();
        for (caller, expected) in [BROWSER, WGET, CURL].into_iter().zip(expected) {
            for method in [Method::GET, Method::HEAD] {
                let nothing = gate.request(method.clone(), &file.path, &[caller]).await;
                let mistaken = gate
                    .request(method, &file.path, &[caller, ("authorization", &wrong)])
                    .await;
                assert_eq!(nothing.status, expected, "{policy:?} {caller:?}");
                assert_eq!(nothing, mistaken, "{policy:?} {caller:?}");
                assert_eq!(
                    nothing.header("www-authenticate"),
                    if expected == ask { REALM } else { "" }
                );
                assert_eq!(nothing.header("cache-control"), "no-store");
            }
        }
    }
}

/// R088, R089, R091, R115 and R116: one answer, whatever is there and whatever else is asked.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn without_a_proof_an_existing_file_looks_like_a_missing_one(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let (neighbour, _) = gate.neighbour().await;
    let foreign = gate.file(&neighbour, "live.mp4", "video/mp4", BYTES).await;
    let base = file.path.strip_suffix("/live.mp4").unwrap();
    let account = gate.owner.account;
    let wrong = basic("nobody", "nothing at all");
    let mut paths = vec![
        file.path.clone(),
        foreign.path.clone(),
        format!("{}?download", file.path),
        format!("{base}/other.mp4"),
        base.to_owned(),
        format!("{base}/"),
        format!(
            "/files/{account}/{}/live.mp4",
            FileId::new(gate.backend.clock.now())
        ),
        format!("/files/{account}/not-an-id/live.mp4"),
        "/files/not-an-account/not-an-id/live.mp4".to_owned(),
        "/files".to_owned(),
        "/files/".to_owned(),
    ];
    for trick in TRICKS {
        paths.push(format!("/files/{account}/{trick}"));
        paths.push(format!("{base}/{trick}"));
    }
    for caller in [
        BROWSER,
        WGET,
        CURL,
        ("accept", "text/html"),
        ("accept", "application/json"),
    ] {
        for proof in [("x-nothing", ""), ("authorization", wrong.as_str())] {
            let expected = gate.get_anonymously(&file.path, &[caller, proof]).await;
            assert!(matches!(
                expected.status,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
            ));
            for path in &paths {
                assert_eq!(
                    gate.get_anonymously(path, &[caller, proof]).await,
                    expected,
                    "{path} {caller:?}"
                );
            }
            for condition in [
                ("if-none-match", file.etag.as_str()),
                ("if-none-match", "*"),
                ("if-match", "\"other\""),
                ("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT"),
                ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
                ("range", "bytes=0-0"),
                ("range", "bytes=99999-"),
            ] {
                let conditional = gate
                    .get_anonymously(&file.path, &[caller, proof, condition])
                    .await;
                assert_eq!(conditional, expected, "{condition:?}");
            }
        }
    }
}

/// R115 and R116: attempts to leave the place, which name nothing.
const TRICKS: [&str; 10] = [
    "../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f",
    "..%5c..%5c",
    "/etc/passwd",
    "./live.mp4",
    ";/../live.mp4",
    "live.mp4%20",
    "live%0d%0a.mp4",
    "live.mp4/",
];

/// R116: before anybody asks who it is.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_path_that_is_no_text_is_a_bad_request(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    for trick in ["%00", "%ff%fe", "%c0%ae%c0%ae%2f", "%zz", "%"] {
        for headers in [vec![CURL], gate.with_credential(&[])] {
            let answer = gate
                .get_anonymously(&format!("{}{trick}", file.path), &headers)
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{trick}");
        }
    }
    let odd_query = format!("{}?%00=%ff&download=%zz", file.path);
    assert_eq!(gate.get_at(&odd_query, &[]).await.status, StatusCode::OK);
}

/// R088, R115 and R116: with a valid proof all of it is simply not there.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn with_a_proof_what_is_not_ones_own_file_is_not_found(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let (neighbour, _) = gate.neighbour().await;
    let foreign = gate.file(&neighbour, "live.mp4", "video/mp4", BYTES).await;
    let base = file.path.strip_suffix("/live.mp4").unwrap();
    let (account, foreign_account) = (gate.owner.account, neighbour.account);
    let missing = gate.get_at(&format!("{base}/missing.mp4"), &[]).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let mut paths = vec![
        foreign.path.clone(),
        format!("/files/{account}/{}/live.mp4", foreign.id),
        format!("/files/{foreign_account}/{}/live.mp4", file.id),
        format!("{base}/LIVE.mp4"),
        base.to_owned(),
        "/files/".to_owned(),
    ];
    for trick in TRICKS {
        paths.push(format!("/files/{account}/{trick}"));
        paths.push(format!("{base}/{trick}"));
    }
    for path in paths {
        assert_eq!(gate.get_at(&path, &[]).await, missing, "{path}");
    }
    assert_eq!(gate.get(&file, &[]).await.body, BYTES);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_refusal_speaks_the_callers_language(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let page = gate
        .get_anonymously(&file.path, &[("accept", "text/html,*/*;q=0.8")])
        .await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.text()
            .contains("Video &gt; Insights &amp; Reports &gt; Recordings"),
        "says where the password is"
    );
    assert!(
        !page.text().contains(&gate.owner.account.to_string()),
        "names no account (R091)"
    );
    let json = gate
        .get_anonymously(&file.path, &[("accept", "application/json")])
        .await;
    let json: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    assert!(
        json["error"]
            .as_str()
            .unwrap()
            .contains("user name and a password")
    );
    let text = gate.get_anonymously(&file.path, &[CURL]).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
}

/// R103.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn files_are_only_read(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    for method in [
        "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND",
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = gate
            .request(method.clone(), &file.path, &gate.with_credential(&[]))
            .await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "GET, HEAD");
        let anonymous = gate.request(method, "/files/nothing", &[]).await;
        assert_eq!(anonymous, answer, "tells nothing");
    }
    assert_eq!(
        gate.get(&file, &[]).await.body,
        BYTES,
        "nothing happened to it"
    );
}
