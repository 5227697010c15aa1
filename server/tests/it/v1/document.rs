//! The published document is the one that the routes make (R153).

use std::path::Path;

use domain::sessions::SessionFilter;
use server::api::v1::{document::text_of, openapi};

/// Run with `REGENERATE=1` when this fails and the change is meant: it then writes docs/openapi.json.
#[test]
fn the_committed_document_is_the_servers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let made = text_of(&openapi());
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == made,
        "docs/openapi.json is not what the routes say; docs/adding-a-feature.md says what to do"
    );
}

/// Lists of sessions and of files can be narrowed by whatever narrows the Recordings report.
#[test]
fn lists_have_every_filter_of_the_report() {
    let SessionFilter {
        project: _,
        room: _,
        conference_number: _,
        from: _,
        until: _,
        kinds: _,
        text: _,
    } = SessionFilter::default();
    let filters = [
        "project",
        "room",
        "conference_number",
        "from",
        "until",
        "kind",
        "text",
    ];
    let document = serde_json::to_value(openapi()).unwrap();
    for path in ["/sessions", "/files"] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array();
        let names: Vec<_> = parameters
            .unwrap()
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        for filter in filters.iter().chain(&["order", "cursor", "limit"]) {
            assert!(names.contains(filter), "{path} {filter}");
        }
    }
}
