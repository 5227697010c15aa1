//! The `Range` header of a request, as stretches of a file. Pure; RFC 9110 section 14.
//!
//! One rule for everything that is not a range we can honour: the header is ignored and the whole file is sent.
//! That holds for another unit, a malformed set, a reversed range, a header given twice, more than [`MAX_RANGES`]
//! ranges, and ranges that overlap or do not ascend (section 14.2 allows it, section 17.15 says why it is wise).
//! What is well formed but lies past the end is 416.
//!
//! Several ranges never overlap, so an answer never holds more bytes of a file than the file has.

/// More ranges than this are no player and no download manager, and get the whole file.
pub const MAX_RANGES: usize = 8;

/// Longer headers are ignored unread.
pub const MAX_HEADER_BYTES: usize = 1024;

/// Bytes of a file from `first` to `last`, both counted from 0 and both included. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    pub first: u64,
    pub last: u64,
}

impl ByteRange {
    /// Bytes in it, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a range is never empty")]
    pub const fn len(self) -> u64 {
        self.last - self.first + 1
    }
}

/// What of a file is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All of it: 200.
    Whole,
    /// One stretch: 206 with `Content-Range`.
    One(ByteRange),
    /// At least two, ascending, without overlap: 206 as `multipart/byteranges`.
    Several(Vec<ByteRange>),
    /// Nothing that the file has: 416.
    Unsatisfiable,
}

/// What the value of a `Range` header selects of a file of `size` bytes.
pub fn select(header: &[u8], size: u64) -> Selection {
    let Some(wanted) = parse(header) else {
        return Selection::Whole;
    };
    // A suffix of an empty file is satisfiable (section 14.1.2), but no `Content-Range` can say so.
    if size == 0 && wanted.iter().any(|spec| matches!(spec, Spec::Suffix(1..))) {
        return Selection::Whole;
    }
    let found: Vec<ByteRange> = wanted
        .into_iter()
        .filter_map(|spec| spec.within(size))
        .collect();
    match found.as_slice() {
        [] => Selection::Unsatisfiable,
        [one] => Selection::One(*one),
        several if several.windows(2).all(|pair| pair[0].last < pair[1].first) => {
            Selection::Several(found)
        }
        _ => Selection::Whole,
    }
}

/// One element of the set as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spec {
    /// `first-` or `first-last`; `last` is `u64::MAX` where it was left out.
    From { first: u64, last: u64 },
    /// `-length`.
    Suffix(u64),
}

impl Spec {
    /// The bytes of a file of this size that it names; None if there are none.
    fn within(self, size: u64) -> Option<ByteRange> {
        let end = size.checked_sub(1)?;
        match self {
            Self::From { first, .. } if first > end => None,
            Self::From { first, last } => Some(ByteRange {
                first,
                last: last.min(end),
            }),
            Self::Suffix(0) => None,
            Self::Suffix(length) => Some(ByteRange {
                first: size.saturating_sub(length),
                last: end,
            }),
        }
    }
}

/// The set of a well-formed header in the unit of bytes; None for everything else.
fn parse(header: &[u8]) -> Option<Vec<Spec>> {
    if header.len() > MAX_HEADER_BYTES {
        return None;
    }
    let (unit, set) = std::str::from_utf8(header).ok()?.split_once('=')?;
    if !unit.trim_matches(BLANKS).eq_ignore_ascii_case("bytes") {
        return None;
    }
    let mut specs = Vec::new();
    // RFC 9110 section 5.6.1.2: a recipient takes empty list elements and skips them.
    for element in set
        .split(',')
        .map(|element| element.trim_matches(BLANKS))
        .filter(|element| !element.is_empty())
    {
        if specs.len() == MAX_RANGES {
            return None;
        }
        specs.push(parse_spec(element)?);
    }
    if specs.is_empty() { None } else { Some(specs) }
}

fn parse_spec(element: &str) -> Option<Spec> {
    match element.split_once('-')? {
        ("", length) => Some(Spec::Suffix(number(length)?)),
        (first, "") => Some(Spec::From {
            first: number(first)?,
            last: u64::MAX,
        }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From { first, last })
        }
    }
}

/// Digits as a number. What does not fit is past the end of every file, so it saturates instead of overflowing.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// Optional whitespace of RFC 9110 section 5.6.3.
const BLANKS: [char; 2] = [' ', '\t'];

#[cfg(test)]
mod tests {
    use super::*;

    fn of_ten(header: &str) -> Selection {
        select(header.as_bytes(), 10)
    }

    const fn one(first: u64, last: u64) -> Selection {
        Selection::One(ByteRange { first, last })
    }

    /// R093.
    #[test]
    fn single_ranges_select_what_they_name() {
        assert_eq!(of_ten("bytes=0-0"), one(0, 0));
        assert_eq!(of_ten("bytes=-1"), one(9, 9));
        assert_eq!(of_ten("bytes=4-"), one(4, 9));
        assert_eq!(of_ten("bytes=9-9"), one(9, 9));
        assert_eq!(of_ten("bytes=0-"), one(0, 9));
        assert_eq!(of_ten("bytes=-10"), one(0, 9));
        assert_eq!(
            of_ten("bytes=-99"),
            one(0, 9),
            "a suffix longer than the file is the file"
        );
        assert_eq!(
            of_ten("bytes=3-99"),
            one(3, 9),
            "an end past the file is its end"
        );
        assert_eq!(of_ten("BYTES = 1-2 "), one(1, 2), "units have no case");
        assert_eq!(
            of_ten("bytes=,, 1-2 ,"),
            one(1, 2),
            "empty elements are skipped"
        );
    }

