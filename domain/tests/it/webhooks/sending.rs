//! Sending: signatures, the schedule, slow endpoints, processes that die.

use chrono::{DateTime, TimeDelta};
use domain::outbound::Outbound;
use domain::testing::mail_server::MailServer;
use domain::testing::receiver::{Receiver, Script, answer};
use domain::webhooks::delivery::send_due;
use domain::webhooks::signature::sign;
use domain::webhooks::{DeliveryState, DisabledCause, EventType, actions, log, schedule};
use domain::{PageRequest, Role, Secret};
use sqlx::PgPool;

use super::{Scene, types};

/// R155, R157, R160: as the official libraries verify it; the file `end2end/clients/test_webhooks.py` lets them.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_sent_is_signed(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    let (_, secret) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    scene.session("1").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    let received = receiver.take().pop().unwrap();
    assert_eq!(received.target, "POST /hook?k=1");
    assert_eq!(received.headers["content-type"], "application/json");
    let at = &received.headers["webhook-timestamp"];
    let at = DateTime::from_timestamp(at.parse().unwrap(), 0).unwrap();
    assert_eq!(at, scene.backend.clock.now());
    let body = String::from_utf8(received.body.clone()).unwrap();
    assert!(body.len() < 20_000 && !body.contains("whsec_"));
    let id = &received.headers["webhook-id"];
    assert_eq!(
        received.headers["webhook-signature"],
        sign(&[secret], id, at, &body)
    );
}

/// R156: for a day both secrets sign; the one before them never does.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_rotated_secret_signs_for_a_day_longer(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    let (id, first) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    let rotate = || actions::rotate(&scene.backend, &scene.who, scene.project, id);
    let second = rotate().await.unwrap();
    let sent = async |number: &str| {
        scene.session(number).await;
        send_due(&scene.backend).await.unwrap();
        let one = receiver.take().pop().unwrap();
        let at = one.headers["webhook-timestamp"].parse().unwrap();
        let at = DateTime::from_timestamp(at, 0).unwrap();
        let body = String::from_utf8(one.body.clone()).unwrap();
        let by = |secrets: &[Secret]| sign(secrets, &one.headers["webhook-id"], at, &body);
        (
            one.headers["webhook-signature"].clone(),
            by(&[second.clone(), first.clone()]),
            by(std::slice::from_ref(&second)),
        )
    };
    let (signature, both, _) = sent("1").await;
    assert_eq!(signature, both);
    scene
        .backend
        .clock
        .advance(actions::OVERLAP - TimeDelta::seconds(1));
    let (signature, both, _) = sent("2").await;
    assert_eq!(signature, both);
    scene.backend.clock.advance(TimeDelta::seconds(1));
    let (signature, _, one) = sent("3").await;
    assert_eq!(signature, one);
    let shown = actions::secret(&scene.backend, &scene.who, scene.project, id);
    assert_eq!(shown.await.unwrap(), second);
}

/// R157, R158: ten attempts with one id and the same bytes, each with its own timestamp; then it counts as failed, and
/// somebody may send it again.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_delivery_is_tried_ten_times_and_then_failed(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    receiver.script(answer(500, &[], "<b>broken</b>\0"));
    let (endpoint, _) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    scene.session("1").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    let pauses = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for seconds in pauses {
        let pause = TimeDelta::seconds(seconds);
        assert_eq!(
            scene.after(pause - TimeDelta::seconds(1)).await,
            0,
            "{seconds}"
        );
        // The jitter.
        assert_eq!(
            scene.after(pause / 10 + TimeDelta::seconds(1)).await,
            1,
            "{seconds}"
        );
    }
    assert_eq!(scene.after(TimeDelta::days(20)).await, 0);
    let received = receiver.take();
    assert_eq!(received.len(), 10);
    assert!(received.iter().all(|one| one.body == received[0].body));
    assert!(
        received
            .iter()
            .all(|one| one.headers["webhook-id"] == received[0].headers["webhook-id"])
    );
    let mut times: Vec<_> = received
        .iter()
        .map(|one| &one.headers["webhook-timestamp"])
        .collect();
    times.dedup();
    assert_eq!(times.len(), 10, "fresh ones");

    let who = scene.who;
    let request = PageRequest {
        cursor: None,
        size: 10,
    };
    let state = Some(DeliveryState::Failed);
    let page = log::list(
        &scene.backend,
        &who,
        scene.project,
        endpoint,
        state,
        &request,
    )
    .await
    .unwrap();
    assert_eq!(page.total, 1);
    let id = page.items[0].id;
    let detail = log::get(&scene.backend, &who, scene.project, id)
        .await
        .unwrap();
    assert_eq!(detail.attempts.len(), 10);
    assert_eq!(detail.attempts[0].status, Some(500));
    assert_eq!(detail.attempts[0].reply_body, "<b>broken</b>\u{FFFD}");
    assert_eq!(detail.body.as_bytes(), received[0].body);

    receiver.script(answer(204, &[], ""));
    log::send_again(&scene.backend, &who, scene.project, id)
        .await
        .unwrap();
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    let detail = log::get(&scene.backend, &who, scene.project, id)
        .await
        .unwrap();
    assert_eq!(
        (detail.summary.state, detail.attempts.len()),
        (DeliveryState::Delivered, 11)
    );
    assert_eq!(
        receiver.take()[0].headers["webhook-id"],
        received[0].headers["webhook-id"]
    );
    scene
        .backend
        .clock
        .advance(log::KEPT + TimeDelta::seconds(1));
    log::forget_old(&scene.backend).await.unwrap();
    assert!(
        log::get(&scene.backend, &who, scene.project, id)
            .await
            .is_err()
    );
}

