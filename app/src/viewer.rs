//! For whom a page is rendered, and how: the one context that every page may read. Holds no secret.

use domain::members::Member;
use domain::{Permission, Role};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::answer::Answer;
use crate::error::UiError;
use crate::flash::{Flash, Notice};

/// The person in front of the page.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// None: nobody is signed in.
    pub member: Option<Member>,
    pub theme: Theme,
    pub flash: Option<Flash>,
    /// What the form that was just posted is answered with, where this page is the answer.
    pub answer: Option<Answer>,
    /// Scheme and host of the portal, without a slash at the end: what copied addresses begin with.
    pub public_url: String,
    /// Path and query of the page, to come back to after signing in.
    pub path_and_query: String,
    /// Why nobody knows who this is: every page then shows this instead of itself.
    pub failure: Option<UiError>,
}

impl Viewer {
    /// The viewer of the page that is being rendered; a stranger where there is none.
    pub fn current() -> Self {
        use_context().unwrap_or_default()
    }

    /// May this person do that? Pages ask to show or hide; the actions ask again.
    pub fn may(&self, permission: Permission) -> bool {
        self.role().is_some_and(|role| role.may(permission))
    }

    pub fn role(&self) -> Option<Role> {
        self.member.as_ref().map(|member| member.role)
    }

    /// Why the form of server function `F` was refused, if it was posted without JavaScript just before.
    pub fn refusal_of<F: ServerFn>(&self) -> Option<UiError> {
        self.refusal_at(F::PATH)
    }

    /// The same by the path that the form posts to.
    pub fn refusal_at(&self, path: &str) -> Option<UiError> {
        if let Some(Answer::Refused { form, error, .. }) = &self.answer
            && *form == path
        {
            return Some(error.clone());
        }
        match &self.flash {
            Some(Flash::Problems { form, error, .. }) if form == path => Some(error.clone()),
            _ => None,
        }
    }

    /// What was typed in a field of the form that was just refused; its secret fields come back empty.
    pub fn typed(&self, field: &str) -> Option<String> {
        self.answer.as_ref().and_then(|answer| answer.typed(field))
    }

    /// The same for the form that posts to this path, of several on the page, wherever the refusal came from.
    pub fn typed_in(&self, path: &str, field: &str) -> Option<String> {
        if let Some(Answer::Refused { form, .. }) = &self.answer
            && *form == path
        {
            return self.typed(field);
        }
        let Some(Flash::Problems { form, typed, .. }) = &self.flash else {
            return None;
        };
        let found = typed.iter().find(|(name, _)| name == field);
        found
            .filter(|_| form == path)
            .map(|(_, value)| value.clone())
    }

    /// What was done just before.
    pub const fn notice(&self) -> Option<Notice> {
        match self.flash {
            Some(Flash::Notice(notice)) => Some(notice),
            _ => None,
        }
    }
}

/// Light, dark, or what the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// Name of the cookie that remembers the choice.
    pub const COOKIE: &str = "theme";
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The theme of this name; the system's for any other.
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.as_str() == text)
            .unwrap_or_default()
    }
}
