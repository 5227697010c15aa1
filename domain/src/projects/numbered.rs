//! Projects as APIs know them whose ids are numbers, and whose names are short.

use chrono::{DateTime, Utc};

use super::{Policy, ProjectId, store};
use crate::{Actor, Backend, Error, Permission};

/// A project with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedProject {
    pub id: ProjectId,
    pub number: i64,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub is_archived: bool,
    pub policy: Policy,
}

/// Characters of a short name, the first one not counted.
const SHORT: std::ops::RangeInclusive<usize> = 1..=79;

impl NumberedProject {
    /// The name in the form `[a-z][a-z0-9-]{1,79}`: the project's own where it has that form, else what can be written
    /// of it with the number behind, so that no two projects have the same but where one is called by the other's.
    pub fn short_name(&self) -> String {
        if is_short_name(&self.name) {
            return self.name.clone();
        }
        let slug = slug(&self.name);
        let slug = slug.trim_start_matches(|c: char| !c.is_ascii_lowercase());
        let slug = if slug.is_empty() { "project" } else { slug };
        format!("{slug}-{}", self.number)
    }
}

/// Whether a text has the form of an application's name.
pub fn is_short_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && SHORT.contains(&bytes.len())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// What of a text can stand in the name of a host: small letters and digits, with one hyphen for all else; 50 at most.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == 50 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// The account's projects in the order of their numbers, archived ones included.
pub async fn list_numbered(
    backend: &Backend,
    actor: &Actor,
) -> Result<Vec<NumberedProject>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut projects =
        store::list_numbered(&mut *backend.db.acquire().await?, scope.account).await?;
    projects.retain(|project| scope.covers(project.id));
    Ok(projects)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(name: &str) -> String {
        let project = NumberedProject {
            id: ProjectId::from_uuid(uuid::Uuid::nil()),
            number: 7,
            name: name.to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            is_archived: false,
            policy: Policy::default(),
        };
        project.short_name()
    }

    #[test]
    fn every_project_has_a_short_name() {
        for (name, expected) in [
            ("care", "care"),
            ("care-2-you", "care-2-you"),
            ("Care", "care-7"),
            ("Care Team, North", "care-team-north-7"),
            ("2nd line", "nd-line-7"),
            ("Café Zoë", "caf-zo-7"),
            ("支持", "project-7"),
            ("c", "c-7"),
            ("x.y", "x-y-7"),
        ] {
            assert_eq!(short(name), expected);
            assert!(is_short_name(expected));
        }
        let long = "a".repeat(200);
        assert_eq!(short(&long), format!("{}-7", "a".repeat(50)));
        for wrong in ["", "a", "A1", "1a", "-a", "a_b", "a b", &"a".repeat(81)] {
            assert!(!is_short_name(wrong), "{wrong}");
        }
        assert!(is_short_name(&"a".repeat(80)));
    }
}
