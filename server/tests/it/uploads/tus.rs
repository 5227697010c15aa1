//! The tus protocol: what it says, and how its uploads end.

use super::*;

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_tus_protocol_is_spoken(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    // Abilities, to everybody and in any version.
    let asked = stage.app.request(Method::OPTIONS, TUS).body(Body::empty());
    let abilities = stage.send(asked.unwrap()).await;
    assert_eq!(abilities.status, StatusCode::NO_CONTENT);
    assert_eq!(abilities.header("tus-version"), Some("1.0.0"));
    assert!(
        abilities
            .header("tus-extension")
            .unwrap()
            .contains("creation-with-upload")
    );
    assert_eq!(
        abilities.header("tus-checksum-algorithm"),
        Some("sha1,sha256")
    );
    let upload = stage.begun("a.mp4", bytes.len()).await;
    // Another version.
    let old = stage
        .app
        .request(Method::HEAD, &upload)
        .header("authorization", &stage.key)
        .header("tus-resumable", "0.2.2");
    let old = stage.send(old.body(Body::empty()).unwrap()).await;
    assert_eq!(old.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(old.header("tus-version"), Some("1.0.0"));
    let head = stage.head(&upload).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert_eq!(
        head.header("upload-length"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(
        head.header("upload-metadata"),
        Some(metadata("a.mp4").as_str())
    );
    assert_eq!(head.header("tus-resumable"), Some("1.0.0"));
    // Bytes that are not taken.
    assert_eq!(
        stage.append(&upload, 1, b"x").await.status,
        StatusCode::CONFLICT
    );
    let untyped = stage.tus(Method::PATCH, &upload).header("upload-offset", 0);
    let untyped = stage.send(untyped.body(Body::from("x")).unwrap()).await;
    assert_eq!(untyped.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mut more = bytes.clone();
    more.push(0);
    assert_eq!(
        stage.append(&upload, 0, &more).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    for sum in ["sha1 AAAA", "md5 AAAA", "sha1"] {
        let request = stage.patch(&upload, 0).header("upload-checksum", sum);
        let answer = stage.send(request.body(Body::from("x")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{sum}");
    }
    let checked = async |offset: usize, bytes: &[u8], summed: &[u8]| {
        let sum = format!("sha256 {}", STANDARD.encode(Sha256::digest(summed)));
        let request = stage.patch(&upload, offset).header("upload-checksum", sum);
        stage
            .send(request.body(Body::from(bytes.to_vec())).unwrap())
            .await
    };
    assert_eq!(
        checked(0, b"damaged", &bytes[..7]).await.status.as_u16(),
        460
    );
    assert_eq!(stage.head(&upload).await.header("upload-offset"), Some("0"));
    // Bytes that are.
    assert_eq!(
        checked(0, &bytes[..700], &bytes[..700]).await.status,
        StatusCode::NO_CONTENT
    );
    let overridden = stage
        .tus(Method::POST, &upload)
        .header("x-http-method-override", "PATCH")
        .header("content-type", OFFSET_STREAM)
        .header("upload-offset", 700);
    let overridden = stage
        .send(overridden.body(Body::from(bytes[700..].to_vec())).unwrap())
        .await;
    assert_eq!(
        overridden.status,
        StatusCode::NO_CONTENT,
        "{}",
        overridden.body
    );
    assert_eq!(
        stage.head(&upload).await.header("upload-offset"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(
        stage.append(&upload, bytes.len(), b"").await.status,
        StatusCode::NO_CONTENT
    );
    let seen = stage
        .app
        .request(Method::GET, &upload)
        .header("authorization", &stage.key);
    let seen = stage.send(seen.body(Body::empty()).unwrap()).await;
    let seen: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    assert!(seen["file_id"].is_string(), "{seen}");
    assert_eq!(stage.files().await, 1);
    // The memory of it goes, the file stays.
    let removed = stage.tus(Method::DELETE, &upload).body(Body::empty());
    assert_eq!(
        stage.send(removed.unwrap()).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(stage.head(&upload).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.files().await, 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_upload_may_begin_with_bytes_and_tell_its_length_later(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let begin = |length: (&'static str, usize)| {
        stage
            .tus(Method::POST, TUS)
            .header(length.0, length.1)
            .header("upload-metadata", metadata("a.mp4"))
            .header("content-type", OFFSET_STREAM)
    };
    let request = begin(("upload-defer-length", 1)).body(Body::from(bytes[..600].to_vec()));
    let begun = stage.send(request.unwrap()).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    assert_eq!(begun.header("upload-offset"), Some("600"));
    let upload = begun.header("location").unwrap().to_owned();
    let head = stage.head(&upload).await;
    assert_eq!(head.header("upload-defer-length"), Some("1"));
    assert_eq!(head.header("upload-length"), None);
    let last = stage
        .patch(&upload, 600)
        .header("upload-length", bytes.len());
    let last = stage
        .send(last.body(Body::from(bytes[600..].to_vec())).unwrap())
        .await;
    assert_eq!(last.status, StatusCode::NO_CONTENT, "{}", last.body);
    assert_eq!(stage.files().await, 1);
    // All at once; and what the vault keeps another file for is refused for good.
    let again = begin(("upload-length", bytes.len())).body(Body::from(bytes.clone()));
    assert_eq!(stage.send(again.unwrap()).await.status, StatusCode::CREATED);
    let mut other = bytes.clone();
    other[9] ^= 1;
    let other = begin(("upload-length", other.len())).body(Body::from(other.clone()));
    assert_eq!(
        stage.send(other.unwrap()).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    for wrong in [
        ("upload-length", 0),
        ("upload-defer-length", 2),
        ("upload-offset", 1),
    ] {
        let answer = stage.send(begin(wrong).body(Body::empty()).unwrap()).await;
        assert!(answer.status.is_client_error(), "{wrong:?}");
    }
    assert_eq!(stage.files().await, 1);
}

/// All of the head is read before anything is begun; R145: what is not possible says what is.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_unreadable_head_begins_nothing(db: PgPool) {
    let stage = Stage::new(db).await;
    let request = stage
        .tus(Method::POST, TUS)
        .header("upload-length", 100)
        .header("upload-metadata", metadata("a.mp4"))
        .header("upload-checksum", "sha1 AAAA")
        .header("content-type", OFFSET_STREAM);
    let refused = stage.send(request.body(Body::from("x")).unwrap()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let begun: i64 = sqlx::query_scalar("select count(*) from uploads")
        .fetch_one(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(begun, 0);
    let upload = stage.begun("a.mp4", 100).await;
    for other in [None, Some("PUT")] {
        let mut request = stage.tus(Method::POST, &upload);
        if let Some(other) = other {
            request = request.header("x-http-method-override", other);
        }
        let refused = stage.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(refused.header("allow").unwrap().contains("PATCH"));
    }
}

/// The end of an upload that was refused, terminated, or forgotten; and one that a killed process left whole.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn uploads_end(db: PgPool) {
    let stage = Stage::new(db).await;
    let backend = &stage.app.backend;
    let bytes = film();
    let broken = stage.begun("a.mp4", 7).await;
    let refused = stage.append(&broken, 0, b"no film").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("not a readable MP4"),
        "{}",
        refused.body
    );
    assert_eq!(stage.head(&broken).await.status, StatusCode::GONE);
    let given_up = stage.begun("b.mp4", bytes.len()).await;
    stage.append(&given_up, 0, &bytes[..100]).await;
    let removed = stage.tus(Method::DELETE, &given_up).body(Body::empty());
    assert_eq!(
        stage.send(removed.unwrap()).await.status,
        StatusCode::NO_CONTENT
    );
    let removed = stage.tus(Method::DELETE, &given_up).body(Body::empty());
    assert_eq!(
        stage.send(removed.unwrap()).await.status,
        StatusCode::NOT_FOUND
    );
    // All bytes are there, and the delivery did not come about: the next question does it.
    let whole = stage.begun("c.mp4", bytes.len()).await;
    sqlx::query("update projects set quota_bytes = 1")
        .execute(&backend.db)
        .await
        .unwrap();
    assert_eq!(
        stage.append(&whole, 0, &bytes).await.status,
        StatusCode::INSUFFICIENT_STORAGE
    );
    assert_eq!(stage.files().await, 0);
    sqlx::query("update projects set quota_bytes = null")
        .execute(&backend.db)
        .await
        .unwrap();
    assert_eq!(
        stage.head(&whole).await.header("upload-offset"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(stage.files().await, 1);
    assert!(
        backend.vault.part_ids().unwrap().is_empty(),
        "parts go with their uploads"
    );
    // A day without a byte. Bytes make it longer.
    let slow = stage.begun("d.mp4", bytes.len()).await;
    let left = stage.begun("e.mp4", bytes.len()).await;
    backend.clock.advance(TimeDelta::hours(23));
    assert_eq!(
        stage.append(&slow, 0, &bytes[..100]).await.status,
        StatusCode::NO_CONTENT
    );
    backend.clock.advance(TimeDelta::hours(2));
    assert_eq!(stage.head(&left).await.status, StatusCode::NOT_FOUND);
    jobs::expire(backend).await.unwrap();
    assert_eq!(backend.vault.part_ids().unwrap().len(), 1);
    backend.vault.sweep(&backend.db).await.unwrap();
    assert_eq!(
        stage.append(&slow, 100, &bytes[100..]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(stage.files().await, 2);
    // A part that nobody knows, as after a database was restored.
    backend.vault.create_part(uuid::Uuid::from_u128(7)).unwrap();
    jobs::expire(backend).await.unwrap();
    assert!(backend.vault.part_ids().unwrap().is_empty());
}

/// What a crash wrote behind the offset is cut off, and what it lost ends the upload.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_crash_costs_no_more_than_what_was_not_promised(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let upload = stage.begun("a.mp4", bytes.len()).await;
    stage.append(&upload, 0, &bytes[..500]).await;
    let id = stage.app.backend.vault.part_ids().unwrap()[0];
    let part = stage.app.backend.vault.lock_part(id).unwrap().unwrap();
    std::os::unix::fs::FileExt::write_all_at(&part, b"never acknowledged", 500).unwrap();
    drop(part);
    assert_eq!(
        stage.append(&upload, 500, &bytes[500..]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(stage.files().await, 1);
    let lost = stage.begun("b.mp4", bytes.len()).await;
    stage.append(&lost, 0, &bytes[..500]).await;
    let id = stage.app.backend.vault.part_ids().unwrap()[0];
    stage
        .app
        .backend
        .vault
        .lock_part(id)
        .unwrap()
        .unwrap()
        .set_len(100)
        .unwrap();
    assert_eq!(
        stage.append(&lost, 500, &bytes[500..]).await.status,
        StatusCode::GONE
    );
}
