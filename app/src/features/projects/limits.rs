//! How much a project takes of what programs send in.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::SetProjectLimits;
use super::views::ProjectView;
use crate::error::respond_with;
use crate::ui::{FieldFrame, Message, bytes, described_by};
use crate::viewer::Viewer;

/// Bytes of a GB, as sizes are shown.
const GIGABYTE: u64 = 1_000_000_000;

#[component]
pub(super) fn LimitsPanel(project: ProjectView) -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<SetProjectLimits>();
    if let Some(error) = &refused {
        respond_with(error);
    }
    let field = |name: &'static str, limit: Option<u64>| {
        let typed = viewer.typed_in(SetProjectLimits::PATH, name);
        let problem = refused.as_ref().and_then(|error| error.problem_of(name));
        (
            typed.unwrap_or_else(|| limit.map(write).unwrap_or_default()),
            problem,
        )
    };
    let (file_limit, file_problem) = field("file_limit", project.limits.file_bytes);
    let (quota, quota_problem) = field("quota", project.limits.total_bytes);
    let message = refused.and_then(|error| error.message_for(&["file_limit", "quota"]));
    let used = format!("The project holds {} now.", bytes(project.holdings.bytes));
    view! {
        <section class="panel" aria-labelledby="limits">
            <h2 id="limits">"How much programs can send in"</h2>
            <p class="panel-intro">
                "Holds for uploads and recorders from now on, not for the operator\u{2019}s import. What is here already stays. "
                {used}
            </p>
            <form class="form form-wide" method="post" action=SetProjectLimits::PATH novalidate>
                <Message text=Signal::stored(message) />
                <input type="hidden" name="project" value=project.id />
                <div class="narrow field-group">
                    <Size
                        name="file_limit"
                        label="Largest file, in GB"
                        hint="Such as 20 or 0.5. Empty: no limit."
                        value=file_limit
                        problem=file_problem
                    />
                    <Size
                        name="quota"
                        label="All files together, in GB"
                        hint="With what is in the trash. Empty: no limit."
                        value=quota
                        problem=quota_problem
                    />
                </div>
                <button type="submit" class="button button-primary">
                    "Save limits"
                </button>
            </form>
        </section>
    }
}

#[component]
fn Size(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    problem: Option<String>,
) -> impl IntoView {
    view! {
        <FieldFrame name=name label=label hint=hint problem=Signal::stored(problem.clone())>
            <input
                type="text"
                id=name
                name=name
                inputmode="decimal"
                autocomplete="off"
                value=value
                aria-describedby=described_by(name, true)
                aria-invalid=problem.is_some().then_some("true")
            />
        </FieldFrame>
    }
}

/// Bytes as a number of GB, to the byte.
fn write(bytes: u64) -> String {
    let (whole, part) = (bytes / GIGABYTE, bytes % GIGABYTE);
    if part == 0 {
        return whole.to_string();
    }
    let part = format!("{part:09}");
    format!("{whole}.{}", part.trim_end_matches('0'))
}

/// What was typed, in bytes; None for nothing. An error for what is no number of GB.
#[cfg(any(feature = "ssr", test))]
pub(super) fn read(typed: &str) -> Result<Option<u64>, ()> {
    let typed = typed.trim().replace(',', ".");
    if typed.is_empty() {
        return Ok(None);
    }
    let (whole, part) = typed.split_once('.').unwrap_or((&typed, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 9 {
        return Err(());
    }
    let part: u64 = format!("{part:0<9}").parse::<u64>().map_err(drop)?;
    let whole: u64 = whole.parse::<u64>().map_err(drop)?;
    let bytes = whole.checked_mul(GIGABYTE).ok_or(())?.checked_add(part);
    bytes.map(Some).ok_or(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (typed, bytes) in [
            ("20", 20_000_000_000),
            ("0.5", 500_000_000),
            ("0,5", 500_000_000),
            ("1.000000001", 1_000_000_001),
        ] {
            assert_eq!(read(typed), Ok(Some(bytes)), "{typed}");
            assert_eq!(read(&write(bytes)), Ok(Some(bytes)));
        }
        assert_eq!(read(" "), Ok(None));
        for wrong in [
            "x",
            "-1",
            "1e3",
            "1.",
            ".5",
            "0.0000000001",
            "99999999999999999999",
        ] {
            assert_eq!(read(wrong), Err(()), "{wrong}");
        }
    }
}
