//! The parameters of a request: those of the query and those of the body, in whatever form and order they come.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::request::Parts;
use http::header::CONTENT_TYPE;
use url::form_urlencoded::parse;

use super::caller::API_KEY;
use super::errors::{Code, Refused};
use super::methods::{COMMON, Operation};

/// Bytes of a body. Its longest parameters are lists of ids.
const MAX_BODY: usize = 256 * 1024;
/// Parameters of a request: more than twice as many as any method has.
const MAX_FIELDS: usize = 50;

/// Names and values, decoded. No name is there twice, and none without a value.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

/// Whether a query has an API key.
pub(super) fn has_key(query: &str) -> bool {
    parse(query.as_bytes()).any(|(name, _)| name == API_KEY)
}

impl Parameters {
    /// Reads all of a request.
    pub(super) async fn read(parts: &Parts, body: Body) -> Result<Self, Refused> {
        let mut parameters = Self::default();
        parameters.take_urlencoded(parts.uri.query().unwrap_or_default().as_bytes())?;
        // Whole, and before it is looked at, so that one limit holds for every form.
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| {
            Refused::new(
                Code::TooLarge,
                format!("the body is longer than {MAX_BODY} bytes, or it broke off."),
            )
        })?;
        if body.is_empty() {
            return Ok(parameters);
        }
        let kind = parts.headers.get(CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok());
        let media = kind.and_then(|text| text.split(';').next());
        match media
            .map(|text| text.trim().to_ascii_lowercase())
            .as_deref()
        {
            Some("application/x-www-form-urlencoded") | None => {
                parameters.take_urlencoded(&body)?;
            }
            Some("multipart/form-data") => {
                let mut request = Request::new(Body::from(body));
                *request.headers_mut() = parts.headers.clone();
                parameters.take_multipart(request).await?;
            }
            Some(_) => {
                return Err(Refused::new(
                    Code::InvalidArguments,
                    "the body must be application/x-www-form-urlencoded or multipart/form-data.",
                ));
            }
        }
        Ok(parameters)
    }

    fn take_urlencoded(&mut self, text: &[u8]) -> Result<(), Refused> {
        parse(text).try_for_each(|(name, value)| self.take(&name, &value))
    }

    async fn take_multipart(&mut self, request: Request) -> Result<(), Refused> {
        let unreadable =
            || Refused::new(Code::InvalidArguments, "the multipart body cannot be read.");
        let mut fields = Multipart::from_request(request, &())
            .await
            .map_err(|_| unreadable())?;
        while let Some(field) = fields.next_field().await.map_err(|_| unreadable())? {
            let name = field.name().ok_or_else(unreadable)?.to_owned();
            let value = field.bytes().await.map_err(|_| unreadable())?;
            let value = std::str::from_utf8(&value).map_err(|_| unreadable())?;
            self.take(&name, value)?;
        }
        Ok(())
    }

    /// Keeps one. What is empty is not there. SECURITY: of two different values each reader may take another one.
    fn take(&mut self, name: &str, value: &str) -> Result<(), Refused> {
        if value.contains('\0') {
            return Err(Refused::new(
                Code::InvalidArguments,
                "no parameter holds a NUL.",
            ));
        }
        if value.is_empty() {
            return Ok(());
        }
        match self.text(name) {
            Some(other) if other == value => return Ok(()),
            Some(_) => {
                return Err(Refused::new(
                    Code::InvalidArguments,
                    format!("{} is there twice, with different values.", shown(name)),
                ));
            }
            None => {}
        }
        if self.0.len() == MAX_FIELDS {
            return Err(Refused::new(
                Code::TooLarge,
                format!("there are more than {MAX_FIELDS} parameters."),
            ));
        }
        self.0.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// The value of one, if it is there.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// Whether the method takes all of them.
    pub(super) fn are_known(&self, operation: Operation) -> Result<(), Refused> {
        let is_known =
            |name: &str| COMMON.contains(&name) || operation.parameters().contains(&name);
        match self.0.iter().find(|(name, _)| !is_known(name)) {
            None => Ok(()),
            Some((name, _)) => Err(Refused::new(
                Code::InvalidArguments,
                format!("{} does not take {}.", operation.name(), shown(name)),
            )),
        }
    }

    #[cfg(test)]
    pub(super) fn given(pairs: &[(&str, &str)]) -> Self {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            parameters.take(name, value).unwrap();
        }
        parameters
    }
}

/// A name as an answer repeats it, if it could be one.
fn shown(name: &str) -> String {
    let is_name = name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name && !name.is_empty() {
        format!("the parameter '{name}'")
    } else {
        "a parameter".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_value() {
        let mut parameters = Parameters::given(&[("a", "1"), ("b", ""), ("a", "1")]);
        assert_eq!(
            (parameters.text("a"), parameters.text("b")),
            (Some("1"), None)
        );
        let refused = |refused: Result<(), Refused>| refused.unwrap_err().code();
        assert_eq!(refused(parameters.take("a", "2")), Code::InvalidArguments);
        assert_eq!(refused(parameters.take("c", "\0")), Code::InvalidArguments);
        for n in 1..MAX_FIELDS {
            parameters.take(&format!("x{n}"), "1").unwrap();
        }
        assert_eq!(refused(parameters.take("last", "1")), Code::TooLarge);
    }

    #[test]
    fn only_known_parameters_are_taken() {
        let known =
            Parameters::given(&[("cmd", "DeleteKey"), ("account_id", "1"), ("key_id", "2")]);
        known.are_known(Operation::DeleteKey).unwrap();
        let refused = known.are_known(Operation::DeleteRecord).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArguments);
        assert_eq!(shown("<script>"), "a parameter");
    }

    #[test]
    fn a_key_in_a_query_is_seen_however_it_is_written() {
        assert!(has_key("a=1&api_key=x"));
        assert!(has_key("api%5Fkey="));
        assert!(!has_key("a=api_key"));
    }
}
