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

/// The portal's colours and sizes, and what this page makes of them.
const STYLE: &str = concat!(
    include_str!("../../../../style/tokens.css"),
    include_str!("docs.css")
);

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
    let mut links = String::new();
    let mut body = String::new();
    for (tag, operations) in chapters(document) {
        let name = escaped(text(&tag["name"]));
        let id = name.replace(' ', "-");
        links += &format!("<h2><a href=\"#tag-{id}\">{name}</a></h2><ul>");
        body += &format!("<h2 id=\"tag-{id}\">{name}</h2>{}", paragraph(tag));
        for operation in &operations {
            links += &format!(
                "<li><a href=\"#{}\">{}{}</a></li>",
                operation.id,
                method(operation),
                escaped(operation.summary)
            );
            body += &section(document, operation);
        }
        links += "</ul>";
    }
    let (names, shapes) = objects(document);
    links += &format!("<h2><a href=\"#objects\">Objects</a></h2><ul>{names}</ul>");
    let about = rich(text(&document["info"]["description"]));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Reelgate API</title><style>{STYLE}</style></head><body>\
         <a class=\"skip\" href=\"#content\">Skip to content</a>\
         <nav class=\"side\" aria-label=\"Contents\"><p class=\"brand\">Reelgate API</p>{links}</nav>\
         <details class=\"menu\"><summary>Contents</summary><nav aria-label=\"Contents\">{links}</nav></details>\
         <main id=\"content\"><h1>Reelgate API</h1><p class=\"lead\">{about}</p>\
         <pre tabindex=\"0\"><code>curl --user IDENTIFIER:SECRET https://your.host{PREFIX}/sessions</code></pre>\
         <p>Every refusal is a <a href=\"#Problem\">Problem</a> (RFC 9457) with the request’s id. Lists come in pages: \
         <code>next</code> of an answer is the <code>cursor</code> of the following request. Programs and generators read the \
         <a href=\"{PREFIX}/openapi.json\">OpenAPI document</a>.</p>\
         {body}<h2 id=\"objects\">Objects</h2>{shapes}</main></body></html>"
    )
}

/// Links to the objects, and the objects.
fn objects(document: &Value) -> (String, String) {
    let (mut names, mut shapes) = (String::new(), String::new());
    let schemas = document["components"]["schemas"].as_object();
    for (name, schema) in schemas.into_iter().flatten() {
        let name = escaped(name);
        names += &format!("<li><a href=\"#{name}\">{name}</a></li>");
        shapes += &format!("<section id=\"{name}\"><h3>{name}</h3>");
        shapes += &paragraph(schema);
        shapes += &members(schema);
        shapes += "</section>";
    }
    (names, shapes)
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    id: &'a str,
    tag: &'a str,
    summary: &'a str,
    value: &'a Value,
}

/// The document's tags in their order, each with its operations: reads before changes.
fn chapters(document: &Value) -> Vec<(&Value, Vec<Operation<'_>>)> {
    let mut found = Vec::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for method in ["get", "head", "options", "post", "put", "patch", "delete"] {
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
    let tags = document["tags"].as_array().into_iter().flatten();
    tags.map(|tag| {
        let of_tag = |operation: &mut Operation<'_>| operation.tag == text(&tag["name"]);
        (tag, found.extract_if(.., of_tag).collect())
    })
    .collect()
}

fn method(operation: &Operation) -> String {
    let method = operation.method;
    format!(
        "<b class=\"method {method}\">{}</b> ",
        method.to_uppercase()
    )
}

fn section(document: &Value, operation: &Operation) -> String {
    let Operation { path, id, .. } = operation;
    let mut html = format!(
        "<section id=\"{id}\"><h3>{}</h3><p class=\"call\">{}<code>{PREFIX}{}</code></p>",
        escaped(operation.summary),
        method(operation),
        escaped(path)
    );
    html += &paragraph(operation.value);
    let mut rows = String::new();
    let parameters = operation.value["parameters"].as_array();
    for parameter in parameters.into_iter().flatten() {
        let is_required = parameter["required"].as_bool() == Some(true);
        let kind = format!(
            "{}{} · {}",
            kind(&parameter["schema"]),
            limits(&parameter["schema"]),
            text(&parameter["in"])
        );
        rows += &row(
            text(&parameter["name"]),
            &kind,
            is_required,
            text(&parameter["description"]),
        );
    }
    html += &list("Parameters", &rows);
    html += &sent(document, &operation.value["requestBody"]);
    html + &answers(operation.value) + "</section>"
}

/// What a request's body holds.
fn sent(document: &Value, body: &Value) -> String {
    let content = body["content"].as_object();
    let Some((media, content)) = content.and_then(|content| content.iter().next()) else {
        return String::new();
    };
    let schema = &content["schema"];
    let shape = if schema.is_null() {
        String::new()
    } else {
        members(resolved(document, schema))
    };
    format!(
        "<h4>Body <span>{}</span></h4>{}{shape}",
        escaped(media),
        paragraph(body)
    )
}

/// What comes back: first what is hoped for, and the refusals for whoever wants to read them.
fn answers(operation: &Value) -> String {
    let (mut good, mut refused, mut count) = (String::new(), String::new(), 0);
    let responses = operation["responses"].as_object();
    for (status, response) in responses.into_iter().flatten() {
        let content = response["content"].as_object();
        let shape = content
            .and_then(|content| content.values().next())
            .map_or_else(String::new, |content| kind(&content["schema"]));
        let mut row = format!(
            "<div><dt><code class=\"status s{}\">{status}</code> {shape}</dt><dd>{}",
            status.get(..1).unwrap_or_default(),
            rich(text(&response["description"]))
        );
        let headers = response["headers"].as_object();
        let headers: Vec<String> = headers
            .into_iter()
            .flatten()
            .map(|(name, _)| format!("<code>{}</code>", escaped(name)))
            .collect();
        if !headers.is_empty() {
            row += &format!("<p class=\"with\">with {}</p>", headers.join(", "));
        }
        row += "</dd></div>";
        if status.starts_with(['4', '5']) {
            refused += &row;
            count += 1;
        } else {
            good += &row;
        }
    }
    format!(
        "{}<details><summary>{count} refusals</summary><dl>{refused}</dl></details>",
        list("Answers", &good)
    )
}

fn paragraph(value: &Value) -> String {
    let description = text(&value["description"]);
    if description.is_empty() {
        String::new()
    } else {
        format!("<p>{}</p>", rich(description))
    }
}

fn members(schema: &Value) -> String {
    let required = schema["required"].as_array();
    let mut rows = String::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = required.is_some_and(|required| required.iter().any(|one| one == name));
        let kind = format!("{}{}", kind(member), limits(member));
        rows += &row(name, &kind, is_required, text(&member["description"]));
    }
    if rows.is_empty() {
        return format!("<p class=\"kind\">{}</p>", kind(schema));
    }
    list("", &rows)
}

