//! Whether what was typed for a source can work: every wrong field at once.

use std::path::{Component, Path, PathBuf};

use super::{SourceDraft, SourceKind, SourceSecrets, SourceSettings};
use crate::accounts::actions::is_deceptive;
use crate::{Backend, Error, Problem, Secret};

/// Characters of a name at most.
const NAME_MAX: usize = 60;
/// Characters of any other field at most.
const FIELD_MAX: usize = 500;

/// The draft as it is stored: trimmed, without what its kind does not use.
pub(super) fn check(
    backend: &Backend,
    kind: SourceKind,
    draft: SourceDraft,
    known: Option<(&SourceSettings, &SourceSecrets)>,
) -> Result<SourceDraft, Error> {
    let mut problems = Problems::default();
    let settings = trimmed(kind, &draft.settings);
    let name = draft.name.trim().to_owned();
    problems.name(&name);
    let (secrets, gone) = kept(backend, draft.secrets, &settings, known);
    problems.again(kind, &settings, &gone);
    for (field, text) in fields(&settings) {
        problems.text(field, text);
    }
    for (field, secret) in [
        ("api_secret", &secrets.api),
        ("callback_password", &secrets.callback),
        ("signature_secret", &secrets.signature),
        ("files_password", &secrets.files),
    ] {
        problems.text(field, secret.reveal());
    }
    problems.needed(kind, &settings, &secrets);
    for (field, url) in [
        ("server_url", &settings.server_url),
        ("files_url", &settings.files_url),
    ] {
        if !url.is_empty()
            && let Err(error) = backend.outbound.check(url)
        {
            problems.add(field, error.to_string());
        }
    }
    problems.pairs(&settings, &secrets);
    if !settings.folder.is_empty()
        && let Err(message) = beneath(&backend.intake_folders, &settings.folder)
    {
        problems.add("folder", message);
    }
    if problems.0.is_empty() {
        Ok(SourceDraft {
            name,
            settings,
            secrets,
        })
    } else {
        Err(Error::Invalid(problems.0))
    }
}

/// Where a secret is not given anew because what it is for has changed.
const AGAIN: &str = "Enter it again: it was for another address or user name.";

/// Empty secrets leave those that are there, as long as they are for the same host and the same user. Those that are not
/// are gone: which ones, by their field.
///
/// SECURITY: whoever may change an address must not learn the secret that somebody else entered (R166).
fn kept(
    backend: &Backend,
    typed: SourceSecrets,
    settings: &SourceSettings,
    known: Option<(&SourceSettings, &SourceSecrets)>,
) -> (SourceSecrets, Vec<&'static str>) {
    let Some((before, known)) = known else {
        return (typed, Vec::new());
    };
    let mut gone = Vec::new();
    let mut keep = |field, typed: Secret, known: &Secret, is_same: bool| {
        if !typed.reveal().is_empty() || known.reveal().is_empty() {
            typed
        } else if is_same {
            known.clone()
        } else {
            gone.push(field);
            typed
        }
    };
    let is_same_api = is_same_host(backend, &settings.server_url, &before.server_url)
        && settings.api_key == before.api_key;
    let is_same_caller = settings.callback_user == before.callback_user;
    let are_same_files = is_same_host(backend, &settings.files_url, &before.files_url)
        && settings.files_user == before.files_user;
    let secrets = SourceSecrets {
        api: keep("api_secret", typed.api, &known.api, is_same_api),
        callback: keep(
            "callback_password",
            typed.callback,
            &known.callback,
            is_same_caller,
        ),
        // For calls that come in, whoever makes them.
        signature: keep("signature_secret", typed.signature, &known.signature, true),
        files: keep("files_password", typed.files, &known.files, are_same_files),
        address: known.address.clone(),
    };
    (secrets, gone)
}

/// By scheme, host and port.
fn is_same_host(backend: &Backend, one: &str, other: &str) -> bool {
    let origin = |url| backend.outbound.check(url).map(|target| target.origin());
    one == other || matches!((origin(one), origin(other)), (Ok(one), Ok(other)) if one == other)
}

fn trimmed(kind: SourceKind, typed: &SourceSettings) -> SourceSettings {
    let only = |is_used: bool, text: &str| {
        if is_used {
            text.trim().to_owned()
        } else {
            String::new()
        }
    };
    let has_files = matches!(kind, SourceKind::Livekit | SourceKind::Vonage);
    let is_folder = kind == SourceKind::Folder;
    let has_api = kind.can_be_polled() || kind == SourceKind::Vonage;
    SourceSettings {
        server_url: only(has_api, &typed.server_url),
        api_key: only(
            !is_folder && kind != SourceKind::Bigbluebutton,
            &typed.api_key,
        ),
        callback_user: only(kind.has_secret_address(), &typed.callback_user),
        folder: only(has_files || is_folder, typed.folder.trim_end_matches('/')),
        path_prefix: only(has_files, &typed.path_prefix),
        files_url: only(!is_folder, &typed.files_url),
        files_user: only(!is_folder, &typed.files_user),
    }
}

