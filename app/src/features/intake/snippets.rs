//! What is written where at the sender, ready to be copied.

use domain::intake::{SourceKind, SourceSettings};
use leptos::prelude::*;

use crate::ui::CopyButton;

/// The receiver's address, and what the sender is told.
#[component]
pub(super) fn SetUp(
    kind: SourceKind,
    receiver: Option<String>,
    settings: SourceSettings,
) -> impl IntoView {
    let steps = steps(kind, receiver.as_deref().unwrap_or_default(), &settings);
    view! {
        <section class="panel" aria-labelledby="set-up">
            <h2 id="set-up">{if receiver.is_some() { "At the sender" } else { "How to leave files" }}</h2>
            {receiver
                .map(|receiver| {
                    view! {
                        <dl class="facts">
                            <div>
                                <dt>"Address to call"</dt>
                                <dd>
                                    <code data-value="">{receiver.clone()}</code>
                                    <CopyButton text=receiver label="Copy the address" />
                                </dd>
                            </div>
                        </dl>
                    }
                })}
            {kind
                .has_secret_address()
                .then(|| {
                    view! {
                        <p class="panel-intro">
                            "Keep this address to yourselves: whoever knows it can announce recordings, though nothing is "
                            "taken that is none."
                        </p>
                    }
                })}
            {steps.into_iter().map(|step| view! { <Step step=step /> }).collect_view()}
        </section>
    }
}

struct Said {
    text: &'static str,
    code: Option<String>,
    /// Not to be copied as it stands.
    is_pattern: bool,
}

const fn say(text: &'static str, code: Option<String>) -> Said {
    Said {
        text,
        code,
        is_pattern: false,
    }
}

#[component]
fn Step(step: Said) -> impl IntoView {
    view! {
        <p class="panel-intro">{step.text}</p>
        {step
            .code
            .map(|code| {
                view! {
                    <div class="snippet">
                        <pre tabindex="0"><code data-value="">{code.clone()}</code></pre>
                        {(!step.is_pattern).then(|| view! { <CopyButton text=code label="Copy these lines" /> })}
                    </div>
                }
            })}
    }
}

fn steps(kind: SourceKind, receiver: &str, settings: &SourceSettings) -> Vec<Said> {
    match kind {
        SourceKind::Livekit => vec![
            say(
                "In the server's settings (livekit.yaml), then restart it. In LiveKit Cloud: Settings, Webhooks.",
                Some(format!("webhook:\n  api_key: {}\n  urls:\n    - {receiver}", settings.api_key)),
            ),
            say("Only egress_ended brings a recording; all other events may come along.", None),
        ],
        SourceKind::Bigbluebutton => {
            let encoded = crate::routes::paths::encoded(receiver);
            vec![
                say(
                    "With each create call, as a parameter:",
                    Some(format!("meta_bbb-recording-ready-url={encoded}")),
                ),
                say(
                    "Or not at all: the server is asked for new recordings every five minutes. Switch the video format on:",
                    Some("sudo apt install bbb-playback-video\nsudo systemctl restart bbb-rap-resque-worker".to_owned()),
                ),
            ]
        }
        SourceKind::Vonage => vec![say(
            "In the dashboard: the project, Archiving, Archive status callback URL. Paste the address above; with HTTP \
             authentication if you gave a user name here.",
            None,
        )],
        SourceKind::Enablex => vec![say(
            "In the EnableX portal: the project, Settings, Notification URL. Paste the address above; tick HTTP \
             authentication if you gave a user name here. What a lost notification would have told is found in the archive.",
            None,
        )],
        SourceKind::Folder => vec![
            Said {
                text: "A file is taken when it has stood still for ten seconds, and its media reads clean or a marker stands \
                 beside it. Write under a name that begins with a dot, then rename. Any of these places:",
                is_pattern: true,
                code: Some(
                    [
                        "<room>/<conference number>/<file>.mp4",
                        "<Jibri's session>/<name>.mp4 with metadata.json",
                        "<file>.mp4 with LiveKit's <egress id>.json",
                        "<file>.mp4 with <file>.mp4.json or <file>.mp4.done",
                    ]
                    .join("\n"),
                ),
            },
            say(
                "A sidecar of your own may say more:",
                Some(r#"{"room":"Board","conference_number":"42","title":"Q3","started_at":"2026-11-21T10:00:00Z"}"#.to_owned()),
            ),
        ],
    }
}
