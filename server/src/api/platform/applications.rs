//! Applications: projects by their numbers and short names.

use axum::response::Response;
use chrono_tz::Tz;
use domain::projects::numbered::{NumberedProject, is_short_name, list_numbered, slug};
use domain::projects::{Access, ProjectId, actions as projects, policies};
use domain::{Error, Permission, accounts};
use serde::Serialize;
use serde_json::json;

use super::errors::{Code, Refused};
use super::values::written;
use super::{Asked, done, success};

/// Applications in one answer, if the request does not say how many; and at most.
const PRESET: u32 = 20;
const MOST: u32 = 1000;

/// The account's applications, and how their names end.
pub(super) struct Applications {
    all: Vec<NumberedProject>,
    suffix: String,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the documentation")]
struct Application {
    application_id: i64,
    application_name: String,
    modified: String,
    secure_record_storage: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenarios: Option<[(); 0]>,
}

impl Applications {
    /// Archived ones included, so that what was recorded there has its name.
    pub(super) async fn of(asked: &Asked<'_>) -> Result<Self, Error> {
        let account = accounts::actions::get(asked.backend, &asked.actor).await?;
        let name = match slug(&account.name) {
            slug if slug.is_empty() => format!("account-{}", account.number),
            slug => slug,
        };
        let origin = &asked.backend.public_url;
        let host = origin
            .split_once("://")
            .map_or(origin.as_str(), |(_, host)| host);
        let host = host.split(':').next().unwrap_or(host);
        Ok(Self {
            all: list_numbered(asked.backend, &asked.actor).await?,
            suffix: format!(".{name}.{host}"),
        })
    }

    /// `care.account.vault.example.org`.
    pub(super) fn full_name(&self, project: &NumberedProject) -> String {
        format!("{}{}", project.short_name(), self.suffix)
    }

    pub(super) fn get(&self, id: ProjectId) -> Option<&NumberedProject> {
        self.all.iter().find(|project| project.id == id)
    }

    fn numbered(&self, number: i64) -> Result<&NumberedProject, Refused> {
        let mut found = self.all.iter().filter(|project| project.number == number);
        found.next().ok_or_else(missing)
    }

    /// By its short or its full name. One that is listed comes before those that are archived. SECURITY: where two are
    /// listed under a name, neither is meant: else a request would change another one than it was written for.
    fn named(&self, name: &str) -> Result<&NumberedProject, Refused> {
        let short = name.strip_suffix(&self.suffix).unwrap_or(name);
        let called = || {
            let all = self.all.iter();
            all.filter(move |project| project.short_name() == short)
        };
        let mut listed = called().filter(|project| !project.is_archived);
        match (listed.next(), listed.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Refused::new(
                Code::Conflict,
                "two applications have this name: name the one that is meant by its number.",
            )),
            (None, _) => called().next().ok_or_else(missing),
        }
    }

    /// Whether another project than this one is called so.
    fn is_taken(&self, name: &str, by_other_than: Option<ProjectId>) -> bool {
        let mut others = self.all.iter();
        others.any(|project| Some(project.id) != by_other_than && project.short_name() == name)
    }

    /// The one that one of two parameters names; None if neither is there.
    pub(super) fn meant(
        &self,
        asked: &Asked<'_>,
        by_id: &str,
        by_name: &str,
    ) -> Result<Option<&NumberedProject>, Refused> {
        match (
            asked.parameters.number(by_id)?,
            asked.parameters.text(by_name),
        ) {
            (Some(number), None) => self.numbered(number).map(Some),
            (None, Some(name)) => self.named(name).map(Some),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(both(by_id, by_name)),
        }
    }
}

/// What is archived is not listed, and is not changed here either.
fn present(project: &NumberedProject) -> Result<&NumberedProject, Refused> {
    (!project.is_archived)
        .then_some(project)
        .ok_or_else(missing)
}

fn missing() -> Refused {
    Error::NotFound("application").into()
}

fn both(by_id: &str, by_name: &str) -> Refused {
    Refused::parameter(by_id, &format!("and '{by_name}' cannot be there together."))
}

fn neither(by_id: &str, by_name: &str) -> Refused {
    Refused::parameter(by_id, &format!("or '{by_name}' is required."))
}

/// A name that a project is to have from now on. `most` as the method has it.
fn new_name<'a>(asked: &Asked<'a>, most: usize) -> Result<Option<&'a str>, Refused> {
    let Some(name) = asked.parameters.text("application_name") else {
        return Ok(None);
    };
    if is_short_name(name) && name.len() <= most {
        return Ok(Some(name));
    }
    Err(Refused::new(
        Code::ApplicationName,
        format!("it has the form [a-z][a-z0-9-]{{1,{}}}.", most - 1),
    ))
}

/// `AddApplication`. Secure unless the request says otherwise: that is how projects begin.
pub(super) async fn add(asked: &Asked<'_>) -> Result<Response, Refused> {
    let Some(name) = new_name(asked, 65)? else {
        return Err(Refused::parameter("application_name", "is required."));
    };
    let is_secure = asked.parameters.boolean("secure_record_storage")?;
    if is_secure == Some(false) {
        // Before anything is made: half of a request must not be carried out.
        asked.actor.may(Permission::ManageProjects)?;
        asked.actor.may(Permission::SetPolicies)?;
    }
    if Applications::of(asked).await?.is_taken(name, None) {
        return Err(has_it());
    }
    let made = projects::create(asked.backend, &asked.actor, name)
        .await
        .map_err(taken)?;
    let mut found = Applications::of(asked).await?;
    if is_secure == Some(false) {
        let project = found.get(made.id).ok_or_else(missing)?;
        switch(asked, project, false).await?;
        found = Applications::of(asked).await?;
    }
    let project = found.get(made.id).ok_or_else(missing)?;
    success(&json!({
        "result": 1,
        "application_id": project.number,
        "application_name": found.full_name(project),
        "secure_record_storage": project.policy.is_secure,
    }))
}

