//! Keys of service accounts, made and ended by programs.

use serde_json::json;

use super::*;

/// A key as `CreateKey` gives it.
fn made_key(made: &Value) -> MadeKey {
    let result = &made["result"];
    let text = |name: &str| result[name].as_str().unwrap().to_owned();
    MadeKey {
        service_account: domain::service_accounts::ServiceAccountId::from_uuid(uuid::Uuid::nil()),
        name: String::new(),
        key: text("key_id").parse().unwrap(),
        account_email: text("account_email"),
        account_number: result["account_id"].as_i64().unwrap(),
        private_key: domain::Secret::new(text("private_key")),
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_key_is_made_used_listed_and_deleted(db: PgPool) {
    let platform = Platform::new(db).await;
    let made = platform
        .done(
            "CreateKey",
            &[
                ("key_name", "nightly"),
                ("role_name", "support"),
                ("description", "The export"),
            ],
        )
        .await;
    let key = made_key(&made);
    assert_eq!(key.account_email, "owner@acme.example");
    assert_eq!(key.account_number, platform.key.account_number);
    assert_eq!(made["result"].as_object().unwrap().len(), 4);

    let bearer = platform.bearer(&key);
    let answer = platform
        .send(Form::Query, Some(&bearer), "GetApplications", &[])
        .await;
    assert_eq!(code(&json(&answer)), 0);

    let id = key.key.to_string();
    let listed = platform
        .done("GetKeys", &[("key_id", &id), ("with_roles", "true")])
        .await;
    assert_eq!(
        listed["result"],
        json!([{
            "key_id": id,
            "key_name": "nightly",
            "description": "nightly",
            "roles": [{ "role_id": 3, "role_name": "Support", "inherited": false, "gui_only": false }],
        }])
    );
    let all = platform
        .done("GetKeys", &[("count", "1"), ("offset", "1")])
        .await;
    assert_eq!((&all["count"], &all["total_count"]), (&json!(1), &json!(2)));
    assert!(all["result"][0].get("roles").is_none());
    assert!(!all.to_string().contains("PRIVATE"));

    platform.done("DeleteKey", &[("key_id", &id)]).await;
    let answer = platform
        .send(Form::Query, Some(&bearer), "GetApplications", &[])
        .await;
    assert_eq!(code(&json(&answer)), 100, "at once");
    assert_eq!(
        platform.refused("DeleteKey", &[("key_id", &id)]).await,
        9001
    );
    assert_eq!(platform.done("GetKeys", &[]).await["total_count"], 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_key_without_a_role_has_none(db: PgPool) {
    let platform = Platform::new(db).await;
    let made = platform
        .done("CreateKey", &[("description", "player")])
        .await;
    let key = made_key(&made);
    let id = key.key.to_string();
    let listed = platform
        .done("GetKeys", &[("key_id", &id), ("with_roles", "1")])
        .await;
    assert_eq!(
        (
            &listed["result"][0]["roles"],
            &listed["result"][0]["key_name"]
        ),
        (&json!([]), &json!("player"))
    );
    let bearer = platform.bearer(&key);
    let answer = platform
        .send(Form::Query, Some(&bearer), "GetApplications", &[])
        .await;
    assert_eq!(code(&json(&answer)), 104);
    let long = "x".repeat(51);
    assert_eq!(
        platform.refused("CreateKey", &[("key_name", &long)]).await,
        101
    );
}

/// Of two keys of a service account one ends, and the other lives on.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn deleting_one_of_two_keys_leaves_the_other(db: PgPool) {
    let platform = Platform::new(db).await;
    let first = platform.key(Some(Role::Support)).await;
    let owner = actor(&platform.owner);
    let second = domain::service_accounts::actions::rotate(
        platform.backend(),
        &owner,
        first.service_account,
        domain::credentials::Grace::Hour,
    )
    .await
    .unwrap();
    platform
        .done("DeleteKey", &[("key_id", &first.key.to_string())])
        .await;
    for (key, expected) in [(&first, 100), (&second, 0)] {
        let bearer = platform.bearer(key);
        let answer = platform
            .send(Form::Query, Some(&bearer), "GetApplications", &[])
            .await;
        assert_eq!(code(&json(&answer)), expected);
    }
}