/// A type in a few words, as HTML.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        let name = escaped(name);
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            format!("<code>{}</code>", escaped(&value))
        });
        return values.collect::<Vec<_>>().join(" | ");
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
    // What a number is stored in is nobody's business.
    let format = schema["format"]
        .as_str()
        .filter(|format| !format.starts_with("int"));
    let mut shown = match format {
        Some(format) => types.join(" or ").replace("string", &escaped(format)),
        None => types.join(" or "),
    };
    if !schema["items"].is_null() {
        shown += &format!(" of {}", kind(&schema["items"]));
    }
    shown
}

/// How long or large a value may be, and what it is when it is left out.
fn limits(schema: &Value) -> String {
    // Bounds of the machine's numbers are none of the API.
    let number = |name: &str| {
        schema[name]
            .as_u64()
            .filter(|value| *value < i64::MAX as u64)
    };
    let range = |least: Option<u64>, most: Option<u64>, unit: &str| match (least, most) {
        (Some(least), Some(most)) if least == most => format!(", {most}{unit}"),
        (Some(least), Some(most)) if least > 0 => format!(", {least} to {most}{unit}"),
        (_, Some(most)) => format!(", at most {most}{unit}"),
        (Some(least), None) if least > 0 && unit.is_empty() => format!(", at least {least}"),
        _ => String::new(),
    };
    let mut shown = range(number("minimum"), number("maximum"), "");
    shown += &range(number("minLength"), number("maxLength"), " characters");
    shown += &range(number("minItems"), number("maxItems"), " items");
    if !schema["default"].is_null() {
        let default = &schema["default"];
        let default = default
            .as_str()
            .map_or_else(|| default.to_string(), str::to_owned);
        shown += &format!(", default {}", escaped(&default));
    }
    shown
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    reference(schema).map_or(schema, |name| &document["components"]["schemas"][name])
}

fn list(title: &str, rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let title = if title.is_empty() {
        String::new()
    } else {
        format!("<h4>{title}</h4>")
    };
    format!("{title}<dl>{rows}</dl>")
}

/// `kind` is HTML.
fn row(name: &str, kind: &str, is_required: bool, meaning: &str) -> String {
    let required = if is_required {
        " <b class=\"required\">required</b>"
    } else {
        ""
    };
    format!(
        "<div><dt><code>{}</code>{required}</dt><dd><p class=\"kind\">{kind}</p>{}</dd></div>",
        escaped(name),
        rich(meaning)
    )
}

/// Text as HTML; what stands between backticks is code.
fn rich(text: &str) -> String {
    let text = escaped(text);
    let mut html = String::new();
    for (number, part) in text.split('`').enumerate() {
        html += &if number % 2 == 1 {
            format!("<code>{part}</code>")
        } else {
            part.to_owned()
        };
    }
    html
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
