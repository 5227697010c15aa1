//! What each role may do: every action, asked by every role.

use std::path::Path;

use domain::accounts::Challenge;
use domain::credentials::Reset;
use domain::files::{FileId, trash};
use domain::invitations::InvitationId;
use domain::members::{MemberId, roster};
use domain::sessions::{SessionFilter, SessionOrder};
use domain::testing::{actor, given_account, given_backend, given_member};
use domain::{
    Actor, Backend, Error, PageRequest, Permission, Role, Secret, access_log, accounts,
    credentials, insights, invitations, password_resets, projects, second_factors, sessions,
};
use sqlx::PgPool;

/// Asks every action there is that demands a permission, with input that changes nothing. Whether each was forbidden.
async fn ask_all(backend: &Backend, who: &Actor) -> Vec<(&'static str, Permission, bool)> {
    use Permission as P;
    fn is_forbidden<T>(outcome: Result<T, Error>) -> bool {
        matches!(outcome, Err(Error::Forbidden))
    }
    let nothing = || Secret::new("");
    let reset = Reset {
        account_password: nothing(),
        new_password: nothing(),
        confirmation: nothing(),
        grace: domain::credentials::Grace::None,
    };
    let nobody = MemberId::from_uuid(uuid::Uuid::nil());
    let none = InvitationId::from_uuid(uuid::Uuid::nil());
    let no_file = FileId::from_uuid(uuid::Uuid::nil());
    let scope = insights::Scope {
        period: insights::Period::ending(backend.clock.now().date_naive(), 7),
        project: None,
    };
    let (filter, order, page) = (
        SessionFilter::default(),
        SessionOrder::default(),
        PageRequest {
            size: 1,
            cursor: None,
        },
    );
    macro_rules! asked {
        ($($name:literal, $permission:expr, $call:expr;)*) => {
            vec![$(($name, $permission, is_forbidden($call.await))),*]
        };
    }
    let question = domain::access::Question {
        asker: domain::access::Asker::Anonymous,
        at: None,
        project: None,
        session: None,
        page: page.clone(),
    };
    asked![
        "access::candidates", P::TestCredentials, domain::access::preview::candidates(backend, who);
        "access::preview", P::TestCredentials, domain::access::preview::preview(backend, who, &question);
        "accounts::set_challenge", P::SetChallenge, accounts::actions::set_challenge(backend, who, Challenge::Documented);
        "credentials::get", P::SeePreset, credentials::actions::get(backend, who);
        "credentials::reveal_preset", P::SeePreset, credentials::actions::reveal_preset(backend, who);
        "credentials::judge", P::ResetCredential, credentials::actions::judge(backend, who, "");
        "credentials::reset", P::ResetCredential, credentials::actions::reset(backend, who, reset);
        "invitations::list", P::ManageMembers, invitations::actions::list(backend, who);
        "invitations::invite", P::ManageMembers, invitations::actions::invite(backend, who, "", Role::Support);
        "invitations::resend", P::ManageMembers, invitations::actions::resend(backend, who, none);
        "invitations::withdraw", P::ManageMembers, invitations::actions::withdraw(backend, who, none);
        "members::list", P::ManageMembers, roster::list(backend, who);
        "members::change_role", P::ManageMembers, roster::change_role(backend, who, nobody, Role::Support);
        "members::disable", P::ManageMembers, roster::disable(backend, who, nobody);
        "members::enable", P::ManageMembers, roster::enable(backend, who, nobody);
        "members::remove", P::ManageMembers, roster::remove(backend, who, nobody);
        "password_resets::start", P::ManageMembers, password_resets::actions::start(backend, who, nobody);
        "insights::overview", P::SeeInsights, insights::actions::overview(backend, who, &scope);
        "insights::by_day", P::SeeInsights, insights::actions::by_day(backend, who, &scope);
        "access_log::exist", P::SeeAccessLog, access_log::actions::exist(backend, who);
        "access_log::callers", P::SeeAccessLog, access_log::actions::callers(backend, who);
        "projects::list", P::SeeRecordings, projects::actions::list(backend, who);
        "projects::create", P::ManageProjects, projects::actions::create(backend, who, "");
        "files::restore", P::DeleteFiles, trash::restore(backend, who, no_file);
        "sessions::report", P::SeeRecordings, sessions::actions::report(backend, who, &filter, order, &page);
        "second_factors::reset", P::ManageMembers, second_factors::reset::reset(backend, who, nobody, &nothing());
        "sessions::exist", P::SeeRecordings, sessions::actions::exist(backend, who);
    ]
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_action_asks_every_role(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let backend = given_backend(db, folder.path());
    let owner = given_account(&backend, "north").await;
    for role in Role::ALL {
        let member = given_member(&backend, &owner, role, &format!("a-{}", role.as_str())).await;
        for (name, permission, was_forbidden) in ask_all(&backend, &actor(&member)).await {
            assert_eq!(
                was_forbidden,
                !role.may(permission),
                "{name} as {}",
                role.as_str()
            );
        }
    }
}

/// Actions that everybody (a program, too: its own repetitions) has for oneself or for the own account's name, what only the operator does, and the two whose
/// permission depends on what is asked for.
const WITHOUT: [&str; 27] = [
    "accounts/actions.rs::get",
    "api_secrets/replays/mod.rs::begin",
    "api_secrets/replays/mod.rs::finish",
    "api_secrets/replays/mod.rs::forget",
    "members/actions.rs::change_password",
    "projects/actions.rs::find",
    "projects/policies.rs::forecast",
    "projects/policies.rs::set_retention",
    "second_factors/actions.rs::app_draft",
    "second_factors/actions.rs::begin_app",
    "second_factors/actions.rs::confirm_app",
    "second_factors/actions.rs::get",
    "second_factors/actions.rs::remove_app",
    "second_factors/actions.rs::renew_codes",
    "second_factors/actions.rs::turn_off",
    "second_factors/passkeys.rs::begin",
    "second_factors/passkeys.rs::finish",
    "second_factors/passkeys.rs::remove",
    "second_factors/passkeys.rs::rename",
    "service_accounts/actions.rs::find",
    "service_accounts/actions.rs::get",
    "sessions/import/mod.rs::import",
    "sign_ins/actions.rs::end_others",
    "sign_ins/actions.rs::end_own",
    "sign_ins/actions.rs::list_own",
    "sign_ins/actions.rs::record_sign_out",
    "testing/tokens.rs::given_service_account",
];

/// Whatever acts for somebody asks what that person may do before anything else. New actions are found here by
/// themselves, in the source.
#[test]
fn every_action_asks_for_a_permission_first() {
    let mut without = Vec::new();
    let mut found = 0;
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in sources(&src) {
        let text = std::fs::read_to_string(&file).unwrap();
        for function in text.split("\npub async fn ").skip(1) {
            let Some((signature, body)) = function.split_once("{\n") else {
                continue;
            };
            if !signature.contains("actor: &Actor") {
                continue;
            }
            found += 1;
            let first = body.trim_start().lines().next().unwrap_or_default();
            if !first.contains("actor.may(Permission::")
                && !first.contains("actor.scope(Permission::")
                && !first.contains("actor.scope_of(Permission::")
            {
                let name = signature.split('(').next().unwrap();
                let path = file.strip_prefix(&src).unwrap().display();
                without.push(format!("{path}::{name}"));
            }
        }
    }
    without.sort();
    assert!(found > 20, "the search finds actions: {found}");
    assert_eq!(
        without, WITHOUT,
        "these ask for no permission in their first line"
    );
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// docs/members.md shows people the table that the actions ask.
#[test]
fn the_documented_table_is_the_one_that_holds() {
    let cell = |yes: bool| if yes { "yes" } else { "" };
    let row = |what: &str, may: [bool; 5]| format!("| {what} | {} |", may.map(cell).join(" | "));
    let mut rows = vec![
        format!("| | {} |", Role::ALL.map(Role::as_str).join(" | ")),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    rows.extend(Permission::ALL.map(|p| row(p.sentence(), Role::ALL.map(|role| role.may(p)))));
    rows.push(row(
        "Make, change and remove owners",
        Role::ALL.map(|role| role.may_govern(Role::Owner)),
    ));
    let table = rows.join("\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/members.md");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(
        text.contains(&table),
        "docs/members.md should have:\n{table}"
    );
}
