//! A file in one request, and who may send it.

use super::*;

/// R145: 201 with Location and the file; the same again is 200 and the same file; other bytes are 409.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_is_put_once_however_often_it_is_sent(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let send = async |digest: Option<String>, bytes: &[u8]| {
        let mut request =
            stage.put("live%20mix.mp4?kind=live&title=Quarter&started_at=2026-03-04T09:30:00Z");
        if let Some(digest) = digest {
            request = request.header("content-digest", digest);
        }
        let request = request.header("content-length", bytes.len());
        stage
            .send(request.body(Body::from(bytes.to_vec())).unwrap())
            .await
    };
    let first = send(Some(digest(&bytes)), &bytes).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let file: serde_json::Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(file["room"], "board room");
    assert_eq!(file["kind"], "live");
    assert_eq!(file["bytes"], bytes.len());
    let location = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
    assert_eq!(first.header("location"), Some(location.as_str()));
    assert!(file["url"].as_str().unwrap().ends_with("/live%20mix.mp4"));
    let started: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select started_at from sessions")
            .fetch_one(&stage.app.backend.db)
            .await
            .unwrap();
    assert_eq!(started.to_rfc3339(), "2026-03-04T09:30:00+00:00");
    for digest in [None, Some(digest(&bytes))] {
        let again = send(digest, &bytes).await;
        assert_eq!(again.status, StatusCode::OK);
        let same: serde_json::Value = serde_json::from_str(&again.body).unwrap();
        assert_eq!(same, file);
    }
    let sha512 = format!("sha-512=:{}:", STANDARD.encode(Sha512::digest(&bytes)));
    assert_eq!(send(Some(sha512), &bytes).await.status, StatusCode::OK);
    let mut other = bytes.clone();
    other.extend([0; 8]);
    let conflict = send(None, &other).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(
        conflict.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(stage.files().await, 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_wrong_with_a_file_is_said_and_nothing_of_it_kept(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let send = async |request: Builder, bytes: &[u8]| {
        let answer = stage
            .send(request.body(Body::from(bytes.to_vec())).unwrap())
            .await;
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{}",
            answer.body
        );
        answer.status.as_u16()
    };
    let wrong = digest(b"something else");
    assert_eq!(
        send(stage.put("a.mp4").header("content-digest", wrong), &bytes).await,
        400
    );
    let unreadable = stage.put("a.mp4").header("content-digest", "sha-256=abc");
    assert_eq!(send(unreadable, &bytes).await, 400);
    assert_eq!(
        send(
            stage.put("a.mp4").header("content-range", "bytes 0-9/10"),
            &bytes
        )
        .await,
        400
    );
    assert_eq!(
        send(
            stage.put("a.mp4").header("content-encoding", "gzip"),
            &bytes
        )
        .await,
        415
    );
    assert_eq!(send(stage.put("a.mp4"), b"no film").await, 422);
    assert_eq!(send(stage.put("a.exe"), &bytes).await, 422);
    assert_eq!(send(stage.put("a%2Fb.mp4"), &bytes).await, 422);
    assert_eq!(send(stage.put("a.mp4?kind=chat"), &bytes).await, 422);
    assert_eq!(send(stage.put("a.mp4?kind=x"), &bytes).await, 422);
    assert_eq!(
        send(stage.put("a.mp4?started_at=yesterday"), &bytes).await,
        422
    );
    assert_eq!(send(stage.put("a.mp4?title=a&title=b"), &bytes).await, 400);
    // R080: what turns the text beside it.
    assert_eq!(
        send(stage.put("a.mp4?title=a%E2%80%AEb"), &bytes).await,
        422
    );
    sqlx::query("update projects set file_limit_bytes = 100")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(
        send(
            stage.put("a.mp4").header("content-length", bytes.len()),
            &bytes
        )
        .await,
        413
    );
    assert_eq!(send(stage.put("a.mp4"), &bytes).await, 413);
    sqlx::query("update projects set file_limit_bytes = null, quota_bytes = 100")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(send(stage.put("a.mp4"), &bytes).await, 507);
    assert_eq!(stage.files().await, 0);
}

/// R143 for these routes.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_an_application_of_the_project_that_may_write_sends(db: PgPool) {
    let stage = Stage::new(db).await;
    let reader = given_key(&stage.app, &stage.owner, stage.project, false).await;
    let elsewhere = given_project(&stage.app, &stage.owner, "Sales").await;
    let foreign = given_key(&stage.app, &stage.owner, elsewhere, true).await;
    let upload = stage.begun("a.mp4", 5000).await;
    let wrong = format!("Basic {}", STANDARD.encode("who:knows"));
    let callers = [
        (None, [401, 401, 401, 401, 401]),
        (Some(&wrong), [401, 401, 401, 401, 401]),
        (Some(&reader), [403, 403, 403, 403, 403]),
        (Some(&foreign), [404, 201, 404, 404, 404]),
        (Some(&stage.key), [422, 201, 200, 204, 204]),
    ];
    for (key, expected) in callers {
        let routes = [
            (Method::PUT, stage.path("a.mp4")),
            (Method::POST, TUS.to_owned()),
            (Method::HEAD, upload.clone()),
            (Method::PATCH, upload.clone()),
            (Method::DELETE, upload.clone()),
        ];
        for ((method, path), expected) in routes.into_iter().zip(expected) {
            let mut request = stage.app.request(method.clone(), &path);
            if let Some(key) = key {
                request = request.header("authorization", key);
            }
            let request = request
                .header("tus-resumable", "1.0.0")
                .header("upload-offset", 0)
                .header(
                    "content-type",
                    if method == Method::PATCH {
                        OFFSET_STREAM
                    } else {
                        "video/mp4"
                    },
                );
            let request = if method == Method::POST {
                request
                    .header("upload-length", 5000)
                    .header("upload-metadata", metadata("b.mp4"))
            } else {
                request
            };
            let answer = stage.send(request.body(Body::from("x")).unwrap()).await;
            assert_eq!(
                answer.status.as_u16(),
                expected,
                "{key:?} {method} {}",
                answer.body
            );
            if expected == 401 {
                assert!(
                    answer
                        .header("www-authenticate")
                        .unwrap()
                        .starts_with("Basic ")
                );
            }
        }
    }
    let secret = actions::access(&stage.app.backend, &actor(&stage.owner))
        .await
        .unwrap();
    let secret = secret
        .projects
        .iter()
        .find(|of| of.project == stage.project)
        .unwrap();
    for secret in &secret.secrets {
        actions::revoke(&stage.app.backend, &actor(&stage.owner), secret.id)
            .await
            .unwrap();
    }
    let revoked = stage
        .send(stage.put("a.mp4").body(Body::from("x")).unwrap())
        .await;
    assert_eq!(revoked.status, StatusCode::UNAUTHORIZED);
}

