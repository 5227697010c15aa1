//! Any `Range` header for a file of any size.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (u64, &[u8])| {
    let (size, header) = input;
    fuzz::properties::range(header, size);
    // Most random headers are not even in bytes; these are.
    fuzz::properties::range(&[b"bytes=", header].concat(), size);
});
