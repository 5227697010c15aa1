//! Chat and transcript beside the player: each line with its moment, and one search over both.
//!
//! Every line is in the page, those that do not match are hidden: so the island searches the same lines that the
//! server does. Only of scripts that are too long for one page the server sends the lines that match.

use domain::accounts::AccountId;
use domain::files::{FileId, FileKind, FileSummary, file_path};
use domain::sessions::detail::{Read, SessionDetail};
use domain::sessions::script::{Extent, Line, Script};
use leptos::prelude::*;

use super::address::Address;
use crate::ui::{Icon, Shape, count, duration, prose, visible};

/// Lines that one page shows of one script.
const MAX_SHOWN: usize = 1_000;

#[component]
pub(super) fn Scripts(
    session: SessionDetail,
    playing: Option<FileSummary>,
    address: Address,
    account: AccountId,
) -> impl IntoView {
    let length = playing.as_ref().and_then(|file| file.duration_ms);
    let shown = Shown::new(&address, length, session.recording_started_at);
    let path_of = |id: FileId| {
        let file = session.files.iter().find(|file| file.id == id)?;
        Some(format!("{}?download", file_path(account, id, &file.name)))
    };
    let name_of = |id: FileId| {
        let mut files = session.files.iter();
        files
            .find(|file| file.id == id)
            .map(|file| visible(&file.name))
    };
    let has_many = session.captions.len() > 1;
    let transcripts = session
        .captions
        .iter()
        .map(|(id, script)| {
            let title = match name_of(*id) {
                Some(name) if has_many => format!("Transcript, {name}"),
                _ => "Transcript".to_owned(),
            };
            shown.section(title, script, path_of(*id), false)
        })
        .collect_view();
    let is_searchable = session
        .chat
        .as_ref()
        .is_some_and(|chat| !chat.lines.is_empty())
        || session
            .captions
            .iter()
            .any(|(_, script)| !script.lines.is_empty());
    let chat = match &session.chat {
        Read::Understood(id, chat) => shown
            .section("Chat".to_owned(), chat, path_of(*id), true)
            .into_any(),
        Read::Unreadable(id) => view! { <Unreadable path=path_of(*id) /> }.into_any(),
        Read::Absent => {
            let has = |kind| session.files.iter().any(|file| file.kind == kind);
            let sentence = if has(FileKind::Chat) {
                Some("The chat script can no longer be opened.")
            } else if session.captions.is_empty() {
                Some("No chat script came with this session.")
            } else {
                None
            };
            sentence
                .map(|sentence| view! { <NoChat sentence=sentence /> })
                .into_any()
        }
    };
    view! {
        <section class="scripts" aria-label="Chat and transcript">
            {is_searchable.then(|| view! { <SearchForm address=address.clone() /> })} {chat} {transcripts}
        </section>
    }
}

#[component]
fn NoChat(sentence: &'static str) -> impl IntoView {
    view! {
        <div class="script-none">
            <Icon shape=Shape::Chat />
            <p>{sentence}</p>
        </div>
    }
}

#[component]
fn Unreadable(path: Option<String>) -> impl IntoView {
    view! {
        <div class="script-none">
            <Icon shape=Shape::Warning />
            <p>"The chat script cannot be read. The file itself is safe."</p>
            {path.map(|path| view! { <a class="button button-small" href=path>"Download it"</a> })}
        </div>
    }
}

/// Looks in chat and transcript; without scripts by loading the page again.
#[component]
fn SearchForm(address: Address) -> impl IntoView {
    let action = crate::routes::paths::session(address.session);
    view! {
        <form class="script-search" role="search" method="get" action=action data-search="">
            {address.file.map(|file| view! { <input type="hidden" name="file" value=file.to_string() /> })}
            {address.at.map(|at| view! { <input type="hidden" name="t" value=(at / 1000).to_string() /> })}
            <label for="chat" class="visually-hidden">
                "Search chat and transcript"
            </label>
            <input
                type="search"
                id="chat"
                name="chat"
                value=address.chat
                placeholder="Search chat and transcript"
                autocomplete="off"
                spellcheck="false"
            />
            <button type="submit" class="button">
                <Icon shape=Shape::Search />
                <span class="visually-hidden">"Search"</span>
            </button>
        </form>
    }
}

/// What all scripts of a page have in common.
struct Shown<'a> {
    address: &'a Address,
    /// Of the recording that is played, in milliseconds.
    length: Option<u64>,
    beginning: Option<chrono::DateTime<chrono::Utc>>,
    /// In lower case.
    wanted: String,
}

impl<'a> Shown<'a> {
    fn new(
        address: &'a Address,
        length: Option<u64>,
        beginning: Option<chrono::DateTime<chrono::Utc>>,
    ) -> Self {
        Self {
            address,
            length,
            beginning,
            wanted: address.chat.to_lowercase(),
        }
    }

