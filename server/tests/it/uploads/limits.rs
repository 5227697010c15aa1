//! What a project takes in at most, whoever sends at the same moment.

use super::*;

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn limits_are_said_when_an_upload_begins(db: PgPool) {
    let stage = Stage::new(db).await;
    let set = async |limits: &'static str| {
        let changed = sqlx::query(sqlx::AssertSqlSafe(format!("update projects set {limits}")));
        changed.execute(&stage.app.backend.db).await.unwrap();
    };
    let begin = async |name: &str, length: u64| {
        let request = stage
            .tus(Method::POST, TUS)
            .header("upload-length", length)
            .header("upload-metadata", metadata(name));
        stage.send(request.body(Body::empty()).unwrap()).await
    };
    set("file_limit_bytes = 1000").await;
    let refused = begin("a.mp4", 1001).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.header("tus-max-size"), Some("1000"));
    // What is promised to one upload is not promised to another.
    set("quota_bytes = 1500").await;
    assert_eq!(begin("a.mp4", 1000).await.status, StatusCode::CREATED);
    assert_eq!(
        begin("b.mp4", 600).await.status,
        StatusCode::INSUFFICIENT_STORAGE
    );
    assert_eq!(begin("b.mp4", 500).await.status, StatusCode::CREATED);
    assert_eq!(
        begin("c.exe", 1).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        begin("c.mp4", u64::MAX).await.status,
        StatusCode::BAD_REQUEST
    );
}

/// A sum of lengths is never more than the database can say, whatever is announced.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_length_beyond_any_file_is_refused_and_stops_no_other(db: PgPool) {
    let stage = Stage::new(db).await;
    let begin = async |length: u64| {
        let request = stage
            .tus(Method::POST, TUS)
            .header("upload-length", length)
            .header("upload-metadata", metadata("a.mp4"));
        stage.send(request.body(Body::empty()).unwrap()).await
    };
    for length in [i64::MAX.cast_unsigned(), (16 << 40) + 1] {
        let refused = begin(length).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{length}");
        assert_eq!(refused.header("tus-max-size"), Some("17592186044416"));
    }
    let deferred = stage
        .tus(Method::POST, TUS)
        .header("upload-defer-length", 1)
        .header("upload-metadata", metadata("a.mp4"));
    let deferred = stage.send(deferred.body(Body::empty()).unwrap()).await;
    let upload = deferred.header("location").unwrap();
    let said = stage.patch(upload, 0).header("upload-length", i64::MAX);
    let said = stage.send(said.body(Body::empty()).unwrap()).await;
    assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Rows of before there was a limit.
    for _ in 0..2 {
        assert_eq!(begin(5).await.status, StatusCode::CREATED);
    }
    sqlx::query("update uploads set length_bytes = 9223372036854775807")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(begin(5).await.status, StatusCode::CREATED);
}

/// What the others were promised and hold is not there for an upload whose length is not said.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn uploads_of_unknown_length_share_the_quota(db: PgPool) {
    let stage = Stage::new(db).await;
    sqlx::query("update projects set quota_bytes = 1500")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    let begin = async |name: &str| {
        let request = stage
            .tus(Method::POST, TUS)
            .header("upload-defer-length", 1)
            .header("upload-metadata", metadata(name));
        let begun = stage.send(request.body(Body::empty()).unwrap()).await;
        begun.header("location").unwrap().to_owned()
    };
    let (first, second) = (begin("a.mp4").await, begin("b.mp4").await);
    let bytes = film().repeat(2);
    assert_eq!(
        stage.append(&first, 0, &bytes[..1000]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        stage.append(&second, 0, &bytes[..501]).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        stage.append(&second, 0, &bytes[..400]).await.status,
        StatusCode::NO_CONTENT
    );
    let tell = async |length: usize| {
        let request = stage.patch(&second, 400).header("upload-length", length);
        stage.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(tell(501).await.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(tell(500).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        stage.append(&first, 1000, &bytes[..1]).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

/// Of several uploads that begin at the same moment, each counts the one before.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_promised_at_the_same_moment_counts(db: PgPool) {
    let stage = Stage::new(db).await;
    sqlx::query("update projects set quota_bytes = 1500")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    stage.begun("a.mp4", 100).await;
    let meanwhile = format!(
        "select 1 from projects where id = '{}' for no key update; update uploads set length_bytes = 1000",
        stage.project
    );
    let request = stage
        .tus(Method::POST, TUS)
        .header("upload-length", 600)
        .header("upload-metadata", metadata("b.mp4"));
    let request = request.body(Body::empty()).unwrap();
    let refused = stage.app.send_beside(&meanwhile, request).await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE);
}
