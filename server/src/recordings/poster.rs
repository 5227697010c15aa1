//! `GET /video/insights/recordings/{session}/poster`: the picture of a session.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::sessions::posters;
use domain::{Actor, Backend, Error};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};

use super::refused;

pub(super) async fn answer(
    State(backend): State<Backend>,
    Extension(actor): Extension<Actor>,
    Path(session): Path<String>,
) -> Response {
    let Ok(session) = session.parse() else {
        return refused(Error::NotFound("picture"));
    };
    match posters::get(&backend, &actor, session).await {
        Ok(jpeg) => {
            let mut response = Response::new(Body::from(jpeg));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
            // Twenty-five on a page, each on the way back to it again; nobody in between may keep one.
            headers.insert(
                CACHE_CONTROL,
                HeaderValue::from_static("private, max-age=600"),
            );
            headers.insert(VARY, HeaderValue::from_static("Cookie"));
            response
        }
        Err(error) => refused(error),
    }
}
