//! What a sender says of a file: `Upload-Metadata` of tus, and single values of it. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::Error;
use domain::files::FileKind;
use domain::projects::ProjectId;
use domain::sessions::delivery::{AboutFile, AboutSession, Delivery};

/// The pairs of an `Upload-Metadata` header; None if it cannot be read. A key without a value has an empty one.
pub(super) fn pairs(header: &str) -> Option<Vec<(String, String)>> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in header
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        if pairs.iter().any(|(known, _)| known == key) {
            return None;
        }
        pairs.push((key.to_owned(), value));
    }
    Some(pairs)
}

/// The delivery that the pairs speak of, and the project that they name. Keys that mean nothing here are passed over,
/// and empty values mean nothing.
pub(super) fn delivery(
    project: ProjectId,
    source: &str,
    pairs: &[(String, String)],
    size: Option<u64>,
) -> Result<(Delivery, Option<String>), Error> {
    let value = |keys: &[&str]| {
        let found = keys
            .iter()
            .find_map(|wanted| pairs.iter().find(|(key, _)| key == wanted));
        found
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    let name = value(&["filename", "name"])
        .ok_or_else(|| Error::invalid("filename", "Upload-Metadata needs a filename"))?;
    let delivery = Delivery {
        project,
        source: source.to_owned(),
        external_id: value(&["external_id"]),
        session: AboutSession {
            room: value(&["room"]),
            conference_number: value(&["conference_number", "session"]),
            started_at: time("started_at", value(&["started_at"]).as_deref())?,
            ended_at: time("ended_at", value(&["ended_at"]).as_deref())?,
            title: value(&["title"]),
        },
        file: AboutFile {
            name,
            kind: kind(value(&["kind"]).as_deref())?,
            size,
            is_secure: secure(value(&["secure"]).as_deref())?,
            ..AboutFile::default()
        },
    };
    Ok((delivery, value(&["project"])))
}

pub(super) fn time(field: &str, text: Option<&str>) -> Result<Option<DateTime<Utc>>, Error> {
    text.map(|text| {
        DateTime::parse_from_rfc3339(text)
            .map(|time| time.to_utc())
            .map_err(|_| {
                Error::invalid(field, "write it as in RFC 3339, like 2026-03-04T09:30:00Z")
            })
    })
    .transpose()
}

pub(super) fn kind(text: Option<&str>) -> Result<Option<FileKind>, Error> {
    text.map(|text| {
        text.parse().map_err(|()| {
            let kinds = FileKind::ALL.map(FileKind::as_str).join(", ");
            Error::invalid("kind", format!("it is one of {kinds}"))
        })
    })
    .transpose()
}

/// Whether the file is marked secure. SECURITY: what is neither yes nor no is refused, and not taken for no.
pub(super) fn secure(text: Option<&str>) -> Result<bool, Error> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::invalid("secure", "it is true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_as_tus_writes_it() {
        let read = pairs("filename cmVjLm1wNA==,room Ym9hcmQ=, is_final,kind bGl2ZQ==").unwrap();
        assert_eq!(read[0], ("filename".to_owned(), "rec.mp4".to_owned()));
        assert_eq!(read[2], ("is_final".to_owned(), String::new()));
        let project = ProjectId::from_uuid(uuid::Uuid::nil());
        let (said, _) = delivery(project, "upload", &read, Some(7)).unwrap();
        assert_eq!(said.file.kind, Some(FileKind::Live));
        assert_eq!(said.session.room.as_deref(), Some("board"));
        assert!(!said.file.is_secure);
        let marked = pairs("filename cmVjLm1wNA==,secure dHJ1ZQ==").unwrap();
        assert!(
            delivery(project, "upload", &marked, None)
                .unwrap()
                .0
                .file
                .is_secure
        );
        assert_eq!(pairs("").unwrap(), []);
        for broken in ["filename !", "a YQ==,a YQ==", "a /w=="] {
            assert_eq!(pairs(broken), None, "{broken}");
        }
        for (key, value) in [
            ("kind", "x"),
            ("secure", "yes"),
            ("started_at", "now"),
            ("filename", ""),
        ] {
            let mut pairs = vec![(key.to_owned(), value.to_owned())];
            if key != "filename" {
                pairs.push(("filename".to_owned(), "a.mp4".to_owned()));
            }
            assert!(delivery(project, "upload", &pairs, None).is_err(), "{key}");
        }
    }
}
