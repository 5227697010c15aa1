//! Brings the schema to `template1`, of which PostgreSQL makes every new database: a test's database is then copied,
//! which is quicker than to migrate it.

use domain::MIGRATOR;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

#[tokio::test]
#[ignore = "no test: scripts/unit runs it once, before all others"]
async fn databases_begin_with_the_schema() {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names the cluster of the tests");
    let options: PgConnectOptions = url.parse().unwrap();
    let mut template = PgConnection::connect_with(&options.database("template1"))
        .await
        .unwrap();
    MIGRATOR.run(&mut template).await.unwrap();
    // Nobody may be connected to it while it is copied.
    template.close().await.unwrap();
}
