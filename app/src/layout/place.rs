//! Where in the portal a page is: its section, its tab, its title.

use domain::Permission;

use crate::routes::paths;
use crate::ui::Shape;

/// A page that members see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Recordings,
    Access,
    Projects,
    RecordingSettings,
    CredentialTest,
    ServiceAccounts,
    Members,
    Account,
    SignIns,
    SecondFactor,
    Api,
    /// None of them: an address that leads nowhere.
    Nowhere,
}

/// An entry of the navigation: one page, or several that stand side by side as tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section {
    /// The entry, and the heading of its pages.
    pub(crate) name: &'static str,
    /// The group of the navigation that it belongs to.
    pub(crate) area: Option<&'static str>,
    pub(crate) shape: Shape,
    /// Its pages in the order of the tabs; the first is where the entry leads.
    pub(crate) places: &'static [Place],
}

pub(crate) const INSIGHTS: Section = Section {
    name: "Insights & Reports",
    area: Some("Video"),
    shape: Shape::Report,
    places: &[Place::Overview, Place::Recordings, Place::Access],
};

pub(crate) const PROJECTS: Section = Section {
    name: "Projects",
    area: Some("Video"),
    shape: Shape::Folder,
    places: &[Place::Projects],
};

pub(crate) const SETTINGS: Section = Section {
    name: "Settings",
    area: Some("Video"),
    shape: Shape::Settings,
    places: &[
        Place::RecordingSettings,
        Place::CredentialTest,
        Place::ServiceAccounts,
    ],
};

pub(crate) const MEMBERS: Section = Section {
    name: "Members",
    area: None,
    shape: Shape::People,
    places: &[Place::Members],
};

pub(crate) const ACCOUNT: Section = Section {
    name: "Account",
    area: None,
    shape: Shape::Person,
    places: &[
        Place::Account,
        Place::SignIns,
        Place::SecondFactor,
        Place::Api,
    ],
};

const NOWHERE: Section = Section {
    name: "Not found",
    area: None,
    shape: Shape::Search,
    places: &[],
};

impl Place {
    pub(crate) const fn section(self) -> &'static Section {
        match self {
            Self::Overview | Self::Recordings | Self::Access => &INSIGHTS,
            Self::Projects => &PROJECTS,
            Self::RecordingSettings | Self::CredentialTest | Self::ServiceAccounts => &SETTINGS,
            Self::Members => &MEMBERS,
            Self::Account | Self::SignIns | Self::SecondFactor | Self::Api => &ACCOUNT,
            Self::Nowhere => &NOWHERE,
        }
    }

    /// Name of its tab within the section; None where there are no tabs.
    pub(crate) const fn tab(self) -> Option<&'static str> {
        match self {
            Self::Overview => Some("Overview"),
            Self::Recordings => Some("Recordings"),
            Self::Access => Some("Access"),
            Self::RecordingSettings => Some("Recording"),
            Self::CredentialTest => Some("Test a credential"),
            Self::ServiceAccounts => Some("Service accounts"),
            Self::Account => Some("Profile"),
            Self::SignIns => Some("Sign-ins"),
            Self::SecondFactor => Some("Second factor"),
            Self::Api => Some("API"),
            Self::Projects | Self::Members | Self::Nowhere => None,
        }
    }

    /// What one must be allowed to see of it; None where everyone may come.
    pub(crate) const fn permission(self) -> Option<Permission> {
        match self {
            Self::Overview => Some(Permission::SeeInsights),
            Self::Access => Some(Permission::SeeAccessLog),
            Self::CredentialTest => Some(Permission::TestCredentials),
            Self::Api => Some(Permission::ManageApi),
            Self::ServiceAccounts => Some(Permission::ManageServiceAccounts),
            Self::Recordings
            | Self::Projects
            | Self::RecordingSettings
            | Self::Members
            | Self::Account
            | Self::SignIns
            | Self::SecondFactor
            | Self::Nowhere => None,
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Overview => paths::OVERVIEW,
            Self::Recordings => paths::RECORDINGS,
            Self::Access => paths::ACCESS,
            Self::Projects => paths::PROJECTS,
            Self::RecordingSettings => paths::RECORDING_SETTINGS,
            Self::CredentialTest => paths::CREDENTIAL_TEST,
            Self::ServiceAccounts => paths::SERVICE_ACCOUNTS,
            Self::Members => paths::MEMBERS,
            Self::Account => paths::ACCOUNT,
            Self::SignIns => paths::SIGN_INS,
            Self::SecondFactor => paths::SECOND_FACTOR,
            Self::Api => paths::API,
            Self::Nowhere => paths::HOME,
        }
    }

    /// What the browser's tab says.
    pub(crate) fn title(self) -> String {
        let section = self.section().name;
        match self.tab() {
            Some(tab) => format!("{tab} · {section} · Reelgate"),
            None => format!("{section} · Reelgate"),
        }
    }
}
