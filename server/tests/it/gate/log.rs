//! The access log: each kind of answer leaves exactly one row, and the right one. R047, R180.

use domain::access_log::chain::Link;
use domain::access_log::{self, Row};
use domain::accounts::AccountId;
use futures::StreamExt as _;

use super::*;

impl Gate {
    /// The rows that were written since the last time, in the order of their chains.
    async fn rows(&self) -> Vec<Row> {
        self.backend
            .access_log
            .flush(&self.backend.db)
            .await
            .unwrap();
        let mut rows = Vec::new();
        access_log::actions::export(&self.backend, None, |link: Link| {
            rows.push(link.row);
            Ok(())
        })
        .await
        .unwrap();
        rows
    }

    /// The only row there is.
    async fn only_row(&self) -> Row {
        let mut rows = self.rows().await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// What the last row says of its outcome: status, bytes, reason.
    async fn last(&self, expected: usize) -> (i16, i64, Option<String>) {
        let mut rows = self.rows().await;
        assert_eq!(rows.len(), expected, "one row for each answer: {rows:?}");
        rows.sort_by_key(|row| row.seq);
        let row = rows.pop().unwrap();
        (row.status, row.bytes_sent, row.reason)
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_grant_says_who_what_how_and_how_much(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    gate.get(&file, &[CURL]).await;
    let row = gate.only_row().await;
    let credential = credentials::actions::get(&gate.backend, &actor(&gate.owner))
        .await
        .unwrap();
    assert_eq!(row.account, gate.owner.account);
    assert_eq!(row.occurred_at, gate.backend.clock.now());
    assert_eq!(row.file, Some(file.id));
    assert_eq!(row.file_name.as_deref(), Some("live.mp4"));
    assert!(row.session.is_some() && row.project.is_some());
    assert_eq!(
        (row.caller_kind.as_str(), row.caller),
        ("credential", Some(*credential.id.as_uuid()))
    );
    assert_eq!(
        (row.proof.as_str(), row.client_address.as_str()),
        ("basic", "127.0.0.1")
    );
    assert_eq!(
        (row.user_agent.as_deref(), row.method.as_str()),
        (Some(CURL.1), "GET")
    );
    assert_eq!((row.status, row.bytes_sent, row.reason), (200, 36, None));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_kind_of_grant_has_one_row(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    gate.get(&file, &[("range", "bytes=0-9")]).await;
    assert_eq!(gate.last(1).await, (206, 10, None));
    let several = gate.get(&file, &[("range", "bytes=0-1,5-6")]).await;
    let length = i64::try_from(several.body.len()).unwrap();
    assert_eq!(gate.last(2).await, (206, length, None));
    gate.request(Method::HEAD, &file.path, &gate.with_credential(&[]))
        .await;
    assert_eq!(gate.last(3).await, (200, 0, None));
    gate.get(&file, &[("if-none-match", &file.etag)]).await;
    assert_eq!(gate.last(4).await, (304, 0, None));
    let cookie = gate.sign_in(&gate.owner).await;
    gate.get_anonymously(&file.path, &[("cookie", &cookie)])
        .await;
    assert_eq!(gate.last(5).await, (200, 36, None));
    let rows = gate.rows().await;
    let row = rows.last().unwrap();
    assert_eq!(
        (row.caller_kind.as_str(), row.caller, row.proof.as_str()),
        ("member", Some(*gate.owner.id.as_uuid()), "cookie")
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_kind_of_refusal_has_one_row_that_says_why(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let wrong = basic("nobody", "secret typed by mistake");
    let mut expected = 0;
    for (headers, status, reason) in [
        (vec![BROWSER], 401, "no_proof"),
        (vec![CURL], 403, "no_proof"),
        (
            vec![CURL, ("authorization", wrong.as_str())],
            403,
            "unknown_name",
        ),
        (
            vec![BROWSER, ("authorization", wrong.as_str())],
            401,
            "unknown_name",
        ),
        (
            vec![CURL, ("authorization", "Bearer x")],
            401,
            "unreadable_token",
        ),
        (
            vec![CURL, ("authorization", "x"), ("authorization", "x")],
            403,
            "unreadable_proof",
        ),
        (
            gate.with_credential(&[("if-match", "\"other\"")]),
            412,
            "precondition",
        ),
        (
            gate.with_credential(&[("range", "bytes=99-")]),
            416,
            "range",
        ),
    ] {
        let answer = gate.get_anonymously(&file.path, &headers).await;
        assert_eq!(answer.status, status, "{reason}");
        expected += 1;
        let bytes = i64::try_from(answer.body.len()).unwrap();
        let status = i16::try_from(status).unwrap();
        assert_eq!(
            gate.last(expected).await,
            (status, bytes, Some(reason.to_owned()))
        );
    }
    let posted = gate
        .request(
            Method::POST,
            &file.path,
            &gate.with_credential(&[("sec-fetch-site", "same-origin")]),
        )
        .await;
    assert_eq!(posted.status, 405);
    assert_eq!(gate.last(expected + 1).await.2.as_deref(), Some("method"));
    std::fs::remove_file(gate.place_of(&file)).unwrap();
    gate.get(&file, &[]).await;
    assert_eq!(
        gate.last(expected + 2).await.2.as_deref(),
        Some("not_in_vault")
    );
    // R047: nothing of what was typed, in any column.
    let text: String = sqlx::query_scalar("select string_agg(l::text, ' ') from access_log l")
        .fetch_one(&gate.backend.db)
        .await
        .unwrap();
    assert!(
        !text.contains("nobody") && !text.contains("mistake"),
        "{text}"
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn too_many_guesses_are_told_apart(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    for guess in 0..12 {
        let wrong = basic("nobody", &format!("guess {guess}"));
        gate.get_anonymously(&file.path, &[CURL, ("authorization", &wrong)])
            .await;
    }
    let rows = gate.rows().await;
    let throttled = rows
        .iter()
        .filter(|row| row.reason.as_deref() == Some("throttled"));
    assert_eq!((rows.len(), throttled.count()), (12, 2));
}

/// Files that there are not, and whose log it is.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_row_belongs_to_whose_file_was_asked_for(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let (neighbour, foreign) = gate.neighbour().await;
    gate.get_anonymously(&file.path, &[CURL, ("authorization", &foreign)])
        .await;
    let row = gate.only_row().await;
    assert_eq!(
        (row.account, row.reason.as_deref()),
        (gate.owner.account, Some("other_account"))
    );
    assert_eq!(row.caller_kind, "credential");

    // The neighbour's own address with this file's id: neither session nor project is told.
    let path = file.path.replace(
        &gate.owner.account.to_string(),
        &neighbour.account.to_string(),
    );
    gate.get_anonymously(&path, &[CURL, ("authorization", &foreign)])
        .await;
    let rows = gate.rows().await;
    let row = rows
        .iter()
        .find(|row| row.account == neighbour.account)
        .unwrap();
    assert_eq!(
        (row.session, row.project, row.reason.as_deref()),
        (None, None, Some("no_such_file"))
    );

    // An account that is none, and an address that is none.
    let nowhere = AccountId::new(gate.backend.clock.now()).to_string();
    for path in [
        &file.path.replace(&gate.owner.account.to_string(), &nowhere),
        "/files/x/y/z",
        "/files",
    ] {
        gate.get_anonymously(path, &[CURL]).await;
    }
    let rows = gate.rows().await;
    let nobodys: Vec<_> = rows
        .iter()
        .filter(|row| row.account == access_log::NO_ACCOUNT)
        .collect();
    assert_eq!(nobodys.len(), 3);
    assert!(nobodys.iter().all(|row| row.session.is_none()));
    assert_eq!(nobodys[2].file, None);
}

/// A caller who goes away: the row says how much had left, not how much was promised.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_aborted_download_counts_what_left(db: PgPool) {
    let gate = Gate::new(db).await;
    let bytes = vec![7; 2 * 1024 * 1024];
    let file = gate
        .file(&gate.owner, "live.mp4", "video/mp4", &bytes)
        .await;
    let mut request = Request::get(&file.path).header("host", "127.0.0.1:3000");
    for (name, value) in gate.with_credential(&[]) {
        request = request.header(name, value);
    }
    let response = gate
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert!(gate.rows().await.is_empty(), "the answer has not ended");
    let mut body = response.into_body().into_data_stream();
    let first = body.next().await.unwrap().unwrap();
    let second = body.next().await.unwrap().unwrap();
    drop(body);
    let row = gate.only_row().await;
    assert_eq!(
        (row.status, row.bytes_sent),
        (200, i64::try_from(first.len() + second.len()).unwrap())
    );
}

/// R182: a database that is away holds up no answer, and the answer is not forgotten.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn refusals_while_the_database_is_away_are_written_later(db: PgPool) {
    let gate = Gate::new(db.clone()).await;
    let file = gate.recording().await;
    let mut backend = gate.backend.clone();
    backend.db = sqlx::pool::PoolOptions::new().connect_lazy_with((*db.connect_options()).clone());
    backend.db.close().await;
    let request = Request::get(&file.path).header("host", "127.0.0.1:3000");
    let answer = router_of(&backend)
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(answer);
    assert_eq!(gate.last(1).await.2.as_deref(), Some("unavailable"));
}
