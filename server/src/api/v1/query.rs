//! Parameters of an address, read strictly: what is not known, comes twice or makes no sense is told beside its name.

use std::collections::HashSet;

use axum::extract::FromRequestParts;
use domain::{Error, Problem as FieldProblem};
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::api::problem::Problem;

/// What a list can be asked for.
pub(super) trait Parameters: Sized {
    /// Takes each parameter that there is, by its name.
    fn read(reader: &mut Reader) -> Self;
}

/// The query of the address.
pub(super) struct Query<T>(pub(super) T);

impl<S: Sync, T: Parameters> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut reader = Reader::of(parts.uri.query().unwrap_or_default());
        let read = T::read(&mut reader);
        reader.finish()?;
        Ok(Self(read))
    }
}

/// A query on its way to meaning something.
pub(super) struct Reader {
    pairs: Vec<(String, String)>,
    asked: HashSet<&'static str>,
    problems: Vec<FieldProblem>,
}

impl Reader {
    fn of(query: &str) -> Self {
        let mut reader = Self {
            pairs: Vec::new(),
            asked: HashSet::new(),
            problems: Vec::new(),
        };
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            let decoded = percent_decode_str(&text).decode_utf8().ok();
            decoded.map(std::borrow::Cow::into_owned)
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => reader.pairs.push((name, value)),
                _ => reader.complain("query", "This is not UTF-8."),
            }
        }
        reader
    }

    /// What a parameter says, if it is there; `expected` completes the sentence "This should be …".
    pub(super) fn one<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let mut found = self.many(name, expected, parse);
        if found.len() > 1 {
            self.complain(name, "This can be given once.");
        }
        found.pop()
    }

    /// The same of one that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let is_there = self.pairs.iter().any(|(found, _)| found == name);
        if !is_there {
            self.complain(name, &format!("This is missing. It should be {expected}."));
        }
        self.one(name, expected, parse)
    }

    /// The same of one that may come several times.
    pub(super) fn many<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        self.asked.insert(name);
        let values: Vec<Option<T>> = self
            .pairs
            .iter()
            .filter(|(found, _)| found == name)
            .map(|(_, value)| parse(value))
            .collect();
        if values.iter().any(Option::is_none) {
            self.complain(name, &format!("This should be {expected}."));
        }
        values.into_iter().flatten().collect()
    }

    fn complain(&mut self, field: &str, message: &str) {
        self.problems.push(FieldProblem {
            field: field.to_owned(),
            message: message.to_owned(),
        });
    }

    fn finish(mut self) -> Result<(), Error> {
        let is_unknown = |(name, _): &(String, String)| !self.asked.contains(name.as_str());
        if self.pairs.iter().any(is_unknown) {
            let mut known: Vec<&str> = self.asked.iter().copied().collect();
            known.sort_unstable();
            // The name itself may be anything, and is not repeated.
            let message = if known.is_empty() {
                "There are no parameters here.".to_owned()
            } else {
                format!(
                    "There is a parameter that is not known here. Known are: {}.",
                    known.join(", ")
                )
            };
            self.complain("query", &message);
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.problems))
        }
    }
}

/// For addresses without parameters.
pub(super) struct Nothing;

impl Parameters for Nothing {
    fn read(_: &mut Reader) -> Self {
        Self
    }
}
