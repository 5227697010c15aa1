//! The title of a page, which the browser shows on its tab.

use leptos::prelude::*;

/// Names the page.
///
/// SECURITY: in place of `leptos_meta::Title`, which writes its text into the document as it is: `</title>` in the name of
/// a room or project would end the title, and begin elements of the page (R079).
#[component]
pub(crate) fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    view! { <leptos_meta::Title text=escaped(&text) /> }
}

/// As text of an element that holds no others.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_in_a_title_ends_it() {
        assert_eq!(
            escaped("Q&A </title><img src=x>"),
            "Q&amp;A &lt;/title>&lt;img src=x>"
        );
    }
}
