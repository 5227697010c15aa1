//! Requests that look like those of HTTP/1.1, and when nobody has asked for anything for long enough.

use super::*;

fn seen(uri: &str, headers: &[(&str, &str)]) -> (String, Vec<String>, Vec<String>) {
    let mut request = http::Request::builder().uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = as_in_http1(request.body(()).unwrap());
    let all = |name| {
        let values = request.headers().get_all(name).iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    };
    (request.uri().to_string(), all(HOST), all(COOKIE))
}

/// R122.
#[test]
fn a_request_has_one_host_a_path_and_one_line_of_cookies() {
    let (target, hosts, cookies) = seen(
        "https://rec.example.com/files/a?b=c",
        &[("cookie", "a=1"), ("cookie", "b=2; c=3")],
    );
    assert_eq!(target, "/files/a?b=c");
    assert_eq!(hosts, ["rec.example.com"]);
    assert_eq!(cookies, ["a=1; b=2; c=3"]);
    let (_, hosts, cookies) = seen("https://a.example/", &[("host", "a.example")]);
    assert_eq!((hosts.len(), cookies.len()), (1, 0), "said twice alike");
    let (_, hosts, _) = seen("https://a.example/", &[("host", "b.example")]);
    assert_eq!(hosts, ["b.example", "a.example"], "left to be refused");
    let (target, hosts, _) = seen("/x", &[("host", "b.example")]);
    assert_eq!((target.as_str(), hosts.len()), ("/x", 1), "no authority");
}

/// R112: of a connection that only stands there, and not of one with a long download.
#[tokio::test(start_paused = true)]
async fn a_connection_is_idle_when_nothing_has_run_for_so_long() {
    const LIMIT: Duration = Duration::from_secs(10);
    let activity = Arc::new(Activity::default());
    let began = tokio::time::Instant::now();
    let download = Running::begin(&activity).until_the_end_of(Response::new(Body::from("x")));
    let short = Running::begin(&activity);
    let others = async {
        tokio::time::sleep(LIMIT / 2).await;
        drop(short);
        tokio::time::sleep(LIMIT * 10).await;
        drop(download);
        tokio::time::sleep(LIMIT / 2).await;
        drop(Running::begin(&activity));
    };
    tokio::join!(activity.is_idle_for(LIMIT), others);
    let idle_after = began.elapsed();
    assert!(
        idle_after >= LIMIT * 12 && idle_after <= LIMIT * 13,
        "after the last request, not after the first: {idle_after:?}"
    );
}
