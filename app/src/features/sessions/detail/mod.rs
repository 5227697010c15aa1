//! The page of one session: player, chat, transcript, timeline, files, title and tags; what is decided about them.

mod address;
mod api;
mod description;
mod files;
mod gaps;
mod governance;
mod page;
mod playback;
mod player;
mod script;
mod timeline;

pub(crate) use page::SessionDetail;
