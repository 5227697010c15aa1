//! Policies in plain words.

use domain::projects::Policy;

use crate::ui::count;

/// Who can open the files of a project. A credential is whatever the gate knows somebody by: a member's sign-in, or a
/// program's.
pub(crate) fn who(policy: &Policy) -> String {
    if policy.is_secure {
        "Only with a credential or a sign-in".to_owned()
    } else {
        format!(
            "Anyone with the address for {} after a session's end, then only with a credential or a sign-in",
            span(policy.public_hours)
        )
    }
}

/// The same with how many files are an exception, where the project is open.
pub(crate) fn who_with(policy: &Policy, secure_files: u64) -> String {
    let who = who(policy);
    if policy.is_secure || secure_files == 0 {
        return who;
    }
    let files = count(secure_files, "file is secure", "files are secure");
    format!("{who}; {files}")
}

/// How long its files are kept.
pub(crate) fn how_long(policy: &Policy) -> String {
    match policy.retention_hours {
        None => "Always".to_owned(),
        Some(hours) if policy.deletes_bytes => {
            format!("Expire after {}, then deleted", span(hours))
        }
        Some(hours) => format!("Expire after {}", span(hours)),
    }
}

/// `72 hours`, and whole days in days from a week on.
pub(super) fn span(hours: u32) -> String {
    if hours >= 168 && hours.is_multiple_of(24) {
        count(u64::from(hours / 24), "day", "days")
    } else {
        count(u64::from(hours), "hour", "hours")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_do() {
        assert_eq!(span(1), "1 hour");
        assert_eq!(span(72), "72 hours");
        assert_eq!(span(168), "7 days");
        assert_eq!(span(169), "169 hours");
    }

    #[test]
    fn a_policy_says_who_and_how_long() {
        let policy = Policy::default();
        assert_eq!(who_with(&policy, 3), "Only with a credential or a sign-in");
        assert_eq!(how_long(&policy), "Always");
        let policy = Policy {
            is_secure: false,
            retention_hours: Some(72),
            deletes_bytes: true,
            ..policy
        };
        assert!(
            who(&policy).starts_with("Anyone with the address for 72 hours after a session's end")
        );
        assert_eq!(who_with(&policy, 0), who(&policy));
        assert!(who_with(&policy, 1).ends_with("; 1 file is secure"));
        assert!(who_with(&policy, 3).ends_with("; 3 files are secure"));
        assert_eq!(how_long(&policy), "Expire after 72 hours, then deleted");
    }
}
