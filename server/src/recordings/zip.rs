//! The frame of a ZIP archive whose entries are stored as they are and written once, front to back. Pure.
//!
//! After APPNOTE 6.3.10. Sizes are known beforehand and checksums are not, so each entry carries its checksum behind
//! it (a data descriptor), and the length of the whole archive is known before its first byte. ZIP64 where, and only
//! where, the old fields are too small.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};

/// A file of the archive.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Path in the archive, parted by `/`.
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub modified: DateTime<Utc>,
}

/// The old fields hold less than this.
const MAX_32: u64 = 0xffff_ffff;
const MAX_16: u64 = 0xffff;
/// Checksums follow the content (bit 3), names are UTF-8 (bit 11).
const FLAGS: u16 = 0x0808;
/// Version 2.0 of the format; 4.5 for ZIP64.
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// Attributes are those of Unix.
const MADE_BY_UNIX: u16 = 3 << 8;
/// A regular file that its owner may write and everyone read.
const MODE: u32 = 0o100_644 << 16;

impl Entry {
    const fn is_large(&self) -> bool {
        self.size >= MAX_32
    }

    const fn version(&self) -> u16 {
        if self.is_large() { VERSION_64 } else { VERSION }
    }

    /// What stands before the content.
    pub fn local_header(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(50 + self.name.len());
        out.extend(0x0403_4b50_u32.to_le_bytes());
        out.extend(self.version().to_le_bytes());
        self.push_common(&mut out);
        // Checksum and sizes stand behind the content.
        out.extend(0_u32.to_le_bytes());
        let size = if self.is_large() { u32::MAX } else { 0 };
        out.extend(size.to_le_bytes());
        out.extend(size.to_le_bytes());
        let extra: &[u64] = if self.is_large() { &[0, 0] } else { &[] };
        self.push_name_and_extra_length(&mut out, extra);
        out.extend(self.name.as_bytes());
        push_zip64(&mut out, extra);
        out
    }

    /// What stands behind the content.
    pub fn descriptor(&self, crc32: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(24);
        out.extend(0x0807_4b50_u32.to_le_bytes());
        out.extend(crc32.to_le_bytes());
        for size in [self.size, self.size] {
            if self.is_large() {
                out.extend(size.to_le_bytes());
            } else {
                out.extend(low_32(size));
            }
        }
        out
    }

    /// The entry's line in the directory at the archive's end. `offset` is where its local header begins.
    pub fn directory_header(&self, crc32: u32, offset: u64) -> Vec<u8> {
        let mut extra = Vec::new();
        if self.is_large() {
            extra.extend([self.size, self.size]);
        }
        if offset >= MAX_32 {
            extra.push(offset);
        }
        let version = if extra.is_empty() {
            VERSION
        } else {
            VERSION_64
        };
        let mut out = Vec::with_capacity(74 + self.name.len());
        out.extend(0x0201_4b50_u32.to_le_bytes());
        out.extend((MADE_BY_UNIX | VERSION_64).to_le_bytes());
        out.extend(version.to_le_bytes());
        self.push_common(&mut out);
        out.extend(crc32.to_le_bytes());
        out.extend(low_32(self.size));
        out.extend(low_32(self.size));
        self.push_name_and_extra_length(&mut out, &extra);
        // No comment, the first disk, no internal attributes.
        out.extend([0; 6]);
        out.extend(MODE.to_le_bytes());
        out.extend(low_32(offset));
        out.extend(self.name.as_bytes());
        push_zip64(&mut out, &extra);
        out
    }

    /// Flags, method and time, which both headers have.
    fn push_common(&self, out: &mut Vec<u8>) {
        out.extend(FLAGS.to_le_bytes());
        // Stored: recordings are compressed already.
        out.extend(0_u16.to_le_bytes());
        let (time, date) = dos_time(self.modified);
        out.extend(time.to_le_bytes());
        out.extend(date.to_le_bytes());
    }

    fn push_name_and_extra_length(&self, out: &mut Vec<u8>, extra: &[u64]) {
        out.extend(low_16(self.name.len() as u64));
        let length = if extra.is_empty() {
            0
        } else {
            4 + 8 * extra.len()
        };
        out.extend(low_16(length as u64));
    }

    /// Bytes of header, content and descriptor.
    fn len(&self) -> u64 {
        (self.local_header().len() + self.descriptor(0).len()) as u64 + self.size
    }
}

