//! MP4 and MOV (ISO/IEC 14496-12): `moov` is read by mp4parse, all boxes beside it are skipped unread.

use mp4parse::{MediaContext, SampleEntry, Track, TrackType};

use super::{Broken, Facts, Source, fragments, milliseconds};

/// A recording of a whole day at 60 pictures a second has a `moov` of about 100 MB.
const LIMIT: u64 = 256 << 20;

pub(super) fn read(source: Source<'_>) -> Result<Facts, Broken> {
    let begin = source.up_to(0, 8)?;
    if !KNOWN_FIRST
        .iter()
        .any(|name| begin.get(4..8) == Some(&name[..]))
    {
        return Err(Broken("it begins like no MP4 does".to_owned()));
    }
    let (mut position, mut has_media) = (0, false);
    while let Some(found) = next_box(source, position)? {
        if &found.name == b"moov" {
            let moov = source.bytes(found.start, found.end - found.start, LIMIT)?;
            return facts(source, &moov, found.end, has_media);
        }
        has_media |= found.is_media();
        position = found.end;
    }
    Err(Broken(
        "it has no moov box, so its recording was never finished".to_owned(),
    ))
}

/// What real files begin with; QuickTime has had files without `ftyp`.
const KNOWN_FIRST: [&[u8; 4]; 9] = [
    b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"uuid",
];

/// A box of the outermost level.
pub(super) struct Outer {
    pub(super) name: [u8; 4],
    /// Where its header begins.
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Outer {
    /// Pictures and sound, and more than an empty box.
    fn is_media(&self) -> bool {
        &self.name == b"mdat" && self.end - self.start > 16
    }
}

/// The box that begins here; None at the end of the file.
pub(super) fn next_box(source: Source<'_>, start: u64) -> Result<Option<Outer>, Broken> {
    if start >= source.size {
        return Ok(None);
    }
    let header = source.up_to(start, 16)?;
    let (Some(short), Some(name)) = (be_u32(&header, 0), header.get(4..8)) else {
        return Err(Broken("it ends in the middle of a box header".to_owned()));
    };
    let length = match short {
        // To the end of the file.
        0 => source.size - start,
        1 => be_u64(&header, 8)
            .ok_or_else(|| Broken("it ends in the middle of a box header".to_owned()))?,
        length => u64::from(length),
    };
    let name = <[u8; 4]>::try_from(name).expect("four bytes were taken");
    match start.checked_add(length) {
        Some(end) if length >= 8 && end <= source.size => Ok(Some(Outer { name, start, end })),
        Some(_) if length >= 8 => Err(Broken(format!(
            "it ends in the middle of its {} box",
            name.escape_ascii()
        ))),
        _ => Err(Broken("it has a box of an impossible size".to_owned())),
    }
}

pub(super) fn be_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

pub(super) fn be_u64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(
        bytes.get(at..at.checked_add(8)?)?.try_into().ok()?,
    ))
}

/// A header in front is whole also in a copy that was cut short: the boxes behind it tell.
///
/// Not asked of fragmented files: one whose recorder died plays up to there, and is worth keeping.
fn walk_to_the_end(source: Source<'_>, after: u64, mut has_media: bool) -> Result<(), Broken> {
    let mut position = after;
    // Fewer bytes than a box has are padding that some recorders leave.
    while source.size.saturating_sub(position) >= 8 {
        let Some(found) = next_box(source, position)? else {
            break;
        };
        has_media |= found.is_media();
        position = found.end;
    }
    if has_media {
        Ok(())
    } else {
        Err(Broken(
            "it ends in the middle: there is nothing behind its header".to_owned(),
        ))
    }
}

fn facts(source: Source<'_>, moov: &[u8], after: u64, has_media: bool) -> Result<Facts, Broken> {
    let media = mp4parse::read_mp4(&mut &*moov).map_err(|error| Broken(format!("{error:?}")))?;
    let plays = |track: &&Track| matches!(track.track_type, TrackType::Video | TrackType::Audio);
    if !media.tracks.iter().any(|track| plays(&track)) {
        return Err(Broken(
            "it has neither a picture nor a sound track".to_owned(),
        ));
    }
    let whole = media
        .tracks
        .iter()
        .filter(plays)
        .filter_map(|track| duration(&media, track))
        .max();
    let duration_ms = match whole {
        Some(ms) if ms > 0 => {
            walk_to_the_end(source, after, has_media)?;
            Some(ms)
        }
        // A fragmented file says nothing in front; its fragments do.
        _ => fragments::duration(source, moov, after, &media)?.or(whole),
    };
    let picture = media
        .tracks
        .iter()
        .find(|track| track.track_type == TrackType::Video);
    Ok(Facts {
        duration_ms,
        dimensions: picture.and_then(dimensions),
        ..Facts::default()
    })
}

/// As it plays: the edit list's length where there is one, else that of the track's media.
fn duration(media: &MediaContext, track: &Track) -> Option<u64> {
    let edited = track
        .edited_duration
        .zip(media.timescale)
        .and_then(|(length, scale)| milliseconds(length.0, scale.0));
    let whole = track
        .duration
        .zip(track.timescale)
        .and_then(|(length, scale)| milliseconds(length.0, scale.0));
    edited.filter(|&ms| ms > 0).or(whole)
}

fn dimensions(track: &Track) -> Option<(u32, u32)> {
    let coded = track.stsd.as_ref().and_then(|stsd| {
        stsd.descriptions.iter().find_map(|entry| match entry {
            SampleEntry::Video(video) => Some((u32::from(video.width), u32::from(video.height))),
            _ => None,
        })
    });
    // The header's are 16.16 fixed point, and only there to scale.
    let shown = track
        .tkhd
        .as_ref()
        .map(|header| (header.width >> 16, header.height >> 16));
    coded
        .or(shown)
        .filter(|&(width, height)| width > 0 && height > 0)
}
