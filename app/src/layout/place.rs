//! Where in the portal a page is: its section, its tab, its title.

use crate::routes::paths;
use crate::ui::Shape;

/// A page that members see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Recordings,
    RecordingSettings,
    Account,
    /// None of them: an address that leads nowhere.
    Nowhere,
}

impl Place {
    /// The group of the navigation that it belongs to.
    pub(crate) const fn area(self) -> Option<&'static str> {
        match self {
            Self::Recordings | Self::RecordingSettings => Some("Video"),
            Self::Account | Self::Nowhere => None,
        }
    }

    /// The entry of the navigation, and the heading of the page.
    pub(crate) const fn section(self) -> &'static str {
        match self {
            Self::Recordings => "Insights & Reports",
            Self::RecordingSettings => "Settings",
            Self::Account => "Account",
            Self::Nowhere => "Not found",
        }
    }

    /// Name of its tab within the section; None where there are no tabs.
    pub(crate) const fn tab(self) -> Option<&'static str> {
        match self {
            Self::Recordings => Some("Recordings"),
            Self::RecordingSettings => Some("Recording"),
            Self::Account | Self::Nowhere => None,
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Recordings => paths::RECORDINGS,
            Self::RecordingSettings => paths::RECORDING_SETTINGS,
            Self::Account => paths::ACCOUNT,
            Self::Nowhere => paths::HOME,
        }
    }

    pub(crate) const fn shape(self) -> Shape {
        match self {
            Self::Recordings => Shape::Report,
            Self::RecordingSettings => Shape::Settings,
            Self::Account => Shape::Person,
            Self::Nowhere => Shape::Search,
        }
    }

    /// What the browser's tab says.
    pub(crate) fn title(self) -> String {
        match self.tab() {
            Some(tab) => format!("{tab} · {} · Reelgate", self.section()),
            None => format!("{} · Reelgate", self.section()),
        }
    }
}
