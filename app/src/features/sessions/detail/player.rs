//! The player: the browser's own, with the file's own address, so that the sign-in goes along and ranges seek.
//!
//! What Safari demands, and no browser minds: `playsinline`, no `crossorigin` (it would leave the cookie behind), a
//! `type` on the source, and ranges that are answered exactly. Where to begin is in the address of the source
//! (`#t=83`, W3C Media Fragments), so that a moment opens without scripts.

use domain::accounts::AccountId;
use domain::files::{FileId, FileKind, FileState, FileSummary, file_path};
use domain::sessions::detail::SessionDetail;
use leptos::prelude::*;

use super::address::{Address, is_playable, media_type};
use crate::features::sessions::table::kind_name;
use crate::ui::{CopyButton, Icon, Shape, duration, visible};

#[component]
pub(super) fn Player(
    session: SessionDetail,
    /// None where the session has no recording.
    playing: Option<FileSummary>,
    address: Address,
    account: AccountId,
    public_url: String,
) -> impl IntoView {
    let Some(playing) = playing else {
        return view! {
            <section class="player player-none" id="player" aria-label="Player">
                <Icon shape=Shape::Film />
                <p>"There is no recording that can be played."</p>
            </section>
        }
        .into_any();
    };
    let path = file_path(account, playing.id, &playing.name);
    let moment = format!("{public_url}{}", address.at(address.at.unwrap_or(0)));
    let name = visible(&playing.name);
    view! {
        <section class="player" id="player" aria-label="Player">
            <Media playing=playing.clone() path=path.clone() at=address.at session=session.clone() account=account />
            <p class="player-unplayable" data-unplayable="" role="alert" hidden=true>
                <span>"This browser cannot play " <bdi>{name}</bdi> "."</span>
                <a class="button button-small" href=format!("{path}?download")>
                    <Icon shape=Shape::Download />
                    "Download it"
                </a>
            </p>
            <div class="player-bar">
                <Recordings files=session.files playing=playing.id address=address />
                <div class="player-tools">
                    <label class="player-rate scripted">
                        <span class="visually-hidden">"Speed"</span>
                        <select data-rate="" autocomplete="off">
                            {["0.5", "0.75", "1", "1.25", "1.5", "2"]
                                .map(|rate| {
                                    view! {
                                        <option value=rate selected=rate == "1">
                                            {rate}
                                            " ×"
                                        </option>
                                    }
                                })
                                .collect_view()}
                        </select>
                    </label>
                    <span class="player-copy" data-moment="">
                        <CopyButton text=moment label="Copy link to this moment" caption="Copy link to this moment" />
                    </span>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// The browser's own player, for pictures or for sound alone.
#[component]
fn Media(
    playing: FileSummary,
    /// Of the file's address.
    path: String,
    /// Where to begin, in milliseconds.
    at: Option<u64>,
    session: SessionDetail,
    account: AccountId,
) -> impl IntoView {
    let start = at.map(|ms| format!("#t={}.{:03}", ms / 1000, ms % 1000));
    let source = format!("{path}{}", start.unwrap_or_default());
    let label = format!("Recording {}", visible(&playing.name));
    let media_type = media_type(&playing.name);
    if playing.dimensions.is_none() && playing.duration_ms.is_some() {
        return view! {
            <audio class="player-media" data-media="" controls=true preload="metadata" aria-label=label>
                <source src=source type=media_type />
            </audio>
        }
        .into_any();
    }
    let captions = session
        .files
        .into_iter()
        .filter(|file| file.kind == FileKind::Captions && file.state == FileState::There);
    let tracks = captions
        .enumerate()
        .map(|(place, file)| {
            let language = language(&file.name);
            view! {
                <track
                    kind="captions"
                    src=file_path(account, file.id, &file.name)
                    srclang=language.clone()
                    label=if language.is_empty() { visible(&file.name) } else { language }
                    default=place == 0
                />
            }
        })
        .collect_view();
    view! {
        <video class="player-media" data-media="" controls=true playsinline=true preload="metadata" aria-label=label>
            <source src=source type=media_type />
            {tracks}
        </video>
    }
    .into_any()
}

/// The language in a name like `captions.en.vtt` or `talk.pt-BR.vtt`; empty where there is none.
fn language(name: &str) -> String {
    let mut parts = name.rsplit('.');
    let (_, tag) = (parts.next(), parts.next().unwrap_or_default());
    let first = tag.split(['-', '_']).next().unwrap_or_default();
    let is_tag = (2..=3).contains(&first.len())
        && tag.len() <= 12
        && parts.next().is_some()
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && first.bytes().all(|b| b.is_ascii_alphabetic());
    if is_tag {
        tag.replace('_', "-")
    } else {
        String::new()
    }
}

/// The recordings to choose from, where there are several.
#[component]
fn Recordings(files: Vec<FileSummary>, playing: FileId, address: Address) -> impl IntoView {
    let recordings: Vec<FileSummary> = files.into_iter().filter(is_playable).collect();
    let individuals = recordings
        .iter()
        .filter(|file| file.kind == FileKind::Individual)
        .count();
    (recordings.len() > 1).then(|| {
        let mut number = 0;
        let links = recordings
            .into_iter()
            .map(|file| {
                let kind = kind_name(file.kind);
                if file.kind == FileKind::Individual {
                    number += 1;
                }
                let name = if file.kind == FileKind::Individual && individuals > 1 {
                    format!("{kind} {number}")
                } else {
                    kind.to_owned()
                };
                let length = file.duration_ms.map(duration);
                view! {
                    <li>
                        <a
                            href=address.with_file(file.id)
                            aria-current=(file.id == playing).then_some("true")
                            title=visible(&file.name)
                        >
                            {name}
                            <span class="player-length">{length}</span>
                        </a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <nav class="player-recordings" aria-label="Recordings of this session">
                <ul>{links}</ul>
            </nav>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::language;

    #[test]
    fn a_language_is_read_from_the_name() {
        for (name, found) in [
            ("captions.en.vtt", "en"),
            ("talk.pt-BR.vtt", "pt-BR"),
            ("a.b.zh_Hant.vtt", "zh-Hant"),
            ("captions.vtt", ""),
            ("en.vtt", ""),
            ("talk.final.vtt", ""),
            ("talk.x\"y.vtt", ""),
        ] {
            assert_eq!(language(name), found, "{name}");
        }
    }
}
