//! The published document is the one that the routes make (R153).

use std::path::Path;

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
