//! What the server may do as a database user who owns nothing. R180, R196.

use domain::access_log::actions;
use domain::rights;
use domain::testing::{given_account, given_backend};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgPool};

/// A pool of connections that are somebody with these rights and no others, and his name.
async fn given_server(db: &PgPool) -> (PgPool, String) {
    let name: String = sqlx::query_scalar("select 'server_of_' || current_database()")
        .fetch_one(db)
        .await
        .unwrap();
    let quoted = format!("\"{name}\"");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create role {quoted} login")))
        .execute(db)
        .await
        .unwrap();
    let mut owner = db.acquire().await.unwrap();
    // Twice, as at every start.
    rights::grant(&mut owner, &name).await.unwrap();
    rights::grant(&mut owner, &name).await.unwrap();
    let options = (*db.connect_options()).clone().username(&name);
    let server = PgPoolOptions::new().connect_with(options).await.unwrap();
    (server, quoted)
}

async fn remove(db: &PgPool, server: PgPool, name: &str) {
    server.close().await;
    let statement = format!("drop owned by {name}; drop role {name}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(db)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_server_adds_to_its_logs_and_can_do_no_more_with_them(db: PgPool) {
    let (server, name) = given_server(&db).await;
    let folder = tempfile::tempdir().unwrap();
    // Everything that a server does: an account with its audit, rows of the log, months, background work.
    let backend = given_backend(server.clone(), folder.path());
    backend.check_master_key().await.unwrap().unwrap();
    let owner = given_account(&backend, "acme").await;
    actions::make_months(&backend).await.unwrap();
    let row = super::access_log::attempt(Some(owner.account), backend.clock.now());
    backend.access_log.record(row);
    backend.access_log.flush(&server).await.unwrap();
    let findings = actions::verify(&backend, vec![]).await.unwrap();
    assert!(
        findings.len() == 1 && findings[0].broken.is_none(),
        "{findings:?}"
    );

    let month = backend.clock.now().format("access_log_%Y_%m").to_string();
    for statement in [
        "update access_log set status = 200".to_owned(),
        "delete from access_log".to_owned(),
        "truncate access_log".to_owned(),
        format!("delete from {month}"),
        format!("drop table {month}"),
        format!("alter table access_log detach partition {month}"),
        "alter table access_log disable trigger all".to_owned(),
        "drop trigger access_log_is_only_added_to on access_log".to_owned(),
        "set session_replication_role = replica".to_owned(),
        "delete from access_log_heads".to_owned(),
        "update audit_events set event = 'x'".to_owned(),
        "delete from audit_events".to_owned(),
        "create table mine (id int)".to_owned(),
        "alter table members add column hidden text".to_owned(),
        "delete from _sqlx_migrations".to_owned(),
        "create role mine".to_owned(),
    ] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))
            .execute(&server)
            .await
            .expect_err(&statement);
        let code = refused
            .as_database_error()
            .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        // SQLSTATE insufficient_privilege.
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
    }
    server.acquire().await.unwrap().ping().await.unwrap();
    remove(&db, server, &name).await;
}
