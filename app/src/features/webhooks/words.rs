//! States of endpoints and deliveries in words.

use domain::webhooks::DeliveryState;
use leptos::prelude::*;

use super::views::{DeliveryView, EndpointView};
use crate::ui::{Badge, Tone};

/// How an endpoint stands.
#[component]
pub(super) fn EndpointBadge(endpoint: EndpointView) -> impl IntoView {
    if endpoint.disabled.is_some() {
        view! { <Badge tone=Tone::Grey text="Off" /> }
    } else if endpoint.failing_since.is_some() {
        view! { <Badge tone=Tone::Amber text="Failing" /> }
    } else {
        view! { <Badge tone=Tone::Green text="On" /> }
    }
}

/// How a delivery stands.
#[component]
pub(super) fn DeliveryBadge(
    delivery: DeliveryView,
    /// Nothing is sent to its endpoint.
    is_off: bool,
) -> impl IntoView {
    match delivery.state {
        DeliveryState::Delivered => view! { <Badge tone=Tone::Green text="Delivered" /> },
        DeliveryState::Failed => view! { <Badge tone=Tone::Red text="Failed" /> },
        DeliveryState::Waiting if is_off => view! { <Badge tone=Tone::Grey text="Held" /> },
        DeliveryState::Waiting if delivery.attempts == 0 => {
            view! { <Badge tone=Tone::Blue text="Waiting" /> }
        }
        DeliveryState::Waiting => view! { <Badge tone=Tone::Amber text="Will be tried again" /> },
    }
}

/// What the last attempt came to.
pub(super) fn outcome(status: Option<u16>, error: Option<&str>) -> String {
    match (status, error) {
        (Some(status), _) => format!("Answered {status}"),
        (None, Some(error)) => error.to_owned(),
        (None, None) => "Not tried yet".to_owned(),
    }
}

/// What an outcome is called in the filter.
pub(super) const fn label(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "Waiting",
        DeliveryState::Delivered => "Delivered",
        DeliveryState::Failed => "Failed",
    }
}

/// JSON on several lines, for reading; what is no JSON comes back as it is.
pub(super) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_in_text, mut is_escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    while let Some(c) = characters.next() {
        if is_in_text {
            out.push(c);
            is_in_text = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if !matches!(characters.peek(), Some('}' | ']')) {
                    depth += 1;
                    begin_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                if !out.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    begin_line(&mut out, depth);
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                begin_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                is_in_text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn begin_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_and_its_texts_stay() {
        let json = r#"{"a":"x,{y}\":[","b":[],"c":{"d":[1,2]}}"#;
        let laid = "{\n  \"a\": \"x,{y}\\\":[\",\n  \"b\": [],\n  \"c\": {\n    \"d\": [\n      1,\n      2\n    ]\n  }\n}";
        assert_eq!(indented(json), laid);
        assert_eq!(indented("}}"), "\n}\n}");
    }
}
