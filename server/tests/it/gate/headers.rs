//! What is said about a file beside its bytes: R100 to R102, R104, R105, R107.

use super::*;

/// R100, R101, R102.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn whole_and_part_say_the_same_to_caches(db: PgPool) {
    let gate = Gate::new(db).await;
    let file = gate.recording().await;
    let gzip = ("accept-encoding", "gzip, br, zstd");
    let whole = gate.get(&file, &[gzip]).await;
    assert_eq!(
        whole.header("cache-control"),
        "private, no-cache, no-transform"
    );
    assert_eq!(whole.header("vary"), "Authorization, Cookie");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("content-encoding"), "");
    assert_eq!(whole.header("content-length"), "36");
    let part = gate.get(&file, &[gzip, ("range", "bytes=1-2")]).await;
    for name in [
        "cache-control",
        "vary",
        "etag",
        "last-modified",
        "accept-ranges",
        "x-content-type-options",
        "content-disposition",
    ] {
        assert_eq!(part.header(name), whole.header(name), "{name}");
    }
}

/// R104 and R105.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_known_types_are_shown(db: PgPool) {
    let gate = Gate::new(db).await;
    for (name, stored, sent, disposition) in [
        ("a.mp4", "video/mp4", "video/mp4", "inline"),
        ("a.webm", "video/webm", "video/webm", "inline"),
        (
            "chat.json",
            "application/json",
            "application/json",
            "inline",
        ),
        ("a.txt", "text/plain", "text/plain; charset=utf-8", "inline"),
        (
            "a.html",
            "text/html",
            "application/octet-stream",
            "attachment",
        ),
        (
            "a.svg",
            "image/svg+xml",
            "application/octet-stream",
            "attachment",
        ),
        (
            "a.pdf",
            "application/pdf",
            "application/octet-stream",
            "attachment",
        ),
        (
            "a",
            "no type at all",
            "application/octet-stream",
            "attachment",
        ),
    ] {
        let file = gate
            .file(&gate.owner, name, stored, b"<script>alert(1)</script>")
            .await;
        let answer = gate.get(&file, &[]).await;
        assert_eq!(answer.header("content-type"), sent, "{stored}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let expected = format!("{disposition}; filename=\"{name}\"; filename*=UTF-8''{name}");
        assert_eq!(answer.header("content-disposition"), expected);
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("script-src"),
            "{policy}"
        );
        assert_eq!(
            policy.contains("sandbox"),
            disposition == "attachment",
            "{stored}"
        );
        let saved = gate.get_at(&format!("{}?download", file.path), &[]).await;
        assert!(
            saved
                .header("content-disposition")
                .starts_with("attachment; ")
        );
    }
}

/// R107.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn odd_names_are_reached_and_told_safely(db: PgPool) {
    let gate = Gate::new(db).await;
    let long = format!("{}.mp4", "ñ".repeat(148));
    for name in [
        "señal \"1\".mp4",
        "100%.mp4",
        "a+b&c=d?e#f.mp4",
        "🦀.mp4",
        "..",
        ".hidden",
        "a;b.mp4",
        "back\\slash.mp4",
        &long,
    ] {
        let file = gate.file(&gate.owner, name, "video/mp4", BYTES).await;
        let answer = gate.get(&file, &[]).await;
        assert_eq!(
            (answer.status, &answer.body[..]),
            (StatusCode::OK, BYTES),
            "{name}"
        );
        let header = answer.header("content-disposition");
        assert!(
            header.starts_with("inline; filename=\"") && header.contains("; filename*=UTF-8''"),
            "{header}"
        );
        assert!(
            !header.contains('\\') && !header.contains("=\"."),
            "{header}"
        );
    }
}
