//! How long a fragmented MP4 is: `moof` after `moof` says which samples it brings and how long each lasts.

use std::collections::HashMap;

use mp4parse::MediaContext;

use super::mp4::{be_u32, be_u64, next_box};
use super::{Broken, Source, milliseconds};

/// One fragment's header: a few bytes for each sample of some seconds.
const LIMIT: u64 = 16 << 20;

/// The longest track's end in milliseconds. None when there is no fragment.
pub(super) fn duration(
    source: Source<'_>,
    moov: &[u8],
    after: u64,
    media: &MediaContext,
) -> Result<Option<u64>, Broken> {
    let defaults = default_durations(moov);
    let mut ends: HashMap<u32, u64> = HashMap::new();
    let mut position = after;
    // A recorder that was cut off leaves half a fragment: what came before it plays.
    while let Ok(Some(found)) = next_box(source, position) {
        if &found.name == b"moof" {
            let moof = source.bytes(found.start, found.end - found.start, LIMIT)?;
            for (_, traf) in children(body(&moof)).filter(|(name, _)| name == b"traf") {
                extend(traf, &defaults, &mut ends);
            }
        }
        position = found.end;
    }
    let scale = |id: u32| {
        media
            .tracks
            .iter()
            .find(|track| track.track_id == Some(id))
            .and_then(|track| track.timescale)
    };
    Ok(ends
        .into_iter()
        .filter_map(|(id, end)| milliseconds(end, scale(id)?.0))
        .max())
}

/// The contents of a box with a header of either size.
fn body(whole: &[u8]) -> &[u8] {
    let header = if be_u32(whole, 0) == Some(1) { 16 } else { 8 };
    whole.get(header..).unwrap_or_default()
}

/// The boxes in a box, up to the first impossible one.
fn children(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::try_from(be_u32(rest, 0)?).ok()?;
        let name = rest.get(4..8)?.try_into().ok()?;
        let content = rest.get(8..length)?;
        rest = &rest[length..];
        Some((name, content))
    })
}

/// How long a sample of each track lasts unless its fragment says otherwise (`trex`).
fn default_durations(moov: &[u8]) -> HashMap<u32, u32> {
    children(body(moov))
        .filter(|(name, _)| name == b"mvex")
        .flat_map(|(_, mvex)| children(mvex))
        .filter(|(name, _)| name == b"trex")
        .filter_map(|(_, trex)| Some((be_u32(trex, 4)?, be_u32(trex, 12)?)))
        .collect()
}

/// Moves the end of the track on by what this `traf` brings.
fn extend(traf: &[u8], defaults: &HashMap<u32, u32>, ends: &mut HashMap<u32, u64>) {
    let Some((id, default)) = children(traf)
        .find(|(name, _)| name == b"tfhd")
        .and_then(|(_, tfhd)| header(tfhd))
    else {
        return;
    };
    let default = default.or_else(|| defaults.get(&id).copied()).unwrap_or(0);
    let mut end = children(traf)
        .find(|(name, _)| name == b"tfdt")
        .and_then(|(_, tfdt)| {
            if tfdt.first() == Some(&1) {
                be_u64(tfdt, 4)
            } else {
                be_u32(tfdt, 4).map(u64::from)
            }
        })
        .unwrap_or_else(|| ends.get(&id).copied().unwrap_or(0));
    for (_, trun) in children(traf).filter(|(name, _)| name == b"trun") {
        end = end.saturating_add(run(trun, default).unwrap_or(0));
    }
    let known = ends.entry(id).or_default();
    *known = end.max(*known);
}

/// Track and default duration of a `tfhd` (ISO/IEC 14496-12, 8.8.7).
fn header(tfhd: &[u8]) -> Option<(u32, Option<u32>)> {
    let flags = be_u32(tfhd, 0)?;
    let before = (if flags & 0x1 == 0 { 0 } else { 8 }) + (if flags & 0x2 == 0 { 0 } else { 4 });
    let default = if flags & 0x8 == 0 {
        None
    } else {
        be_u32(tfhd, 8 + before)
    };
    Some((be_u32(tfhd, 4)?, default))
}

/// The length of all samples of a `trun` (ISO/IEC 14496-12, 8.8.8).
fn run(trun: &[u8], default: u32) -> Option<u64> {
    let flags = be_u32(trun, 0)?;
    let count = be_u32(trun, 4)?;
    if flags & 0x100 == 0 {
        return Some(u64::from(count) * u64::from(default));
    }
    let first = 8 + (if flags & 0x1 == 0 { 0 } else { 4 }) + (if flags & 0x4 == 0 { 0 } else { 4 });
    let width = [0x100, 0x200, 0x400, 0x800]
        .iter()
        .filter(|&&flag| flags & flag != 0)
        .count()
        * 4;
    // The bytes bound the loop, whatever the count claims.
    let samples = trun
        .get(first..)?
        .chunks_exact(width)
        .take(usize::try_from(count).ok()?);
    Some(
        samples
            .filter_map(|sample| be_u32(sample, 0))
            .map(u64::from)
            .sum(),
    )
}
