//! What the query of an address says, read where no page is being rendered.

use domain::Problem;
use domain::sessions::{SessionFilter, SessionOrder};
use leptos::server_fn::error::ServerFnUrlError;
use leptos_router::params::ParamsMap;

use crate::error::UiError;
use crate::features::sessions::ReportQuery;
use crate::flash::Flash;

/// What a form that was posted without JavaScript left in the query of the page it came back to (`__path` and
/// `__err` of `server_fn`): the flash, and the query without it. None if there is nothing of that kind.
pub fn take_refusal(query: &str) -> Option<(Flash, String)> {
    let (mut path, mut error, mut rest) = (None, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("__path", value)) => path = decoded(value),
            Some(("__err", value)) => error = decoded(value),
            _ => rest.push(pair),
        }
    }
    let error = ServerFnUrlError::<UiError>::decode_err(&error?);
    let flash = Flash::Problems {
        form: path?,
        error,
        typed: Vec::new(),
    };
    Some((flash, rest.join("&")))
}

/// What the query of the report's address narrows it to, or what of it means nothing.
pub fn read_report(
    query: &str,
    zone: &chrono_tz::Tz,
) -> Result<(SessionFilter, SessionOrder), Vec<Problem>> {
    let mut map = ParamsMap::new();
    for (name, value) in fields(query) {
        map.insert(name, value);
    }
    let request = ReportQuery::of(&map).read(zone);
    if request.problems.is_empty() {
        Ok((request.filter, request.order))
    } else {
        Err(request.problems)
    }
}

/// Names and values of a form or query (`application/x-www-form-urlencoded`).
pub fn fields(text: &str) -> Vec<(String, String)> {
    let read = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (read(name), read(value))
        })
        .collect()
}

fn decoded(value: &str) -> Option<String> {
    percent_encoding::percent_decode_str(value)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_leaves_the_address() {
        let error = UiError::invalid("email", "Enter an address & more.");
        let url = ServerFnUrlError::new("/rpc/x", error.clone())
            .to_url("http://localhost/sign-in?next=%2Fa%3Fb")
            .unwrap();
        let (flash, rest) = take_refusal(url.query().unwrap()).unwrap();
        assert_eq!(
            flash,
            Flash::Problems {
                form: "/rpc/x".to_owned(),
                error,
                typed: Vec::new(),
            }
        );
        assert_eq!(rest, "next=%2Fa%3Fb");
        assert_eq!(take_refusal("next=%2F"), None);
        assert_eq!(take_refusal("__path=%2Fx"), None);
    }
}
