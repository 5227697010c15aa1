//! The table of methods, and what parameters each takes. Pure.

use super::errors::{Code, Refused};
use super::parameters::Parameters;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    AddApplication,
    SetApplicationInfo,
    GetApplications,
    DelApplication,
    GetCallHistory,
    DeleteRecord,
    CreateKey,
    GetKeys,
    DeleteKey,
}

/// Parameters that every method takes.
pub(super) const COMMON: [&str; 3] = ["cmd", "account_id", "api_key"];

impl Operation {
    pub(super) const ALL: [Self; 9] = [
        Self::AddApplication,
        Self::SetApplicationInfo,
        Self::GetApplications,
        Self::DelApplication,
        Self::GetCallHistory,
        Self::DeleteRecord,
        Self::CreateKey,
        Self::GetKeys,
        Self::DeleteKey,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AddApplication => "AddApplication",
            Self::SetApplicationInfo => "SetApplicationInfo",
            Self::GetApplications => "GetApplications",
            Self::DelApplication => "DelApplication",
            Self::GetCallHistory => "GetCallHistory",
            Self::DeleteRecord => "DeleteRecord",
            Self::CreateKey => "CreateKey",
            Self::GetKeys => "GetKeys",
            Self::DeleteKey => "DeleteKey",
        }
    }

    /// Beside [`COMMON`]. What is not here is refused: a filter that were not looked at would give more than was asked.
    pub(super) const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::AddApplication => &["application_name", "secure_record_storage"],
            Self::SetApplicationInfo => &[
                "application_id",
                "required_application_name",
                "application_name",
                "secure_record_storage",
            ],
            Self::GetApplications => &[
                "application_id",
                "application_name",
                "with_rules",
                "with_scenarios",
                "count",
                "offset",
            ],
            Self::DelApplication => &["application_id", "application_name"],
            Self::GetCallHistory => &[
                "from_date",
                "to_date",
                "timezone",
                "call_session_history_id",
                "application_id",
                "application_name",
                "min_duration",
                "max_duration",
                "rule_name",
                "call_session_history_custom_data",
                "with_calls",
                "with_records",
                "with_other_resources",
                "desc_order",
                "with_total_count",
                "count",
                "offset",
            ],
            Self::DeleteRecord => &["record_url", "record_id"],
            Self::CreateKey => &["description", "key_name", "role_id", "role_name"],
            Self::GetKeys => &["key_id", "with_roles", "offset", "count"],
            Self::DeleteKey => &["key_id"],
        }
    }

    /// The method that the rest of the path names, or else the parameter `cmd`.
    pub(super) fn named(path: &str, parameters: &Parameters) -> Result<Self, Refused> {
        let path = path.trim_matches('/');
        let command = parameters.text("cmd");
        let name = match (path, command) {
            ("", None) => return Err(Refused::of(Code::MissingCommand)),
            ("", Some(command)) => command,
            (path, None) => path,
            (path, Some(command)) if path == command => path,
            (_, Some(_)) => {
                return Err(Refused::parameter(
                    "cmd",
                    "says another method than the path.",
                ));
            }
        };
        Self::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
            .ok_or(Refused::of(Code::UnknownCommand))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_named_by_path_or_parameter() {
        let named = |path: &str, command: &str| {
            Operation::named(path, &Parameters::given(&[("cmd", command)]))
                .map_err(|refused| refused.code())
        };
        for operation in Operation::ALL {
            let name = operation.name();
            assert_eq!(named("", name), Ok(operation));
            assert_eq!(named("/", name), Ok(operation));
            assert_eq!(named(&format!("/{name}"), ""), Ok(operation));
            assert_eq!(named(&format!("/{name}/"), name), Ok(operation));
        }
        assert_eq!(named("", ""), Err(Code::MissingCommand));
        assert_eq!(named("", "getkeys"), Err(Code::UnknownCommand));
        assert_eq!(named("/AddUser", ""), Err(Code::UnknownCommand));
        assert_eq!(named("/GetKeys", "DeleteKey"), Err(Code::InvalidArguments));
    }

    /// docs/platform-api.md shows them to people.
    #[test]
    fn every_method_and_parameter_is_documented() {
        let document = include_str!("../../../../docs/platform-api.md");
        for operation in Operation::ALL {
            assert!(document.contains(&format!("`{}`", operation.name())));
            for name in operation.parameters() {
                assert!(document.contains(&format!("`{name}`")), "{name}");
            }
        }
    }
}
