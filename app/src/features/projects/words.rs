//! Policies in plain words.

use domain::projects::Policy;

use crate::ui::count;

/// Who can open the files of a project.
pub(crate) fn who(policy: &Policy) -> String {
    if policy.is_secure {
        "Only members, and programs with the access password".to_owned()
    } else {
        format!(
            "Anyone with the address for {} after a session; then members and the access password",
            span(policy.public_hours)
        )
    }
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
        assert!(who(&policy).starts_with("Only members"));
        assert_eq!(how_long(&policy), "Always");
        let policy = Policy {
            is_secure: false,
            retention_hours: Some(72),
            deletes_bytes: true,
            ..policy
        };
        assert!(who(&policy).contains("Anyone with the address for 72 hours"));
        assert_eq!(how_long(&policy), "Expire after 72 hours, then deleted");
    }
}
