//! Conditions as answers: R097 to R100, R109. Their table is a unit test of `gate::precondition`.

use super::*;

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_good_copy_is_not_sent_again(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let whole = gate.get(&file, &[]).await;
    let date = whole.header("last-modified").to_owned();
    assert_eq!(whole.header("etag"), file.etag);
    for condition in [
        ("if-none-match", file.etag.as_str()),
        ("if-none-match", "*"),
        ("if-modified-since", &date),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = gate
                .request(
                    method,
                    &file.path,
                    &gate.with_credential(&[condition, ("range", "bytes=0-0")]),
                )
                .await;
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{condition:?}");
            assert!(answer.body.is_empty());
            for name in ["etag", "cache-control", "vary", "last-modified"] {
                assert_eq!(answer.header(name), whole.header(name), "R100: {name}");
            }
            assert_eq!(answer.header("content-length"), "", "RFC 9110 section 8.6");
            assert_eq!(answer.header("content-type"), "");
        }
    }
    let stale = gate
        .get(
            &file,
            &[
                ("if-none-match", "\"another\""),
                ("if-modified-since", &date),
            ],
        )
        .await;
    assert_eq!(stale.status, StatusCode::OK);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_request_for_other_bytes_fails(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    for condition in [
        ("if-match", "\"another\""),
        ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ] {
        let answer = gate
            .get(
                &file,
                &[
                    condition,
                    ("if-none-match", &file.etag),
                    ("range", "bytes=99-"),
                ],
            )
            .await;
        assert_eq!(
            answer.status,
            StatusCode::PRECONDITION_FAILED,
            "first in the order, R099"
        );
    }
    assert_eq!(
        gate.get(&file, &[("if-match", &file.etag)]).await.body,
        BYTES
    );
}

/// R097, and R109: who resumes a file that is another by now gets all of the new one.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_download_is_resumed_only_with_the_same_bytes(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let date = gate
        .get(&file, &[])
        .await
        .header("last-modified")
        .to_owned();
    let weak = format!("W/{}", file.etag);
    for (validator, is_resumed) in [
        (file.etag.as_str(), true),
        (date.as_str(), true),
        (weak.as_str(), false),
        ("\"another\"", false),
        ("Thu, 01 Jan 1970 00:00:00 GMT", false),
        ("Fri, 01 Jan 2100 00:00:00 GMT", false),
    ] {
        let answer = gate
            .get(&file, &[("range", "bytes=30-"), ("if-range", validator)])
            .await;
        if is_resumed {
            assert_eq!(
                (answer.status, &answer.body[..]),
                (StatusCode::PARTIAL_CONTENT, &BYTES[30..]),
                "{validator}"
            );
        } else {
            assert_eq!(
                (answer.status, &answer.body[..]),
                (StatusCode::OK, BYTES),
                "{validator}"
            );
        }
    }
    let past_the_end = gate
        .get(
            &file,
            &[("range", "bytes=99-"), ("if-range", "\"another\"")],
        )
        .await;
    assert_eq!(
        past_the_end.status,
        StatusCode::OK,
        "a range that does not count cannot be unsatisfiable"
    );
}

/// R098.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_tag_is_the_bytes(db: PgPool) {
    let gate = Gate::new(db).await;
    let one = gate
        .file(&gate.owner, "a.mp4", "video/mp4", b"the same bytes")
        .await;
    let two = gate
        .file(&gate.owner, "b.mp4", "video/mp4", b"the same bytes")
        .await;
    let other = gate
        .file(&gate.owner, "c.mp4", "video/mp4", b"other bytes")
        .await;
    let tag = async |file: &Given| gate.get(file, &[]).await.header("etag").to_owned();
    assert_eq!(tag(&one).await, tag(&two).await);
    assert_ne!(tag(&one).await, tag(&other).await);
}