    fn matches(&self, line: &Line) -> bool {
        self.wanted.is_empty()
            || line.text.to_lowercase().contains(&self.wanted)
            || line.from.to_lowercase().contains(&self.wanted)
    }

    /// One script as a part that opens and closes; of several only one is open.
    fn section(
        &self,
        title: String,
        script: &Script,
        path: Option<String>,
        is_open: bool,
    ) -> impl IntoView + use<> {
        let total = script.lines.len();
        let found = script
            .lines
            .iter()
            .filter(|line| self.matches(line))
            .count();
        // A long script is sent as what matches; a short one whole.
        let is_whole = total <= MAX_SHOWN;
        let lines = script
            .lines
            .iter()
            .filter(|line| is_whole || self.matches(line))
            .take(MAX_SHOWN)
            .map(|line| self.line(line))
            .collect_view();
        let note = note(script.extent, total, found.min(MAX_SHOWN), found);
        let label = format!("{title}, line by line");
        let is_searched = !self.wanted.is_empty();
        view! {
            <details class="script" name="script" open=is_open data-script="" data-whole=is_whole.then_some("")>
                <summary>
                    <h3>{title}</h3>
                    <span class="script-count" data-found="">
                        {if is_searched { format!("{found} of {total}") } else { total.to_string() }}
                    </span>
                </summary>
                <div class="script-lines" tabindex="0" role="region" aria-label=label data-lines="">
                    <ol>{lines}</ol>
                    <p class="script-nothing" data-nothing="" hidden=found > 0>
                        {if total == 0 { "There is not a line in it." } else { "No line matches." }}
                    </p>
                </div>
                <button type="button" class="button button-small script-follow scripted" data-follow="" hidden=true>
                    <Icon shape=Shape::Down />
                    "Follow the recording"
                </button>
                {note
                    .map(|note| {
                        view! {
                            <p class="script-note">
                                {note} " " {path.map(|path| view! { <a href=path>"Download the whole file"</a> })}
                            </p>
                        }
                    })}
            </details>
        }
    }

    fn line(&self, line: &Line) -> impl IntoView + use<> {
        let at = line.since(self.beginning);
        // A moment after the recording's end leads nowhere.
        let seek = at.filter(|&at| self.length.is_none_or(|length| at <= length));
        let seek = seek.filter(|_| self.address.file.is_some());
        let shown = at.map(|at| duration(at / 1000 * 1000));
        let time = match (seek, shown) {
            (Some(ms), Some(shown)) => view! {
                <a class="line-time" href=self.address.at(ms)>
                    {shown}
                </a>
            }
            .into_any(),
            (_, shown) => view! { <span class="line-time">{shown}</span> }.into_any(),
        };
        let from = (!line.from.is_empty()).then(|| visible(&line.from));
        view! {
            <li data-seek=seek.map(|ms| ms.to_string()) hidden=!self.matches(line)>
                {time}
                <div class="line-words">
                    {from.map(|from| view! { <p class="line-from"><bdi>{from}</bdi></p> })}
                    <p class="line-text" dir="auto">
                        {prose(&line.text)}
                    </p>
                </div>
            </li>
        }
    }
}

/// What of the script is not on the page.
fn note(extent: Extent, total: usize, shown: usize, found: usize) -> Option<String> {
    let number = |lines: usize| u64::try_from(lines).unwrap_or(u64::MAX);
    let bound = (shown < found).then(|| {
        format!(
            "The first {} are shown; the search looks in all {}.",
            count(number(shown), "line", "lines"),
            count(number(total), "line", "lines")
        )
    });
    let extent = match extent {
        Extent::Whole => None,
        Extent::Cut => Some("The file is longer than what is read here."),
        Extent::Damaged if total == 0 => Some("The file is damaged and cannot be read."),
        Extent::Damaged => Some("The file is damaged after the last line here."),
    };
    match (bound, extent) {
        (None, None) => None,
        (Some(bound), None) => Some(bound),
        (None, Some(extent)) => Some(extent.to_owned()),
        (Some(bound), Some(extent)) => Some(format!("{bound} {extent}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_said() {
        assert_eq!(note(Extent::Whole, 5, 5, 5), None);
        assert_eq!(note(Extent::Whole, 5, 0, 0), None);
        let cut = note(Extent::Cut, 20_000, 1000, 20_000).unwrap();
        assert!(
            cut.contains("1\u{202f}000 lines are shown") && cut.contains("longer"),
            "{cut}"
        );
        assert!(
            note(Extent::Damaged, 0, 0, 0)
                .unwrap()
                .contains("cannot be read")
        );
    }
}
