//! Forms: what clients send, well and badly.

use super::*;

async fn raw(platform: &Platform, path: &str, kind: Option<&str>, body: impl Into<Body>) -> Value {
    let mut request = platform
        .app
        .request(Method::POST, path)
        .header(AUTHORIZATION, platform.bearer(&platform.key));
    if let Some(kind) = kind {
        request = request.header(CONTENT_TYPE, kind);
    }
    json(&platform.app.send(request.body(body.into()).unwrap()).await)
}

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const PARTS: Option<&str> = Some("multipart/form-data; boundary=----XyZ");

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn query_and_body_are_one_in_any_order_and_form(db: PgPool) {
    let platform = Platform::new(db).await;
    let both =
        "------XyZ\r\nContent-Disposition: form-data; name=\"count\"\r\n\r\n5\r\n------XyZ--\r\n";
    for (path, kind, body) in [
        ("/platform_api?cmd=GetApplications", FORM, ""),
        ("/platform_api/?cmd=GetApplications", None, ""),
        ("/platform_api", FORM, "count=5&cmd=GetApplications"),
        ("/platform_api", None, "cmd=GetApplications&count=5"),
        ("/platform_api/GetApplications", FORM, ""),
        (
            "/platform_api/GetApplications/?count=5",
            FORM,
            "count=5&offset=0",
        ),
        ("/platform_api/GetApplications", FORM, "cmd=GetApplications"),
        ("/platform_api?cmd=GetApplications", PARTS, both),
        (
            "/platform_api/GetApplications?offset=0",
            Some("Multipart/Form-Data; boundary=----XyZ"),
            both,
        ),
    ] {
        let answer = raw(&platform, path, kind, body).await;
        assert_eq!(answer["total_count"], 1, "{path} {body}: {answer}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_cannot_be_read_is_told_and_never_a_500(db: PgPool) {
    let platform = Platform::new(db).await;
    let get = "/platform_api/GetApplications";
    let many: String = (0..51).map(|n| format!("x{n}=1&")).collect();
    let many_parts: Vec<(String, String)> =
        (0..51).map(|n| (format!("x{n}"), "1".to_owned())).collect();
    let many_parts: Vec<Pair<'_>> = many_parts
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let many_parts = multipart(&many_parts);
    let long = format!("application_name={}", "a".repeat(300_000));
    let history = "/platform_api/GetCallHistory";
    for (path, kind, body, expected) in [
        ("/platform_api", FORM, "count=5", 102),
        ("/platform_api", FORM, "cmd=", 102),
        ("/platform_api", FORM, "cmd=AddUser", 103),
        ("/platform_api/getapplications", FORM, "", 103),
        ("/platform_api/%00", FORM, "", -1),
        (get, FORM, "cmd=GetKeys", 101),
        (get, FORM, "colour=red", 101),
        (get, FORM, "count=1&count=2", 101),
        (
            "/platform_api/GetApplications?count=1",
            FORM,
            "count=2",
            101,
        ),
        (get, FORM, "count=many", 101),
        (get, FORM, "count=-1", 101),
        (get, FORM, "count=1001", 101),
        (get, FORM, "with_rules=yes", 101),
        (get, FORM, "application_name=%00", 101),
        (get, FORM, many.as_str(), 9006),
        (get, PARTS, many_parts.as_str(), 9006),
        (get, FORM, long.as_str(), 9006),
        (get, PARTS, "nonsense", 101),
        (
            get,
            PARTS,
            "------XyZ\r\nContent-Disposition: form-data\r\n\r\n1\r\n------XyZ--\r\n",
            101,
        ),
        (
            get,
            PARTS,
            "------XyZ\r\nContent-Disposition: form-data; name=\"count\"\r\n\r\n1",
            101,
        ),
        (get, Some("multipart/form-data"), "x", 101),
        (get, Some("application/json"), "{}", 101),
        (history, FORM, "", 101),
        (history, FORM, "from_date=2026-01-01 00:00:00", 101),
        (
            history,
            FORM,
            "from_date=yesterday&to_date=2026-01-01 00:00:00",
            111,
        ),
        (
            history,
            FORM,
            "from_date=2026-01-01&to_date=2026-01-02",
            111,
        ),
        (
            history,
            FORM,
            "from_date=2026-01-02 00:00:00&to_date=2026-01-01 00:00:00",
            101,
        ),
        (
            history,
            FORM,
            "from_date=9999-12-31 23:59:59&to_date=9999-12-31 23:59:59",
            0,
        ),
        (
            history,
            FORM,
            "from_date=0000-01-01 00:00:00&to_date=0000-01-01 00:00:00",
            0,
        ),
        (history, FORM, "timezone=Mars/Base", 101),
        (history, FORM, "user_id=1", 101),
        ("/platform_api/AddApplication", FORM, "", 101),
        (
            "/platform_api/AddApplication",
            FORM,
            "application_name=Care",
            107,
        ),
        ("/platform_api/SetApplicationInfo", FORM, "", 101),
        (
            "/platform_api/SetApplicationInfo",
            FORM,
            "application_id=1&required_application_name=a",
            101,
        ),
        ("/platform_api/DelApplication", FORM, "", 101),
        (
            "/platform_api/DelApplication",
            FORM,
            "application_id=1,2",
            101,
        ),
        ("/platform_api/DeleteRecord", FORM, "", 101),
        (
            "/platform_api/DeleteRecord",
            FORM,
            "record_id=9999999999999999999999",
            101,
        ),
        (
            "/platform_api/DeleteRecord",
            FORM,
            "record_id=9223372036854775807",
            9001,
        ),
        (
            "/platform_api/DeleteRecord",
            FORM,
            "record_url=http://elsewhere.example/files/1/2/3",
            9001,
        ),
        ("/platform_api/CreateKey", FORM, "role_name=Accountant", 101),
        ("/platform_api/CreateKey", FORM, "role_id=1;2", 101),
        ("/platform_api/DeleteKey", FORM, "", 101),
        ("/platform_api/DeleteKey", FORM, "key_id=../../x", 9001),
    ] {
        if expected == -1 {
            // Not even a path.
            let request = platform.app.request(Method::POST, path);
            let answer = platform
                .app
                .send(request.body(Body::empty()).unwrap())
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            continue;
        }
        let answer = raw(&platform, path, kind, body.to_owned()).await;
        let shown = &body[..body.len().min(60)];
        assert_eq!(code(&answer), expected, "{path} {shown}: {answer}");
    }
    let bad = raw(
        &platform,
        get,
        PARTS,
        [
            &multipart(&[("count", "1")]).as_bytes()[..60],
            b"\xff\r\n------XyZ--\r\n",
        ]
        .concat(),
    )
    .await;
    assert_eq!(code(&bad), 101, "{bad}");
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn other_methods_are_told_which_there_are(db: PgPool) {
    let platform = Platform::new(db).await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD] {
        let request = platform
            .app
            .request(method.clone(), "/platform_api/GetKeys")
            .header(AUTHORIZATION, platform.bearer(&platform.key));
        let answer = platform
            .app
            .send(request.body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, POST"));
    }
}

/// R119: only POST may come in pieces, and then nothing follows on the connection.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_form_of_unknown_length_ends_the_connection(db: PgPool) {
    let platform = Platform::new(db).await;
    let bearer = platform.bearer(&platform.key);
    let answer = platform
        .send(Form::Multipart, Some(&bearer), "GetApplications", &[])
        .await;
    assert_eq!(json(&answer)["total_count"], 1);
    assert_eq!(answer.header("connection"), Some("close"));
    let request = platform
        .app
        .request(Method::GET, "/platform_api/GetKeys")
        .header(TRANSFER_ENCODING, "chunked");
    let answer = platform
        .app
        .send(request.body(Body::empty()).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