/// R158: what an endpoint missed is sent again together, in its order; a test is nobody's loss.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_was_missed_is_sent_again_together(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    let (backend, who, project) = (&scene.backend, &scene.who, scene.project);
    let missed = || log::count_missed(backend, who, project, endpoint);
    let send = || log::send_missed(backend, who, project, endpoint);
    receiver.script(answer(500, &[], ""));
    log::send_test(backend, who, project, endpoint)
        .await
        .unwrap();
    for number in ["1", "2"] {
        scene.session(number).await;
    }
    assert_eq!(send().await.unwrap(), 0, "nothing was given up yet");
    // Ten attempts, in whatever time the schedule takes.
    for _ in 0..200 {
        scene.after(TimeDelta::hours(1)).await;
    }
    assert_eq!(missed().await.unwrap(), 2);
    actions::set_enabled(backend, who, project, endpoint, false)
        .await
        .unwrap();
    assert!(matches!(send().await, Err(domain::Error::Conflict(_))));
    actions::set_enabled(backend, who, project, endpoint, true)
        .await
        .unwrap();

    receiver.take();
    receiver.script(answer(204, &[], ""));
    assert_eq!(send().await.unwrap(), 2);
    assert_eq!(missed().await.unwrap(), 0);
    let mut sent = 0;
    while sent < 2 {
        let now = scene.after(TimeDelta::seconds(1)).await;
        assert_ne!(now, 0, "{sent} of 2 are due");
        sent += now;
    }
    assert_eq!(receiver.take().len(), 2);
    let request = PageRequest {
        cursor: None,
        size: 10,
    };
    let state = Some(DeliveryState::Failed);
    let failed = log::list(backend, who, project, endpoint, state, &request)
        .await
        .unwrap();
    assert_eq!(failed.total, 1, "the test");
}

/// R158: redirects and unanswered calls are failures; an answer may ask for patience.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_2xx_is_success_and_patience_is_kept(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::new(db, folder.path()).await;
    let short = std::time::Duration::from_millis(200);
    scene.backend.outbound = scene.backend.outbound.clone().with_patience(short, short);
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    let elsewhere = format!("Location: {}", receiver.url("/elsewhere"));
    for (name, script) in [
        ("301", answer(301, &[&elsewhere], "")),
        ("307", answer(307, &[&elsewhere], "")),
        ("404", answer(404, &[], "")),
        ("no answer", Script::Silence),
        ("no HTTP", Script::Raw(b"hello\r\n".to_vec())),
    ] {
        receiver.script(script);
        scene.session(name).await;
        assert_eq!(scene.after(TimeDelta::zero()).await, 1, "{name}");
        let came = receiver.take();
        assert_eq!(came.len(), 1, "{name}");
        assert_eq!(came[0].target, "POST /hook?k=1");
        receiver.script(answer(200, &[], ""));
        assert_eq!(
            scene.after(TimeDelta::seconds(6)).await,
            1,
            "{name} is tried again"
        );
        assert_eq!(
            scene.after(TimeDelta::days(1)).await,
            0,
            "{name} came through"
        );
        receiver.take();
    }
    receiver.script(answer(429, &["Retry-After: 120"], ""));
    scene.session("busy").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    assert_eq!(scene.after(TimeDelta::seconds(119)).await, 0);
    assert_eq!(scene.after(TimeDelta::seconds(2)).await, 1);
}

/// R158: 410 turns an endpoint off, and whoever manages webhooks is told by mail.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_endpoint_that_is_gone_is_turned_off(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::new(db.clone(), folder.path()).await;
    let mails = MailServer::start().await;
    for (role, name) in [(Role::Developer, "dev"), (Role::Supervisor, "sup")] {
        domain::testing::given_member(&scene.backend, &scene.owner, role, name).await;
    }
    scene.backend.post = mails.post();
    let receiver = Receiver::start().await;
    let (id, _) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    receiver.script(answer(410, &[], "go away"));
    scene.session("1").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    scene.session("2").await;
    assert_eq!(scene.after(TimeDelta::days(1)).await, 0);
    let get = || actions::get(&scene.backend, &scene.who, scene.project, id);
    let endpoint = get().await.unwrap();
    assert_eq!(endpoint.disabled.unwrap().1, DisabledCause::Gone);
    while domain::mail::outbox::send_next(&scene.backend)
        .await
        .unwrap()
        == domain::background::More::Now
    {}
    let letters = mails.take();
    assert_eq!(letters.len(), 2, "the owner and the developer");
    assert!(
        letters
            .iter()
            .all(|letter| letter.contains("was turned off") && !letter.contains("k=3D1"))
    );

    let again = log::send_test(&scene.backend, &scene.who, scene.project, id).await;
    assert!(matches!(again, Err(domain::Error::Conflict(_))));
    actions::set_enabled(&scene.backend, &scene.who, scene.project, id, true)
        .await
        .unwrap();
    assert!(get().await.unwrap().disabled.is_none());
    receiver.script(answer(200, &[], ""));
    scene.session("3").await;
    assert_eq!(
        scene.after(TimeDelta::zero()).await,
        1,
        "what happened while it was off is not told"
    );
}

