//! How long a Matroska file is whose header does not say it: its last cluster knows when its last block plays.

use super::Source;
use super::ebml::{Header, children, unsigned, variable};
use super::milliseconds;

const CLUSTER: [u8; 4] = [0x1F, 0x43, 0xB6, 0x75];
const TIMESTAMP: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const BLOCK_DURATION: u32 = 0x9B;

/// Recorders begin a cluster every few seconds, so the last one begins within this much of the end.
const TAIL: u64 = 16 << 20;
/// Bytes that only look like a cluster are rare; this bounds the work over those that were put there on purpose.
const TRIES: usize = 64;

/// Milliseconds from zero to the last block. None when the end of the file holds no cluster.
pub(super) fn duration(source: Source<'_>, nanoseconds_of_a_unit: u64) -> Option<u64> {
    let tail = source.up_to(source.size.saturating_sub(TAIL), TAIL).ok()?;
    let marks = tail
        .windows(CLUSTER.len())
        .enumerate()
        .rev()
        .filter(|(_, window)| *window == CLUSTER);
    let units = marks
        .take(TRIES)
        .find_map(|(at, _)| last_block(&tail[at..]))?;
    milliseconds(units.checked_mul(nanoseconds_of_a_unit)?, 1_000_000_000)
}

/// When the last block of the cluster that begins here ends, as far as the file says it.
fn last_block(cluster: &[u8]) -> Option<u64> {
    let header = Header::read(cluster)?;
    let content = cluster.get(header.size..)?;
    // A recorder that was cut off leaves half a cluster: its whole blocks count.
    let length = header
        .length
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(usize::MAX);
    let content = &content[..length.min(content.len())];
    let begin = children(content)
        .find(|&(id, _)| id == TIMESTAMP)
        .and_then(|(_, time)| unsigned(time))?;
    children(content)
        .filter_map(|(id, inner)| match id {
            SIMPLE_BLOCK => Some((offset(inner)?, 0)),
            BLOCK_GROUP => group(inner),
            _ => None,
        })
        .filter_map(|(offset, length)| {
            begin
                .checked_add_signed(i64::from(offset))?
                .checked_add(length)
        })
        .max()
}

fn group(group: &[u8]) -> Option<(i16, u64)> {
    let (_, block) = children(group).find(|&(id, _)| id == BLOCK)?;
    let length = children(group)
        .find(|&(id, _)| id == BLOCK_DURATION)
        .and_then(|(_, length)| unsigned(length));
    Some((offset(block)?, length.unwrap_or(0)))
}

/// A block's time, counted from its cluster's: it stands behind the number of the track.
fn offset(block: &[u8]) -> Option<i16> {
    let (_, size) = variable(block)?;
    Some(i16::from_be_bytes(
        block.get(size..size + 2)?.try_into().ok()?,
    ))
}