fn fields(settings: &SourceSettings) -> [(&'static str, &str); 7] {
    [
        ("server_url", &settings.server_url),
        ("api_key", &settings.api_key),
        ("callback_user", &settings.callback_user),
        ("folder", &settings.folder),
        ("path_prefix", &settings.path_prefix),
        ("files_url", &settings.files_url),
        ("files_user", &settings.files_user),
    ]
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        if self.0.iter().all(|problem| problem.field != field) {
            self.0.push(Problem {
                field: field.to_owned(),
                message: message.into(),
            });
        }
    }

    fn name(&mut self, name: &str) {
        if name.is_empty() {
            self.add("name", "Enter a name, such as that of the server.");
        } else if name.chars().any(is_deceptive) {
            self.add(
                "name",
                "Use one line, without control and invisible characters.",
            );
        } else if name.chars().count() > NAME_MAX {
            self.add("name", format!("Use at most {NAME_MAX} characters."));
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        if text.chars().any(char::is_control) {
            self.add(field, "Leave out line breaks and control characters.");
        } else if text.chars().count() > FIELD_MAX {
            self.add(field, format!("Use at most {FIELD_MAX} characters."));
        }
    }

    /// Secrets that are gone, and that the source needs.
    fn again(&mut self, kind: SourceKind, settings: &SourceSettings, gone: &[&'static str]) {
        for field in gone {
            let is_needed = match *field {
                "callback_password" => !settings.callback_user.is_empty(),
                "files_password" => !settings.files_user.is_empty(),
                _ => kind != SourceKind::Vonage || !settings.api_key.is_empty(),
            };
            if is_needed {
                self.add(field, AGAIN);
            }
        }
    }

    /// What a sender cannot be understood without.
    fn needed(&mut self, kind: SourceKind, settings: &SourceSettings, secrets: &SourceSecrets) {
        let mut need = |field: &str, text: &str, message: &str| {
            if text.is_empty() {
                self.add(field, message);
            }
        };
        let api = secrets.api.reveal();
        match kind {
            SourceKind::Livekit => {
                need(
                    "api_key",
                    &settings.api_key,
                    "Enter the API key that the server signs its webhooks with.",
                );
                need(
                    "api_secret",
                    api,
                    "Enter the API secret that belongs to the key.",
                );
            }
            SourceKind::Bigbluebutton => {
                need(
                    "server_url",
                    &settings.server_url,
                    "Enter the address that `bbb-conf --secret` prints.",
                );
                need(
                    "api_secret",
                    api,
                    "Enter the shared secret that `bbb-conf --secret` prints.",
                );
            }
            SourceKind::Vonage => {
                // Without them the bucket can still be read, but not the vendor's cloud.
                if !settings.api_key.is_empty() {
                    need("api_secret", api, "Enter the API secret of the project.");
                }
                if !api.is_empty() {
                    need(
                        "api_key",
                        &settings.api_key,
                        "Enter the API key of the project.",
                    );
                }
            }
            SourceKind::Enablex => {
                need(
                    "api_key",
                    &settings.api_key,
                    "Enter the APP ID of the project.",
                );
                need("api_secret", api, "Enter the APP KEY of the project.");
            }
            SourceKind::Folder => {
                need("folder", &settings.folder, "Enter the folder to watch.");
            }
        }
    }

    /// A user name needs its password, and credentials for files need to know whose they are.
    fn pairs(&mut self, settings: &SourceSettings, secrets: &SourceSecrets) {
        for (user, password, field) in [
            (
                &settings.callback_user,
                &secrets.callback,
                "callback_password",
            ),
            (&settings.files_user, &secrets.files, "files_password"),
        ] {
            if !user.is_empty() && password.reveal().is_empty() {
                self.add(field, "Enter the password that belongs to the user name.");
            }
        }
        for (field, user) in [
            ("callback_user", &settings.callback_user),
            ("files_user", &settings.files_user),
        ] {
            if user.contains(':') {
                self.add(field, "A user name for Basic has no colon.");
            }
        }
        if !settings.files_user.is_empty() && settings.files_url.is_empty() {
            self.add(
                "files_url",
                "Enter where the files are fetched: user name and password are sent to no other host.",
            );
        }
    }
}

/// The operator's folder that `path` lies in, and the rest of the path within it; or what to do.
///
/// SECURITY: which folders of the machine may be read is the operator's to say, never a member's.
pub(super) fn beneath(roots: &[PathBuf], path: &str) -> Result<(PathBuf, String), String> {
    let wanted = Path::new(path);
    let is_plain = wanted
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !wanted.is_absolute() || !is_plain || path.contains("//") || path.contains("/./") {
        return Err(
            "Enter the folder's whole path, such as /srv/recordings, without “..”.".to_owned(),
        );
    }
    if roots.is_empty() {
        return Err(
            "The operator of this server has not allowed any folder: the setting REELGATE_INTAKE_FOLDERS says which."
                .to_owned(),
        );
    }
    let found = roots.iter().find_map(|root| {
        Some((
            root.clone(),
            wanted.strip_prefix(root).ok()?.to_str()?.to_owned(),
        ))
    });
    found.ok_or_else(|| {
        let allowed: Vec<String> = roots
            .iter()
            .map(|root| root.display().to_string())
            .collect();
        format!(
            "Choose a folder within {}: the operator allows no other.",
            allowed.join(" or ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_lie_where_the_operator_allows_them() {
        let roots = [
            PathBuf::from("/srv/recordings"),
            PathBuf::from("/mnt/egress"),
        ];
        let found = |path| beneath(&roots, path);
        assert_eq!(found("/srv/recordings/jibri/a").unwrap().1, "jibri/a");
        assert_eq!(
            found("/mnt/egress").unwrap(),
            (roots[1].clone(), String::new())
        );
        for outside in [
            "/srv",
            "/srv/recordings2",
            "/etc",
            "/",
            "srv/recordings",
            "/srv/recordings/../other",
            "/srv/recordings/./a",
            "/srv//recordings",
            "",
        ] {
            assert!(found(outside).is_err(), "{outside}");
        }
        assert!(
            beneath(&[], "/srv")
                .unwrap_err()
                .contains("REELGATE_INTAKE_FOLDERS")
        );
    }
}
