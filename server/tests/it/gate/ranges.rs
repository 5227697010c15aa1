//! Ranges as answers: R092 to R096, R110.

use std::os::unix::fs::FileExt as _;

use mailparse::MailHeaderMap as _;

use super::*;

/// R093.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_range_is_answered_with_exactly_its_bytes(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let size = BYTES.len();
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-1", 0, 1),
        ("bytes=-1", size - 1, size - 1),
        ("bytes=30-", 30, size - 1),
        ("bytes=35-35", 35, 35),
        ("bytes=-9999", 0, size - 1),
        ("bytes=5-9999", 5, size - 1),
        ("bytes=0-1000000000000000000000000000000", 0, size - 1),
    ] {
        let answer = gate.get(&file, &[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.body, BYTES[first..=last], "{range}");
        assert_eq!(
            answer.header("content-range"),
            format!("bytes {first}-{last}/{size}")
        );
        assert_eq!(
            answer.header("content-length"),
            (last - first + 1).to_string()
        );
        assert_eq!(answer.header("content-type"), "video/mp4");
    }
}

/// R093 and R094.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_cannot_be_had_is_416_and_what_makes_no_sense_is_ignored(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    for range in [
        "bytes=36-",
        "bytes=99-100",
        "bytes=-0",
        "bytes=18446744073709551616-",
    ] {
        let answer = gate.get(&file, &[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
        assert_eq!(answer.header("content-range"), "bytes */36");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for range in [
        "seconds=0-1",
        "bytes=5-3",
        "bytes=x-y",
        "bytes",
        "bytes=0-0,0-0",
        "bytes=0-5,3-9",
        "bytes=-1,0-0",
    ] {
        let answer = gate.get(&file, &[("range", range)]).await;
        assert_eq!(
            (answer.status, &answer.body[..]),
            (StatusCode::OK, BYTES),
            "{range}"
        );
    }
    let twice = gate
        .get(&file, &[("range", "bytes=0-0"), ("range", "bytes=1-1")])
        .await;
    assert_eq!((twice.status, &twice.body[..]), (StatusCode::OK, BYTES));
}

/// R093.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_empty_file_is_sane(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.file(&gate.owner, "empty.mp4", "video/mp4", b"").await;
    for range in [None, Some("bytes=-5"), Some("nonsense")] {
        let headers: Vec<_> = range.map(|range| ("range", range)).into_iter().collect();
        let answer = gate.get(&file, &headers).await;
        assert_eq!(
            (
                answer.status,
                answer.header("content-length"),
                &answer.body[..]
            ),
            (StatusCode::OK, "0", &b""[..])
        );
    }
    let answer = gate.get(&file, &[("range", "bytes=0-")]).await;
    assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(answer.header("content-range"), "bytes */0");
}

/// R095.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn no_set_of_ranges_costs_more_than_the_file(db: PgPool) {
    let gate = Gate::new(db).await;
    let bytes = vec![7_u8; 100_000];
    let file = gate
        .file(&gate.owner, "live.mp4", "video/mp4", &bytes)
        .await;
    let set = |element: &dyn Fn(usize) -> String, count: usize| {
        format!(
            "bytes={}",
            (0..count).map(element).collect::<Vec<_>>().join(",")
        )
    };
    for range in [
        set(&|_| "0-".to_owned(), 1000),
        set(&|n| format!("{}-", n * 10), 8),
        set(&|n| format!("{0}-{0}", n * 2), 700),
        set(&|n| format!("{}-{}", n * 2, n * 2 + 1), 8),
        set(&|_| String::new(), 8000),
    ] {
        let answer = gate.get(&file, &[("range", &range)]).await;
        assert!(
            answer.body.len() <= bytes.len() + 2000,
            "{} for {}",
            answer.body.len(),
            &range[..40]
        );
    }
}

