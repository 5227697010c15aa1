//! What each kind of source is asked for, in groups: who it is, how its calls are proved, where its files lie.

use domain::intake::SourceKind;

/// A field of the form.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) is_secret: bool,
    /// Another one stands beside it where there is room.
    pub(super) is_half: bool,
}

impl Field {
    const fn half(self) -> Self {
        Self {
            is_half: true,
            ..self
        }
    }
}

/// Fields that belong together.
pub(super) struct Group {
    /// Empty: they need no title.
    pub(super) legend: &'static str,
    pub(super) note: &'static str,
    pub(super) fields: Vec<Field>,
}

const fn plain(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field {
        name,
        label,
        hint,
        is_secret: false,
        is_half: false,
    }
}

const fn secret(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field {
        is_secret: true,
        ..plain(name, label, hint)
    }
}

const fn group(legend: &'static str, note: &'static str, fields: Vec<Field>) -> Group {
    Group {
        legend,
        note,
        fields,
    }
}

const NAME: Field = plain(
    "name",
    "Name",
    "Of the server or project, as your team calls it.",
);
const FILES_USER: Field = plain(
    "files_user",
    "User name for the files",
    "For HTTP Basic. Empty: none is needed.",
)
.half();
const FILES_PASSWORD: Field = secret(
    "files_password",
    "Password for the files",
    "Sent to the host above, and to no other.",
)
.half();
const CALLBACK_USER: Field = plain(
    "callback_user",
    "User name of its calls",
    "As you give it to the sender.",
)
.half();
const CALLBACK_PASSWORD: Field = secret("callback_password", "Password of its calls", "").half();

/// The groups of a kind's form, in the order in which they are filled in.
pub(super) fn groups_of(kind: SourceKind) -> Vec<Group> {
    match kind {
        SourceKind::Livekit => livekit(),
        SourceKind::Bigbluebutton => bigbluebutton(),
        SourceKind::Vonage => vonage(),
        SourceKind::Enablex => enablex(),
        SourceKind::Folder => vec![group(
            "",
            "",
            vec![
                NAME,
                plain(
                    "folder",
                    "Folder",
                    "Its whole path, within a folder that the operator allows (REELGATE_INTAKE_FOLDERS).",
                ),
            ],
        )],
    }
}

fn livekit() -> Vec<Group> {
    let key = "The one under webhook: api_key in the server's settings.";
    vec![
        group("", "", vec![NAME]),
        group(
            "How its webhooks are verified",
            "",
            vec![
                plain("api_key", "API key", key).half(),
                secret("api_secret", "API secret", "The secret of that key.").half(),
            ],
        ),
        group(
            "Where its files are",
            "In a folder that this server can read, or at an address. One of them is enough.",
            vec![
                plain(
                    "folder",
                    "Folder of its files",
                    "The egress output, within a folder that the operator allows.",
                ),
                plain(
                    "path_prefix",
                    "How their paths begin",
                    "What stands before the folder's content in the egress' paths, such as /out/.",
                ),
                plain(
                    "files_url",
                    "Or the address of its files",
                    "Where they can be fetched, such as https://files.example.com/rec/.",
                ),
                FILES_USER,
                FILES_PASSWORD,
            ],
        ),
    ]
}

fn bigbluebutton() -> Vec<Group> {
    vec![
        group(
            "",
            "",
            vec![
                NAME,
                plain(
                    "server_url",
                    "Server address",
                    "Such as https://bbb.example.com/bigbluebutton/.",
                ),
                secret("api_secret", "Shared secret", ""),
            ],
        ),
        group(
            "Password of its files (optional)",
            "Only if the server asks for one before it hands out recordings.",
            vec![
                plain(
                    "files_url",
                    "Address of its files",
                    "Scheme and host, such as https://bbb.example.com.",
                ),
                FILES_USER,
                FILES_PASSWORD,
            ],
        ),
    ]
}

fn vonage() -> Vec<Group> {
    vec![
        group("", "", vec![NAME]),
        group(
            "Its API",
            "For archives in the vendor's cloud. Files in a bucket lie under the key, too.",
            vec![
                plain("api_key", "API key", "").half(),
                secret("api_secret", "API secret", "").half(),
                plain(
                    "server_url",
                    "API address",
                    "Empty: https://api.opentok.com.",
                ),
            ],
        ),
        group(
            "How its calls are proved (optional)",
            "The address that it calls has a secret part in any case.",
            vec![
                secret(
                    "signature_secret",
                    "Signature secret",
                    "If callbacks are signed; then unsigned ones are refused.",
                ),
                CALLBACK_USER,
                CALLBACK_PASSWORD,
            ],
        ),
        group(
            "Your bucket (optional)",
            "For archives that are uploaded to a bucket of yours. Its folder, if it is mounted here, or its address.",
            vec![
                plain(
                    "folder",
                    "Folder of the bucket's files",
                    "Within a folder that the operator allows.",
                ),
                plain(
                    "path_prefix",
                    "How their keys begin",
                    "What stands before the folder's content in the keys. As a rule empty.",
                ),
                plain(
                    "files_url",
                    "Or the address of the bucket's files",
                    "Where they can be fetched by HTTP.",
                ),
                FILES_USER,
                FILES_PASSWORD,
            ],
        ),
    ]
}

fn enablex() -> Vec<Group> {
    vec![
        group("", "", vec![NAME]),
        group(
            "Its project in the EnableX portal",
            "",
            vec![
                plain("api_key", "APP ID", "").half(),
                secret("api_secret", "APP KEY", "").half(),
                plain(
                    "server_url",
                    "API address",
                    "Empty: https://api.enablex.io. White labels have their own.",
                ),
            ],
        ),
        group(
            "How its calls are proved (optional)",
            "If the portal is told to use HTTP authentication. The address that it calls has a secret part in any case.",
            vec![CALLBACK_USER, CALLBACK_PASSWORD],
        ),
        group(
            "Where its files are",
            "",
            vec![
                plain(
                    "files_url",
                    "Address of its files",
                    "Scheme and host of the files' addresses, such as https://portal.example.com.",
                ),
                FILES_USER,
                FILES_PASSWORD,
            ],
        ),
    ]
}