/// `SetApplicationInfo`.
pub(super) async fn set(asked: &Asked<'_>) -> Result<Response, Refused> {
    const BY: (&str, &str) = ("application_id", "required_application_name");
    let applications = Applications::of(asked).await?;
    let project = applications.meant(asked, BY.0, BY.1)?;
    let project = present(project.ok_or_else(|| neither(BY.0, BY.1))?)?;
    let name = new_name(asked, 80)?.filter(|name| *name != project.name);
    let is_secure = asked.parameters.boolean("secure_record_storage")?;
    let is_secure = is_secure.filter(|is_secure| *is_secure != project.policy.is_secure);
    // Before anything is changed: half of a request must not be carried out. Whoever may change nothing is told so even
    // where nothing is to be changed.
    asked.actor.may(Permission::ManageProjects)?;
    if is_secure.is_some() {
        asked.actor.may(Permission::SetPolicies)?;
    }
    if name.is_some_and(|name| applications.is_taken(name, Some(project.id))) {
        return Err(has_it());
    }
    if let Some(name) = name {
        projects::rename(asked.backend, &asked.actor, project.id, name)
            .await
            .map_err(taken)?;
    }
    if let Some(is_secure) = is_secure {
        switch(asked, project, is_secure).await?;
    }
    let changed = Applications::of(asked).await?;
    let project = changed.get(project.id).ok_or_else(missing)?;
    success(&json!({
        "result": 1,
        "application_name": changed.full_name(project),
        "secure_record_storage": project.policy.is_secure,
    }))
}

/// Secure mode as it is wanted. SECURITY: the window is written as it was read, so only if nobody has changed it since: one
/// that was made shorter meanwhile must not be long again.
async fn switch(
    asked: &Asked<'_>,
    project: &NumberedProject,
    is_secure: bool,
) -> Result<(), Error> {
    let before = Access {
        is_secure: project.policy.is_secure,
        public_hours: project.policy.public_hours,
    };
    let access = Access {
        is_secure,
        ..before
    };
    policies::change_access(asked.backend, &asked.actor, project.id, before, access).await
}

/// `GetApplications`: those that are not archived, in the order in which they were made.
pub(super) async fn list(asked: &Asked<'_>) -> Result<Response, Refused> {
    let number = asked.parameters.number("application_id")?;
    let part = asked.parameters.text("application_name");
    let with_scenarios = asked.parameters.boolean("with_scenarios")? == Some(true);
    let with_rules = asked.parameters.boolean("with_rules")? == Some(true) || with_scenarios;
    let count = asked
        .parameters
        .number_up_to("count", MOST)?
        .unwrap_or(PRESET);
    let offset = asked.parameters.number_up_to("offset", u32::MAX)?;
    let applications = Applications::of(asked).await?;
    let listed = applications.all.iter().filter(|project| {
        !project.is_archived
            && number.is_none_or(|number| number == project.number)
            && part.is_none_or(|part| applications.full_name(project).contains(part))
    });
    let total = listed.clone().count();
    let result: Vec<Application> = listed
        .skip(usize::try_from(offset.unwrap_or(0)).unwrap_or(usize::MAX))
        .take(usize::try_from(count).unwrap_or(usize::MAX))
        .map(|project| Application {
            application_id: project.number,
            application_name: applications.full_name(project),
            modified: written(project.created_at, Tz::UTC),
            secure_record_storage: project.policy.is_secure,
            // A vault runs no calls, so it has none of them.
            rules: with_rules.then_some([]),
            scenarios: with_scenarios.then_some([]),
        })
        .collect();
    success(&json!({ "count": result.len(), "result": result, "total_count": total }))
}

/// `DelApplication`: archives. Nothing of a project is deleted, and nothing of it is closed.
pub(super) async fn delete(asked: &Asked<'_>) -> Result<Response, Refused> {
    const BY: (&str, &str) = ("application_id", "application_name");
    asked.actor.may(Permission::ManageProjects)?;
    let applications = Applications::of(asked).await?;
    let by_id = asked.parameters.text(BY.0);
    let names = asked.parameters.list(BY.1)?;
    let meant: Vec<&NumberedProject> = match (by_id, names.is_empty()) {
        (Some("all"), true) => {
            let all = applications.all.iter();
            all.filter(|project| !project.is_archived).collect()
        }
        (Some(_), true) => {
            let numbers = asked.parameters.numbers(BY.0)?.into_iter();
            numbers
                .map(|number| applications.numbered(number).and_then(present))
                .collect::<Result<_, _>>()?
        }
        (None, false) => {
            let names = names.into_iter();
            names
                .map(|name| applications.named(name).and_then(present))
                .collect::<Result<_, _>>()?
        }
        (None, true) => return Err(neither(BY.0, BY.1)),
        (Some(_), false) => return Err(both(BY.0, BY.1)),
    };
    for project in meant {
        projects::set_archived(asked.backend, &asked.actor, project.id, true).await?;
    }
    done()
}

fn has_it() -> Refused {
    Refused::new(
        Code::ApplicationName,
        "the account already has a project of this name.",
    )
}

/// What is wrong with a name has a code of its own.
fn taken(error: Error) -> Refused {
    match error {
        Error::Invalid(problems) => {
            let told: Vec<String> = problems
                .into_iter()
                .map(|problem| problem.message)
                .collect();
            Refused::new(Code::ApplicationName, told.join(" "))
        }
        other => other.into(),
    }
}