/// R096: read back by a MIME parser that is not ours.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn several_ranges_are_a_multipart_that_reads_back(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let answer = gate.get(&file, &[("range", "bytes=0-1, 10-12, -3")]).await;
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.header("content-range"), "", "stands in the parts");
    assert_eq!(
        answer.header("content-length"),
        answer.body.len().to_string()
    );
    let message = format!(
        "Content-Type: {}\r\n\r\n{}",
        answer.header("content-type"),
        answer.text()
    );
    let parsed = mailparse::parse_mail(message.as_bytes()).unwrap();
    assert_eq!(parsed.ctype.mimetype, "multipart/byteranges");
    let parts: Vec<_> = parsed.subparts.iter().collect();
    assert_eq!(parts.len(), 3);
    for (part, (first, last)) in parts.iter().zip([(0, 1), (10, 12), (33, 35)]) {
        assert_eq!(
            part.headers.get_first_value("content-range").unwrap(),
            format!("bytes {first}-{last}/36")
        );
        assert_eq!(part.ctype.mimetype, "video/mp4");
        let body = part.get_body_raw().unwrap();
        assert_eq!(
            body.strip_suffix(b"\r\n").unwrap_or(&body),
            &BYTES[first..=last]
        );
    }
    let one_left = gate.get(&file, &[("range", "bytes=0-1,99-")]).await;
    assert_eq!(
        one_left.header("content-range"),
        "bytes 0-1/36",
        "what is left of a set may be one range"
    );
}

/// R092.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn head_is_get_without_the_bytes_and_without_ranges(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let whole = gate.get(&file, &[]).await;
    for headers in [
        &[][..],
        &[("range", "bytes=0-0")],
        &[("range", "bytes=99-")],
    ] {
        let head = gate
            .request(Method::HEAD, &file.path, &gate.with_credential(headers))
            .await;
        assert_eq!(
            (head.status, &head.headers),
            (StatusCode::OK, &whole.headers),
            "{headers:?}"
        );
        assert!(head.body.is_empty());
    }
    let missing = file.path.replace("live", "missing");
    let get = gate.get_at(&missing, &[]).await;
    let head = gate
        .request(Method::HEAD, &missing, &gate.with_credential(&[]))
        .await;
    assert_eq!(
        (head.status, head.headers, head.body.len()),
        (get.status, get.headers, 0)
    );
}

/// R110: in a file whose holes take no space.
#[sqlx::test(migrator = "domain::MIGRATOR")]
#[expect(
    clippy::disallowed_methods,
    reason = "a file of 6 GiB that nobody had to hash"
)]
async fn ranges_beyond_32_bits_are_right(db: PgPool) {
    const SIZE: u64 = 6 << 30;
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let place = std::fs::File::options()
        .write(true)
        .open(gate.place_of(&file))
        .unwrap();
    place.set_len(SIZE).unwrap();
    sqlx::query("update files set size_bytes = $1")
        .bind(SIZE.cast_signed())
        .execute(&gate.backend.db)
        .await
        .unwrap();
    for (offset, mark) in [
        (1_u64 << 31, b"two gibi"),
        (1 << 32, b"fourgibi"),
        (SIZE - 8, b"thelast8"),
    ] {
        place.write_all_at(mark, offset).unwrap();
        let range = format!("bytes={offset}-{}", offset + 7);
        let answer = gate.get(&file, &[("range", &range)]).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(answer.body, mark.as_slice());
        assert_eq!(
            answer.header("content-range"),
            format!("bytes {offset}-{}/{SIZE}", offset + 7)
        );
    }
    let both = gate
        .get(&file, &[("range", "bytes=2147483648-2147483649,-8")])
        .await;
    assert!(both.text().contains("tw\r\n--") && both.text().contains("thelast8\r\n--"));
    let head = gate
        .request(Method::HEAD, &file.path, &gate.with_credential(&[]))
        .await;
    assert_eq!(head.header("content-length"), SIZE.to_string());
}