/// R165: five days of nothing but failure.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_endpoint_that_fails_for_days_is_turned_off(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    let (id, _) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    let cause = async || {
        let get = actions::get(&scene.backend, &scene.who, scene.project, id);
        get.await.unwrap().disabled.map(|(_, cause)| cause)
    };
    receiver.script(answer(503, &[], ""));
    scene.session("1").await;
    scene.after(TimeDelta::zero()).await;
    // One that comes through begins the five days anew.
    receiver.script(answer(200, &[], ""));
    scene.after(TimeDelta::days(4)).await;
    receiver.script(answer(503, &[], ""));
    scene.session("2").await;
    scene.after(TimeDelta::days(2)).await;
    assert_eq!(cause().await, None);
    scene.session("3").await;
    scene
        .after(schedule::GIVE_UP_AFTER - TimeDelta::seconds(1))
        .await;
    assert_eq!(cause().await, None);
    // A failing endpoint is spoken to one at a time: the next is due now.
    scene.after(TimeDelta::seconds(1)).await;
    assert_eq!(cause().await, Some(DisabledCause::Failing));
}

/// R165: an endpoint that does not answer holds a few places, and the others go on.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_slow_endpoint_does_not_delay_another(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.script(Script::Silence);
    scene.endpoint(&slow, &[EventType::SessionEnded]).await;
    for number in 0..300 {
        scene.session(&format!("slow {number}")).await;
    }
    scene.endpoint(&quick, &[EventType::FileReady]).await;
    let session = scene.session("last").await;
    scene.file(session, "live.mp4").await;
    let worker = tokio::spawn(domain::webhooks::delivery::work(scene.backend.clone()));
    quick.wait_for(1).await;
    slow.wait_for(8).await;
    assert_eq!(types(&quick.take()), ["file.ready"]);
    assert_eq!(
        slow.take().len(),
        8,
        "as many as one endpoint may have at once"
    );
    worker.abort();
}

/// R159: what a dead process had in its hands is sent by another one when the lease is over, and not before.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_lease_of_a_dead_process_runs_out(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    receiver.script(Script::Silence);
    scene.session("1").await;
    let backend = scene.backend.clone();
    let dying = tokio::spawn(async move { send_due(&backend).await });
    receiver.wait_for(1).await;
    assert_eq!(
        scene.after(TimeDelta::zero()).await,
        0,
        "another process leaves it alone"
    );
    dying.abort();
    assert!(dying.await.is_err());
    receiver.script(answer(200, &[], ""));
    assert_eq!(scene.after(TimeDelta::seconds(29)).await, 0);
    assert_eq!(scene.after(TimeDelta::seconds(1)).await, 1);
    let came = receiver.take();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0].headers["webhook-id"], came[1].headers["webhook-id"]);
    assert_eq!(scene.after(TimeDelta::days(1)).await, 0);
}

/// R161: the operator's networks count when it is sent, whatever they were when the endpoint was added.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_private_address_is_not_called(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    let (id, _) = scene.endpoint(&receiver, &[EventType::SessionEnded]).await;
    scene.backend.outbound = Outbound::default();
    scene.session("1").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    assert!(receiver.take().is_empty());
    let endpoint = actions::get(&scene.backend, &scene.who, scene.project, id);
    let last = endpoint.await.unwrap().last.unwrap();
    assert_eq!(last.state, DeliveryState::Waiting);
    assert!(last.last_error.unwrap().contains("private network"));
}

/// R191: a copy of an installation must not speak to anybody by itself, nor sign with what was replaced.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_restored_database_sends_nothing_that_waited(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(db, folder.path()).await;
    let receiver = Receiver::start().await;
    receiver.script(answer(500, &[], ""));
    let events = [EventType::SessionEnded, EventType::SessionReady];
    let (id, _) = scene.endpoint(&receiver, &events).await;
    actions::rotate(&scene.backend, &scene.who, scene.project, id)
        .await
        .unwrap();
    scene.session("tried").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
    scene.session("written").await;
    domain::backups::begin_epoch(&scene.backend).await.unwrap();
    assert_eq!(scene.after(TimeDelta::days(1)).await, 0);
    let endpoint = actions::get(&scene.backend, &scene.who, scene.project, id)
        .await
        .unwrap();
    assert_eq!(endpoint.last.unwrap().state, DeliveryState::Failed);
    assert_eq!(endpoint.former_secret_until, None);
    scene.session("new").await;
    assert_eq!(scene.after(TimeDelta::zero()).await, 1);
}