/// Authorised before the body is read: who waits with `Expect: 100-continue` is told no without sending, and who does
/// not wait can send all and still read the answer.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_sender_without_a_secret_is_refused_by_its_head(db: PgPool) {
    let stage = Stage::new(db).await;
    let listening = given_listener(stage.app.router()).await;
    let size = 8 << 20;
    let head = |more: &str| {
        format!(
            "PUT {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {size}\r\n{more}\r\n",
            stage.path("a.mp4"),
            listening.address,
        )
    };
    let mut waiting = TcpStream::connect(listening.address).await.unwrap();
    waiting
        .write_all(head("Expect: 100-continue\r\n").as_bytes())
        .await
        .unwrap();
    let answer = read_head(&mut waiting).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    // With the right secret, it is asked to go on.
    let mut welcome = TcpStream::connect(listening.address).await.unwrap();
    let right = format!("Expect: 100-continue\r\nAuthorization: {}\r\n", stage.key);
    welcome.write_all(head(&right).as_bytes()).await.unwrap();
    let answer = read_head(&mut welcome).await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    // Too large is said without asking for it, too.
    sqlx::query("update projects set file_limit_bytes = 100")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    let mut large = TcpStream::connect(listening.address).await.unwrap();
    large.write_all(head(&right).as_bytes()).await.unwrap();
    let answer = read_head(&mut large).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    for more in ["", &format!("Authorization: {}\r\n", stage.key)] {
        let mut eager = TcpStream::connect(listening.address).await.unwrap();
        eager.write_all(head(more).as_bytes()).await.unwrap();
        // Everything is sent before anything is read, as many programs do.
        eager.write_all(&vec![1; size]).await.unwrap();
        let answer = read_head(&mut eager).await;
        let expected = if more.is_empty() { "401" } else { "413" };
        assert_eq!(answer.split(' ').nth(1), Some(expected), "{answer}");
    }
}

