//! The outer form of Matroska: elements of id, length and content (RFC 8794).

/// What stands in front of an element's content.
pub(super) struct Header {
    pub(super) id: u32,
    /// Of the content, in bytes; None when it is left open.
    pub(super) length: Option<u64>,
    /// Of the header itself, in bytes.
    pub(super) size: usize,
}

impl Header {
    /// The header that these bytes begin with.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let id_size = 1 + usize::try_from(bytes.first()?.leading_zeros()).ok()?;
        if id_size > 4 {
            return None;
        }
        let id = u32::try_from(unsigned(bytes.get(..id_size)?)?).ok()?;
        let rest = &bytes[id_size..];
        let (length, length_size) = variable(rest)?;
        let open = (1 << (7 * length_size)) - 1;
        Some(Self {
            id,
            length: (length != open).then_some(length),
            size: id_size + length_size,
        })
    }
}

/// A number of variable size, without its marker bit, and its size in bytes.
pub(super) fn variable(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let size = 1 + usize::try_from(first.leading_zeros()).ok()?;
    if size > 8 {
        return None;
    }
    let all = unsigned(bytes.get(..size)?)?;
    Some((all & ((1 << (7 * size)) - 1), size))
}

/// A number of at most eight bytes.
pub(super) fn unsigned(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| {
        bytes
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte))
    })
}

/// The elements in a content, up to the first that is not whole.
pub(super) fn children(mut rest: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let header = Header::read(rest)?;
        let end = header
            .size
            .checked_add(usize::try_from(header.length?).ok()?)?;
        let content = rest.get(header.size..end)?;
        rest = &rest[end..];
        Some((header.id, content))
    })
}

/// Whether every element lies within its parent, and none deeper than `depth`.
pub(super) fn is_well_nested(content: &[u8], depth: u32) -> bool {
    let mut left = content.len();
    for (id, inner) in children(content) {
        let header =
            Header::read(&content[content.len() - left..]).expect("an element was read here");
        left -= header.size + inner.len();
        if MASTERS.contains(&id) && (depth == 0 || !is_well_nested(inner, depth - 1)) {
            return false;
        }
    }
    left == 0
}

/// What the crate matroska reads as elements of elements: each of them must be looked into before it does.
const MASTERS: [u32; 48] = [
    0x80,
    0x8E,
    0x8F,
    0xA0,
    0xA6,
    0xAE,
    0xB6,
    0xB7,
    0xBB,
    0xC8,
    0xDB,
    0xE0,
    0xE1,
    0xE2,
    0xE3,
    0xE4,
    0xE8,
    0xE9,
    0x45B9,
    0x4DBB,
    0x5034,
    0x5035,
    0x55B0,
    0x55D0,
    0x5854,
    0x61A7,
    0x6240,
    0x63C0,
    0x6624,
    0x67C8,
    0x6911,
    0x6924,
    0x6944,
    0x6D80,
    0x7373,
    0x75A1,
    0x7E5B,
    0x7E7B,
    0x1043_A770,
    0x114D_9B74,
    0x1254_C367,
    0x1549_A966,
    0x1654_AE6B,
    0x1853_8067,
    0x1941_A469,
    0x1A45_DFA3,
    0x1B53_8667,
    0x1C53_BB6B,
];
