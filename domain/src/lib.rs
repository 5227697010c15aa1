//! What Reelgate is and does: nouns, verbs and SQL. Knows neither HTTP nor HTML.
//!
//! A feature is a folder with nouns (`mod.rs`, compiles to WebAssembly), verbs (`actions.rs`:
//! permission first, then the transaction) and SQL (`store.rs`, private to the feature).

pub mod access; // who may open which file: the table of the gate
pub mod access_log; // one row for each grant and refusal of a session file
pub mod accounts; // the tenant, and the very first set-up of an installation
pub mod api_keys; // the deprecated way of programs, by a parameter
pub mod api_secrets; // how programs prove for which project they act
pub mod credentials; // user name and password for session files
pub mod files; // session files, the vault that holds their bytes, and their media facts
pub mod insights; // the figures of an account over time
pub mod intake; // recordings that senders announce or leave in a folder
pub mod invitations; // links that make somebody a member
pub mod members; // people who sign in
pub mod numbers; // ids of sessions, files and members for APIs that want numbers
pub mod password_resets; // links that set a new account password
pub mod projects; // what the report's drop-down selects
pub mod second_factors; // what is shown beside the account password
pub mod service_accounts; // key pairs whose holders sign tokens
pub mod sessions; // conducted calls, the report, and the import
pub mod sign_ins; // a browser's sign-in (never called a session)
#[cfg(feature = "postgres")]
pub mod uploads; // files that come in pieces
pub mod webhooks; // what happens is told to applications

mod actor;
mod error;
mod id;
mod page;
mod password;
mod secret;

pub use actor::{Actor, Caller, Permission, Role, Scope};
pub use error::{Error, Problem};
pub use page::{Page, PageRequest};
pub use password::{NewPassword, PasswordText};
pub use secret::Secret;

#[cfg(feature = "postgres")]
pub mod audit; // who did what in the portal
#[cfg(feature = "postgres")]
mod backend;
#[cfg(feature = "postgres")]
pub mod background; // what has to happen now and then, on one process, once
#[cfg(feature = "postgres")]
pub mod backups; // all of it, in a folder that proves itself
#[cfg(feature = "postgres")]
mod clock;
#[cfg(feature = "postgres")]
mod guard;
#[cfg(feature = "postgres")]
mod hashing;
#[cfg(feature = "postgres")]
mod link_token;
#[cfg(feature = "postgres")]
pub mod mail; // letters, the outbox, and the mail server
#[cfg(feature = "postgres")]
mod master_key;
#[cfg(feature = "postgres")]
pub mod outbound; // every call to somebody else's HTTP server
#[cfg(feature = "postgres")]
mod reading; // how a transaction that reads much is begun
#[cfg(feature = "postgres")]
pub mod recent; // what the database said a moment ago, for the gate
#[cfg(feature = "postgres")]
pub mod rights; // what the server's database user may do
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "postgres")]
pub use backend::Backend;
#[cfg(feature = "postgres")]
pub use clock::Clock;
#[cfg(feature = "postgres")]
pub use guard::{Guard, GuardSettings};
#[cfg(feature = "postgres")]
pub use hashing::{Hashing, HashingLoad, random_text};
#[cfg(feature = "postgres")]
pub use link_token::LinkToken;
#[cfg(feature = "postgres")]
pub use master_key::{MasterKey, MasterKeyError};

/// The schema, forward only. Run at start-up, under an advisory lock, by whichever process is first.
#[cfg(feature = "postgres")]
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");