/// R119: unknown length is taken where files come in, and the connection ends with the answer.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_of_unknown_length_comes_in_chunks_and_ends_the_connection(db: PgPool) {
    let stage = Stage::new(db).await;
    let listening = given_listener(stage.app.router()).await;
    let bytes = film();
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    let head = format!(
        "PUT {} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        stage.path("a.mp4"),
        listening.address,
        stage.key,
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for chunk in bytes.chunks(1000) {
        stream
            .write_all(format!("{:x}\r\n", chunk.len()).as_bytes())
            .await
            .unwrap();
        stream.write_all(chunk).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    // What somebody may have smuggled in behind it is nobody's request.
    stream
        .write_all(b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(9), stream.read_to_string(&mut answer));
    assert!(read.await.is_ok(), "the server closes");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    let mut encoded = TcpStream::connect(listening.address).await.unwrap();
    let head = head.replace("chunked", "gzip, chunked");
    encoded.write_all(head.as_bytes()).await.unwrap();
    assert!(read_head(&mut encoded).await.starts_with("HTTP/1.1 400 "));
}

/// A connection that ends in the middle leaves nothing of a PUT, and all that came of a PATCH.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_interrupted_upload_goes_on_where_it_was(db: PgPool) {
    let stage = Stage::new(db).await;
    let listening = given_listener(stage.app.router()).await;
    let bytes = film();
    let half = bytes.len() / 2;
    let upload = stage.begun("a.mp4", bytes.len()).await;
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: {OFFSET_STREAM}\r\nContent-Length: {}\r\n\r\n",
        listening.address,
        stage.key,
        bytes.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&bytes[..half]).await.unwrap();
    // Meanwhile it is locked, for everybody; the sender's bytes are waited for.
    wait_for(async || stage.append(&upload, 9999, b"x").await.status == StatusCode::LOCKED).await;
    drop(stream);
    wait_for(async || {
        stage.head(&upload).await.header("upload-offset") == Some(half.to_string().as_str())
    })
    .await;
    let answer = stage.append(&upload, half, &bytes[half..]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert_eq!(
        answer.header("upload-offset"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(stage.files().await, 1);
    let sum: Vec<u8> = sqlx::query_scalar("select sha256 from files")
        .fetch_one(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(sum[..], Sha256::digest(&bytes)[..]);
}

/// Moments that the formats of the APIs cannot write are refused beside their field.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn sessions_take_place_in_years_of_four_digits(db: PgPool) {
    let stage = Stage::new(db).await;
    for (field, moment) in [
        ("started_at", "9999-12-31T23:59:59-23:59"),
        ("started_at", "9999-01-01T00:00:00Z"),
        ("ended_at", "0000-01-01T00:00:00%2B23:59"),
        ("ended_at", "1969-12-31T23:59:59Z"),
    ] {
        let request = stage.put(&format!("a.mp4?{field}={moment}"));
        let answer = stage.send(request.body(Body::from(film())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{moment}");
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let request = stage.put("a.mp4?started_at=9998-12-31T23:59:59Z");
    let answer = stage.send(request.body(Body::from(film())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
}

/// A recorder marks its file before anyone can ask for it, both ways in; what is neither yes nor no is refused.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_comes_in_marked_secure(db: PgPool) {
    let stage = Stage::new(db).await;
    let put = async |name: &str, query: &str| {
        let request = stage.put(&format!("{name}?{query}"));
        let request = request.body(Body::from(film()));
        stage.send(request.unwrap()).await.status
    };
    assert_eq!(put("marked.mp4", "secure=true").await, StatusCode::CREATED);
    assert_eq!(put("plain.mp4", "secure=false").await, StatusCode::CREATED);
    for doubtful in ["secure=yes", "secure=1", "secure="] {
        let status = put("doubtful.mp4", doubtful).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{doubtful}");
    }
    let bytes = film();
    let said = format!(
        "{},secure {}",
        metadata("piece.mp4"),
        STANDARD.encode("true")
    );
    let request = stage
        .tus(Method::POST, TUS)
        .header("upload-length", bytes.len())
        .header("upload-metadata", said);
    let begun = stage.send(request.body(Body::empty()).unwrap()).await;
    let path = begun.header("location").unwrap().to_owned();
    stage.append(&path, 0, &bytes).await;
    let marked: Vec<(String, bool)> =
        sqlx::query_as("select name, is_secure from files order by name")
            .fetch_all(&stage.app.backend.db)
            .await
            .unwrap();
    let expected = [
        ("marked.mp4", true),
        ("piece.mp4", true),
        ("plain.mp4", false),
    ];
    let expected = expected.map(|(name, is_secure)| (name.to_owned(), is_secure));
    assert_eq!(marked, expected);
}