/// What ends an archive of `entries` entries, whose directory has `size` bytes and begins at `offset`.
pub fn end(entries: u64, size: u64, offset: u64) -> Vec<u8> {
    let mut out = Vec::new();
    if entries >= MAX_16 || size >= MAX_32 || offset >= MAX_32 {
        out.extend(0x0606_4b50_u32.to_le_bytes());
        // Of the rest of this record.
        out.extend(44_u64.to_le_bytes());
        out.extend((MADE_BY_UNIX | VERSION_64).to_le_bytes());
        out.extend(VERSION_64.to_le_bytes());
        out.extend([0; 8]);
        for value in [entries, entries, size, offset] {
            out.extend(value.to_le_bytes());
        }
        // Where that record is.
        out.extend(0x0706_4b50_u32.to_le_bytes());
        out.extend(0_u32.to_le_bytes());
        out.extend((offset + size).to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(0x0605_4b50_u32.to_le_bytes());
    out.extend([0; 4]);
    out.extend(low_16(entries));
    out.extend(low_16(entries));
    out.extend(low_32(size));
    out.extend(low_32(offset));
    out.extend(0_u16.to_le_bytes());
    out
}

/// Bytes of the whole archive.
pub fn length(entries: &[Entry]) -> u64 {
    let (mut offset, mut directory) = (0, 0);
    for entry in entries {
        directory += entry.directory_header(0, offset).len() as u64;
        offset += entry.len();
    }
    offset + directory + end(entries.len() as u64, directory, offset).len() as u64
}

fn push_zip64(out: &mut Vec<u8>, values: &[u64]) {
    if values.is_empty() {
        return;
    }
    out.extend(1_u16.to_le_bytes());
    out.extend(low_16(8 * values.len() as u64));
    for value in values {
        out.extend(value.to_le_bytes());
    }
}

/// The value, or all ones where it does not fit: the real one is then in a ZIP64 field.
fn low_32(value: u64) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

fn low_16(value: u64) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes()
}

/// Time and date of MS-DOS: from 1980 to 2107, two seconds apart.
fn dos_time(at: DateTime<Utc>) -> (u16, u16) {
    let part = |value: u32| u16::try_from(value).unwrap_or_default();
    let Some(years) = u16::try_from(at.year() - 1980)
        .ok()
        .filter(|years| *years < 128)
    else {
        // The first day there is.
        return (0, 1 << 5 | 1);
    };
    let time = part(at.hour()) << 11 | part(at.minute()) << 5 | part(at.second() / 2);
    let date = years << 9 | part(at.month()) << 5 | part(at.day());
    (time, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, size: u64) -> Entry {
        Entry {
            name: name.to_owned(),
            size,
            modified: DateTime::from_timestamp(1_795_266_202, 0).unwrap(),
        }
    }

    #[test]
    fn the_old_form_stays_as_long_as_it_can() {
        let small = entry("a", MAX_32 - 1);
        assert_eq!(small.local_header().len(), 31);
        assert_eq!(small.descriptor(0).len(), 16);
        assert_eq!(small.directory_header(0, MAX_32 - 1).len(), 47);
        assert_eq!(end(MAX_16 - 1, MAX_32 - 1, MAX_32 - 1).len(), 22);
    }

    #[test]
    fn what_does_not_fit_is_in_zip64() {
        let large = entry("a", MAX_32);
        assert_eq!(large.local_header().len(), 31 + 20);
        assert_eq!(large.descriptor(0).len(), 24);
        assert_eq!(large.directory_header(0, 0).len(), 47 + 20);
        assert_eq!(entry("a", 1).directory_header(0, MAX_32).len(), 47 + 12);
        for (entries, size, offset) in [(MAX_16, 0, 0), (1, MAX_32, 0), (1, 0, MAX_32)] {
            assert_eq!(end(entries, size, offset).len(), 22 + 56 + 20);
        }
    }

    #[test]
    fn times_outside_of_its_calendar_are_its_first_day() {
        let at = |text: &str| dos_time(text.parse().unwrap());
        assert_eq!(at("1970-01-01T00:00:00Z"), (0, 33));
        assert_eq!(at("2200-01-01T00:00:00Z"), (0, 33));
        assert_eq!(at("1980-01-01T00:00:02Z"), (1, 33));
        assert_eq!(
            at("2026-11-21T13:03:22Z"),
            ((13 << 11) + (3 << 5) + 11, (46 << 9) + (11 << 5) + 21)
        );
    }
}
