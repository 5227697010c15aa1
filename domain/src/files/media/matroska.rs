//! MKV and WebM (RFC 9559): the elements `Info` and `Tracks` are read by the crate matroska, the rest is skipped unread.

use matroska::{Info, Parseable as _, Settings, Track};

use super::ebml::{Header, children, is_well_nested, unsigned};
use super::{Broken, Facts, Source, tail};

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TRACKS: u32 = 0x1654_AE6B;
const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;

/// Real ones have some hundred bytes.
const LIMIT: u64 = 4 << 20;
/// Deeper than any real header. The library recurses, so this guards its stack.
const DEPTH: u32 = 8;

pub(super) fn read(source: Source<'_>) -> Result<Facts, Broken> {
    let begin = head(source, 0)?;
    if begin.id != EBML {
        return Err(Broken("it does not begin with an EBML header".to_owned()));
    }
    let segment = head(source, begin.end().ok_or_else(nonsense)?)?;
    if segment.id != SEGMENT {
        return Err(Broken("it has no segment".to_owned()));
    }
    // A live recorder leaves the size open; where it is told, a shorter file is a copy that was cut short.
    if segment.length.is_some() && segment.end().is_none_or(|end| end > source.size) {
        return Err(Broken("it ends in the middle".to_owned()));
    }
    let (info, tracks) = headers(source, segment.content)?;
    let info = info.ok_or_else(|| Broken("it has no Info element".to_owned()))?;
    let tracks = tracks.ok_or_else(|| Broken("it has no Tracks element".to_owned()))?;
    facts(source, &info, &tracks)
}

type Headers = (Option<Vec<u8>>, Option<Vec<u8>>);

/// The contents of `Info` and `Tracks`, wherever in the segment they are.
fn headers(source: Source<'_>, mut position: u64) -> Result<Headers, Broken> {
    let (mut info, mut tracks) = (None, None);
    while position < source.size && (info.is_none() || tracks.is_none()) {
        let element = head(source, position)?;
        // Only segments and clusters may leave their size open, as live recorders do; what follows cannot be skipped to.
        let Some(length) = element.length else { break };
        match element.id {
            INFO => info = Some(source.bytes(element.content, length, LIMIT)?),
            TRACKS => tracks = Some(source.bytes(element.content, length, LIMIT)?),
            _ => {}
        }
        position = element.end().ok_or_else(nonsense)?;
    }
    if position > source.size && (info.is_none() || tracks.is_none()) {
        return Err(Broken("it ends in the middle".to_owned()));
    }
    Ok((info, tracks))
}

fn facts(source: Source<'_>, info_bytes: &[u8], tracks_bytes: &[u8]) -> Result<Facts, Broken> {
    // SECURITY: the library allocates whatever size an element claims, so the claims are checked before it sees them.
    if !is_well_nested(info_bytes, DEPTH) || !is_well_nested(tracks_bytes, DEPTH) {
        return Err(nonsense());
    }
    let failed = |error: matroska::Error| Broken(error.to_string());
    let info = Info::parse(&mut &*info_bytes, info_bytes.len() as u64).map_err(failed)?;
    let tracks = Track::parse(&mut &*tracks_bytes, tracks_bytes.len() as u64).map_err(failed)?;
    if !tracks
        .iter()
        .any(|track| track.is_video() || track.is_audio())
    {
        return Err(Broken(
            "it has neither a picture nor a sound track".to_owned(),
        ));
    }
    let said = info
        .duration
        .and_then(|length| u64::try_from(length.as_millis()).ok());
    let duration_ms =
        match said.filter(|&ms| super::milliseconds(ms, 1000).is_some_and(|ms| ms > 0)) {
            // Live recorders cannot know the duration when they write the header.
            None => tail::duration(source, timestamp_scale(info_bytes)),
            said => said,
        };
    let dimensions = tracks.iter().find_map(|track| match &track.settings {
        Settings::Video(video) => Some((
            u32::try_from(video.pixel_width).ok()?,
            u32::try_from(video.pixel_height).ok()?,
        )),
        _ => None,
    });
    Ok(Facts {
        duration_ms,
        dimensions: dimensions.filter(|&(width, height)| width > 0 && height > 0),
        ..Facts::default()
    })
}

/// Nanoseconds of one unit of time; the library applies it, but does not tell it.
fn timestamp_scale(info: &[u8]) -> u64 {
    children(info)
        .find(|&(id, _)| id == TIMESTAMP_SCALE)
        .and_then(|(_, content)| unsigned(content))
        .filter(|&scale| scale > 0)
        .unwrap_or(1_000_000)
}

fn nonsense() -> Broken {
    Broken("its header is nonsense".to_owned())
}

/// The element that begins here.
struct Outer {
    id: u32,
    /// Where its content begins.
    content: u64,
    /// Of the content; None when it is left open.
    length: Option<u64>,
}

impl Outer {
    /// Where the next one begins.
    fn end(&self) -> Option<u64> {
        self.content.checked_add(self.length?)
    }
}

fn head(source: Source<'_>, position: u64) -> Result<Outer, Broken> {
    let header = Header::read(&source.up_to(position, 12)?).ok_or_else(nonsense)?;
    Ok(Outer {
        id: header.id,
        content: position + header.size as u64,
        length: header.length,
    })
}