    /// R093.
    #[test]
    fn what_lies_past_the_end_is_unsatisfiable() {
        for header in [
            "bytes=10-",
            "bytes=10-10",
            "bytes=99-100",
            "bytes=-0",
            "bytes=10-,-0",
        ] {
            assert_eq!(of_ten(header), Selection::Unsatisfiable, "{header}");
        }
        assert_eq!(
            of_ten("bytes=10-12,3-4"),
            one(3, 4),
            "one satisfiable element is enough"
        );
    }

    /// R093.
    #[test]
    fn an_empty_file_has_no_first_byte_but_a_suffix() {
        assert_eq!(select(b"bytes=0-", 0), Selection::Unsatisfiable);
        assert_eq!(select(b"bytes=0-0", 0), Selection::Unsatisfiable);
        assert_eq!(select(b"bytes=-0", 0), Selection::Unsatisfiable);
        assert_eq!(select(b"bytes=-5", 0), Selection::Whole);
    }

    /// R094: ignored, all of them.
    #[test]
    fn what_is_malformed_or_in_another_unit_is_ignored() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=1-2-3",
            "bytes=--1",
            "bytes=+1-2",
            "bytes=5-3",
            "bytes=0-1,5-3",
            "bytes=0-1;2-3",
            "bytes 0-1",
            "items=0-1",
            "seconds=1-2",
            "bytes=0x1-2",
            "bytes=1 -2",
            "bytes=٣-٤",
            "bytes=0-1, bytes=2-3",
        ] {
            assert_eq!(of_ten(header), Selection::Whole, "{header:?}");
        }
        assert_eq!(select(b"bytes=\xff-", 10), Selection::Whole);
    }

    /// R094.
    #[test]
    fn numbers_of_any_size_do_not_overflow() {
        let huge = "1000000000000000000000000000000"; // 10^30
        assert_eq!(of_ten(&format!("bytes=0-{huge}")), one(0, 9));
        assert_eq!(of_ten(&format!("bytes=-{huge}")), one(0, 9));
        assert_eq!(of_ten(&format!("bytes={huge}-")), Selection::Unsatisfiable);
        assert_eq!(
            of_ten("bytes=18446744073709551616-"),
            Selection::Unsatisfiable
        );
        assert_eq!(of_ten("bytes=0-18446744073709551615"), one(0, 9));
        assert_eq!(select(b"bytes=0-", u64::MAX), one(0, u64::MAX - 1));
        assert_eq!(
            select(b"bytes=-18446744073709551615", u64::MAX),
            one(0, u64::MAX - 1)
        );
        assert_eq!(
            select(b"bytes=4294967296-4294967297", 6 << 30),
            one(4_294_967_296, 4_294_967_297)
        );
    }

    /// R095 and R096.
    #[test]
    fn a_few_ascending_ranges_are_honoured_and_everything_else_is_the_whole_file() {
        let pair = Selection::Several(vec![
            ByteRange { first: 0, last: 1 },
            ByteRange { first: 4, last: 9 },
        ]);
        assert_eq!(of_ten("bytes=0-1,4-"), pair);
        assert_eq!(of_ten("bytes=0-1, -6"), pair);
        for header in [
            "bytes=4-5,0-1",
            "bytes=0-5,5-6",
            "bytes=0-,0-,0-",
            "bytes=0-0,0-0",
            "bytes=1-,-1",
        ] {
            assert_eq!(of_ten(header), Selection::Whole, "{header}");
        }
        let many = |count: u64| {
            (0..count)
                .map(|n| format!("{0}-{0}", n * 2))
                .collect::<Vec<_>>()
                .join(",")
        };
        let selected = |count: u64| select(format!("bytes={}", many(count)).as_bytes(), 1 << 20);
        assert!(
            matches!(selected(MAX_RANGES as u64), Selection::Several(found) if found.len() == MAX_RANGES)
        );
        assert_eq!(selected(MAX_RANGES as u64 + 1), Selection::Whole);
        let long = format!("bytes={}0-1", ",".repeat(MAX_HEADER_BYTES));
        assert_eq!(of_ten(&long), Selection::Whole);
    }

    proptest::proptest! {
        #[test]
        fn any_header_and_size(header in "(bytes=)?([0-9]{0,22}-[0-9]{0,22},? ?){0,12}|\\PC*", size in proptest::num::u64::ANY) {
            super::super::properties::range(header.as_bytes(), size);
        }

        #[test]
        fn any_small_file(header in "bytes=([0-9]?-[0-9]?,){0,4}", size in 0_u64..12) {
            super::super::properties::range(header.as_bytes(), size);
        }
    }
}
