//! The OpenAPI document as one page for people: our own, so that nothing is loaded from elsewhere and no script runs.

#![expect(
    clippy::format_push_string,
    reason = "the page is made once, and reads as HTML this way"
)]

use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::PREFIX;

const STYLE: &str = include_str!("docs.css");

/// The page, made once.
pub(super) struct Page {
    html: String,
    policy: HeaderValue,
}

impl Page {
    pub(super) fn of(document: &Value) -> Self {
        let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Self {
            html: page(document),
            policy: HeaderValue::from_str(&policy).expect("base64 is ASCII"),
        }
    }

    pub(super) fn answer(&self) -> Response {
        let mut response = Html(self.html.clone()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}

fn page(document: &Value) -> String {
    let operations = operations(document);
    let mut links = String::new();
    let mut body = String::new();
    let mut tag = "";
    for operation in &operations {
        if operation.tag != tag {
            tag = operation.tag;
            links += &format!("</ul><h2>{}</h2><ul>", escaped(tag));
            body += &format!("<h2>{}</h2>", escaped(tag));
        }
        links += &format!(
            "<li><a href=\"#{}\">{}</a></li>",
            operation.id,
            escaped(operation.summary)
        );
        body += &section(document, operation);
    }
    let schemas = document["components"]["schemas"].as_object();
    let mut shapes = String::from("<h2>Objects</h2>");
    for (name, schema) in schemas.into_iter().flatten() {
        let name = escaped(name);
        shapes += &format!("<section id=\"{name}\"><h3>{name}</h3>");
        shapes += &paragraph(schema);
        shapes += &members(schema);
        shapes += "</section>";
    }
    let about = escaped(text(&document["info"]["description"]));
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Reelgate API</title><style>{STYLE}</style><body>\
         <nav aria-label=\"Operations\"><ul>{links}</ul></nav>\
         <main><h1>Reelgate API</h1><p>{about}</p>\
         <p><a href=\"{PREFIX}/openapi.json\">OpenAPI document</a></p>\
         <pre>curl --user IDENTIFIER:SECRET https://your.host{PREFIX}/sessions</pre>{body}{shapes}</main></body></html>"
    )
    .replace("<ul></ul><h2>", "<h2>")
    .replacen("<ul></ul>", "", 1)
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    id: &'a str,
    tag: &'a str,
    summary: &'a str,
    value: &'a Value,
}

/// In the order of the tags' first paths, reads before changes.
fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(value) = item.get(method) else {
                continue;
            };
            found.push(Operation {
                method,
                path,
                id: text(&value["operationId"]),
                tag: text(&value["tags"][0]),
                summary: text(&value["summary"]),
                value,
            });
        }
    }
    found.sort_by_key(|operation| operation.tag);
    found
}

fn section(document: &Value, operation: &Operation) -> String {
    let Operation {
        method, path, id, ..
    } = operation;
    let mut html = format!(
        "<section id=\"{id}\"><h3>{}</h3><p class=\"call\"><b>{}</b> <code>{PREFIX}{}</code></p>",
        escaped(operation.summary),
        method.to_uppercase(),
        escaped(path)
    );
    html += &paragraph(operation.value);
    let parameters = operation.value["parameters"].as_array();
    let mut rows = String::new();
    for parameter in parameters.into_iter().flatten() {
        let schema = &parameter["schema"];
        let is_required = parameter["required"].as_bool() == Some(true);
        rows += &row(
            text(&parameter["name"]),
            &kind(schema),
            &format!(
                "{}{}",
                escaped(text(&parameter["description"])),
                if is_required { " Required." } else { "" }
            ),
        );
    }
    html += &table("Parameters", ["Name", "Type", "Meaning"], &rows);
    let sent = &operation.value["requestBody"]["content"]["application/json"]["schema"];
    if !sent.is_null() {
        html += &format!("<h4>Body</h4>{}", members(resolved(document, sent)));
    }
    let mut rows = String::new();
    let responses = operation.value["responses"].as_object();
    for (status, response) in responses.into_iter().flatten() {
        let content = response["content"].as_object();
        let shape = content
            .and_then(|content| content.values().next())
            .map_or_else(String::new, |content| kind(&content["schema"]));
        rows += &row(status, &shape, &escaped(text(&response["description"])));
    }
    html += &table("Answers", ["Status", "Body", "Meaning"], &rows);
    html + "</section>"
}

fn paragraph(value: &Value) -> String {
    let description = text(&value["description"]);
    if description.is_empty() {
        String::new()
    } else {
        format!("<p>{}</p>", escaped(description))
    }
}

fn members(schema: &Value) -> String {
    let required = schema["required"].as_array();
    let mut rows = String::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = required.is_some_and(|required| required.iter().any(|one| one == name));
        let mut meaning = escaped(text(&member["description"]));
        if !is_required {
            meaning += " <i>May be missing.</i>";
        }
        rows += &row(name, &kind(member), &meaning);
    }
    if rows.is_empty() {
        return format!("<p><code>{}</code></p>", kind(schema));
    }
    table("", ["Member", "Type", "Meaning"], &rows)
}

/// A type in a few words, as HTML.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        let name = escaped(name);
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values
            .iter()
            .map(|value| {
                escaped(
                    &value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned),
                )
            })
            .collect();
        return values.join(" | ");
    }
    for any in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[any].as_array() {
            return parts.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let mut shown = types.join(" or ");
    if let Some(format) = schema["format"].as_str() {
        shown += &format!(" ({})", escaped(format));
    }
    if !schema["items"].is_null() {
        shown += &format!(" of {}", kind(&schema["items"]));
    }
    shown
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    reference(schema).map_or(schema, |name| &document["components"]["schemas"][name])
}

fn table(title: &str, heads: [&str; 3], rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let title = if title.is_empty() {
        String::new()
    } else {
        format!("<h4>{title}</h4>")
    };
    let heads = heads
        .map(|head| format!("<th scope=\"col\">{head}</th>"))
        .concat();
    format!(
        "{title}<div class=\"wide\" tabindex=\"0\"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

/// `kind` and `meaning` are HTML.
fn row(name: &str, kind: &str, meaning: &str) -> String {
    format!(
        "<tr><td><code>{}</code></td><td>{kind}</td><td>{meaning}</td></tr>",
        escaped(name)
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
