//! A list of sessions of any length as one JSON answer: read from the database in batches and written as they come, so a
//! million sessions take the memory of one batch, and a slow reader holds no connection to the database.

use std::future::{Future, ready};

use axum::body::{Body, Bytes};
use domain::sessions::actions::{Position, export};
use domain::sessions::{SessionFilter, SessionOrder, SessionSummary};
use domain::{Actor, Backend, Error};
use futures::stream::{StreamExt as _, once, try_unfold};

/// What is listed, newest first, and for whom.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) backend: Backend,
    pub(super) actor: Actor,
    pub(super) filter: SessionFilter,
}

/// How sessions are written in an API's own form.
pub(super) trait Elements: Send + 'static {
    /// What stands before the first element and behind the last.
    const AROUND: (&'static str, &'static str);

    /// The elements of these sessions, each as JSON: none, one or several for each.
    fn of(
        &self,
        listing: &Listing,
        sessions: &[SessionSummary],
    ) -> impl Future<Output = Result<Vec<String>, Error>> + Send;
}

/// The whole list. What fails before the first element is an error; what fails later breaks the connection, since a
/// short list that ended well would pass for the whole.
pub(super) async fn body<E: Elements>(listing: Listing, elements: E) -> Result<Body, Error> {
    let mut writing = Writing {
        listing,
        elements,
        is_first: true,
    };
    let (text, next) = writing.batch(None).await?;
    let first = format!("{}{text}", E::AROUND.0);
    if next.is_none() {
        return Ok(Body::from(first));
    }
    let rest = try_unfold((writing, next), |(mut writing, next)| async move {
        let Some(position) = next else {
            return Ok::<_, Error>(None);
        };
        let (text, next) = writing.batch(Some(position)).await.inspect_err(|error| {
            tracing::error!(?error, "a list could not be read to its end");
        })?;
        Ok(Some((Bytes::from(text), (writing, next))))
    });
    Ok(Body::from_stream(
        once(ready(Ok(Bytes::from(first)))).chain(rest),
    ))
}

struct Writing<E> {
    listing: Listing,
    elements: E,
    is_first: bool,
}

impl<E: Elements> Writing<E> {
    async fn batch(
        &mut self,
        after: Option<Position>,
    ) -> Result<(String, Option<Position>), Error> {
        let Listing {
            backend,
            actor,
            filter,
        } = &self.listing;
        let (sessions, next) = export(backend, actor, filter, SessionOrder::Newest, after).await?;
        let mut text = String::new();
        for element in self.elements.of(&self.listing, &sessions).await? {
            if !std::mem::take(&mut self.is_first) {
                text.push(',');
            }
            text.push_str(&element);
        }
        if next.is_none() {
            text.push_str(E::AROUND.1);
        }
        Ok((text, next))
    }
}
