//! What should have come with a session and has not, in sentences.

use domain::sessions::completeness::{Expected, Gap, Standing};
use leptos::prelude::*;

use crate::ui::{Icon, Shape, visible};

/// Nothing where all is there.
#[component]
pub(super) fn Gaps(gaps: Vec<Gap>) -> impl IntoView {
    let standing = gaps.first()?.standing;
    let intro = match standing {
        Standing::Awaited => {
            "Not all is here yet. What belongs to a session comes within two hours of its end."
        }
        Standing::Missing => {
            "Not all came with this session, though it ended more than two hours ago."
        }
    };
    Some(view! {
        <aside class="session-gaps" aria-label="What is not here">
            <Icon shape=Shape::Warning />
            <div>
                <p>{intro}</p>
                <ul>{gaps.into_iter().map(|gap| view! { <li>{sentence(&gap)}</li> }).collect_view()}</ul>
            </div>
        </aside>
    })
}

fn sentence(gap: &Gap) -> String {
    let is_awaited = gap.standing == Standing::Awaited;
    let came = |what: &str| {
        if is_awaited {
            format!("{what} has come yet.")
        } else {
            format!("{what} came with this session.")
        }
    };
    match &gap.expected {
        Expected::Recording => came("No recording"),
        Expected::Chat => came("No chat script"),
        Expected::Metadata => came("No metadata").replace('.', ", so nothing says who took part."),
        Expected::Individual { number, name } => format!(
            "The individual recording of participant {number}, \u{2068}{}\u{2069}, is {}.",
            visible(name),
            if is_awaited {
                "not here yet"
            } else {
                "missing, though the metadata names them"
            }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gap_is_a_sentence() {
        let told = |expected, standing| sentence(&Gap { expected, standing });
        assert_eq!(
            told(Expected::Chat, Standing::Awaited),
            "No chat script has come yet."
        );
        assert_eq!(
            told(Expected::Metadata, Standing::Missing),
            "No metadata came with this session, so nothing says who took part."
        );
        let individual = Expected::Individual {
            number: 2,
            name: "Bo\u{202e}".to_owned(),
        };
        assert_eq!(
            told(individual, Standing::Missing),
            "The individual recording of participant 2, \u{2068}Bo\u{fffd}\u{2069}, is missing, though the metadata names them."
        );
    }
}
