//! Which methods each resource has, and what they do. Pure.

use http::Method;

use super::message::{Kind, Message};

/// What stands first in a path, in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    StoredRecording,
    StoredRecordingView,
    Session,
    User,
    Usage,
    Participant,
    History,
    GroupUser,
    UserGroup,
}

impl Resource {
    pub const ALL: [Self; 9] = [
        Self::StoredRecording,
        Self::StoredRecordingView,
        Self::Session,
        Self::User,
        Self::Usage,
        Self::Participant,
        Self::History,
        Self::GroupUser,
        Self::UserGroup,
    ];

    /// As the documentation writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StoredRecording => "StoredRecording",
            Self::StoredRecordingView => "StoredRecordingView",
            Self::Session => "Session",
            Self::User => "User",
            Self::Usage => "Usage",
            Self::Participant => "Participant",
            Self::History => "History",
            Self::GroupUser => "GroupUser",
            Self::UserGroup => "UserGroup",
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Recordings,
    View,
    DeleteRecording,
    Sessions,
    Users,
    User,
    DeleteUser,
    Usage,
    /// What the hosted service does and a vault does not: calls, their schedule, and the making of users.
    NotHere,
}

/// A resource, whether an id follows, a method, and what that does.
pub type Route = (Resource, bool, Method, Operation);

/// Every route. What is not here is 405, or 404 where the path has none at all.
pub const ROUTES: [Route; 22] = {
    use Operation as O;
    use Resource as R;
    [
        (R::StoredRecording, false, Method::GET, O::Recordings),
        (R::StoredRecording, true, Method::GET, O::Recordings),
        (R::StoredRecording, true, Method::DELETE, O::DeleteRecording),
        (R::StoredRecordingView, true, Method::GET, O::View),
        (R::Session, false, Method::GET, O::Sessions),
        (R::Session, false, Method::POST, O::NotHere),
        (R::Session, true, Method::GET, O::Sessions),
        (R::Session, true, Method::POST, O::NotHere),
        (R::Session, true, Method::PUT, O::NotHere),
        (R::Session, true, Method::DELETE, O::NotHere),
        (R::User, false, Method::GET, O::Users),
        (R::User, false, Method::POST, O::NotHere),
        (R::User, true, Method::GET, O::User),
        (R::User, true, Method::PUT, O::NotHere),
        (R::User, true, Method::DELETE, O::DeleteUser),
        (R::Usage, false, Method::GET, O::Usage),
        (R::Participant, true, Method::POST, O::NotHere),
        (R::Participant, true, Method::DELETE, O::NotHere),
        (R::History, false, Method::GET, O::NotHere),
        (R::History, true, Method::GET, O::NotHere),
        (R::GroupUser, true, Method::GET, O::NotHere),
        (R::UserGroup, true, Method::GET, O::NotHere),
    ]
};

/// A path of this API.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    resource: Resource,
    pub(super) id: Option<String>,
    /// More segments than any route has.
    is_too_long: bool,
}

impl Address {
    /// None: some other part of the server answers at this path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let mut segments = path.strip_prefix('/')?.split('/');
        let first = segments.next()?;
        let resource = Resource::ALL
            .into_iter()
            .find(|resource| resource.as_str().eq_ignore_ascii_case(first))?;
        let id = segments.next().filter(|id| !id.is_empty());
        Some(Self {
            resource,
            id: id.map(ToOwned::to_owned),
            is_too_long: segments.any(|segment| !segment.is_empty()),
        })
    }

    /// What this method does here; HEAD is GET without the body.
    pub(super) fn operation(&self, method: &Method) -> Result<Operation, Message> {
        let here = || {
            ROUTES.iter().filter(|(resource, has_id, ..)| {
                !self.is_too_long && *resource == self.resource && *has_id == self.id.is_some()
            })
        };
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        if let Some((.., operation)) = here().find(|(_, _, known, _)| known == method) {
            return Ok(*operation);
        }
        let methods: Vec<&str> = here().map(|(_, _, known, _)| known.as_str()).collect();
        Err(Message::of(if methods.is_empty() {
            Kind::NoSuchResource
        } else {
            Kind::Method(methods.join(", "))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_in_any_case_and_everything_else_is_left_alone() {
        for path in ["/StoredRecording", "/storedrecording", "/STOREDRECORDING/"] {
            let address = Address::parse(path).unwrap();
            assert_eq!(
                (address.resource, address.id),
                (Resource::StoredRecording, None),
                "{path}"
            );
        }
        assert_eq!(
            Address::parse("/user/2112").unwrap().id.as_deref(),
            Some("2112")
        );
        for path in [
            "/",
            "",
            "/users",
            "/sessions/1",
            "/video/User",
            "/stored%52ecording",
            "/files/a/b/c",
        ] {
            assert_eq!(Address::parse(path), None, "{path}");
        }
    }

    #[test]
    fn another_method_is_told_which_there_are_and_no_route_is_not_found() {
        let kind = |method: Method, path: &str| {
            let address = Address::parse(path).unwrap();
            address
                .operation(&method)
                .map_err(|message| message.kind().clone())
        };
        for (resource, has_id, method, operation) in ROUTES {
            let path = format!("/{}{}", resource.as_str(), if has_id { "/7" } else { "" });
            assert_eq!(kind(method, &path), Ok(operation), "{path}");
        }
        assert_eq!(kind(Method::HEAD, "/usage"), Ok(Operation::Usage));
        assert_eq!(
            kind(Method::DELETE, "/Usage"),
            Err(Kind::Method("GET".to_owned()))
        );
        assert_eq!(
            kind(Method::PUT, "/StoredRecording/1"),
            Err(Kind::Method("GET, DELETE".to_owned()))
        );
        for path in [
            "/Usage/1",
            "/StoredRecordingView",
            "/User/1/2",
            "/Participant",
        ] {
            assert_eq!(kind(Method::GET, path), Err(Kind::NoSuchResource), "{path}");
        }
    }
}
