//! Ids: UUIDv7, made by the application from its clock, one type for each noun.

/// Declares the id type of a noun.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "postgres", derive(sqlx::Type), sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new id; ids made later sort later.
            #[cfg(feature = "postgres")]
            pub fn new(now: chrono::DateTime<chrono::Utc>) -> Self {
                Self($crate::id::version_7(now))
            }

            pub const fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }

            pub const fn as_uuid(&self) -> &uuid::Uuid {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // Only the canonical form: one file has one address.
                let id: uuid::Uuid = text.parse()?;
                if id.to_string() == text { Ok(Self(id)) } else { "not canonical".parse().map(Self) }
            }
        }
    };
}

pub(crate) use id;

/// A UUIDv7 of this moment (RFC 9562 section 5.7); later ones sort later.
#[cfg(feature = "postgres")]
pub(crate) fn version_7(now: chrono::DateTime<chrono::Utc>) -> uuid::Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    // The thread's generator, which the system seeds: each answer of the gate draws an id, and uuid's own way is a
    // system call each time.
    let random = rand::random();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
