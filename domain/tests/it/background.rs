//! Background work: due or not, one at a time, and again after a failure.

use std::time::Duration;

use chrono::TimeDelta;
use domain::background::{Job, More, Turn, take_turn};
use domain::testing::given_backend;
use domain::{Clock, Error};
use sqlx::PgPool;

/// Counts its turns in the database, so that every process sees them.
const COUNTING: Job = Job {
    name: "count",
    every: Duration::from_hours(1),
    woken_by: None,
    work: |backend| {
        Box::pin(async {
            sqlx::query("insert into turns default values")
                .execute(&backend.db)
                .await
                .map_err(Error::from)?;
            Ok(More::Later)
        })
    },
};

async fn turns(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from turns")
        .fetch_one(db)
        .await
        .unwrap()
}

async fn given_turns(db: &PgPool) {
    sqlx::query("create table turns (at timestamptz default now())")
        .execute(db)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn work_is_done_once_and_again_when_it_is_due(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    given_turns(&db).await;
    assert_eq!(
        take_turn(&backend, &COUNTING).await.unwrap(),
        Turn::Done(More::Later)
    );
    assert_eq!(take_turn(&backend, &COUNTING).await.unwrap(), Turn::NotNow);
    backend.clock = Clock::fixed(backend.clock.now() + TimeDelta::hours(1));
    assert_eq!(
        take_turn(&backend, &COUNTING).await.unwrap(),
        Turn::Done(More::Later)
    );
    assert_eq!(turns(&db).await, 2);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn processes_that_ask_at_once_do_it_once(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db.clone(), folder.path());
    given_turns(&db).await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let backend = backend.clone();
        asked.spawn(async move { take_turn(&backend, &COUNTING).await });
    }
    for turn in asked.join_all().await {
        turn.unwrap();
    }
    assert_eq!(turns(&db).await, 1);
}

/// The lock goes with the connection, as when the process is killed: nothing waits for a lease to run out.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_process_that_dies_at_work_lets_go_of_it(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    given_turns(&db).await;
    take_turn(&backend, &COUNTING).await.unwrap();
    backend.clock = Clock::fixed(backend.clock.now() + TimeDelta::hours(2));
    let mut dying = db.begin().await.unwrap();
    sqlx::query("select from background_work where name = 'count' for update")
        .execute(&mut *dying)
        .await
        .unwrap();
    assert_eq!(take_turn(&backend, &COUNTING).await.unwrap(), Turn::NotNow);
    dying.rollback().await.unwrap();
    assert_eq!(
        take_turn(&backend, &COUNTING).await.unwrap(),
        Turn::Done(More::Later)
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn work_that_fails_says_so_and_is_tried_again_soon(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = given_backend(db.clone(), folder.path());
    // Without its table the work fails.
    assert!(take_turn(&backend, &COUNTING).await.is_err());
    let failure: Option<String> = sqlx::query_scalar("select failure from background_work")
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(failure.is_some());
    given_turns(&db).await;
    assert_eq!(take_turn(&backend, &COUNTING).await.unwrap(), Turn::NotNow);
    backend.clock = Clock::fixed(backend.clock.now() + TimeDelta::minutes(1));
    assert_eq!(
        take_turn(&backend, &COUNTING).await.unwrap(),
        Turn::Done(More::Later)
    );
    assert_eq!(turns(&db).await, 1);
}
