//! Applications: made, renamed, secured, listed, archived.

use domain::projects::{actions as projects, policies};
use serde_json::json;

use super::*;

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_application_is_made_changed_and_archived(db: PgPool) {
    let platform = Platform::new(db).await;
    let made = platform
        .done(
            "AddApplication",
            &[
                ("application_name", "sales"),
                ("secure_record_storage", "True"),
            ],
        )
        .await;
    let number = made["application_id"].as_i64().unwrap();
    assert_eq!(
        made,
        json!({
            "result": 1,
            "application_id": number,
            "application_name": "sales.acme.127.0.0.1",
            "secure_record_storage": true,
        })
    );
    let id = number.to_string();
    // By each of its names, and open.
    for (name, value) in [
        ("required_application_name", "sales"),
        ("required_application_name", "sales.acme.127.0.0.1"),
        ("application_id", id.as_str()),
    ] {
        for (secure, is_secure) in [("0", false), ("TRUE", true)] {
            let set = platform
                .done(
                    "SetApplicationInfo",
                    &[(name, value), ("secure_record_storage", secure)],
                )
                .await;
            assert_eq!(
                set,
                json!({
                    "result": 1,
                    "application_name": "sales.acme.127.0.0.1",
                    "secure_record_storage": is_secure,
                })
            );
        }
    }
    let set = platform
        .done(
            "SetApplicationInfo",
            &[("application_id", &id), ("application_name", "sales-2")],
        )
        .await;
    assert_eq!(set["application_name"], "sales-2.acme.127.0.0.1");
    // The product's own words for a name that is there.
    let again = platform
        .ask("AddApplication", &[("application_name", "sales-2")])
        .await;
    assert_eq!(code(&again), 107);
    assert!(
        again["error"]["msg"]
            .as_str()
            .unwrap()
            .contains("has a project of this name")
    );

    platform
        .done("DelApplication", &[("application_id", &id)])
        .await;
    let listed = platform
        .done("GetApplications", &[("application_id", &id)])
        .await;
    assert_eq!(
        (&listed["total_count"], &listed["count"]),
        (&json!(0), &json!(0))
    );
    let all = projects::list(platform.backend(), &actor(&platform.owner))
        .await
        .unwrap();
    assert!(
        all.iter()
            .any(|project| project.name == "sales-2" && project.is_archived)
    );
    // What is archived is not there any more; that is told before anything is archived.
    for (method, name) in [
        ("DelApplication", "application_name"),
        ("SetApplicationInfo", "required_application_name"),
    ] {
        let refused = platform.refused(method, &[(name, "sales-2")]).await;
        assert_eq!(refused, 9001, "{method}");
    }
    assert_eq!(
        platform
            .refused(
                "DelApplication",
                &[("application_name", "care-team-1;none")]
            )
            .await,
        9001
    );
    assert_eq!(platform.done("GetApplications", &[]).await["count"], 1);
    platform
        .done("DelApplication", &[("application_id", "all")])
        .await;
    assert_eq!(platform.done("GetApplications", &[]).await["count"], 0);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_new_application_is_secure_unless_it_is_said_otherwise(db: PgPool) {
    let platform = Platform::new(db).await;
    for (name, pairs, is_secure) in [
        ("one", vec![], true),
        ("two", vec![("secure_record_storage", "true")], true),
        ("three", vec![("secure_record_storage", "False")], false),
    ] {
        let pairs: Vec<Pair<'_>> = pairs
            .into_iter()
            .chain([("application_name", name)])
            .collect();
        let made = platform.done("AddApplication", &pairs).await;
        assert_eq!(made["secure_record_storage"], is_secure, "{name}");
    }
}

/// Secure mode is changed, and nothing else: the window stays as it was set.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_public_window_stays(db: PgPool) {
    let platform = Platform::new(db).await;
    let owner = actor(&platform.owner);
    policies::set_access(platform.backend(), &owner, platform.project, true, 5)
        .await
        .unwrap();
    let id = platform.application().await.to_string();
    platform
        .done(
            "SetApplicationInfo",
            &[("application_id", &id), ("secure_record_storage", "0")],
        )
        .await;
    let project = projects::get(platform.backend(), &owner, platform.project)
        .await
        .unwrap();
    assert_eq!(
        (project.policy.is_secure, project.policy.public_hours),
        (false, 5)
    );
}

/// Projects of the portal have names of people; here each has one of the documented form.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn projects_of_the_portal_have_short_names(db: PgPool) {
    let platform = Platform::new(db).await;
    let number = platform.application().await;
    let listed = platform
        .done(
            "GetApplications",
            &[("with_rules", "true"), ("with_scenarios", "1")],
        )
        .await;
    let one = &listed["result"][0];
    assert_eq!(
        one["application_name"],
        format!("care-team-{number}.acme.127.0.0.1")
    );
    assert_eq!((&one["rules"], &one["scenarios"]), (&json!([]), &json!([])));
    assert_eq!(one["modified"].as_str().unwrap().len(), 19);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_list_is_cut_by_count_and_offset(db: PgPool) {
    let platform = Platform::new(db).await;
    for name in ["aa", "bb", "cc"] {
        platform
            .done("AddApplication", &[("application_name", name)])
            .await;
    }
    let part = platform
        .done("GetApplications", &[("count", "2"), ("offset", "1")])
        .await;
    let names: Vec<_> = part["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["application_name"].clone())
        .collect();
    assert_eq!(names, ["aa.acme.127.0.0.1", "bb.acme.127.0.0.1"]);
    assert_eq!(
        (&part["total_count"], &part["count"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(
        platform.done("GetApplications", &[("count", "0")]).await["count"],
        0
    );
}

/// A name that is listed means the project that it is listed with, or nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_name_means_what_it_is_listed_with(db: PgPool) {
    let platform = Platform::new(db).await;
    let number = platform.application().await;
    let name = format!("care-team-{number}");
    let add = [("application_name", name.as_str())];
    assert_eq!(platform.refused("AddApplication", &add).await, 107);
    let other = platform
        .done("AddApplication", &[("application_name", "sales")])
        .await["application_id"]
        .to_string();
    let rename = [("application_id", other.as_str()), add[0]];
    assert_eq!(platform.refused("SetApplicationInfo", &rename).await, 107);

    // People may call a project as they like.
    let owner = actor(&platform.owner);
    let twin = projects::create(platform.backend(), &owner, &name)
        .await
        .unwrap();
    let secured = [
        ("required_application_name", name.as_str()),
        ("secure_record_storage", "false"),
    ];
    let refused = platform.refused("SetApplicationInfo", &secured).await;
    assert_eq!(refused, 9002, "neither of the two");
    assert_eq!(platform.refused("DelApplication", &add).await, 9002);
    projects::set_archived(platform.backend(), &owner, twin.id, true)
        .await
        .unwrap();
    platform.done("SetApplicationInfo", &secured).await;
    let project = projects::get(platform.backend(), &owner, platform.project)
        .await
        .unwrap();
    assert!(!project.policy.is_secure, "the one that is listed");
}
