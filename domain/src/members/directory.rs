//! Who is in an account, as the applications of its projects may know it: name, address and role, and nothing of how
//! they sign in.

use super::{MemberId, directory_store as store};
use crate::{Actor, Backend, Error, Permission, Role};

/// A member, for an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: MemberId,
    /// See [`crate::numbers`].
    pub number: i64,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// Can sign in.
    pub is_enabled: bool,
}

/// The members of the account, longest in it first; removed ones left out.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<Person>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    Ok(store::list(&mut *backend.db.acquire().await?, scope.account).await?)
}

/// Who stands for the account where an API wants a person for each recording: of its owners who can sign in, the one
/// who has been in it longest. There always is one.
pub async fn host(backend: &Backend, actor: &Actor) -> Result<Person, Error> {
    actor.scope(Permission::SeeRecordings)?;
    list(backend, actor)
        .await?
        .into_iter()
        .find(|person| person.role == Role::Owner && person.is_enabled)
        .ok_or(Error::NotFound("owner"))
}
